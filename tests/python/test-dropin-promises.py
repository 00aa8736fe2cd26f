# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What else the documentation of Python 3.14 says, sentence by sentence, that no test
of a feature is about."""

import concurrent.futures
import os
import textwrap
import threading

from both import DEADLINE, Gates, both, both_executors
import jobs
import tap


@both
class Module:
    def test_has_what_the_standard_module_has(self):
        for name in concurrent.futures.__all__:
            self.assertTrue(hasattr(self.futures, name), name)
            self.assertIn(name, self.futures.__all__)

    def test_executor_is_abstract(self):
        executor = self.futures.Executor()
        with self.assertRaises(NotImplementedError):
            executor.submit(int)
        for kind in 'ThreadPoolExecutor', 'ProcessPoolExecutor':
            self.assertTrue(issubclass(getattr(self.futures, kind), self.futures.Executor))


@both_executors
class Map(Gates):
    def test_calls_are_made_concurrently(self):
        pool = self.executor(2)
        paths = [self.path(name) for name in ('first', 'second')]
        # Each waits for what the other does first.
        results = pool.map(jobs.wait_for, paths, reversed(paths))
        self.assertEqual(list(results), paths)

    def test_timeout_is_a_number_or_none(self):
        pool = self.executor(1)
        for timeout in None, DEADLINE, float(DEADLINE):
            self.assertEqual(list(pool.map(jobs.power, [2], timeout=timeout)), [4])


@both
class MapOnThreads(Gates):
    kind = 'ThreadPoolExecutor'

    def test_chunksize_has_no_effect(self):
        pool = self.executor(2)
        jobs.touch(self.path('there'))
        results = pool.map(jobs.wait_for, [self.path('there'), self.go], chunksize=2)
        self.assertEqual(next(results), self.path('there'))
        self.assertFalse(os.path.exists(self.go))


@both_executors
class Shutdown(Gates):
    def test_cancels_what_has_not_started_and_waits_for_the_rest(self):
        executor = self.executor(1)
        done = executor.submit(int)
        done.result(DEADLINE)
        [held] = self.hold(executor)
        queued = [executor.submit(int) for _ in range(10)]

        def let_go():
            self.wait_until(queued[-1].cancelled)
            jobs.touch(self.go)

        thread = threading.Thread(target=let_go)
        thread.start()
        executor.shutdown(wait=True, cancel_futures=True)
        thread.join()
        self.assertEqual((held.result(0), done.result(0)), (self.go, 0))
        self.assertTrue(all(future.done() for future in queued))
        # The standard pool of processes has two more on their way already.
        self.assertGreaterEqual(sum(future.cancelled() for future in queued), 8)


@both_executors
class EndOfTheProgram(Gates):
    def run_with_executor(self, text):
        return self.run_program(f'''
import atexit, os, time
if __name__ == '__main__':
    executor = {self.kind}(1)
{textwrap.indent(text, ' ' * 4)}''')

    def test_waits_for_calls_whatever_shutdown_did(self):
        self.assertEqual(self.run_with_executor('''
executor.submit(time.sleep, 0.1)
executor.submit(print, 'done', flush=True)
executor.shutdown(wait=False)
print('over', flush=True)
'''), ('over\ndone\n', '', 0))

    def test_waits_before_exit_handlers_run(self):
        self.assertEqual(self.run_with_executor('''
atexit.register(print, 'exit handler')
executor.submit(time.sleep, 0.1)
executor.submit(print, 'done', flush=True)
'''), ('done\nexit handler\n', '', 0))


@both
class Workers(Gates):
    kind = 'ProcessPoolExecutor'

    def test_live_as_long_as_the_pool(self):
        executor = self.executor(1)
        self.assertEqual(len({executor.submit(os.getpid).result(DEADLINE) for _ in range(20)}), 1)


@both_executors
class Futures(Gates):
    def test_timeout_is_a_number_or_none(self):
        executor = self.executor(1)
        for timeout in None, DEADLINE, float(DEADLINE):
            self.assertEqual(executor.submit(int).result(timeout), 0)
            self.assertIsNone(executor.submit(int).exception(timeout))

    def test_cancelling_ends_waits_for_the_result(self):
        executor = self.executor(1)
        self.hold(executor)
        # The standard pool of processes has the first ones on their way already.
        future = [executor.submit(int) for _ in range(5)][-1]
        errors = []

        def wait(method):
            try:
                method(DEADLINE)
            except self.futures.CancelledError as error:
                errors.append(error)

        threads = [threading.Thread(target=wait, args=[method])
                   for method in (future.result, future.exception)]
        for thread in threads:
            thread.start()
        self.assertTrue(future.cancel())
        for thread in threads:
            thread.join()
        self.assertEqual(len(errors), 2)
        jobs.touch(self.go)
        self.shut_down(executor)

    def test_raises_the_exception_of_the_call(self):
        future = self.executor(1).submit(jobs.fail_at, 3, 3)
        for _ in range(2):
            with self.assertRaisesRegex(ValueError, 'no 3'):
                future.result(DEADLINE)
        self.assertEqual(future.exception().args, ('no 3',))


@both
class ForExecutors:
    """What executors of others do with futures."""

    def test_notifying_wakes_those_who_wait(self):
        future = self.futures.Future()
        found = []
        threads = [threading.Thread(target=lambda: found.append(self.futures.wait([future], DEADLINE).done)),
                   threading.Thread(target=lambda: found.append(
                       set(self.futures.as_completed([future], DEADLINE))))]
        for thread in threads:
            thread.start()
        self.assertTrue(future.cancel())
        self.assertFalse(future.set_running_or_notify_cancel())
        for thread in threads:
            thread.join()
        self.assertEqual(found, [{future}] * 2)

    def test_running_is_set_once(self):
        future = self.futures.Future()
        self.assertTrue(future.set_running_or_notify_cancel())
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            with self.assertRaises(RuntimeError):
                future.set_running_or_notify_cancel()
        future.set_exception(ValueError('x'))
        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            with self.assertRaises(RuntimeError):
                future.set_running_or_notify_cancel()
        with self.assertRaisesRegex(ValueError, 'x'):
            future.result(0)


@both
class FuturesOfSeveralExecutors(Gates):
    def setUp(self):
        super().setUp()
        self.threads = self.futures.ThreadPoolExecutor(1)
        self.processes = self.futures.ProcessPoolExecutor(1)
        for pool in self.threads, self.processes:
            self.addCleanup(pool.shutdown)
            self.addCleanup(jobs.touch, self.go)

    def test_are_waited_for_together(self):
        held = [pool.submit(jobs.wait_for, self.go) for pool in (self.threads, self.processes)]
        quick = self.futures.Future()
        quick.set_result(1)
        waiting = [*held, quick]
        self.assertEqual(self.futures.wait(waiting, None, self.futures.FIRST_COMPLETED),
                         ({quick}, set(held)))
        completed = self.futures.as_completed(waiting, timeout=None)
        self.assertIs(next(completed), quick)
        jobs.touch(self.go)
        self.assertEqual(set(completed), set(held))
        self.assertEqual(self.futures.wait(waiting, float(DEADLINE)), (set(waiting), set()))

    def test_are_complete_when_cancelled(self):
        held = self.threads.submit(jobs.wait_for, self.go, self.path('begun'))
        jobs.wait_for(self.path('begun'))
        cancelled = self.threads.submit(int)
        other = self.processes.submit(jobs.wait_for, self.go)
        cancelled.cancel()
        jobs.touch(self.go)
        for future in self.futures.as_completed([cancelled, held, other], DEADLINE):
            self.assertTrue(future.done())
        self.assertTrue(cancelled.cancelled())


if __name__ == '__main__':
    tap.main()
