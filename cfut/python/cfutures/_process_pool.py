# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is behind a ProcessPoolExecutor.

A call is pickled by the thread that submits it, and pushed into the executor of
the C library with a number as its tag. A thread, the collector, takes what has
ended out of the completion queue and resolves the futures.

The queue of calls is the library's. Here is only known how many calls can run,
so the oldest that many count as running: a call with a worker does so when
`submit()` returns, and the next when the collector hears of one that has ended.
"""

import itertools
import logging
import threading
import time
import traceback
from collections import deque
from concurrent.futures import Future
from concurrent.futures._base import PENDING, RUNNING

from . import _errors, _exit, _lib
from ._call_future import CallFuture
from ._engine import Engine, Refused
from ._errors import loads_result
from ._executor import Pool
from ._pickling import dumps_call
from ._records import BYTES, split_error

LOGGER = logging.getLogger('concurrent.futures')

# What a worker runs in place of a call that could not be pickled.
NOTHING = dumps_call(int, (), {})

# Domain and code of an error: that of GIO.
CANCELLED = ('g-io-error-quark', 19)

BROKEN = 'A child process terminated abruptly, the process pool is not usable anymore'
LOST = ('A process in the process pool was terminated abruptly '
        'while the future was running or pending.')


class ProcessPool(Pool):
    """What an executor shares with its collector."""

    Broken = _errors.BrokenProcessPool

    def __init__(self, max_workers, initializer, initargs, max_calls, max_pending, crash_policy,
                 all_at_once):
        self.max_workers = max_workers
        self.initializer = initializer
        self.initargs = initargs
        self.all_at_once = all_at_once
        self.break_on_death = crash_policy == 'break-pool'
        self.engine = Engine(max_workers, max_pending, max_calls, crash_policy)

        self.tags = itertools.count(1)
        self.unsent = {}        # exceptions of calls that could not be pickled, by tag
        self.broken = None
        # The executor was collected. Its finalizer cannot wait for the lock,
        # which the thread that runs it may hold.
        self.abandoned = False

        self.lock = threading.Lock()
        # Calls have ended, so that there may be room for others.
        self.room = threading.Condition(self.lock)

        # All below: protected by the lock.
        self.closed = False
        self.collector = None
        self.unfinished = {}    # futures by tag
        self.withdrawn = {}     # those whose calls were taken back
        self.waiting = deque()  # those of them that do not count as running
        self.n_running = 0
        self.n_workers = 0      # as many as calls have been running at a time
        self.backlog = deque()  # (tag, data) that a callback could not wait with

        _exit.register(self)

    def submit(self, fn, args, kwargs):
        self.check_open()
        tag = next(self.tags)
        future = CallFuture(self, tag)
        try:
            data = dumps_call(fn, args, kwargs)
        except Exception as error:
            # It comes through the future, in its turn.
            data = NOTHING
            self.unsent[tag] = describe_unsent(error)

        with self.lock:
            self.check_open()
            if self.collector is None:
                self.start()
            self.push(data, tag)
            self.unfinished[tag] = future
            if self.n_running < self.max_workers:
                self.count_running(future)
            else:
                self.waiting.append(future)
        return future

    def start(self):
        """Caller holds the lock."""
        self.engine.configure(self.initializer, self.initargs)
        if self.all_at_once:
            self.want_workers(self.max_workers)
        self.collector = threading.Thread(target=collect, args=[self], name='cfutures-collector')
        self.collector.daemon = False
        self.collector.start()

    def want_workers(self, number):
        """Caller holds the lock."""
        self.n_workers = number
        self.engine.set_n_workers(number)

    def push(self, data, tag):
        """Gives a call to the engine; waits for room. Caller holds the lock."""
        while True:
            try:
                return self.engine.push(data, tag)
            except Refused as refusal:
                if refusal.code == _lib.BROKEN:
                    raise broken_pool(BROKEN, str(refusal)) from None
                if refusal.code != _lib.QUEUE_FULL:
                    raise RuntimeError(str(refusal)) from None
            # The collector would wait for itself.
            if threading.current_thread() is self.collector:
                return self.backlog.append((tag, data))
            self.room.wait()
            self.check_open()

    def count_running(self, future):
        """Caller holds the lock."""
        future._state = RUNNING
        self.n_running += 1
        if self.n_running > self.n_workers:
            self.want_workers(self.n_running)

    def withdraw(self, future):
        """Takes a call back if it has not started; returns whether it may be
        cancelled."""
        tag = future._tag
        with self.lock:
            if future._state != PENDING or tag not in self.unfinished:
                return True
            if self.engine.withdraw(tag):
                self.withdrawn[tag] = self.unfinished.pop(tag)
                return True
            # It has started, and nobody has been told.
            self.count_running(future)
            return False

    def settle(self, tags):
        """Returns the futures of calls that have ended, and counts what runs in
        their place."""
        futures = []
        with self.lock:
            for tag in tags:
                future = self.unfinished.pop(tag, None)
                if future is None:
                    future = self.withdrawn.pop(tag)
                elif future._state == RUNNING:
                    self.n_running -= 1
                else:
                    future._state = RUNNING
                futures.append(future)
            while self.waiting and self.n_running < self.max_workers:
                future = self.waiting.popleft()
                if future._state == PENDING and future._tag in self.unfinished:
                    self.count_running(future)
            self.room.notify_all()
        return futures

    def push_backlog(self):
        with self.lock:
            for _ in range(len(self.backlog)):
                tag, data = self.backlog.popleft()
                self.push(data, tag)

    @property
    def finished(self):
        return (self.closed or self.abandoned) and not (self.unfinished or self.withdrawn)

    def close(self):
        """Takes no more calls."""
        with self.lock:
            self.closed = True
            self.engine.wake()

    def abandon(self):
        self.abandoned = True
        self.engine.wake()

    def cancel(self):
        """Cancels what has not started."""
        for future in list(self.waiting):
            future.cancel()

    def join(self):
        """Waits until all calls have ended and all workers have left."""
        if self.collector is not None:
            self.collector.join()

    def end_workers(self, signal):
        self.close()
        self.cancel()
        signal()

    def get_pids(self):
        """Returns the workers; waits for those that are being started."""
        while True:
            pids = self.engine.get_pids()
            if len(pids) >= self.n_workers or self.broken or self.closed:
                return pids
            time.sleep(0.001)


def collect(pool):
    """Runs in the collector."""
    engine = pool.engine
    while not pool.finished:
        engine.wait()
        collect_batch(pool)
        if pool.backlog:
            pool.push_backlog()
    engine.shutdown()


def collect_batch(pool):
    """Resolves the futures of calls that have ended."""
    tags, outcomes = [], []
    for tag, kind, body in pool.engine.drain():
        tags.append(tag)
        outcomes.append(read_outcome(pool, tag, kind, body))
    outcomes.reverse()
    for future in pool.settle(tags):
        publish(future, *outcomes.pop())


def publish(future, result, exception):
    try:
        if exception is CANCELLED:
            Future.cancel(future)
            future.set_running_or_notify_cancel()
        else:
            future._finish(result, exception)
    except BaseException:
        # A callback has tried to end the thread, or somebody else has resolved
        # the future.
        LOGGER.critical('Exception in worker', exc_info=True)


def read_outcome(pool, tag, kind, body):
    """Returns the result of a call, and its exception or None."""
    if kind != BYTES:
        return None, read_error(pool, body)
    if pool.unsent and tag in pool.unsent:
        return None, pool.unsent.pop(tag)
    try:
        return loads_result(body), None
    except _errors.UnpickleError as error:
        return None, error.with_traceback(None)


def read_error(pool, body):
    """Returns the exception of a call that has failed, or CANCELLED."""
    domain, code, message, name, where, payload = split_error(body)
    if (domain, code) == CANCELLED:
        return CANCELLED
    if (domain, code) == (_lib.CFUT_ERROR, _lib.REMOTE):
        return _errors.from_remote(name, message, where, payload)
    if domain != _lib.CFUT_ERROR or code not in (_lib.WORKER_DIED, _lib.BROKEN):
        return RuntimeError(message)
    if code == _lib.WORKER_DIED and not pool.break_on_death:
        return _errors.BrokenProcessPool(message)
    if name and pool.broken is None:
        LOGGER.critical('Exception in initializer:\n%s', where)
    pool.broken = BROKEN
    return broken_pool(LOST, where or message)


def broken_pool(message, reason):
    error = _errors.BrokenProcessPool(message)
    error.__cause__ = _errors.RemoteTraceback(reason)
    return error


def describe_unsent(error):
    """Returns the exception of a call that could not be pickled, without the
    frames of this thread."""
    text = ''.join(traceback.format_exception(error))
    error.__cause__ = _errors.RemoteTraceback(text)
    return error.with_traceback(None)
