# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GVariant's serialised form, without GLib: Python values to bytes and back.

    pack('(sx)', ('hello', 5)) -> bytes        unpack('(sx)', data) -> ('hello', 5)

Arrays are lists (`ay` is bytes), dictionaries dicts, tuples tuples, a maybe is
its value or None, a variant is its value; to choose the type of a variant give
a `Typed`. What does not fit its type raises TypeError, ValueError or
OverflowError; data that is not of its type raises ValueError. Data may come from
anywhere: nothing outside of it is read.

Numbers are in the byte order of the machine, as GLib keeps them.
"""

import struct
from functools import lru_cache

MAX_DEPTH = 128
ARRAY_OF = {int: 'x', float: 'd', str: 's', bool: 'b'}


class Typed:
    """A value with its type, for a variant."""

    __slots__ = ('type', 'value')

    def __init__(self, type_string, value):
        self.type = type_string
        self.value = value


def pack(type_string, value):
    """The serialised form of a value, as bytes."""
    return _type(type_string).pack(value)


def unpack(type_string, data):
    """The value of serialised data: bytes, or anything with their interface."""
    data = bytes(data)
    return _type(type_string).unpack(data, 0, len(data))


def infer(value):
    """The type that says most of a value: int x, float d, str s, bytes ay, dict
    a{sv}, list of one kind its array, else av, tuple a tuple."""
    kind = type(value)
    if kind in ARRAY_OF:
        return ARRAY_OF[kind]
    if value is None:
        return '()'
    if isinstance(value, (bytes, bytearray, memoryview)):
        return 'ay'
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return 'a{sv}'
        keys = {infer(key) for key in value}
        if len(keys) == 1 and len(key := keys.pop()) == 1:
            return f'a{{{key}v}}'
        raise TypeError('The keys of a dictionary must be of one simple type')
    if isinstance(value, tuple):
        return f'({"".join(map(infer, value))})'
    if isinstance(value, (list, set, frozenset, range)):
        kinds = set(map(type, value))
        if len(kinds) == 1 and (element := ARRAY_OF.get(kinds.pop())):
            return f'a{element}'
        return 'av'
    for basic, type_string in ((int, 'x'), (float, 'd'), (str, 's')):
        if isinstance(value, basic):
            return type_string
    raise TypeError(f'{kind.__name__} has no GVariant type')


def split(type_string):
    """The types of the members of a tuple or of a dictionary entry."""
    types = []
    at = 1
    while at < len(type_string) - 1:
        _, end = _parse(type_string, at, 1)
        types.append(type_string[at:end])
        at = end
    return types


class _Basic:
    """Numbers."""

    def __init__(self, code, letter):
        self.code = code
        self.struct = struct.Struct(f'={code}')
        self.size = self.alignment = self.struct.size
        self.letter = letter

    def pack(self, value):
        try:
            return self.struct.pack(value)
        except struct.error as error:
            kind = OverflowError if isinstance(value, int) else TypeError
            raise kind(f'{value!r} is no {self.letter}: {error}') from None

    def unpack(self, data, start, end):
        if end - start != self.size:
            raise ValueError(f'{end - start} bytes are no {self.letter}')
        return self.struct.unpack_from(data, start)[0]

    def pack_all(self, values):
        try:
            return struct.pack(f'={len(values)}{self.code}', *values)
        except struct.error:
            return b''.join(map(self.pack, values))     # it says which

    def unpack_all(self, data, start, end):
        return list(struct.unpack_from(f'={(end - start) // self.size}{self.code}', data, start))


class _Boolean(_Basic):
    def pack(self, value):
        return b'\1' if value else b'\0'

    def unpack(self, data, start, end):
        if end - start != 1 or data[start] > 1:
            raise ValueError('No boolean')
        return data[start] == 1

    def pack_all(self, values):
        return b''.join(map(self.pack, values))

    def unpack_all(self, data, start, end):
        return [self.unpack(data, i, i + 1) for i in range(start, end)]


class _String:
    size = 0
    alignment = 1

    def __init__(self, letter):
        self.letter = letter

    def pack(self, value):
        if not isinstance(value, str):
            raise TypeError(f'{value!r} is no string')
        if '\0' in value:
            raise ValueError('A string must have no NUL in it')
        if self.letter == 'g' and not _is_signature(value):
            raise ValueError(f'{value!r} is no signature')
        if self.letter == 'o' and not _is_object_path(value):
            raise ValueError(f'{value!r} is no object path')
        return value.encode() + b'\0'

    def unpack(self, data, start, end):
        if end <= start or data.find(0, start, end) != end - 1:
            raise ValueError('No string')
        value = data[start:end - 1].decode()
        if (self.letter == 'g' and not _is_signature(value)
                or self.letter == 'o' and not _is_object_path(value)):
            raise ValueError('No such string')
        return value


class _Variant:
    size = 0
    alignment = 8
    depth = 0

    def pack(self, value):
        if hasattr(value, 'get_type_string'):       # a GLib.Variant
            type_string = value.get_type_string()
            data = value.get_data_as_bytes().get_data() or b''
        else:
            type_string = value.type if isinstance(value, Typed) else infer(value)
            value = value.value if isinstance(value, Typed) else value
            data = _type(type_string).pack(value)
        return data + b'\0' + type_string.encode()

    def unpack(self, data, start, end):
        split = data.rfind(0, start, end)
        if split < 0:
            raise ValueError('No variant')
        type_string = data[split + 1:end].decode('ascii')
        if _Variant.depth >= MAX_DEPTH:
            raise ValueError('Variants in variants without end')
        _Variant.depth += 1
        try:
            # Alignment counts from where the variant begins.
            inner = data[start:split]
            return _type(type_string).unpack(inner, 0, len(inner))
        finally:
            _Variant.depth -= 1


class _Maybe:
    size = 0

    def __init__(self, element):
        self.element = element
        self.alignment = element.alignment

    def pack(self, value):
        if value is None:
            return b''
        return self.element.pack(value) + (b'' if self.element.size else b'\0')

    def unpack(self, data, start, end):
        if start == end:
            return None
        if self.element.size == 0:
            end -= 1
            if data[end] != 0:
                raise ValueError('No maybe')
        return self.element.unpack(data, start, end)


class _Array:
    size = 0

    def __init__(self, element):
        self.element = element
        self.alignment = element.alignment

    def pack(self, value):
        if isinstance(value, (str, dict)) or not hasattr(value, '__iter__'):
            raise TypeError(f'{value!r} is no array')
        return self.pack_items(list(value))

    def pack_items(self, items):
        if self.element.size:
            if isinstance(self.element, _Basic):
                return self.element.pack_all(items)
            return b''.join(map(self.element.pack, items))
        body = bytearray()
        ends = []
        for item in items:
            _align(body, self.alignment)
            body += self.element.pack(item)
            ends.append(len(body))
        return _frame(body, ends)

    def unpack(self, data, start, end):
        size = self.element.size
        if size:
            if (end - start) % size:
                raise ValueError('No array')
            if isinstance(self.element, _Basic):
                return self.element.unpack_all(data, start, end)
            return [self.element.unpack(data, i, i + size) for i in range(start, end, size)]
        if start == end:
            return []
        ends = _read_ends(data, start, end)
        items = []
        at = start
        for item_end in ends:
            at = start + _aligned(at - start, self.alignment)
            if not at <= start + item_end <= start + ends[-1]:
                raise ValueError('No array')
            items.append(self.element.unpack(data, at, start + item_end))
            at = start + item_end
        return items


class _Bytes(_Array):
    def pack(self, value):
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        return super().pack(value)

    def unpack(self, data, start, end):
        return data[start:end]


class _Dict(_Array):
    def pack(self, value):
        return self.pack_items(list(dict(value).items()))

    def unpack(self, data, start, end):
        return dict(super().unpack(data, start, end))


class _Tuple:
    def __init__(self, members):
        self.members = members
        self.alignment = max((member.alignment for member in members), default=1)
        self.size = 0
        if all(member.size for member in members):
            for member in members:
                self.size = _aligned(self.size, member.alignment) + member.size
            self.size = _aligned(self.size, self.alignment) or 1

    def pack(self, value):
        if value is None and not self.members:
            return b'\0'
        if isinstance(value, str) or len(value := tuple(value)) != len(self.members):
            raise TypeError(f'{value!r} is no tuple of {len(self.members)}')
        body = bytearray()
        ends = []
        for member, item in zip(self.members, value):
            _align(body, member.alignment)
            body += member.pack(item)
            if not member.size:
                ends.append(len(body))
        if self.size:
            return bytes(body.ljust(self.size, b'\0'))
        if not self.members[-1].size:
            ends.pop()
        return _frame(body, ends[::-1])

    def unpack(self, data, start, end):
        if self.size and end - start != self.size:
            raise ValueError('No tuple')
        width = _offset_width(end - start)
        offset_at = end
        at = start
        values = []
        last = len(self.members) - 1
        for i, member in enumerate(self.members):
            at = start + _aligned(at - start, member.alignment)
            if member.size:
                item_end = at + member.size
            elif i == last:
                item_end = offset_at
            else:
                offset_at -= width
                if offset_at < start:
                    raise ValueError('No tuple')
                item_end = start + int.from_bytes(data[offset_at:offset_at + width], _ORDER)
            if not at <= item_end <= offset_at:
                raise ValueError('No tuple')
            values.append(member.unpack(data, at, item_end))
            at = item_end
        if not self.size and at != offset_at:
            raise ValueError('No tuple')
        return tuple(values)


_ORDER = 'little' if struct.pack('=H', 1)[0] else 'big'
_OBJECT_PATH = frozenset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_')


def _is_object_path(value):
    return value == '/' or value[:1] == '/' and all(
        part and _OBJECT_PATH.issuperset(part) for part in value[1:].split('/'))


def _is_signature(value):
    try:
        at = 0
        while at < len(value):
            _, at = _parse(value, at, 0)
        return True
    except ValueError:
        return False


def _aligned(at, alignment):
    return (at + alignment - 1) & -alignment


def _align(body, alignment):
    body += bytes(-len(body) % alignment)


def _offset_width(size):
    return 0 if size == 0 else 1 if size <= 0xff else 2 if size <= 0xffff else 4 if size <= 0xffffffff else 8


def _frame(body, ends):
    """The body of a container, and where its members end."""
    for width in (1, 2, 4, 8):
        size = len(body) + width * len(ends)
        if _offset_width(size) <= width:
            break
    for end in ends:
        body += end.to_bytes(width, _ORDER)
    return bytes(body)


def _read_ends(data, start, end):
    """Where the elements of an array end, from its start."""
    width = _offset_width(end - start)
    if end - start < width:
        raise ValueError('No array')
    body = int.from_bytes(data[end - width:end], _ORDER)
    if body > end - start - width or (end - start - body) % width:
        raise ValueError('No array')
    return [int.from_bytes(data[at:at + width], _ORDER)
            for at in range(start + body, end, width)]


_BASIC = {letter: _Basic(code, letter) for letter, code in
          {'y': 'B', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'h': 'i',
           'd': 'd'}.items()}
_BASIC['b'] = _Boolean('?', 'b')
_BASIC |= {letter: _String(letter) for letter in 'sog'}
_BASIC['v'] = _Variant()
_ARRAYS = {'y': _Bytes, '{': _Dict}


def _parse(text, at, depth):
    """The type that begins there, and where it ends."""
    letter = text[at:at + 1]
    if letter in _BASIC:
        return _BASIC[letter], at + 1
    if depth >= MAX_DEPTH or letter not in ('a', 'm', '(', '{'):
        raise ValueError(f'{text!r} is no type of GVariant')
    if letter == '(':
        members = []
        at += 1
        while text[at:at + 1] != ')':
            member, at = _parse(text, at, depth + 1)
            members.append(member)
        return _Tuple(members), at + 1
    if letter == '{':
        if text[at + 1:at + 2] not in _BASIC or text[at + 1] == 'v':
            raise ValueError(f'{text!r} has a key that is not simple')
        value, end = _parse(text, at + 2, depth + 1)
        if text[end:end + 1] != '}':
            raise ValueError(f'{text!r} is no type of GVariant')
        return _Tuple([_BASIC[text[at + 1]], value]), end + 1
    element, end = _parse(text, at + 1, depth + 1)
    if letter == 'm':
        return _Maybe(element), end
    return _ARRAYS.get(text[at + 1], _Array)(element), end


@lru_cache(maxsize=256)
def _type(type_string):
    found, end = _parse(type_string, 0, 0)
    if end != len(type_string):
        raise ValueError(f'{type_string!r} is no type of GVariant')
    return found
