#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""cfut as Python sees it through introspection, without an override.

    test-cfut.py MODULE

MODULE is what cfut-worker is to load. Prints TAP.
"""

import os
import struct
import sys
import threading
import traceback

import gi
import gi.overrides

# What is installed on the machine has an override.
sys.modules['gi.overrides.Cfut'] = None
gi.require_version('Cfut', '1')

from gi.repository import Cfut, Gio, GLib, GObject  # noqa: E402

DEADLINE_US = 60 * GLib.USEC_PER_SEC
MODULE = None


def processes(**properties):
    return Cfut.ProcessExecutor(max_workers=2, modules=[MODULE], **properties)


def run_until(condition):
    """Iterates the main context until the condition holds."""
    deadline = GLib.get_monotonic_time() + DEADLINE_US
    tick = GLib.timeout_add(5, lambda: True)
    while not condition():
        assert GLib.get_monotonic_time() < deadline, 'What the test waits for did not happen'
        GLib.MainContext.default().iteration(True)
    GLib.source_remove(tick)


def fails_with(domain, code, function, *arguments):
    try:
        function(*arguments)
    except GLib.Error as error:
        assert error.matches(domain, code), f'{error.domain} {error.code}: {error.message}'
        return error.message
    raise AssertionError(f'{function} did not fail')


def test_result():
    """A call in cfut-worker gives its result"""
    executor = processes()
    future = executor.submit('twice', GLib.Variant('(x)', (21,)), None)
    assert future.dup_result(DEADLINE_US).unpack() == 42
    assert future.get_state() == Cfut.FutureState.DONE
    assert future.get_value() is not None
    pid = executor.submit('get-pid', None, None).dup_result(DEADLINE_US).unpack()
    assert pid != os.getpid()
    assert executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_async():
    """Each async function calls back in the main context, in its thread"""
    executor = processes()
    results = []

    def finished(source, result, finish):
        results.append((finish(result), threading.current_thread()))

    executor.call_async('twice', GLib.Variant('(x)', (1,)), None, None,
                        finished, executor.call_finish)
    run_until(lambda: len(results) == 1)
    assert results[0][0].unpack() == 2

    executor.submit_async('twice', GLib.Variant('(x)', (2,)), None, None,
                          finished, executor.submit_finish)
    run_until(lambda: len(results) == 2)
    future = results[1][0]

    future.result_async(None, finished, future.result_finish)
    run_until(lambda: len(results) == 3)
    assert results[2][0].unpack() == 4

    future.wait_async(None, finished, future.wait_finish)
    run_until(lambda: len(results) == 4)
    assert results[3][0] is True

    executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, None,
                            finished, executor.shutdown_finish)
    run_until(lambda: len(results) == 5)
    assert all(thread is threading.main_thread() for _, thread in results)


def test_notify():
    """Callbacks and notify arrive in the main context, in its thread"""
    executor = processes()
    future = executor.submit('wait-for-cancel', None, None)
    seen = []
    future.connect('notify::progress', lambda future, _: seen.append(
        (future.get_progress(), future.dup_progress_message(), threading.current_thread())))
    future.add_done_callback(lambda future: seen.append(
        ('done', future.get_state(), threading.current_thread())))
    run_until(lambda: seen)
    assert seen[0] == (0.5, 'Waiting', threading.main_thread())
    assert future.cancel()
    run_until(lambda: seen[-1][0] == 'done')
    assert seen[-1] == ('done', Cfut.FutureState.CANCELLED, threading.main_thread())
    assert executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_errors():
    """An error has the domain, code and message it had in the worker"""
    executor = processes()
    future = executor.submit('fail', GLib.Variant('(s)', ('No such thing',)), None)
    message = fails_with(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND,
                         future.dup_result, DEADLINE_US)
    assert message == 'No such thing', message

    executor.submit('twice', GLib.Variant('(x)', (0,)), None).wait(DEADLINE_US)
    future = executor.submit('no-such-function', None, None)
    message = fails_with(Cfut.error_quark(), Cfut.Error.UNKNOWN_FUNCTION,
                         future.dup_result, DEADLINE_US)
    assert 'no-such-function' in message, message

    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)
    fails_with(Cfut.error_quark(), Cfut.Error.SHUTDOWN,
               executor.submit, 'twice', GLib.Variant('(x)', (0,)), None)


def test_data():
    """Bytes go as bytes, and come back as bytes"""
    executor = processes()
    for data in (b'', b'\0', b'abc', bytes(range(256)) * 1024):
        future = executor.submit_data('reverse', data, None)
        assert future.wait(DEADLINE_US)
        assert type(future.get_data()) is bytes
        assert future.get_data() == data[::-1]
        assert future.dup_bytes().get_data() == data[::-1]

        future = executor.submit_bytes('reverse', GLib.Bytes.new(data), None)
        assert future.wait(DEADLINE_US)
        assert future.get_data() == data[::-1]

    future = executor.submit('twice', GLib.Variant('(x)', (1,)), None)
    assert future.wait(DEADLINE_US)
    assert future.dup_bytes() is None
    fails_with(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT,
               executor.submit_data('twice', b'', None).dup_result, DEADLINE_US)
    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_completion_data():
    """A completion queue takes bytes, and gives a block of records"""
    executor = processes()
    queue = Cfut.CompletionQueue()
    assert queue.drain_data(0) == b''
    for tag in range(100):
        assert queue.push_data(executor, 'reverse', b'abc%d' % tag, None, tag)
    assert queue.push(executor, 'twice', GLib.Variant('(x)', (4,)), None, 100)
    assert queue.push(executor, 'fail', GLib.Variant('(s)', ('Why',)), None, 101)

    seen = {}
    while queue.get_n_pending() > 0:
        assert queue.wait(DEADLINE_US)
        records = queue.drain_data(0)
        assert type(records) is bytes
        offset = 0
        while offset < len(records):
            tag, state, kind, length = struct.unpack_from('<QIIQ', records, offset)
            offset += 24
            seen[tag] = (state, kind, records[offset:offset + length])
            offset += length + -length % 8

    done, failed = int(Cfut.FutureState.DONE), int(Cfut.FutureState.FAILED)
    assert len(seen) == 102
    for tag in range(100):
        assert seen[tag] == (done, 1, (b'abc%d' % tag)[::-1])
    assert seen[100] == (done, 2, b'x'.ljust(8, b'\0') + struct.pack('=q', 8))
    assert seen[101] == (failed, 3, b'g-io-error-quark\0%d\0Why\0\0\0' % Gio.IOErrorEnum.NOT_FOUND)
    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_options():
    """Options are set on a boxed object and go with the call"""
    options = Cfut.SubmitOptions()
    options.set_timeout(GLib.USEC_PER_SEC // 100)
    options.set_retries(Cfut.RETRY_FOREVER)
    options.set_name('short')
    assert options.get_retries() == Cfut.RETRY_FOREVER == 2 ** 32 - 1
    executor = processes()
    future = executor.submit_full('wait-for-cancel', None, options)
    assert future.dup_name() == 'short'
    fails_with(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT,
               future.dup_result, DEADLINE_US)
    executor.shutdown(Cfut.ShutdownFlags.CANCEL | Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_combining():
    """Arrays of futures go in, and come out as one, or one by one"""
    executor = processes()
    futures = [executor.submit('twice', GLib.Variant('(x)', (n,)), None) for n in range(10)]
    assert Cfut.Future.all(futures).dup_result(DEADLINE_US).unpack() == [2 * n for n in range(10)]
    iterator = Cfut.as_completed(futures, DEADLINE_US)
    results = set()
    while (future := iterator.next()) is not None:
        results.add(future.dup_result(0).unpack())
    assert results == {2 * n for n in range(10)}
    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_map():
    """A map takes an array or a function that gives the next item"""
    executor = processes()
    results = executor.map('twice', GLib.Variant('a(x)', [(n,) for n in range(100)]), None)
    for n in range(100):
        more, index, result = results.next()
        assert more and index == n and result.unpack() == 2 * n
    assert results.next()[0] is False
    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_promise():
    """A promise of Python's own is kept with a value of any type"""
    promise = Cfut.Promise()
    future = promise.get_future()
    assert promise.resolve_value('any Python string')
    assert future.wait(0)
    assert future.get_value() == 'any Python string'
    promise = Cfut.Promise()
    promise.reject(GLib.Error.new_literal(Gio.io_error_quark(), 'Lost', Gio.IOErrorEnum.CLOSED))
    assert promise.get_future().dup_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED)


