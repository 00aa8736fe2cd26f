#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Sleepers: tasks that only wait are done sooner by more threads.

Each task sleeps for a second, says which thread it is on, and returns the square
of its number. Ten of them take five seconds on two threads:

    $ sleepers.py 2 10
    ThreadPoolExecutor-0_0 square 0
    ThreadPoolExecutor-0_1 square 1
    ThreadPoolExecutor-0_0 square 2
    …
    total result=285 cost: 5.01s

and one second on ten, `sleepers.py 10 10`: total result=285 cost: 1.00s
"""

import sys
import threading
import time
from cfutures import ThreadPoolExecutor


def square(n):
    time.sleep(1)
    print(f'{threading.current_thread().name} square {n}\n', end='', flush=True)
    return n * n


def main(n_threads, n_tasks):
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=n_threads) as executor:
        futures = [executor.submit(square, n) for n in range(n_tasks)]
    total = sum(future.result() for future in futures)
    print(f'total result={total} cost: {time.monotonic() - started:.2f}s')


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]))
