# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How pickles travel between a program and its Python workers.

A message is a pickle (protocol 5), or, if it has large buffers in it, a head,
the pickle without them, and the buffers. A pickle begins with PICKLE_MARK, a head
with HEAD_MARK, or with PLACES_MARK if some of the buffers are elsewhere: see
_lending.py.

A large message is not put together here, but where it is sent from: it is a
tuple of its pieces.

Both ends have this file; it needs nothing but the standard library.
"""

import struct
from _pickle import PickleBuffer, loads

PICKLE_MARK = 0x80
HEAD_MARK = 1
PLACES_MARK = 2
HEAD = struct.Struct('<B3xIQ')      # mark, how many buffers, length of the pickle
BUFFER = struct.Struct('<Q?7x')     # length, read-only
PLACE = struct.Struct('<QQIB3x')    # offset, length, number of the span or 0, kind
COPY, MUTABLE_COPY, VIEW = range(3)
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


# What makes a message that lends memory, if there is such in it: a function of the
# pickle, the views, and the message as it would be. And what pickles views of that
# memory. None as long as there is no such memory at all.
lend = dumps_views = None


def join(pickled, buffers):
    """The message of a pickle and the buffers that were left out of it: bytes, or
    pieces if it is large."""
    if not buffers:
        return pickled if len(pickled) < LARGE else Pieces((pickled,))
    views = [buffer.raw() for buffer in buffers]
    message = join_views(pickled, views)
    return message if lend is None or type(message) is bytes else lend(pickled, views, message)


def join_views(pickled, views):
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


def split_places(data, spans):
    """As split(), of a message with places: those in spans, and those that may be read
    where they are, are views."""
    _, n_buffers, length = HEAD.unpack_from(data)
    spans = (memoryview(data).toreadonly(), *spans)
    buffers = []
    for i in range(n_buffers):
        offset, size, number, kind = PLACE.unpack_from(data, HEAD.size + i * PLACE.size)
        part = spans[number][offset:offset + size]
        buffers.append(part if kind == VIEW else bytearray(part) if kind == MUTABLE_COPY
                       else bytes(part))
    at = HEAD.size + n_buffers * PLACE.size
    return spans[0][at:at + length], buffers


def loads_message(data, spans=()):
    """What is in a message, which is bytes or a view of them."""
    mark = data[0]
    if mark == HEAD_MARK:
        pickled, buffers = split(data)
    elif mark == PLACES_MARK:
        pickled, buffers = split_places(data, spans)
    else:
        return loads(data)
    return loads(pickled, buffers=buffers)
