# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What happens to pools when the interpreter ends.

As with the standard executors, a program does not end before what it has
submitted is done: every pool that is left is closed, then joined, before
`threading` waits for its own threads and before the functions of `atexit`.
"""

import os
import threading
import weakref

exiting = False

_pools = weakref.WeakSet()


def register(pool):
    """Has `pool.close()` and `pool.join()` called when the interpreter ends."""
    _pools.add(pool)


def _finish():
    global exiting
    exiting = True
    pools = list(_pools)
    for pool in pools:
        pool.close()
    for pool in pools:
        pool.join()


def _forget():
    # In a child that was forked none of the threads is left.
    _pools.clear()


threading._register_atexit(_finish)
os.register_at_fork(after_in_child=_forget)
