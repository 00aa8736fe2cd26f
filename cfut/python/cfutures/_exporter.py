# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Objects that give Python memory which is not its own, by the buffer protocol.

Before Python 3.12 no class that is written in Python has that protocol. So this
makes one as modules in C do, with a function of Python's C interface.

Who reads a view keeps its exporter, which keeps its owner. Where exporters have
memory that other processes can read, too, they are found by their addresses:
whatever lies in them need not be copied, be it a view, a slice or an array.

Both ends have this file; it needs nothing but the standard library.
"""

import ctypes
import math
import weakref
from bisect import bisect, insort
from ctypes import c_char_p, c_int, c_ssize_t, c_uint, c_void_p, py_object
from functools import partial
from itertools import count


# ---- The class

class Slot(ctypes.Structure):
    """A PyType_Slot."""

    _fields_ = [('id', c_int), ('function', c_void_p)]


class Spec(ctypes.Structure):
    """A PyType_Spec."""

    _fields_ = [('name', c_char_p), ('basic_size', c_int), ('item_size', c_int),
                ('flags', c_uint), ('slots', c_void_p)]


BF_GET_BUFFER = 1
DEFAULT, BASE_TYPE = 1 << 18, 1 << 10

_fill = ctypes.pythonapi.PyBuffer_FillInfo
_fill.argtypes = (c_void_p, py_object, c_void_p, c_ssize_t, c_int, c_int)
_from_spec = ctypes.pythonapi.PyType_FromSpec
_from_spec.restype = py_object
_from_spec.argtypes = (ctypes.POINTER(Spec),)


@ctypes.PYFUNCTYPE(c_int, py_object, c_void_p, c_int)
def _get_buffer(self, view, flags):
    # An exception must not leave this: C would take the view for one that is filled.
    try:
        return _fill(view, self, *self._cfut_memory, 0, flags)
    except BaseException:
        return -1


_slots = (Slot * 2)(Slot(BF_GET_BUFFER, ctypes.cast(_get_buffer, c_void_p)), Slot(0, None))

# The base of what has `_cfut_memory`, which is an address and a size, and can be
# written to. Views of what cannot are made with toreadonly().
Exporter = _from_spec(Spec(b'cfutures._exporter.Exporter', 0, 0, DEFAULT | BASE_TYPE,
                           ctypes.addressof(_slots)))


class Memory(Exporter):
    """Memory that belongs to `_cfut_owner`, which lives as long as this."""

    __slots__ = ('_cfut_memory', '_cfut_owner', '__weakref__')

    def __init__(self, address, size, owner):
        self._cfut_memory = address, size
        self._cfut_owner = owner


def view(address, length, owner):
    """A view, to be read only, of memory that belongs to `owner`, which lives as long
    as the view and whatever is cut out of it."""
    return memoryview(Memory(address, length, owner)).toreadonly()


# ---- Where they are

_entries = []       # (address, number) of those that were registered, sorted
_exporters = {}     # entry: weak reference
_numbers = count()


def register(exporter, address):
    """Has locate() find what lies in the memory, as long as there is the exporter."""
    entry = address, next(_numbers)
    _exporters[entry] = weakref.ref(exporter, partial(forget, entry))
    insort(_entries, entry)


def forget(entry, _, exporters=_exporters, entries=_entries):
    del exporters[entry]
    entries.remove(entry)


def locate(view):
    """The exporter in whose memory all of a view of bytes lies, and where: None if
    there is none."""
    from ._memory import get_address
    address = get_address(view)
    # Any may end while this looks.
    for entry in reversed(_entries[:bisect(_entries, (address, math.inf))]):
        exporter = _exporters.get(entry, nothing)()
        if exporter is not None:
            begin, size = exporter._cfut_memory
            if address + len(view) <= begin + size:
                return exporter, address - begin
    return None


def nothing():
    return None
