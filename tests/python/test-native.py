# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""`from gi.repository import Cfut`: executors and futures."""

import array
import asyncio
import concurrent.futures
import functools
import gc
import os
import pickle
import sys
import threading
import time
import unittest
import unittest.mock
import weakref

from support import DEADLINE, Cfut, ExecutorCase, GLib, both_kinds, until
import tasks


@both_kinds
class Calls(ExecutorCase):
    def setUp(self):
        if self.executor_class is None:
            self.skipTest('Only what both kinds have in common')
        super().setUp()

    def test_submit(self):
        """A call takes and gives any object"""
        self.assertEqual(self.executor.submit(tasks.add, 1).result(DEADLINE), 3)
        self.assertEqual(self.executor.submit(tasks.add, 1, b=7).result(DEADLINE), 8)
        value = {'a': [1, 2.5, None, (b'x', 'ü')], 'big': b'x' * 200_000}
        self.assertEqual(self.executor.submit(tasks.echo, value).result(), value)
        self.assertIsNone(self.executor.submit(tasks.echo, None).result())
        self.assertEqual(self.executor.submit(max, [1, 5, 2], key=abs).result(), 5)

    def test_future(self):
        """What is returned is a Cfut.Future"""
        future = self.executor.submit(tasks.add, 1)
        self.assertIsInstance(future, Cfut.Future)
        future.result(DEADLINE)
        self.assertTrue(future.done())
        self.assertFalse(future.running())
        self.assertFalse(future.cancelled())
        self.assertIsNone(future.exception())
        self.assertEqual(future.props.state, Cfut.FutureState.DONE)

    def test_says_what_it_is(self):
        """A future tells its state, and its name or its function"""
        options = self.executor.with_options(name='twice two')
        future = options.submit(tasks.add, 2)
        future.result(DEADLINE)
        self.assertRegex(repr(future), r"^<Cfut\.Future at 0x[0-9a-f]+ state=done 'twice two'>$")
        failed = self.executor.submit(tasks.divide, 1, 0)
        failed.exception(DEADLINE)
        self.assertRegex(repr(failed), ' state=failed')
        self.assertRegex(repr(Cfut.Promise().get_future()), ' state=[a-z]+>$')

    def test_exception(self):
        """An exception is raised, or asked for"""
        future = self.executor.submit(tasks.divide, 1, 0)
        with self.assertRaisesRegex(ZeroDivisionError, '^division by zero$'):
            future.result(DEADLINE)
        self.assertIsInstance(future.exception(), ZeroDivisionError)
        for error in (KeyError('k'), SystemExit(3), KeyboardInterrupt(), StopIteration(1),
                      OSError(2, 'No such file')):
            found = self.executor.submit(tasks.fail, error).exception(DEADLINE)
            self.assertIs(type(found), type(error))
            self.assertEqual(found.args, error.args)

    def test_timeout(self):
        """Not in time is a TimeoutError, and the call goes on"""
        future = self.executor.submit(tasks.sleep, 0.2)
        with self.assertRaises(TimeoutError):
            future.result(0.01)
        with self.assertRaises(concurrent.futures.TimeoutError):
            future.exception(timeout=0)
        self.assertEqual(future.result(), 'slept')

    def test_cancel_running(self):
        """A running call is cancelled"""
        future = self.executor.submit(tasks.touch_and_wait, self.path())
        self.await_file(self.path())
        self.assertTrue(future.running())
        self.assertTrue(future.cancel())
        for method in (future.result, future.exception):
            with self.assertRaises(concurrent.futures.CancelledError):
                method(DEADLINE)
        self.assertTrue(future.cancelled())
        self.assertTrue(future.done())

    def test_cancel_pending(self):
        """A call that has not started is cancelled at once"""
        executor = self.make(1)
        first = executor.submit(tasks.touch_and_wait, self.path())
        self.await_file(self.path())
        second = executor.submit(tasks.touch, self.path('second'))
        self.assertTrue(second.cancel())
        self.assertTrue(second.cancelled())
        first.cancel()
        executor.shutdown()
        self.assertFalse(os.path.exists(self.path('second')))

    def test_call_timeout(self):
        """A call has a time-out of its own"""
        future = self.executor.with_options(timeout=0.05, name='slow').submit(
            tasks.touch_and_wait, self.path())
        with self.assertRaisesRegex(TimeoutError, '"slow" timed out'):
            future.result(DEADLINE)

    def test_no_time_left(self):
        """A time that is over already is over"""
        for i, options in enumerate([{'timeout': -1}, {'timeout': -0.5}, {'deadline': -1}]):
            future = self.executor.with_options(**options).submit(tasks.touch_and_wait,
                                                                  self.path(str(i)))
            with self.assertRaisesRegex(TimeoutError, 'timed out'):
                future.result(DEADLINE)

    def test_deadline(self):
        """A deadline counts from the submit"""
        executor = self.make(1)
        first = executor.submit(tasks.touch_and_wait, self.path())
        second = executor.with_options(deadline=0.02).submit(tasks.add, 1)
        with self.assertRaises(TimeoutError):
            second.result(DEADLINE)
        first.cancel()

    def test_priority(self):
        """More urgent calls come first"""
        executor = self.make(1)
        first = executor.submit(tasks.touch_and_wait, self.path('first'))
        self.await_file(self.path('first'))
        late = executor.with_options(priority=5).submit(time.monotonic)
        soon = executor.with_options(priority=-5).submit(time.monotonic)
        first.cancel()
        self.assertLess(soon.result(DEADLINE), late.result(DEADLINE))

    def test_cancellable(self):
        """A Gio.Cancellable cancels calls"""
        from gi.repository import Gio
        cancellable = Gio.Cancellable()
        future = self.executor.with_options(cancellable=cancellable).submit(
            tasks.touch_and_wait, self.path())
        self.await_file(self.path())
        cancellable.cancel()
        with self.assertRaises(concurrent.futures.CancelledError):
            future.result(DEADLINE)

    def test_progress(self):
        """Progress comes as a property, in the main thread"""
        future = self.executor.submit(tasks.report, [0.25, 0.5])
        seen = []
        future.connect('notify::progress', lambda future, _: seen.append(
            (future.get_progress(), future.dup_progress_message(), threading.current_thread())))
        until(future.done)
        until(lambda: seen)
        self.assertEqual(seen[0][1], f'at {seen[0][0]}')
        self.assertIs(seen[0][2], threading.main_thread())

    def test_done_callback(self):
        """A callback comes in the main thread, with the future"""
        seen = []
        future = self.executor.submit(tasks.add, 1)
        future.add_done_callback(lambda future: seen.append(
            (future, future.result(), threading.current_thread())))
        until(lambda: seen)
        self.assertEqual(seen, [(future, 3, threading.main_thread())])

    def test_as_completed(self):
        """Futures come as they end, and are not kept"""
        slow = self.executor.submit(tasks.wait_for_file, self.path())
        quick = [self.executor.submit(tasks.add, i) for i in range(10)]
        seen = []
        for future in Cfut.as_completed([slow, *quick], timeout=DEADLINE):
            seen.append(future)
            if len(seen) == 10:
                self.assertNotIn(slow, seen)
                tasks.touch(self.path())
        self.assertEqual(set(seen), {slow, *quick})

        quick = [self.executor.submit(tasks.add, i) for i in range(3)]
        futures = Cfut.as_completed(quick)
        del quick, future, seen
        future = next(futures)
        gone = weakref.ref(future)
        del future
        next(futures)
        gc.collect()
        self.assertIsNone(gone())

    def test_as_completed_timeout(self):
        """The time-out is that of the whole iteration"""
        slow = self.executor.submit(tasks.touch_and_wait, self.path())
        with self.assertRaisesRegex(TimeoutError, r'1 \(of 2\) futures unfinished'):
            list(Cfut.as_completed([slow, self.executor.submit(tasks.add, 1)], timeout=0.1))
        slow.cancel()

    def test_wait(self):
        """Waiting for many tells which have ended"""
        slow = self.executor.submit(tasks.wait_for_file, self.path())
        quick = self.executor.submit(tasks.add, 1)
        done, not_done = Cfut.wait([slow, quick], return_when=Cfut.FIRST_COMPLETED)
        self.assertEqual((done, not_done), ({quick}, {slow}))
        self.assertEqual(Cfut.wait([slow], timeout=0.01), (set(), {slow}))
        tasks.touch(self.path())
        self.assertEqual(Cfut.wait([slow, quick]).done, {slow, quick})
        self.assertEqual(Cfut.wait([]), (set(), set()))

    def test_wait_for_what(self):
        """What there is not to wait for is refused"""
        with self.assertRaisesRegex(ValueError, "Invalid return condition: 'x'"):
            Cfut.wait([self.executor.submit(tasks.add, 1)], return_when='x')

    def test_wait_for_exception(self):
        """Waiting may end with the first exception"""
        slow = self.executor.submit(tasks.wait_for_file, self.path())
        bad = self.executor.submit(tasks.divide, 1, 0)
        done, not_done = Cfut.wait([slow, bad], return_when=concurrent.futures.FIRST_EXCEPTION)
        self.assertEqual((done, not_done), ({bad}, {slow}))
        self.assertIsInstance(bad.exception(), ZeroDivisionError)
        tasks.touch(self.path())

    def test_initializer(self):
        """Each worker is set up before its first call"""
        executor = self.make(1, initializer=tasks.set_up, initargs=('set',))
        self.assertEqual(executor.submit(tasks.get_setting).result(DEADLINE), 'set')

    def test_shutdown(self):
        """After a shutdown nothing is taken, and what was submitted is done"""
        executor = self.make()
        futures = [executor.submit(tasks.add, i) for i in range(100)]
        executor.shutdown()
        self.assertTrue(all(future.done() for future in futures))
        with self.assertRaisesRegex(RuntimeError, 'shut down'):
            executor.submit(tasks.add, 1)
        with self.assertRaises(GLib.Error) as raised:
            executor.submit(tasks.add, 1)
        self.assertTrue(raised.exception.matches(Cfut.error_quark(), Cfut.Error.SHUTDOWN))

    def test_context_manager(self):
        """`with` waits at its end"""
        with self.executor_class(max_workers=1) as executor:
            future = executor.submit(tasks.sleep, 0.05)
        self.assertTrue(future.done())

    def test_stats(self):
        """The executor counts"""
        executor = self.make()
        for i in range(10):
            executor.submit(tasks.add, i).result(DEADLINE)
        executor.submit(tasks.divide, 1, 0).exception(DEADLINE)
        executor.shutdown()
        self.assertEqual(executor.get_stats().get_n_submitted(), 11)

    def test_lists(self):
        """The calls of an executor are a list model"""
        executor = self.make(1)
        calls = executor.get_calls()
        future = executor.submit(tasks.touch_and_wait, self.path())
        until(lambda: len(calls) == 1)
        self.assertIs(calls[0], future)
        future.cancel()

    def test_bounded(self):
        """With overflow=fail a full queue is an error"""
        executor = self.make(1, max_pending=1, overflow=Cfut.Overflow.FAIL)
        first = executor.submit(tasks.touch_and_wait, self.path())
        self.await_file(self.path())
        with self.assertRaises(GLib.Error) as raised:
            for _ in range(10):
                executor.submit(tasks.add, 1)
        self.assertTrue(raised.exception.matches(Cfut.error_quark(), Cfut.Error.QUEUE_FULL))
        first.cancel()

    def test_not_callable(self):
        """What is not callable is refused"""
        for submit in (self.executor.submit, self.executor.with_options(priority=1).submit,
                       self.executor.map):
            with self.assertRaisesRegex(TypeError, '5 is neither callable nor a name'):
                submit(5)

    def test_times(self):
        """Times are numbers of seconds; those without an end are none"""
        for options in {'timeout': 'x'}, {'deadline': b'x'}:
            with self.assertRaisesRegex(TypeError, 'A time is a number of seconds, not b?.x.'):
                self.executor.with_options(**options)
        endless = self.executor.with_options(timeout=1e30, deadline=10 ** 30)
        self.assertEqual(endless.submit(tasks.add, 1).result(1e30), 3)

    def test_initializer_must_be_callable(self):
        """An initializer that cannot be called is refused at once"""
        with self.assertRaisesRegex(TypeError, '^initializer must be a callable$'):
            self.executor_class(1, initializer=3)

    # -- Maps

    def test_map(self):
        """A map gives results in order"""
        self.assertEqual(list(self.executor.map(tasks.add, range(1000), range(1000))),
                         [2 * i for i in range(1000)])
        self.assertEqual(list(self.executor.map(tasks.add, [])), [])
        self.assertEqual(list(self.executor.map(tasks.add, [1, 2, 3], [1])), [2])

    def test_map_as_completed(self):
        """Or as they come"""
        results = list(self.executor.map(tasks.echo, range(1000), ordered=False))
        self.assertEqual(sorted(results), list(range(1000)))

    def test_map_is_lazy(self):
        """A map reads no further than it must"""
        read = []

        def numbers():
            i = 0
            while True:
                read.append(i)
                yield i
                i += 1

        results = self.executor.map(tasks.echo, numbers(), buffersize=5)
        self.assertEqual(len(read), 5)
        self.assertEqual([next(results) for _ in range(20)], list(range(20)))
        self.assertLessEqual(len(read), 25)
        results.close()
        self.assertEqual(list(results), [])

    def test_map_error(self):
        """The first exception ends a map, after the results before it"""
        for size in (None, 2):
            results = self.executor.map(tasks.divide, [4] * 4, [1, 2, 0, 4], chunksize=size)
            self.assertEqual([next(results), next(results)], [4, 2])
            with self.assertRaises(ZeroDivisionError):
                next(results)
            with self.assertRaises(StopIteration):
                next(results)
        with self.assertRaises(LookupError):
            list(self.executor.map(tasks.fail, [LookupError('x')]))

    def test_map_timeout(self):
        """A map has a time-out"""
        results = self.executor.map(tasks.sleep, [0, 1.5], timeout=0.5, chunksize=1)
        self.assertEqual(next(results), 'slept')
        with self.assertRaises(TimeoutError):
            next(results)

    def test_map_bad_source(self):
        """An exception of the iterable comes through"""
        def numbers():
            yield 1
            raise OSError('disk')

        with self.assertRaisesRegex(OSError, 'disk'):
            list(self.executor.map(tasks.echo, numbers()))
        with self.assertRaises(ValueError):
            self.executor.map(tasks.echo, [], chunksize=0)

    # -- Memory

    def test_nothing_is_kept(self):
        """Arguments and results go with their futures"""
        class Thing:
            pass

        if self.executor_class is Cfut.ProcessExecutor:
            self.skipTest('They are copies')
        thing = Thing()
        gone = weakref.ref(thing)
        future = self.executor.submit(tasks.echo, thing)
        self.assertIs(future.result(DEADLINE), thing)
        del thing, future
        until(lambda: gc.collect() is not None and gone() is None)


