# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the native face share."""

import os
import shutil
import sys
import tempfile
import time
import unittest

import gi

gi.require_version('Cfut', '1')

from gi.repository import Cfut, Gio, GLib  # noqa: E402

DEADLINE = 60


def until(condition):
    """Iterates the main context until it holds."""
    deadline = time.monotonic() + DEADLINE
    context = GLib.MainContext.default()
    while not condition():
        assert time.monotonic() < deadline, 'What the test waits for did not happen'
        if not context.iteration(False):
            time.sleep(0.001)


def get_resident():
    """The memory of this process, in bytes."""
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


class ExecutorCase(unittest.TestCase):
    """Has an executor of 2 workers, which is shut down, and a directory."""

    executor_class = None

    @classmethod
    def setUpClass(cls):
        if cls.executor_class is not None:
            cls.executor = cls.executor_class(max_workers=2)

    @classmethod
    def tearDownClass(cls):
        if cls.executor_class is not None:
            cls.executor.shutdown(cancel_futures=True)
            del cls.executor

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='cfut-test-')
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, name='file'):
        return os.path.join(self.directory, name)

    def await_file(self, path):
        until(lambda: os.path.exists(path))

    def make(self, max_workers=2, **properties):
        """An executor of the test's own."""
        executor = self.executor_class(max_workers=max_workers, **properties)
        self.addCleanup(executor.shutdown, cancel_futures=True)
        return executor


def both_kinds(base):
    """Decorates a test case: it is for threads and for processes."""
    module = sys.modules[base.__module__]
    for kind, where in ((Cfut.ThreadExecutor, 'OnThreads'), (Cfut.ProcessExecutor, 'InProcesses')):
        name = base.__name__ + where
        setattr(module, name, type(name, (base,), {'executor_class': kind,
                                                   '__module__': base.__module__}))
    return base
