# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GVariants that are made of their bytes."""

from gi.repository import GLib

from . import _gvariant


def from_data(type_string, data):
    """A GLib.Variant of bytes that are one."""
    return GLib.Variant.new_from_bytes(GLib.VariantType(type_string), GLib.Bytes.new(data), True)


def pack(type_string, value):
    """A GLib.Variant of an ordinary value."""
    return from_data(type_string, _gvariant.pack(type_string, value))
