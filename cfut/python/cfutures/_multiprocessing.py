# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What programs that use multiprocessing send to workers: its locks and queues
as arguments of an initializer, proxies of its managers in calls.

It is loaded only if the program has loaded multiprocessing; no worker is
started by that.
"""

import copyreg
import fcntl
import io
import os
import stat
import sys
from _pickle import Pickler
from multiprocessing import context, process, reduction


def dumps(message, buffer_callback):
    """pickle.dumps() that knows what multiprocessing has registered."""
    file = io.BytesIO()
    pickler = Pickler(file, 5, buffer_callback=buffer_callback)
    pickler.dispatch_table = copyreg.dispatch_table | reduction.ForkingPickler._extra_reducers
    # Queues, events and shared values have some of these.
    synchronize = sys.modules.get('multiprocessing.synchronize')
    if synchronize is not None and context.get_spawning_popen() is not None:
        for kind in 'Lock', 'RLock', 'Semaphore', 'BoundedSemaphore':
            pickler.dispatch_table[getattr(synchronize, kind)] = reduce_lock
    pickler.dump(message)
    return file.getvalue()


def reduce_lock(lock):
    """What pickle does with a lock by itself, if another process can open it."""
    if lock._semlock.name is None:
        raise RuntimeError(f'{lock!r} is for processes that are forked, and workers are not. '
                           'Make it with a context for "spawn"')
    return lock.__reduce_ex__(5)


def get_authkey():
    """What a worker needs to connect to managers of this program."""
    return bytes(process.current_process().authkey)


class Spawning:
    """While this is entered, objects can be pickled that are only to be handed to
    new processes. They take it for one that is being started."""

    def __enter__(self):
        context.set_spawning_popen(self)

    def __exit__(self, *details):
        context.set_spawning_popen(None)

    def duplicate_for_child(self, fd):
        return fd

    def DupFd(self, fd):
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            # Sockets cannot be opened by name: this one goes to one worker only.
            from multiprocessing.resource_sharer import DupFd
            return DupFd(fd)
        return ParentDescriptor(fd)


class ParentDescriptor:
    """A descriptor of the parent, for any number of workers."""

    def __init__(self, fd):
        self.path = f'/proc/{os.getpid()}/fd/{fd}'
        self.mode = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE

    def detach(self):
        """Returns a descriptor of this process."""
        return os.open(self.path, self.mode | os.O_CLOEXEC)
