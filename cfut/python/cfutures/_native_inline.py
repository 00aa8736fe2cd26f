# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python functions on Cfut.InlineExecutor: within the submit, where a debugger sees
them. The future is done when `submit()` returns.
"""

import cfut_worker
from gi.repository import Cfut, GLib, GObject

from ._native_names import check_callable


class InlineCall:
    """What `cfut_worker` asks and tells."""

    def __init__(self, promise):
        self.set_progress = promise.set_progress
        self.is_cancelled = promise.get_cancellable().is_cancelled

    def get_attempt(self):
        return 1


def _cfut_submit(self, function, args, kwargs, options):
    check_callable(function)
    if self._cfut_closed:
        raise GLib.Error('Executor was shut down; submit to another one',
                         GLib.quark_to_string(Cfut.error_quark()), Cfut.Error.SHUTDOWN)
    promise = Cfut.Promise()
    future = promise.get_future()
    cancellable = options and options.get_cancellable()
    if cancellable is not None and cancellable.is_cancelled():
        future.cancel()
        return future
    promise.start()
    run(promise, future, function, args, kwargs)
    # The traceback of an exception has this frame, and the future the exception.
    returned = [future]
    del promise, future
    return returned.pop()


def run(promise, future, function, args, kwargs):
    outer = cfut_worker._current.call
    cfut_worker._current.call = InlineCall(promise)
    try:
        promise.resolve_value(GObject.Value(GObject.TYPE_PYOBJECT, function(*args, **kwargs)))
    except KeyboardInterrupt:
        future.cancel()
        raise
    except BaseException as error:
        # What the future raises: this has more to tell.
        future._cfut_raised = error.with_traceback(error.__traceback__.tb_next)
        promise.reject(GLib.Error(f'{type(error).__qualname__}: {error}',
                                  GLib.quark_to_string(Cfut.error_quark()), Cfut.Error.REMOTE))
    finally:
        cfut_worker._current.call = outer
        del promise, future


def _cfut_push(self, function, args, kwargs, options):
    from ._native_loop import wrap
    return wrap(_cfut_submit(self, function, args, kwargs, options))


METHODS = (_cfut_submit, _cfut_push)
