# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is called for each Python function on a thread, with the interpreter lock
held. Through introspection, a call lets go of it, and so does PyGObject for each
object whose wrapper it drops.
"""

import ctypes
from ctypes import c_size_t, c_void_p, py_object, pythonapi

from gi.repository import GObject

from . import _lib, _pygobject
from ._native_errors import from_parts
from ._native_future import NOTHING, add_getter


class Interpreter(ctypes.Structure):
    """A CfutInterpreter."""

    _fields_ = [('object_type', c_size_t)] + [(name, c_void_p) for name in (
        'unlock', 'lock', 'enter', 'leave', 'hold', 'release', 'call', 'report')]


def get_function_address(name):
    return ctypes.cast(getattr(pythonapi, name), c_void_p)


_interpreter = Interpreter(
    _lib.quick.g_type_from_name(GObject.TYPE_PYOBJECT.name.encode()),
    *map(get_function_address, (
        'PyEval_SaveThread', 'PyEval_RestoreThread', 'PyGILState_Ensure', 'PyGILState_Release',
        'Py_IncRef', 'Py_DecRef', 'PyObject_CallNoArgs', 'PyErr_WriteUnraisable')))
# The library has it for as long as there is the process.
pythonapi.Py_IncRef(py_object(_interpreter))

PYTHON = ctypes.addressof(_interpreter)

get_address = _pygobject.get_address
wrap = _pygobject.wrap
_submit = _lib.library.cfut_thread_executor_submit_object
_try_submit = _lib.quick.cfut_thread_executor_try_submit_object
_get_current_call = _lib.quick.cfut_thread_executor_get_current_call
_unref = _lib.quick.g_object_unref
_dup_object = _lib.quick.cfut_future_dup_object


def serve():
    """Runs calls until the thread is to leave."""
    _lib.quick.cfut_thread_executor_serve_locked(PYTHON)


def try_submit(executor, function):
    """Returns the future of a call, or None if it is not taken as it is."""
    address = _try_submit(get_address(executor), PYTHON, function, None, None)
    if not address:
        return None
    future = wrap(address)
    _unref(address)
    return future


def submit(executor, function, options):
    """Returns the future of a call; waits for room without the interpreter lock."""
    error = _lib.ErrorPointer()
    address = _submit(get_address(executor), PYTHON, function,
                      None if options is None else get_address(options), ctypes.byref(error))
    if not address:
        raise from_parts(*_lib.take_whole_error(error))
    future = wrap(address)
    _unref(address)
    return future


def fail(name, message):
    """The call that runs in this thread has failed."""
    _lib.quick.cfut_call_fail(_get_current_call(), name.encode(errors='replace'), message, None)


def get_object(future):
    """Returns what a Python function on a thread has returned, or NOTHING."""
    return _dup_object(get_address(future), PYTHON, NOTHING)


add_getter(get_object)