class Threads(ExecutorCase):
    executor_class = Cfut.ThreadExecutor

    def test_same_objects(self):
        """Nothing is copied: results and exceptions are the same objects"""
        lock = threading.Lock()
        self.assertIs(self.executor.submit(tasks.echo, lock).result(), lock)
        variant = GLib.Variant('s', 'x')
        self.assertIs(self.executor.submit(tasks.echo, variant).result(), variant)
        error = tasks.Unpicklable('same')
        self.assertIs(self.executor.submit(tasks.fail, error).exception(), error)

    def test_lambda(self):
        """Any callable will do"""
        self.assertEqual(self.executor.submit(lambda: threading.get_ident()
                                              != threading.main_thread().ident).result(), True)

    def test_nested(self):
        """A call may wait for a call of its own executor"""
        executor = self.make(1)
        self.assertEqual(executor.submit(lambda: executor.submit(tasks.add, 1).result(DEADLINE))
                         .result(DEADLINE), 3)

    def test_keeps_the_lock(self):
        """A thread does not let go of the interpreter's lock between calls"""
        executor = self.make(1)
        gate, wake, order = threading.Lock(), threading.Lock(), []
        gate.acquire()
        wake.acquire()

        def other():
            wake.acquire()
            order.append('other')

        def spin(i):
            order.append(i)
            for _ in range(1000):
                pass

        thread = threading.Thread(target=other)
        thread.start()
        # Nobody gets the lock who is not given it.
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(100)
        held = executor.submit(gate.acquire)
        until(held.running)
        futures = [executor.submit(wake.release), *(executor.submit(spin, i) for i in range(500))]
        gate.release()
        futures[-1].result(DEADLINE)
        thread.join()
        self.assertEqual(order[-1], 'other')

    def test_current_call(self):
        """A call may ask for itself, also within one that waits for it"""
        executor = self.make(1)

        def outer():
            before = Cfut.ThreadExecutor.get_current_call()
            inner = executor.submit(Cfut.ThreadExecutor.get_current_call).result(DEADLINE)
            return before, inner, Cfut.ThreadExecutor.get_current_call()

        before, inner, after = executor.submit(outer).result(DEADLINE)
        self.assertIsInstance(before, Cfut.Call)
        self.assertIsInstance(inner, Cfut.Call)
        self.assertIsNot(before, inner)
        self.assertIs(before, after)
        self.assertIsNone(Cfut.ThreadExecutor.get_current_call())

    def test_options_wait_for_room(self):
        """A full queue makes submits wait that have options, too"""
        executor = self.make(1, max_pending=1)
        futures = [executor.with_options(priority=i).submit(tasks.add, i) for i in range(20)]
        self.assertEqual([future.result(DEADLINE) for future in futures],
                         [2 + i for i in range(20)])
        executor.shutdown()
        with self.assertRaisesRegex(GLib.Error, 'shut down'):
            executor.with_options(priority=1).submit(tasks.add, 1)

    def test_initializer_fails(self):
        """One that cannot be set up breaks the executor"""
        with self.assertLogs('cfut', 'CRITICAL'):
            executor = self.make(1, initializer=tasks.fail_to_set_up)
            with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'No licence'):
                executor.submit(tasks.add, 1).result(DEADLINE)


