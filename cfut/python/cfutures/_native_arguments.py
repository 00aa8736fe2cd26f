# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Arguments of functions that are not written in Python, with buffers in them.

A GVariant of ordinary values is packed as bytes. One with buffers is made of its
members, so that they are in it as they are.
"""

from gi.repository import GLib

from . import _gvariant
from ._exporter import Exporter, locate
from ._native_memory import span_variant
from ._native_variants import pack
from ._pickling import PLAIN

# From here on memory is worth being shared.
MIN_SHARED = 32 * 1024

# The library does not look for memory in arrays that are longer.
MAX_ARRAY = 64


def see_buffers(value):
    """A value with views in place of the buffers in it."""
    kind = type(value)
    if isinstance(value, Exporter):
        return memoryview(value)
    if kind in (tuple, list):
        return value if PLAIN.issuperset(map(type, value)) else kind(map(see_buffers, value))
    if kind is dict:
        return {key: see_buffers(item) for key, item in value.items()}
    if kind is _gvariant.Typed:
        return _gvariant.Typed(value.type, see_buffers(value.value))
    return value


def make_variant(type_string, value):
    """A GVariant of a value."""
    variant = lend(type_string, value)
    return pack(type_string, value) if variant is None else variant


def lend(type_string, value):
    """A GVariant with buffers in it; None if there are none in the value."""
    if type_string == 'ay':
        return lend_bytes(value)
    kind = type_string[0]
    if kind == 'v':
        return lend_variant(value)
    if kind == 'a':
        return lend_array(type_string[1:], value)
    if kind == '(' and isinstance(value, (tuple, list)):
        types = _gvariant.split(type_string)
        members = lend_all(types, value) if len(types) == len(value) else None
        return GLib.Variant.new_tuple(*members) if members else None
    return None


def lend_all(types, values):
    """The members of a container, some of which lend; None if none does."""
    members = [lend(*pair) for pair in zip(types, values)]
    if all(member is None for member in members):
        return None
    return [pack(*pair) if member is None else member
            for member, *pair in zip(members, types, values)]


def lend_bytes(value):
    if isinstance(value, (bytes, bytearray, str, list, tuple)):
        return None
    try:
        view = memoryview(value).cast('B')
    except TypeError:       # no buffer, or in several pieces
        return None
    if len(view) < MIN_SHARED or (found := locate(view)) is None:
        return None
    exporter, offset = found
    return span_variant(exporter, offset, offset + len(view))


def lend_variant(value):
    if isinstance(value, GLib.Variant):
        return None
    if isinstance(value, _gvariant.Typed):
        inner = lend(value.type, value.value)
    else:
        inner = lend(_gvariant.infer(value), value)
    return None if inner is None else GLib.Variant.new_variant(inner)


def lend_array(element, value):
    if not isinstance(value, (list, tuple, dict)) or len(value) > MAX_ARRAY:
        return None
    if element[0] != '{':
        members = lend_all([element] * len(value), value)
    elif isinstance(value, dict):
        key_type, item_type = _gvariant.split(element)
        if members := lend_all([item_type] * len(value), value.values()):
            members = [GLib.Variant.new_dict_entry(pack(key_type, key), member)
                       for key, member in zip(value, members)]
    else:
        members = None
    return GLib.Variant.new_array(GLib.VariantType(element), members) if members else None
