# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Large messages of the native face. Few programs have any."""

from gi.repository import Cfut, GLib

from ._exporter import Memory, register, view
from ._lending import write
from ._memory import with_vectors
from ._message import loads_message
from ._workers import LABELLED, LENDING

BYTES = GLib.VariantType('ay')


def gather(pieces):
    """A large message as a GLib.Bytes, where it is sent from."""
    return with_vectors(pieces, Cfut.gather_bytes)


def gather_variant(pieces):
    """The same as a GLib.Variant."""
    return GLib.Variant.new_from_bytes(BYTES, gather(pieces), True)


def get_address(held):
    """Where the bytes of a GLib.Bytes are."""
    return held.get_region(1, 0, held.get_size()) or 0


def view_bytes(held):
    """A view of a GLib.Bytes."""
    return view(get_address(held), held.get_size(), held)


# ---- Messages that lend

def submit_lent(executor, name, lent, options):
    """Submits a call whose message lends."""
    options = Cfut.SubmitOptions() if options is None else options.copy()
    if options.get_name() is None:
        # Errors call it as they call any.
        options.set_name(name)
    name = LENDING + name[len(LABELLED):]
    return executor.submit_full(name, lent_variant(lent), options)


def lent_variant(lent):
    spans = [span_variant(*span) for span in lent.spans]
    return GLib.Variant.new_tuple(gather_variant(write(lent, lent.place())),
                                  GLib.Variant.new_array(BYTES, spans))


def span_variant(exporter, begin, end):
    """Some of the memory of an exporter, as a GLib.Variant of it."""
    held = GLib.Bytes.new_from_bytes(exporter._cfut_owner, begin, end - begin)
    return GLib.Variant.new_from_bytes(BYTES, held, True)


def loads_variant(variant):
    """What is in a message that lends, which was a result."""
    rest, spans = (variant.get_child_value(i) for i in range(2))
    spans = [view_span(spans.get_child_value(i)) for i in range(spans.n_children())]
    return loads_message(view_bytes(rest.get_data_as_bytes()), spans)


def view_span(variant):
    held = variant.get_data_as_bytes()
    memory = Memory(get_address(held), held.get_size(), held)
    # It may go on to other calls.
    register(memory, get_address(held))
    return memoryview(memory).toreadonly()
