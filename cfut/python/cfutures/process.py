# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""ProcessPoolExecutor: that of `concurrent.futures`, on the workers of a
CfutProcessExecutor.
"""

from concurrent.futures import Executor
from functools import partial

from . import _map
from ._cpus import count_cpus
from ._engine import CRASH_POLICIES
from ._errors import BrokenProcessPool, RemoteTraceback
from ._executor import PoolExecutor, check_common, check_max_pending
from ._process_pool import ProcessPool

__all__ = ['BrokenProcessPool', 'ProcessPoolExecutor', 'RemoteTraceback']

# Its name in the standard library.
_RemoteTraceback = RemoteTraceback


class ProcessPoolExecutor(PoolExecutor):
    """Runs calls in worker processes.

    `max_workers`: how many at most; by default as many as there are CPUs.
    `mp_context`: is for programs that give one. Workers are always started anew,
    as by the method `spawn`; with a context for `fork` all are at the first
    `submit()`, else when they are needed.
    `initializer`, `initargs`: what each worker calls first.
    `max_tasks_per_child`: how many calls a worker runs before another takes its
    place; by default it stays.
    `max_pending`: how many calls may wait for a worker; when there are as many,
    `submit()` waits. Unbounded by default, as in the standard library.
    `crash_policy`: what the death of a worker means; `'break-pool'`, the default
    and what the standard library does, that the pool is broken, `'fail-call'`
    that the call that it ran has failed.
    """

    def __init__(self, max_workers=None, mp_context=None, initializer=None, initargs=(), *,
                 max_tasks_per_child=None, max_pending=None, crash_policy='break-pool'):
        if max_workers is None:
            max_workers = count_cpus()
        check_common(max_workers, initializer)
        if max_tasks_per_child is not None:
            check_max_tasks_per_child(max_tasks_per_child, mp_context)
        check_max_pending(max_pending)
        if crash_policy not in CRASH_POLICIES:
            raise ValueError(f'crash_policy must be one of {", ".join(CRASH_POLICIES)}')

        self._given_context = mp_context
        self._set_pool(ProcessPool(max_workers, initializer, initargs, max_tasks_per_child,
                                   max_pending, crash_policy, all_at_once=is_fork(mp_context)))

    @property
    def n_workers(self):
        """How many worker processes there are."""
        return len(self.worker_pids)

    @property
    def worker_pids(self):
        """The process ids of the workers, a list."""
        return self._pool.get_pids()

    # Names of the standard executor that programs use.

    @property
    def _mp_context(self):
        if self._given_context is None:
            import multiprocessing
            return multiprocessing.get_context('spawn')
        return self._given_context

    @property
    def _processes(self):
        from ._worker_process import WorkerProcess
        return {pid: WorkerProcess(pid) for pid in self.worker_pids}

    @property
    def _executor_manager_thread(self):
        return self._pool.collector

    def submit(self, fn, /, *args, **kwargs):
        return self._pool.submit(fn, args, kwargs)

    submit.__doc__ = Executor.submit.__doc__

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        """Returns an iterator equivalent to `map(fn, *iterables)`.

        `timeout`: seconds until the iterator raises TimeoutError; None for no
        limit.
        `chunksize`: how many items to send to a worker together.
        `buffersize`: how many calls to submit ahead of the results that are
        asked for; by default all are submitted at once.
        """
        _map.check_buffersize(buffersize)
        if chunksize < 1:
            raise ValueError('chunksize must be >= 1.')

        arguments = zip(*iterables)
        if chunksize == 1:
            return _map.submit_all(self, fn, arguments, timeout, buffersize)
        chunks = _map.submit_all(self, partial(_map.run_chunk, fn),
                                 _map.make_chunks(arguments, chunksize), timeout, buffersize)
        return _map.chain(chunks)

    def terminate_workers(self):
        """Sends SIGTERM to all workers, and shuts the executor down without
        waiting. Calls that have not started are cancelled."""
        self._pool.end_workers(self._pool.engine.terminate)

    def kill_workers(self):
        """Sends SIGKILL to all workers, and shuts the executor down without
        waiting. Calls that have not started are cancelled."""
        self._pool.end_workers(self._pool.engine.kill)


def check_max_tasks_per_child(number, mp_context):
    if not isinstance(number, int):
        raise TypeError('max_tasks_per_child must be an integer')
    if number <= 0:
        raise ValueError('max_tasks_per_child must be >= 1')
    if is_fork(mp_context):
        raise ValueError('max_tasks_per_child is incompatible with the \'fork\' multiprocessing '
                         'start method; supply a different mp_context.')


def is_fork(mp_context):
    return mp_context is not None and mp_context.get_start_method(allow_none=False) == 'fork'
