# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the documentation of ProcessPoolExecutor promises."""

import gc
import multiprocessing
import operator
import os
import pickle
import signal
import subprocess
import sys
import threading
import unittest
import weakref
from unittest import mock

from both import DEADLINE, Gates, both, ours, since
import jobs
import tap


class Processes(Gates):
    kind = 'ProcessPoolExecutor'

    def setUp(self):
        super().setUp()
        self.process = sys.modules[f'{self.futures.__name__}.process']

    def pids(self, executor):
        return getattr(executor, 'worker_pids', None) or list(executor._processes)

    def spawning(self):
        """What makes the standard executor start workers when they are needed."""
        return {} if self.futures.__name__ == 'cfutures' else \
            {'mp_context': multiprocessing.get_context('spawn')}


@both
class Workers(Processes):
    def test_default_number(self):
        cpus = self.count_cpus()
        self.assertEqual(self.executor()._max_workers, cpus)

    def test_number_must_be_positive(self):
        for number in 0, -1:
            with self.assertRaisesRegex(ValueError, 'max_workers must be greater than 0'):
                self.futures.ProcessPoolExecutor(max_workers=number)

    def test_number_must_be_whole(self):
        for number in 2.5, 2.0, '2':
            with self.assertRaises(TypeError):
                self.futures.ProcessPoolExecutor(max_workers=number)

    def test_in_a_directory_that_is_gone(self):
        code = (f'import os; os.chdir({self.directory!r}); os.rmdir({self.directory!r})\n'
                f'from {self.futures.__name__} import *\n'
                'with ProcessPoolExecutor(1) as executor:\n'
                '    print(executor.submit(abs, -1).result())')
        done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                              timeout=DEADLINE)
        os.mkdir(self.directory)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ('1\n', '', 0))

    def test_is_another_process(self):
        executor = self.executor(1)
        pid = executor.submit(os.getpid).result(DEADLINE)
        self.assertNotEqual(pid, os.getpid())
        self.assertEqual(executor.submit(os.getppid).result(DEADLINE), os.getpid())
        self.assertEqual(self.pids(executor), [pid])

    def test_as_many_as_allowed(self):
        executor = self.executor(3)
        self.hold(executor, 3)
        waiting = executor.submit(int)
        self.assertEqual(len(self.pids(executor)), 3)
        self.assertFalse(waiting.done())

    def test_are_started_as_they_are_needed(self):
        executor = self.executor(4, **self.spawning())
        for _ in range(3):
            executor.submit(int).result(DEADLINE)
        self.assertEqual(len(self.pids(executor)), 1)
        self.hold(executor, 2)
        self.assertEqual(len(self.pids(executor)), 2)

    def test_are_there_when_submit_returns(self):
        executor = self.executor(3, **self.spawning())
        for _ in range(3):
            executor.submit(jobs.wait_for, self.go)
        self.assertEqual(len(self.pids(executor)), 3)

    def test_are_gone_after_shutdown(self):
        executor = self.executor(2)
        executor.submit(int).result(DEADLINE)
        pids = self.pids(executor)
        executor.shutdown()
        for pid in pids:
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)

    def test_are_gone_after_collection(self):
        executor = self.futures.ProcessPoolExecutor(2)
        results = executor.map(abs, range(-3, 3))
        pids = self.pids(executor)
        del executor
        gc.collect()
        self.assertEqual(list(results), [3, 2, 1, 0, 1, 2])
        for pid in pids:
            self.wait_until(lambda: not os.path.exists(f'/proc/{pid}'))

    def test_nested_in_a_thread(self):
        with self.futures.ThreadPoolExecutor(1) as threads:
            def job():
                with self.futures.ProcessPoolExecutor(1) as processes:
                    return processes.submit(pow, 2, 5).result(DEADLINE)
            self.assertEqual(threads.submit(job).result(DEADLINE), 32)

    @ours
    def test_public_names_of_private_things(self):
        executor = self.executor(3)
        self.assertEqual((executor.max_workers, executor.n_workers, executor.worker_pids), (3, 0, []))
        self.hold(executor, 2)
        self.assertEqual(executor.n_workers, 2)
        self.assertIs(executor.broken, False)
        self.assertTrue(all(isinstance(pid, int) for pid in executor.worker_pids))

    @ours
    def test_reserved_worker_counts_as_running(self):
        executor = self.executor(2)
        first, second, third = (executor.submit(jobs.wait_for, self.go) for _ in range(3))
        self.assertTrue(first.running() and second.running())
        self.assertFalse(first.cancel())
        self.assertFalse(third.running())
        self.assertTrue(third.cancel())

    @ours
    def test_idle_before_its_result(self):
        executor = self.executor(4)
        for _ in range(200):
            executor.submit(int).result(DEADLINE)
        self.assertEqual(executor.n_workers, 1)


