# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls, results and exceptions as bytes."""

import importlib.util
import math
import operator
import os
import pathlib
import pickle
import sys
import types
import unittest

from cfutures import _errors, _message, _pickling

# As when it is run: what lies beside it is found first.
sys.path.insert(0, os.environ['CFUT_WORKER_DIR'])
spec = importlib.util.spec_from_file_location(
    'worker', pathlib.Path(os.environ['CFUT_WORKER_DIR']) / 'worker.py')
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
del sys.path[0]


class Buffers:
    """Something with large buffers, as numpy's arrays are."""

    def __init__(self, *buffers):
        self.buffers = buffers

    def __reduce_ex__(self, protocol):
        return Buffers, tuple(pickle.PickleBuffer(buffer) for buffer in self.buffers)


class Wrong(Exception):
    """Cannot be unpickled: it wants two arguments, and has kept one."""

    def __init__(self, first, second):
        super().__init__(first)


class Messages(unittest.TestCase):
    def both_ways(self, message):
        """The same at either end."""
        yield worker.loads_message(bytes(_pickling._dumps(message)))
        yield _message.loads_message(bytes(worker.dumps_result(message)))

    def test_small(self):
        """A small call is nothing but its pickle, with what refers to the function"""
        for function in operator.add, math.sqrt, Buffers:
            data = _pickling.dumps_call(function, (1, 2), {})
            reference, args, kwargs = pickle.loads(data)
            self.assertEqual((args, kwargs), ((1, 2), {}))
            if type(reference) is bytes:
                reference = pickle.loads(reference)
            self.assertEqual(reference, function)
        self.assertIs(_pickling._refer('x'.join).__class__, type('x'.join))
        with self.assertRaises(TypeError):
            _pickling.dumps_call(b'bytes', (), {})

    def test_large_bytes(self):
        """Large bytes travel beside the pickle, and come back as what they were"""
        for kind in (bytes, bytearray):
            value = kind(os.urandom(_message.LARGE + 3))
            data = bytes(_pickling.dumps_call(len, (value, 'x'), {}))
            self.assertEqual(data[0], _message.HEAD_MARK)
            function, args, kwargs = worker.loads_message(memoryview(data))
            self.assertEqual((pickle.loads(function), args, kwargs), (len, (value, 'x'), {}))
            self.assertIs(type(args[0]), kind)
            result = _message.loads_message(bytes(worker.dumps_result(value)))
            self.assertEqual(result, value)
            self.assertIs(type(result), kind)

    def test_buffers(self):
        """Buffers within objects, of any size, stay writable or not"""
        message = {'a': Buffers(bytearray(b'one'), b'', b'three' * 99), 'b': Buffers(b'x')}
        for again in self.both_ways(message):
            first, second, third = again['a'].buffers
            self.assertEqual((bytes(first), bytes(second), bytes(third)),
                             (b'one', b'', b'three' * 99))
            first[0] = 1
            with self.assertRaises(TypeError):
                third[0] = 1

    def test_unpicklable(self):
        """What cannot be pickled says what to do"""
        if importlib.util.find_spec('cloudpickle') is not None:
            self.skipTest('cloudpickle is there')
        with self.assertRaises((pickle.PicklingError, AttributeError)) as raised:
            _pickling.dumps_call(lambda: 1, (), {})
        self.assertIn('cloudpickle', raised.exception.__notes__[0])

    def test_cloudpickle(self):
        """What pickle refuses, and only that, is given to cloudpickle"""
        calls = []

        def dumps(message, protocol, buffer_callback):
            calls.append(message)
            return pickle.dumps('by value', protocol)

        fake = types.SimpleNamespace(dumps=dumps)
        sys.modules['cloudpickle'] = fake
        self.addCleanup(sys.modules.pop, 'cloudpickle')
        _pickling.dumps_call(operator.add, (1, 2), {})
        self.assertEqual(calls, [])
        data = _pickling.dumps_call(lambda: 1, (), {})
        self.assertEqual(pickle.loads(data), 'by value')


class Exceptions(unittest.TestCase):
    def test_exception(self):
        """An exception is what it was, with the traceback as its cause"""
        payload = worker.Worker.pickle_exception(ZeroDivisionError('division by zero'))
        error = _errors.from_remote('ZeroDivisionError', 'division by zero', 'Traceback…', payload)
        self.assertIs(type(error), ZeroDivisionError)
        self.assertEqual(error.args, ('division by zero',))
        self.assertIsInstance(error.__cause__, _errors.RemoteTraceback)
        self.assertEqual(error.__cause__.tb, 'Traceback…')

    def test_unpicklable_exception(self):
        """One that does not survive it becomes something readable"""
        for exception in (Wrong(1, 2), type('Local', (Exception,), {})('text')):
            payload = worker.Worker.pickle_exception(exception)
            self.assertEqual(payload, b'')
            error = _errors.from_remote(type(exception).__name__, str(exception), 'tb', payload)
            self.assertIsInstance(error, _errors.RemoteError)
            self.assertEqual(str(error), f'{type(exception).__name__}: {exception}')

    def test_not_readable(self):
        """What cannot be unpickled is an error of its own"""
        error = _errors.from_remote(worker.UNPICKLE_NAME, 'A call', 'tb', b'')
        self.assertIsInstance(error, _errors.UnpickleError)
        with self.assertRaises(_errors.UnpickleError):
            _errors.loads_result(pickle.dumps(Wrong(1, 2)))


if __name__ == '__main__':
    unittest.main()
