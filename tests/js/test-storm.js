// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Workers that are killed while they work, every few milliseconds.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertEqual, relative, run} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');
const CALLS = 10000;
const INTERVAL_MS = 5;
const MANY_CALLS = 100000;
const SHORT_INTERVAL_MS = 1;
const CALLS_PER_KILL = 8;

// Kills any worker, as JavaScript has no kill() by a shell, when an interval has passed,
// and a few calls have ended: on a slow machine workers would do nothing but start. It
// looks as calls end, and has no timer: GJS 1.74 drops callbacks that come while it
// collects garbage, unless they come from cfut.
class Killer {
    constructor(executor, intervalMs) {
        this.nKills = 0;
        this._executor = executor;
        this._intervalUs = 1000 * intervalMs;
        this._lastTime = GLib.get_monotonic_time();
        this._nEnded = 0;
        this._process = Gio.Subprocess.new(['sh', '-c', 'while read pid; do kill -9 $pid; done'],
            Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDERR_SILENCE);
        this._stdin = this._process.get_stdin_pipe();
    }

    // A call has ended, somehow.
    tell() {
        const now = GLib.get_monotonic_time();
        if (++this._nEnded < CALLS_PER_KILL || now < this._lastTime + this._intervalUs)
            return;
        const pids = this._executor.dup_worker_pids() ?? [];
        if (pids.length === 0)
            return;
        this._nEnded = 0;
        this._lastTime = now;
        this._stdin.write_all(new TextEncoder().encode(`${pids[GLib.random_int_range(0, pids.length)]}\n`), null);
        this.nKills++;
    }

    stop() {
        this._stdin.close(null);
        this._process.wait(null);
    }
}

async function storm(options, nCalls = CALLS, intervalMs = INTERVAL_MS) {
    const executor = new Cfut.ProcessExecutor({maxWorkers: 2});
    const killer = new Killer(executor, intervalMs);
    const calls = executor.with(options);
    const outcomes = await Promise.allSettled(Array.from({length: nCalls}, async (_, n) => {
        try {
            const [, number] = await calls.run(`${FUNCTIONS}#work`, n);
            return number;
        } finally {
            killer.tell();
        }
    }));
    killer.stop();
    await executor.shutdown();

    const right = outcomes.filter(({value}, n) => value === n).length;
    const died = outcomes.filter(({reason}) => reason?.matches(Cfut.Error, Cfut.Error.WORKER_DIED)).length;
    print(`# ${nCalls} calls, ${killer.nKills} kills: ${right} right, ${died} failed`);
    assert(killer.nKills > 0);
    return {right, died, nKills: killer.nKills};
}

run({
    async 'Each call has its result or failed with its worker, one for a kill at most'() {
        const {right, died, nKills} = await storm({});
        assertEqual(right + died, CALLS);
        assert(died <= nKills);
    },

    async 'Calls that may be run again all have their results'() {
        const {right} = await storm({retries: Cfut.RETRY_FOREVER});
        assertEqual(right, CALLS);
    },

    async 'So have a hundred thousand, with a kill each millisecond that finds a worker'() {
        const {right, nKills} = await storm({retries: Cfut.RETRY_FOREVER}, MANY_CALLS, SHORT_INTERVAL_MS);
        assertEqual(right, MANY_CALLS);
        assert(nKills > 100);
    },
});
