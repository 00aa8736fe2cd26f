# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The interface of `concurrent.futures`, on the executors of cfut.

    from cfutures import ProcessPoolExecutor, as_completed

in place of `from concurrent.futures import …` is all that a program has to
change. The executors are `concurrent.futures.Executor`s and return
`concurrent.futures.Future`s, so that `wait`, `as_completed`, asyncio and every
library that takes an executor work with them. They behave as the documentation
of Python 3.14 says, on older versions too.
"""

import concurrent.futures
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    InvalidStateError,
    TimeoutError,
    as_completed,
    wait,
)

from . import _standard

__all__ = [
    'ALL_COMPLETED',
    'FIRST_COMPLETED',
    'FIRST_EXCEPTION',
    'BrokenExecutor',
    'CancelledError',
    'Executor',
    'Future',
    'InvalidStateError',
    'ProcessPoolExecutor',
    'ThreadPoolExecutor',
    'TimeoutError',
    'as_completed',
    'wait',
]

# Python 3.14 has it; it is the standard one.
if 'InterpreterPoolExecutor' in concurrent.futures.__all__:
    __all__.append('InterpreterPoolExecutor')


def __getattr__(name):
    # A program that uses one executor does not pay for loading the other.
    if name == 'ThreadPoolExecutor':
        from .thread import ThreadPoolExecutor as value
    elif name == 'ProcessPoolExecutor':
        from .process import ProcessPoolExecutor as value
    elif name in __all__:
        value = getattr(concurrent.futures, name)
    else:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
