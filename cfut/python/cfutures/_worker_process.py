# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A worker process as programs see it that look for those of the standard
executor."""

import os
import select
import signal


class WorkerProcess:
    """What there is of `multiprocessing.Process` for a process that cfut has
    started, and reaps."""

    def __init__(self, pid):
        self.pid = pid
        try:
            self._pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._pidfd = None

    def __del__(self, close=os.close):
        if self._pidfd is not None:
            close(self._pidfd)

    def __repr__(self):
        return f'<{type(self).__name__} pid={self.pid}{"" if self.is_alive() else " ended"}>'

    @property
    def ident(self):
        return self.pid

    def is_alive(self):
        return self._pidfd is not None and not self._wait(0)

    def join(self, timeout=None):
        """Waits until the process has ended, `timeout` seconds at most."""
        if self._pidfd is not None:
            self._wait(timeout)

    def terminate(self):
        self._signal(signal.SIGTERM)

    def kill(self):
        self._signal(signal.SIGKILL)

    def _wait(self, timeout):
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return poll.poll(None if timeout is None else timeout * 1000)

    def _signal(self, signum):
        if self._pidfd is not None:
            try:
                signal.pidfd_send_signal(self._pidfd, signum)
            except ProcessLookupError:
                pass
