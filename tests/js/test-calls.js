// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Functions in C, called by name with values of JavaScript.
//
//     gjs -m test-calls.js MODULE
//
// MODULE is what cfut-worker is to load.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertEqual, assertFails, assertJSON, caught, run, until} from './tap.js';

const {fromVariant, inferVariant, toArguments} = imports.overrides.cfut.variants;

const executor = new Cfut.ProcessExecutor({maxWorkers: 2, modules: [ARGV[0]]});

function there(type, ...values) {
    return toArguments(type, values).print(true);
}

run({
    async 'A function in C takes ordinary values, and gives one'() {
        assertEqual(await executor.submit('twice', 21), 42);
        assertEqual(await executor.submit('twice', 22), 44);
        assertEqual(await executor.run('twice', 23), 46);
        assertJSON(await Promise.all([1, 2, 3].map(n => executor.run('twice', n))), [2, 4, 6]);
        assert(await executor.run('get-pid') > 0);
    },

    async 'Or a GVariant of all arguments, as in C'() {
        const arguments_ = new GLib.Variant('(x)', [21]);
        assertEqual(await executor.submit('twice', arguments_), 42);
        assertEqual(await executor.submit('twice', arguments_, null), 42);
        assertEqual((await executor.call_async('twice', arguments_, null, null)).unpack(), 42);
        assert(await executor.submit('get-pid', null, null) > 0);
    },

    async 'The first call of a function has a future like the others'() {
        const other = new Cfut.ProcessExecutor({maxWorkers: 1, modules: [ARGV[0]]});
        const future = other.submit('twice', 4);
        assert(future instanceof Cfut.Future);
        assertEqual(await future, 8);
        assertEqual(await other.submit('twice', 5), 10);
        await other.shutdown();
    },

    async 'A map runs a function in C'() {
        const found = [];
        for await (const value of executor.map('twice', [1, 2, 3]))
            found.push(value);
        assertJSON(found, [2, 4, 6]);
    },

    async 'The map of C is there, and goes over its items'() {
        const found = [];
        for await (const value of executor.map('twice', new GLib.Variant('a(x)', [[1], [2], [3]])))
            found.push(value);
        assertJSON(found, [2, 4, 6]);
    },

    async 'Functions for many items are mapped over arrays of numbers'() {
        const numbers = Array.from({length: 3000}, (_, index) => index);
        const found = [];
        for await (const value of executor.map('triple', new GLib.Variant('ax', numbers)))
            found.push(value);
        assertJSON(found, numbers.map(n => 3 * n));

        const map = executor.map('triple', new GLib.Variant('ax', numbers));
        const all = await map.collect_async(null);
        assertEqual(all.get_type_string(), 'ax');
        assertJSON(all.deepUnpack(), numbers.map(n => 3 * n));

        const iterator = executor.map('triple', new GLib.Variant('ax', [1, -2, 3]))[Symbol.asyncIterator]();
        assertEqual((await iterator.next()).value, 3);
        const error = await caught(() => iterator.next());
        assertEqual(error.message, 'No -2');
        assertEqual((await iterator.next()).value, 9);
        assertEqual((await iterator.next()).done, true);
    },

    async 'An error is the one of C'() {
        const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND,
            () => executor.run('fail', 'No such thing'));
        assertEqual(error.message, 'No such thing');
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => executor.submit('fail', 'Gone'));
    },

    async 'A function that is not there is an error'() {
        await assertFails(Cfut.Error, Cfut.Error.UNKNOWN_FUNCTION, () => executor.run('nothing', 1));
        await assertFails(Cfut.Error, Cfut.Error.UNKNOWN_FUNCTION, () => executor.submit('nothing', 1));
    },

    async 'Arguments that do not fit are an error'() {
        assert(await caught(() => executor.run('twice', 1, 2)) instanceof TypeError);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
            () => executor.run('twice', new GLib.Variant('(s)', ['one'])));
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT, () => executor.run('twice'));
    },

    async 'A running call is cancelled, with its progress before'() {
        const future = executor.submit('wait-for-cancel');
        await until(() => future.progress === 0.5);
        assert(future.cancel());
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
    },

    async 'Values take the declared types'() {
        assertEqual(there('(xs)', 1, 'a'), "(int64 1, 'a')");
        assertEqual(there('(as)', ['a', 'b']), "(['a', 'b'],)");
        assertEqual(there('(v)', 'a'), "(<'a'>,)");
        assertEqual(there('(a{sv})', {a: 1, b: [true]}), "({'a': <int64 1>, 'b': <[<true>]>},)");
        assertEqual(there('(mv)', null), '(@mv nothing,)');
        assertEqual(there('(ay)', new Uint8Array([65, 0])), "(b'A',)");
        assertEqual(there('x', 5), 'int64 5');
        assertEqual(there('(a(sv))', [['a', 1.5]]), "([('a', <1.5>)],)");
        assertEqual(there('(v)', new GLib.Variant('s', 'x')), "(<'x'>,)");
    },

    async 'Values without a type have one that fits'() {
        for (const [value, text] of [
            [1, 'int64 1'], [1.5, '1.5'], ['a', "'a'"], [true, 'true'], [undefined, '()'],
            [null, '@mv nothing'], [{a: [1]}, "{'a': <[<int64 1>]>}"],
        ])
            assertEqual(inferVariant(value).print(true), text);
        assertJSON(fromVariant(inferVariant({a: [1, 'b', {c: null}]})), {a: [1, 'b', {c: null}]});
    },

    async 'The executor is shut down'() {
        await executor.shutdown();
    },
});
