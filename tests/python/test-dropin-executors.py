# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the documentation of Executor promises: submit(), map(), shutdown()."""

import copy
import gc
import itertools
import pickle
import textwrap
import threading
import weakref

from both import DEADLINE, Gates, both_executors, ours, since
import jobs
import tap


@both_executors
class Submit(Gates):
    def test_result(self):
        with self.executor(2) as executor:
            self.assertEqual(executor.submit(pow, 323, 1235).result(DEADLINE), 323 ** 1235)

    def test_arguments(self):
        executor = self.executor(1)
        self.assertEqual(executor.submit(jobs.power, 3, exponent=3).result(DEADLINE), 27)
        self.assertEqual(executor.submit(jobs.capture, 1, self=2, fn=3).result(DEADLINE),
                         ((1,), {'self': 2, 'fn': 3}))
        with self.assertRaises(TypeError):
            executor.submit(fn=jobs.power, base=1)
        with self.assertRaises(TypeError):
            executor.submit()

    def test_calls_start_in_order(self):
        executor = self.executor(1)
        for number in range(20):
            executor.submit(jobs.append, self.path('log'), number)
        executor.shutdown()
        self.assertEqual(self.lines('log'), [str(number) for number in range(20)])

    def test_exception(self):
        executor = self.executor(1)
        future = executor.submit(jobs.fail_at, 3, 3)
        with self.assertRaisesRegex(ValueError, 'no 3'):
            future.result(DEADLINE)

    @since(3, 13, 4)
    def test_exception_that_is_false(self):
        executor = self.executor(1)
        future = executor.submit(jobs.raise_, jobs.Falsy('yes'))
        with self.assertRaisesRegex(jobs.Falsy, 'yes'):
            future.result(DEADLINE)
        self.assertIsInstance(future.exception(DEADLINE), jobs.Falsy)
        with self.assertRaisesRegex(jobs.Falsy, 'yes'):
            next(executor.map(jobs.raise_, [jobs.Falsy('yes')]))

    @ours
    def test_cannot_be_copied(self):
        executor = self.executor(1)
        future, = self.hold(executor)
        for thing in executor, future:
            for copy_it in copy.deepcopy, pickle.dumps:
                with self.assertRaises((TypeError, AttributeError)):
                    copy_it(thing)
        gc.collect()
        jobs.touch(self.go)
        self.assertEqual(executor.submit(int).result(DEADLINE), 0)

    def test_from_several_threads(self):
        executor = self.executor(2)
        results = []

        def submit(number):
            results.append(executor.submit(jobs.power, number).result(DEADLINE))

        threads = [threading.Thread(target=submit, args=[number]) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [number ** 2 for number in range(10)])