@both
class Initializer(Processes):
    def test_each_worker_calls_it(self):
        executor = self.executor(2, initializer=jobs.remember, initargs=(42,))
        self.hold(executor, 2)
        jobs.touch(self.go)
        self.assertEqual([executor.submit(jobs.recall).result(DEADLINE) for _ in range(4)], [42] * 4)

    def test_must_be_callable(self):
        with self.assertRaisesRegex(TypeError, 'initializer must be a callable'):
            self.futures.ProcessPoolExecutor(initializer=123)

    def test_failure_breaks_the_pool(self):
        out, err, status = self.run_program('''
from cfutures import *
import operator, sys
if __name__ == '__main__':
    executor = ProcessPoolExecutor(1, initializer=operator.truediv, initargs=(1, 0))
    futures = []
    try:
        futures = [executor.submit(int) for _ in range(3)]
    except BrokenExecutor:
        pass
    for future in futures:
        error = future.exception(60)
        assert isinstance(error, sys.modules[executor.__module__].BrokenProcessPool)
        assert 'A process in the process pool was terminated abruptly' in str(error)
    try:
        executor.submit(int)
    except BrokenExecutor as error:
        assert 'A child process terminated abruptly, the process pool is not usable' in str(error)
        print('broken')
'''.replace('cfutures', self.futures.__name__))
        self.assertEqual((out, status), ('broken\n', 0))
        self.assertIn('Exception in initializer:', err)
        self.assertIn('ZeroDivisionError', err)


@both
class MaxTasksPerChild(Processes):
    def test_another_worker_takes_over(self):
        executor = self.executor(1, max_tasks_per_child=3)
        pids = [executor.submit(os.getpid).result(DEADLINE) for _ in range(7)]
        self.assertEqual(pids[:3], [pids[0]] * 3)
        self.assertEqual(pids[3:6], [pids[3]] * 3)
        self.assertEqual(len(set(pids)), 3)

    def test_all_calls_run(self):
        executor = self.executor(3, max_tasks_per_child=1)
        futures = [executor.submit(operator.mul, i, i) for i in range(6)]
        executor.shutdown()
        self.assertEqual([future.result(0) for future in futures], [i * i for i in range(6)])

    def test_is_checked(self):
        with self.assertRaisesRegex(TypeError, 'max_tasks_per_child must be an integer'):
            self.futures.ProcessPoolExecutor(max_tasks_per_child='3')
        for number in 0, -1:
            with self.assertRaisesRegex(ValueError, 'max_tasks_per_child must be >= 1'):
                self.futures.ProcessPoolExecutor(max_tasks_per_child=number)
        with self.assertRaisesRegex(ValueError, "incompatible with the 'fork'"):
            self.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('fork'),
                                             max_tasks_per_child=1)


