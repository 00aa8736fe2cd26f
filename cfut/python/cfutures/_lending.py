# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Messages with buffers in them that the other end can read where they are.

Such a message is a GVariant `(ayaay)`. The second member has spans of the memory of
exporters, which travel by name; in the first is all else: a head, a place for each
buffer, the pickle, and those buffers that are copied. A place tells in which span a
buffer is, and where, or where in the message itself if the number is 0.

Any number of buffers may lie in one span, as do the items of a map that are slices of
one array.

Both ends have this file; it needs nothing but the standard library.
"""

import copyreg
import io
from _pickle import PickleBuffer, Pickler

from . import _message
from ._exporter import locate
from ._message import (COPY, HEAD, LARGE, MUTABLE_COPY, PLACE, PLACES_MARK, VIEW, Pieces, pad)

# So many spans of a message are not copied.
MAX_SPANS = 16


class Lent(Pieces):
    """A message that lends: its pieces, for where all is copied, and how it may be
    made of less.

    `spans` are lists of an exporter, and where in its memory the span begins and ends.
    """

    pickled = views = found = spans = None

    def place(self):
        """Where each buffer is: (number of its span, offset), or None if it is to be
        copied."""
        numbers = {id(span[0]): (i, span[1]) for i, span in enumerate(self.spans, 1)}
        places = []
        for where in self.found:
            number, begin = numbers.get(id(where and where[0]), (0, 0))
            places.append((number, where[1] - begin) if number else None)
        return places


def lend(pickled, views, message):
    """The message as one that lends, if it has anything to lend."""
    found = list(map(locate, views))
    spans = {}
    for view, where in zip(views, found):
        if where is not None:
            exporter, offset = where
            span = spans.setdefault(id(exporter), [exporter, offset, offset])
            span[1:] = min(span[1], offset), max(span[2], offset + len(view))
    spans = [span for span in spans.values() if span[2] - span[1] >= LARGE][:MAX_SPANS]
    if not spans:
        return message
    lent = Lent(message)
    lent.pickled, lent.views, lent.found, lent.spans = pickled, views, found, spans
    return lent


def write(lent, places):
    """A message with places, in pieces."""
    at = HEAD.size + PLACE.size * len(places) + len(lent.pickled)
    gap = bytes(pad(at))
    at += len(gap)
    head, tail = [HEAD.pack(PLACES_MARK, len(places), len(lent.pickled))], []
    for view, place in zip(lent.views, places):
        if place is not None:
            number, offset = place
            head.append(PLACE.pack(offset, len(view), number, VIEW))
            continue
        head.append(PLACE.pack(at, len(view), 0, COPY if view.readonly else MUTABLE_COPY))
        tail += [view, bytes(pad(len(view)))]
        at += len(view) + pad(len(view))
    return Pieces((b''.join([*head, lent.pickled, gap]), *tail))


# ---- Views among what is pickled

def reduce(view):
    """How a view is pickled: as one of the same shape, to be read only."""
    raw = PickleBuffer(view).raw().toreadonly()
    if locate(raw) is None:
        raise TypeError("cannot pickle 'memoryview' object")
    if view.format == 'B' and view.ndim == 1:
        return memoryview, (PickleBuffer(raw),)
    return memoryview.cast, (raw, view.format, *([view.shape] if view.ndim != 1 else ()))


def dumps(message, buffer_callback):
    """pickle.dumps() that knows views of memory that can be lent."""
    file = io.BytesIO()
    pickler = Pickler(file, 5, buffer_callback=buffer_callback)
    pickler.dispatch_table = copyreg.dispatch_table | {memoryview: reduce}
    pickler.dump(message)
    return file.getvalue()


_message.lend = lend
_message.dumps_views = dumps
