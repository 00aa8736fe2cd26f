// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The futures that submit() gives: promises of the engine, Cfut.Futures, and
// GObjects for who asks.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {assert, assertEqual, assertFails, assertJSON, caught, relative, run, until} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');

// More than the engine collects at once.
const BURST = 30000;

const executor = new Cfut.ProcessExecutor({name: 'pool', maxWorkers: 2});

function submit(name, ...args) {
    return executor.submit(`${FUNCTIONS}#${name}`, ...args);
}

const Bar = GObject.registerClass({
    Properties: {fraction: GObject.ParamSpec.double('fraction', '', '', GObject.ParamFlags.READWRITE, -1, 1, -1)},
}, class Bar extends GObject.Object {});

// Calls every method that takes nothing, and reads every property.
function lookAtAll(future) {
    for (const name of ['cancel', 'dup_bytes', 'dup_error', 'dup_executor', 'dup_name', 'dup_progress_message',
        'dup_remote_data', 'dup_remote_name', 'dup_remote_traceback', 'get_data', 'get_function', 'get_progress',
        'get_state', 'get_value', 'is_done', 'is_floating', 'freeze_notify', 'thaw_notify', 'toString'])
        future[name]();
    for (const name of ['executor', 'name', 'object', 'progress', 'progress_message', 'progressMessage',
        'progress-message', 'state'])
        assert(name in future && future[name] !== undefined, name);
}

run({
    async 'A future is a promise of the engine, and a Cfut.Future'() {
        const future = submit('makeBytes', 3);
        // What awaits it does not make another promise for it, which is slow.
        assertEqual(Promise.resolve(future), future);
        assert(future instanceof Cfut.Future);
        assert(future instanceof GObject.Object);
        assertEqual(await future, await future);
        assertEqual(await future.then(({name}) => name).finally(() => 1), 'made');
        assert(!(future.then() instanceof Cfut.Future));
    },

    async 'Whatever a Cfut.Future has is there while the call waits, runs and has ended'() {
        const running = submit('pollForCancel');
        lookAtAll(running);
        await caught(() => running);
        lookAtAll(running);
        assertEqual(running.state, Cfut.FutureState.CANCELLED);

        const done = submit('twice', 2);
        assertEqual(done.executor, executor);
        await done;
        lookAtAll(done);
        assertEqual(done.state, Cfut.FutureState.DONE);
        assertEqual(done.dup_result(0).get_type_string(), 'ay');
        assertEqual(done.name, done.dup_name());
        assert(!done.cancel());
        for (const name of Object.getOwnPropertyNames(Cfut.Future.prototype).concat(
            Object.getOwnPropertyNames(GObject.Object.prototype)))
            assert(name === '__metaclass__' || name.startsWith('_') || Object.hasOwn(Object.getPrototypeOf(done), name), name);
    },

    async 'It may be waited for'() {
        const future = submit('twice', 4);
        assertEqual(await future, 8);
        assert(future.wait(0));
        await submit('later', 5, 1).wait_async(null);
        assertEqual((await submit('twice', 1).result_async(null)).get_type_string(), 'ay');
    },

    async 'Its progress may be bound'() {
        const bar = new Bar();
        const future = submit('pollForCancel');
        const seen = [];
        future.connect('notify::progress', source => seen.push(source));
        future.bind_property('progress', bar, 'fraction', GObject.BindingFlags.SYNC_CREATE);
        await until(() => bar.fraction === 0.25);
        assert(seen.every(source => source === future));
        let nDone = 0;
        future.add_done_callback(source => (nDone += source === future ? 1 : 0));
        assert(future.cancel());
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
        await until(() => nDone === 1);
    },

    async 'Its last progress is there after the end, too'() {
        const future = submit('reportProgress', 0.75, 'Nearly');
        assertEqual(await future, 0.75);
        assertEqual(future.progress, 0.75);
        assertEqual(future.progress_message, 'Nearly');

        const silent = submit('twice', 1);
        await silent;
        assertEqual(silent.progress, -1);
        assertEqual(silent.progress_message, null);
    },

    async 'A progress told before anybody could listen is told'() {
        const {prototype} = Cfut.CompletionQueue;
        const {dup_future} = prototype;
        prototype.dup_future = function (tag) {
            const object = dup_future.call(this, tag);
            while (object.progress < 0)
                GLib.usleep(100);
            return object;
        };
        try {
            const seen = [];
            const future = executor.with({onProgress: fraction => seen.push(fraction)})
                .submit(`${FUNCTIONS}#pollForCancel`);
            assertEqual(seen.length, 0);
            await until(() => seen.length > 0);
            assertEqual(seen[0], 0.25);
            future.cancel();
            await caught(() => future);
        } finally {
            prototype.dup_future = dup_future;
        }
    },

    async 'Functions of cfut take it'() {
        assertJSON(await Cfut.Future.all([submit('twice', 1), submit('twice', 2)]), [2, 4]);
        assertEqual(await Cfut.Future.any([submit('twice', 3)]), 6);
        assertEqual(await Cfut.Future.race([submit('twice', 4)]), 8);
        const futures = [submit('twice', 5), submit('later', 1, 'late')];
        const values = [];
        for await (const future of Cfut.asCompleted(futures)) {
            assert(futures.includes(future));
            values.push(await future);
        }
        assertEqual(values.length, 2);
    },

    async 'Functions of others take its object'() {
        const future = submit('twice', 1);
        const list = new Gio.ListStore({item_type: Cfut.Future});
        await caught(async () => list.append(future));
        assertEqual(list.get_n_items(), 0);
        list.append(future.object);
        assertEqual(list.get_item(0), future.object);
        assertEqual(await list.get_item(0), 2);
        assertEqual(await future, 2);
    },

    async 'An error can be read as in C'() {
        const future = submit('fail', 'bad');
        assertEqual((await caught(() => future)).name, 'RangeError');
        assertEqual(future.state, Cfut.FutureState.FAILED);
        assert(future.dup_error().matches(Cfut.Error, Cfut.Error.REMOTE));
        assertEqual(future.dup_remote_name(), 'RangeError');
        assert(future.dup_remote_traceback().includes('functions.js'));
        assert(future.dup_remote_data().get_size() > 0);
    },

    async 'It knows its executor, also when its object is made late'() {
        const future = submit('twice', 2);
        assertEqual(future.executor, executor);
        const other = submit('twice', 2);
        await other;
        assertEqual(other.executor, executor);
        assertEqual(other.dup_executor(), executor);
        assertEqual(executor.with({name: 'n'}).submit(`${FUNCTIONS}#twice`, 1).executor, executor);
    },

    async 'It keeps no executor'() {
        const future = new Cfut.ProcessExecutor({maxWorkers: 1}).submit(`${FUNCTIONS}#twice`, 1);
        const {object} = future;
        await Promise.allSettled([future]);
        await until(() => {
            imports.system.gc();
            return object.executor === null && future.executor === null;
        });
    },

    async 'Tens of thousands at once are no danger'() {
        for (let round = 0; round < 3; round++) {
            const values = await Promise.all(Array.from({length: BURST}, (_, n) => submit('twice', n)));
            assert(values.every((value, n) => value === 2 * n));
        }
    },

    async 'All can be cancelled'() {
        submit('later', 10, 0);
        const futures = Array.from({length: 3000}, () => submit('later', 1, 0));
        for (const future of futures)
            future.cancel();
        const outcomes = await Promise.allSettled(futures);
        assert(outcomes.every(({status}) => status === 'rejected' || status === 'fulfilled'));
        await executor.shutdown();
    },
});
