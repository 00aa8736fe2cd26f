// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls that are made in one turn of JavaScript, and submitted together.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';

import {assert, assertEqual, assertFails, assertJSON, caught, relative, run, until} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');
const TWICE = `${FUNCTIONS}#twice`;

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

function count(n, start) {
    return Array.from({length: n}, (_, i) => start(i));
}

// What an executor with one worker that is busy knows after some calls.
async function withBusy(properties, action) {
    const busy = new Cfut.ProcessExecutor({maxWorkers: 1, ...properties});
    const running = busy.submit(`${FUNCTIONS}#pollForCancel`);
    await until(() => busy.n_running === 1);
    const result = await action(busy);
    running.cancel();
    await caught(() => running);
    await busy.shutdown();
    return result;
}

run({
    async 'Each call has its own result, in batches of any size'() {
        for (const n of [1, 2, 63, 64, 65, 66, 129, 1000]) {
            for (const how of ['run', 'submit'])
                assertJSON(await Promise.all(count(n, i => executor[how](TWICE, i))), count(n, i => 2 * i));
        }
    },

    async 'Texts of any kind are arguments'() {
        const texts = ['', 'a\nb', '\0', '\u2028', '\ud800', 'ä€😀', '"\\'];
        assertJSON(await Promise.all(texts.map(text => executor.run(`${FUNCTIONS}#same`, text))), texts);
    },

    async 'Calls of many kinds run side by side'() {
        const found = await Promise.all(count(90, i => [
            () => executor.run(TWICE, i),
            () => executor.submit(`${FUNCTIONS}#same`, i),
            () => executor.run(`${FUNCTIONS}#sum`, new Uint8Array([i])),
            () => executor.with({priority: 1}).run(TWICE, i),
            () => executor.run(n => n + 1, i),
            () => executor.run(`${FUNCTIONS}#same`, 'x'.repeat(5000)).then(text => text.length),
        ][i % 6]()));
        assertJSON(found, count(90, i => [2 * i, i, i, 2 * i, i + 1, 5000][i % 6]));
    },

    async 'Whoever counts the calls sees all that were made'() {
        await withBusy({}, async busy => {
            const calls = count(10, i => busy.run(TWICE, i));
            assertEqual(busy.stats().nPending, 10);
            calls.push(...count(10, i => busy.submit(TWICE, i)));
            assertEqual(busy.n_pending, 20);
            calls.push(...count(10, i => busy.run(TWICE, i)));
            assertEqual(busy.get_n_pending(), 30);
            busy.kill_workers();
            assertEqual((await Promise.allSettled(calls)).length, 30);
        });
    },

    async 'They run in the order in which they were made'() {
        const one = new Cfut.ProcessExecutor({maxWorkers: 1});
        const order = [];
        await Promise.all(count(200, i => one[i % 7 ? 'run' : 'submit'](`${FUNCTIONS}#same`, i).then(n => order.push(n))));
        assertJSON(order, count(200, i => i));
        await one.shutdown();
    },

    async 'Calls that were made before a shutdown run, and none after it'() {
        const other = new Cfut.ProcessExecutor({maxWorkers: 1});
        const calls = count(10, i => other.run(TWICE, i));
        const ended = other.shutdown();
        const refused = other.run(TWICE, 0);
        await assertFails(Cfut.Error, Cfut.Error.SHUTDOWN, () => other.submit(TWICE, 0));
        await assertFails(Cfut.Error, Cfut.Error.SHUTDOWN, () => refused);
        assertJSON(await Promise.all(calls), count(10, i => 2 * i));
        await ended;
    },

    async 'Each can be cancelled in the turn in which it was made'() {
        await withBusy({}, async busy => {
            const futures = count(10, i => busy.submit(TWICE, i));
            for (const future of futures)
                assert(future.cancel());
            for (const future of futures)
                await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
        });
    },

    async 'One whose function fails harms no other'() {
        const [good, bad] = [i => executor.run(TWICE, i), () => executor.run(`${FUNCTIONS}#nowhere`)];
        const ended = await Promise.allSettled(count(20, i => i % 5 === 4 ? bad() : good(i)));
        assertJSON(ended.map(({status}) => status), count(20, i => i % 5 === 4 ? 'rejected' : 'fulfilled'));
        // ... and knows where it was made.
        assert(ended[4].reason.stack.includes('test-batches.js'), ended[4].reason.stack);
    },

    async 'One that cannot be sent is told at once'() {
        const calls = count(5, i => executor.run(TWICE, i));
        await assertFails(Cfut.Error, Cfut.Error.UNKNOWN_FUNCTION, () => executor.submit('twice', 1));
        calls.push(executor.run(TWICE, 5));
        assertJSON(await Promise.all(calls), count(6, i => 2 * i));
    },

    async 'Those for which there is no room fail, and the others do not'() {
        const failing = {maxPending: 10, overflow: Cfut.Overflow.FAIL};
        const ended = await withBusy(failing, busy => {
            const calls = count(30, i => busy.run(TWICE, i));
            assertEqual(busy.n_pending, 10);
            busy.set_max_pending(11);
            calls.push(busy.run(TWICE, 30));
            const promise = Promise.allSettled(calls);
            busy.kill_workers();
            return promise;
        });
        const refused = ended.map(({reason}) => reason?.matches(Cfut.Error, Cfut.Error.QUEUE_FULL) ?? false);
        assertJSON(refused, count(31, i => i >= 10 && i < 30));
    },

    async 'With the same bounds, submit() tells of it at once'() {
        await withBusy({maxPending: 10, overflow: Cfut.Overflow.FAIL}, async busy => {
            const futures = count(10, i => busy.submit(TWICE, i));
            await assertFails(Cfut.Error, Cfut.Error.QUEUE_FULL, () => busy.submit(TWICE, 10));
            for (const future of futures)
                future.cancel();
            await Promise.allSettled(futures);
        });
    },

    async 'Or wait for room, in their order'() {
        const small = new Cfut.ProcessExecutor({maxWorkers: 1, maxPending: 3});
        for (const how of ['run', 'submit'])
            assertJSON(await Promise.all(count(150, i => small[how](TWICE, i))), count(150, i => 2 * i));
        await small.shutdown();
    },

    async 'A worker that dies costs one of them'() {
        const one = new Cfut.ProcessExecutor({maxWorkers: 1});
        const calls = count(40, i => one.run(TWICE, i));
        calls.push(one.run(`${FUNCTIONS}#die`));
        calls.push(...count(40, i => one.run(TWICE, i)));
        const ended = await Promise.allSettled(calls);
        assertEqual(ended.filter(({status}) => status === 'rejected').length, 1);
        assert(ended[40].reason.matches(Cfut.Error, Cfut.Error.WORKER_DIED), `${ended[40].reason}`);
        await one.shutdown();
    },

    async 'A collection in between is harmless'() {
        const {gc} = imports.system;
        for (let round = 0; round < 20; round++) {
            const calls = count(100, i => {
                if (i % 30 === 5)
                    gc();
                return executor[round % 2 ? 'run' : 'submit'](TWICE, i);
            });
            gc();
            assertJSON(await Promise.all(calls), count(100, i => 2 * i));
        }
    },

    async 'At the end all has ended'() {
        await executor.shutdown();
        assertEqual(executor.n_pending, 0);
    },
});
