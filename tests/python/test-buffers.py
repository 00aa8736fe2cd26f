# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Memory that is not copied: Cfut.Buffer, and what lies in one."""

import array
import asyncio
import gc
import os
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import weakref

import cfut_worker
import cfutures
from cfutures import _exporter
from cfutures._memory import get_address
from support import DEADLINE, Cfut, ExecutorCase, GLib
import tasks

try:
    import numpy
except ImportError:
    numpy = None

SIZE = 1 << 20


def make_buffer(size=SIZE):
    """A buffer of bytes that tell where they are."""
    buffer = Cfut.Buffer(size)
    memoryview(buffer).cast('I')[:] = memoryview(array.array('I', range(size // 4)))
    return buffer


class Buffer(unittest.TestCase):
    """The object."""

    def test_constructors(self):
        """A buffer has a size, or what is copied into it"""
        for buffer in Cfut.Buffer(SIZE), Cfut.Buffer.new(SIZE):
            self.assertIs(type(buffer), Cfut.Buffer)
            self.assertEqual(len(buffer), SIZE)
            self.assertTrue(buffer.is_shared())
        buffer = Cfut.Buffer.new_copy(b'abc')
        self.assertEqual((bytes(buffer), len(buffer), buffer.is_shared()), (b'abc', 3, False))
        self.assertEqual(bytes(memoryview(Cfut.Buffer(0))), b'')
        for data in bytearray(b'abcd'), memoryview(b'0abcd')[1:], array.array('I', b'abcd'), b'':
            self.assertEqual(bytes(Cfut.Buffer.new_copy(data)), bytes(data))
        for data in 'abc', 5, memoryview(b'abcd')[::2]:
            with self.assertRaises(TypeError):
                Cfut.Buffer.new_copy(data)

    def test_no_memory(self):
        """Where there is none, that is an error"""
        with self.assertRaisesRegex(GLib.Error, 'there is no memory'):
            Cfut.Buffer(1 << 62)

    def test_view(self):
        """A view is the memory itself, of bytes that can be written"""
        buffer = Cfut.Buffer(SIZE)
        view = memoryview(buffer)
        self.assertEqual((view.format, view.itemsize, view.ndim, view.nbytes, view.readonly),
                         ('B', 1, 1, SIZE, False))
        view[5] = 17
        view[6:9] = b'abc'
        struct.pack_into('<Q', buffer, 16, 12345)
        self.assertEqual(memoryview(buffer)[5:9], b'\x11abc')
        self.assertEqual(struct.unpack_from('<Q', view, 16), (12345,))
        self.assertEqual(view.cast('Q')[2], 12345)
        self.assertEqual(get_address(view) % 4096, 0)
        self.assertEqual(buffer.dup_bytes().get_data(), bytes(view))
        with open('/dev/zero', 'rb') as file:
            self.assertEqual(file.readinto(buffer), SIZE)
        self.assertEqual(bytes(buffer), bytes(SIZE))

    def test_lifetime(self):
        """What is cut out of a buffer keeps it, and nothing else does"""
        buffer = make_buffer()
        gone = weakref.ref(buffer)
        part = memoryview(buffer)[4096:8192].cast('I')
        del buffer
        self.assertEqual(list(part[:3]), [1024, 1025, 1026])
        self.assertIsNotNone(gone())
        del part
        self.assertIsNone(gone())
        gc.collect()
        self.assertEqual((_exporter._entries, _exporter._exporters), ([], {}))

    def test_locate(self):
        """What lies in a buffer is found by its address, among others that lie there"""
        outer = make_buffer()
        view = memoryview(outer)
        inner = _exporter.Memory(get_address(view) + 100, 50, outer)
        _exporter.register(inner, get_address(view) + 100)
        self.assertEqual(_exporter.locate(view[110:120]), (inner, 10))
        self.assertEqual(_exporter.locate(view[110:160]), (outer, 110))
        self.assertEqual(_exporter.locate(view), (outer, 0))
        self.assertIsNone(_exporter.locate(bytes(100)))
        del inner
        self.assertEqual(_exporter.locate(view[110:120]), (outer, 110))

    def test_pickle(self):
        """Pickled for anything else, a buffer is a view of its bytes"""
        self.assertEqual(pickle.loads(pickle.dumps(Cfut.Buffer.new_copy(b'abc'), 5)), b'abc')

    @unittest.skipUnless(numpy, 'There is no NumPy')
    def test_numpy(self):
        """Arrays lie in it"""
        buffer = Cfut.Buffer(SIZE)
        found = numpy.frombuffer(buffer, numpy.float64)
        found[:] = 0.5
        del buffer
        self.assertEqual(found.sum(), SIZE / 16)
        self.assertTrue(found.flags.writeable)


class Arguments(ExecutorCase):
    """Python functions in workers read where the buffer is."""

    executor_class = Cfut.ProcessExecutor

    def see(self, *args, **kwargs):
        return self.executor.submit(tasks.look, *args, **kwargs).result(DEADLINE)

    def test_in_place(self):
        """A buffer, a view, or a part of one is a view in the worker, to be read only"""
        buffer = make_buffer()
        view = memoryview(buffer)
        for value in (buffer, view, view.toreadonly(), view[100:-100], view[::1]):
            what, is_shared, is_readonly, data = self.see(value)
            self.assertEqual((what, is_shared, is_readonly), ('memoryview', True, True))
            self.assertEqual(data, bytes(value))

    def test_anywhere(self):
        """... wherever it stands among the arguments"""
        buffer = make_buffer()
        view = memoryview(buffer)
        for value in ([buffer], {'image': view}, ({'a': [1, {'b': view[:-1]}]},)):
            self.assertEqual(self.see(value)[:3], ('memoryview', True, True))
        self.assertEqual(self.see(value=buffer)[:3], ('memoryview', True, True))

    def test_shape(self):
        """A view comes as it was cast"""
        view = memoryview(make_buffer())
        for value in (view.cast('d'), view.cast('I', (SIZE // 64, 16)), view.cast('b')[8:]):
            self.assertEqual(
                self.executor.submit(tasks.get_shape, value).result(DEADLINE),
                (value.format, value.shape, True))

    def test_many(self):
        """Any number of parts of a buffer travel as one; few buffers do so at a time"""
        view = memoryview(make_buffer())
        parts = [view[i * 1000:i * 1000 + 2000] for i in range(1000)]
        self.assertEqual(self.executor.submit(tasks.count_shared, parts).result(DEADLINE), 1000)
        buffers = [make_buffer() for i in range(20)]
        self.assertEqual(self.executor.submit(tasks.count_shared, buffers).result(DEADLINE), 16)

    def test_map(self):
        """The items of a map may lie in one buffer"""
        view = memoryview(make_buffer())
        parts = [view[i * 4096:(i + 1) * 4096] for i in range(SIZE // 4096)]
        results = list(self.executor.map(tasks.look, parts, chunksize=64))
        self.assertEqual(b''.join(data for *_, data in results), bytes(view))
        self.assertTrue(all(is_shared for _, is_shared, *_ in results))

    def test_mixed(self):
        """Other large values are copied as they are"""
        buffer = make_buffer()
        others = os.urandom(200_000), bytearray(os.urandom(100_001)), 'x' * 100_000
        kinds, values = self.executor.submit(tasks.get_kinds, buffer, *others).result(DEADLINE)
        self.assertEqual(kinds, ['memoryview', 'bytes', 'bytearray', 'str'])
        self.assertEqual(tuple(values[1:]), others)
        self.assertEqual(values[0], memoryview(buffer))

    def test_small(self):
        """A small one is copied, and comes as a view, too"""
        small = Cfut.Buffer.new_copy(b'abc')
        self.assertEqual(self.see(small), ('memoryview', False, True, b'abc'))
        self.assertEqual(self.see(memoryview(small)[1:]), ('memoryview', False, True, b'bc'))
        part = memoryview(make_buffer())[8:12]
        self.assertEqual(self.see(part), ('memoryview', False, True, b'\2\0\0\0'))

    def test_other_views(self):
        """A view of what lies in no buffer cannot be pickled, as ever"""
        keep = make_buffer()
        for value in memoryview(bytes(100_000)), [memoryview(b'abc')]:
            with self.assertRaisesRegex(TypeError, "cannot pickle 'memoryview' object"):
                self.see(value)
        self.assertEqual(self.see(keep)[1], True)

    def test_kept(self):
        """What a worker keeps of its arguments stays what it was"""
        executor = self.make(1)
        buffer = make_buffer()
        expected = bytes(memoryview(buffer)[SIZE // 2:])
        executor.submit(tasks.keep, memoryview(buffer)).result(DEADLINE)
        del buffer
        gc.collect()
        for _ in range(50):
            other = Cfut.Buffer(SIZE)
            memoryview(other)[:] = b'\xee' * SIZE
            executor.submit(tasks.look, other).result(DEADLINE)
        self.assertEqual(executor.submit(tasks.get_kept).result(DEADLINE), expected)

    def test_failures(self):
        """A call of that kind fails as others do, under its name"""
        buffer = make_buffer()
        error = self.executor.submit(tasks.fail_with, buffer).exception(DEADLINE)
        self.assertEqual(repr(error), f"ValueError({SIZE})")
        self.assertIn('in fail_with', str(error.__cause__))
        self.assertNotIn('worker_lending', str(error.__cause__))
        with self.assertRaisesRegex(TimeoutError, '"python wait_to_be_cancelled" timed out'):
            self.executor.with_options(timeout=0.05).submit(
                tasks.wait_to_be_cancelled, buffer).result(DEADLINE)
        with self.assertRaisesRegex(TimeoutError, '"slow" timed out'):
            self.executor.with_options(timeout=0.05, name='slow').submit(
                tasks.wait_to_be_cancelled, buffer).result(DEADLINE)

    def test_retry(self):
        """A call that is tried again finds the same bytes, though the buffer was dropped"""
        executor = self.make(1)
        buffer = make_buffer()
        expected = bytes(buffer)
        future = executor.with_options(retries=1).submit(tasks.die_once_with, self.path(), buffer)
        del buffer
        self.assertEqual(future.result(DEADLINE), expected)

    def test_asyncio(self):
        """It works in coroutines"""
        buffer = make_buffer()

        async def call():
            return await asyncio.gather(self.executor.run(tasks.look, buffer),
                                        self.executor.submit(tasks.look, memoryview(buffer)[8:]),
                                        await self.executor.enqueue(tasks.look, [buffer]))

        for _, is_shared, _, data in asyncio.run(call()):
            self.assertTrue(is_shared)
            self.assertEqual(data, bytes(buffer)[-len(data):])

    def test_asyncio_cancel(self):
        """... and is cancelled there"""
        buffer = make_buffer()

        async def call():
            future = self.executor.run(tasks.touch_and_sleep_with, self.path(), buffer)
            while not os.path.exists(self.path()):
                await asyncio.sleep(0.001)
            future.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await future

        asyncio.run(call())

    @unittest.skipUnless(numpy, 'There is no NumPy')
    def test_numpy(self):
        """An array comes as an array in place, whatever its type"""
        found = numpy.frombuffer(make_buffer(), numpy.float32).reshape(-1, 64)
        for value in found, found[100:], found[:2000].T, numpy.frombuffer(make_buffer(), 'B'):
            what, is_shared, is_readonly, data = self.see(value)
            self.assertEqual((what, is_shared, is_readonly), ('ndarray', True, True))
            self.assertEqual(data, value.tobytes())
        # Of a column there is nothing that could be read as one piece.
        self.assertEqual(self.see(found[:, ::2])[:2], ('ndarray', False))
        self.assertEqual(self.see(numpy.arange(100_000))[:3], ('ndarray', False, False))


class Results(ExecutorCase):
    """Results are read where they are."""

    executor_class = Cfut.ProcessExecutor

    def test_arguments(self):
        """A function that returns what it was given, or a part, returns that memory"""
        buffer = make_buffer()
        for begin, end in (0, SIZE), (4096, SIZE), (1000, 500_000):
            view = memoryview(buffer)[begin:end]
            result = self.executor.submit(tasks.echo, view).result(DEADLINE)
            self.assertTrue(result.readonly)
            self.assertEqual(get_address(result), get_address(view))
        result = self.executor.submit(tasks.get_middle, {'x': buffer}).result(DEADLINE)
        self.assertEqual(get_address(result['middle']), get_address(buffer) + SIZE // 4)
        self.assertEqual(len(result['middle']), SIZE // 2)

    def test_chain(self):
        """Such a result is an argument as the buffer was, which may be gone"""
        buffer = make_buffer()
        expected = bytes(buffer)
        result = self.executor.submit(tasks.echo, buffer).result(DEADLINE)
        del buffer
        for _ in range(3):
            result = self.executor.submit(tasks.echo, result).result(DEADLINE)
        self.assertEqual(self.executor.submit(tasks.look, result).result(DEADLINE),
                         ('memoryview', True, True, expected))

    def test_made(self):
        """A buffer that the worker has made is not copied"""
        for size in 0, 1, 1000, 40_000, 100_000, SIZE:
            result = self.executor.submit(tasks.make, size).result(DEADLINE)
            self.assertEqual((type(result), result.readonly), (memoryview, True))
            self.assertEqual(result, b'\7' * size)
        self.assertTrue(tasks.is_shared(result))

    def test_made_within(self):
        """... nor are parts of it, within other values"""
        result = self.executor.submit(tasks.make_parts, SIZE).result(DEADLINE)
        self.assertEqual(result['name'], 'parts')
        self.assertEqual(result['parts'][0], b'\1' * 1000)
        self.assertEqual(result['parts'][1], b'\2' * (SIZE - 1000))
        self.assertTrue(all(map(tasks.is_shared, result['parts'])))

    def test_made_and_given(self):
        """What it was given and what it has made go together"""
        buffer = make_buffer()
        given, made = self.executor.submit(tasks.make_beside, buffer).result(DEADLINE)
        self.assertEqual(get_address(given), get_address(buffer))
        self.assertTrue(tasks.is_shared(made))
        self.assertEqual(made, b'\7' * SIZE)

    def test_made_two(self):
        """Of several buffers there are copies, but for calls that came with one"""
        for result in self.executor.submit(tasks.make_two, SIZE).result(DEADLINE):
            self.assertEqual(result, b'\7' * SIZE)
        for result in self.executor.submit(tasks.make_two, SIZE, make_buffer()).result(DEADLINE):
            self.assertEqual(result, b'\7' * SIZE)
            self.assertTrue(tasks.is_shared(result))

    def test_made_once(self):
        """A worker may return a buffer that it keeps again and again"""
        executor = self.make(1)
        results = [executor.submit(tasks.make_once, i).result(DEADLINE) for i in range(5)]
        for i, (number, view) in enumerate(results):
            self.assertEqual((number, view), (i, b'\7' * SIZE))

    def test_outlive(self):
        """A result outlives its future, the worker and the executor"""
        executor = self.make(1)
        made = executor.submit(tasks.make, SIZE).result(DEADLINE)
        given = executor.submit(tasks.echo, make_buffer()).result(DEADLINE)
        executor.shutdown()
        del executor
        gc.collect()
        self.assertEqual(made, b'\7' * SIZE)
        self.assertEqual(given, memoryview(make_buffer()))

    def test_many(self):
        """If more is kept than there is room for, it is copied"""
        results = [self.executor.submit(tasks.make, 8 << 20).result(DEADLINE) for i in range(40)]
        for result in results:
            self.assertEqual((len(result), result[0], result[-1]), (8 << 20, 7, 7))

    def test_map(self):
        """It works in a map"""
        results = list(self.executor.map(tasks.make, [SIZE] * 10))
        self.assertEqual(results, [b'\7' * SIZE] * 10)

    def test_asyncio(self):
        """It works in coroutines"""
        async def call():
            return await asyncio.gather(*(self.executor.run(tasks.make, SIZE) for i in range(4)))

        self.assertEqual(asyncio.run(call()), [b'\7' * SIZE] * 4)

    def test_raised(self):
        """An exception may have a buffer in it, which is copied"""
        error = self.executor.submit(tasks.fail_with_made, SIZE).exception(DEADLINE)
        self.assertEqual(error.args, (b'\7' * SIZE,))

    @unittest.skipUnless(numpy, 'There is no NumPy')
    def test_numpy(self):
        """An array in a buffer comes as an array in place"""
        result = self.executor.submit(tasks.make_array, SIZE).result(DEADLINE)
        self.assertTrue((result == numpy.arange(SIZE)).all())
        self.assertTrue(tasks.is_shared(result))
        self.assertFalse(result.flags.writeable)


class Elsewhere(ExecutorCase):
    """Other executors, and functions that are not Python's."""

    def test_threads(self):
        """On threads a buffer is passed as it is"""
        with Cfut.ThreadExecutor(1) as executor:
            buffer = make_buffer()
            self.assertIs(executor.submit(tasks.echo, buffer).result(DEADLINE), buffer)
            self.assertEqual(executor.submit(tasks.make, 10).result(DEADLINE), b'\7' * 10)

    def test_worker_alone(self):
        """Anywhere else cfut_worker.buffer() is memory, too"""
        view = cfut_worker.buffer(10)
        view[:] = b'0123456789'
        self.assertEqual(bytes(view), b'0123456789')

    def test_dropin(self):
        """The executor of cfutures takes them, too, and copies"""
        with cfutures.ProcessPoolExecutor(1) as pool:
            buffer = make_buffer()
            self.assertEqual(pool.submit(tasks.look, buffer).result(DEADLINE),
                             ('memoryview', False, True, bytes(buffer)))
            self.assertEqual(pool.submit(tasks.make, SIZE).result(DEADLINE), b'\7' * SIZE)

    def test_c(self):
        """A function in C reads a buffer, or what lies in one, where it is"""
        if 'CFUT_TEST_MODULE' not in os.environ:
            self.skipTest('There is no module')
        with Cfut.ProcessExecutor(1, modules=[os.environ['CFUT_TEST_MODULE']]) as executor:
            buffer = make_buffer()
            view = memoryview(buffer)
            for name, *args in (('is-shared', buffer), ('is-shared', view[10:-10]),
                                ('is-shared', view.cast('d')), ('is-shared-beside', view, 2.5),
                                ('is-shared-within', {'image': buffer, 'scale': 2})):
                self.assertIs(executor.submit(name, *args).result(DEADLINE), True, (name, args))
            self.assertEqual(list(executor.map('is-shared', [view[i:] for i in range(5)])),
                             [True] * 5)
            for value in bytes(SIZE), bytearray(SIZE), view[:100], memoryview(bytes(SIZE)):
                self.assertIs(executor.submit('is-shared', value).result(DEADLINE), False)
            self.assertEqual(executor.submit('reverse', buffer).result(DEADLINE),
                             bytes(buffer)[::-1])
            self.assertEqual(executor.submit('reverse', Cfut.Buffer.new_copy(b'ab')).result(DEADLINE),
                             b'ba')

    @unittest.skipUnless(numpy, 'There is no NumPy')
    def test_c_numpy(self):
        """... and an array that lies in one"""
        if 'CFUT_TEST_MODULE' not in os.environ:
            self.skipTest('There is no module')
        with Cfut.ProcessExecutor(1, modules=[os.environ['CFUT_TEST_MODULE']]) as executor:
            found = numpy.frombuffer(make_buffer(), 'B')
            self.assertIs(executor.submit('is-shared', found[100:]).result(DEADLINE), True)


class Example(unittest.TestCase):
    def test_checksums(self):
        """The example prints what it says"""
        path = pathlib.Path(__file__).resolve().parents[2] / 'examples' / 'python' / 'checksums.py'
        expected = re.search(r'\$ checksums.py FILE\n((?:    .*\n)+)', path.read_text())[1]
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(199_999) + b'\1')
            file.flush()
            run = subprocess.run([sys.executable, path, file.name], capture_output=True, text=True,
                                 timeout=DEADLINE, check=False)
        self.assertEqual((run.stdout, run.stderr), (expected.replace('    ', ''), ''))


if __name__ == '__main__':
    unittest.main()
