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
