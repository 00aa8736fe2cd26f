# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs sleepers and pi with Python's own concurrent.futures.

examples/main-job runs them beside those in C:

    main-job.py sleepers THREADS TASKS
    main-job.py pi WORKERS N...
"""

import concurrent.futures
import math
import os
import sys
import threading
import time


def square(n):
    time.sleep(1)
    print(f'thread {threading.get_native_id()} square {n}', flush=True)
    return n * n


def sleepers(threads, tasks):
    with concurrent.futures.ThreadPoolExecutor(threads) as executor:
        futures = [executor.submit(square, n) for n in range(tasks)]
        return f'total result={sum(future.result() for future in futures)} '


def sum_terms(n):
    print(f'pid {os.getpid()} sums {n} terms', flush=True)
    total = 0.0
    for i in range(n):
        total += 1 / ((i + 1.0) * (i + 1.0))
    return math.sqrt(6 * total)


def pi(workers, *counts):
    with concurrent.futures.ProcessPoolExecutor(workers) as executor:
        futures = [executor.submit(sum_terms, n) for n in counts]
        for n, future in zip(counts, futures):
            print(f'pi({n}) = {future.result():.12f}')
    return ''


if __name__ == '__main__':
    program = {'sleepers': sleepers, 'pi': pi}[sys.argv[1]]
    started = time.monotonic()
    outcome = program(*map(int, sys.argv[2:]))
    print(f'{outcome}cost: {time.monotonic() - started:.3f}s')
