# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python functions on the threads of Cfut.ThreadExecutor.

A call is an object for C, which calls it. All calls of a thread run within
`serve`, a function of Python: entering Python from a thread that is in Python
already is cheap.

Neither submitting a call nor running one lets go of the interpreter lock, unless
it has to wait: as soon as another thread wants the lock each time would be a
hand-over, and those take longer than short calls.
"""

import logging
from functools import partial

import cfut_worker
from gi.repository import Cfut, GLib

from ._native_executor import AtExit, check_initializer, enqueue_with
from ._native_names import check_callable

_get_current_call = Cfut.ThreadExecutor.get_current_call
_init = Cfut.ThreadExecutor.__init__


class CurrentCall:
    """Whichever call runs in a thread: most do not ask."""

    def set_progress(self, fraction, message):
        _get_current_call().set_progress(fraction, message)

    def is_cancelled(self):
        return _get_current_call().is_cancelled()

    def get_attempt(self):
        return _get_current_call().get_attempt()


def __init__(self, max_workers=0, *, initializer=None, initargs=(), **properties):
    check_initializer(initializer)
    _init(self, max_workers=max_workers, **properties)
    if initializer is not None:
        prepare(self, initializer, tuple(initargs))


def prepare(executor, initializer=None, initargs=()):
    # Imported late: ctypes is large, and executors of processes do without it.
    global quick
    from . import _native_quick as quick
    try:
        executor.set_thread_closure(partial(serve, initializer, initargs))
    except GLib.Error:
        pass        # somebody has set another one
    executor._cfut_at_exit = AtExit(executor)


def serve(initializer, initargs, number):
    """A thread's stay. Returns why the thread cannot be used, or None."""
    if initializer is not None:
        try:
            initializer(*initargs)
        except BaseException as error:
            logging.getLogger('cfut').critical('Exception in initializer:', exc_info=True)
            return f'{type(error).__name__}: {error}'
    cfut_worker._current.call = CurrentCall()
    quick.serve()
    cfut_worker._current.call = None
    return None


def describe(error):
    try:
        return str(error).replace('\0', '').encode(errors='replace')
    except Exception:
        return None


def run(function, args, kwargs):
    """A call: what it returns is its result in C, or its exception."""
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        quick.fail(type(error).__qualname__, describe(error))
        return error


def _cfut_submit(self, function, args, kwargs, options):
    if self._cfut_at_exit is None:
        prepare(self)
    check_callable(function)
    call = partial(run, function, args, kwargs)
    future = quick.try_submit(self, call) if options is None else None
    return quick.submit(self, call, options) if future is None else future


def _cfut_push(self, function, args, kwargs, options):
    from ._native_loop import has_room, wrap
    check_callable(function)
    if has_room(self):
        return wrap(_cfut_submit(self, function, args, kwargs, options))

    async def push():
        return await (await enqueue_with(self, options, function, args, kwargs))

    return push()


METHODS = (__init__, _cfut_submit, _cfut_push)
