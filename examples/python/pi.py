#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Pi: work for the processor is done sooner by more processes.

Each call sums 1/1² + 1/2² + … + 1/N², which goes to π²/6, and says which process
it is in:

    $ pi.py 2 2000000 2001000 2002000 2003000
    pid 20617 sums 2000000 terms
    pid 20618 sums 2001000 terms
    pid 20617 sums 2002000 terms
    pid 20618 sums 2003000 terms
    pi(2000000) = 3.141592176125
    pi(2001000) = 3.141592176364
    pi(2002000) = 3.141592176602
    pi(2003000) = 3.141592176840
    cost: 0.33s
"""

import math
import os
import sys
import time
from cfutures import ProcessPoolExecutor


def pi(n):
    print(f'pid {os.getpid()} sums {n} terms\n', end='', flush=True)
    # The small terms first, or they would be lost in the sum.
    return math.sqrt(6 * sum(1 / (i * i) for i in range(n, 0, -1)))


def main(n_processes, numbers):
    started = time.monotonic()
    with ProcessPoolExecutor(max_workers=n_processes) as executor:
        for n, value in zip(numbers, executor.map(pi, numbers)):
            print(f'pi({n}) = {value:.12f}\n', end='', flush=True)
    print(f'cost: {time.monotonic() - started:.2f}s')


if __name__ == '__main__':
    main(int(sys.argv[1]), [int(text) for text in sys.argv[2:]])
