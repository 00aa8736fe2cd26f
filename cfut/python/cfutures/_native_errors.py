# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Errors of cfut as the exceptions that Python programs expect."""

from concurrent.futures import CancelledError

from gi.repository import Cfut, Gio, GLib

from . import _errors

CFUT_DOMAIN = GLib.quark_to_string(Cfut.error_quark())
IO_DOMAIN = GLib.quark_to_string(Gio.io_error_quark())


class BrokenProcessPool(_errors.BrokenProcessPool, GLib.Error):
    """A worker process has died, or does not start.

    It is the GLib.Error too, with its domain, code and message.
    """

    def __init__(self, error):
        GLib.Error.__init__(self, error.message, error.domain, error.code)


BROKEN = (int(Cfut.Error.WORKER_DIED), int(Cfut.Error.BROKEN), int(Cfut.Error.START_FAILED),
          int(Cfut.Error.PROTOCOL))


def from_parts(domain, code, message, name=None, traceback=None, payload=None):
    """The exception for an error, of which `name` and on are a remote one's."""
    if domain == IO_DOMAIN:
        if code == Gio.IOErrorEnum.TIMED_OUT:
            return TimeoutError(message)
        if code == Gio.IOErrorEnum.CANCELLED:
            return CancelledError()
    elif domain == CFUT_DOMAIN and code in BROKEN:
        error = BrokenProcessPool(GLib.Error(message, domain, code))
        if name:
            error.__cause__ = _errors.from_remote(name, '', traceback, payload)
        return error
    elif domain == CFUT_DOMAIN and name:
        message = _errors.split_message(name, message)
        return _errors.from_remote(name, message, traceback, payload)
    return GLib.Error(message, domain, code)


def raise_gerror(error):
    raise from_parts(error.domain, error.code, error.message) from None


def from_future(future):
    """The exception of a future that has failed or was cancelled."""
    raised = future.get_remote_value()
    if raised is not None:
        return raised
    error = future.dup_error()
    raised = getattr(future, '_cfut_raised', None)
    if raised is not None:
        return raised
    name = future.dup_remote_name()
    if name is None:
        return from_parts(error.domain, error.code, error.message)
    payload = future.dup_remote_data()
    return from_parts(error.domain, error.code, error.message, name,
                      future.dup_remote_traceback(),
                      payload.get_data() if payload is not None else None)
