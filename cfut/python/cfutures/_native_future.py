# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The methods of Cfut.Future that Python adds, and waiting for many of them."""

import math
import select
import time
from _pickle import loads
from collections import namedtuple

import cfut_worker
from gi.repository import Cfut, GLib

from . import _gvariant
from ._errors import loads_result
from ._message import LARGE, PICKLE_MARK
from ._native_errors import from_future
from ._workers import LABELLED, is_lending, is_python

# A wait in C cannot be interrupted: Ctrl-C is looked for this often.
SLICE_US = 50_000

DONE = Cfut.FutureState.DONE
RUNNING = Cfut.FutureState.RUNNING
CANCELLED = Cfut.FutureState.CANCELLED
ALL_COMPLETED = Cfut.ReturnWhen.ALL_COMPLETED
FIRST_COMPLETED = Cfut.ReturnWhen.FIRST_COMPLETED
RETURN_WHEN = 'ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'

dup_bytes = Cfut.Future.dup_bytes
get_short_data = Cfut.Future.get_short_data
get_function = Cfut.Future.get_function
get_state = Cfut.Future.get_state
get_value = Cfut.Future.get_value
is_done = Cfut.Future.is_done
_try_wait = Cfut.try_wait

N_LABELLED = len(LABELLED)


# What a getter returns that has no result.
NOTHING = object()

# How to get a result that is there: a function for each kind of executor that is
# in use, the quickest first.
getters = []


def add_getter(getter):
    """Adds a function that takes a future, and returns its result or NOTHING; it does
    not wait, and raises what the call has raised if that is part of the result."""
    getters.insert(0, getter)


def wait_for(futures, return_when, timeout):
    """Waits for that long, and tells whether it holds."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = SLICE_US
        if deadline is not None:
            left = max(0, min(SLICE_US, int((deadline - time.monotonic()) * 1e6)))
        if _try_wait(futures, return_when, left)[1]:
            return True
        if deadline is not None and time.monotonic() >= deadline:
            return False


def wait_until_done(future, timeout):
    if not is_done(future) and not wait_for([future], ALL_COMPLETED, timeout):
        raise TimeoutError


def to_python(variant):
    """The value of a GLib.Variant: as `unpack()`, faster, and `ay` as bytes."""
    return _gvariant.unpack(variant.get_type_string(), variant.get_data_as_bytes().get_data() or b'')


def result(self, timeout=None):
    """What the call returned; waits for it for up to `timeout` seconds.

    Raises what the call raised, with the traceback in the worker as the
    `__cause__`; TimeoutError if it is not done in time, or its own time was over;
    CancelledError; BrokenProcessPool if its worker died.
    """
    for get in getters:
        value = get(self)
        if value is not NOTHING:
            return value
    return _settle(self, timeout)


def get_pickled(future):
    """The result of a Python function in a worker process, if it is not large."""
    data = get_short_data(future, LARGE)
    if not data or (get_function(future) or '')[:N_LABELLED] != LABELLED:
        return NOTHING
    if data[0] == PICKLE_MARK:
        try:
            return loads(data)
        except BaseException:
            pass        # it fails again below, with the reason
    return loads_result(data)


add_getter(get_pickled)


def _get_message(future):
    """The bytes of a result, a view of them if they are large, or None."""
    data = get_short_data(future, LARGE)
    if data:
        return data
    held = dup_bytes(future)
    if held is None or not held.get_size():
        return None
    from ._native_memory import view_bytes
    return view_bytes(held)


def _settle(self, timeout):
    wait_until_done(self, timeout)
    for get in getters:
        value = get(self)
        if value is not NOTHING:
            return value
    function = get_function(self)
    if is_python(function):
        data = _get_message(self)
        if data:
            return loads_result(data)
    value = get_value(self)
    if value is None and get_state(self) is not DONE:
        raise from_future(self)
    if is_lending(function):
        from ._native_memory import loads_variant
        return loads_variant(value)
    if function is not None and isinstance(value, GLib.Variant):
        return to_python(value)
    return value


def exception(self, timeout=None):
    """What the call raised, or None; waits as `result()` does.

    Raises CancelledError if it was cancelled, and TimeoutError.
    """
    wait_until_done(self, timeout)
    state = get_state(self)
    if state is CANCELLED:
        raise from_future(self)
    return from_future(self) if state is not DONE else None


def done(self):
    """Whether the call has ended, in whatever way."""
    return is_done(self)


def running(self):
    """Whether the call is running now."""
    return get_state(self) is RUNNING


def cancelled(self):
    """Whether the call was cancelled."""
    return get_state(self) is CANCELLED


def __repr__(self):
    name = self.dup_name() or get_function(self)
    label = f' {name!r}' if name else ''
    return f'<Cfut.Future at {id(self):#x} state={get_state(self).value_nick}{label}>'


DoneAndNotDoneFutures = namedtuple('DoneAndNotDoneFutures', 'done not_done')


def wait(fs, timeout=None, return_when=ALL_COMPLETED):
    """Waits for futures, and returns two sets: `done` and `not_done`.

    As `concurrent.futures.wait()`; `return_when` is a `Cfut.ReturnWhen` or the
    name of one.
    """
    futures = list(set(fs))
    if isinstance(return_when, str):
        if return_when not in RETURN_WHEN:
            raise ValueError(f'Invalid return condition: {return_when!r}')
        return_when = getattr(Cfut.ReturnWhen, return_when)
    if futures:
        wait_for(futures, return_when, timeout)
    ended = {future for future in futures if is_done(future)}
    return DoneAndNotDoneFutures(ended, set(futures) - ended)


def as_completed(fs, timeout=None):
    """Yields futures as they end; those that have ended already come first.

    As `concurrent.futures.as_completed()`: TimeoutError if not all have ended
    `timeout` seconds after the call. It keeps no future that it has yielded.
    """
    waiting = dict(enumerate(set(fs)))
    queue = Cfut.CompletionQueue()
    for tag, future in waiting.items():
        queue.add_future(future, tag)
    future = None       # or the loop would keep the last one
    deadline = None if timeout is None else time.monotonic() + timeout
    return _as_completed(waiting, queue, deadline)


def _as_completed(waiting, queue, deadline):
    n = len(waiting)
    while waiting:
        tags = [completion.get_tag() for completion in queue.drain(0)]
        for tag in tags:
            yield waiting.pop(tag)
        left = None if deadline is None else max(0, deadline - time.monotonic())
        if waiting and not tags and not wait_for_one(waiting, queue, left):
            raise TimeoutError(f'{len(waiting)} (of {n}) futures unfinished')


def wait_for_one(waiting, queue, timeout):
    if cfut_worker._current.call is not None:
        # In a thread of a pool, which can help.
        return wait_for(list(waiting.values()), FIRST_COMPLETED, timeout)
    poll = select.poll()
    poll.register(queue.get_fd(), select.POLLIN)
    return bool(poll.poll(None if timeout is None else math.ceil(timeout * 1000)))


METHODS = (result, exception, done, running, cancelled, __repr__)
