# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Memory that a worker and its program both have: calls that come with it, and
buffers that are made here.

The worker loads it when there is any. See cfutures/_lending.py for the messages.
"""

import ctypes

from ._exporter import Memory, register
from ._lending import write
from ._memory import with_vectors
from ._message import Pieces

# In front of a buffer that is made here there is room for the rest of the message, so
# that it is one block of bytes with it: what is not a page is not worth it.
HEADROOM = 4096

BYTES = b'ay'


class Lent:
    """Owns a GVariant of bytes, which are the program's."""

    def __init__(self, c, variant):
        self.c = c
        self.variant = variant

    def __del__(self):
        self.c.g_variant_unref(self.variant)

    def get_memory(self):
        return (self.c.g_variant_get_data(self.variant) or 0,
                self.c.g_variant_get_size(self.variant))

    def part(self, begin, end):
        """Some of the bytes as a floating GVariant."""
        return part(self.c, self.c.g_variant_get_data_as_bytes(self.variant), begin, end)


class Made:
    """Owns a CfutBuffer, which has room in front."""

    has_head = False

    def __init__(self, c, buffer):
        self.c = c
        self.buffer = buffer

    def __del__(self):
        self.c.cfut_buffer_unref(self.buffer)

    def get_head(self):
        return self.c.cfut_buffer_get_data(self.buffer, None)

    def part(self, begin, end):
        return self.part_with_head(HEADROOM + begin, HEADROOM + end)

    def part_with_head(self, begin, end):
        return part(self.c, self.c.cfut_buffer_dup_bytes(self.buffer), begin, end)


def part(c, held, begin, end):
    cut = c.g_bytes_new_from_bytes(held, begin, end - begin)
    variant = c.g_variant_new_from_bytes(BYTES, cut, True)
    c.g_bytes_unref(cut)
    c.g_bytes_unref(held)
    return variant


class Lender:
    def __init__(self, worker):
        self.worker = worker
        self.c = c = worker.c
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        c.declare('cfut_buffer_new', pointer, size, pointer)
        c.declare('cfut_buffer_unref', None, pointer)
        c.declare('cfut_buffer_get_data', pointer, pointer, pointer)
        c.declare('cfut_buffer_dup_bytes', pointer, pointer)
        c.declare('cfut_gather_bytes', pointer, ctypes.c_char_p, size)
        c.declare('g_bytes_new_from_bytes', pointer, pointer, size, size)
        c.declare('g_variant_unref', None, pointer)
        c.declare('g_variant_n_children', size, pointer)
        c.declare('g_variant_get_child_value', pointer, pointer, size)
        c.declare('g_variant_get_data_as_bytes', pointer, pointer)
        c.declare('g_variant_new_tuple', pointer, pointer, size)
        c.declare('g_variant_new_array', pointer, ctypes.c_char_p, pointer, size)

    # -- Calls

    def run(self):
        """A call that comes with memory: answers it."""
        arguments = self.c.cfut_call_get_arguments(self.worker.get_call())
        rest, spans = (self.c.g_variant_get_child_value(arguments, i) for i in range(2))
        data = memoryview(self.export(rest))
        views = [self.borrow(self.c.g_variant_get_child_value(spans, i))
                 for i in range(self.c.g_variant_n_children(spans))]
        self.c.g_variant_unref(spans)
        self.answer(self.worker.run_pickled(data, views))

    def export(self, variant):
        owner = Lent(self.c, variant)
        return Memory(*owner.get_memory(), owner)

    def borrow(self, variant):
        """A view of what is lent, which is given back when nobody has any of it."""
        memory = self.export(variant)
        register(memory, memory._cfut_memory[0])
        return memoryview(memory).toreadonly()

    # -- Results

    def answer(self, result):
        """Answers a call of run()."""
        c, spans = self.c, []
        if type(result) is bytes:
            held = c.g_bytes_new(result, len(result))
        else:
            if type(result) is not Pieces:
                spans = [exporter._cfut_owner.part(*span) for exporter, *span in result.spans]
                result = write(result, result.place())
            held = with_vectors(result, lambda vectors: c.cfut_gather_bytes(vectors, len(vectors)))
        rest = c.g_variant_new_from_bytes(BYTES, held, True)
        c.g_bytes_unref(held)
        array = c.g_variant_new_array(BYTES, (ctypes.c_void_p * len(spans))(*spans), len(spans))
        members = (ctypes.c_void_p * 2)(rest, array)
        c.cfut_worker_answer(self.worker.pointer, None, c.g_variant_new_tuple(members, 2), None)

    def answer_with_head(self, result):
        """Answers any other call, whose result lies in a buffer that was made here, if
        all else finds room in front of that; returns whether it does."""
        (exporter, begin, end), *others = result.spans
        owner = exporter._cfut_owner
        # What the program reads is not written to again.
        if others or type(owner) is not Made or owner.has_head:
            return False
        places = [place and (0, HEADROOM + begin + place[1]) for place in result.place()]
        head = bytes(write(result, places))
        if len(head) > HEADROOM:
            return False
        owner.has_head = True
        ctypes.memmove(owner.get_head(), head, len(head))
        self.c.cfut_worker_answer(self.worker.pointer, None,
                                  owner.part_with_head(0, HEADROOM + end), None)
        return True

    # -- Buffers

    def make(self, size):
        """A view of memory that need not be copied as a result."""
        buffer = self.c.cfut_buffer_new(HEADROOM + size, None)
        if not buffer:
            raise MemoryError
        owner = Made(self.c, buffer)
        memory = Memory(owner.get_head() + HEADROOM, size, owner)
        register(memory, memory._cfut_memory[0])
        return memoryview(memory)
