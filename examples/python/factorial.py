#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Factorial: results in the order of the numbers, as long as there is time.

What has not come back when the time of the whole iteration is over is missing,
and what has not started by then never does:

    $ factorial.py --timeout 2 --workers 2 20000 30000 100000 20
    20000! has 256909 bits
    30000! has 402909 bits
    The time is over: 100000! is missing, and what follows it

A call that runs goes on until it ends; the program waits for it.
"""

import argparse
import math
from cfutures import ProcessPoolExecutor, TimeoutError


def factorial(n):
    # One factor after the other, so that it takes its time.
    return math.prod(range(1, n + 1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--timeout', type=float, default=5)
    parser.add_argument('--workers', type=int, default=None)
    parser.add_argument('numbers', type=int, nargs='+')
    arguments = parser.parse_args()

    with ProcessPoolExecutor(arguments.workers) as executor:
        results = executor.map(factorial, arguments.numbers, timeout=arguments.timeout)
        for n in arguments.numbers:
            try:
                print(f'{n}! has {next(results).bit_length()} bits', flush=True)
            except TimeoutError:
                print(f'The time is over: {n}! is missing, and what follows it', flush=True)
                break


if __name__ == '__main__':
    main()
