# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A CfutProcessExecutor of Python workers, and the queue of its completions."""

import ctypes
import os

from . import _lib, _workers
from ._records import read_records

UNBOUNDED = 2 ** 32 - 1
UNBOUNDED_BYTES = 2 ** 64 - 1

CRASH_POLICIES = {'fail-call': 0, 'break-pool': 1}

# The tag of what only wakes who waits.
WAKE = 0


class Record:
    """What is known of a call that has ended, in memory of the library's."""

    __slots__ = ('address', 'length', 'data')

    def __init__(self):
        self.address = []
        self.length = ctypes.c_size_t()
        self.data = None

    def read(self):
        """Returns it as bytes; None if it is not filled."""
        if self.address and self.address[0]:
            self.data = ctypes.string_at(self.address[0], self.length.value)
            _lib.quick.g_free(self.address.pop())
        return self.data


class Refused(Exception):
    """A call was not taken; with a code of CfutError."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def gather(vectors):
    return _lib.library.cfut_gather_bytes(vectors, len(vectors))


class Wakeup:
    """Has whoever waits for a queue of completions look up."""

    def __init__(self, queue):
        self.queue = queue
        # Something that has ended: whenever it is put into the queue a wait ends.
        self.promise = _lib.library.cfut_promise_new()
        self.wakeup()
        _lib.library.cfut_completion_queue_cancel(queue, WAKE)

    def wakeup(self):
        future = _lib.quick.cfut_promise_get_future(self.promise)
        _lib.quick.cfut_completion_queue_add_future(self.queue, future, WAKE)


class Engine:
    def __init__(self, max_workers, max_pending, max_calls, crash_policy):
        library = _lib.library
        self.pid = os.getpid()
        self.executor = library.cfut_process_executor_new(min(max_workers, _lib.MAX_WORKERS))
        self.queue = library.cfut_completion_queue_new()
        library.cfut_completion_queue_set_lends_data(self.queue, True)
        library.cfut_executor_set_max_pending(self.executor, max_pending or UNBOUNDED)
        library.cfut_executor_set_max_pending_bytes(self.executor, UNBOUNDED_BYTES)
        library.cfut_executor_set_overflow(self.executor, _lib.OVERFLOW_FAIL)
        # Workers stay, as those of the standard pool do.
        library.cfut_process_executor_set_idle_timeout(self.executor, _lib.WAIT_FOREVER)
        library.cfut_process_executor_set_max_calls_per_worker(self.executor, max_calls or 0)
        library.cfut_process_executor_set_crash_policy(self.executor, CRASH_POLICIES[crash_policy])

        self.wakeup = Wakeup(self.queue)

    def __del__(self, unref=_lib.library.g_object_unref, getpid=os.getpid):
        # The workers are not those of a child that was forked.
        if getpid() != self.pid:
            return
        unref(self.wakeup.promise)
        unref(self.queue)
        unref(self.executor)

    def configure(self, initializer, initargs):
        """Tells how to start workers; raises what pickle raises."""
        library = _lib.library
        setup = _workers.setup(initializer, initargs)
        argv = _workers.worker_argv(_lib.take_string(library.cfut_get_worker_dir()),
                                    _lib.take_string(library.cfut_get_library_path()))
        strings = (ctypes.c_char_p * (len(argv) + 1))(*map(os.fsencode, argv), None)
        library.cfut_process_executor_set_argv(self.executor, strings)
        held = library.g_bytes_new(setup, len(setup))
        arguments = library.g_variant_new_from_bytes(b'ay', held, True)
        library.g_bytes_unref(held)
        library.cfut_process_executor_set_initializer(
            self.executor, _workers.SETUP.encode(), arguments)

    def set_n_workers(self, number):
        """Has so many workers started, and kept."""
        _lib.library.cfut_process_executor_set_min_workers(self.executor, number)

    def prepare(self, message):
        """What to push: a message that is in pieces is copied to where it is sent
        from."""
        if type(message) is bytes:
            return message
        from ._memory import with_vectors
        return _lib.Held(with_vectors(message, gather))

    def push(self, data, tag, push=_lib.quick.cfut_completion_queue_push_data,
             function=_workers.PYTHON.encode()):
        """Submits a call that was prepared; raises Refused."""
        if type(data) is not bytes:
            return self.push_held(data, tag, function)
        if not push(self.queue, self.executor, function, data, len(data), None, tag, None):
            self.push_again(data, tag, function)

    def push_again(self, data, tag, function):
        """Finds out why a call was refused, unless it is not any more."""
        error = _lib.ErrorPointer()
        if not _lib.library.cfut_completion_queue_push_data(
                self.queue, self.executor, function, data, len(data), None, tag, ctypes.byref(error)):
            raise Refused(*_lib.take_error(error))

    def push_held(self, held, tag, function):
        error = _lib.ErrorPointer()
        if not _lib.library.cfut_completion_queue_push_bytes(
                self.queue, self.executor, function, held.address, None, tag, ctypes.byref(error)):
            raise Refused(*_lib.take_error(error))

    def withdraw(self, tag):
        """Takes a call back if it has not started; returns whether it has not."""
        return _lib.quick.cfut_completion_queue_withdraw(self.queue, tag)

    def wait(self):
        """Blocks until there is something to drain."""
        _lib.library.cfut_completion_queue_wait(self.queue, _lib.WAIT_FOREVER, None)

    def wake(self):
        """Has a wait return."""
        self.wakeup.wakeup()

    def take(self, tag, timeout_us, record, take=_lib.library.cfut_completion_queue_take_data):
        """Waits for the end of one call, in place of whoever waits for all, and
        fills the record; returns whether there is any use in going on if it has
        not."""
        # Nothing of Python's runs within extend(): what an exception of a signal
        # handler comes upon is a record that is filled, or one that is not.
        address, length = record.address, ctypes.byref(record.length)
        address.extend(map(take, (self.queue,), (tag,), (timeout_us,), (length,), (None,)))
        if address[0]:
            return False

        error = _lib.ErrorPointer()
        address[:] = map(take, (self.queue,), (tag,), (0,), (length,), (ctypes.byref(error),))
        if address[0]:
            return False
        address.clear()
        return _lib.take_error(error)[0] == _lib.TIMED_OUT

    def drain(self):
        """Yields (tag, kind, body) of calls that have ended."""
        length = ctypes.c_size_t()
        address = _lib.quick.cfut_completion_queue_drain_data(self.queue, 0, ctypes.byref(length))
        if not address:
            return
        block = ctypes.string_at(address, length.value)
        _lib.quick.g_free(address)

        for tag, _, kind, body in read_records(block):
            if tag != WAKE:
                yield tag, kind, body

    def await_workers(self, number, timeout_us):
        """Waits for so many workers to be started; returns whether they are, or will
        never be."""
        return _lib.library.cfut_process_executor_await_workers(self.executor, number, timeout_us)

    def get_pids(self):
        length = ctypes.c_size_t()
        address = _lib.library.cfut_process_executor_dup_worker_pids(
            self.executor, ctypes.byref(length))
        pids = address[:length.value] if address else []
        _lib.library.g_free(address)
        return pids

    def terminate(self):
        _lib.library.cfut_process_executor_terminate_workers(self.executor)

    def kill(self):
        _lib.library.cfut_process_executor_kill_workers(self.executor)

    def shutdown(self):
        """Waits until all workers are gone."""
        _lib.library.cfut_executor_shutdown(
            self.executor, _lib.SHUTDOWN_WAIT, _lib.WAIT_FOREVER, None)