@both
class Deaths(Processes):
    def assert_lost(self, future):
        with self.assertRaisesRegex(self.process.BrokenProcessPool,
                                    'A process in the process pool was terminated abruptly '
                                    'while the future was running or pending.'):
            future.result(DEADLINE)

    def assert_broken(self, executor):
        with self.assertRaisesRegex(self.process.BrokenProcessPool,
                                    'A child process terminated abruptly, '
                                    'the process pool is not usable anymore'):
            executor.submit(int)
        self.assertTrue(issubclass(self.process.BrokenProcessPool, self.futures.BrokenExecutor))

    def test_breaks_the_pool(self):
        executor = self.executor(1)
        futures = [executor.submit(jobs.die)] + [executor.submit(int) for _ in range(3)]
        for future in futures:
            self.assert_lost(future)
        self.assert_broken(executor)

    def test_killed_from_outside(self):
        executor = self.executor(1)
        future = executor.submit(jobs.wait_for, self.go)
        os.kill(self.pids(executor)[0], signal.SIGTERM)
        self.assert_lost(future)
        self.assert_broken(executor)

    def test_killed_while_idle(self):
        executor = self.executor(1)
        pid = executor.submit(os.getpid).result(DEADLINE)
        os.kill(pid, signal.SIGKILL)

        def broken():
            try:
                executor.submit(int).exception(DEADLINE)
            except self.process.BrokenProcessPool:
                return True

        self.wait_until(broken)

    def test_exit_of_the_process(self):
        self.assert_lost(self.executor(1).submit(os._exit, 0))

    def test_shutdown_of_a_broken_pool(self):
        executor = self.executor(2)
        executor.submit(jobs.die).exception(DEADLINE)
        executor.shutdown()
        executor.shutdown(cancel_futures=True)

    @ours
    def test_tells_why(self):
        executor = self.executor(1)
        error = executor.submit(jobs.die).exception(DEADLINE)
        self.assertIn('killed by signal 9', str(error.__cause__))
        self.assertIs(executor.broken, True)

    @ours
    def test_may_cost_one_call(self):
        executor = self.executor(1, crash_policy='fail-call')
        futures = [executor.submit(jobs.die), executor.submit(int, '3')]
        with self.assertRaises(self.process.BrokenProcessPool):
            futures[0].result(DEADLINE)
        self.assertEqual(futures[1].result(DEADLINE), 3)
        self.assertIs(executor.broken, False)

    @ours
    def test_policy_is_checked(self):
        with self.assertRaises(ValueError):
            self.futures.ProcessPoolExecutor(1, crash_policy='hope')


@both
class NoThread(Processes):
    """The system, or the end of the interpreter, refuses a thread that the pool needs."""

    def refuse(self, executor):
        def refuse(*_, **__):
            raise RuntimeError("can't start new thread")

        names = [name for name in ('_start_new_thread', '_start_joinable_thread')
                 if hasattr(threading, name)]
        with mock.patch.multiple(threading, **dict.fromkeys(names, refuse)):
            with self.assertRaisesRegex(RuntimeError, "can't start new thread"):
                executor.submit(int)

    @ours
    def test_submit_fails_and_may_be_tried_again(self):
        executor = self.executor(1)
        self.refuse(executor)
        self.refuse(executor)
        self.assertEqual(executor.submit(int, '3').result(DEADLINE), 3)

    @ours
    def test_shutdown_does_not_wait_for_it(self):
        executor = self.executor(1)
        self.refuse(executor)
        executor.shutdown()
        self.assertFalse(executor._pending_work_items)


@both
class End(Processes):
    """terminate_workers() and kill_workers()."""

    def check(self, name, executor):
        [held] = self.hold(executor)
        pid = self.pids(executor)[0]
        waiting = [executor.submit(int) for _ in range(5)]
        getattr(executor, name)()
        with self.assertRaises(self.process.BrokenProcessPool):
            held.result(DEADLINE)
        self.wait_until(lambda: all(future.done() for future in waiting))
        self.assertTrue(waiting[-1].cancelled())
        with self.assertRaises(RuntimeError):
            executor.submit(int)
        self.wait_until(lambda: not os.path.exists(f'/proc/{pid}'))
        executor.shutdown()

    @since(3, 14)
    def test_terminate_workers(self):
        self.check('terminate_workers', self.executor(1))

    @since(3, 14)
    def test_kill_workers(self):
        self.check('kill_workers', self.executor(1))

    @since(3, 14)
    def test_without_workers(self):
        for name in 'terminate_workers', 'kill_workers':
            executor = self.executor(1)
            getattr(executor, name)()
            with self.assertRaisesRegex(RuntimeError, 'cannot schedule new futures after shutdown'):
                executor.submit(int)

    @since(3, 14)
    def test_twice(self):
        executor = self.executor(1)
        executor.submit(int).result(DEADLINE)
        executor.kill_workers()
        executor.kill_workers()
        executor.terminate_workers()
        executor.shutdown()


