# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The native face in event loops.

    test-asyncio.py [standard|glib|pygobject]
"""

import asyncio
import gc
import os
import sys
import threading
import unittest
import weakref

from support import DEADLINE, Cfut, ExecutorCase, GLib, both_kinds, get_resident
import loops
import tasks

LOOP = sys.argv.pop() if len(sys.argv) > 1 else 'standard'


def run_in_loop(coroutine):
    """As asyncio.run(), with the kind of loop that is tested."""
    with asyncio.Runner(loop_factory=loops.LOOPS[LOOP]) as runner:
        return runner.run(coroutine)


def in_loop(test):
    """Decorates a coroutine: it runs in a loop of its own."""
    def run(self):
        run_in_loop(asyncio.wait_for(test(self), DEADLINE))
    run.__doc__ = test.__doc__
    return run


@both_kinds
class Loops(ExecutorCase):
    @in_loop
    async def test_await(self):
        """A future may be awaited, several times"""
        future = self.executor.submit(tasks.add, 1)
        self.assertEqual(await future, 3)
        self.assertEqual(await future, 3)
        self.assertIsNone(await self.executor.submit(tasks.echo, None))

    @in_loop
    async def test_run(self):
        """To run is to submit and await"""
        self.assertEqual(await self.executor.run(tasks.add, 1, b=5), 6)
        big = b'x' * 1_000_000
        self.assertEqual(await self.executor.run(tasks.echo, big), big)
        self.assertEqual(await self.executor.with_options(timeout=DEADLINE).run(tasks.add, 1), 3)

    @in_loop
    async def test_exception(self):
        """Exceptions are raised where it is awaited"""
        for awaitable in (self.executor.submit(tasks.divide, 1, 0),
                          self.executor.run(tasks.divide, 1, 0)):
            with self.assertRaises(ZeroDivisionError):
                await awaitable
        with self.assertRaises(RuntimeError):
            await self.executor.run(tasks.fail, StopIteration(1))

    @in_loop
    async def test_large(self):
        """Large values go there and come back, and are freed"""
        for value in os.urandom(1_000_000), bytearray(300_000), [*range(50_000)]:
            self.assertEqual(await self.executor.run(tasks.echo, value), value)
        before = get_resident()
        for _ in range(100):
            calls = [self.executor.run(tasks.echo, bytes(1_000_000)) for _ in range(3)]
            calls.pop().cancel()
            self.assertEqual(await asyncio.gather(*calls), [bytes(1_000_000)] * 2)
        self.assertLess(get_resident() - before, 80 << 20)

    @in_loop
    async def test_gather(self):
        """Many at a time"""
        results = await asyncio.gather(*[self.executor.run(tasks.echo, i) for i in range(2000)])
        self.assertEqual(results, list(range(2000)))
        results = await asyncio.gather(*[self.executor.submit(tasks.echo, i) for i in range(200)])
        self.assertEqual(results, list(range(200)))

    @in_loop
    async def test_task_group(self):
        """In a task group"""
        async with asyncio.TaskGroup() as group:
            found = [group.create_task(self.call(i)) for i in range(50)]
        self.assertEqual([task.result() for task in found], [i + 2 for i in range(50)])

    async def call(self, i):
        return await self.executor.run(tasks.add, i)

    @in_loop
    async def test_timeout(self):
        """A time-out of asyncio's cancels the call"""
        for start in self.executor.run, self.executor.submit:
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(start(tasks.touch_and_wait, self.path(start.__name__)), 0.2)
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await start(tasks.touch_and_wait, self.path(start.__name__ + '2'))
            await self.nothing_runs()

    async def nothing_runs(self):
        while self.executor.get_n_running() or self.executor.get_n_pending():
            await asyncio.sleep(0.001)

    @in_loop
    async def test_cancel(self):
        """Cancelling a task cancels its call"""
        future = self.executor.submit(tasks.touch_and_wait, self.path())

        async def wait():
            await future

        task = asyncio.create_task(wait())
        await self.executor.run(tasks.wait_for_file, self.path())
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        await self.nothing_runs()
        self.assertTrue(future.cancelled())

    @in_loop
    async def test_cancelled_future(self):
        """Awaiting a future that others cancel raises CancelledError"""
        future = self.executor.submit(tasks.touch_and_wait, self.path())
        await self.executor.run(tasks.wait_for_file, self.path())
        future.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await future

    @in_loop
    async def test_call_timeout(self):
        """The call's own time-out is a TimeoutError"""
        with self.assertRaises(TimeoutError):
            await self.executor.with_options(timeout=0.05).run(tasks.touch_and_wait, self.path())

    @in_loop
    async def test_room(self):
        """A full queue makes coroutines wait, and not the loop"""
        executor = self.make(1, max_pending=2)
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.create_task(tick())
        blocker = executor.submit(tasks.touch_and_wait, self.path())
        calls = [asyncio.ensure_future(executor.run(tasks.echo, i)) for i in range(50)]
        waiting = [asyncio.create_task(executor.enqueue(tasks.echo, i)) for i in range(50)]
        before = ticks
        await asyncio.sleep(0.05)
        self.assertGreater(ticks, before)
        self.assertLessEqual(executor.get_n_pending(), 2)
        blocker.cancel()
        self.assertEqual(await asyncio.gather(*calls), list(range(50)))
        futures = await asyncio.gather(*waiting)
        self.assertEqual([await future for future in futures], list(range(50)))
        ticker.cancel()

    @in_loop
    async def test_room_in_turn(self):
        """Who waits for room is told, in order, or that there is none any more"""
        executor = self.make(1, max_pending=1)
        blockers = [executor.submit(tasks.touch_and_wait, self.path(f'first-{i}')) for i in range(2)]
        order = []

        async def enqueue(i):
            future = await executor.enqueue(tasks.echo, i)
            order.append(i)
            return await future

        waiting = [asyncio.create_task(enqueue(i)) for i in range(10)]
        await asyncio.sleep(0)
        waiting[3].cancel()
        for blocker in blockers:
            blocker.cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        self.assertIsInstance(results.pop(3), asyncio.CancelledError)
        self.assertEqual(results, [i for i in range(10) if i != 3])
        self.assertEqual(order, results)

        blockers = [executor.submit(tasks.touch_and_wait, self.path(f'second-{i}')) for i in range(2)]
        waiting = [asyncio.create_task(enqueue(i)) for i in range(3)]
        await asyncio.sleep(0)
        self.assertEqual(executor.get_n_pending(), 1)
        Cfut.Executor.shutdown(executor, Cfut.ShutdownFlags.CANCEL, 0)
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            self.assertTrue(result.matches(Cfut.error_quark(), Cfut.Error.SHUTDOWN), result)

    @in_loop
    async def test_map(self):
        """A map is an asynchronous iterator, too"""
        self.assertEqual([i async for i in self.executor.map(tasks.add, range(500))],
                         list(range(2, 502)))
        found = [i async for i in self.executor.map(tasks.echo, range(500), ordered=False)]
        self.assertEqual(sorted(found), list(range(500)))
        with self.assertRaises(ZeroDivisionError):
            async for _ in self.executor.map(tasks.divide, [1, 1], [1, 0]):
                pass
        with self.assertRaises(TimeoutError):
            async for _ in self.executor.map(tasks.touch_and_wait, [self.path()], timeout=0.1):
                pass

    @in_loop
    async def test_shut_down(self):
        """A call after the end raises"""
        executor = self.make()
        executor.shutdown()
        with self.assertRaises(GLib.Error):
            await executor.run(tasks.add, 1)

    def test_loops_come_and_go(self):
        """Each loop has a queue, which goes with it"""
        gone = []

        async def call():
            self.assertEqual(await self.executor.run(tasks.add, 1), 3)
            gone.append(weakref.ref(asyncio.get_running_loop()))

        for _ in range(20):
            run_in_loop(call())
        gc.collect()
        self.assertEqual([ref() for ref in gone], [None] * 20)


