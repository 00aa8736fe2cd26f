# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What signals do to a program that submits and waits."""

import operator
import os
import signal
import threading
from unittest import mock

from both import DEADLINE, Gates, both, both_executors, ours
from cfutures import _process_pool
import jobs
import tap


class Signals:
    def handle(self, signum, handler):
        self.addCleanup(signal.signal, signum, signal.signal(signum, handler))

    def interrupt(self):
        thread = threading.Thread(target=os.kill, args=[os.getpid(), signal.SIGINT])
        thread.start()
        self.addCleanup(thread.join)


@both_executors
class CtrlC(Signals, Gates):
    def setUp(self):
        super().setUp()
        self.handle(signal.SIGINT, signal.default_int_handler)

    def test_ends_a_wait(self):
        future, = self.hold(self.executor(1))
        for wait in future.result, future.exception, lambda: self.futures.wait([future]):
            with self.assertRaises(KeyboardInterrupt):
                self.interrupt()
                wait()
        self.assertFalse(future.done())
        jobs.touch(self.go)
        self.assertEqual(future.result(DEADLINE), self.go)

    def test_ends_as_completed_and_map(self):
        executor = self.executor(1)
        future, = self.hold(executor)
        for results in self.futures.as_completed([future]), executor.map(abs, [1]):
            with self.assertRaises(KeyboardInterrupt):
                self.interrupt()
                next(results)


class Interrupted(BaseException):
    pass


@both
class Storm(Signals, Gates):
    kind = 'ProcessPoolExecutor'

    @ours
    def test_leaves_no_call_behind(self):
        """The standard module may hang then, in its own locks."""
        armed = False

        def interrupt(signum, frame):
            nonlocal armed
            if armed:
                armed = False
                raise Interrupted

        executor = self.executor(2)
        self.handle(signal.SIGALRM, interrupt)
        futures, n_interrupts, number = [], 0, 0
        while n_interrupts < 300:
            number += 1
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + number % 64 * 1e-5)
                futures.append((number, executor.submit(operator.add, number, 1)))
                futures[-1][1].result()
                armed = False
            except Interrupted:
                n_interrupts += 1
            except RuntimeError as error:
                # A standard Condition that was about to let its lock go.
                self.assertIsInstance(error.__context__, Interrupted)
                n_interrupts += 1
        signal.setitimer(signal.ITIMER_REAL, 0)

        for number, future in futures:
            self.assertEqual(future.result(DEADLINE), number + 1)
        executor.shutdown()

    @ours
    def test_while_the_collector_starts(self):
        """What is raised while `threading` has let its own lock go comes out as it is."""
        def start(thread):
            try:
                raise Interrupted
            finally:
                threading.Lock().release()

        executor = self.executor(1)
        with (mock.patch.object(_process_pool.Collector, 'start', start),
              self.assertRaises(Interrupted)):
            executor.submit(int)
        self.assertEqual(executor.submit(int).result(), 0)

    @ours
    def test_of_exceptions_is_not_taken_for_that_of_a_result(self):
        class TooSlow(Exception):
            pass

        def handler(signum, frame):
            raise TooSlow

        executor = self.executor(1)
        self.handle(signal.SIGALRM, handler)
        future, = self.hold(executor)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        with self.assertRaises(TooSlow):
            future.result()
        jobs.touch(self.go)
        self.assertEqual(future.result(DEADLINE), self.go)


if __name__ == '__main__':
    tap.main()
