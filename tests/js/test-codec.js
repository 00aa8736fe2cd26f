// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values as bytes, in one process.

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

import {assert, assertEqual, assertJSON, caught, run} from './tap.js';

const {decode, encode, isEncoded} = imports.overrides.cfut.codec;

function there(value) {
    const bytes = encode(value);
    assert(isEncoded(bytes));
    return decode(bytes);
}

run({
    async 'What JSON can say is JSON'() {
        assertEqual(new TextDecoder().decode(encode({a: [1, 'ü', null, true]})),
            'js1:{"a":[1,"ü",null,true]}');
        for (const value of [0, -1.5, 'text', '', true, null, [], {}, [[1], {b: {c: 'd'}}]])
            assertJSON(there(value), value);
    },

    async 'Numbers that JSON lacks come through'() {
        for (const value of [NaN, Infinity, -Infinity, -0, undefined, 2n ** 70n])
            assertEqual(there(value), value);
        assertEqual(there([1, {a: undefined}])[1].a, undefined);
        assert('a' in there({a: undefined}));
    },

    async 'Dates, maps, sets and expressions come through'() {
        assertEqual(there(new Date(5)).getTime(), 5);
        assertEqual(there(new Map([['a', new Set([1])]])).get('a').has(1), true);
        assertEqual(`${there(/a.b/gi)}`, '/a.b/gi');
    },

    async 'Arrays of bytes and of numbers come through, also inside objects'() {
        for (const type of [Int8Array, Uint8Array, Uint16Array, Float32Array, Float64Array]) {
            const {found} = there({found: type.from([1, 2, 3])});
            assert(found instanceof type);
            assertEqual(`${found}`, '1,2,3');
        }
        const {list: [first, second], buffer} = there({
            list: [new Uint8Array([1]), new Uint8Array(100000).fill(9)],
            buffer: new ArrayBuffer(3),
        });
        assertEqual(first[0], 1);
        assertEqual(second.length, 100000);
        assertEqual(second[99999], 9);
        assertEqual(buffer.byteLength, 3);
        assertEqual(there(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))[0], 2);
        const view = there(new DataView(new Uint8Array([1, 2, 3]).buffer, 1));
        assert(view instanceof DataView);
        assertEqual(view.byteLength, 2);
        assertEqual(view.getUint8(1), 3);
        assertEqual(there(new GLib.Bytes(new Uint8Array([5])))[0], 5);
    },

    async 'An object that looks like the mark of something comes through'() {
        assertJSON(there({$js: 1}), {$js: 1});
        assertEqual(there({$js: ['undefined'], more: undefined}).$js[0], 'undefined');
    },

    async 'Variants come through'() {
        const variant = there(new GLib.Variant('(sa{sv})', ['a', {b: new GLib.Variant('i', 3)}]));
        assertEqual(variant.print(true), "('a', {'b': <3>})");
    },

    async 'Errors come through with what they have'() {
        const error = there(Object.assign(new RangeError('far', {cause: new TypeError('why')}), {code: 5}));
        assert(error instanceof RangeError);
        assertEqual(error.message, 'far');
        assertEqual(error.code, 5);
        assert(error.cause instanceof TypeError);
        assert(error.stack.includes('test-codec.js'));
    },

    async 'What has a toJSON is what that says'() {
        assertJSON(there({toJSON: () => ({a: 1})}), {a: 1});
    },

    async 'What cannot be sent is refused'() {
        const circle = {};
        circle.self = circle;
        for (const value of [() => 1, Symbol('s'), {f() {}}, circle, new GObject.Object(),
            Promise.resolve(1), GLib.DateTime.new_now_utc(), (function* () {})(), [1][Symbol.iterator](),
            new Map().entries(), (async function* () {})()])
            assert(await caught(() => encode(value)) instanceof TypeError);
    },

    async 'Other bytes are not taken for a value'() {
        assert(!isEncoded(new Uint8Array([])));
        assert(!isEncoded(new TextEncoder().encode('js1')));
        assert(!isEncoded(new TextEncoder().encode('js2:1')));
    },
});
