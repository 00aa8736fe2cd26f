# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GVariant's serialised form in Python, against GLib's own."""

import math
import random
import unittest

from gi.repository import GLib

from cfutures import _gvariant as gvariant

INTEGERS = {'y': (0, 2**8 - 1), 'n': (-2**15, 2**15 - 1), 'q': (0, 2**16 - 1),
            'i': (-2**31, 2**31 - 1), 'u': (0, 2**32 - 1), 'x': (-2**63, 2**63 - 1),
            't': (0, 2**64 - 1)}


class Generator:
    """Random types, and values of them."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def type(self, depth=0):
        what = self.random.random()
        if depth > 3 or what < 0.5:
            return self.random.choice('ybnqiuxtdsogv' if depth < 3 else 'ybnqiuxtds')
        if what < 0.65:
            return 'a' + self.type(depth + 1)
        if what < 0.72:
            return 'm' + self.type(depth + 1)
        if what < 0.8:
            return 'a{' + self.random.choice('ybnqiuxtdsog') + self.type(depth + 1) + '}'
        return f'({"".join(self.type(depth + 1) for _ in range(self.random.randrange(4)))})'

    def value(self, type_string):
        value, end = self._value(type_string, 0)
        assert end == len(type_string)
        return value

    def _value(self, text, at):
        letter = text[at]
        if letter in INTEGERS:
            return self.random.randint(*INTEGERS[letter]), at + 1
        if letter in 'am{(':
            return self._container(text, at)
        if letter == 'v':
            inner = self.type(3)
            return gvariant.Typed(inner, self.value(inner)), at + 1
        return {'b': self.random.random() < 0.5, 'd': self.random.random(), 'o': '/a/b',
                'g': 'a{sv}', 's': 'ä' * self.random.choice([0, 1, 5, 150])}[letter], at + 1

    def _container(self, text, at):
        if text[at] == 'm':
            value, end = self._value(text, at + 1)
            return value if self.random.random() < 0.6 else None, end
        if text[at] == 'a':
            items = [self._value(text, at + 1)[0]
                     for _ in range(self.random.choice([0, 1, 2, 30]))]
            if text[at + 1] == 'y':
                items = bytes(items)
            elif text[at + 1] == '{':
                items = dict(items)
            return items, self._value(text, at + 1)[1]
        end = {'(': ')', '{': '}'}[text[at]]
        at += 1
        members = []
        while text[at] != end:
            member, at = self._value(text, at)
            members.append(member)
        return tuple(members), at + 1

    def damage(self, data):
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 3)):
            if data:
                data[self.random.randrange(len(data))] = self.random.choice([0, 1, 255, 30, 8])
        if self.random.random() < 0.3:
            del data[self.random.randrange(len(data) + 1):]
        return bytes(data)


def plain(value, lists=False):
    """Without types, as unpacked; with bytes as lists if GLib does so."""
    if isinstance(value, gvariant.Typed):
        return plain(value.value, lists)
    if isinstance(value, dict):
        return {key: plain(item, lists) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item, lists) for item in value)
    if isinstance(value, bytes) and lists:
        return list(value)
    return value


def from_glib(type_string, data):
    return GLib.Variant.new_from_bytes(GLib.VariantType(type_string), GLib.Bytes.new(data), False)


class AgainstGLib(unittest.TestCase):
    def test_same_bytes(self):
        """What is packed is GLib's form of the same value, and comes back"""
        make = Generator(1)
        for _ in range(1500):
            type_string = make.type()
            value = make.value(type_string)
            data = gvariant.pack(type_string, value)
            with self.subTest(type=type_string, value=plain(value)):
                variant = from_glib(type_string, data)
                self.assertTrue(variant.is_normal_form())
                if 'm' not in repr(variant):    # PyGObject cannot unpack all of those
                    self.assertEqual(plain(value, lists=True), variant.unpack())
                self.assertEqual(gvariant.unpack(type_string, data), plain(value))

    def test_damaged(self):
        """Of damaged data GLib says the same, or it is refused"""
        make = Generator(2)
        refused = 0
        for _ in range(1500):
            type_string = make.type()
            data = make.damage(gvariant.pack(type_string, make.value(type_string)))
            variant = from_glib(type_string, data)
            with self.subTest(type=type_string, data=data):
                try:
                    value = gvariant.unpack(type_string, data)
                except ValueError:
                    self.assertFalse(variant.is_normal_form())
                    refused += 1
                    continue
                if variant.is_normal_form() and 'm' not in variant.print_(True):
                    self.assertEqual(repr(plain(value, lists=True)), repr(variant.unpack()))
        self.assertGreater(refused, 100)

    def test_noise(self):
        """Noise is refused, or is a value; nothing else comes of it"""
        make = Generator(3)
        for _ in range(3000):
            data = make.random.randbytes(make.random.randrange(40))
            try:
                gvariant.unpack(make.type(), data)
            except ValueError:
                pass


class Values(unittest.TestCase):
    def test_infer(self):
        """The type of a value says most of it"""
        for value, type_string in ((1, 'x'), (True, 'b'), (1.5, 'd'), ('s', 's'), (b'b', 'ay'),
                                   ({'a': 1}, 'a{sv}'), ({1: 'a'}, 'a{xv}'), ([1, 2], 'ax'),
                                   ([1, 'a'], 'av'), ([], 'av'), ((1, 'a'), '(xs)'),
                                   ((), '()'), (None, '()'), ([[1]], 'av')):
            with self.subTest(value=value):
                self.assertEqual(gvariant.infer(value), type_string)
                again = gvariant.unpack('v', gvariant.pack('v', value))
                self.assertEqual(again, () if value is None else value)
        with self.assertRaises(TypeError):
            gvariant.infer(object())

    def test_glib_variant(self):
        """A variant may be given as GLib's"""
        data = gvariant.pack('a{sv}', {'a': GLib.Variant('(is)', (1, 'x'))})
        self.assertEqual(gvariant.unpack('a{sv}', data), {'a': (1, 'x')})

    def test_what_does_not_fit(self):
        """A value of another type is refused by name"""
        for type_string, value, error in (('y', 256, OverflowError), ('x', 'a', TypeError),
                                          ('s', 1, TypeError), ('s', 'a\0b', ValueError),
                                          ('(xx)', (1,), TypeError), ('as', 'abc', TypeError),
                                          ('ai', [1, 2**40], OverflowError), ('o', 'x', ValueError),
                                          ('g', '(', ValueError), ('q', None, TypeError)):
            with self.subTest(type=type_string, value=value), self.assertRaises(error):
                gvariant.pack(type_string, value)

    def test_bad_types(self):
        """What is no type is refused"""
        for type_string in ('', 'a', '(', 'a{vs}', 'a{s}', 'a{sss}', 'z', 'xx', '()x', 'a' * 1000 + 'x',
                            '(' * 1000):
            with self.subTest(type=type_string), self.assertRaises(ValueError):
                gvariant.unpack(type_string, b'')

    def test_deep_variants(self):
        """Variants in variants end somewhere"""
        data = b'\0'
        for _ in range(1000):
            data += b'\0v'
        with self.assertRaises(ValueError):
            gvariant.unpack('v', data)

    def test_special_numbers(self):
        """Numbers at the edge come back"""
        self.assertTrue(math.isnan(gvariant.unpack('d', gvariant.pack('d', math.nan))))
        for letter, edges in INTEGERS.items():
            for edge in edges:
                self.assertEqual(gvariant.unpack(letter, gvariant.pack(letter, edge)), edge)


if __name__ == '__main__':
    unittest.main()
