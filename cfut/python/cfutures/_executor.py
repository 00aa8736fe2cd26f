# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the executors of threads and of processes have in common."""

import weakref
from concurrent.futures import BrokenExecutor, Executor

from . import _exit


def check_common(max_workers, initializer):
    if max_workers <= 0:
        raise ValueError('max_workers must be greater than 0')
    if initializer is not None and not callable(initializer):
        raise TypeError('initializer must be a callable')


def check_max_pending(max_pending):
    if max_pending is not None and max_pending <= 0:
        raise ValueError('max_pending must be greater than 0')


class Pool:
    """What is behind an executor, and does not keep it alive.

    It has `closed`, and `broken`: why it can run nothing any more, or None.
    """

    # What is raised then.
    Broken = BrokenExecutor

    def __reduce_ex__(self, protocol):
        # A deep copy would own the same objects of the library.
        raise TypeError(f'cannot pickle {type(self).__name__!r} object')

    def check_open(self):
        if self.broken is not None:
            raise self.Broken(self.broken)
        if _exit.exiting:
            raise RuntimeError('cannot schedule new futures after interpreter shutdown')
        if self.closed:
            raise RuntimeError('cannot schedule new futures after shutdown')


class PoolExecutor(Executor):
    def _set_pool(self, pool):
        self._max_workers = pool.max_workers
        self._pool = pool
        weakref.finalize(self, pool.abandon).atexit = False

    @property
    def max_workers(self):
        """How many workers there may be."""
        return self._max_workers

    @property
    def broken(self):
        """Whether nothing can run any more: an initializer has failed, or a worker
        process has died or could not start."""
        return self._pool.broken is not None

    # Its name in the standard library.
    @property
    def _broken(self):
        return self._pool.broken or False

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._pool.close()
        if cancel_futures:
            self._pool.cancel()
        if wait:
            self._pool.join()

    shutdown.__doc__ = Executor.shutdown.__doc__
