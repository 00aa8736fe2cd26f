// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// cfut as GJS sees it through introspection, without an override.
//
//     gjs -m test-cfut.js MODULE
//
// MODULE is what cfut-worker is to load. Prints TAP.

import './without-overrides.js';
import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import {assert, assertEqual, assertFails, run} from '../js/tap.js';

const MODULE = ARGV[0];
const DEADLINE_US = 60 * 1000000;

for (const [prototype, name] of [
    [Cfut.Executor.prototype, 'call'],
    [Cfut.Executor.prototype, 'submit'],
    [Cfut.Executor.prototype, 'shutdown'],
    [Cfut.Future.prototype, 'result'],
    [Cfut.Future.prototype, 'wait'],
    [Cfut.CompletedIterator.prototype, 'next'],
])
    Gio._promisify(prototype, `${name}_async`, `${name}_finish`);

function processes() {
    return new Cfut.ProcessExecutor({max_workers: 2, modules: [MODULE]});
}

function number(n) {
    return new GLib.Variant('(x)', [n]);
}

const tests = {
    async 'A call in cfut-worker gives its result'() {
        const executor = processes();
        const result = await executor.call_async('twice', number(21), null, null);
        assertEqual(result.unpack(), 42);
        const future = executor.submit('twice', number(4), null);
        await future.wait_async(null);
        assertEqual(future.dup_result(0).unpack(), 8);
        assertEqual(future.get_state(), Cfut.FutureState.DONE);
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'A hundred calls at once give a hundred results'() {
        const executor = processes();
        const futures = [];
        for (let n = 0; n < 100; n++)
            futures.push(executor.submit('twice', number(n), null));
        const results = await Promise.all(futures.map(f => f.result_async(null)));
        results.forEach((result, n) => assertEqual(result.unpack(), 2 * n));

        const iterator = Cfut.as_completed(futures, DEADLINE_US);
        let seen = 0;
        while (await iterator.next_async(null))
            seen++;
        assertEqual(seen, 100);
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'An error has the domain, code and message it had in the worker'() {
        const executor = processes();
        const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND,
            () => executor.call_async('fail', new GLib.Variant('(s)', ['No such thing']), null, null));
        assertEqual(error.message, 'No such thing');
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
        await assertFails(Cfut.Error, Cfut.Error.SHUTDOWN,
            () => executor.submit('twice', number(1), null));
    },

    async 'Bytes go as a Uint8Array, and come back as one'() {
        const executor = processes();
        for (const length of [0, 1, 3, 100000]) {
            const data = Uint8Array.from({length}, (_, i) => i % 251);
            const expected = data.slice().reverse();
            const futures = [
                executor.submit_data('reverse', data, null),
                executor.submit_bytes('reverse', new GLib.Bytes(data), null),
            ];
            for (const future of futures) {
                await future.wait_async(null);
                assert(future.get_data() instanceof Uint8Array);
                assertEqual(future.get_data().join(), expected.join());
                assertEqual(future.dup_bytes().toArray().join(), expected.join());
            }
        }
        const future = executor.submit('twice', number(1), null);
        await future.wait_async(null);
        assertEqual(future.dup_bytes(), null);
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'A completion queue takes bytes, and gives a block of records'() {
        const executor = processes();
        const queue = new Cfut.CompletionQueue();
        assertEqual(queue.drain_data(0).length, 0);
        for (let tag = 0; tag < 100; tag++)
            queue.push_data(executor, 'reverse', Uint8Array.of(tag, 1, 2), null, tag);

        const seen = new Map();
        while (queue.get_n_pending() > 0) {
            await new Promise(resolve => GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT,
                queue.get_fd(), GLib.IOCondition.IN, () => {
                    resolve();
                    return GLib.SOURCE_REMOVE;
                }));
            const records = queue.drain_data(0);
            const view = new DataView(records.buffer, records.byteOffset, records.length);
            let offset = 0;
            while (offset < records.length) {
                const length = Number(view.getBigUint64(offset + 16, true));
                assertEqual(view.getUint32(offset + 8, true), Cfut.FutureState.DONE);
                assertEqual(view.getUint32(offset + 12, true), 1);
                seen.set(Number(view.getBigUint64(offset, true)),
                    records.slice(offset + 24, offset + 24 + length).join());
                offset += 24 + Math.ceil(length / 8) * 8;
            }
        }
        assertEqual(seen.size, 100);
        for (let tag = 0; tag < 100; tag++)
            assertEqual(seen.get(tag), `2,1,${tag}`);
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'A running call is cancelled, with a notify of its progress before'() {
        const executor = processes();
        const future = executor.submit('wait-for-cancel', null, null);
        await new Promise(resolve => future.connect('notify::progress', resolve));
        assertEqual(future.get_progress(), 0.5);
        assertEqual(future.dup_progress_message(), 'Waiting');
        const done = new Promise(resolve => future.add_done_callback(resolve));
        assert(future.cancel());
        await done;
        assertEqual(future.get_state(), Cfut.FutureState.CANCELLED);
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'A cancellable given to a wait ends the wait and not the call'() {
        const promise = new Cfut.Promise();
        const cancellable = new Gio.Cancellable();
        const waiting = promise.get_future().wait_async(cancellable);
        cancellable.cancel();
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => waiting);
        assertEqual(promise.get_future().get_state(), Cfut.FutureState.PENDING);
        promise.resolve_variant(number(3));
        assertEqual((await promise.get_future().result_async(null)).deepUnpack()[0], 3);
    },

    async 'A callback is not let wait for what its own context must bring'() {
        const promise = new Cfut.Promise();
        const future = promise.get_future();
        await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        }));
        await assertFails(Cfut.Error, Cfut.Error.WOULD_DEADLOCK,
            () => future.dup_result(DEADLINE_US));
        promise.resolve_variant(number(1));
        assertEqual(future.dup_result(0).deepUnpack()[0], 1);
    },

    async 'A JavaScript closure is refused where it would run on a thread'() {
        const executor = new Cfut.ThreadExecutor({max_workers: 1});
        for (let i = 0; i < 200; i++) {
            await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED,
                () => executor.submit_closure(() => 1, GObject.TYPE_INT, null));
        }
        System.gc();
        await executor.shutdown_async(Cfut.ShutdownFlags.WAIT, DEADLINE_US, null);
    },

    async 'Constants are there'() {
        assertEqual(Number(Cfut.WAIT_FOREVER), -1);
        assertEqual(Cfut.RETRY_FOREVER, 4294967295);
    },
};

run(tests);