class Processes(ExecutorCase):
    executor_class = Cfut.ProcessExecutor

    def test_other_process(self):
        """Functions run elsewhere"""
        self.assertNotEqual(self.executor.submit(tasks.get_pid).result(DEADLINE), os.getpid())

    def test_traceback(self):
        """The traceback of the worker is the cause"""
        error = self.executor.submit(tasks.divide, 1, 0).exception(DEADLINE)
        self.assertIsInstance(error.__cause__, Cfut.RemoteTraceback)
        self.assertIn('in divide', error.__cause__.tb)
        self.assertNotIn('worker.py', error.__cause__.tb)

    def test_what_cannot_be_pickled(self):
        """What cannot be pickled is an error of the call"""
        with unittest.mock.patch.dict(sys.modules, cloudpickle=None), \
                self.assertRaises((pickle.PicklingError, AttributeError)):
            self.executor.submit(lambda: 1)
        with self.assertRaises(TypeError):
            self.executor.submit(tasks.echo, threading.Lock())
        self.assertIsInstance(self.executor.submit(tasks.return_unpicklable).exception(DEADLINE),
                              TypeError)
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'no number'):
            self.executor.submit(tasks.return_unreadable).result(DEADLINE)
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'no number'):
            self.executor.submit(tasks.echo, tasks.Unreadable()).result(DEADLINE)
        error = self.executor.submit(tasks.fail_unpicklably).exception(DEADLINE)
        self.assertIsInstance(error, Cfut.RemoteError)
        self.assertEqual(str(error), 'Unpicklable: with a lock')
        self.assertIn('in fail_unpicklably', error.__cause__.tb)

    def test_names(self):
        """Errors and lists say which function it is"""
        future = self.executor.submit(tasks.die)
        self.assertEqual(future.props.name, 'python die')
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'while running "python die"'):
            future.result(DEADLINE)
        slow = self.executor.with_options(timeout=0.05).submit(tasks.touch_and_wait, self.path())
        with self.assertRaisesRegex(TimeoutError, '"python touch_and_wait" timed out'):
            slow.result(DEADLINE)
        for function, name in ((functools.partial(tasks.add, 1), 'object'),
                               ("x".join, "str.join"), (len, 'len')):
            future = self.executor.submit(function, 'x')
            self.assertEqual(future.props.name, 'python ' + name)
            future.exception(DEADLINE)

    def test_death(self):
        """A dead worker fails its call, and the executor goes on"""
        error = self.executor.submit(tasks.die).exception(DEADLINE)
        self.assertIsInstance(error, Cfut.BrokenProcessPool)
        self.assertIsInstance(error, concurrent.futures.BrokenExecutor)
        self.assertTrue(error.matches(Cfut.error_quark(), Cfut.Error.WORKER_DIED))
        self.assertIn('signal', str(error))
        self.assertEqual(self.executor.submit(tasks.add, 1).result(DEADLINE), 3)

    def test_retries(self):
        """A call may be tried again"""
        future = self.executor.with_options(retries=1).submit(tasks.die_once, self.path())
        self.assertEqual(future.result(DEADLINE), 2)

    def test_cancel_interrupts(self):
        """A cancel interrupts a sleep, and the function may tidy up"""
        executor = self.make(1)
        pid = executor.submit(tasks.get_pid).result(DEADLINE)
        future = executor.submit(tasks.catch_cancel, self.path(), self.path('caught'))
        self.await_file(self.path())
        future.cancel()
        with self.assertRaises(concurrent.futures.CancelledError):
            future.result(DEADLINE)
        self.await_file(self.path('caught'))
        self.assertEqual(executor.submit(tasks.get_pid).result(DEADLINE), pid)

    def test_cancel_a_loop_in_c(self):
        """What cannot be interrupted is killed"""
        executor = self.make(1, grace=50_000)
        future = executor.with_options(timeout=0.1).submit(tasks.loop_in_c)
        with self.assertRaises(TimeoutError):
            future.result(DEADLINE)
        self.assertEqual(executor.submit(tasks.add, 1).result(DEADLINE), 3)

    def test_initializer_fails(self):
        """One that cannot be set up breaks the executor, with the reason"""
        executor = self.make(1, initializer=tasks.fail_to_set_up)
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'No licence'):
            executor.submit(tasks.add, 1).result(DEADLINE)

    def test_surroundings(self):
        """Workers have the program's arguments and path"""
        argv, path = self.executor.submit(tasks.get_argv).result(DEADLINE)
        self.assertEqual(argv, sys.argv)
        self.assertEqual(path, [entry or os.getcwd() for entry in sys.path])

    def test_prestart(self):
        """Workers may be started before the first call"""
        executor = self.make(2)
        executor.prestart()
        until(lambda: len(executor.dup_worker_pids()) == 2)
        self.assertIn(executor.submit(tasks.get_pid).result(DEADLINE), executor.dup_worker_pids())

    def test_large(self):
        """Large bytes go there and back"""
        for size in (1, 64 * 1024, 3_000_000):
            for kind in (bytes, bytearray):
                value = kind(os.urandom(size))
                found = self.executor.submit(tasks.echo, value).result(DEADLINE)
                self.assertEqual(found, value)
                self.assertIs(type(found), kind)

    def test_large_objects(self):
        """So do large objects, with buffers in them or not"""
        for value in ([*range(100_000)], 'x' * 200_000, {'a': [bytearray(100_000), bytes(70_000)]},
                      [os.urandom(50_000) for _ in range(10)], array.array('d', range(50_000))):
            found = self.executor.submit(tasks.echo, value).result(DEADLINE)
            self.assertEqual(found, value)
            future = self.executor.submit(tasks.echo, value)
            until(future.done)
            self.assertEqual(future.result(), value)
            self.assertEqual(future.result(), value)

    def test_large_is_its_own(self):
        """What a large call was given may change after it, and a large result too"""
        value = bytearray(b'a' * 1_000_000)
        future = self.executor.submit(tasks.echo, value)
        value[:] = b'b' * 1_000_000
        found = future.result(DEADLINE)
        self.assertEqual(found, b'a' * 1_000_000)
        for i in range(10):
            self.executor.submit(tasks.echo, bytes([i]) * 1_000_000).result(DEADLINE)
        self.assertEqual(found, b'a' * 1_000_000)
        found[0] = 5
        self.assertEqual(future.result()[0], ord('a'))

    def test_large_exception(self):
        """An exception may be large"""
        value = os.urandom(500_000)
        error = self.executor.submit(tasks.fail, ValueError(value)).exception(DEADLINE)
        self.assertEqual(error.args, (value,))

    def test_module_function_by_name(self):
        """A worker serves functions of modules by name, with GVariants"""
        executor = self.make(1)
        executor.submit(tasks.add, 1).result(DEADLINE)
        future = executor.submit('tasks:count', GLib.Variant('(s)', ('word',)), None)
        result = future.dup_result(DEADLINE * 10**6)
        self.assertEqual(result.print_(True), "{'word': uint32 4}")
        self.assertEqual(executor.submit('math:sqrt', 4.0).result(DEADLINE), 2)
        with self.assertRaises(ValueError):
            executor.submit('math:sqrt', -1.0).result(DEADLINE)