@both_executors
class Map(Gates):
    def setUp(self):
        super().setUp()
        self.pool = self.executor(2)

    def test_results_in_order(self):
        self.assertEqual(list(self.pool.map(jobs.power, range(20), range(20))),
                         [n ** n for n in range(20)])
        self.assertEqual(list(self.pool.map(jobs.power, [])), [])

    def test_ends_with_the_shortest(self):
        self.assertEqual(list(self.pool.map(jobs.power, itertools.count(), [1, 1])), [0, 1])

    def test_no_iterables(self):
        self.assertEqual(list(self.pool.map(int)), [])

    def test_is_an_iterator(self):
        results = self.pool.map(jobs.power, [1, 2])
        self.assertIs(iter(results), results)
        self.assertEqual(next(results), 1)

    def test_input_is_read_at_once(self):
        read = []
        self.pool.map(jobs.power, (read.append(n) or n for n in range(5)))
        self.assertEqual(read, list(range(5)))

    def test_starts_before_results_are_asked_for(self):
        self.pool.map(jobs.touch, [self.path('touched')])
        jobs.wait_for(self.path('touched'))

    def test_exception_comes_in_its_turn(self):
        results = self.pool.map(jobs.fail_at, range(5), [2] * 5)
        self.assertEqual([next(results), next(results)], [0, 1])
        with self.assertRaisesRegex(ValueError, 'no 2'):
            next(results)
        self.assertEqual(list(results), [])

    def test_timeout(self):
        results = self.pool.map(jobs.wait_for, [self.go], timeout=0.01)
        with self.assertRaises(TimeoutError):
            next(results)

    def test_results_that_are_there_come_in_time(self):
        jobs.touch(self.path('there'))
        results = self.pool.map(jobs.wait_for, [self.path('there'), self.go], timeout=2)
        self.assertEqual(next(results), self.path('there'))
        with self.assertRaises(TimeoutError):
            next(results)

    def test_timeout_cancels_the_rest(self):
        pool = self.executor(1)
        self.hold(pool)
        results = pool.map(jobs.append, [self.path('log')] * 10, range(10), timeout=0)
        with self.assertRaises(TimeoutError):
            next(results)
        jobs.touch(self.go)
        self.shut_down(pool)
        # The standard pool of processes has two more on their way already.
        self.assertLessEqual(len(self.lines('log')), 3)

    def test_closing_cancels_the_rest(self):
        pool = self.executor(1)
        results = pool.map(jobs.wait_for, [self.path('first')] + [self.path(f'x{i}') for i in range(9)])
        jobs.touch(self.path('first'))
        next(results)
        results.close()
        for i in range(9):
            jobs.touch(self.path(f'x{i}'))
        self.shut_down(pool)

    def test_keeps_nothing_it_has_yielded(self):
        for result in self.pool.map(jobs.Thing, range(5)):
            reference = weakref.ref(result)
            del result
            self.wait_until(lambda: reference() is None)

    def test_chunks(self):
        numbers = list(range(40))
        for chunksize in 6, 40, 50:
            self.assertEqual(list(self.pool.map(jobs.power, numbers, chunksize=chunksize)),
                             [n ** 2 for n in numbers])

    @since(3, 14)
    def test_buffersize_bounds_what_is_read(self):
        numbers = itertools.count()
        results = self.pool.map(jobs.power, numbers, buffersize=4)
        self.assertEqual(next(numbers), 4)
        self.assertEqual(next(results), 0)
        self.assertEqual(next(numbers), 6)

    @since(3, 14)
    def test_buffersize_gives_all_results(self):
        for buffersize in 1, 2, 100:
            self.assertEqual(list(self.pool.map(jobs.power, range(10), buffersize=buffersize)),
                             [n ** 2 for n in range(10)])

    @since(3, 14)
    def test_buffersize_without_input(self):
        self.assertEqual(list(self.pool.map(jobs.power, [], buffersize=1)), [])
        self.assertEqual(list(self.pool.map(int, buffersize=1)), [])

    @since(3, 14)
    def test_buffersize_is_checked(self):
        for bad in 'foo', 2.0:
            with self.assertRaisesRegex(TypeError, 'buffersize must be an integer or None'):
                self.pool.map(str, range(4), buffersize=bad)
        for bad in 0, -1:
            with self.assertRaisesRegex(ValueError, 'buffersize must be None or > 0'):
                self.pool.map(str, range(4), buffersize=bad)

    @since(3, 14)
    def test_buffered_results_outlive_the_executor(self):
        executor = getattr(self.futures, self.kind)(1)
        results = executor.map(jobs.power, range(10), buffersize=3)
        del executor
        self.assertEqual(list(results), [0, 1, 4])

    @since(3, 14)
    def test_buffered_map_of_chunks(self):
        self.assertEqual(list(self.pool.map(jobs.power, range(20), chunksize=3, buffersize=2)),
                         [n ** 2 for n in range(20)])

    def test_does_not_keep_the_executor(self):
        executor = getattr(self.futures, self.kind)(1)
        results = executor.map(jobs.power, range(4))
        reference = weakref.ref(executor)
        del executor
        self.wait_until(lambda: reference() is None)
        self.assertEqual(list(results), [0, 1, 4, 9])


