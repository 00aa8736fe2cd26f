# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python functions in the workers of Cfut.ProcessExecutor."""

import os

from cfut_worker import _run_chunk
from gi.repository import Cfut, GLib

from . import _native_executor
from ._message import Pieces
from ._native_errors import raise_gerror
from ._native_executor import AtExit, check_initializer, run_slowly
from ._native_names import check_callable, submit_by_name
from ._native_variants import from_data
from ._pickling import dumps_call
from ._workers import LABELLED, SETUP, setup, worker_argv

_submit_data = Cfut.ProcessExecutor.submit_data
_submit_bytes = Cfut.ProcessExecutor.submit_bytes
_init = Cfut.ProcessExecutor.__init__
_prestart = Cfut.ProcessExecutor.prestart
_prestart_async = Cfut.ProcessExecutor.prestart_async


def python_worker_argv():
    """The command of a worker that runs Python functions, for the property `argv`.

    An executor with modules in C has workers in C, unless it is given this: then
    its workers run both.
    """
    return worker_argv(Cfut.get_worker_dir(), Cfut.get_library_path())


def __init__(self, max_workers=0, *, initializer=None, initargs=(), **properties):
    check_initializer(initializer)
    _init(self, max_workers=max_workers, **properties)
    if initializer is not None:
        prepare(self, initializer, initargs)


def prepare(executor, initializer=None, initargs=()):
    """Sets the workers of an executor up for Python, if it has no others."""
    argv = executor.dup_argv()
    if not argv:
        if executor.dup_modules() and initializer is None:
            raise TypeError('The workers of an executor with modules run no Python functions, '
                            'unless it has argv=Cfut.python_worker_argv()')
        executor.set_argv(python_worker_argv())
    elif not any(os.path.basename(argument) == 'worker.py' for argument in argv):
        raise TypeError(f'{argv[0]} runs no Python functions')
    executor.set_initializer(SETUP, from_data('ay', setup(initializer, initargs)))
    executor._cfut_at_exit = AtExit(executor)


# What errors and lists call a call: "python NAME".

def name_call(function, args):
    check_callable(function)
    if function is _run_chunk:
        function = args[0]
    return LABELLED + getattr(function, '__qualname__', 'object')


def _cfut_submit(self, function, args, kwargs, options):
    if self._cfut_at_exit is None:
        prepare(self)
    name = name_call(function, args)
    message = dumps_call(function, args, kwargs)
    try:
        if type(message) is bytes:
            return _submit_data(self, name, message, options)
        return submit_pieces(self, name, message, options)
    except GLib.Error as error:
        raise_gerror(error)


def submit_pieces(executor, name, pieces, options):
    """Submits a large message."""
    from ._native_memory import gather, submit_lent
    if type(pieces) is not Pieces:
        return submit_lent(executor, name, pieces, options)
    return _submit_bytes(executor, name, gather(pieces), options)


# Those of Cfut.Executor, without the way through what every executor has.

def submit(self, function, /, *args, **kwargs):
    if isinstance(function, str):
        return submit_by_name(self, function, args, kwargs)
    return _cfut_submit(self, function, args, kwargs, None)


submit.__doc__ = _native_executor.submit.__doc__


def _cfut_push(self, function, args, kwargs, options):
    if self._cfut_at_exit is None:
        prepare(self)
    return inbox().push(self, name_call(function, args), dumps_call(function, args, kwargs), options)


def run(self, function, /, *args, **kwargs):
    if isinstance(function, str):
        return run_slowly(self, None, function, args, kwargs)
    return _cfut_push(self, function, args, kwargs, None)


run.__doc__ = _native_executor.run.__doc__


def inbox():
    # Imported late: asyncio is large, and few need it.
    global inbox
    from ._native_loop import inbox
    return inbox()


def is_default(executor):
    return executor._cfut_at_exit is None and not executor.dup_argv() and not executor.dup_modules()


def prestart(self):
    """Starts the workers now, before there are calls."""
    if is_default(self):
        prepare(self)
    _prestart(self)


def prestart_async(self, *args):
    """As `prestart()`, and calls back when they are ready."""
    if is_default(self):
        prepare(self)
    _prestart_async(self, *args)


METHODS = (__init__, _cfut_submit, _cfut_push, submit, run, prestart, prestart_async)