@both
class Pickling(Processes):
    def setUp(self):
        super().setUp()
        self.pool = self.executor(1)

    def error(self, *call):
        return self.pool.submit(*call).exception(DEADLINE)

    def test_call_that_cannot_be_pickled(self):
        for function in lambda: 0, threading.Lock().acquire:
            with mock.patch.dict(sys.modules, cloudpickle=None):
                error = self.error(function)
            self.assertIsInstance(error, (pickle.PicklingError, AttributeError, TypeError))
        error = self.error(id, jobs.Pickled(jobs.raise_, pickle.PicklingError('no')))
        self.assertIsInstance(error, pickle.PicklingError)
        self.assertIn('__reduce__', str(error.__cause__))
        self.assertEqual(self.pool.submit(int).result(DEADLINE), 0)

    def test_large_values(self):
        for value in (bytes(3_000_000), bytearray(1_000_000), [*range(100_000)], 'x' * 200_000,
                      [bytes(40_000)] * 5 + [bytearray(b'a')]):
            found = self.pool.submit(jobs.echo, value).result(DEADLINE)
            self.assertEqual(found, value)
            self.assertIs(type(found), type(value))

    def test_large_values_are_freed(self):
        value = bytes(1_000_000)
        for future in [self.pool.submit(jobs.echo, value) for _ in range(20)]:
            future.result(DEADLINE)
        del future
        before = jobs.get_resident()
        for _ in range(100):
            self.assertEqual(self.pool.submit(jobs.echo, value).result(DEADLINE), value)
        self.assertLess(jobs.get_resident() - before, 50 << 20)

    def test_large_result_that_cannot_be_unpickled(self):
        error = self.error(jobs.make_large_unpickled, 10**6, jobs.raise_,
                           pickle.UnpicklingError('no'))
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    def test_call_that_cannot_be_unpickled(self):
        error = self.error(id, jobs.Unpickled(jobs.raise_, pickle.UnpicklingError('no')))
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    def test_call_that_exits_when_unpickled(self):
        error = self.error(id, jobs.Unpickled(sys.exit, 1))
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    def test_call_that_dies_when_unpickled(self):
        error = self.error(id, jobs.Unpickled(jobs.die))
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    def test_result_that_cannot_be_pickled(self):
        error = self.error(jobs.make_pickled, jobs.raise_, pickle.PicklingError('no'))
        self.assertIsInstance(error, pickle.PicklingError)
        self.assertEqual(self.pool.submit(int).result(DEADLINE), 0)
        self.assertIsInstance(self.error(jobs.run, '(lambda: 0)'), (AttributeError, pickle.PicklingError))

    def test_result_that_exits_when_pickled(self):
        self.assertIsInstance(self.error(jobs.make_pickled, sys.exit, 1), SystemExit)

    def test_result_that_dies_when_pickled(self):
        error = self.error(jobs.make_pickled, jobs.die)
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    def test_result_that_cannot_be_unpickled(self):
        error = self.error(jobs.make_unpickled, jobs.raise_, pickle.UnpicklingError('no'))
        self.assertIsInstance(error, self.process.BrokenProcessPool)
        self.assertIn('no', str(error.__cause__))

    def test_result_that_exits_when_unpickled(self):
        error = self.error(jobs.make_unpickled, sys.exit, 1)
        self.assertIsInstance(error, self.process.BrokenProcessPool)

    @ours
    def test_that_fails_the_one_future(self):
        for call in ((id, jobs.Unpickled(jobs.raise_, ValueError())), (id, jobs.Unpickled(sys.exit)),
                     (jobs.make_unpickled, sys.exit), (jobs.make_unpickled, jobs.raise_, ValueError())):
            self.assertIsInstance(self.error(*call), self.process.BrokenProcessPool)
            self.assertIs(self.pool.broken, False)
            self.assertEqual(self.pool.submit(int).result(DEADLINE), 0)

    def test_keeps_nothing_of_a_call(self):
        gone = self.path('gone')
        thing = jobs.Farewell(gone, os.getpid())
        self.pool.submit(id, thing).result(DEADLINE)
        jobs.wait_for(gone)

    def run_unguarded(self, before='', behind=''):
        """Runs a program that starts its pool without a guard; returns how it ended, and
        under which names it was run."""
        with open(self.path('program.py'), 'w') as file:
            file.write(f'''
from {self.futures.__name__} import ProcessPoolExecutor
import multiprocessing
with open({self.path('log')!r}, 'a') as log:
    print(__name__, file=log)
{before}
with ProcessPoolExecutor(1, multiprocessing.get_context('fork')) as executor:
    print(executor.submit(double, 1).result())
{behind}
''')
        done = subprocess.run([sys.executable, self.path('program.py')],
                              capture_output=True, text=True, timeout=DEADLINE)
        return done, self.lines('log')

    def test_main_without_a_guard(self):
        """A worker knows what the program has defined before it has started its pool"""
        done, names = self.run_unguarded(before='def double(n): return 2 * n')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '2\n', ''))
        # And no worker has started others.
        self.assertLessEqual(len(names), 2)

    def test_function_behind_a_pool_without_a_guard(self):
        """A worker that reads the program does not start workers for it"""
        done, names = self.run_unguarded(behind='def double(n): return 2 * n')
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertIn('double', done.stderr)
        self.assertLessEqual(len(names), 2)


