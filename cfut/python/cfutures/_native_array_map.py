# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Maps of functions in C over numbers: arrays go in and out, and no call is made
from Python for an item."""

import array
import threading

from gi.repository import Cfut, GLib

from . import _gvariant
from ._native_errors import raise_gerror
from ._native_map import check_sizes, to_microseconds
from ._native_variants import from_data

# The formats of buffers whose items are numbers of a type of GVariant.
FORMATS = {'y': 'B', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'ql', 't': 'QL', 'd': 'd'}
SIZES = {'y': 1, 'n': 2, 'q': 2, 'i': 4, 'u': 4, 'x': 8, 't': 8, 'd': 8}

_map = Cfut.Executor.map


def pack(parameter_type, items):
    """The GLib.Variant with the arguments of all calls; None if the function takes
    no number, or `items` may be without end."""
    letter = parameter_type[1:-1] if parameter_type.startswith('(') else parameter_type
    if letter not in FORMATS:
        return None
    if isinstance(items, (bytes, bytearray, memoryview, array.array)) or hasattr(items, '__array__'):
        view = memoryview(items)
        if view.ndim == 1 and view.contiguous and view.format in FORMATS[letter] and view.itemsize == SIZES[letter]:
            data = view.tobytes()
        else:
            data = _gvariant.pack('a' + letter, view.tolist())
    elif isinstance(items, (list, tuple, range)):
        data = _gvariant.pack('a' + letter, items)
    else:
        return None
    # A number in a tuple lies there as one without.
    return from_data(f'a{parameter_type}', data)


def unpack(variant):
    return _gvariant.unpack(variant.get_type_string(), variant.get_data_as_bytes().get_data() or b'')


class ArrayMap:
    """The results of a map, one after the other."""

    def __init__(self, executor, options, name, items, timeout, chunksize, buffersize, ordered):
        check_sizes(chunksize, buffersize)
        map_options = Cfut.MapOptions()
        map_options.set_ordered(ordered)
        map_options.set_chunk_size(chunksize or 0)
        map_options.set_buffer_size(buffersize or 0)
        if timeout is not None:
            map_options.set_timeout(to_microseconds(timeout))
        if options is not None:
            map_options.set_submit_options(options)
        self._results = iter(())        # of the chunk that is being yielded
        try:
            self._map = _map(executor, name, items, map_options)
        except GLib.Error as error:
            raise_gerror(error)

    def _wait(self):
        """What next_chunk() returns. Ctrl-C interrupts the main thread here; others
        run calls while they wait, if they are an executor's."""
        if threading.current_thread() is not threading.main_thread():
            return self._map.next_chunk()
        ended = []
        context = GLib.MainContext.new()
        context.push_thread_default()
        try:
            self._map.next_chunk_async(None, lambda _, result: ended.append(result))
            while not ended:
                context.iteration(True)
        finally:
            context.pop_thread_default()
        return self._map.next_chunk_finish(ended[0])

    def _next_results(self):
        """The next results, or None at the end. Raises what ends the map."""
        try:
            found, _, results = self._wait()
        except GLib.Error as error:
            self.close()
            raise_gerror(error)
        except BaseException:
            self.close()
            raise
        return iter(unpack(results)) if found else None

    def __iter__(self):
        return self

    def __next__(self):
        for result in self._results:
            return result
        if self._map.is_done():
            raise StopIteration
        self._results = self._next_results()
        if self._results is None:
            self._results = iter(())
            raise StopIteration
        return next(self._results)

    # -- In coroutines

    def __aiter__(self):
        return self

    async def __anext__(self):
        for result in self._results:
            return result
        if self._map.is_done():
            raise StopAsyncIteration
        import asyncio
        self._results = await asyncio.get_running_loop().run_in_executor(None, self._next_results)
        if self._results is None:
            self._results = iter(())
            raise StopAsyncIteration
        return next(self._results)

    def close(self):
        """Cancels what was submitted ahead. Nothing more is yielded."""
        self._results = iter(())
        self._map.close()
