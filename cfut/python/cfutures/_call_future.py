# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The future of a call in a worker process.

It is a `concurrent.futures.Future`, but for when its parts are made: most calls
are queued by the thousand and have ended when somebody asks for their result,
and the condition of a future alone takes longer to make, and more memory, than
all else of a call.
"""

import threading
from _thread import allocate_lock
from concurrent.futures import Future
from concurrent.futures._base import FINISHED, PENDING

from ._future import Outcome

# What a future without one gets when somebody looks.
_PARTS = {
    '_condition': threading.Condition,
    '_waiters': list,
    '_done_callbacks': list,
}


class _Settled:
    """The condition of futures that have ended before anybody looked. There is
    nothing to wait for but the end of _finish()."""

    def __init__(self):
        self.finishing = allocate_lock()

    def __enter__(self):
        with self.finishing:
            pass

    def __exit__(self, *details):
        pass

    acquire = __enter__

    def release(self):
        pass


_SETTLED = _Settled()


class CallFuture(Outcome, Future):
    _state = PENDING
    _result = None
    _exception = None

    def __init__(self, pool, tag):
        self._pool = pool
        self._tag = tag

    def __getattr__(self, name):
        make = _PARTS.get(name)
        if make is None:
            raise AttributeError(f'{type(self).__name__!r} object has no attribute {name!r}')
        # Several threads may look first at the same time, and one settle it.
        made = make()
        with _SETTLED.finishing:
            return self.__dict__.setdefault(name, made)

    def cancel(self):
        pool = self._pool
        return (pool is None or pool.withdraw(self)) and super().cancel()

    def result(self, timeout=None):
        timeout = self._fetch(timeout)
        if self._state == FINISHED and self._exception is None:
            return self._result
        return super().result(timeout)

    def exception(self, timeout=None):
        return super().exception(self._fetch(timeout))

    def _fetch(self, timeout):
        """Waits for the end, if that can be done without the parts. Returns how
        much of the time-out is left."""
        pool = self._pool
        if pool is None or '_condition' in self.__dict__:
            return timeout
        return pool.fetch(self, timeout)

    def _settle(self, result, exception):
        """Ends a future that nobody has looked at, or returns False.

        All at once, since it may be interrupted; then it may be done again."""
        parts = {'_condition': _SETTLED, '_result': result, '_exception': exception,
                 '_state': FINISHED, '_pool': None}
        with _SETTLED.finishing:
            if self.__dict__.get('_condition', _SETTLED) is not _SETTLED:
                return False
            self.__dict__.update(parts)
        return True

    def _finish(self, result, exception):
        """set_result() or set_exception(), for the collector."""
        if self._settle(result, exception):
            return
        self._pool = None
        if exception is not None:
            self.set_exception(exception)
        else:
            self.set_result(result)
