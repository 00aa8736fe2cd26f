// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Futures in JavaScript, of promises of cfut.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertEqual, assertFails, assertJSON, caught, run} from './tap.js';

// Kept, so that none is dropped without a result.
const promises = [];

function pending() {
    const promise = new Cfut.Promise();
    promises.push(promise);
    return [promise, promise.get_future()];
}

function resolved(value) {
    const [promise, future] = pending();
    promise.resolve_variant(value);
    return future;
}

function number(n) {
    return new GLib.Variant('x', n);
}

const tests = {
    async 'A future is awaited'() {
        const [promise, future] = pending();
        setTimeout(() => promise.resolve_variant(number(5)), 1);
        assertEqual(await future, 5);
        assertEqual(await future, 5);
    },

    async 'Results are values of JavaScript'() {
        assertEqual(await resolved(new GLib.Variant('s', 'ü')), 'ü');
        assertEqual(await resolved(new GLib.Variant('()', [])), undefined);
        assertJSON(await resolved(new GLib.Variant('a{sv}', {a: number(1)})), {a: 1});
        const bytes = await resolved(new GLib.Variant('ay', new Uint8Array([1, 2])));
        assert(bytes instanceof Uint8Array);
        assertEqual(bytes.length, 2);
    },

    async 'A result that is no GVariant is the value itself'() {
        const [promise, future] = pending();
        promise.resolve_value('a string');
        assertEqual(await future, 'a string');
    },

    async 'then, catch and finally are those of promises'() {
        const order = [];
        const value = await resolved(number(1)).then(n => n + 1).finally(() => order.push('finally'));
        assertEqual(value, 2);
        assertJSON(order, ['finally']);

        const [promise, future] = pending();
        promise.reject(new Cfut.Error({code: Cfut.Error.PROTOCOL, message: 'Odd'}));
        assertEqual(await future.catch(error => error.message), 'Odd');
        assertEqual(await future.then(null, () => 'second'), 'second');
    },

    async 'Promise.all, race and allSettled take futures'() {
        const futures = [1, 2, 3].map(n => resolved(number(n)));
        assertJSON(await Promise.all(futures), [1, 2, 3]);
        assertEqual(await Promise.race([pending()[1], futures[1]]).catch(() => 0), 2);
        const [promise, future] = pending();
        promise.reject(new Cfut.Error({code: Cfut.Error.PROTOCOL, message: 'Odd'}));
        const settled = await Promise.allSettled([futures[0], future]);
        assertJSON(settled.map(({status}) => status), ['fulfilled', 'rejected']);
    },

    async 'An error is a GLib.Error of its class'() {
        const [promise, future] = pending();
        promise.reject(new Gio.IOErrorEnum({code: Gio.IOErrorEnum.NOT_FOUND, message: 'Gone'}));
        const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => future);
        assert(error instanceof Gio.IOErrorEnum);
        assert(error instanceof GLib.Error);
        assertEqual(error.message, 'Gone');

        const [other, otherFuture] = pending();
        const quark = GLib.quark_from_string('no-class-of-mine');
        other.reject(new GLib.Error(quark, 3, 'Odd'));
        await assertFails(quark, 3, () => otherFuture);
    },

    async 'A cancelled future is rejected as such'() {
        const [promise, future] = pending();
        assert(future.cancel());
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
        assert(promise.get_cancellable().is_cancelled());
    },

    async 'asCompleted yields futures as they complete'() {
        const [[first, a], [second, b], [third, c]] = [pending(), pending(), pending()];
        second.resolve_variant(number(2));
        const seen = [];
        for await (const future of Cfut.asCompleted([a, b, c])) {
            assert(future instanceof Cfut.Future);
            seen.push([a, b, c].indexOf(future), await future.catch(error => error.code));
            if (seen.length === 2)
                third.reject(new Cfut.Error({code: Cfut.Error.PROTOCOL, message: 'Odd'}));
            if (seen.length === 4)
                first.resolve_variant(number(1));
        }
        assertJSON(seen, [1, 2, 2, Cfut.Error.PROTOCOL, 0, 1]);
    },

    async 'asCompleted takes promises as well, and nothing at all'() {
        for await (const future of Cfut.asCompleted([]))
            assert(false, `${future}`);
        const promise = Promise.reject(new Error('Odd'));
        let n = 0;
        for await (const settled of Cfut.asCompleted(new Set([promise]))) {
            assertEqual(settled, promise);
            await caught(() => settled);
            n++;
        }
        assertEqual(n, 1);
    },

    async 'asCompleted ends when its time is over'() {
        const [promise, future] = pending();
        const done = resolved(number(1));
        const seen = [];
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, async () => {
            for await (const each of Cfut.asCompleted([future, done], {timeout: 0.05}))
                seen.push(each);
        });
        assertEqual(seen.length, 1);
        assertEqual(future.state, Cfut.FutureState.PENDING);
        promise.resolve_variant(number(1));
    },

    async 'asCompleted can be left early'() {
        for await (const future of Cfut.asCompleted([resolved(number(1)), pending()[1]])) {
            assertEqual(await future, 1);
            break;
        }
    },

    async 'A future of all gives values'() {
        const all = Cfut.Future.all([1, 2].map(n => resolved(number(n))));
        assertJSON(await all, [1, 2]);
    },

    async 'What C calls asynchronous gives promises'() {
        const [promise, future] = pending();
        const waiting = future.wait_async(null);
        promise.resolve_variant(number(7));
        await waiting;
        assertEqual((await future.result_async(null)).unpack(), 7);
    },

    async 'All that was promised comes'() {
        for (const promise of promises)
            promise.resolve_variant(number(0));
        await Promise.allSettled(promises.map(promise => promise.get_future()));
    },
};

run(tests);