@both
class Errors(Processes):
    def setUp(self):
        super().setUp()
        self.pool = self.executor(1)

    def test_remote_traceback(self):
        error = self.pool.submit(jobs.fail_at, 1, 1).exception(DEADLINE)
        self.assertIs(type(error), ValueError)
        self.assertEqual(error.args, ('no 1',))
        cause = error.__cause__
        self.assertIs(type(cause), self.process._RemoteTraceback)
        self.assertIn("raise ValueError(f'no {number}')", cause.tb)
        self.assertIn("raise ValueError(f'no {number}')", str(cause))

    def test_system_exit_is_the_calls(self):
        pid = self.pool.submit(os.getpid).result(DEADLINE)
        error = self.pool.submit(sys.exit, 3).exception(DEADLINE)
        self.assertIsInstance(error, SystemExit)
        self.assertEqual(error.code, 3)
        self.assertEqual(self.pool.submit(os.getpid).result(DEADLINE), pid)

    def test_keyboard_interrupt_is_the_calls(self):
        error = self.pool.submit(jobs.raise_, KeyboardInterrupt()).exception(DEADLINE)
        self.assertIsInstance(error, KeyboardInterrupt)

    def test_cause_in_the_worker_is_told(self):
        error = self.pool.submit(jobs.fail_because).exception(DEADLINE)
        self.assertIsInstance(error, RuntimeError)
        self.assertIn('KeyError', error.__cause__.tb)
        self.assertIn('direct cause', error.__cause__.tb)


@both
class Callbacks(Processes):
    def test_run_in_this_process(self):
        executor = self.executor(1)
        pids = []
        future = executor.submit(os.getpid)
        future.add_done_callback(lambda future: pids.append((os.getpid(), future.result())))
        executor.shutdown()
        [(here, there)] = pids
        self.assertEqual(here, os.getpid())
        self.assertNotEqual(here, there)

    def test_may_submit(self):
        executor = self.executor(1)
        futures = []
        more = threading.Event()

        def callback(future):
            futures.append(executor.submit(int, '3'))
            more.set()

        [held] = self.hold(executor)
        held.add_done_callback(callback)
        jobs.touch(self.go)
        self.assertTrue(more.wait(DEADLINE))
        self.assertEqual(futures[0].result(DEADLINE), 3)

    def test_come_in_order(self):
        executor = self.executor(1)
        called = []
        [held] = self.hold(executor)
        for number in range(5):
            held.add_done_callback(lambda future, number=number: called.append(number))
        jobs.touch(self.go)
        executor.shutdown()
        self.assertEqual(called, list(range(5)))


