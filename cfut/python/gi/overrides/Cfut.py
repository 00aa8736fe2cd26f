# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cfut as Python programs expect it.

    from gi.repository import Cfut

    with Cfut.ProcessExecutor(max_workers=4) as executor:
        future = executor.submit(pow, 2, 10)
        print(future.result())

Methods are added to the classes of the library; what is in them is in the package
cfutures.
"""

from gi.repository import Cfut

from cfutures import (_native_await, _native_executor, _native_future, _native_inline,
                      _native_process, _native_thread)
from cfutures._native_buffer import Buffer
from cfutures._errors import BrokenProcessPool, RemoteError, RemoteTraceback
from cfutures._native_process import python_worker_argv
from cfutures._native_future import as_completed, wait

__all__ = ['ALL_COMPLETED', 'BrokenProcessPool', 'Buffer', 'FIRST_COMPLETED', 'FIRST_EXCEPTION',
           'RemoteError', 'RemoteTraceback', 'as_completed', 'python_worker_argv', 'wait']

ALL_COMPLETED = Cfut.ReturnWhen.ALL_COMPLETED
FIRST_COMPLETED = Cfut.ReturnWhen.FIRST_COMPLETED
FIRST_EXCEPTION = Cfut.ReturnWhen.FIRST_EXCEPTION

for class_, methods in (
    (Cfut.Future, _native_future.METHODS),
    (Cfut.Future, _native_await.METHODS),
    (Cfut.Executor, _native_executor.METHODS),
    (Cfut.ThreadExecutor, _native_thread.METHODS),
    (Cfut.ProcessExecutor, _native_process.METHODS),
    (Cfut.InlineExecutor, _native_inline.METHODS),
):
    for method in methods:
        setattr(class_, method.__name__, method)

Cfut.Executor._cfut_at_exit = None
Cfut.Executor._cfut_closed = False
