// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// How fast calls are. To be run on a machine that does nothing else.

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

import {assert, relative, run} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');
const CALLS = 30000;
const WANTED_PER_S = 30000;
const PARTS = 40;
const PART = 2e7;
const WANTED_GAIN = 1.8;

async function timeS(action) {
    const start = GLib.get_monotonic_time();
    await action();
    return (GLib.get_monotonic_time() - start) / 1e6;
}

// The best of some, as other programs only make it slower.
async function bestS(n, action) {
    const times = [];
    for (let i = 0; i < n; i++)
        times.push(await timeS(action));
    return Math.min(...times);
}

async function withExecutor(maxWorkers, action) {
    const executor = new Cfut.ProcessExecutor({maxWorkers});
    await Promise.all(Array.from({length: maxWorkers}, () => executor.run(`${FUNCTIONS}#count`, PART)));
    const result = await action(executor);
    await executor.shutdown();
    return result;
}

function callAll(how) {
    return withExecutor(2, executor => bestS(5, () => Promise.all(
        Array.from({length: CALLS}, (_, n) => executor[how](`${FUNCTIONS}#twice`, n)))));
}

function mapAll(maxWorkers) {
    return withExecutor(maxWorkers, executor => bestS(3, async () => {
        for await (const value of executor.map(`${FUNCTIONS}#count`, Array(PARTS).fill(PART)))
            assert(value > 0);
    }));
}

run({
    async 'Promise.all of small calls'() {
        const rates = {};
        for (const how of ['run', 'submit'])
            rates[how] = Math.round(CALLS / await callAll(how));
        print(`# calls/s: run ${rates.run}, submit ${rates.submit}; wanted ${WANTED_PER_S}`);
        for (const [how, rate] of Object.entries(rates))
            assert(rate >= WANTED_PER_S, `${how}: ${rate} calls/s`);
    },

    async 'A map that computes, on two workers and on one'() {
        const one = await mapAll(1);
        const two = await mapAll(2);
        print(`# one worker ${one.toFixed(2)} s, two ${two.toFixed(2)} s: ${(one / two).toFixed(2)} times; wanted ${WANTED_GAIN}`);
        assert(one / two >= WANTED_GAIN, `${one / two} times`);
    },
});
