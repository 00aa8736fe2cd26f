# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The threads of a CfutThreadExecutor, as Python sees them."""

import ctypes
import itertools
import math
import os
import sys
import threading

from . import _lib

_keys = itertools.count(1)
_stays = {}


class Threads:
    """A CfutThreadExecutor."""

    executor = None

    def __init__(self, max_workers):
        # Any number does, as in the standard library, also os.cpu_count() / 2.
        n = math.ceil(min(max_workers, _lib.MAX_WORKERS))
        self.executor = _lib.library.cfut_thread_executor_new(n)

    def __del__(self, unref=_lib.library.g_object_unref):
        if self.executor is not None:
            unref(self.executor)

    def start(self, stay):
        """Has a thread call `stay()`; RuntimeError if there cannot be one."""
        key = next(_keys)
        _stays[key] = stay
        error = _lib.ErrorPointer()
        future = _lib.library.cfut_thread_executor_submit_func(
            self.executor, _begin, key, None, None, ctypes.byref(error))
        if not future:
            del _stays[key]
            raise RuntimeError(_lib.take_error(error)[1])
        _lib.library.g_object_unref(future)

    def shutdown(self):
        _lib.library.cfut_executor_shutdown(self.executor, _lib.SHUTDOWN_WAIT, _lib.WAIT_FOREVER, None)


@_lib.ThreadFunc
def _begin(call, result, key, error):
    _stays.pop(key)()
    return True


def _end_like_the_main_thread():
    """Runs in a child that was forked. A thread that forks is the main thread
    there, and older versions of Python expect one of their own at the end."""
    thread = threading.main_thread()
    if getattr(thread, '_tstate_lock', thread) is None:
        thread._set_tstate_lock()


os.register_at_fork(after_in_child=_end_like_the_main_thread)


class CarriedThread:
    """Makes what `threading` knows of the current thread, which it has not
    started, like what it knows of its own."""

    def __init__(self, name):
        self.thread = threading.current_thread()
        self.thread.name = name
        # Threads that calls start inherit this; they are not to be daemons.
        self.thread._daemonic = False

    def __enter__(self):
        return self.thread

    def __exit__(self, *details):
        # Later versions notice by themselves that the thread is gone.
        if sys.version_info < (3, 12):
            self.thread._delete()
