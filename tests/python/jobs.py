# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests run in workers: a module that can be imported there."""

import os
import pathlib
import time

# Files are how workers tell and are told something: they work for threads and
# for processes, however those are started.


def touch(path):
    pathlib.Path(path).touch()


def wait_for(path, begun=None):
    """Waits until there is a file; tells by another that it has begun."""
    if begun is not None:
        touch(begun)
    while not os.path.exists(path):
        time.sleep(0.001)
    return path


def append(path, line):
    with open(path, 'a') as file:
        file.write(f'{line}\n')


def power(base, exponent=2):
    return base ** exponent


def capture(*args, **kwargs):
    return args, kwargs


def fail_at(number, bad):
    if number == bad:
        raise ValueError(f'no {number}')
    return number


class Thing:
    """Something to keep alive, or not."""

    def __init__(self, value=None):
        self.value = value


def die(signum=9):
    os.kill(os.getpid(), signum)


def remember(value):
    global remembered
    remembered = value


def recall():
    return remembered


def echo(value):
    return value


class Falsy(Exception):
    def __bool__(self):
        return False


def raise_(error):
    raise error


def get_pid_after(path):
    wait_for(path)
    return os.getpid()


def run(code):
    """Evaluates an expression, for what is easier said than pickled."""
    return eval(code)


class Unpickled:
    """Does something in whichever process unpickles it."""

    def __init__(self, function, *arguments):
        self.state = function, arguments

    def __reduce__(self):
        return self.state


class Pickled:
    """Does something in whichever process pickles it."""

    def __init__(self, function, *arguments):
        self.state = function, arguments

    def __reduce__(self):
        function, arguments = self.state
        return function(*arguments)


def make_unpickled(function, *arguments):
    return Unpickled(function, *arguments)


def make_large_unpickled(size, function, *arguments):
    return [bytes(size), Unpickled(function, *arguments)]


def make_pickled(function, *arguments):
    result = Pickled(abs)
    result.state = function, arguments
    return result


def get_resident():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


class Farewell:
    """Leaves a file behind when a copy of it in another process is gone."""

    def __init__(self, path, home):
        self.path = path
        self.home = home

    def __del__(self):
        if os.getpid() != self.home:
            touch(self.path)


def fail_because():
    try:
        {}['key']
    except KeyError as error:
        raise RuntimeError('no such key') from error


def use_shared(n):
    """Counts with what the initializer was given: a queue, a lock, a value."""
    queue, lock, value = remembered
    for _ in range(n):
        with lock:
            value.value += 1
            queue.put(value.value)


def put_and_fail(queue, values):
    for value in values:
        queue.put(value)
    raise ValueError('told before')
