# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A worker that knows the library by ctypes only: what test-ctypes.c runs.

ctypes-worker.py LIBRARY
"""

import ctypes
import signal
import sys

library = ctypes.CDLL(sys.argv[1])
pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p


def function(name, result, *arguments):
    found = getattr(library, name)
    found.restype = result
    found.argtypes = arguments
    return found


worker_new = function('cfut_worker_new', pointer, pointer)
add_function = function('cfut_worker_add_function', None, pointer, text, text, text)
set_cancel_signal = function('cfut_worker_set_cancel_signal', None, pointer, ctypes.c_int)
next_call = function('cfut_worker_next', pointer, pointer, pointer)
answer_data = function('cfut_worker_answer_data', ctypes.c_int, pointer, pointer, text, size, pointer)
answer_exception = function('cfut_worker_answer_exception', None,
                            pointer, pointer, text, text, text, text, size)
get_function = function('cfut_call_get_function', text, pointer)
get_data = function('cfut_call_get_data', pointer, pointer, ctypes.POINTER(size))
is_cancelled = function('cfut_call_is_cancelled', ctypes.c_int, pointer)
set_progress = function('cfut_call_set_progress', None, pointer, ctypes.c_double, text)
unref = function('g_object_unref', None, pointer)


class Interrupted(Exception):
    pass


def interrupt(number, frame):
    raise Interrupted('asked to stop')


def wait(call, data):
    """Runs until the signal of a cancel; to sleep would be to miss it."""
    try:
        set_progress(call, 0.0, b'waiting')
        while True:
            pass
    finally:
        assert is_cancelled(call)


functions = {
    b'echo': lambda call, data: data,
    b'raise': lambda call, data: [][len(data)],
    b'wait': wait,
}


def run(worker, call):
    length = size()
    data = ctypes.string_at(get_data(call, length), length.value)
    try:
        result = functions[get_function(call)](call, data)
    except Exception as error:
        answer_exception(worker, call, type(error).__name__.encode(), str(error).encode(),
                         b'Traceback', b'pickled', 7)
    else:
        answer_data(worker, call, result, len(result), None)


signal.signal(signal.SIGUSR1, interrupt)
worker = worker_new(None)
for name in functions:
    add_function(worker, name, b'ay', b'ay')
set_cancel_signal(worker, signal.SIGUSR1)

while call := next_call(worker, None):
    run(worker, call)
    unref(call)
unref(worker)
