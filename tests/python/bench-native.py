# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The native face beside the standard library, in one run.

    bench-native.py [--check]

Rounds of both alternate; each number is the median of them, and behind each ratio
is where the middle half of them lies. With --check the exit code tells whether the
ratios are what the documentation promises.
"""

import asyncio
import concurrent.futures
import gc
import multiprocessing
import operator
import os
import signal
import sys
import time

import gi

gi.require_version('Cfut', '1')

from gi.repository import Cfut  # noqa: E402

from rounds import Rounds  # noqa: E402

N_WORKERS = 2
MIB = 1024 * 1024


def echo(value):
    return value


def per_second(n, function):
    begin = time.perf_counter()
    function()
    return n / (time.perf_counter() - begin)


def one_future_a_call(executor, n):
    def calls():
        for future in [executor.submit(operator.add, 1, i) for i in range(n)]:
            future.result()
    return per_second(n, calls)


def round_trips(executor, n):
    def calls():
        for i in range(n):
            executor.submit(operator.add, 1, i).result()
    return per_second(n, calls)


def large(executor, n):
    data = os.urandom(MIB)

    def calls():
        for _ in range(n):
            assert len(executor.submit(echo, data).result()) == MIB
    return per_second(n, calls)


def gather(executor, n):
    async def ours():
        await asyncio.gather(*[executor.run(operator.add, 1, i) for i in range(n)])

    async def theirs():
        loop = asyncio.get_running_loop()
        await asyncio.gather(*[loop.run_in_executor(executor, operator.add, 1, i)
                               for i in range(n)])

    run = ours if isinstance(executor, Cfut.Executor) else theirs
    return per_second(n, lambda: asyncio.run(run()))


def start(make):
    """How many pools can be started in a second, one after the other."""
    def pool():
        with make() as executor:
            executor.submit(operator.add, 1, 2).result()
    return per_second(1, pool)


def rss():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def calls_per_mib(make, n):
    """How many queued calls fit in a MiB; the workers are busy meanwhile."""
    child, parent = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        executor = make()
        for _ in range(N_WORKERS * 2):
            executor.submit(time.sleep, 60)
        time.sleep(0.3)
        gc.collect()
        before = rss()
        futures = [executor.submit(operator.add, 1, i) for i in range(n)]
        child.send((rss() - before) / len(futures))
        # Workers of the standard pool would outlive it.
        os.killpg(0, signal.SIGKILL)
    size = parent.recv()
    os.waitpid(pid, 0)
    return MIB / size


def native_processes():
    return Cfut.ProcessExecutor(max_workers=N_WORKERS, max_pending=2**32 - 1)


def native_threads():
    return Cfut.ThreadExecutor(max_workers=N_WORKERS, max_pending=2**32 - 1)


def standard_processes(method='fork'):
    return concurrent.futures.ProcessPoolExecutor(
        N_WORKERS, mp_context=multiprocessing.get_context(method))


def standard_threads():
    return concurrent.futures.ThreadPoolExecutor(N_WORKERS)


class Table:
    def __init__(self):
        self.missed = []
        print(f'{"":34} {"cfut":>12} {"standard":>12} {"ratio":>8} {"quartiles":>14} {"wanted":>8}')

    def compare(self, what, wanted, n, ours, theirs):
        rounds = Rounds(n, ours, theirs)
        ratio, low, high = rounds.ratios()
        medians = '{:12.1f} {:12.1f}'.format(*rounds.medians)
        print(f'{what:34} {medians} {ratio:8.2f} {f"{low:.2f}-{high:.2f}":>14} {wanted:8.1f}',
              flush=True)
        if ratio < wanted:
            self.missed.append(what)


def main():
    table = Table()
    # Before there is any thread, since these fork.
    table.compare('queued calls in a MiB', 2, 1,
                  lambda: calls_per_mib(native_processes, 50_000),
                  lambda: calls_per_mib(standard_processes, 50_000))
    table.compare('pool starts/s (spawn)', 1, 3,
                  lambda: start(native_processes), lambda: start(lambda: standard_processes('spawn')))

    with native_processes() as ours, standard_processes() as theirs:
        for executor in ours, theirs:
            one_future_a_call(executor, 2000)
        table.compare('calls/s, one future a call', 12, 5,
                      lambda: one_future_a_call(ours, 20_000),
                      lambda: one_future_a_call(theirs, 5000))
        table.compare('calls/s, asyncio gather', 12, 5,
                      lambda: gather(ours, 20_000), lambda: gather(theirs, 5000))
        table.compare('round trips/s', 2, 5,
                      lambda: round_trips(ours, 2000), lambda: round_trips(theirs, 1000))
        table.compare('MiB there and back/s', 5, 5,
                      lambda: large(ours, 50), lambda: large(theirs, 50))

    with native_threads() as ours, standard_threads() as theirs:
        for executor in ours, theirs:
            one_future_a_call(executor, 2000)
        # One round is at the mercy of who gets the interpreter lock.
        table.compare('threads: calls/s', 1, 31,
                      lambda: one_future_a_call(ours, 5000),
                      lambda: one_future_a_call(theirs, 5000))
        table.compare('threads: round trips/s', 1, 31,
                      lambda: round_trips(ours, 1000), lambda: round_trips(theirs, 1000))
    return 1 if table.missed and '--check' in sys.argv else 0


if __name__ == '__main__':
    sys.exit(main())
