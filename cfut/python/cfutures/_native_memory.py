# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Large messages of the native face. Few programs have any."""

from gi.repository import Cfut, GLib

from ._memory import view, with_vectors


def gather(pieces):
    """A large message as a GLib.Bytes, where it is sent from."""
    return with_vectors(pieces, Cfut.gather_bytes)


def gather_variant(pieces):
    """The same as a GLib.Variant."""
    return GLib.Variant.new_from_bytes(GLib.VariantType('ay'), gather(pieces), True)


def view_bytes(held):
    """A view of a GLib.Bytes."""
    size = held.get_size()
    return view(held.get_region(1, 0, size), size, held)