class ByName(ExecutorCase):
    """Functions in C, of the module that the environment names."""

    executor_class = Cfut.ProcessExecutor
    modules = [os.environ['CFUT_TEST_MODULE']] if 'CFUT_TEST_MODULE' in os.environ else []

    @classmethod
    def setUpClass(cls):
        if not cls.modules:
            raise unittest.SkipTest('There is no module')
        cls.executor = Cfut.ProcessExecutor(max_workers=1, modules=cls.modules)

    def test_ordinary_values(self):
        """A function in C takes and gives ordinary values"""
        future = self.executor.submit('twice', 21)
        self.assertIsInstance(future, Cfut.Future)
        self.assertEqual(future.result(DEADLINE), 42)
        self.assertEqual(list(self.executor.map('twice', range(100))), [2 * i for i in range(100)])
        future = self.executor.with_options(timeout=DEADLINE, name='double').submit('twice', 2)
        self.assertEqual(future.result(), 4)

    def test_arrays(self):
        """Maps of functions in C take numbers of many kinds, and give ordinary ones"""
        numbers = list(range(3000))
        for name, factor in ('triple', 3), ('twice', 2):
            expected = [factor * number for number in numbers]
            for items in numbers, tuple(numbers), range(3000), array.array('q', numbers), array.array('h', numbers):
                self.assertEqual(list(self.executor.map(name, items)), expected)
            self.assertEqual(sorted(self.executor.map(name, numbers, ordered=False)), expected)
            self.assertEqual(list(self.executor.map(name, numbers, chunksize=7, buffersize=10)), expected)
            self.assertEqual(list(self.executor.map(name, iter(numbers[:50]))), expected[:50])
            self.assertEqual(list(self.executor.map(name, b'\1\2')), [factor, 2 * factor])
            self.assertEqual(list(self.executor.map(name, [])), [])
        self.assertIs(type(next(self.executor.map('triple', [1]))), int)
        fast = self.executor.with_options(timeout=DEADLINE).map('triple', numbers, timeout=DEADLINE)
        self.assertEqual(sum(fast), 3 * sum(numbers))

    def test_array_errors(self):
        """The first item that fails ends such a map, after the results before it"""
        for chunksize in None, 1, 100:
            results = self.executor.map('triple', [1, 2, -3, 4], chunksize=chunksize)
            self.assertEqual([next(results), next(results)], [3, 6])
            with self.assertRaisesRegex(GLib.Error, 'No -3'):
                next(results)
            with self.assertRaises(StopIteration):
                next(results)
        with self.assertRaises(TypeError):
            self.executor.map('triple', ['x'])
        with self.assertRaises(ValueError):
            self.executor.map('triple', [1], chunksize=0)
        with self.assertRaises(TimeoutError):
            list(self.executor.map('triple', range(10), timeout=0))

    def test_arrays_in_coroutines(self):
        """Such a map is an asynchronous iterator, too"""
        async def collect():
            return [result async for result in self.executor.map('triple', range(3000))]
        self.assertEqual(asyncio.run(collect()), [3 * number for number in range(3000)])

    def test_arrays_in_threads(self):
        """Threads other than the main one may go over such a map"""
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            total = threads.submit(lambda: sum(self.executor.map('triple', range(3000)))).result(DEADLINE)
        self.assertEqual(total, 3 * sum(range(3000)))

    def test_variants(self):
        """The signature of C works, too"""
        future = self.executor.submit('twice', GLib.Variant('(x)', (21,)), None)
        self.assertEqual(future.dup_result(DEADLINE * 10**6).unpack(), 42)
        results = self.executor.map('twice', GLib.Variant('a(x)', [(1,), (2,)]), None)
        self.assertEqual(results.next()[2].unpack(), 2)

    def test_errors(self):
        """What does not fit is refused, and an error of C is a GLib.Error"""
        with self.assertRaises(TypeError):
            self.executor.submit('twice', 'x')
        with self.assertRaises(TypeError):
            self.executor.submit('twice', 1, 2)
        with self.assertRaises(TypeError):
            self.executor.submit('twice', x=1)
        with self.assertRaises(GLib.Error) as raised:
            self.executor.submit('no-such-function', 1)
        self.assertTrue(raised.exception.matches(Cfut.error_quark(), Cfut.Error.UNKNOWN_FUNCTION))
        with self.assertRaisesRegex(GLib.Error, 'No such thing'):
            self.executor.submit('fail', 'No such thing').result(DEADLINE)
        with self.assertRaisesRegex(TypeError, 'python_worker_argv'):
            self.executor.submit(tasks.add, 1)

    def test_asyncio(self):
        """By name in a coroutine"""
        import asyncio

        async def call():
            return await self.executor.run('twice', 4), await self.executor.submit('twice', 5)

        self.assertEqual(asyncio.run(call()), (8, 10))

    def test_both(self):
        """A worker in Python may have modules in C"""
        executor = self.make(1, modules=self.modules, argv=Cfut.python_worker_argv())
        self.assertEqual(executor.submit(tasks.add, 1).result(DEADLINE), 3)
        self.assertEqual(executor.submit('twice', 21).result(DEADLINE), 42)


del Calls       # the base; its two kinds are run

if __name__ == '__main__':
    unittest.main()
