# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Memory that C and Python both see.

Both ends have this file; it needs nothing but the standard library.
"""

import ctypes
import struct

# A GOutputVector: where a piece is, and its length.
VECTOR = struct.Struct('@PN')


class Buffer(ctypes.Structure):
    """A Py_buffer."""

    _fields_ = [('address', ctypes.c_void_p), ('object', ctypes.c_void_p),
                ('length', ctypes.c_ssize_t), ('item_size', ctypes.c_ssize_t),
                ('is_read_only', ctypes.c_int), ('n_dimensions', ctypes.c_int),
                ('format', ctypes.c_void_p), ('shape', ctypes.c_void_p),
                ('strides', ctypes.c_void_p), ('sub_offsets', ctypes.c_void_p),
                ('internal', ctypes.c_void_p)]


get_buffer = ctypes.pythonapi.PyObject_GetBuffer
get_buffer.argtypes = (ctypes.py_object, ctypes.POINTER(Buffer), ctypes.c_int)
release_buffer = ctypes.pythonapi.PyBuffer_Release
release_buffer.restype = None
release_buffer.argtypes = (ctypes.POINTER(Buffer),)
SIMPLE = 0


def with_vectors(pieces, function):
    """Calls a function with the memory of an array of GOutputVector, as bytes,
    which says where the pieces are, and returns what it returns."""
    buffers = []
    try:
        for piece in pieces:
            buffer = Buffer()
            get_buffer(piece, buffer, SIMPLE)
            buffers.append(buffer)
        return function(b''.join([VECTOR.pack(buffer.address or 0, buffer.length)
                                  for buffer in buffers]))
    finally:
        for buffer in buffers:
            release_buffer(buffer)


def get_address(view):
    """Where what is in a contiguous buffer begins."""
    buffer = Buffer()
    get_buffer(view, buffer, SIMPLE)
    address = buffer.address
    release_buffer(buffer)
    return address or 0


def keep_memory():
    """Has malloc() keep what large values need, up to 64 MiB.

    By default it gives that back to the system each time. To get a megabyte again
    then takes longer than all that is done with it, since each of its pages is a
    fault. The C library learns from what is freed how large the values are that come
    and go; so this tells it at once. Whoever has set its limits keeps them."""
    try:
        library = ctypes.CDLL(None)
        malloc, free = library.malloc, library.free
    except (AttributeError, OSError):
        return
    malloc.restype, malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    free.restype, free.argtypes = None, (ctypes.c_void_p,)
    # Not touched, it takes no memory.
    free(malloc((32 << 20) - (64 << 10)))


# Who loads this has a large value.
keep_memory()
