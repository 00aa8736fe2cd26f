# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The queue of an executor as programs see it that look for that of the standard
executor."""


class CallQueue:
    """The calls that no worker has yet. Nothing can be put there by hand, or taken."""

    def __init__(self, pool):
        self._pool = pool

    def __repr__(self):
        return f'<{type(self).__name__} of {self.qsize()}>'

    def qsize(self):
        return self._pool.count_queued()

    def empty(self):
        return not self.qsize()

    def join_thread(self):
        """Waits until nobody serves the queue any more, after a shutdown."""
        self._pool.join()
