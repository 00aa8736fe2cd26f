# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is called for each Python function on a thread, with the interpreter lock
held. Through introspection, a call lets go of it.
"""

import ctypes
from ctypes import c_size_t, c_void_p, py_object

from gi.repository import GObject

from . import _lib, _native_future, _pygobject

PYOBJECT = _lib.quick.g_type_from_name(GObject.TYPE_PYOBJECT.name.encode())

SAVE = ctypes.cast(ctypes.pythonapi.PyEval_SaveThread, c_void_p)
RESTORE = ctypes.cast(ctypes.pythonapi.PyEval_RestoreThread, c_void_p)

get_address = _pygobject.get_address
new_closure = _pygobject.new_closure
wrap = _pygobject.wrap
_submit = _lib.quick.cfut_thread_executor_try_submit_closure
_unref = _lib.quick.g_object_unref
_get_function = _lib.quick.cfut_future_get_function
_get_value = _lib.quick.cfut_future_get_value
_get_boxed = _lib.quick.g_value_get_boxed


def serve():
    """Runs calls until the thread is to leave."""
    _lib.quick.cfut_thread_executor_serve_locked(SAVE, RESTORE)


def try_submit(executor, function):
    """Returns the future of a call, or None if it is not taken as it is."""
    address = _submit(get_address(executor), new_closure(function, None, None), PYOBJECT, None,
                      None)
    if not address:
        return None
    future = wrap(address)
    _unref(address)
    return future


def peek(future):
    """Returns, in a tuple, what a Python function on a thread has returned; an empty
    one if it has not; or None if the future is of another kind."""
    address = get_address(future)
    if _get_function(address) is not None:
        return None
    value = _get_value(address)
    if value is None:
        return ()
    # The type is the first member of struct GValue.
    if c_size_t.from_address(value).value != PYOBJECT:
        return None
    boxed = _get_boxed(value)
    # PyGObject has NULL for None.
    return (ctypes.cast(boxed, py_object).value if boxed else None,)


_native_future.peek = peek
