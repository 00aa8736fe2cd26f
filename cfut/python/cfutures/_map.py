# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Executor.map() as Python 3.14 has it."""

import itertools
import time
import weakref
from collections import deque


def check_buffersize(buffersize):
    if buffersize is None:
        return
    if not isinstance(buffersize, int):
        raise TypeError('buffersize must be an integer or None')
    if buffersize < 1:
        raise ValueError('buffersize must be None or > 0')


def submit_all(executor, fn, arguments, timeout, buffersize):
    """Submits `fn(*args)` for each `args` of an iterator, all at once or
    `buffersize` ahead of the reader, and returns an iterator over the results.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    first = arguments if buffersize is None else itertools.islice(arguments, buffersize)
    futures = deque(executor.submit(fn, *args) for args in first)

    if buffersize is None:
        more = None
    else:
        # The iterator keeps no executor alive that its user has dropped.
        reference = weakref.ref(executor)

        def more():
            submitter = reference()
            if submitter is not None:
                for args in arguments:
                    futures.append(submitter.submit(fn, *args))
                    break

    return _results(futures, deadline, more)


def _results(futures, deadline, more):
    try:
        while futures:
            if more is not None:
                more()
            # Nothing here refers to what was yielded.
            yield _take(futures.popleft(), deadline)
    finally:
        for future in futures:
            future.cancel()


def _take(future, deadline):
    try:
        try:
            return future.result(None if deadline is None else deadline - time.monotonic())
        finally:
            future.cancel()
    finally:
        # The traceback of an exception refers to this frame.
        del future


def make_chunks(arguments, chunksize):
    """Yields tuples of arguments, each for a call of run_chunk()."""
    while chunk := tuple(itertools.islice(arguments, chunksize)):
        yield (chunk,)


def run_chunk(fn, chunk):
    return [fn(*args) for args in chunk]


def chain(chunks):
    """Yields the results of chunks, and keeps none of them."""
    for results in chunks:
        results.reverse()
        while results:
            yield results.pop()
