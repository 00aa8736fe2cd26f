# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Workers in Python at each level of trust."""

import errno
import os
import resource
import signal
import socket
import subprocess
import unittest

from support import Cfut, ExecutorCase
import tasks

HAS_SECCOMP = os.environ.get('CFUT_TEST_SECCOMP') == '1'
BUBBLEWRAP = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', 'true']


def why_no_bubblewrap():
    """Whether there is bubblewrap, and it may do what it does."""
    if not HAS_SECCOMP:
        return 'This cfut was built without libseccomp'
    try:
        tried = subprocess.run(BUBBLEWRAP, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return 'There is no bubblewrap'
    return tried.stderr.strip() if tried.returncode != 0 else None


WHY_NOT = why_no_bubblewrap()


class Levels(ExecutorCase):
    executor_class = Cfut.ProcessExecutor

    def status(self, executor):
        """What the kernel says of a worker."""
        lines = executor.submit(tasks.read, '/proc/self/status').result().splitlines()
        return dict(line.split(':', 1) for line in lines)

    def test_none_and_limits(self):
        """A worker may gain privileges only where it is let"""
        for level, bound in (Cfut.Sandbox.NONE, '0'), (Cfut.Sandbox.LIMITS, '1'):
            with self.make(1, sandbox=level) as executor:
                self.assertEqual(self.status(executor)['NoNewPrivs'].strip(), bound)
                self.assertEqual(executor.submit(tasks.add, 1).result(), 3)

    def test_own_limits(self):
        """A limit of memory is an exception in Python, and costs no worker"""
        setup = Cfut.WorkerSetup()
        setup.add_rlimit(resource.RLIMIT_AS, 1 << 30, 1 << 30)
        with self.make(1, worker_setup=setup) as executor:
            pid = executor.submit(tasks.get_pid).result()
            with self.assertRaises(MemoryError):
                executor.submit(tasks.allocate, 2 << 30).result()
            self.assertEqual(executor.submit(tasks.allocate, 1 << 20).result(), 1 << 20)
            self.assertEqual(executor.submit(tasks.get_pid).result(), pid)

    def test_no_seccomp(self):
        """An interpreter does not run behind the filter, and that is said"""
        executor = self.executor_class(1, sandbox=Cfut.Sandbox.SECCOMP)
        with self.assertRaises(Exception) as caught:
            executor.submit(tasks.add, 1).result()
        self.assertIn('for functions in C' if HAS_SECCOMP else 'without libseccomp', str(caught.exception))
        executor.shutdown()


@unittest.skipIf(WHY_NOT is not None, WHY_NOT)
class Launched(ExecutorCase):
    executor_class = Cfut.ProcessExecutor

    @classmethod
    def setUpClass(cls):
        cls.executor = cls.executor_class(max_workers=2, sandbox=Cfut.Sandbox.LAUNCHER)

    def run_task(self, task, *args):
        return self.executor.submit(task, *args).result()

    def test_results(self):
        """Whatever a function takes and returns comes through, small and large"""
        self.assertEqual(self.run_task(tasks.add, 20, 22), 42)
        self.assertEqual(list(self.executor.map(tasks.add, range(200))), list(range(2, 202)))
        large = os.urandom(3_000_000)
        self.assertEqual(self.run_task(tasks.echo, large), large)
        with self.assertRaisesRegex(KeyError, 'gone'):
            self.run_task(tasks.fail, KeyError('gone'))

    def test_buffers(self):
        """It gets a copy of a buffer, and one is made of its own"""
        buffer = Cfut.Buffer.new_copy(os.urandom(1_000_000))
        future = self.executor.submit(tasks.get_kinds, buffer, memoryview(buffer)[1000:])
        self.assertEqual(future.result(), (['memoryview'] * 2, (bytes(buffer), bytes(buffer)[1000:])))
        self.assertEqual(self.run_task(tasks.list_mappings, 'cfut-segment'), [])
        self.assertEqual(self.run_task(tasks.make, 1_000_000), b'\7' * 1_000_000)

    def test_files(self):
        """It reads the user's files, and writes none"""
        path = self.path()
        with open(path, 'w') as file:
            file.write('as it was')
        self.assertEqual(self.run_task(tasks.read, path), 'as it was')
        for call in ((tasks.touch, self.path('new')), (os.unlink, path), (os.mkdir, self.path('new'))):
            with self.assertRaises(OSError) as caught:
                self.run_task(*call)
            self.assertEqual(caught.exception.errno, errno.EROFS)
        self.assertEqual(self.run_task(tasks.read, path), 'as it was')

    def test_processes(self):
        """It sees no processes but its own"""
        with self.assertRaises(ProcessLookupError):
            self.run_task(os.kill, os.getpid(), signal.SIGTERM)
        self.assertNotIn(str(os.getpid()), self.run_task(os.listdir, '/proc'))

    def test_network(self):
        """It comes to no socket outside"""
        with socket.create_server(('127.0.0.1', 0)) as server:
            with self.assertRaises(OSError):
                self.run_task(tasks.connect, server.getsockname())
        with self.assertRaises(PermissionError):
            self.run_task(tasks.connect_unix, '/run/dbus/system_bus_socket')

    def test_death(self):
        """It may die of anything, and others go on"""
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'signal 9'):
            self.run_task(tasks.die)
        with self.assertRaisesRegex(Cfut.BrokenProcessPool, 'status 5'):
            self.run_task(os._exit, 5)
        self.assertEqual(self.run_task(tasks.add, 1), 3)

    def test_cancel(self):
        """One that does not stop is killed with its launcher"""
        executor = self.make(1, sandbox=Cfut.Sandbox.LAUNCHER, grace=0)
        with self.assertRaises(TimeoutError):
            executor.with_options(timeout=0.2).submit(tasks.loop_in_c).result()
        self.assertEqual(executor.submit(tasks.add, 1).result(), 3)


if __name__ == '__main__':
    unittest.main()
