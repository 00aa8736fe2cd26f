# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What cfut_completion_queue_drain_data() gives: a block of records, one for each
call that has ended."""

import struct

from ._message import LARGE

HEAD = struct.Struct('<QIIQ')       # tag, state, kind, length of the body
NOTHING, BYTES, VARIANT, ERROR, LENT = range(5)
LOAN = struct.Struct('<QQQ')        # address, length, GBytes that holds it


def read_records(data):
    """Yields (tag, state, kind, body): a large body is a view of the data, or of
    what is lent."""
    view = memoryview(data)
    at = 0
    end = len(data)
    while at < end:
        tag, state, kind, length = HEAD.unpack_from(data, at)
        at += HEAD.size
        if kind == LENT:
            yield tag, state, BYTES, borrow(data[at:at + length])
            at += length
            continue
        yield tag, state, kind, data[at:at + length] if length < LARGE else view[at:at + length]
        at += length + -length % 8


def borrow(body):
    """A view of what is lent, which is given back with it."""
    from . import _lib
    from ._exporter import view
    address, length, held = LOAN.unpack(body)
    return view(address, length, _lib.Held(held))


def split_error(body):
    """The domain, the code and the message of an error, and the name, the
    traceback and the bytes of a remote one."""
    domain, code, message, name, traceback, payload = bytes(body).split(b'\0', 5)
    return (domain.decode(), int(code), message.decode(errors='replace'), name.decode(),
            traceback.decode(errors='replace'), payload)
