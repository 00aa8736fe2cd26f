# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""ThreadPoolExecutor: that of `concurrent.futures`, on the threads of a
CfutThreadExecutor.
"""

import itertools
from concurrent.futures import Executor

from . import _map, _standard
from ._call_queue import CallQueue
from ._cpus import count_cpus
from ._executor import PoolExecutor, check_common, check_max_pending
from ._thread_future import make_future
from ._thread_pool import BrokenThreadPool, ThreadPool

__all__ = ['BrokenThreadPool', 'ThreadPoolExecutor']


class ThreadPoolExecutor(PoolExecutor, _standard.ThreadPoolExecutor):
    """Runs calls in threads.

    It is a `concurrent.futures.ThreadPoolExecutor` for who asks, as asyncio does
    of a default executor; it has nothing of it.

    `max_workers`: how many at most; by default four more than there are CPUs,
    32 at most.
    `thread_name_prefix`: what the names of the threads begin with.
    `initializer`, `initargs`: what each thread calls first.
    `max_pending`: how many calls may wait for a thread; when there are as many,
    `submit()` waits. Unbounded by default, as in the standard library.
    """

    _numbers = itertools.count()

    def __init__(self, max_workers=None, thread_name_prefix='', initializer=None, initargs=(), *,
                 max_pending=None):
        if max_workers is None:
            max_workers = min(32, count_cpus() + 4)
        check_common(max_workers, initializer)
        check_max_pending(max_pending)

        prefix = thread_name_prefix or f'ThreadPoolExecutor-{next(self._numbers)}'
        self._set_pool(ThreadPool(max_workers, prefix, initializer, initargs, max_pending))

    @property
    def n_workers(self):
        """How many threads have been started."""
        return len(self._pool.workers)

    # Names of the standard executor that programs use.

    @property
    def _threads(self):
        return set(self._pool.workers)

    @property
    def _work_queue(self):
        return CallQueue(self._pool)

    @property
    def _shutdown(self):
        return self._pool.closed

    def submit(self, fn, /, *args, **kwargs):
        future = make_future(self._pool)
        self._pool.submit((future, fn, args, kwargs))
        return future

    submit.__doc__ = Executor.submit.__doc__

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        """Returns an iterator equivalent to `map(fn, *iterables)`.

        `timeout`: seconds until the iterator raises TimeoutError; None for no
        limit.
        `chunksize`: is for processes, and ignored.
        `buffersize`: how many calls to submit ahead of the results that are
        asked for; by default all are submitted at once.
        """
        _map.check_buffersize(buffersize)
        return _map.submit_all(self, fn, zip(*iterables), timeout, buffersize)
