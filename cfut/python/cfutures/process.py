# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""ProcessPoolExecutor: that of `concurrent.futures`, on the workers of a
CfutProcessExecutor.
"""

from concurrent.futures import Executor
from functools import partial
from operator import index
from weakref import WeakValueDictionary

from . import _map
from ._call_queue import CallQueue
from ._cpus import count_cpus
from ._engine import CRASH_POLICIES, Wakeup
from ._errors import BrokenProcessPool, RemoteTraceback
from ._executor import PoolExecutor, check_common, check_max_pending
from ._process_pool import Collector, ProcessPool

__all__ = ['BrokenProcessPool', 'ProcessPoolExecutor', 'RemoteTraceback']

# Names of the standard module that programs use.
_RemoteTraceback = RemoteTraceback
_ExecutorManagerThread = Collector
_ThreadWakeup = Wakeup
_TERMINATE, _KILL = 'terminate', 'kill'


def _check_system_limits():
    """Raises NotImplementedError in the standard module if the system has not
    enough semaphores. No executor of cfut takes any."""


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
        # TypeError if it is no whole number.
        index(max_workers)
        if max_tasks_per_child is not None:
            check_max_tasks_per_child(max_tasks_per_child, mp_context)
        check_max_pending(max_pending)
        if crash_policy not in CRASH_POLICIES:
            raise ValueError(f'crash_policy must be one of {", ".join(CRASH_POLICIES)}')

        self._given_context = mp_context
        self._known_processes = WeakValueDictionary()
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
        # The same process is the same object as long as anybody has it.
        from ._worker_process import WorkerProcess
        processes = {}
        for pid in self.worker_pids:
            process = self._known_processes.get(pid)
            if process is None or not process.is_alive():
                process = self._known_processes[pid] = WorkerProcess(pid)
            processes[pid] = process
        return processes

    @property
    def _call_queue(self):
        return CallQueue(self._pool)

    @property
    def _pending_work_items(self):
        return self._pool.unfinished

    @property
    def _shutdown_thread(self):
        return self._pool.closed

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
        self._force_shutdown(operation=_TERMINATE)

    def kill_workers(self):
        """Sends SIGKILL to all workers, and shuts the executor down without
        waiting. Calls that have not started are cancelled."""
        self._force_shutdown(operation=_KILL)

    def _force_shutdown(self, operation):
        if operation not in (_TERMINATE, _KILL):
            raise ValueError(f'Unsupported operation: {operation!r}')
        self._pool.end_workers()
        # The processes that the program has been given are ended by their own
        # methods, as the documentation says, and with all others once more.
        for process in list(self._known_processes.values()):
            getattr(process, operation)()
        getattr(self._pool.engine, operation)()


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