def test_thread_closure():
    """A closure runs on another thread and returns any type of object"""
    class Thing(GObject.Object):
        thread = None

    def make(call):
        thing = Thing()
        thing.thread = threading.get_ident()
        return thing

    executor = Cfut.ThreadExecutor(max_workers=1)
    future = executor.submit_closure(make, Thing, None)
    assert future.wait(DEADLINE_US)
    assert isinstance(future.get_value(), Thing)
    assert future.get_value().thread != threading.get_ident()
    executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


def test_constructors():
    """Whatever a class needs, its constructor property can give"""
    assert Cfut.WAIT_FOREVER == -1
    for executor in (Cfut.InlineExecutor(name='inline'),
                     Cfut.ThreadExecutor(name='threads', max_workers=3),
                     Cfut.ProcessExecutor(name='processes', max_workers=3, argv=['/bin/true'])):
        assert executor.get_name() == executor.props.name
        assert executor.get_workers().get_n_items() == 0 or executor.props.name == 'inline'
        assert executor.get_calls().get_n_items() == 0
        assert executor.get_stats() is not None
        assert executor.shutdown(Cfut.ShutdownFlags.WAIT, DEADLINE_US)


# The last, for the program knows these functions from here on.
def test_module_on_threads():
    """Threads run functions of a module that the program loads, once"""
    assert not Cfut.has_function('twice')
    assert Cfut.load_module(MODULE)
    assert Cfut.load_module(MODULE)
    executor = Cfut.ThreadExecutor(max_workers=2)
    future = executor.submit('twice', GLib.Variant('(x)', (4,)), None)
    assert future.dup_result(DEADLINE_US).unpack() == 8
    message = fails_with(Cfut.error_quark(),
                         Cfut.Error.START_FAILED, Cfut.load_module, '/nowhere/functions.so')
    assert '/nowhere/functions.so' in message


def main():
    global MODULE
    MODULE = sys.argv[1]
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    failed = 0
    print(f'1..{len(tests)}', flush=True)
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
        except Exception:
            failed += 1
            print(f'not ok {number} - {test.__doc__}')
            for line in traceback.format_exc().splitlines():
                print(f'# {line}')
        else:
            print(f'ok {number} - {test.__doc__}')
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
