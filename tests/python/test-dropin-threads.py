# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the documentation of ThreadPoolExecutor promises."""

import asyncio
import gc
import os
import sys
import threading
import time
import unittest
import weakref
from unittest import mock

from both import DEADLINE, both, ours, since
import tap


@both
class Workers:
    """Threads are started as they are needed, named and initialized."""

    def test_is_an_executor(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            self.assertIsInstance(executor, self.futures.Executor)
            self.assertIs(type(executor.submit(id, 1)), self.futures.Future)

    def test_serve_asyncio_by_default(self):
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(executor)
            return await asyncio.to_thread(threading.get_ident)

        executor = self.futures.ThreadPoolExecutor(1)
        ident = asyncio.run(main())
        self.assertNotEqual(ident, threading.get_ident())
        with self.assertRaises(RuntimeError):
            executor.submit(int)

    def test_default_number(self):
        cpus = self.count_cpus()
        with self.futures.ThreadPoolExecutor() as executor:
            self.assertEqual(executor._max_workers, min(32, cpus + 4))

    def test_number_must_be_positive(self):
        for number in 0, -1:
            with self.assertRaisesRegex(ValueError, 'max_workers must be greater than 0'):
                self.futures.ThreadPoolExecutor(max_workers=number)

    def test_number_may_be_any(self):
        for number, n_threads in (1.5, 2), (0.5, 1), (10 ** 20, 3), (float('inf'), 3):
            with self.futures.ThreadPoolExecutor(number) as executor:
                self.assertEqual(executor._max_workers, number)
                with self.busy(executor, n_threads):
                    self.assertEqual(len(executor._threads), n_threads)
                    if number < 3:
                        self.assertFalse(executor.submit(int).running())

    def test_no_more_than_allowed(self):
        with self.futures.ThreadPoolExecutor(3) as executor:
            names = set()
            with self.busy(executor, 3):
                future = executor.submit(int, '1')
                self.assertFalse(future.running())
                self.assertFalse(future.done())
            self.assertEqual(future.result(DEADLINE), 1)

    def test_as_many_as_allowed(self):
        barrier = threading.Barrier(4)
        with self.futures.ThreadPoolExecutor(4) as executor:
            futures = [executor.submit(barrier.wait, DEADLINE) for _ in range(4)]
            self.assertEqual(sorted(f.result(DEADLINE) for f in futures), [0, 1, 2, 3])

    def test_are_other_threads(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            self.assertNotEqual(executor.submit(threading.get_ident).result(), threading.get_ident())

    def test_names(self):
        with self.futures.ThreadPoolExecutor(1, thread_name_prefix='Reader') as executor:
            self.assertEqual(executor.submit(lambda: threading.current_thread().name).result(), 'Reader_0')
            self.assertIn('Reader_0', [thread.name for thread in threading.enumerate()])

    def test_default_names(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            name = executor.submit(lambda: threading.current_thread().name).result()
            self.assertRegex(name, r'^ThreadPoolExecutor-\d+_0$')

    def test_are_no_daemons(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            self.assertFalse(executor.submit(lambda: threading.current_thread().daemon).result())
            self.assertFalse(executor.submit(lambda: threading.Thread().daemon).result())

    def test_locals_live_as_long_as_the_thread(self):
        mine = threading.local()
        with self.futures.ThreadPoolExecutor(1) as executor:
            executor.submit(setattr, mine, 'value', 42).result()
            self.assertEqual(executor.submit(getattr, mine, 'value').result(), 42)

    def test_are_gone_after_shutdown(self):
        before = threading.active_count()
        with self.futures.ThreadPoolExecutor(4) as executor:
            list(executor.map(abs, range(20)))
        self.assertEqual(threading.active_count(), before)

    def test_are_gone_after_collection(self):
        executor = self.futures.ThreadPoolExecutor(2)
        results = executor.map(abs, range(-5, 5))
        threads = [weakref.ref(thread) for thread in threading.enumerate()
                   if thread is not threading.current_thread()]
        del executor
        gc.collect()
        self.assertEqual(list(results), [5, 4, 3, 2, 1, 0, 1, 2, 3, 4])
        self.wait_until(lambda: not any(thread() in threading.enumerate()
                                        for thread in threads if thread() is not None))

    @ours
    def test_public_names_of_private_things(self):
        with self.futures.ThreadPoolExecutor(3) as executor:
            self.assertEqual((executor.max_workers, executor.n_workers), (3, 0))
            with self.busy(executor, 2):
                self.assertEqual(executor.n_workers, 2)
            self.assertIs(executor.broken, False)

    @ours
    def test_idle_before_its_result(self):
        with self.futures.ThreadPoolExecutor(8) as executor:
            for _ in range(500):
                executor.submit(int).result(DEADLINE)
            self.assertEqual(executor.n_workers, 1)

    @ours
    def test_idle_while_another_submits(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            go = threading.Event()
            future = executor.submit(go.wait, DEADLINE)
            # As by a thread that had to let others run in the middle of submit().
            with executor._pool.lock:
                go.set()
                self.assertTrue(future.result(DEADLINE))

    def test_take_calls_in_their_order(self):
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        begun = []
        with self.futures.ThreadPoolExecutor(1) as executor:
            for round in range(200):
                # Whenever the thread is about to have nothing to do.
                executor.submit(begun.append, (round, 0)).result(DEADLINE)
                futures = [executor.submit(begun.append, (round, i)) for i in range(1, 10)]
                futures.pop().result(DEADLINE)
        self.assertEqual(begun, [(round, i) for round in range(200) for i in range(10)])

    def test_lose_no_call_of_many_submitters(self):
        def submit(number):
            for i in range(500):
                futures.append(executor.submit(done.append, (number, i)))
                # Every other one finds all threads idle.
                if i % 2:
                    futures[-1].result(DEADLINE)

        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        futures, done = [], []
        with self.futures.ThreadPoolExecutor(3) as executor:
            threads = [threading.Thread(target=submit, args=(n,)) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for future in futures:
                future.result(DEADLINE)
            self.assertLessEqual(len(executor._threads), 3)
        self.assertEqual(sorted(done), [(n, i) for n in range(3) for i in range(500)])

    @ours
    def test_results_keep_no_pool(self):
        executor = self.futures.ThreadPoolExecutor(1)
        go = threading.Event()
        waited, cancelled = executor.submit(go.wait, DEADLINE), executor.submit(int)
        self.assertTrue(cancelled.cancel())
        go.set()
        self.assertTrue(waited.result(DEADLINE))
        executor.shutdown()
        pool = weakref.ref(executor._pool)
        del executor
        gc.collect()
        self.assertIsNone(pool())

    @ours
    def test_reserved_thread_counts_as_running(self):
        with self.futures.ThreadPoolExecutor(1) as executor:
            for _ in range(100):
                future = executor.submit(time.sleep, 0)
                self.assertTrue(future.running() or future.done())
                self.assertFalse(future.cancel())
                future.result()

    def test_callback_may_wait_for_the_pool(self):
        with self.futures.ThreadPoolExecutor(2) as executor:
            results = []
            again = threading.Event()

            def callback(future):
                results.append(executor.submit(pow, future.result(), 2).result(DEADLINE))
                again.set()

            with self.busy(executor):
                go = threading.Event()
                future = executor.submit(lambda: go.wait(DEADLINE) and 3)
                future.add_done_callback(callback)
                go.set()
            self.assertTrue(again.wait(DEADLINE))
            self.assertEqual(results, [9])


@both
class NoThread:
    """The system, or the end of the interpreter, refuses a thread."""

    @ours
    def test_first(self):
        with self.futures.ThreadPoolExecutor(2) as executor:
            with mock.patch.object(executor._pool.threads, 'start', side_effect=RuntimeError('No thread')):
                with self.assertRaisesRegex(RuntimeError, 'No thread'):
                    executor.submit(int)
            self.assertEqual(executor.submit(int, '3').result(DEADLINE), 3)

    @ours
    def test_another(self):
        with self.futures.ThreadPoolExecutor(2) as executor:
            go = threading.Event()
            future = executor.submit(go.wait, DEADLINE)
            with mock.patch.object(executor._pool.threads, 'start', side_effect=RuntimeError('No thread')):
                waiting = executor.submit(int, '3')
            go.set()
            self.assertTrue(future.result(DEADLINE))
            self.assertEqual(waiting.result(DEADLINE), 3)
            self.assertEqual(executor.n_workers, 1)


@both
class Initializer:
    """Each thread calls the initializer first."""

    def test_called_once_by_each_thread(self):
        mine = threading.local()
        barrier = threading.Barrier(2)
        calls = []

        def initialize(*values):
            calls.append(threading.get_ident())
            mine.values = values

        def job():
            barrier.wait(DEADLINE)
            return mine.values

        with self.futures.ThreadPoolExecutor(2, initializer=initialize, initargs=(1, 'x')) as executor:
            for _ in range(3):
                futures = [executor.submit(job) for _ in range(2)]
                self.assertEqual([f.result(DEADLINE) for f in futures], [(1, 'x')] * 2)
        self.assertEqual(len(calls), 2)
        self.assertEqual(len(set(calls)), 2)

    def test_must_be_callable(self):
        with self.assertRaisesRegex(TypeError, 'initializer must be a callable'):
            self.futures.ThreadPoolExecutor(initializer=123)

    def test_failure_breaks_the_pool(self):
        thread = __import__(f'{self.futures.__name__}.thread', fromlist=['BrokenThreadPool'])
        message = 'A thread initializer failed, the thread pool is not usable anymore'
        go = threading.Event()

        def fail():
            go.wait(DEADLINE)
            raise ValueError('no such thing')

        with self.assertLogs('concurrent.futures', 'CRITICAL') as logs:
            executor = self.futures.ThreadPoolExecutor(1, initializer=fail)
            futures = [executor.submit(int) for _ in range(3)]
            go.set()
            for future in futures:
                with self.assertRaisesRegex(thread.BrokenThreadPool, message):
                    future.result(DEADLINE)
            with self.assertRaisesRegex(self.futures.BrokenExecutor, message):
                executor.submit(int)
            executor.shutdown()
        self.assertIn('Exception in initializer:', logs.output[0])
        self.assertIn('ValueError: no such thing', logs.output[0])
        self.assertTrue(issubclass(thread.BrokenThreadPool, RuntimeError))

    @ours
    def test_failure_shows(self):
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            executor = self.futures.ThreadPoolExecutor(1, initializer=divmod, initargs=(1, 0))
            executor.submit(int).exception(DEADLINE)
            self.assertIs(executor.broken, True)
            executor.shutdown()


@both
class Calls:
    """What may come of a call."""

    def setUp(self):
        self.executor = self.futures.ThreadPoolExecutor(2)
        self.addCleanup(self.executor.shutdown)

    def test_system_exit_is_the_calls(self):
        future = self.executor.submit(sys.exit, 3)
        self.assertIsInstance(future.exception(DEADLINE), SystemExit)
        self.assertEqual(future.exception().code, 3)
        self.assertEqual(self.executor.submit(int).result(DEADLINE), 0)

    def test_keyboard_interrupt_is_the_calls(self):
        def interrupt():
            raise KeyboardInterrupt
        self.assertIsInstance(self.executor.submit(interrupt).exception(DEADLINE), KeyboardInterrupt)

    def test_traceback_leads_into_the_function(self):
        error = self.executor.submit(divmod, 1, 0).exception(DEADLINE)
        self.assertIsNotNone(error.__traceback__)

    def test_exception_makes_no_cycle(self):
        class Failure(Exception):
            pass

        def fail():
            raise Failure

        gc.collect()
        gc.disable()
        try:
            future = self.executor.submit(fail)
            error = weakref.ref(future.exception(DEADLINE))
            # The thread may still be about to forget it.
            del future
            self.wait_until(lambda: error() is None)
        finally:
            gc.enable()

    def test_keeps_nothing_of_a_call(self):
        class Thing:
            pass

        thing = Thing()
        gone = threading.Event()
        weakref.finalize(thing, gone.set)
        future = self.executor.submit(lambda thing: None, thing)
        del thing
        future.result(DEADLINE)
        self.assertTrue(gone.wait(DEADLINE))

    def test_callback_that_exits_harms_nobody(self):
        go = threading.Event()
        future = self.executor.submit(go.wait, DEADLINE)
        future.add_done_callback(lambda future: sys.exit())
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            go.set()
            future.result(DEADLINE)
            self.executor.shutdown()

    @ours
    def test_pool_outlives_such_a_callback(self):
        go = threading.Event()
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            with self.futures.ThreadPoolExecutor(1) as executor:
                future = executor.submit(go.wait, DEADLINE)
                future.add_done_callback(lambda future: sys.exit())
                go.set()
                self.assertEqual(executor.submit(int, '3').result(DEADLINE), 3)

    @ours
    def test_pool_outlives_a_future_resolved_by_another(self):
        go = threading.Event()
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            with self.futures.ThreadPoolExecutor(1) as executor:
                future = executor.submit(go.wait, DEADLINE)
                future.set_result('mine')
                go.set()
                self.assertEqual(executor.submit(int, '3').result(DEADLINE), 3)
        self.assertEqual(future.result(), 'mine')


@both
class Shutdown:
    def test_from_a_thread_of_the_pool(self):
        executor = self.futures.ThreadPoolExecutor(1)
        with self.assertRaisesRegex(RuntimeError, 'cannot join current thread'):
            executor.submit(executor.shutdown).result(DEADLINE)
        executor.shutdown()

    def test_in_a_forked_child(self):
        out, err, status = self.run_program('''
import os, sys
executor = ThreadPoolExecutor(2)
list(executor.map(abs, range(10)))
pid = os.fork()
if pid == 0:
    with ThreadPoolExecutor(1) as other:
        print(other.submit(pow, 2, 3).result())
    sys.exit()
print(os.waitpid(pid, 0)[1])
''')
        self.assertEqual((out, err, status), ('8\n0\n', '', 0))


@both
class Fork:
    kind = 'ThreadPoolExecutor'

    @since(3, 13)
    def test_from_a_thread(self):
        out, err, status = self.run_program('''
import multiprocessing

def fork():
    process = multiprocessing.get_context('fork').Process(target=int)
    process.start()
    process.join(60)
    return process.exitcode

with ThreadPoolExecutor(1) as executor:
    print(executor.submit(fork).result())
''')
        self.assertEqual((out, status), ('0\n', 0), err)


class Bound(unittest.TestCase):
    """max_pending bounds the queue of the drop-in."""

    def setUp(self):
        import cfutures
        self.executor = cfutures.ThreadPoolExecutor(1, max_pending=2)
        self.addCleanup(self.executor.shutdown)
        self.go = threading.Event()
        self.addCleanup(self.go.set)

    def test_submit_waits_for_room(self):
        futures = [self.executor.submit(self.go.wait, DEADLINE) for _ in range(3)]
        submitted = threading.Event()

        def submit():
            futures.append(self.executor.submit(int))
            submitted.set()

        thread = threading.Thread(target=submit)
        thread.start()
        self.assertFalse(submitted.wait(0.05))
        self.go.set()
        self.assertTrue(submitted.wait(DEADLINE))
        thread.join()
        self.assertEqual([f.result(DEADLINE) for f in futures], [True, True, True, 0])

    def test_threads_of_the_pool_do_not_wait(self):
        def job():
            return [self.executor.submit(int) for _ in range(10)]

        futures = self.executor.submit(job).result(DEADLINE)
        self.assertEqual([f.result(DEADLINE) for f in futures], [0] * 10)

    def test_must_be_positive(self):
        import cfutures
        with self.assertRaises(ValueError):
            cfutures.ThreadPoolExecutor(1, max_pending=0)


@both
class PrivateNames:
    """What programs take of the standard executor though it is not documented."""

    kind = 'ThreadPoolExecutor'

    def test_threads(self):
        executor = self.executor(2, thread_name_prefix='prefix')
        with self.busy(executor, 2):
            threads = executor._threads
            self.assertEqual({thread.name for thread in threads}, {'prefix_0', 'prefix_1'})
            self.assertTrue(all(thread.is_alive() for thread in threads))
            for thread in threads:
                thread.join(0)
        executor.shutdown(wait=False)
        for thread in threads:
            thread.join()
            self.assertFalse(thread.is_alive())

    def test_queue(self):
        executor = self.executor(1)
        with self.busy(executor):
            self.assertTrue(executor._work_queue.empty())
            executor.submit(int)
            self.assertEqual(executor._work_queue.qsize(), 1)

    def test_shutdown(self):
        executor = self.executor(1)
        self.assertIs(executor._shutdown, False)
        executor.shutdown()
        self.assertIs(executor._shutdown, True)


if __name__ == '__main__':
    tap.main()
