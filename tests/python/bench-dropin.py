# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares cfutures with concurrent.futures, in one run, and prints TAP.

    bench-dropin.py [NAME]...

Rounds of both take turns; each number is the median of them, and behind each ratio
is where the middle half of them lies.
"""

import concurrent.futures
import multiprocessing
import operator
import subprocess
import sys
import time
from functools import partial

import cfutures
from rounds import Rounds

ROUNDS = 5
# One round of threads is at the mercy of who gets the interpreter lock.
THREAD_ROUNDS = 31

STANDARD = concurrent.futures
SPAWN = multiprocessing.get_context('spawn')


def echo(data):
    return data


def calls(executor, function, n):
    """Seconds a call, with one future a call."""
    begin = time.perf_counter()
    futures = [executor.submit(function, i, 1) for i in range(n)]
    for future in futures:
        future.result()
    return (time.perf_counter() - begin) / n


def round_trips(executor, function, n):
    """Seconds a call, one after the other."""
    begin = time.perf_counter()
    for i in range(n):
        executor.submit(function, i, 1).result()
    return (time.perf_counter() - begin) / n


def echoes(executor, n):
    """Seconds for 1 MiB there and back."""
    data = bytes(2 ** 20)
    begin = time.perf_counter()
    futures = [executor.submit(echo, data) for _ in range(n)]
    for future in futures:
        assert len(future.result()) == len(data)
    return (time.perf_counter() - begin) / n


def start(make):
    """Seconds until both workers of a new pool have answered."""
    begin = time.perf_counter()
    with make(2) as executor:
        for future in [executor.submit(operator.add, 1, 1) for _ in range(2)]:
            future.result()
        return time.perf_counter() - begin


QUEUED = '''
import sys
from {module} import {kind}

def get_resident():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * 4096

def main():
    from time import sleep
    executor = {kind}(1)
    executor.submit(int).result()
    held = executor.submit(sleep, 1000)
    futures = [executor.submit(pow, i, 2) for i in range(1000)]
    before = get_resident()
    futures += [executor.submit(pow, i, 2) for i in range(20000)]
    print((get_resident() - before) / 20000, flush=True)
    import os, signal
    os.kill(0, signal.SIGKILL)

if __name__ == '__main__':
    main()
'''


def memory(module, kind):
    """Bytes of memory for a call that is queued, and its future."""
    program = QUEUED.format(module=module.__name__, kind=kind)
    done = subprocess.run([sys.executable, '-c', program], stdout=subprocess.PIPE,
                          start_new_session=True)
    return float(done.stdout)


def both(measure, kind, workers, *arguments, rounds=ROUNDS):
    """The rounds of cfutures and of the standard module."""
    pools = [getattr(module, kind)(workers) for module in (cfutures, STANDARD)]
    for pool in pools:
        for future in [pool.submit(operator.add, 1, 1) for _ in range(workers * 10)]:
            future.result()
    measured = Rounds(rounds, *(partial(measure, pool, *arguments) for pool in pools))
    for pool in pools:
        pool.shutdown()
    return measured


def process_calls():
    return both(calls, 'ProcessPoolExecutor', 2, operator.add, 4000)


def process_round_trips():
    return both(round_trips, 'ProcessPoolExecutor', 2, operator.add, 500)


def process_echoes():
    return both(echoes, 'ProcessPoolExecutor', 2, 30)


def process_start():
    return Rounds(ROUNDS, partial(start, cfutures.ProcessPoolExecutor),
                  partial(start, partial(STANDARD.ProcessPoolExecutor, mp_context=SPAWN)))


def both_memories(kind):
    return Rounds(1, partial(memory, cfutures, kind), partial(memory, STANDARD, kind))


def process_memory():
    return both_memories('ProcessPoolExecutor')


def thread_calls():
    return both(calls, 'ThreadPoolExecutor', 4, operator.add, 5000, rounds=THREAD_ROUNDS)


def thread_round_trips():
    return both(round_trips, 'ThreadPoolExecutor', 4, operator.add, 1000, rounds=THREAD_ROUNDS)


def thread_memory():
    return both_memories('ThreadPoolExecutor')


# What is compared, its unit, and how many times better cfutures has to be.
COMPARISONS = {
    'processes: calls': (process_calls, 'us', 6),
    'processes: one call at a time': (process_round_trips, 'us', 2),
    'processes: 1 MiB there and back': (process_echoes, 'us', 5),
    'processes: start of a pool of 2': (process_start, 'us', 1),
    'processes: memory of a queued call': (process_memory, 'bytes', 1),
    'threads: calls': (thread_calls, 'us', 1),
    'threads: one call at a time': (thread_round_trips, 'us', 1),
    'threads: memory of a queued call': (thread_memory, 'bytes', 1),
}


def main():
    wanted = [name for name in COMPARISONS
              if len(sys.argv) == 1 or any(word in name for word in sys.argv[1:])]
    print(f'1..{len(wanted)}', flush=True)
    failed = False
    for number, name in enumerate(wanted, 1):
        measure, unit, bound = COMPARISONS[name]
        rounds = measure()
        scale = 1e6 if unit == 'us' else 1
        ours, standard = (value * scale for value in rounds.medians)
        ratio, low, high = rounds.ratios(less_is_better=True)
        good = ratio >= bound
        failed = failed or not good
        print(f'{"ok" if good else "not ok"} {number} {name}: {ours:.1f} {unit}, '
              f'standard {standard:.1f} {unit}: {ratio:.2f} x ({low:.2f}-{high:.2f}), '
              f'at least {bound} x', flush=True)
    sys.exit(failed)


if __name__ == '__main__':
    main()
