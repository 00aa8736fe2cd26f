// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Memory that is not copied.
//
//     gjs -m test-buffers.js MODULE
//
// MODULE is what cfut-worker is to load.

import Cfut from 'gi://Cfut?version=1';

import {assert, assertEqual, assertJSON, caught, relative, run} from './tap.js';

const {toArguments} = imports.overrides.cfut.variants;

const SIZE = 1 << 20;
const LOOK = relative(import.meta.url, './functions.js#look');

const executor = new Cfut.ProcessExecutor({maxWorkers: 1});
const inC = new Cfut.ProcessExecutor({maxWorkers: 1, modules: [ARGV[0]]});

// Its bytes tell where they are.
function makeBuffer() {
    const buffer = Cfut.Buffer.new(SIZE);
    buffer.toUint8Array().forEach((_, index, array) => (array[index] = index % 251));
    return buffer;
}

function look(...args) {
    return executor.run(LOOK, ...args);
}

run({
    async 'An array is the memory of a buffer, and not a copy'() {
        const buffer = Cfut.Buffer.new(SIZE);
        const array = buffer.toUint8Array();
        assert(array instanceof Uint8Array);
        assertEqual(array.length, SIZE);
        array[5] = 77;
        assertEqual(buffer.toUint8Array()[5], 77);
        assertEqual(buffer.dup_bytes().toArray()[5], 77);
        assertEqual(buffer.dup_variant().get_data_as_bytes().toArray()[5], 77);
        new Float64Array(array.buffer)[1] = 0.5;
        assertEqual(new DataView(buffer.dup_bytes().toArray().buffer).getFloat64(8, true), 0.5);
        assertEqual(Cfut.Buffer.new(0).toUint8Array().length, 0);
    },

    async 'A worker reads a buffer, or what lies in one, where it is'() {
        const buffer = makeBuffer();
        const array = buffer.toUint8Array();
        const sum = values => values.reduce((total, value) => total + value, 0);
        for (const value of [buffer, array, array.subarray(1000, 900000), new Uint8Array(array.buffer, 8)]) {
            const expected = value === buffer ? array : value;
            assertJSON(await look(value), ['Uint8Array', expected.length, sum(expected), true]);
        }
        assertJSON((await look(new Uint32Array(array.buffer, 16, 100000))).slice(0, 2), ['Uint32Array', 100000]);
        assertEqual((await look(new Float64Array(array.buffer)))[3], true);
    },

    async 'It is the same memory'() {
        const array = makeBuffer().toUint8Array();
        await executor.run(relative(import.meta.url, './functions.js#keep'), array.subarray(1000));
        // Against the rules, to see whether it is seen.
        array[1000] = 255;
        assertJSON(await executor.run(relative(import.meta.url, './functions.js#getKept'), 0, 2), [255, 1001 % 251]);
    },

    async 'A worker that writes to it dies'() {
        const error = await caught(() => executor.run(array => (array[0] = 1), makeBuffer()));
        assert(error.matches(Cfut.Error, Cfut.Error.WORKER_DIED), `${error}`);
        assert(error.message.includes('SIGSEGV') || error.message.includes('signal 11'), error.message);
    },

    async 'It does so wherever it stands, and of many parts of one'() {
        const array = makeBuffer().toUint8Array();
        assertEqual((await look({image: {pixels: array}, scale: 2}))[3], true);
        assertEqual((await look([new Map([['x', [array]]])]))[3], true);
        const parts = Array.from({length: 20}, (_, index) => array.subarray(index * 1000, index * 1000 + 50000));
        assertJSON(await executor.run(relative(import.meta.url, './functions.js#countShared'), parts), 20);
        const buffers = Array.from({length: 20}, makeBuffer);
        assertJSON(await executor.run(relative(import.meta.url, './functions.js#countShared'), buffers), 16);
    },

    async 'It works with futures, and in a map'() {
        const array = makeBuffer().toUint8Array();
        assertEqual((await executor.submit(LOOK, array))[3], true);
        const halves = [array.subarray(0, SIZE / 2), array.subarray(SIZE / 2)];
        for await (const [, length, , isShared] of executor.map(LOOK, halves))
            assertJSON([length, isShared], [SIZE / 2, true]);
    },

    async 'Other arrays are copied, and may be written to'() {
        const array = makeBuffer().toUint8Array();
        for (const value of [array.slice(), array.subarray(0, 10), Cfut.Buffer.new_copy(new Uint8Array([1, 2]))])
            assertEqual((await look(value))[3], false);
        assertEqual(await executor.run((shared, own) => {
            own[0] = shared[4];
            return own[0];
        }, array, new Uint8Array(100000)), 4);
    },

    async 'What a worker keeps stays what it was'() {
        const keep = relative(import.meta.url, './functions.js#keep');
        let buffer = makeBuffer();
        const expected = [...buffer.toUint8Array().slice(500000, 500010)];
        await executor.run(keep, buffer);
        buffer = null;
        imports.system.gc();
        for (let i = 0; i < 100; i++)
            await look(Cfut.Buffer.new(SIZE));
        assertJSON(await executor.run(relative(import.meta.url, './functions.js#getKept'), 500000, 500010), expected);
    },

    async 'A worker that gets them without end reads them without a copy'() {
        const array = makeBuffer().toUint8Array().subarray(0, 40000);
        for (let i = 0; i < 200; i++)
            assertEqual((await look(array))[3], true);
    },

    async 'Each worker may be set up with one'() {
        const other = new Cfut.ProcessExecutor({maxWorkers: 1});
        other.set_initializer(relative(import.meta.url, './functions.js#keep'), makeBuffer());
        assertJSON(await other.run(relative(import.meta.url, './functions.js#getKept'), 0, 3), [0, 1, 2]);
        await other.shutdown();
    },

    async 'A function in C reads it where it is'() {
        const buffer = makeBuffer();
        const array = buffer.toUint8Array();
        assertEqual(await inC.run('is-shared', buffer), true);
        assertEqual(await inC.run('is-shared', array.subarray(1000)), true);
        assertEqual(await inC.submit('is-shared-beside', array, 2.5), true);
        assertEqual(await inC.run('is-shared-within', {image: buffer, scale: 2}), true);
        assertEqual(await inC.run('is-shared-within', {image: array, scale: 2}), true);
        assertEqual(await inC.run('is-shared', array.slice()), false);
        assertJSON([...(await inC.run('reverse', buffer)).slice(0, 2)], [(SIZE - 1) % 251, (SIZE - 2) % 251]);
    },

    async 'A GVariant of any type has it within'() {
        const array = Cfut.Buffer.new_copy(new Uint8Array(40000)).toUint8Array();
        array[0] = 255;
        for (const [type, ...values] of [
            ['(ayd)', array, 2.5], ['(sv)', 'x', array], ['a{say}', {image: array}], ['aay', [array, array]],
            ['(sa{sv}ay)', 's', {a: array, n: 5}, array], ['(s(ayv))', 's', [array, 5]],
        ]) {
            const variant = toArguments(type, values);
            assertEqual(variant.get_type_string(), type);
            assert(variant.get_size() >= 40000);
        }
        const [bytes, number] = toArguments('(ayd)', [array, 2.5]).deepUnpack();
        assertJSON([bytes.length ?? bytes.get_size(), number], [40000, 2.5]);
        const lent = toArguments('(ayd)', [array, 2.5]).get_child_value(0).get_data_as_bytes().toArray();
        array[1] = 254;
        assertJSON([lent[0], lent[1]], [255, 254]);
    },

    async 'Nothing is left'() {
        await Promise.all([executor.shutdown(), inC.shutdown()]);
    },
});