@both_executors
class Shutdown(Gates):
    def test_nothing_is_taken_afterwards(self):
        executor = self.executor(1)
        executor.shutdown()
        with self.assertRaisesRegex(RuntimeError, 'cannot schedule new futures after shutdown'):
            executor.submit(int)
        with self.assertRaisesRegex(RuntimeError, 'cannot schedule new futures after shutdown'):
            executor.map(int, [1])

    def test_waits_for_all(self):
        executor = self.executor(2)
        futures = [executor.submit(jobs.power, n) for n in range(50)]
        executor.shutdown()
        self.assertTrue(all(future.done() for future in futures))
        self.assertEqual([future.result(0) for future in futures], [n ** 2 for n in range(50)])

    def test_without_waiting(self):
        executor = self.executor(1)
        [held] = self.hold(executor)
        queued = executor.submit(int)
        executor.shutdown(wait=False)
        self.assertFalse(held.done())
        with self.assertRaises(RuntimeError):
            executor.submit(int)
        jobs.touch(self.go)
        self.assertEqual(held.result(DEADLINE), self.go)
        self.assertEqual(queued.result(DEADLINE), 0)

    def test_cancels_what_waits(self):
        executor = self.executor(1)
        [held] = self.hold(executor)
        queued = [executor.submit(int) for _ in range(10)]
        executor.shutdown(wait=False, cancel_futures=True)
        jobs.touch(self.go)
        self.assertEqual(held.result(DEADLINE), self.go)
        self.wait_until(lambda: all(future.done() for future in queued))
        # The standard pool of processes has two more on their way already.
        self.assertGreaterEqual(sum(future.cancelled() for future in queued), 8)

    @ours
    def test_cancelled_futures_are_notified(self):
        executor = self.executor(1)
        self.hold(executor)
        queued = {executor.submit(int) for _ in range(10)}
        executor.shutdown(wait=False, cancel_futures=True)
        self.assertEqual(self.futures.wait(queued, DEADLINE).done, queued)

    def test_twice(self):
        executor = self.executor(1)
        executor.submit(int)
        executor.shutdown()
        executor.shutdown()
        executor.shutdown(wait=False, cancel_futures=True)

    def test_never_used(self):
        self.executor(1).shutdown()

    def test_with_statement(self):
        with self.executor(2) as executor:
            future = executor.submit(jobs.power, 3)
        self.assertEqual(future.result(0), 9)
        with self.assertRaises(RuntimeError):
            executor.submit(int)

    def test_with_statement_that_fails(self):
        with self.assertRaises(ZeroDivisionError):
            with self.executor(2) as executor:
                future = executor.submit(jobs.power, 3)
                1 / 0
        self.assertEqual(future.result(0), 9)

    def test_wait_and_as_completed(self):
        executor = self.executor(2)
        [held] = self.hold(executor)
        quick = executor.submit(int)
        self.assertEqual(self.futures.wait([held, quick], DEADLINE, self.futures.FIRST_COMPLETED),
                         ({quick}, {held}))
        jobs.touch(self.go)
        self.assertEqual(set(self.futures.as_completed([held, quick], DEADLINE)), {held, quick})


@both_executors
class EndOfTheProgram(Gates):
    def run_with_executor(self, text):
        return self.run_program(f'''
if __name__ == '__main__':
    executor = {self.kind}(1)
{textwrap.indent(text, ' ' * 4)}''')

    def test_waits_for_all_calls(self):
        out, err, status = self.run_with_executor('''
for number in range(5):
    executor.submit(print, number, flush=True)
''')
        self.assertEqual((out, err, status), ('0\n1\n2\n3\n4\n', '', 0))

    def test_nothing_is_taken_afterwards(self):
        out, err, status = self.run_with_executor('''
import atexit
@atexit.register
def submit():
    try:
        executor.submit(int)
    except RuntimeError as error:
        print(error)
executor.submit(int).result()
''')
        self.assertIn('cannot schedule new futures after ', out)
        self.assertEqual((err, status), ('', 0))


if __name__ == '__main__':
    tap.main()
