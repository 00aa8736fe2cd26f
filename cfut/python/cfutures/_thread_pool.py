# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is behind a ThreadPoolExecutor.

A call is a tuple `(future, fn, args, kwargs)`. It goes to a thread that has
nothing to do, or to a new one; when there are as many as there may be it is
queued, and the first thread that has finished its call takes it. So calls are
queued only while all threads are busy, and a call that was given to a thread
counts as running when `submit()` returns.

To a CfutThreadExecutor each thread's whole stay is one call. Thread-local data
lives as long as the stay, and a call costs no crossing between Python and C.
"""

import logging
import threading
from _thread import allocate_lock, get_ident
from collections import deque
from concurrent.futures._base import RUNNING

from . import _exit
from ._executor import Pool
from ._future import fail
from ._handover import Handover
from ._standard import BrokenThreadPool
from ._threads import CarriedThread, Threads

LOGGER = logging.getLogger('concurrent.futures')

# What a worker is given to take a call out of the queue.
QUEUED = object()


class ThreadPool(Pool):
    """What an executor shares with its threads."""

    Broken = BrokenThreadPool

    def __init__(self, max_workers, prefix, initializer, initargs, max_pending):
        self.max_workers = max_workers
        self.prefix = prefix
        self.initializer = initializer
        self.initargs = initargs
        self.threads = Threads(max_workers)
        # One for each call that may be queued, if they are bounded.
        self.room = None if max_pending is None else threading.Semaphore(max_pending)

        # Where threads look for calls, and others for results.
        self.calls = Handover()
        self.ends = Handover()

        self.queue = deque()
        self.broken = None
        # The executor was collected. Its finalizer cannot wait for the lock,
        # which the thread that runs it may hold.
        self.abandoned = False

        self.lock = allocate_lock()
        # All below: protected by the lock.
        self.closed = False
        self.workers = []

        # Atomic. No worker waits for the lock to become idle: a lock that is passed on
        # to threads which then wait for that of the interpreter makes all of them
        # wait for each other, for each call.
        self.idle = []

        _exit.register(self)

    def submit(self, call):
        # A thread of the pool that waited for room might wait for itself.
        if self.room is None or self.has_current_thread():
            self.place(call)
            return

        self.room.acquire()
        queued = False
        try:
            queued = self.place(call)
        finally:
            if not queued:
                self.room.release()

    def place(self, call):
        """Gives a call to a thread, or queues it; returns whether it is queued."""
        with self.lock:
            self.check_open()
            # None overtakes those that are queued.
            worker = None if self.queue else self.pop_idle()
            if worker is None:
                worker = self.start()
            if worker is None:
                self.queue.append(call)
                # One may have become idle meanwhile.
                if self.idle and (worker := self.pop_idle()) is not None:
                    worker.give(QUEUED)
                return True
        # Nobody else has it.
        call[0]._state = RUNNING
        worker.give(call)
        return False

    def pop_idle(self):
        try:
            return self.idle.pop()
        except IndexError:
            return None

    def start(self):
        """Returns a new worker, or None if there may be no more. Caller holds
        the lock."""
        if len(self.workers) >= self.max_workers:
            return None

        worker = Worker(self, f'{self.prefix}_{len(self.workers)}')
        try:
            self.threads.start(worker.run)
        except RuntimeError:
            # Those there are will have to do.
            if not self.workers:
                raise
            return None
        self.workers.append(worker)
        return worker

    def take_queued(self):
        """Returns a call out of the queue, or None."""
        try:
            call = self.queue.popleft()
        except IndexError:
            return None
        if self.room is not None:
            self.room.release()
        return call

    def start_queued(self, worker):
        """Returns a call out of the queue, which is running now; or None, and
        counts the worker as idle."""
        while True:
            call = self.take_queued()
            if call is None:
                if self.rest(worker):
                    return None
            elif call[0].set_running_or_notify_cancel():
                return call

    def rest(self, worker):
        """Counts a worker as idle, unless there is something to do."""
        while True:
            self.idle.append(worker)
            # Who queues a call, or closes the pool, looks there after that.
            if not (self.queue or self.closed):
                break
            try:
                self.idle.remove(worker)
            except ValueError:
                # It is being given something.
                break
            if self.queue:
                return False
            if self.closed:
                worker.give(None)
                break
        if self.abandoned:
            self.close()
        return True

    def count_queued(self):
        return len(self.queue)

    def count_live(self):
        """How many calls are under way, more or less."""
        return len(self.workers) - len(self.idle) + len(self.queue)

    def close(self):
        """Takes no more calls; workers leave when they have nothing to do."""
        with self.lock:
            self.close_locked()

    def close_locked(self):
        self.closed = True
        while (worker := self.pop_idle()) is not None:
            worker.give(None)

    def abandon(self):
        self.abandoned = True
        if self.lock.acquire(blocking=False):
            try:
                self.close_locked()
            finally:
                self.lock.release()

    def cancel(self):
        """Cancels what is queued."""
        while (call := self.take_queued()) is not None:
            call[0].cancel()
            # Who waits for it is not told before.
            call[0].set_running_or_notify_cancel()

    def fail(self, message):
        """Fails what is queued and what is still to come."""
        with self.lock:
            self.broken = message
            self.close_locked()
        while (call := self.take_queued()) is not None:
            if call[0].set_running_or_notify_cancel():
                call[0].set_exception(BrokenThreadPool(message))

    def has_current_thread(self):
        ident = get_ident()
        return any(worker.ident == ident for worker in self.workers)

    def join(self):
        """Waits until all threads have left."""
        if self.has_current_thread():
            raise RuntimeError('cannot join current thread')
        for worker in self.workers:
            worker.join()
        self.threads.shutdown()


class Worker:
    """What one thread does."""

    __slots__ = ('pool', 'name', 'ident', 'given', 'wake', 'alive')

    def __init__(self, pool, name):
        self.pool = pool
        self.name = name
        self.ident = None
        self.given = None
        self.wake = allocate_lock()
        self.wake.acquire()
        # Held as long as the thread may run anything.
        self.alive = allocate_lock()
        self.alive.acquire()

    def is_alive(self):
        return self.alive.locked()

    def join(self, timeout=None):
        """Waits until the thread has left, `timeout` seconds at most."""
        if self.alive.acquire(timeout=-1 if timeout is None else timeout):
            self.alive.release()

    def give(self, call):
        """Gives the thread, which is idle, its next call; None lets it leave."""
        self.given = call
        self.wake.release()
        self.pool.calls.tell(self.wake)

    def take(self):
        """Waits for what is given."""
        wake = self.wake
        if wake.locked():
            # And the one that this waits for.
            self.pool.calls.look(wake, self.pool.count_live() + 1)
        wake.acquire()
        call, self.given = self.given, None
        return call

    def run(self):
        self.ident = get_ident()
        try:
            with CarriedThread(self.name):
                if self.initialize():
                    self.serve()
        finally:
            self.ident = None
            self.alive.release()

    def initialize(self):
        if self.pool.initializer is None:
            return True
        try:
            self.pool.initializer(*self.pool.initargs)
            return True
        except BaseException:
            LOGGER.critical('Exception in initializer:', exc_info=True)

        message = 'A thread initializer failed, the thread pool is not usable anymore'
        self.pool.fail(message)
        self.take()[0].set_exception(BrokenThreadPool(message))
        return False

    def serve(self):
        while (call := self.take()) is not None:
            if call is QUEUED:
                call = self.pool.start_queued(self)
            while call is not None:
                resting = self.call(*call)
                call = None if resting else self.pool.start_queued(self)

    def call(self, future, fn, args, kwargs):
        """Runs a call; returns whether the thread was counted as idle."""
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            resting = self.rest_before(future)
            publish(fail, future, error)
            # The traceback refers to this frame.
            self = future = fn = args = kwargs = None
        else:
            resting = self.rest_before(future)
            publish(future.set_result, result)
        return resting

    def rest_before(self, future):
        """Counts the thread as idle before its result is known, so that whoever
        gets the result and submits again finds it so.

        Callbacks of the future run in this thread, which is busy meanwhile: a
        call that is given to it would wait for them, and they perhaps for it.
        """
        return not future._done_callbacks and self.pool.rest(self)


def publish(set_outcome, *outcome):
    try:
        set_outcome(*outcome)
    except BaseException:
        # A callback has tried to end the thread, or somebody else has resolved
        # the future.
        LOGGER.critical('Exception in worker', exc_info=True)
