# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python's pools, and loky.

    standard.py threads|processes|pool|loky MEASURE WORKERS SIZE

The measures are those of the programs in C, and print the same.
"""

import concurrent.futures
import fcntl
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time

GATE = 'CFUT_BENCH_GATE'
BOUND = 4096


def empty():
    return 0


def increment(argument):
    return argument + 1


def echo(data):
    return data


def hold():
    with open(os.environ[GATE], encoding='ascii') as file:
        fcntl.flock(file, fcntl.LOCK_SH)


class Pool:
    """multiprocessing.Pool with the methods of an executor that are used."""

    def __init__(self, workers):
        self.pool = multiprocessing.Pool(workers)

    def submit(self, function, *arguments):
        result = self.pool.apply_async(function, arguments)
        result.result = result.get
        return result

    def map(self, function, items, chunksize):
        return self.pool.imap(function, items, chunksize)

    def shutdown(self):
        self.pool.close()
        self.pool.join()


def make_loky(workers):
    from joblib.externals import loky
    return loky.ProcessPoolExecutor(workers)


MAKERS = {
    'threads': concurrent.futures.ThreadPoolExecutor,
    'processes': concurrent.futures.ProcessPoolExecutor,
    'pool': Pool,
    'loky': make_loky,
}


def get_cpu(whose):
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def get_resident():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def warm_up(pool, workers):
    for future in [pool.submit(increment, i) for i in range(10 * workers)]:
        future.result()


def all_at_once(make, workers, size, function, *arguments):
    pool = make(workers)
    warm_up(pool, workers)
    cpu = get_cpu(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    futures = [pool.submit(function, *arguments) for _ in range(size)]
    for future in futures:
        future.result()
    del futures
    seconds = time.perf_counter() - begin
    cpu = get_cpu(resource.RUSAGE_SELF) - cpu
    pool.shutdown()
    print('calls_per_s', size / seconds)
    print('cpu_ns', cpu * 1e9 / size)
    print('worker_cpu_ns', get_cpu(resource.RUSAGE_CHILDREN) * 1e9 / size)


def burst(make, workers, size):
    all_at_once(make, workers, size, empty)


def burst_increment(make, workers, size):
    all_at_once(make, workers, size, increment, 1)


def bounded(make, workers, size):
    pool = make(workers)
    warm_up(pool, workers)
    futures = [None] * BOUND
    begin = time.perf_counter()
    for i in range(size):
        if i >= BOUND:
            futures[i % BOUND].result()
        futures[i % BOUND] = pool.submit(empty)
    for future in futures:
        if future is not None:
            future.result()
    print('calls_per_s', size / (time.perf_counter() - begin))
    pool.shutdown()


def map_items(make, workers, size):
    """The best of some sizes of a chunk."""
    pool = make(workers)
    warm_up(pool, workers)
    best = 0
    is_threads = isinstance(pool, concurrent.futures.ThreadPoolExecutor)
    for chunksize in (1,) if is_threads else (1000, 4000, 16000):
        begin = time.perf_counter()
        total = 0
        for result in pool.map(increment, [0] * size, chunksize=chunksize):
            total += result
        best = max(best, size / (time.perf_counter() - begin))
        assert total == size
    pool.shutdown()
    print('items_per_s', best)


def round_trips(make, workers, size, rest=0):
    pool = make(workers)
    warm_up(pool, workers)
    samples = []
    for i in range(size):
        if rest:
            time.sleep(rest)
        begin = time.perf_counter()
        pool.submit(increment, i).result()
        samples.append(time.perf_counter() - begin)
    pool.shutdown()
    samples.sort()
    print('median_us', statistics.median(samples) * 1e6)
    print('p99_us', samples[-1 - size // 100] * 1e6)


def dense(make, workers, size):
    round_trips(make, workers, size)


def asleep(make, workers, size):
    round_trips(make, workers, size, 0.002)


def busy(make, workers, size):
    burners = []
    for _ in range(os.cpu_count()):
        child = os.fork()
        if child == 0:
            while True:
                pass
        burners.append(child)
    try:
        round_trips(make, workers, size)
    finally:
        for child in burners:
            os.kill(child, 9)
            os.waitpid(child, 0)


def with_held_workers(make, workers, measure):
    """Calls that wait in the queue, behind those that hold all workers."""
    with tempfile.NamedTemporaryFile() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        os.environ[GATE] = gate.name
        pool = make(workers)
        warm_up(pool, workers)
        # The executor of processes prefetches a call or two.
        held = [pool.submit(hold) for _ in range(workers)]
        futures = measure(pool)
        fcntl.flock(gate, fcntl.LOCK_UN)
        for future in held + futures:
            if not future.cancelled():
                future.result()
        pool.shutdown()


def memory(make, workers, size):
    def measure(pool):
        before = get_resident()
        futures = [pool.submit(increment, i) for i in range(size)]
        print('bytes_per_call', (get_resident() - before) / size)
        return futures
    with_held_workers(make, workers, measure)


def cancel(make, workers, size):
    def measure(pool):
        futures = [pool.submit(increment, i) for i in range(size)]
        begin = time.perf_counter()
        for future in futures:
            future.cancel()
        print('cancel_ns', (time.perf_counter() - begin) * 1e9 / size)
        return futures
    with_held_workers(make, workers, measure)


def payload(make, workers, size):
    """As the program of cfut, with fewer payloads: they take longer."""
    count = max(4, min(64 * 2 ** 20 // size, 2000))
    on_their_way = min(count, max(2, min(64 * 2 ** 20 // size, 64)))
    data = b'x' * size
    pool = make(workers)
    warm_up(pool, workers)
    futures = [None] * on_their_way
    begin = 0
    for i in range(count + 2 * on_their_way):
        place = i % on_their_way
        if i == on_their_way:
            begin = time.perf_counter()
        if i >= on_their_way:
            assert len(futures[place].result()) == size
        if i < count + on_their_way:
            futures[place] = pool.submit(echo, data)
    seconds = time.perf_counter() - begin
    pool.shutdown()
    print('gb_per_s', size * (count + on_their_way) / seconds / 1e9)


def start(make, workers, size):
    begin = time.perf_counter()
    pool = make(workers)
    pool.submit(increment, 1).result()
    print('first_us', (time.perf_counter() - begin) * 1e6)
    pool.shutdown()


def probe(make, workers, size):
    """Whether its module is there."""
    make(1)
    os._exit(0)


MEASURES = {
    'burst': burst, 'burst-increment': burst_increment, 'bounded': bounded, 'map': map_items,
    'dense': dense, 'asleep': asleep, 'busy': busy, 'memory': memory, 'cancel': cancel,
    'payload': payload, 'start': start, 'probe': probe,
}


if __name__ == '__main__':
    MEASURES[sys.argv[2]](MAKERS[sys.argv[1]], int(sys.argv[3]), int(sys.argv[4]))
