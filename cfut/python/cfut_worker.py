# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a function may ask and tell while it runs.

    import cfut_worker

    def render(scene):
        for i, tile in enumerate(scene.tiles):
            cfut_worker.progress(i / len(scene.tiles), tile.name)

It works in calls of `Cfut.ThreadExecutor` and `Cfut.ProcessExecutor`. Anywhere
else there is nobody to tell, and a function runs as if nobody listened.
"""

from _thread import _local as Local
from time import perf_counter

__all__ = ['Cancelled', 'attempt', 'buffer', 'cancelled', 'progress', 'returns']


class Cancelled(BaseException):
    """The call was cancelled, or its time is over: raised within the function."""


class _Current(Local):
    """What runs in this thread: a Cfut.Call, or something like it."""

    call = None


_current = _Current()

# In a worker process: what to make of an exception so that it can be sent.
_describe = None


# In a worker process: where buffers come from.
def _make_buffer(size):
    return memoryview(bytearray(size))


def progress(fraction, message=None):
    """Tells how far the call is: 0 to 1, or -1 if that is not known."""
    if _current.call is not None:
        _current.call.set_progress(fraction, None if message is None else str(message))


def cancelled():
    """Whether the call is to stop. A thread is not interrupted: its function has
    to ask."""
    return _current.call is not None and _current.call.is_cancelled()


def attempt():
    """Which attempt at the call this is, from 1."""
    return _current.call.get_attempt() if _current.call is not None else 1


def buffer(size):
    """A view of so many bytes, for a result that is large: one that lies in it, such as
    a slice of it or a NumPy array, need not be copied in a worker process.

    What is in it at first is undefined. Nobody writes to it after it was returned."""
    return _make_buffer(size)


def returns(type_string):
    """Decorates a function for callers in other languages: its result is a
    GVariant of that type, instead of one that is inferred."""
    def decorate(function):
        function.__cfut_returns__ = type_string
        return function
    return decorate


def _run_chunk(function, items):
    """Runs a function over tuples of arguments, up to the first exception.

    Returns the results, the exception or None, and the seconds it took.
    """
    begin = perf_counter()
    results = []
    error = None
    try:
        for args in items:
            results.append(function(*args))
    except Cancelled:
        raise
    except BaseException as exception:
        error = exception if _describe is None else _describe(exception)
    return results, error, perf_counter() - begin
