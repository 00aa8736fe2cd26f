// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Garbage collection at any moment.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

import {assert, assertEqual, relative, run} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');
const ROUNDS = 200;

// What 100 rounds may leave behind: far less than an object each.
const LEAK_KIB = 4096;

function at(name) {
    return `${FUNCTIONS}#${name}`;
}

function countDescriptors() {
    return [...Gio.File.new_for_path('/proc/self/fd').enumerate_children('standard::name', 0, null)].length;
}

function getSizeKiB() {
    const [, status] = GLib.file_get_contents('/proc/self/status');
    return Number(/VmRSS:\s+(\d+)/.exec(new TextDecoder().decode(status))[1]);
}

// One iteration of the loop, so that what is due is delivered.
function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

function dropFutures() {
    const promise = new Cfut.Promise();
    const future = promise.get_future();
    future.add_done_callback(() => {});
    future.connect('notify::state', () => {});
    future.then(() => {});
    future.wait_async(null).catch(() => {});
    promise.resolve_variant(new GLib.Variant('s', 'result'));
}

function dropCalls(executor) {
    executor.submit(at('twice'), 1).add_done_callback(() => {});
    executor.run(at('makeBytes'), 10000);
    executor.submit(at('later'), 1, 2).cancel();
    executor.with({signal: new Gio.Cancellable(), onProgress: () => {}}).submit(at('twice'), 2);
    executor.map(at('twice'), [1, 2, 3]).next();
    Cfut.asCompleted([executor.submit(at('twice'), 3)], {timeout: 60}).next();
}

function dropExecutor() {
    const threads = new Cfut.ThreadExecutor({maxWorkers: 1});
    try {
        threads.submit_closure(() => 1, String, null);
    } catch {
        // It is refused.
    }
    new Cfut.ProcessExecutor({maxWorkers: 1});
}

async function doRounds(n, executor) {
    for (let round = 0; round < n; round++) {
        dropFutures();
        dropCalls(executor);
        dropExecutor();
        System.gc();
        await turn();
        System.gc();
    }
    // Nothing is left on its way.
    await Promise.all([executor.run(at('twice'), 1), executor.run(at('twice'), 1)]);
    System.gc();
}

run({
    async 'Dropping futures, executors and closures costs nothing'() {
        const executor = new Cfut.ProcessExecutor({maxWorkers: 2});
        await doRounds(ROUNDS / 2, executor);
        const descriptors = countDescriptors();
        const size = getSizeKiB();
        await doRounds(ROUNDS / 2, executor);
        assert(countDescriptors() <= descriptors + 4, `${countDescriptors()} descriptors, ${descriptors} before`);
        assert(getSizeKiB() < size + LEAK_KIB, `${getSizeKiB()} KiB, ${size} before`);
        await executor.shutdown();
    },

    // GJS drops callbacks while it collects many objects, which is a critical.
    async 'Thousands of futures at once are no danger'() {
        const executor = new Cfut.ProcessExecutor({maxWorkers: 2});
        for (let round = 0; round < 10; round++)
            await Promise.all(Array.from({length: 2000}, (_, n) => executor.submit(at('twice'), n)));
        let sum = 0;
        for await (const value of executor.map(at('twice'), Array(1000).fill(1)))
            sum += value;
        assertEqual(sum, 2000);
        await executor.shutdown();
    },

    async 'An executor that is dropped with calls on their way is no danger'() {
        for (let round = 0; round < 5; round++) {
            const call = new Cfut.ProcessExecutor({maxWorkers: 1}).run(at('twice'), round);
            System.gc();
            const [{status, value}] = await Promise.allSettled([call]);
            assert(status === 'rejected' || value === 2 * round);
        }
    },

    async 'Collecting in a worker is no danger'() {
        const executor = new Cfut.ProcessExecutor({maxWorkers: 1});
        const calls = Array.from({length: ROUNDS}, (_, n) => executor.run(number => {
            imports.system.gc();
            return Cfut.currentCall.get_cancellable().is_cancelled() ? -1 : number;
        }, n));
        assertEqual((await Promise.all(calls)).filter((value, n) => value === n).length, ROUNDS);
        await executor.shutdown();
    },
});
