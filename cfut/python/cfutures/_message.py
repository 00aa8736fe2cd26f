# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How pickles travel between a program and its Python workers.

A message is a pickle (protocol 5), or, if it has large buffers in it, a head,
the pickle without them, and the buffers. A pickle begins with PICKLE_MARK, a head
with HEAD_MARK.

A large message is not put together here, but where it is sent from: it is a
tuple of its pieces.

Both ends have this file; it needs nothing but the standard library.
"""

import struct
from _pickle import PickleBuffer, loads

PICKLE_MARK = 0x80
HEAD_MARK = 1
HEAD = struct.Struct('<B3xIQ')      # mark, how many buffers, length of the pickle
BUFFER = struct.Struct('<Q?7x')     # length, read-only
ALIGNMENT = 16

# From here on bytes travel beside the pickle, which copies them.
LARGE = 64 * 1024

# What a worker calls its failure to unpickle a call.
UNPICKLE_NAME = 'cfutures.UnpickleError'


def lift(value):
    """A large value of bytes as a buffer, anything else as it is."""
    if type(value) in (bytes, bytearray) and len(value) >= LARGE:
        return PickleBuffer(value)
    return value


def pad(length):
    return -length % ALIGNMENT


class Pieces(tuple):
    """A large message: what lies one after the other in it."""

    __slots__ = ()

    def __bytes__(self):
        return b''.join(self)


def join(pickled, buffers):
    """The message of a pickle and the buffers that were left out of it: bytes, or
    pieces if it is large."""
    if not buffers:
        return pickled if len(pickled) < LARGE else Pieces((pickled,))
    views = [buffer.raw() for buffer in buffers]
    parts = [HEAD.pack(HEAD_MARK, len(views), len(pickled))]
    parts += [BUFFER.pack(view.nbytes, view.readonly) for view in views]
    parts += [pickled, bytes(pad(sum(map(len, parts)) + len(pickled)))]
    # The small parts are one piece, and a gap is another only if there is one.
    parts = [b''.join(parts)]
    size = len(parts[0])
    for view in views:
        parts.append(view)
        if gap := pad(view.nbytes):
            parts.append(bytes(gap))
        size += view.nbytes + gap
    return Pieces(parts) if size >= LARGE else b''.join(parts)


def split(data):
    """The pickle and its buffers, as objects of their own."""
    _, n_buffers, length = HEAD.unpack_from(data)
    view = memoryview(data)
    at = HEAD.size + n_buffers * BUFFER.size
    pickled = view[at:at + length]
    at += length + pad(at + length)
    buffers = []
    for i in range(n_buffers):
        size, readonly = BUFFER.unpack_from(data, HEAD.size + i * BUFFER.size)
        part = view[at:at + size]
        buffers.append(bytes(part) if readonly else bytearray(part))
        at += size + pad(size)
    return pickled, buffers


def loads_message(data):
    """What is in a message, which is bytes or a view of them."""
    if (data[0] if type(data) is bytes else data[:1].tobytes()[0]) == HEAD_MARK:
        pickled, buffers = split(data)
        return loads(pickled, buffers=buffers)
    return loads(data)
