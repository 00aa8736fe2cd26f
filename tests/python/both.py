# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the same tests on `cfutures` and on `concurrent.futures`.

A test is fair if it passes on both, where the standard module has what it is
about.
"""

import concurrent.futures
import concurrent.futures.process
import concurrent.futures.thread
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import cfutures
import cfutures.process
import cfutures.thread
import jobs

# How long to wait for what is sure to come.
DEADLINE = 60


class Both(unittest.TestCase):
    """A test of something that `self.futures`, a module, has."""

    futures = None
    kind = None

    def executor(self, *arguments, **options):
        """Returns an executor of the kind that is tested; shut down at the end."""
        executor = getattr(self.futures, self.kind)(*arguments, **options)
        self.addCleanup(executor.shutdown)
        return executor

    def count_cpus(self):
        """Those that this process may use, as the standard module counts from 3.13 on."""
        if self.futures is cfutures or hasattr(os, 'process_cpu_count'):
            return len(os.sched_getaffinity(0))
        return os.cpu_count()

    @contextlib.contextmanager
    def busy(self, executor, n=1):
        """Keeps `n` threads of an executor busy meanwhile."""
        began = threading.Semaphore(0)
        end = threading.Event()

        def wait():
            began.release()
            end.wait(DEADLINE)

        futures = [executor.submit(wait) for _ in range(n)]
        for _ in futures:
            self.assertTrue(began.acquire(timeout=DEADLINE))
        try:
            yield futures
        finally:
            end.set()

    def wait_until(self, condition):
        """Waits for what is sure to come, and tells nobody when it has."""
        deadline = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def run_program(self, text, *arguments):
        """Runs a program that begins with an import of the module's names;
        returns its stdout, stderr and exit status."""
        program = f'from {self.futures.__name__} import *\n{text}'
        done = subprocess.run([sys.executable, '-c', program, *arguments],
                              capture_output=True, text=True, timeout=DEADLINE)
        return done.stdout, done.stderr, done.returncode


class Gates:
    """Files by which calls in any worker are held and let go."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.go = self.path('go')
        # Runs before the executor's shutdown, which waits for the calls.
        self.addCleanup(jobs.touch, self.go)

    def path(self, name):
        return os.path.join(self.directory, name)

    def executor(self, *arguments, **options):
        executor = super().executor(*arguments, **options)
        self.addCleanup(jobs.touch, self.go)
        return executor

    def hold(self, executor, n=1):
        """Keeps all of the executor's `n` workers busy until `self.go`."""
        futures = [executor.submit(jobs.wait_for, self.go, self.path(f'begun-{i}')) for i in range(n)]
        for i in range(n):
            jobs.wait_for(self.path(f'begun-{i}'))
        return futures

    def shut_down(self, executor):
        """Shuts down an executor with calls that are cancelled.

        The standard pool of processes of Python 3.11 may wait for ever if they
        are all that it has left, so a call follows them."""
        executor.submit(int).result(DEADLINE)
        executor.shutdown()

    def lines(self, name):
        try:
            with open(self.path(name)) as file:
                return file.read().split()
        except FileNotFoundError:
            return []


def since(*version):
    """Tells which version of Python has what a test is about."""
    def mark(test):
        test.since = version
        return test
    return mark


def ours(test):
    """Marks a test of something that only cfutures has."""
    test.since = (99,)
    return test


def both(tests, name='', **attributes):
    """Makes two classes of tests of one."""
    lacking = {key: None for key in dir(tests)
               if getattr(getattr(tests, key), 'since', ()) > sys.version_info}
    make(tests, f'{name}Cfut', {**attributes, 'futures': cfutures})
    make(tests, f'{name}Standard', {**lacking, **attributes, 'futures': concurrent.futures})
    return tests


def both_executors(tests):
    """Makes four classes of tests, with executors of threads and of processes."""
    both(tests, 'Threads', kind='ThreadPoolExecutor')
    both(tests, 'Processes', kind='ProcessPoolExecutor')
    return tests


def make(tests, suffix, attributes):
    name = f'{tests.__name__}{suffix}'
    scope = sys.modules[tests.__module__].__dict__
    scope[name] = type(name, (tests, Both), {'__module__': tests.__module__, **attributes})
