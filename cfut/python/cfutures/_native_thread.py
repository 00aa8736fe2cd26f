# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python functions on the threads of Cfut.ThreadExecutor.

A call is a closure for C. All calls of a thread run within `serve`, a function
of Python: entering Python from a thread that is in Python already is cheap.

Neither submitting a call nor running one lets go of the interpreter lock, unless
it has to wait: as soon as another thread wants the lock each time would be a
hand-over, and those take longer than short calls.
"""

import logging
from functools import partial

import cfut_worker
from gi.repository import Cfut, GLib, GObject

from ._native_executor import AtExit, raise_gerror

_current = cfut_worker._current
_submit_closure = Cfut.ThreadExecutor.submit_closure
_init = Cfut.ThreadExecutor.__init__


def __init__(self, max_workers=0, *, initializer=None, initargs=(), **properties):
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
    quick.serve()
    return None


def describe(error):
    try:
        return str(error).replace('\0', '')
    except Exception:
        return None


def run(function, args, kwargs, call):
    """A call: what it returns is its result in C, or its exception."""
    outer = _current.call
    _current.call = call
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        call.fail(type(error).__qualname__, describe(error), None)
        return error
    finally:
        _current.call = outer


def _cfut_submit(self, function, args, kwargs, options):
    if self._cfut_at_exit is None:
        prepare(self)
    if not callable(function):
        raise TypeError(f'{function!r} is neither callable nor a name')
    call = partial(run, function, args, kwargs)
    future = quick.try_submit(self, call) if options is None else None
    if future is not None:
        return future
    try:
        return _submit_closure(self, call, GObject.TYPE_PYOBJECT, options)
    except GLib.Error as error:
        raise_gerror(error)


def _cfut_push(self, function, args, kwargs, options):
    from ._native_executor import enqueue_with
    from ._native_loop import has_room, wrap
    if has_room(self):
        return wrap(_cfut_submit(self, function, args, kwargs, options))

    async def push():
        return await (await enqueue_with(self, options, function, args, kwargs))

    return push()


METHODS = (__init__, _cfut_submit, _cfut_push)
