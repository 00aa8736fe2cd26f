# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The native face when workers die, garbage is collected and parents are killed.

    test-chaos.py [stress]
"""

import gc
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest

from support import Cfut, ExecutorCase, until
import tasks

STRESS = 'stress' in sys.argv
N_CALLS = 10_000 if STRESS else 2000
N_ROUNDS = 200


class Killer(threading.Thread):
    """Kills any worker every so often, if a few calls have ended since, until it is stopped."""

    CALLS_PER_KILL = 8

    def __init__(self, executor, interval):
        super().__init__()
        self.executor = executor
        self.interval = interval
        self.over = threading.Event()
        self.n_kills = 0

    def run(self):
        n_before = 0
        while not self.over.wait(self.interval):
            n_ended = self.executor.get_stats().get_n_finished()
            pids = self.executor.dup_worker_pids()
            if n_ended < n_before + self.CALLS_PER_KILL or not pids:
                continue
            n_before = n_ended
            try:
                os.kill(random.choice(pids), signal.SIGKILL)
                self.n_kills += 1
            except ProcessLookupError:
                pass


class Deaths(ExecutorCase):
    executor_class = Cfut.ProcessExecutor

    def storm(self, n_calls=N_CALLS, n_turns=500, interval=0.005, **options):
        executor = self.make(2, max_pending=2**32 - 1)
        calls = executor.with_options(**options)
        killer = Killer(executor, interval)
        killer.start()
        self.addCleanup(killer.join)
        self.addCleanup(killer.over.set)
        futures = [calls.submit(tasks.busy_pid, n_turns) for _ in range(n_calls)]
        good = bad = 0
        for future in Cfut.as_completed(futures):
            error = future.exception()
            if error is None:
                good += 1
            else:
                self.assertIsInstance(error, Cfut.BrokenProcessPool)
                bad += 1
        return good, bad, killer.n_kills

    def test_storm(self):
        """A killed worker fails at most one call, and none is lost"""
        good, bad, n_kills = self.storm()
        self.assertEqual(good + bad, N_CALLS)
        self.assertLessEqual(bad, n_kills)
        self.assertGreater(n_kills, 0)

    def test_storm_with_retries(self):
        """With retries none fails"""
        good, bad, _ = self.storm(retries=Cfut.RETRY_FOREVER)
        self.assertEqual((good, bad), (N_CALLS, 0))

    @unittest.skipUnless(STRESS, 'It takes minutes')
    def test_large_storm(self):
        """... not even of a hundred thousand, with a kill each millisecond that finds a worker"""
        good, bad, n_kills = self.storm(100_000, 1, 0.001, retries=Cfut.RETRY_FOREVER)
        print(f'100000 calls, {n_kills} kills: {good} right, {bad} failed', file=sys.stderr)
        self.assertEqual((good, bad), (100_000, 0))
        self.assertGreater(n_kills, 100)


class Garbage(unittest.TestCase):
    def count(self):
        gc.collect()
        return sum(1 for found in gc.get_objects()
                   if isinstance(found, (Cfut.Future, Cfut.Executor)))

    def drop(self, kind):
        executor = kind(max_workers=2)
        futures = [executor.submit(tasks.add, i) for i in range(20)]
        futures[0].add_done_callback(lambda future: None)
        futures[1].connect('notify::state', lambda *_: None)
        futures[2].note = futures         # a cycle through the wrapper
        if random.random() < 0.5:
            del executor
        gc.collect()
        futures[3].cancel()
        results = executor_map = None
        if 'executor' in locals():
            results = executor.map(tasks.add, range(100))
            next(results)
        del futures, results, executor_map
        gc.collect()

    def test_dropped(self):
        """Futures, executors and closures may be dropped at any time"""
        before = self.count()
        for i in range(N_ROUNDS):
            self.drop(Cfut.ThreadExecutor if i % 4 else Cfut.ProcessExecutor)
        until(lambda: self.count() <= before)
        until(lambda: len(threads()) <= 8)

    def test_no_leak(self):
        """Memory does not grow with calls"""
        for kind in Cfut.ThreadExecutor, Cfut.ProcessExecutor:
            with kind(max_workers=1) as executor:
                sizes = []
                for _ in range(6):
                    for future in [executor.submit(tasks.echo, b'x' * 100) for _ in range(3000)]:
                        future.result()
                    del future
                    gc.collect()
                    sizes.append(resident())
                # The heap settles first.
                self.assertLess(sizes[-1] - sizes[2], 1024 * 1024)


def threads():
    return os.listdir('/proc/self/task')


def resident():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


class Orphans(ExecutorCase):
    def parent(self, call):
        """The pids of the workers of a program that is killed while they run it."""
        program = textwrap.dedent(f'''
            import sys, time
            sys.path.insert(0, {os.path.dirname(os.path.abspath(tasks.__file__))!r})
            import tasks
            import gi; gi.require_version('Cfut', '1')
            from gi.repository import Cfut
            executor = Cfut.ProcessExecutor(2)
            futures = [executor.submit(tasks.get_pid) for _ in range(2)]
            print(*{{future.result() for future in futures}}, *executor.dup_worker_pids(), flush=True)
            futures = [executor.submit({call}) for _ in range(2)]
            while executor.get_n_running() < 2:
                time.sleep(0.01)
            print('running', flush=True)
            time.sleep(60)
        ''')
        child = subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE, text=True)
        pids = {int(pid) for pid in child.stdout.readline().split()}
        self.assertEqual(child.stdout.readline(), 'running\n')
        time.sleep(0.05)
        child.kill()
        child.stdout.close()
        child.wait()
        return pids

    def test_orphans(self):
        """No worker outlives its parent, not even in a loop in C"""
        for call in ('tasks.sleep', 'tasks.loop_in_c', 'tasks.busy, 10**12'):
            pids = self.parent(call)
            self.assertTrue(pids)
            until(lambda: not any(is_alive(pid) for pid in pids))


def is_alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
