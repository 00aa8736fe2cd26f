# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command line of Python workers, and what they are told first."""

import os
import sys
from contextlib import nullcontext

from ._pickling import dumps_call, dumps_result

# The functions that a worker serves; the first two take and give bytes, the other
# messages that lend memory.
PYTHON = 'python'
SETUP = 'python-setup'
LENDING = 'python-lending '

# Behind the first and the last, for people: which function of Python's it is.
LABELLED = PYTHON + ' '

try:
    _start_directory = os.getcwd()
except OSError:
    # Somebody has removed it: names are relative to nothing.
    _start_directory = ''


def is_python(name):
    """Whether calls of that name give what Python has pickled."""
    return name is not None and (name[:len(LABELLED)] == LABELLED or name == PYTHON)


def is_lending(name):
    """Whether calls of that name give what Python has pickled, and memory beside it."""
    return name is not None and name[:len(LENDING)] == LENDING


def worker_argv(worker_dir, library=None):
    """The command of a worker: this interpreter with the same flags."""
    from subprocess import _args_from_interpreter_flags
    argv = [sys.executable, *_args_from_interpreter_flags(), os.path.join(worker_dir, 'worker.py')]
    return [*argv, f'--library={library}'] if library else argv


def _describe_main():
    """How a worker can make this program's `__main__`, if it can."""
    main = sys.modules['__main__']
    spec = getattr(main, '__spec__', None)
    if spec is not None:
        # That of a package is its __main__.py: as with spawn, not run again.
        name = spec.name
        return None if name == '__main__' or name.endswith('.__main__') else ('module', name)
    path = getattr(main, '__file__', None)
    if path is None:
        return None
    return ('path', os.path.join(_start_directory, path))


def check_main():
    """Raises RuntimeError in a worker that runs the program's main module, looking
    for a function: its workers would do so, too, and theirs. The worker takes what was
    defined before this, as it would have if it had been forked."""
    if getattr(type(sys.modules['__main__']), 'runs_now', False):
        error = RuntimeError('An executor of processes was started by a worker that has not read '
                             'the program to its end. Start it under '
                             '"if __name__ == \'__main__\':", or each worker starts others')
        error.cfut_starts_workers = True
        raise error


def setup(initializer=None, initargs=(), initkwargs=None):
    """What a worker is told before its first call, as bytes.

    Raises what pickle raises if the initializer cannot be pickled.
    """
    check_main()
    # Classes of this program come back under the name that it has in workers.
    sys.modules.setdefault('__mp_main__', sys.modules['__main__'])
    authkey, spawning = None, nullcontext()
    if 'multiprocessing' in sys.modules:
        from . import _multiprocessing
        authkey, spawning = _multiprocessing.get_authkey(), _multiprocessing.Spawning()
    with spawning:
        return bytes(dumps_result({
            'sys_path': [path or _start_directory for path in sys.path],
            'sys_argv': sys.argv,
            'main': _describe_main(),
            'authkey': authkey,
            # By itself, since it can only be read when the rest is in place.
            'initializer': None if initializer is None
                           else bytes(dumps_call(initializer, tuple(initargs), initkwargs or {})),
        }))
