# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the documentation of concurrent.futures promises of futures and of the
functions of the module."""

import itertools
import sys
import threading
import weakref

from both import DEADLINE, both
import tap


@both
class Module:
    def test_names(self):
        for name in ('Executor', 'Future', 'ThreadPoolExecutor', 'ProcessPoolExecutor', 'wait',
                     'as_completed', 'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED',
                     'CancelledError', 'TimeoutError', 'InvalidStateError', 'BrokenExecutor'):
            self.assertTrue(hasattr(self.futures, name), name)
        self.assertIn('ThreadPoolExecutor', dir(self.futures))
        with self.assertRaises(AttributeError):
            self.futures.no_such_name

    def test_exceptions(self):
        self.assertIs(self.futures.TimeoutError, TimeoutError)
        self.assertTrue(issubclass(self.futures.BrokenExecutor, RuntimeError))
        self.assertTrue(issubclass(self.futures.CancelledError, Exception))
        self.assertTrue(issubclass(self.futures.InvalidStateError, Exception))


@both
class Futures:
    """Futures of a thread pool."""

    def setUp(self):
        self.pool = self.futures.ThreadPoolExecutor(1)
        self.addCleanup(self.pool.shutdown)

    def test_cancel_before_it_runs(self):
        with self.busy(self.pool):
            future = self.pool.submit(int)
            self.assertTrue(future.cancel())
            self.assertTrue(future.cancel())
            self.assertTrue(future.cancelled())
            self.assertTrue(future.done())
            self.assertFalse(future.running())
            with self.assertRaises(self.futures.CancelledError):
                future.result()
            with self.assertRaises(self.futures.CancelledError):
                future.exception()

    def test_cancelled_call_never_runs(self):
        ran = []
        with self.busy(self.pool):
            self.assertTrue(self.pool.submit(ran.append, 1).cancel())
        self.pool.submit(int).result(DEADLINE)
        self.assertEqual(ran, [])

    def test_cancel_while_it_runs(self):
        with self.busy(self.pool) as [future]:
            self.assertTrue(future.running())
            self.assertFalse(future.cancel())
            self.assertFalse(future.cancelled())
            self.assertFalse(future.done())
        self.assertIsNone(future.result(DEADLINE))
        self.assertFalse(future.cancel())
        self.assertTrue(future.done())
        self.assertFalse(future.running())

    def test_result_in_time(self):
        with self.busy(self.pool) as [future]:
            for timeout in 0, 0.01:
                with self.assertRaises(TimeoutError):
                    future.result(timeout=timeout)
                with self.assertRaises(TimeoutError):
                    future.exception(timeout=timeout)
        self.assertIsNone(future.result(timeout=DEADLINE))

    def test_exception(self):
        future = self.pool.submit(divmod, 1, 0)
        self.assertIsInstance(future.exception(DEADLINE), ZeroDivisionError)
        with self.assertRaises(ZeroDivisionError) as caught:
            future.result()
        self.assertIs(caught.exception, future.exception())
        self.assertIsNone(self.pool.submit(int).exception(DEADLINE))

    def test_callbacks_come_in_order(self):
        called = []
        with self.busy(self.pool) as [future]:
            for number in range(5):
                future.add_done_callback(lambda f, number=number: called.append((f, number)))
        # The callbacks are called before the thread runs anything else.
        self.pool.submit(int).result(DEADLINE)
        self.assertEqual(called, [(future, number) for number in range(5)])

    def test_callback_of_what_is_done_comes_at_once(self):
        called = []
        future = self.pool.submit(int)
        future.result(DEADLINE)
        future.add_done_callback(called.append)
        self.assertEqual(called, [future])

    def test_callback_of_what_is_cancelled_comes_at_once(self):
        called = []
        with self.busy(self.pool):
            future = self.pool.submit(int)
            future.add_done_callback(called.append)
            future.cancel()
            self.assertEqual(called, [future])

    def test_callback_that_fails_is_logged(self):
        called = []
        with self.assertLogs('concurrent.futures', 'ERROR') as logs:
            with self.busy(self.pool) as [future]:
                future.add_done_callback(lambda future: 1 / 0)
                future.add_done_callback(called.append)
            self.pool.submit(int).result(DEADLINE)
        self.assertIn('exception calling callback', logs.output[0])
        self.assertEqual(called, [future])

    def test_for_executors(self):
        future = self.futures.Future()
        self.assertTrue(future.set_running_or_notify_cancel())
        self.assertTrue(future.running())
        future.set_result(1)
        with self.assertRaises(self.futures.InvalidStateError):
            future.set_result(2)
        with self.assertRaises(self.futures.InvalidStateError):
            future.set_exception(ValueError())

        future = self.futures.Future()
        future.cancel()
        self.assertFalse(future.set_running_or_notify_cancel())

    def test_says_what_it_is(self):
        with self.busy(self.pool) as [running]:
            pending = self.pool.submit(int)
            self.assertIn('state=running', repr(running))
            self.assertIn('state=pending', repr(pending))
            pending.cancel()
            self.assertIn('state=cancelled', repr(pending))
        done = self.pool.submit(int)
        done.result(DEADLINE)
        self.assertIn('state=finished returned int', repr(done))
        failed = self.pool.submit(divmod, 1, 0)
        failed.exception(DEADLINE)
        self.assertIn('state=finished raised ZeroDivisionError', repr(failed))


@both
class Wait:
    def setUp(self):
        self.pool = self.futures.ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def test_all_completed(self):
        fs = [self.pool.submit(int), self.pool.submit(divmod, 1, 0)]
        result = self.futures.wait(fs, timeout=DEADLINE)
        self.assertEqual(result, (set(fs), set()))
        self.assertEqual(result.done, set(fs))
        self.assertEqual(result.not_done, set())

    def test_first_completed(self):
        with self.busy(self.pool) as [busy]:
            quick = self.pool.submit(int)
            done, not_done = self.futures.wait([busy, quick], DEADLINE, self.futures.FIRST_COMPLETED)
            self.assertEqual((done, not_done), ({quick}, {busy}))

    def test_first_exception(self):
        with self.busy(self.pool) as [busy]:
            good = self.pool.submit(int)
            bad = self.pool.submit(divmod, 1, 0)
            done, not_done = self.futures.wait([busy, good, bad], DEADLINE, self.futures.FIRST_EXCEPTION)
            self.assertEqual((done, not_done), ({good, bad}, {busy}))

    def test_first_exception_without_one_waits_for_all(self):
        fs = {self.pool.submit(int) for _ in range(3)}
        done, not_done = self.futures.wait(fs, DEADLINE, self.futures.FIRST_EXCEPTION)
        self.assertEqual((done, not_done), (fs, set()))

    def test_timeout(self):
        with self.busy(self.pool) as [busy]:
            quick = self.pool.submit(int)
            quick.result(DEADLINE)
            self.assertEqual(self.futures.wait([busy, quick], timeout=0), ({quick}, {busy}))
            self.assertEqual(self.futures.wait([busy], timeout=0.01), (set(), {busy}))

    def test_duplicates_are_one(self):
        future = self.pool.submit(int)
        self.assertEqual(self.futures.wait([future, future], DEADLINE), ({future}, set()))

    def test_cancelled_counts_once_it_is_notified(self):
        with self.busy(self.pool, 2) as busy:
            cancelled = self.pool.submit(int)
            cancelled.cancel()
            self.assertEqual(self.futures.wait([cancelled], timeout=0), (set(), {cancelled}))
        self.futures.wait(busy, DEADLINE)
        self.assertEqual(self.futures.wait([cancelled], DEADLINE), ({cancelled}, set()))

    def test_no_return_when(self):
        with self.busy(self.pool) as [busy]:
            with self.assertRaisesRegex(ValueError, 'Invalid return condition'):
                self.futures.wait([busy], return_when='never')

    def test_many_that_end_together(self):
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        go = threading.Event()
        fs = {self.pool.submit(go.wait, DEADLINE) for _ in range(100)}
        go.set()
        self.assertEqual(self.futures.wait(fs, DEADLINE).done, fs)


@both
class AsCompleted:
    def setUp(self):
        self.pool = self.futures.ThreadPoolExecutor(2)
        self.addCleanup(self.pool.shutdown)

    def test_yields_all(self):
        fs = {self.pool.submit(int) for _ in range(10)} | {self.pool.submit(divmod, 1, 0)}
        self.assertEqual(set(self.futures.as_completed(fs, DEADLINE)), fs)

    def test_yields_as_they_complete(self):
        with self.busy(self.pool) as [busy]:
            quick = self.pool.submit(int)
            completed = self.futures.as_completed([busy, quick], DEADLINE)
            self.assertIs(next(completed), quick)
        self.assertEqual(list(completed), [busy])

    def test_what_is_done_comes_first(self):
        with self.busy(self.pool) as [busy]:
            done = [self.pool.submit(int) for _ in range(5)]
            self.futures.wait(done, DEADLINE)
            completed = self.futures.as_completed([busy, *done], DEADLINE)
            self.assertEqual({next(completed) for _ in done}, set(done))
        self.assertEqual(list(completed), [busy])

    def test_timeout_counts_from_the_call(self):
        with self.busy(self.pool) as [busy]:
            quick = self.pool.submit(int)
            quick.result(DEADLINE)
            completed = self.futures.as_completed([busy, quick], timeout=0.01)
            self.assertIs(next(completed), quick)
            with self.assertRaisesRegex(TimeoutError, r'1 \(of 2\) futures unfinished'):
                next(completed)

    def test_duplicates_are_one(self):
        future = self.pool.submit(int)
        self.assertEqual(list(self.futures.as_completed(itertools.repeat(future, 3))), [future])

    def test_keeps_nothing_it_has_yielded(self):
        class Result:
            pass

        fs = [self.pool.submit(Result) for _ in range(5)]
        for future in self.futures.as_completed(fs, DEADLINE):
            fs.remove(future)
            reference = weakref.ref(future)
            del future
            # The thread of the pool may still hold it for a moment.
            self.wait_until(lambda: reference() is None)


if __name__ == '__main__':
    tap.main()
