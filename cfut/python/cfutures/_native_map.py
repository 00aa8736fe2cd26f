# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Maps: calls with one item after the other, in chunks."""

import time
from collections import deque
from itertools import islice

import cfut_worker
from gi.repository import Cfut, GLib

from . import _errors
from ._native_future import wait, wait_until_done
from ._native_names import check_callable, submit_by_name

# A chunk is to take about this long, so that what it costs to send does not
# count, and at most so many items.
CHUNK_SECONDS = 0.002
CHUNK_MAX = 4096

# How many chunks there are for each worker: one runs, the others wait.
CHUNKS_PER_WORKER = 3

_NOTHING = object()


def check_sizes(chunksize, buffersize):
    if chunksize is not None and chunksize < 1:
        raise ValueError('chunksize must be >= 1.')
    if buffersize is not None and buffersize < 1:
        raise ValueError('buffersize must be None or > 0')


def to_microseconds(seconds):
    """A time for C. Whoever counts down may be late: then the time is over."""
    try:
        return min(max(0, int(seconds * 1e6)), GLib.MAXINT64)
    except TypeError:
        raise TypeError(f'A time is a number of seconds, not {seconds!r}') from None


class Map:
    """The results of a map, one after the other."""

    def __init__(self, executor, options, function, iterables, timeout, chunksize, buffersize,
                 ordered):
        check_sizes(chunksize, buffersize)
        if not isinstance(function, str):
            check_callable(function)
        self._executor = executor
        self._options = options
        self._function = function
        self._items = zip(*iterables)
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._chunksize = chunksize
        self._buffersize = buffersize
        self._ordered = ordered
        self._by_name = isinstance(function, str)
        self._size = chunksize or 1     # of the next chunk
        self._n_ahead = 0               # items that are submitted and not yielded
        self._chunks = deque()          # (future, number of items)
        self._watched = {}              # in coroutines: those that are waited for
        self._results = deque()         # of the chunk that is being yielded
        self._error = None              # what comes after these
        self._fill()

    # -- Submitting

    def _wants_more(self):
        if self._buffersize is not None:
            return self._n_ahead < self._buffersize
        n_workers = self._executor.get_max_workers()
        return len(self._chunks) < CHUNKS_PER_WORKER * n_workers

    def _fill(self):
        while self._items is not None and self._wants_more() and self._has_room():
            size = 1 if self._by_name else self._size
            if self._buffersize is not None:
                size = min(size, self._buffersize - self._n_ahead)
            try:
                items = list(islice(self._items, size))
                if not items:
                    self._items = None
                    break
                future = self._submit(items)
            except BaseException:
                self.close()
                raise
            self._chunks.append((future, len(items)))
            self._n_ahead += len(items)

    def _has_room(self):
        # Never blocks while there is something to yield.
        return not self._chunks or (self._executor.get_n_pending()
                                    < self._executor.get_max_pending())

    def _submit(self, items):
        if self._by_name:
            return submit_by_name(self._executor, self._function, items[0], {}, self._options)
        return self._executor._cfut_submit(cfut_worker._run_chunk, (self._function, items), {},
                                           self._options)

    # -- Taking results

    def _take(self, future, n_items):
        """Has the results of a chunk ready to be yielded."""
        self._n_ahead -= n_items
        if self._by_name:
            self._results.append(future.result(0))
            return
        results, error, seconds = future.result(0)
        self._results.extend(results)
        if error is not None:
            self._error = error if isinstance(error, BaseException) else _errors.from_remote(*error)
        elif self._chunksize is None and results:
            per_item = seconds / len(results)
            wanted = CHUNK_SECONDS / per_item if per_item > 0 else CHUNK_MAX
            # A chunk may grow as fast as it proves that it is short.
            self._size = max(1, min(int(wanted), self._size * 4, CHUNK_MAX))

    def _left(self):
        return None if self._deadline is None else max(0, self._deadline - time.monotonic())

    def _pop(self):
        """A result that is ready, or _NOTHING. Raises what ends the map."""
        if self._results:
            return self._results.popleft()
        if self._error is not None:
            error, self._error = self._error, None
            self.close()
            try:
                raise error
            finally:
                error = None        # no cycle with the traceback
        return _NOTHING

    def __iter__(self):
        return self

    def __next__(self):
        while True:
            result = self._pop()
            if result is not _NOTHING:
                return result
            self._fill()
            if not self._chunks:
                raise StopIteration
            try:
                self._take(*self._next_chunk())
            except BaseException:
                self.close()
                raise
            self._fill()

    def _next_chunk(self):
        if self._ordered:
            wait_until_done(self._chunks[0][0], self._left())
            return self._chunks.popleft()
        futures = [future for future, _ in self._chunks]
        done = wait(futures, self._left(), Cfut.ReturnWhen.FIRST_COMPLETED).done
        return self._pop_done(done)

    def _pop_done(self, done):
        for i, (future, _) in enumerate(self._chunks):
            if future in done:
                chunk = self._chunks[i]
                del self._chunks[i]
                return chunk
        raise TimeoutError

    # -- In coroutines

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            result = self._pop()
            if result is not _NOTHING:
                return result
            self._fill()
            if not self._chunks:
                raise StopAsyncIteration
            try:
                self._take(*await self._next_chunk_async())
            except BaseException:
                self.close()
                raise
            self._fill()

    async def _next_chunk_async(self):
        import asyncio
        from ._native_loop import inbox
        first = 1 if self._ordered else len(self._chunks)
        for future, _ in islice(self._chunks, first):
            if future not in self._watched:
                self._watched[future] = inbox().watch(future)
        ended, _ = await asyncio.wait(self._watched.values(), timeout=self._left(),
                                      return_when=asyncio.FIRST_COMPLETED)
        done = {future for future, watcher in self._watched.items() if watcher in ended}
        chunk = self._pop_done(done)
        del self._watched[chunk[0]]
        return chunk

    def close(self):
        """Cancels what was submitted ahead. Nothing more is yielded."""
        self._items = None
        self._results.clear()
        self._n_ahead = 0
        self._watched.clear()
        while self._chunks:
            self._chunks.popleft()[0].cancel()

    def __del__(self):
        if self.__dict__.get('_chunks'):
            self.close()
