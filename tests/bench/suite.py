# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured, of whom, and what is wanted."""

import dataclasses
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, 'peers')

KIB = 1024
MIB = 1024 * KIB

HIGHER = 'higher'
LOWER = 'lower'


@dataclasses.dataclass(frozen=True)
class Peer:
    """A program, the name that it goes by in it, and what it needs."""
    label: str
    kind: str
    program: str
    name: str
    in_quick: bool = True

    def command(self, build):
        if self.kind == 'native':
            return [os.path.join(build, 'tests', 'bench', 'bench-' + self.program), self.name]
        if self.kind == 'python':
            return [sys.executable, os.path.join(PEERS, 'standard.py'), self.name]
        if self.kind == 'node':
            return ['node', os.path.join(PEERS, 'pools.mjs'), self.name]
        return ['java', '-cp', os.path.join(build, 'bench'), 'Executors', self.name]

    def missing(self, build):
        """Why it cannot run, or None."""
        if self.kind == 'native':
            program = self.command(build)[0]
            return None if os.path.exists(program) else 'its library was not found'
        if self.kind == 'python':
            done = subprocess.run([*self.command(build), 'probe', '0', '0'], check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return None if done.returncode == 0 else 'its module was not found'
        if self.kind == 'node':
            if shutil.which('node') is None:
                return 'there is no node'
            module = os.path.join(build, 'bench', 'node_modules', self.program)
            return None if os.path.isdir(module) else 'its package is not installed'
        program = os.path.join(build, 'bench', 'Executors.class')
        return None if os.path.exists(program) else 'there is no JDK'


CFUT_THREADS = Peer('cfut, submit', 'native', 'cfut', 'threads')
CFUT_FUNC = Peer('cfut, submit_func', 'native', 'cfut', 'threads-func')
CFUT_ASYNC = Peer('cfut, result_async', 'native', 'cfut', 'threads-async')
CFUT_PROCESSES = Peer('cfut, processes', 'native', 'cfut', 'processes')
STRUCT = Peer('GThreadPool, struct', 'native', 'gthreadpool', 'struct')
GOBJECT = Peer('GThreadPool, GObject', 'native', 'gthreadpool', 'gobject')
GTASK = Peer('GTask', 'native', 'gtask', 'gtask')
GTASK_CANCELLABLE = Peer('GTask, cancellable', 'native', 'gtask', 'gtask-cancellable')
KERNEL = Peer('kernel', 'native', 'kernel', 'kernel')
DEX = Peer('libdex', 'native', 'dex', 'dex')
TBB = Peer('TBB, task_arena', 'native', 'tbb', 'tbb')
UV = Peer('libuv', 'native', 'uv', 'uv')
QT = Peer('Qt Concurrent', 'native', 'qt', 'qt')
ASIO = Peer('Boost.Asio', 'native', 'asio', 'asio')
PY_THREADS = Peer('Python, threads', 'python', 'standard', 'threads')
PY_PROCESSES = Peer('Python, processes', 'python', 'standard', 'processes')
PY_POOL = Peer('Python, Pool', 'python', 'standard', 'pool')
LOKY = Peer('loky', 'python', 'loky', 'loky', in_quick=False)
PISCINA = Peer('piscina', 'node', 'piscina', 'piscina')
WORKERPOOL = Peer('workerpool, processes', 'node', 'workerpool', 'workerpool')
WORKERPOOL_THREADS = Peer('workerpool, threads', 'node', 'workerpool', 'workerpool-threads')
JEST = Peer('jest-worker, processes', 'node', 'jest-worker', 'jest-worker')
JEST_THREADS = Peer('jest-worker, threads', 'node', 'jest-worker', 'jest-worker-threads')
JAVA_POOL = Peer('Java, ThreadPoolExecutor', 'java', 'java', 'pool')
JAVA_FORK_JOIN = Peer('Java, ForkJoinPool', 'java', 'java', 'fork-join')


@dataclasses.dataclass(frozen=True)
class Entry:
    """A peer in an axis: which of its measures, how much, and which figure."""
    peer: Peer
    measure: str
    size: int
    figure: str
    label: str = ''
    workers: int = 2
    quick: int = 0  # the size for --quick; 0 for a tenth

    def get_label(self):
        return self.label or self.peer.label

    def get_size(self, is_quick):
        return (self.quick or max(self.size // 10, 1)) if is_quick else self.size


@dataclasses.dataclass(frozen=True)
class Target:
    """The first of an axis has to be so many times better than another; or,
    without another, at least as good as a figure."""
    other: str
    wanted: float


@dataclasses.dataclass(frozen=True)
class Axis:
    """One question. The first entry is what the others are compared with."""
    name: str
    title: str
    unit: str
    better: str
    entries: list
    targets: list = dataclasses.field(default_factory=list)
    in_quick: bool = True


def entries(measure, figure, sizes, **options):
    return [Entry(peer, measure, size, figure, **options) for peer, size in sizes]



def thread_peers(native, python=0, node=0, java=0):
    """Who is compared on threads, with a size for each language."""
    peers = [(peer, native) for peer in (CFUT_THREADS, CFUT_FUNC, STRUCT, GOBJECT)]
    peers += [(peer, native) for peer in (GTASK, DEX, UV, QT, TBB, ASIO)]
    peers += [(peer, java) for peer in (JAVA_POOL, JAVA_FORK_JOIN) if java]
    peers += [(PY_THREADS, python)] if python else []
    peers += [(peer, node) for peer in (PISCINA, WORKERPOOL_THREADS, JEST_THREADS) if node]
    return peers


def process_peers(native, python, node):
    return [(CFUT_PROCESSES, native), (PY_PROCESSES, python), (PY_POOL, python), (LOKY, python // 2),
            (PISCINA, node), (WORKERPOOL, node), (JEST, node)]


def without(peers, *left_out):
    return [(peer, size) for peer, size in peers if peer not in left_out]


def payload(name, size, wanted):
    """There and back; the sizes of the Python and Node programs are the payload's."""
    peers = [(CFUT_PROCESSES, size), (PY_PROCESSES, size)]
    peers += [(PISCINA, size), (JEST, size)] if size <= MIB else []
    return Axis(f'processes.payload.{name}', f'{name} there and back, copied', 'GB/s', HIGHER,
                entries('payload', 'gb_per_s', peers, quick=size),
                [Target(PY_PROCESSES.label, wanted)], in_quick=size <= MIB)


def payload_shared(name, size, wanted):
    """The same in memory that is shared, beside others that copy."""
    return Axis(f'processes.payload-shared.{name}', f'{name} there and back, in a shared buffer', 'GB/s', HIGHER,
                [Entry(CFUT_PROCESSES, 'payload-shared', size, 'gb_per_s', quick=size),
                 Entry(PY_PROCESSES, 'payload', size, 'gb_per_s', quick=size)],
                [Target(PY_PROCESSES.label, wanted)], in_quick=size <= MIB)


def growth(measure, sizes, what, titles):
    """Costs that should not grow. The most is the first; it may cost twice what
    the second fewest do, as with the fewest there is little but a wake."""
    few = f'{sizes[1]} {what}'
    return [Axis(f'growth.{measure}.{figure.removesuffix("_ns")}', title, 'ns', LOWER,
                 [Entry(CFUT_THREADS, measure, size, figure, label=f'{size} {what}', quick=size)
                  for size in reversed(sizes)],
                 [Target(few, 0.5)], in_quick=False)
            for figure, title in titles.items()]


AXES = [
    Axis('threads.burst', 'Empty calls on threads, a future each, all at once', 'calls/s', HIGHER,
         entries('burst', 'calls_per_s', thread_peers(10 ** 6, 20000, 10000, 10 ** 6)),
         [Target(GOBJECT.label, 1.8), Target(GTASK.label, 6), Target(DEX.label, 7), Target(QT.label, 2),
          Target(PY_THREADS.label, 50), Target(UV.label, 1)]),
    Axis('threads.bounded', 'The same, at most 4096 outstanding', 'calls/s', HIGHER,
         entries('bounded', 'calls_per_s', without(thread_peers(10 ** 6, 20000, 0, 10 ** 6))),
         [Target(GOBJECT.label, 3.5)]),
    Axis('threads.producers', 'The same, four threads submit', 'calls/s', HIGHER,
         entries('producers', 'calls_per_s',
                 [(peer, 10 ** 6) for peer in (CFUT_THREADS, CFUT_FUNC, STRUCT, GOBJECT, QT, TBB, ASIO)])),
    Axis('threads.cpu', 'CPU time of an empty call on threads, both ends', 'ns', LOWER,
         entries('burst', 'cpu_ns', thread_peers(10 ** 6, 20000))),
    Axis('threads.map', 'Map of a cheap function on threads', 'items/s', HIGHER,
         [Entry(CFUT_THREADS, 'map-array', 10 ** 7, 'items_per_s', label='cfut, map'),
          Entry(CFUT_THREADS, 'burst-increment', 10 ** 6, 'calls_per_s', label='cfut, submit'),
          Entry(TBB, 'map', 10 ** 6, 'items_per_s', label='TBB, parallel_for'),
          Entry(QT, 'map', 10 ** 6, 'items_per_s', label='Qt Concurrent, mapped'),
          Entry(JAVA_FORK_JOIN, 'burst-increment', 10 ** 6, 'calls_per_s'),
          Entry(PY_THREADS, 'map', 20000, 'items_per_s', label='Python, threads')],
         [Target(JAVA_FORK_JOIN.label, 15), Target('cfut, submit', 30)]),
    Axis('threads.map-items', 'The same with values: a call and a result for each item', 'items/s', HIGHER,
         [Entry(CFUT_THREADS, 'map', 10 ** 6, 'items_per_s', label='cfut, map'),
          Entry(CFUT_THREADS, 'burst-increment', 10 ** 6, 'calls_per_s', label='cfut, submit'),
          Entry(JAVA_FORK_JOIN, 'burst-increment', 10 ** 6, 'calls_per_s')]),
    Axis('threads.latency.dense', 'Round trip on threads, one after the other', 'us', LOWER,
         entries('dense', 'median_us', thread_peers(20000, 2000, 2000, 20000)),
         [Target(GTASK.label, 30)]),
    Axis('threads.latency.dense-p99', 'The same, the 99th percentile', 'us', LOWER,
         entries('dense', 'p99_us', thread_peers(20000, 2000, 2000, 20000))),
    Axis('threads.latency.asleep', 'Round trip on threads, after 2 ms of rest', 'us', LOWER,
         entries('asleep', 'median_us', thread_peers(300, 300), quick=50)),
    Axis('threads.latency.busy', 'Round trip on threads, every CPU busy', 'us', LOWER,
         entries('busy', 'median_us', thread_peers(1000, 200), quick=100)),
    Axis('threads.memory', 'Memory of a call that waits for a thread', 'bytes', LOWER,
         entries('memory', 'bytes_per_call', thread_peers(1000000, 20000, 0, 200000), quick=20000),
         [Target('', 110)]),
    Axis('threads.cancel', 'To cancel a call that waits for a thread', 'ns', LOWER,
         entries('cancel', 'cancel_ns',
                 [(CFUT_THREADS, 100000), (CFUT_FUNC, 100000), (GTASK_CANCELLABLE, 20000), (UV, 100000),
                  (JAVA_POOL, 100000), (PY_THREADS, 20000)])),
    Axis('threads.delivery', 'Completions that a main loop takes, 100 000 waiting', 'calls/s', HIGHER,
         entries('delivery', 'deliveries_per_s',
                 [(CFUT_THREADS, 100000), (CFUT_ASYNC, 100000), (GTASK, 100000)]),
         [Target(GTASK.label, 5)]),
    Axis('threads.delivery-stall', 'The longest iteration of that loop', 'ms', LOWER,
         entries('delivery', 'longest_ms',
                 [(CFUT_THREADS, 100000), (CFUT_ASYNC, 100000), (GTASK, 100000)]),
         [Target('', 5)]),
    Axis('threads.start', 'From a new executor to the first result, threads', 'us', LOWER,
         entries('start', 'first_us', thread_peers(1, 1), quick=1)),
    Axis('threads.scaling', 'Two threads over one, pi', 'x', HIGHER,
         entries('scaling', 'speed_up', [(CFUT_THREADS, 20 * 10 ** 6), (KERNEL, 20 * 10 ** 6), (GOBJECT, 20 * 10 ** 6)]),
         [Target(KERNEL.label, 0.98)]),

    *growth('queued', [10, 1000, 10 ** 5, 10 ** 6], 'queued', {
        'submit_ns': 'To submit a call while others wait',
        'cancel_ns': 'To cancel a call while others wait',
        'complete_ns': 'To complete those that wait, each'}),
    *growth('priorities', [10, 1000, 10 ** 5], 'priorities', {
        'priority_ns': 'To submit and cancel a call between calls of other priorities'}),
    *growth('executors', [1, 10, 100, 1000], 'executors', {'call_ns': 'A call, with executors beside its own'}),
    *growth('cancellable', [10, 1000, 10 ** 5], 'futures', {
        'submit_ns': 'To submit a call with a cancellable that others have too',
        'cancel_ns': 'To cancel them all at once, each'}),
    *growth('waiters', [10, 1000, 10 ** 5], 'waiters', {'waiter_ns': 'A callback of a future that has many'}),

    Axis('processes.burst', 'Calls on processes, int64 to int64, a future each', 'calls/s', HIGHER,
         entries('burst-increment', 'calls_per_s', process_peers(300000, 10000, 10000), quick=2000),
         [Target(PY_PROCESSES.label, 80), Target(PISCINA.label, 60), Target(WORKERPOOL.label, 60),
          Target(JEST.label, 60)]),
    Axis('processes.cpu', 'CPU time of a call on processes, the program', 'ns', LOWER,
         entries('burst-increment', 'cpu_ns', process_peers(300000, 10000, 10000)[:4], quick=2000)),
    Axis('processes.cpu-worker', 'CPU time of a call on processes, the workers', 'ns', LOWER,
         entries('burst-increment', 'worker_cpu_ns', process_peers(300000, 10000, 10000)[:4], quick=2000)),
    Axis('processes.map', 'Map of a cheap function on processes', 'items/s', HIGHER,
         [Entry(CFUT_PROCESSES, 'map-array', 10 ** 7, 'items_per_s', label='cfut, map'),
          Entry(PY_PROCESSES, 'map', 500000, 'items_per_s', label='Python, best chunksize'),
          Entry(PY_POOL, 'map', 500000, 'items_per_s', label='Python, Pool, best chunksize')],
         [Target('Python, best chunksize', 20)]),
    Axis('processes.map-items', 'The same with values: a call and a result for each item', 'items/s', HIGHER,
         [Entry(CFUT_PROCESSES, 'map', 10 ** 6, 'items_per_s', label='cfut, map'),
          Entry(PY_PROCESSES, 'map', 500000, 'items_per_s', label='Python, best chunksize')]),
    Axis('processes.map-memory', 'Memory of an item of that map', 'bytes', LOWER,
         entries('map-array', 'bytes_per_item', [(CFUT_PROCESSES, 10 ** 7)]),
         [Target('', 24)]),
    Axis('processes.latency.dense', 'Round trip on processes, one after the other', 'us', LOWER,
         entries('dense', 'median_us', [(CFUT_PROCESSES, 20000), (KERNEL, 20000), (PY_PROCESSES, 1000),
                                        (PY_POOL, 1000), (LOKY, 500), (PISCINA, 1000), (WORKERPOOL, 1000),
                                        (JEST, 1000)]),
         [Target(PY_PROCESSES.label, 25)]),
    Axis('processes.latency.dense-p99', 'The same, the 99th percentile', 'us', LOWER,
         entries('dense', 'p99_us', [(CFUT_PROCESSES, 20000), (KERNEL, 20000), (PY_PROCESSES, 1000),
                                     (PY_POOL, 1000), (PISCINA, 1000), (JEST, 1000)])),
    Axis('processes.latency.asleep', 'Round trip on processes, after 2 ms of rest', 'us', LOWER,
         entries('asleep', 'median_us', [(CFUT_PROCESSES, 300), (KERNEL, 300), (PY_PROCESSES, 300)], quick=50),
         [Target(KERNEL.label, 1 / 1.6)]),
    Axis('processes.latency.busy', 'Round trip on processes, every CPU busy', 'us', LOWER,
         entries('busy', 'median_us', [(CFUT_PROCESSES, 300), (KERNEL, 300), (PY_PROCESSES, 100)], quick=50)),
    payload('1 KiB', KIB, 150),
    payload('64 KiB', 64 * KIB, 25),
    payload('1 MiB', MIB, 35),
    payload('64 MiB', 64 * MIB, 20),
    payload_shared('1 MiB', MIB, 150),
    payload_shared('64 MiB', 64 * MIB, 500),
    Axis('processes.memory', 'Memory of a call that waits for a process', 'bytes', LOWER,
         entries('memory', 'bytes_per_call', [(CFUT_PROCESSES, 1000000), (PY_PROCESSES, 20000)], quick=20000),
         [Target('', 110)]),
    Axis('processes.cancel', 'To cancel a call that waits for a process', 'ns', LOWER,
         entries('cancel', 'cancel_ns', [(CFUT_PROCESSES, 100000), (PY_PROCESSES, 20000)])),
    Axis('processes.start', 'From a new executor to the first result, processes', 'us', LOWER,
         entries('start', 'first_us', [(CFUT_PROCESSES, 1), (PY_PROCESSES, 1), (PY_POOL, 1), (LOKY, 1)], quick=1)),
    Axis('processes.ready', 'A worker ready', 'us', LOWER,
         entries('ready', 'ready_us', [(CFUT_PROCESSES, 0), (KERNEL, 0)], workers=1),
         [Target(KERNEL.label, 1 / 1.3)]),
    Axis('processes.ready-1gib', 'A worker ready, for a program of 1 GiB', 'us', LOWER,
         entries('ready', 'ready_us', [(CFUT_PROCESSES, 1024), (KERNEL, 1024)], workers=1, quick=1024),
         [Target(KERNEL.label, 1 / 1.3)], in_quick=False),
    Axis('processes.scaling', 'Two processes over one, pi', 'x', HIGHER,
         entries('scaling', 'speed_up', [(CFUT_PROCESSES, 20 * 10 ** 6), (KERNEL, 20 * 10 ** 6)]),
         [Target(KERNEL.label, 0.98)]),
]