@both_kinds
@unittest.skipIf(LOOP == 'standard', 'its loop iterates no GMainContext')
class Sources(ExecutorCase):
    """Loops that are those of GLib, too."""

    @in_loop
    async def test_sources_go_on(self):
        """Sources of GLib are dispatched while coroutines wait for calls"""
        ticks = []
        source = GLib.timeout_add(1, lambda: ticks.append(threading.get_ident()) or True)
        waiting = self.executor.submit(tasks.touch_and_wait, self.path())
        while len(ticks) < 20:
            self.assertEqual(await self.executor.run(tasks.add, 1), 3)
            await asyncio.sleep(0.001)
        waiting.cancel()
        GLib.source_remove(source)
        self.assertEqual(set(ticks), {threading.get_ident()})

    @in_loop
    async def test_source_wakes_a_coroutine(self):
        """What GLib dispatches may start calls, and have coroutines go on"""
        found = asyncio.get_running_loop().create_future()

        def start():
            future = self.executor.submit(tasks.add, 1)
            future.add_done_callback(lambda future: found.set_result(future.result()))
            return GLib.SOURCE_REMOVE

        GLib.idle_add(start)
        self.assertEqual(await found, 3)

    @in_loop
    async def test_progress(self):
        """Properties change, and signals come, in the loop's thread"""
        future = self.executor.submit(tasks.report, [0.25, 0.5, 1.0])
        changes = []
        future.connect('notify::progress', lambda future, _: changes.append(
            (future.props.progress, threading.get_ident())))
        self.assertEqual(await future, 3)
        while not changes or changes[-1][0] < 1:
            await asyncio.sleep(0.001)
        self.assertEqual({ident for _, ident in changes}, {threading.get_ident()})


class Death(ExecutorCase):
    executor_class = Cfut.ProcessExecutor

    @in_loop
    async def test_death(self):
        """A dead worker fails its call"""
        with self.assertRaises(Cfut.BrokenProcessPool):
            await self.executor.run(tasks.die)
        self.assertEqual(await self.executor.run(tasks.add, 1), 3)


del Loops, Sources

if __name__ == '__main__':
    if not loops.have(LOOP):
        sys.exit(77)    # skipped
    unittest.main()