@both
class Multiprocessing(Processes):
    """What programs make with multiprocessing reaches workers."""

    def setUp(self):
        super().setUp()
        self.spawn = multiprocessing.get_context('spawn')

    def test_proxy_in_a_call(self):
        with self.spawn.Manager() as manager:
            shared = manager.dict()
            executor = self.executor(1)
            executor.submit(operator.setitem, shared, 'key', 42).result(DEADLINE)
            self.assertEqual(shared['key'], 42)
            executor.shutdown()

    def test_objects_for_an_initializer(self):
        queue, lock, value = self.spawn.Queue(), self.spawn.Lock(), self.spawn.Value('i', 1)
        executor = self.executor(2, mp_context=self.spawn, initializer=jobs.remember,
                                 initargs=((queue, lock, value),))
        for future in [executor.submit(jobs.use_shared, 20) for _ in range(2)]:
            future.result(DEADLINE)
        self.assertEqual(value.value, 41)
        self.assertEqual(sorted(queue.get(timeout=DEADLINE) for _ in range(40)), list(range(2, 42)))

    @ours
    def test_objects_that_only_a_fork_has(self):
        context = multiprocessing.get_context('fork')
        executor = self.executor(1, context, jobs.remember, (context.Queue(),))
        with self.assertRaisesRegex(RuntimeError, 'Make it with a context for "spawn"'):
            executor.submit(int)

    def test_not_in_a_call(self):
        error = self.executor(1).submit(id, self.spawn.Lock()).exception(DEADLINE)
        self.assertIsInstance(error, RuntimeError)
        self.assertIn('should only be shared between processes through inheritance', str(error))

    def test_context_for_fork_starts_all(self):
        executor = self.executor(3, mp_context=multiprocessing.get_context('fork'))
        executor.submit(int).result(DEADLINE)
        self.assertEqual(len(self.pids(executor)), 3)


