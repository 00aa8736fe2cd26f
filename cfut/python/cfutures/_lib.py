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
import os
from ctypes import (POINTER, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64,
                    c_void_p, py_object)

SONAME = 'libcfut-1.so.0'

WAIT_FOREVER = -1
SHUTDOWN_WAIT = 1
OVERFLOW_FAIL = 1

# How many workers an executor may have.
MAX_WORKERS = 65535

# Codes of GIOErrorEnum.
CANCELLED = 19
TIMED_OUT = 24

CFUT_ERROR = 'cfut-error-quark'
QUEUE_FULL, WORKER_DIED, BROKEN = range(3)
REMOTE = 8

# gboolean (*CfutThreadFunc) (CfutCall *, GValue *result, gpointer data, GError **)
ThreadFunc = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_void_p)

library = ctypes.CDLL(SONAME)
quick = ctypes.PyDLL(SONAME)


class Error(ctypes.Structure):
    """A GError."""

    _fields_ = [('domain', c_uint32), ('code', c_int), ('message', c_char_p)]


ErrorPointer = POINTER(Error)
ErrorLocation = POINTER(ErrorPointer)


def _declare(name, result, *arguments):
    for dll in library, quick:
        function = getattr(dll, name)
        function.restype = result
        function.argtypes = arguments


_declare('g_object_unref', None, c_void_p)
_declare('g_type_from_name', c_size_t, c_char_p)
_declare('g_quark_to_string', c_char_p, c_uint32)
_declare('g_error_free', None, ErrorPointer)
_declare('cfut_thread_executor_new', c_void_p, c_uint)
_declare('cfut_thread_executor_set_idle_timeout', None, c_void_p, c_int64)
_declare('cfut_thread_executor_submit_func', c_void_p,
         c_void_p, ThreadFunc, c_void_p, c_void_p, c_void_p, ErrorLocation)
_declare('cfut_thread_executor_submit_object', c_void_p,
         c_void_p, c_void_p, py_object, c_void_p, ErrorLocation)
_declare('cfut_thread_executor_try_submit_object', c_void_p,
         c_void_p, c_void_p, py_object, c_void_p, ErrorLocation)
_declare('cfut_thread_executor_serve_locked', None, c_void_p)
_declare('cfut_thread_executor_get_current_call', c_void_p)
_declare('cfut_handover_new', c_void_p)
_declare('cfut_handover_free', None, c_void_p)
_declare('cfut_handover_begin_look', c_int, c_void_p, c_uint)
_declare('cfut_handover_look', c_int, c_void_p)
_declare('cfut_handover_tell', None, c_void_p)
_declare('cfut_call_fail', None, c_void_p, c_char_p, c_char_p, c_char_p)
_declare('cfut_future_dup_object', py_object, c_void_p, c_void_p, py_object)
_declare('cfut_executor_shutdown', c_int, c_void_p, c_int, c_int64, ErrorLocation)
_declare('cfut_executor_set_max_pending', None, c_void_p, c_uint)
_declare('cfut_executor_set_max_pending_bytes', None, c_void_p, c_uint64)
_declare('cfut_executor_set_overflow', None, c_void_p, c_int)
_declare('cfut_process_executor_new', c_void_p, c_uint)
_declare('cfut_process_executor_set_argv', None, c_void_p, c_void_p)
_declare('cfut_process_executor_set_initializer', None, c_void_p, c_char_p, c_void_p)
_declare('cfut_process_executor_set_idle_timeout', None, c_void_p, c_int64)
_declare('cfut_process_executor_set_max_calls_per_worker', None, c_void_p, c_uint)
_declare('cfut_process_executor_set_crash_policy', None, c_void_p, c_int)
_declare('cfut_process_executor_await_workers', c_int, c_void_p, c_uint, c_int64)
_declare('cfut_process_executor_dup_worker_pids', POINTER(c_int), c_void_p, POINTER(c_size_t))
_declare('cfut_process_executor_set_min_workers', None, c_void_p, c_uint)
_declare('cfut_process_executor_terminate_workers', None, c_void_p)
_declare('cfut_process_executor_kill_workers', None, c_void_p)
_declare('cfut_completion_queue_new', c_void_p)
_declare('cfut_completion_queue_push_data', c_int,
         c_void_p, c_void_p, c_char_p, c_char_p, c_size_t, c_void_p, c_uint64, ErrorLocation)
_declare('cfut_completion_queue_push_bytes', c_int,
         c_void_p, c_void_p, c_char_p, c_void_p, c_void_p, c_uint64, ErrorLocation)
_declare('cfut_completion_queue_set_lends_data', None, c_void_p, c_int)
_declare('cfut_gather_bytes', c_void_p, c_char_p, c_size_t)
_declare('cfut_completion_queue_drain_data', c_void_p, c_void_p, c_uint, POINTER(c_size_t))
_declare('cfut_completion_queue_take_data', c_void_p,
         c_void_p, c_uint64, c_int64, POINTER(c_size_t), ErrorLocation)
_declare('cfut_completion_queue_wait', c_int, c_void_p, c_int64, ErrorLocation)
_declare('cfut_completion_queue_cancel', c_uint, c_void_p, c_uint64)
_declare('cfut_completion_queue_withdraw', c_int, c_void_p, c_uint64)
_declare('cfut_completion_queue_add_future', None, c_void_p, c_void_p, c_uint64)
_declare('cfut_promise_new', c_void_p)
_declare('cfut_promise_get_future', c_void_p, c_void_p)
_declare('cfut_get_worker_dir', c_void_p)
_declare('cfut_get_library_path', c_void_p)
_declare('g_free', None, c_void_p)
_declare('g_bytes_new', c_void_p, c_char_p, c_size_t)
_declare('g_bytes_unref', None, c_void_p)
_declare('g_variant_new_from_bytes', c_void_p, c_char_p, c_void_p, c_int)


class Held:
    """Owns a GBytes."""

    __slots__ = ('address',)

    def __init__(self, address):
        self.address = address

    def __del__(self, unref=library.g_bytes_unref):
        unref(self.address)


def take_error(error):
    """Returns the code and the message of a GError, which is freed."""
    return take_whole_error(error)[1:]


def take_whole_error(error):
    """Returns the domain, the code and the message of a GError, which is freed."""
    domain = quick.g_quark_to_string(error.contents.domain).decode()
    code, message = error.contents.code, error.contents.message.decode(errors='replace')
    library.g_error_free(error)
    return domain, code, message


def take_string(address):
    """Returns a string, which is freed."""
    text = os.fsdecode(ctypes.string_at(address))
    library.g_free(address)
    return text
