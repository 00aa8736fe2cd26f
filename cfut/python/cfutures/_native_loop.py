# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Futures of asyncio that end when calls do.

Each event loop has one completion queue, whose descriptor it reads: a batch of
calls that have ended costs one wake-up and one crossing into C.
"""

import asyncio
import weakref
from collections import deque
from functools import partial
from itertools import count

from gi.repository import Cfut, GLib

from ._errors import loads_result
from ._native_errors import from_parts
from ._records import BYTES, read_records, split_error
from ._workers import PYTHON

DONE, FAILED, CANCELLED = (int(getattr(Cfut.FutureState, name))
                           for name in ('DONE', 'FAILED', 'CANCELLED'))

# How long to wait for room that is not ours to make.
LOOK_SECONDS = 0.002

_loops = weakref.WeakKeyDictionary()


class CallFuture(asyncio.Future):
    """Cancels the call when it is cancelled."""

    __slots__ = ('_cfut_cancel',)

    def cancel(self, msg=None):
        if not super().cancel(msg):
            return False
        self._cfut_cancel()
        return True


class Inbox:
    """The calls that one event loop waits for."""

    def __init__(self, loop):
        self.loop = weakref.ref(loop)
        self.queue = Cfut.CompletionQueue()
        self.tags = count(1)
        self.waiting = {}       # tag: future, of a call that was pushed
        self.watching = {}      # tag: (future, how to settle it), of a Cfut.Future
        self.unsent = deque()   # (executor, data, options, tag) for which there is no room
        self.look = None
        loop.add_reader(self.queue.get_fd(), self.read)

    # -- Calls go out

    def push(self, executor, data, options):
        """Submits a call; the future of asyncio for its result."""
        tag = next(self.tags)
        future = CallFuture(loop=self.loop())
        future._cfut_cancel = lambda: self.cancel(tag)
        self.waiting[tag] = future
        if self.unsent or not self.send(executor, data, options, tag):
            self.unsent.append((executor, data, options, tag))
            self.look_again()
        return future

    def send(self, executor, data, options, tag):
        """FALSE: there is no room; a loop must not be blocked until there is."""
        if not has_room(executor):
            return False
        try:
            self.queue.push_data(executor, PYTHON, data, options, tag)
        except GLib.Error as error:
            if error.matches(Cfut.error_quark(), Cfut.Error.QUEUE_FULL):
                return False
            future = self.waiting.pop(tag)
            if not future.done():
                future.set_exception(from_parts(error.domain, error.code, error.message))
        return True

    def send_more(self):
        unsent = self.unsent
        while unsent:
            executor, data, options, tag = unsent[0]
            if tag in self.waiting and not self.send(executor, data, options, tag):
                break
            unsent.popleft()

    def look_again(self):
        """Others may make room, too, without our being told."""
        if self.look is None:
            self.look = self.loop().call_later(LOOK_SECONDS, self.looked)

    def looked(self):
        self.look = None
        self.send_more()
        if self.unsent:
            self.look_again()

    def cancel(self, tag):
        self.waiting.pop(tag, None)
        self.queue.cancel(tag)

    def wrap(self, cfut_future):
        """A future of asyncio for one of cfut."""
        return self.add(cfut_future, partial(settle_from, cfut_future), cfut_future.cancel)

    def watch(self, cfut_future):
        """A future of asyncio that ends when one of cfut does, without its result."""
        return self.add(cfut_future, lambda future, *_: future.set_result(None), lambda: None)

    def add(self, cfut_future, settle_it, cancel):
        tag = next(self.tags)
        future = CallFuture(loop=self.loop())

        def cancelled():
            self.watching.pop(tag, None)
            cancel()

        future._cfut_cancel = cancelled
        self.watching[tag] = future, settle_it
        self.queue.add_future(cfut_future, tag)
        return future

    # -- Completions come in

    def read(self):
        waiting = self.waiting
        for tag, state, kind, body in read_records(self.queue.drain_data(0)):
            future = waiting.pop(tag, None)
            if future is None:
                self.read_watched(tag, state, kind, body)
            elif not future.done():
                if kind == BYTES and state == DONE:
                    settle(future, loads_result, body)
                else:
                    settle_failed(future, state, body)
        if self.unsent:
            self.send_more()

    def read_watched(self, tag, state, kind, body):
        future, settle_it = self.watching.pop(tag, (None, None))
        if future is not None and not future.done():
            settle_it(future, state, kind, body)


def settle(future, function, *args):
    try:
        future.set_result(function(*args))
    except StopIteration as error:
        failure = RuntimeError('A call must not raise StopIteration to a coroutine')
        failure.__cause__ = error
        future.set_exception(failure)
    except asyncio.CancelledError:
        asyncio.Future.cancel(future)
    except BaseException as error:
        future.set_exception(error)


def settle_from(cfut_future, future, state, kind, body):
    from ._native_future import result
    if state == CANCELLED:
        asyncio.Future.cancel(future)
    elif kind == BYTES and cfut_future.get_function() == PYTHON:
        settle(future, loads_result, body)
    else:
        settle(future, result, cfut_future, 0)


def settle_failed(future, state, body):
    if state == CANCELLED:
        asyncio.Future.cancel(future)
        return
    settle(future, raise_it, from_parts(*split_error(body)))


def raise_it(error):
    raise error


def has_room(executor):
    return executor.get_n_pending() < executor.get_max_pending()


def inbox():
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    found = _loops.get(loop)
    if found is None:
        found = _loops[loop] = Inbox(loop)
    return found


def wrap(cfut_future):
    return inbox().wrap(cfut_future)


async def wait_for_room(executor):
    while not has_room(executor):
        await asyncio.sleep(LOOK_SECONDS)
