# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python functions on Cfut.InlineExecutor, which is for debugging."""

import asyncio
import gc
import threading
import unittest
import weakref

import cfut_worker
from support import Cfut, ExecutorCase, Gio, GLib
import tasks


def report():
    cfut_worker.progress(0.5, 'half')
    return cfut_worker.attempt(), cfut_worker.cancelled()


class Inline(ExecutorCase):
    def setUp(self):
        super().setUp()
        self.executor = Cfut.InlineExecutor()

    def test_submit(self):
        """A call is done when submit() returns, and was in this thread"""
        future = self.executor.submit(threading.get_ident)
        self.assertTrue(future.done())
        self.assertEqual(future.result(), threading.get_ident())

    def test_exception(self):
        """What it raises is raised by its future: the same object"""
        error = KeyError('k')
        future = self.executor.submit(tasks.fail, error)
        self.assertIs(future.exception(), error)
        with self.assertRaises(KeyError):
            future.result()
        self.assertIsInstance(self.executor.submit(tasks.fail, SystemExit(3)).exception(), SystemExit)
        self.assertEqual(future.props.state, Cfut.FutureState.FAILED)

    def test_exception_keeps_nothing(self):
        """An exception does not keep its future"""
        gc.disable()
        self.addCleanup(gc.enable)
        future = self.executor.submit(tasks.divide, 1, 0)
        future.exception()
        reference = weakref.ref(future)
        del future
        self.assertIsNone(reference())

    def test_interrupt(self):
        """Ctrl-C comes through"""
        with self.assertRaises(KeyboardInterrupt):
            self.executor.submit(tasks.fail, KeyboardInterrupt())
        self.assertIsNone(cfut_worker._current.call)

    def test_progress(self):
        """A call tells of itself as anywhere"""
        future = self.executor.submit(report)
        self.assertEqual(future.result(), (1, False))
        self.assertEqual((future.props.progress, future.props.progress_message), (0.5, 'half'))

    def test_nested(self):
        """A call that submits another one is itself again afterwards"""
        def outer():
            inner = self.executor.submit(report).result()
            cfut_worker.progress(0.25)
            return inner

        future = self.executor.submit(outer)
        self.assertEqual(future.result(), (1, False))
        self.assertEqual(future.props.progress, 0.25)
        self.assertIsNone(cfut_worker._current.call)

    def test_cancelled(self):
        """A call that is cancelled before does not run"""
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        ran = []
        future = self.executor.with_options(cancellable=cancellable).submit(ran.append, 1)
        self.assertTrue(future.cancelled())
        self.assertEqual(ran, [])

    def test_map(self):
        """A map ends with the first exception"""
        self.assertEqual(list(self.executor.map(tasks.add, range(3), range(3))), [0, 2, 4])
        results = self.executor.map(tasks.divide, [2, 1], [1, 0])
        self.assertEqual(next(results), 2)
        with self.assertRaises(ZeroDivisionError):
            next(results)

    def test_coroutines(self):
        """In coroutines it is like the others"""
        async def main():
            with self.assertRaises(ZeroDivisionError):
                await self.executor.run(tasks.divide, 1, 0)
            return await asyncio.gather(self.executor.run(tasks.add, 1),
                                        self.executor.submit(tasks.add, 2))

        self.assertEqual(asyncio.run(main()), [3, 4])

    def test_shutdown(self):
        """Once shut down it takes no more"""
        with self.executor as executor:
            executor.submit(tasks.add, 1)
        with self.assertRaises(GLib.Error) as raised:
            executor.submit(tasks.add, 1)
        self.assertTrue(raised.exception.matches(Cfut.error_quark(), Cfut.Error.SHUTDOWN))

    def test_not_callable(self):
        """What is not callable is refused"""
        with self.assertRaises(TypeError):
            self.executor.submit(5)


if __name__ == '__main__':
    unittest.main()
