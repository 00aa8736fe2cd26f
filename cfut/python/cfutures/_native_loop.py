# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Futures of asyncio that end when calls do.

Each event loop has one completion queue, whose descriptor it reads: a batch of
calls that have ended costs one wake-up and one crossing into C.
"""

import asyncio
import weakref
from _pickle import loads
from asyncio import get_running_loop
from functools import partial
from itertools import count

from gi.repository import Cfut, GLib

from ._errors import loads_result
from ._message import LARGE, PICKLE_MARK, Pieces
from ._native_errors import from_parts
from ._native_future import result
from ._records import BYTES, HEAD, LENT, borrow, split_error
from ._workers import is_python

DONE, FAILED, CANCELLED = (int(getattr(Cfut.FutureState, name))
                           for name in ('DONE', 'FAILED', 'CANCELLED'))

_await_room = Cfut.Executor.await_room

_loops = weakref.WeakKeyDictionary()


class CallFuture(asyncio.Future):
    """Cancels the call when it is cancelled."""

    __slots__ = ('_cfut_inbox', '_cfut_tag')

    def cancel(self, msg=None):
        if not super().cancel(msg):
            return False
        self._cfut_inbox.cancel(self._cfut_tag)
        return True


class Inbox:
    """The calls that one event loop waits for."""

    def __init__(self, loop):
        self.loop = weakref.ref(loop)
        self.queue = Cfut.CompletionQueue()
        self.queue.set_lends_data(True)
        self.tags = count(1)
        self.waiting = {}       # tag: future, of a call that was pushed
        self.watching = {}      # tag: (future, how to settle it, cancel), of a Cfut.Future
        self.turns = weakref.WeakKeyDictionary()    # executor: whose turn it is to wait for room
        loop.add_reader(self.queue.get_fd(), self.read)

    # -- Calls go out

    def make_future(self):
        future = CallFuture(loop=self.loop())
        future._cfut_inbox = self
        future._cfut_tag = next(self.tags)
        return future

    def push(self, executor, name, message, options):
        """Submits a call; the future of asyncio for its result. When there is no
        room for it the library submits it when there is."""
        if type(message) not in (bytes, Pieces):
            return push_lent(executor, name, message, options)
        future = self.make_future()
        tag = future._cfut_tag
        self.waiting[tag] = future
        try:
            if type(message) is bytes:
                self.queue.enqueue_data(executor, name, message, options, tag)
            else:
                from ._native_memory import gather_variant
                self.queue.enqueue(executor, name, gather_variant(message), options, tag)
        except GLib.Error as error:
            del self.waiting[tag]
            future.set_exception(from_parts(error.domain, error.code, error.message))
        return future

    def cancel(self, tag):
        if self.waiting.pop(tag, None) is not None:
            self.queue.cancel(tag)
        elif watched := self.watching.pop(tag, None):
            watched[2]()

    def wrap(self, cfut_future):
        """A future of asyncio for one of cfut."""
        return self.add(cfut_future, partial(settle_from, cfut_future), cfut_future.cancel)

    def watch(self, cfut_future):
        """A future of asyncio that ends when one of cfut does, without its result."""
        return self.add(cfut_future, lambda future, *_: future.set_result(None), lambda: None)

    def add(self, cfut_future, settle_it, cancel):
        future = self.make_future()
        tag = future._cfut_tag
        self.watching[tag] = future, settle_it, cancel
        self.queue.add_future(cfut_future, tag)
        return future

    # -- Completions come in

    def read(self):
        """Settles the futures of a batch. The loop is here once for each call, so
        what most calls come to is dealt with in place."""
        data = self.queue.drain_data(0) or b''
        unpack, pop = HEAD.unpack_from, self.waiting.pop
        at, end = 0, len(data)
        while at < end:
            tag, state, kind, length = unpack(data, at)
            at += HEAD.size
            body = data[at:at + length] if length < LARGE else memoryview(data)[at:at + length]
            at += length + -length % 8
            future = pop(tag, None)
            if future is None:
                self.read_watched(tag, state, kind, body)
            elif kind != BYTES or state != DONE:
                if kind == LENT:
                    settle(future, loads_result, borrow(body))
                elif not future.done():
                    settle_failed(future, state, body)
            elif not length or body[0] != PICKLE_MARK:
                settle(future, loads_result, body)
            else:
                try:
                    value = loads(body)
                except BaseException:
                    settle(future, loads_result, body)
                else:
                    if not future.done():
                        future.set_result(value)

    def read_watched(self, tag, state, kind, body):
        if kind == LENT:
            # In any case, since it is ours to free.
            kind, body = BYTES, borrow(body)
        future, settle_it, _ = self.watching.pop(tag, (None, None, None))
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
    if state == CANCELLED:
        asyncio.Future.cancel(future)
    elif kind == BYTES and is_python(cfut_future.get_function()):
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


def push_lent(executor, name, message, options):
    from ._native_memory import submit_lent

    async def push():
        await wait_for_room(executor)
        return await wrap(submit_lent(executor, name, message, options))

    # Its result is no block of bytes, as those are that are read in batches.
    return get_running_loop().create_task(push())


def has_room(executor):
    return executor.get_n_pending() < executor.get_max_pending()


def nothing():
    return None


# The inbox that was asked for last, as long as there is one.
_latest = nothing


def inbox():
    """That of the running loop."""
    loop = get_running_loop()
    found = _latest()
    return found if found is not None and found.loop() is loop else find_inbox(loop)


def find_inbox(loop):
    global _latest
    found = _loops.get(loop)
    if found is None:
        found = _loops[loop] = Inbox(loop)
    _latest = weakref.ref(found)
    return found


def wrap(cfut_future):
    return inbox().wrap(cfut_future)


async def wait_for_room(executor):
    """Waits until there is room for a call; in the order in which they came."""
    turns = inbox().turns
    if executor not in turns:
        turns[executor] = asyncio.Lock()
    async with turns[executor]:
        while not has_room(executor):
            await wrap(_await_room(executor))
