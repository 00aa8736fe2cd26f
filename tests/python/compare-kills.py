# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What becomes of calls when workers are killed: cfut beside other pools.

    compare-kills.py [--runs N] [--calls N] [--start-seconds S]

Each pool has 4 workers and gets calls of 2 ms. In one experiment a worker is
killed once, in the other one at random every 50 ms until all is over, or until
nothing has happened for 10 s: where workers live shorter than they take to start
no pool can run anything. Each run is a process of its own; a call without an
answer when nothing has happened for 10 s without kills is stuck. A pool that is
not installed is named as missing.

With --start-seconds only cfut is tried, whose workers take so much longer to start.
"""

import argparse
import importlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

N_WORKERS = 4
KILL_SECONDS = 0.05
STUCK_SECONDS = 10
RUN_SECONDS = 120


def work(number):
    time.sleep(0.002)
    return number


# ---- The pools: an executor, and how it submits

def make_standard():
    from concurrent.futures import ProcessPoolExecutor
    pool = ProcessPoolExecutor(N_WORKERS)
    return pool, pool.submit


def make_loky():
    from joblib.externals.loky import ProcessPoolExecutor
    pool = ProcessPoolExecutor(N_WORKERS)
    return pool, pool.submit


def make_native():
    import gi
    gi.require_version('Cfut', '1')
    from gi.repository import Cfut
    return Cfut.ProcessExecutor(max_workers=N_WORKERS, max_pending=2 ** 32 - 1)


def delay_workers(directory, seconds):
    """Has interpreters that are started from now on take a while for it."""
    program = pathlib.Path(directory, 'python')
    program.write_text(f'#!/bin/sh\nsleep {seconds}\nexec {sys.executable} "$@"\n')
    program.chmod(0o700)
    sys.executable = str(program)


def make_cfut():
    pool = make_native()
    return pool, pool.submit


def make_retrying():
    pool = make_native()
    return pool, pool.with_options(retries=2 ** 31).submit


POOLS = {
    'concurrent.futures': ('concurrent.futures', make_standard),
    'loky': ('joblib.externals.loky', make_loky),
    'cfut': ('gi.repository.Cfut', make_cfut),
    'cfut, calls retried': ('gi.repository.Cfut', make_retrying),
}
EXPERIMENTS = ('one kill', 'a kill every 50 ms')


# ---- One run

def worker_pids():
    """The children of this process, but for those that only keep books."""
    pids = set()
    for task in pathlib.Path('/proc/self/task').iterdir():
        try:
            pids.update((task / 'children').read_text().split())
        except OSError:
            continue        # the thread has ended meanwhile
    return [int(pid) for pid in pids if not is_tracker(pid)]


def is_tracker(pid):
    try:
        return b'tracker' in pathlib.Path('/proc', pid, 'cmdline').read_bytes()
    except OSError:
        return True         # it has ended meanwhile


def kill_one():
    """Kills a worker at random; how many that were."""
    pids = worker_pids()
    if not pids:
        return 0
    try:
        os.kill(random.choice(pids), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


class Calls:
    """The calls of a run, and what became of each."""

    def __init__(self, submit, n_calls):
        self.changed = threading.Condition()
        self.n_refused = 0
        self.futures = []
        for number in range(n_calls):
            try:
                self.futures.append(submit(work, number))
            except Exception:
                self.n_refused += 1

    def count(self):
        done = [future for future in self.futures if future.done()]
        failed = sum(future.cancelled() or future.exception() is not None for future in done)
        return len(done) - failed, failed, len(self.futures) - len(done)

    def n_done(self):
        return sum(future.done() for future in self.futures)


def wait_for_end(calls, seconds, look):
    """Looks every so often, until all has ended or nothing happens any more."""
    n_done, since = -1, time.monotonic()
    while n_done < len(calls.futures) and time.monotonic() - since < STUCK_SECONDS:
        look()
        time.sleep(seconds)
        n_now = calls.n_done()
        if n_now != n_done:
            n_done, since = n_now, time.monotonic()


def keep_killing(calls):
    """Until all has ended; what has not by then is waited for in peace."""
    kills = []
    wait_for_end(calls, KILL_SECONDS, lambda: kills.append(kill_one()))
    wait_for_end(calls, KILL_SECONDS, lambda: None)
    return sum(kills)


def kill_once(calls):
    while calls.n_done() < len(calls.futures) // 4:
        time.sleep(0.001)
    n_kills = kill_one()
    wait_for_end(calls, 0.01, lambda: None)
    return n_kills


def run_once(pool_name, experiment, n_calls, start_seconds):
    if start_seconds > 0:
        delay_workers(tempfile.mkdtemp(), start_seconds)
    pool, submit = POOLS[pool_name][1]()
    begin = time.monotonic()
    calls = Calls(submit, n_calls)
    n_kills = kill_once(calls) if experiment == 'one kill' else keep_killing(calls)
    resolved, failed, stuck = calls.count()
    seconds = time.monotonic() - begin - (STUCK_SECONDS if stuck else 0)
    print(json.dumps({'resolved': resolved, 'failed': failed, 'stuck': stuck,
                      'refused': calls.n_refused, 'kills': n_kills, 'seconds': seconds}), flush=True)
    # A pool that is stuck cannot be shut down.
    os.killpg(0, signal.SIGKILL)


# ---- All of them

def is_there(pool_name):
    module = POOLS[pool_name][0]
    try:
        if module == 'gi.repository.Cfut':
            importlib.import_module('gi').require_version('Cfut', '1')
        importlib.import_module(module)
    except (ImportError, ValueError):
        return False
    return True


def run_apart(pool_name, experiment, n_calls, start_seconds):
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [sys.executable, __file__, '--one', pool_name, experiment, '--calls', str(n_calls),
             '--start-seconds', str(start_seconds)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
            env={**os.environ, 'TMPDIR': directory})
        try:
            output, _ = process.communicate(timeout=RUN_SECONDS)
            return json.loads(output.splitlines()[-1])
        except (subprocess.TimeoutExpired, ValueError, IndexError):
            # Not even the main thread came through.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return {'resolved': 0, 'failed': 0, 'stuck': n_calls, 'refused': 0, 'kills': 0,
                    'seconds': RUN_SECONDS}


def compare(n_runs, n_calls, start_seconds):
    columns = ('resolved', 'failed', 'refused', 'stuck', 'kills', 'seconds')
    print(f'{n_runs} runs of {n_calls} calls on {N_WORKERS} workers; sums of all runs\n')
    pools = [name for name in POOLS if name.startswith('cfut') or start_seconds == 0]
    missing = [name for name in pools if not is_there(name)]
    lost = 0
    for experiment in EXPERIMENTS:
        print(f'{experiment:24}' + ''.join(f'{column:>10}' for column in columns))
        sums = {name: dict.fromkeys(columns, 0) for name in pools if name not in missing}
        for _ in range(n_runs):
            for name, total in sums.items():
                for column, value in run_apart(name, experiment, n_calls, start_seconds).items():
                    total[column] += value
        for name, total in sums.items():
            print(f'  {name:22}' + ''.join(f'{total[column]:10.0f}' for column in columns[:-1])
                  + f'{total["seconds"]:10.1f}', flush=True)
            if name.startswith('cfut'):
                allowed = 0 if 'retried' in name else total['kills']
                lost += total['stuck'] + total['refused'] + max(0, total['failed'] - allowed)
        print()
    for name in missing:
        print(f'{name} is missing')
    return 1 if lost else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--calls', type=int, default=2000)
    parser.add_argument('--start-seconds', type=float, default=0)
    parser.add_argument('--one', nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_once(*options.one, options.calls, options.start_seconds)
    return compare(options.runs, options.calls, options.start_seconds)


if __name__ == '__main__':
    sys.exit(main())
