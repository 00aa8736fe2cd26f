# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The methods of Cfut.Executor that Python adds, for every kind of executor.

What differs between threads and processes is in `_native_thread` and
`_native_process`: `_cfut_submit(function, args, kwargs, options)`, which submits
a callable, and `_cfut_push()`, which does so for an event loop.
"""

import warnings
import weakref

from gi.repository import Cfut, GLib

from . import _exit
from ._native_array_map import ArrayMap, pack
from ._native_errors import raise_gerror
from ._native_future import ALL_COMPLETED, wait_for
from ._native_map import Map, to_microseconds
from ._native_names import describe, submit_by_name

_map = Cfut.Executor.map


class AtExit:
    """What `_exit` does with an executor when the interpreter ends."""

    def __init__(self, executor):
        self.executor = weakref.ref(executor)
        _exit.register(self)

    def close(self):
        if (executor := self.executor()) is not None:
            n_calls = executor.get_n_pending()
            if n_calls:
                warnings.warn(f'{type(executor).__name__} was not shut down: the program ends '
                              f'before {n_calls} of its calls have started', RuntimeWarning)
            shutdown(executor, wait=False, cancel_futures=True)

    def join(self):
        if (executor := self.executor()) is not None:
            shutdown(executor, cancel_futures=True)


def check_initializer(initializer):
    if initializer is not None and not callable(initializer):
        raise TypeError('initializer must be a callable')


def make_options(timeout=None, deadline=None, priority=0, retries=0, name=None, cancellable=None):
    """`Cfut.SubmitOptions` of values in the units of Python: seconds."""
    options = Cfut.SubmitOptions()
    if timeout is not None:
        options.set_timeout(to_microseconds(timeout))
    if deadline is not None:
        options.set_deadline(to_microseconds(deadline))
    if priority:
        options.set_priority(priority)
    if retries:
        options.set_retries(retries)
    if name is not None:
        options.set_name(name)
    if cancellable is not None:
        options.set_cancellable(cancellable)
    return options


# ---- The methods

def submit(self, function, /, *args, **kwargs):
    """Submits a call of a function, and returns its `Cfut.Future`.

    `function` is anything callable or, for functions that are not written in
    Python, a name; those take and give ordinary values, of the types that they
    were registered with. Waits while the queue is full; see `enqueue()`. For a
    time-out, a priority and the like see `with_options()`.
    """
    if isinstance(function, str):
        return submit_by_name(self, function, args, kwargs)
    return self._cfut_submit(function, args, kwargs, None)


def run(self, function, /, *args, **kwargs):
    """Submits a call from a coroutine: `await executor.run(f, x)`.

    The fast way for asyncio: it returns one of asyncio's futures, which may be
    given to `gather()`, `wait_for()` and the like. It never blocks the event
    loop: when the queue is full the call is submitted when there is room.
    """
    return run_with(self, None, function, args, kwargs)


def run_with(executor, options, function, args, kwargs):
    if isinstance(function, str):
        return run_slowly(executor, options, function, args, kwargs)
    return executor._cfut_push(function, args, kwargs, options)


async def run_slowly(executor, options, function, args, kwargs):
    return await (await enqueue_with(executor, options, function, args, kwargs))


async def enqueue(self, function, /, *args, **kwargs):
    """As `submit()`, from a coroutine: waits for room without blocking the loop.

        future = await executor.enqueue(f, x)
    """
    return await enqueue_with(self, None, function, args, kwargs)


async def enqueue_with(executor, options, function, args, kwargs):
    from ._native_loop import wait_for_room
    await wait_for_room(executor)
    if isinstance(function, str):
        return submit_by_name(executor, function, args, kwargs, options)
    return executor._cfut_submit(function, args, kwargs, options)


def map(self, function, *iterables, timeout=None, chunksize=None, buffersize=None, ordered=True):
    """Calls a function with an item of each iterable at a time: an iterator over
    the results, and in coroutines an asynchronous one.

    The iterables are read as results are taken, `buffersize` items ahead, by
    default as many as keep the workers busy. Small calls travel in chunks, of
    `chunksize` items or of as many as measuring them suggests. With
    `ordered=False` results come as they end. Raises TimeoutError if the next
    result is not there `timeout` seconds after the call of `map()`. The first
    exception ends the iteration; what was submitted ahead is cancelled.

    A function in C that takes one number, by its name, with a list, a range, bytes
    or an array of numbers, is the fastest: these go in and out as arrays.
    """
    if isinstance(function, str) and len(iterables) == 2 and isinstance(iterables[0], GLib.Variant):
        return _map(self, function, *iterables)
    return map_with(self, None, function, iterables, timeout, chunksize, buffersize, ordered)


def map_with(executor, options, function, iterables, *rest):
    """Functions in C get numbers in arrays, all else its items."""
    items = None
    if isinstance(function, str) and len(iterables) == 1:
        items = pack(describe(executor, function)[0], iterables[0])
    if items is None:
        return Map(executor, options, function, iterables, *rest)
    return ArrayMap(executor, options, function, items, *rest)


def with_options(self, **options):
    """The executor with options for calls: `executor.with_options(timeout=5).submit(f)`.

    timeout: seconds from when the call starts; then it is cancelled, and its
        worker killed if that does not help
    deadline: seconds from now on
    priority: as in GLib, a lower number is more urgent; 0 by default
    retries: how often a call is tried again whose worker has died
    name: what to call it, for people
    cancellable: a Gio.Cancellable that cancels the calls
    """
    return Calls(self, make_options(**options))


class Calls:
    """An executor with options for its calls."""

    __slots__ = ('executor', 'options')

    def __init__(self, executor, options):
        self.executor = executor
        self.options = options

    def submit(self, function, /, *args, **kwargs):
        if isinstance(function, str):
            return submit_by_name(self.executor, function, args, kwargs, self.options)
        return self.executor._cfut_submit(function, args, kwargs, self.options)

    def run(self, function, /, *args, **kwargs):
        return run_with(self.executor, self.options, function, args, kwargs)

    async def enqueue(self, function, /, *args, **kwargs):
        return await enqueue_with(self.executor, self.options, function, args, kwargs)

    def map(self, function, *iterables, timeout=None, chunksize=None, buffersize=None,
            ordered=True):
        return map_with(self.executor, self.options, function, iterables, timeout, chunksize,
                        buffersize, ordered)


for method in submit, run, enqueue, map:
    getattr(Calls, method.__name__).__doc__ = method.__doc__

_shutdown = Cfut.Executor.shutdown
_await_end = Cfut.Executor.await_end


def shutdown(self, flags=None, timeout_us=-1, *, wait=True, cancel_futures=False):
    """Takes no more calls; by default waits until those that were submitted are done.

    Ctrl-C interrupts the wait. The function in C, with flags and a time in µs,
    is this one, too.
    """
    self._cfut_closed = True
    if isinstance(flags, Cfut.ShutdownFlags):
        return _shutdown(self, flags, timeout_us)
    if flags is not None:
        wait = bool(flags)
    _shutdown(self, Cfut.ShutdownFlags.CANCEL if cancel_futures else Cfut.ShutdownFlags.NONE, 0)
    if wait:
        wait_for_end(self)
        # One of a kind of its own waits here.
        _shutdown(self, Cfut.ShutdownFlags.WAIT, -1)
    return True


def wait_for_end(executor):
    """Waits in Python, where Ctrl-C interrupts it."""
    try:
        end = _await_end(executor)
    except GLib.Error as error:
        raise_gerror(error)
    wait_for([end], ALL_COMPLETED, None)


def __enter__(self):
    return self


def __exit__(self, exc_type, exc_value, traceback):
    shutdown(self)
    return False


METHODS = (submit, run, enqueue, map, with_options, shutdown, __enter__, __exit__)
