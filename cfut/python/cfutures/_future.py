# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Futures whose exception may be false.

Before Python 3.13.4 those of `concurrent.futures` take such an exception for none,
and have a result, None.
"""

from concurrent.futures import Future


class Outcome:
    """What a future gives whose class has this before Future."""

    # Of Future's own, for itself: all that waits ends here.
    def _Future__get_result(self):
        if self._exception is None:
            return self._result
        try:
            raise self._exception
        finally:
            # The traceback refers to this frame.
            self = None


class FailedFuture(Outcome, Future):
    pass


def fail(future, error):
    """Calls set_exception()."""
    if is_false(error) and type(future) is Future:
        future.__class__ = FailedFuture
    future.set_exception(error)


def is_false(error):
    try:
        return not error
    except BaseException:
        return True
