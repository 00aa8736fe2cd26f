# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""libcfut by ctypes: what the executors of `cfutures` need of it.

It works in any Python, with or without PyGObject, and loads in a few
milliseconds.

`library` gives up the interpreter lock during a call, as everything that may
block must. `quick` holds it: giving it up costs more than the call itself when
another thread is waiting for it.
"""

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int64, c_uint, c_uint32, c_void_p

SONAME = 'libcfut-1.so.0'

WAIT_FOREVER = -1
SHUTDOWN_NONE = 0
SHUTDOWN_WAIT = 1

# gboolean (*CfutThreadFunc) (CfutCall *, GValue *result, gpointer data, GError **)
ThreadFunc = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_void_p)

library = ctypes.CDLL(SONAME)
quick = ctypes.PyDLL(SONAME)


class Error(ctypes.Structure):
    """A GError."""

    _fields_ = [('domain', c_uint32), ('code', c_int), ('message', c_char_p)]


ErrorPointer = POINTER(Error)


def _declare(name, result, *arguments):
    for dll in library, quick:
        function = getattr(dll, name)
        function.restype = result
        function.argtypes = arguments


_declare('g_object_unref', None, c_void_p)
_declare('g_error_free', None, ErrorPointer)
_declare('cfut_thread_executor_new', c_void_p, c_uint)
_declare('cfut_thread_executor_set_idle_timeout', None, c_void_p, c_int64)
_declare('cfut_thread_executor_submit_func', c_void_p,
         c_void_p, ThreadFunc, c_void_p, c_void_p, c_void_p, POINTER(ErrorPointer))
_declare('cfut_executor_shutdown', c_int, c_void_p, c_int, c_int64, POINTER(ErrorPointer))


def take_message(error):
    """Returns the message of a GError, a pointer to which is owned, and frees it."""
    message = error.contents.message.decode(errors='replace')
    library.g_error_free(error)
    return message
