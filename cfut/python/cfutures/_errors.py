# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The exceptions of calls that failed elsewhere."""

from concurrent.futures import BrokenExecutor

from ._message import UNPICKLE_NAME, loads_message


class RemoteTraceback(Exception):
    """The traceback of an exception in a worker; the cause of that exception."""

    def __init__(self, tb):
        super().__init__(tb)
        self.tb = tb

    def __str__(self):
        return f'\n"""\n{self.tb}"""'


class RemoteError(Exception):
    """An exception that could not be sent as it was, or of another language."""

    def __init__(self, name, message=''):
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self):
        return f'{self.name}: {self.message}' if self.message else self.name


class BrokenProcessPool(BrokenExecutor):
    """A worker process has died, or does not start."""


class UnpickleError(BrokenProcessPool):
    """A call or a result could not be read at the other end."""


def split_message(name, message):
    """The message of a remote error without the name in front of it."""
    prefix = f'{name}: '
    if name and message.startswith(prefix):
        return message[len(prefix):]
    return '' if message == name else message


def from_remote(name, message, traceback, payload):
    """The exception that a worker answered with. Never raises."""
    error = None
    if name == UNPICKLE_NAME:
        error = UnpickleError(message)
    elif payload:
        try:
            error = loads_message(payload)
        except Exception:
            pass
    if not isinstance(error, BaseException):
        error = RemoteError(name or 'Exception', message)
    if traceback:
        error.__cause__ = RemoteTraceback(traceback)
    return error


def loads_result(data):
    """What a call returned. Raises UnpickleError if it cannot be read."""
    try:
        return loads_message(data)
    except BaseException as error:
        raise UnpickleError(f'A result could not be unpickled: {error!r}') from error