@both
class Races(Processes):
    """Futures that end while others look at them."""

    def test_looked_at_by_many(self):
        executor = self.executor(2)
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        called = []
        for _ in range(30):
            fs = [executor.submit(int, '3') for _ in range(20)]
            for future in fs[::3]:
                future.add_done_callback(called.append)
            waiters = [threading.Thread(target=self.futures.wait, args=(fs, DEADLINE)),
                       threading.Thread(target=lambda: list(self.futures.as_completed(fs, DEADLINE)))]
            for thread in waiters:
                thread.start()
            self.assertEqual(self.futures.wait(fs, DEADLINE).done, set(fs))
            self.assertEqual([future.result(0) for future in fs], [3] * 20)
            for thread in waiters:
                thread.join(DEADLINE)
                self.assertFalse(thread.is_alive())
        executor.shutdown()
        self.assertEqual(len(called), 30 * 7)

    def test_cancelled_by_many(self):
        executor = self.executor(1)
        log = self.path('log')
        for _ in range(20):
            fs = [executor.submit(jobs.append, log, 'ran') for _ in range(10)]
            results = []
            threads = [threading.Thread(target=lambda: results.append(
                [future.cancel() for future in fs])) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(self.futures.wait(fs, DEADLINE).not_done, set())
            n_cancelled = sum(future.cancelled() for future in fs)
            self.assertEqual(len(self.lines('log')), 10 - n_cancelled)
            if n_cancelled < 10:
                os.unlink(log)
            for future, *answers in zip(fs, *results):
                self.assertEqual(any(answers), future.cancelled())


class Bound(Gates, unittest.TestCase):
    """max_pending bounds the queue of the drop-in."""

    def make(self):
        import cfutures
        executor = cfutures.ProcessPoolExecutor(1, max_pending=2)
        self.addCleanup(executor.shutdown)
        self.addCleanup(jobs.touch, self.go)
        return executor

    def test_submit_waits_for_room(self):
        executor = self.make()
        futures = [executor.submit(jobs.wait_for, self.go)]
        def submit():
            while len(futures) < 40:
                futures.append(executor.submit(int))

        thread = threading.Thread(target=submit, daemon=True)
        thread.start()
        thread.join(0.2)
        self.assertTrue(thread.is_alive())
        self.assertLess(len(futures), 30)
        jobs.touch(self.go)
        thread.join(DEADLINE)
        self.assertEqual([future.result(DEADLINE) for future in futures[1:]], [0] * 39)

    def test_callbacks_do_not_wait(self):
        executor = self.make()
        results = []
        done = threading.Event()

        def callback(future):
            results.extend(executor.submit(int) for _ in range(20))
            done.set()

        executor.submit(jobs.wait_for, self.go).add_done_callback(callback)
        jobs.touch(self.go)
        self.assertTrue(done.wait(DEADLINE))
        self.assertEqual([future.result(DEADLINE) for future in results], [0] * 20)


@both
class FailingInitializer(Processes):
    def test_has_said_before_what_it_has_to_say(self):
        context = multiprocessing.get_context('spawn')
        queue = context.Queue()
        executor = self.executor(1, context, jobs.put_and_fail, (queue, range(1000)))
        future = executor.submit(int)
        self.assertIsInstance(future.exception(DEADLINE), self.process.BrokenProcessPool)
        self.assertEqual([queue.get_nowait() for _ in range(1000)], list(range(1000)))


@both
class Leftovers(Processes):
    @ours
    def test_a_result_keeps_no_executor(self):
        executor = self.futures.ProcessPoolExecutor(1)
        futures = [executor.submit(abs, -1), executor.submit(abs, 'x')]
        futures[0].result()
        futures[1].exception()
        self.futures.wait(futures + [executor.submit(abs, -1)])
        executor.shutdown()
        pool = weakref.ref(executor._pool)
        del executor
        gc.collect()
        self.assertIsNone(pool())
        self.assertFalse(any(future.cancel() for future in futures))


@both
class PrivateNames(Processes):
    """What programs take of the standard executor though it is not documented."""

    def test_processes(self):
        executor = self.executor(2, **self.spawning())
        self.hold(executor, 2)
        processes = executor._processes
        self.assertEqual(len(processes), 2)
        for pid, process in processes.items():
            self.assertEqual(process.pid, pid)
            self.assertTrue(process.is_alive())
            process.join(0)
        for process in list(processes.values()):
            process.kill()
            process.join(DEADLINE)
            # The standard pool's own thread may be the one that reaps it.
            self.wait_until(lambda: not process.is_alive())
            process.terminate()

    def test_context(self):
        for method in multiprocessing.get_all_start_methods():
            context = multiprocessing.get_context(method)
            self.assertIs(self.executor(1, context)._mp_context, context)
        executor = self.executor(1, max_tasks_per_child=1)
        self.assertEqual(executor._mp_context.get_start_method(), 'spawn')

    def test_queue(self):
        executor = self.executor(1)
        [held] = self.hold(executor)
        futures = [executor.submit(int) for _ in range(5)]
        self.assertEqual(len(executor._pending_work_items), 6)
        queue = executor._call_queue
        self.wait_until(lambda: not queue.empty())
        jobs.touch(self.go)
        executor.shutdown()
        queue.join_thread()
        self.assertTrue(all(future.done() for future in futures))

    def test_shutdown(self):
        executor = self.executor(1)
        self.assertFalse(executor._shutdown_thread)
        executor.shutdown(wait=False)
        self.assertTrue(executor._shutdown_thread)

    def test_of_the_module(self):
        self.process._check_system_limits()
        self.assertTrue(callable(self.process._ThreadWakeup.wakeup))
        executor = self.executor(1)
        executor.submit(int).result(DEADLINE)
        thread = executor._executor_manager_thread
        self.assertIsInstance(thread, self.process._ExecutorManagerThread)
        executor.shutdown()
        self.assertFalse(thread.is_alive())

    @since(3, 14)
    def test_processes_end_by_their_own_methods(self):
        for name, end in ('terminate', 'terminate_workers'), ('kill', 'kill_workers'):
            executor = self.executor(1)
            executor.submit(int).result(DEADLINE)
            process, = executor._processes.values()
            method = mock.Mock(wraps=getattr(process, name))
            setattr(process, name, method)
            getattr(executor, end)()
            method.assert_called()
            process.join(DEADLINE)

    @since(3, 14)
    def test_force_shutdown(self):
        executor = self.executor(1)
        with self.assertRaises(ValueError):
            executor._force_shutdown(operation='persuade')
        for name in 'terminate', 'kill':
            executor._force_shutdown(operation=getattr(self.process, f'_{name.upper()}'))

    def test_broken(self):
        executor = self.executor(1)
        self.assertFalse(executor._broken)
        executor.submit(jobs.die).exception(DEADLINE)
        self.assertIn('terminated abruptly', executor._broken)


if __name__ == '__main__':
    tap.main()
