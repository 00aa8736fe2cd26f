# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Functions for the tests to run, on threads and in workers."""

import os
import pickle
import signal
import socket
import sys
import threading
import time

import cfut_worker

setting = None


def set_up(value):
    global setting
    setting = value


def get_setting():
    return setting


def fail_to_set_up():
    raise RuntimeError('No licence')


def add(a, b=2):
    return a + b


def echo(value):
    return value


def divide(a, b):
    return a / b


def get_pid():
    return os.getpid()


def fail(error):
    raise error


class Unpicklable(Exception):
    """It cannot be pickled, since it has a lock."""

    def __init__(self, text):
        super().__init__(text)
        self.lock = threading.Lock()


def fail_unpicklably():
    raise Unpicklable('with a lock')


def return_unpicklable():
    return threading.Lock()


class Unreadable:
    """It can be pickled, but not back."""

    def __reduce__(self):
        return int, ('no number',)


def return_unreadable():
    return Unreadable()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(path):
    """Dies unless it did so before; the file tells."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return cfut_worker.attempt()
    die()


def sleep(seconds=60):
    time.sleep(seconds)
    return 'slept'


def loop_in_c():
    """Nothing of Python's runs meanwhile."""
    return sum(range(10**12))


def wait_for_file(path):
    while not os.path.exists(path) and not cfut_worker.cancelled():
        time.sleep(0.001)


def touch(path):
    open(path, 'x').close()


def touch_and_wait(path):
    """Tells that it runs, and waits to be cancelled."""
    touch(path)
    while not cfut_worker.cancelled():
        time.sleep(0.001)


def touch_and_sleep(path):
    touch(path)
    time.sleep(60)


def catch_cancel(path, caught):
    touch(path)
    try:
        time.sleep(60)
    except cfut_worker.Cancelled:
        touch(caught)
        raise


def report(fractions):
    for fraction in fractions:
        cfut_worker.progress(fraction, f'at {fraction}')
        time.sleep(0.06)
    return len(fractions)


def speak():
    print('spoken')
    print('complained', file=sys.stderr)


def leave(status):
    sys.exit(status)


def get_argv():
    return sys.argv, sys.path


@cfut_worker.returns('a{su}')
def count(*words):
    return {word: len(word) for word in words}


def busy(n):
    """About a millisecond for 10 000."""
    total = 0
    for i in range(n):
        total += i * i
    return total


def busy_pid(n):
    busy(n)
    return os.getpid()


def read(path):
    with open(path) as file:
        return file.read()


def allocate(size):
    return len(bytearray(size))


def connect(address):
    socket.create_connection(address).close()


def connect_unix(path):
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.connect(path)


# ---- What lies in memory that is shared

kept = None
made = None


def is_shared(value):
    """Whether the program and its worker have that memory together."""
    from importlib import import_module
    package = '_cfut' if '_cfut' in sys.modules else 'cfutures'
    address = import_module(f'{package}._memory').get_address(pickle.PickleBuffer(value).raw())
    with open('/proc/self/maps') as file:
        for line in file:
            begin, end = (int(text, 16) for text in line.split()[0].split('-'))
            if begin <= address < end:
                return '/memfd:cfut-' in line
    return False


def list_mappings(name):
    return [line for line in read('/proc/self/maps').splitlines() if name in line]


def look(value):
    """What an argument is, or the one within it."""
    while isinstance(value, (list, tuple, dict)):
        value = list(value.values() if isinstance(value, dict) else value)[-1]
    view = memoryview(value)
    return type(value).__name__, is_shared(value), view.readonly, view.tobytes()


def get_shape(view):
    return view.format, view.shape, is_shared(view)


def count_shared(views):
    return sum(map(is_shared, views))


def get_kinds(*values):
    return [type(value).__name__ for value in values], values


def keep(view):
    global kept
    kept = view[len(view) // 2:]


def get_kept():
    return bytes(kept)


def fail_with(view):
    raise ValueError(len(view))


def wait_to_be_cancelled(view):
    time.sleep(60)


def touch_and_sleep_with(path, view):
    touch_and_sleep(path)


def die_once_with(path, view):
    die_once(path)
    return bytes(view)


def get_middle(values):
    view = values['x']
    return {'middle': view[len(view) // 4:len(view) // 4 * 3], 'name': 'middle'}


def make(size):
    view = cfut_worker.buffer(size)
    view[:] = b'\7' * size
    return view


def make_parts(size):
    view = cfut_worker.buffer(size)
    view[:1000] = b'\1' * 1000
    view[1000:] = b'\2' * (size - 1000)
    return {'name': 'parts', 'parts': [view[:1000], view[1000:]]}


def make_beside(view):
    return view, make(len(view))


def make_two(size, beside=None):
    return make(size), make(size)


def make_once(number):
    global made
    if made is None:
        made = make(1 << 20)
    return number, made


def fail_with_made(size):
    raise ValueError(make(size))


def make_array(size):
    import numpy
    array = numpy.frombuffer(cfut_worker.buffer(8 * size), numpy.int64)
    array[:] = numpy.arange(size)
    return array
