# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How Python calls and results are written as bytes; see _message.py for what a
message is."""

import sys
import types
from _pickle import PicklingError, dumps, loads

from . import _message
from ._message import LARGE, join, lift

ADVICE = ('Functions are pickled by reference: define them at the top level of a module '
          'that the workers can import, or install cloudpickle')


def _dumps(message):
    buffers = []
    try:
        if 'multiprocessing.reduction' in sys.modules:
            from . import _multiprocessing
            pickled = _multiprocessing.dumps(message, buffers.append)
        else:
            pickled = dumps(message, 5, buffer_callback=buffers.append)
    except TypeError:
        if _message.dumps_views is None:
            raise
        # It may have been a view.
        buffers.clear()
        pickled = _message.dumps_views(message, buffers.append)
    return join(pickled, buffers)


def _cloud_dumps(message):
    """For what pickle refuses: functions that no worker could import."""
    import cloudpickle
    buffers = []
    pickled = cloudpickle.dumps(message, 5, buffer_callback=buffers.append)
    return join(pickled, buffers)


def _is_of_unimportable_main(function):
    """Whether it is from an interactive session, or `python -c`: pickle would
    refer to a module that the workers cannot run."""
    if type(function) is bytes or getattr(function, '__module__', None) != '__main__':
        return False
    main = sys.modules.get('__main__')
    return getattr(main, '__spec__', None) is None and not hasattr(main, '__file__')


# Functions that were pickled by reference, and these pickles: a message has the
# pickle as bytes in place of the function, since finding a function by its name
# takes longer, at both ends, than all else.
_references = {}
MAX_REFERENCES = 256
KINDS = (types.FunctionType, types.BuiltinFunctionType)

# What nobody has registered a way to pickle for, and has no buffers.
PLAIN = frozenset((int, float, str, bool, types.NoneType))


def _refer(function):
    """The pickle of a function, or the function if it has none of its own."""
    # A method of an object is pickled with the object.
    if type(function) not in KINDS or getattr(function, '__self__', None).__class__ not in (
            types.NoneType, types.ModuleType):
        return function
    if _is_of_unimportable_main(function):
        return function
    try:
        reference = dumps(function, 5)
    except Exception:
        return function
    if len(_references) >= MAX_REFERENCES:
        _references.clear()
    _references[function] = reference
    return reference


def dumps_call(function, args, kwargs):
    """The message of a call. Raises what pickle raises, with advice."""
    kind = type(function)
    if kind in KINDS:
        function = _references.get(function) or _refer(function)
    elif kind is bytes:
        raise TypeError("'bytes' object is not callable")
    referred = type(function) is bytes
    if referred and not kwargs and PLAIN.issuperset(map(type, args)):
        return dumps((function, args, kwargs), 5)
    for value in args:
        if type(value) in (bytes, bytearray) and len(value) >= LARGE:
            args = tuple(map(lift, args))
            break
    try:
        if not _is_of_unimportable_main(function):
            return _dumps((function, args, kwargs))
        return _cloud_dumps((function, args, kwargs))
    except ImportError:
        return _dumps((function, args, kwargs))
    except (PicklingError, AttributeError) as error:
        try:
            return _cloud_dumps((loads(function) if referred else function, args, kwargs))
        except ImportError:
            error.add_note(ADVICE)
        raise


def dumps_result(value):
    """The message of a result."""
    return _dumps(lift(value))
