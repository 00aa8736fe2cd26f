# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Functions for the tests to run, on threads and in workers."""

import os
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
