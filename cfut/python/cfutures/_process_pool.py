# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is behind a ProcessPoolExecutor.

A call is pickled by the thread that submits it, and pushed into the executor of
the C library with a number as its tag. A thread, the collector, takes what has
ended out of the completion queue and resolves the futures. Who waits for one of
few calls does that for this one by itself (see fetch()): to have another thread
woken, and to be woken by that, takes longer than the call.

The queue of calls is the library's. Here is only known how many calls can run,
so the oldest that many count as running: a call with a worker does so when
`submit()` returns, and the next when the collector hears of one that has ended.
"""

import concurrent.futures
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
from ._engine import Engine, Record, Refused
from ._errors import loads_result
from ._executor import Pool
from ._message import loads_message
from ._pickling import dumps_call
from ._records import BYTES, read_records, split_error

LOGGER = logging.getLogger('concurrent.futures')

# What a worker runs in place of a call that could not be pickled.
NOTHING = dumps_call(int, (), {})

# Domain and code of an error: that of GIO.
CANCELLED = ('g-io-error-quark', _lib.CANCELLED)

# How long the main thread waits without looking whether there was a signal.
SLICE = 0.05
MAX_US = 2 ** 62

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

        # The thread that collects. An exception of a signal handler may come when
        # a thread is being started: then another is, and the first that is there
        # does it.
        self.collector = None
        self.has_collector = threading.Lock()
        self.collecting = threading.Event()

        # (future, record) of calls that another thread has taken out of the queue
        # and could not finish.
        self.left_over = deque()

        self.lock = threading.Lock()
        # Calls have ended, so that there may be room for others.
        self.room = threading.Condition(self.lock)

        # All below: protected by the lock.
        self.closed = False
        self.started = False
        self.unfinished = {}    # futures by tag
        self.withdrawn = {}     # those whose calls were taken back
        self.waiting = deque()  # those of them that do not count as running
        self.running = set()    # tags
        self.n_workers = 0      # as many as calls have been running at a time
        self.backlog = deque()  # (tag, data) that a callback could not wait with

        _exit.register(self)

    def submit(self, fn, args, kwargs):
        self.check_open()
        tag = next(self.tags)
        future = CallFuture(self, tag)
        try:
            data = self.engine.prepare(dumps_call(fn, args, kwargs))
        except Exception as error:
            # It comes through the future, in its turn.
            data = NOTHING
            self.unsent[tag] = describe_unsent(error)

        with self.lock:
            self.check_open()
            if not self.started:
                self.start()
            self.unfinished[tag] = future
            try:
                self.push(data, tag)
                if len(self.running) < self.max_workers:
                    self.count_running(future)
                else:
                    self.waiting.append(future)
            except BaseException:
                # That of a signal handler may come when the call is on its way.
                del self.unfinished[tag]
                self.running.discard(tag)
                self.engine.wake()
                raise
        return future

    def start(self):
        """Caller holds the lock. It may be interrupted, and done again."""
        self.engine.configure(self.initializer, self.initargs)
        if self.all_at_once:
            self.want_workers(self.max_workers)
        try:
            Collector(self).start()
        except RuntimeError as error:
            # What a signal handler raises while `threading` has let its lock go becomes this.
            if str(error) != 'release unlocked lock':
                raise
            raise error.__context__ from None
        self.started = True

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
        self.running.add(future._tag)
        if len(self.running) > self.n_workers:
            self.want_workers(len(self.running))

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
        their place. None is for a call whose submit() was interrupted."""
        with self.lock:
            futures = [self.unfinished.get(tag) or self.withdrawn.get(tag) for tag in tags]
            for future in futures:
                if future is not None:
                    self.forget(future)
            self.count_waiting()
        return futures

    def forget(self, future):
        """A call has ended. Caller holds the lock; may be done again."""
        tag = future._tag
        if tag in self.withdrawn:
            del self.withdrawn[tag]
            return
        if future._state == PENDING:
            future._state = RUNNING
        self.running.discard(tag)
        self.unfinished.pop(tag, None)

    def count_waiting(self):
        """Calls have ended: others run. Caller holds the lock."""
        while self.waiting and len(self.running) < self.max_workers:
            future = self.waiting.popleft()
            if future._state == PENDING and future._tag in self.unfinished:
                self.count_running(future)
        self.room.notify_all()

    def fetch(self, future, timeout):
        """Waits for the end of a call, and finishes its future, in the thread that
        asks for its result: unless there are many, which come in batches.

        Returns how much of the time-out is left, and leaves to the collector
        whatever is not simple. So it does when a signal handler raises an
        exception, here in the main thread, which may happen anywhere.
        """
        thread = threading.current_thread()
        if (len(self.unfinished) > self.max_workers or thread is self.collector
                or timeout is not None and timeout <= 0):
            return timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        record = Record()
        try:
            while self.engine.take(future._tag, get_slice_us(thread, timeout), record):
                if deadline is not None:
                    timeout = max(0, deadline - time.monotonic())
                    if timeout == 0:
                        break
            data = record.read()
            if data is not None and not self.finish_fetched(future, data):
                self.leave(future, data)
        except BaseException:
            data = record.read()
            if data is None:
                raise
            self.leave(future, data)
            # What cannot be read is told by the future.
            concurrent.futures.wait([future])
            if not isinstance(future._exception, _errors.UnpickleError):
                raise
        return timeout

    def finish_fetched(self, future, data):
        """Finishes a future if its call has a result, and nobody else waits."""
        (tag, _, kind, body), = read_records(data)
        if kind != BYTES or tag in self.unsent:
            return False
        result = loads_message(body)
        with self.lock:
            self.forget(future)
            self.count_waiting()
        if not future._settle(result, None):
            return False
        if self.closed or self.abandoned:
            self.engine.wake()
        return True

    def leave(self, future, data):
        """Has the collector finish a future."""
        self.left_over.append((future, data))
        self.engine.wake()

    def finish_left_over(self):
        """What finish_fetched() has not done, or not to its end. Runs in the
        collector."""
        while self.left_over:
            future, data = self.left_over[0]
            (tag, _, kind, body), = read_records(data)
            if not future.done() or tag in self.withdrawn:
                outcome = read_outcome(self, tag, kind, body)
                with self.lock:
                    self.forget(future)
                    self.count_waiting()
                publish(future, *outcome)
            self.left_over.popleft()

    def push_backlog(self):
        with self.lock:
            for _ in range(len(self.backlog)):
                tag, data = self.backlog.popleft()
                self.push(data, tag)

    @property
    def finished(self):
        return (self.closed or self.abandoned) and not (
            self.unfinished or self.withdrawn or self.left_over)

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
        if self.started:
            self.collecting.wait()
            self.collector.join()

    def end_workers(self):
        """What comes before workers are ended: nothing is to start any more."""
        self.close()
        self.cancel()

    def count_queued(self):
        return sum(future._state == PENDING for future in list(self.waiting))

    def get_pids(self):
        """Returns the workers; waits for those that are being started."""
        slice_us = get_slice_us(threading.current_thread(), None)
        while not (self.broken or self.closed
                   or self.engine.await_workers(self.n_workers, slice_us)):
            pass
        return self.engine.get_pids()


def get_slice_us(thread, timeout):
    """How long a thread may wait at a time."""
    if thread is threading.main_thread():
        timeout = SLICE if timeout is None else min(timeout, SLICE)
    return _lib.WAIT_FOREVER if timeout is None else min(int(timeout * 1e6) + 1, MAX_US)


class Collector(threading.Thread):
    def __init__(self, pool):
        super().__init__(name='cfutures-collector', daemon=False)
        self.pool = pool

    def run(self):
        pool = self.pool
        # Who keeps the thread keeps nothing of the pool.
        del self.pool
        collect(pool)


def collect(pool):
    """Runs in the collector."""
    if not pool.has_collector.acquire(blocking=False):
        return
    pool.collector = threading.current_thread()
    pool.collecting.set()
    engine = pool.engine
    while not pool.finished:
        engine.wait()
        collect_batch(pool)
        pool.finish_left_over()
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
        outcome = outcomes.pop()
        if future is not None:
            publish(future, *outcome)


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
