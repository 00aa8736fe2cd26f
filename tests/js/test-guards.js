// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What would end the program, for faults of the engine, if it were let through.

import Cfut from 'gi://Cfut?version=1';
import System from 'system';

import {assert, assertEqual, assertJSON, caught, run} from './tap.js';

const WRONG = [undefined, null, 'text', NaN, 1e300, {}, () => 1, Symbol('s')];

run({
    async 'An argument that is not taken is an error where an array comes back'() {
        const queue = new Cfut.CompletionQueue();
        const future = new Cfut.Promise().get_future();
        for (const wrong of WRONG) {
            for (const action of [
                () => queue.drain(wrong), () => queue.drain_data(wrong), () => queue.take_data(wrong, 0),
                () => queue.take_data(1, wrong), () => future.get_short_data(wrong),
                () => Cfut.Worker.prototype.exchange_data.call(null, wrong)])
                assert(await caught(action) instanceof TypeError);
        }
        assert(await caught(() => queue.drain(-1)) instanceof TypeError);
        assert(await caught(() => queue.take_data(-1, 0)) instanceof TypeError);
        assertEqual(queue.drain(-0).length, 0);
        assertEqual(queue.drain_data(0).length, 0);
    },

    async 'What the engine frees is not freed by the program'() {
        for (let i = 0; i < 100; i++) {
            const options = new Cfut.SubmitOptions();
            options.set_name('kept');
            options.free();
            assertEqual(options.get_name(), 'kept');
            const buffer = Cfut.Buffer.new_copy(new Uint8Array([i]));
            buffer.unref();
            assertEqual(buffer.ref(), buffer);
            assertEqual(buffer.toUint8Array()[0], i);
        }
        System.gc();
    },

    async 'A promise is resolved with any value, which is there later'() {
        const values = [{a: [1, {b: null}]}, ['x', 'y'], {}, [], 'text', 5, true];
        const promises = Array.from({length: 300}, (_, i) => {
            const promise = new Cfut.Promise();
            promise.resolve_value(values[i % values.length]);
            return promise;
        });
        System.gc();
        const filler = Array.from({length: 10000}, (_, i) => ({i}));
        System.gc();
        for (const [i, promise] of promises.entries())
            assertJSON(await promise.get_future(), values[i % values.length]);
        assertEqual(filler.length, 10000);

        assert(await caught(() => new Cfut.Promise().resolve_value(() => 1)) instanceof TypeError);
        const bytes = new Cfut.Promise();
        bytes.resolve_value(new Uint8Array([1, 2]));
        assertEqual(`${Array.from(await bytes.get_future())}`, '1,2');
        const object = new Cfut.Promise();
        const inner = new Cfut.InlineExecutor();
        object.resolve_value(inner);
        assertEqual(await object.get_future(), inner);
    },
});
