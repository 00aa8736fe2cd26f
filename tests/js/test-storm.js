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

// Kills the worker that answered last, as JavaScript has no kill() by a shell.
// (Killing workers before they serve is another thing: an executor gives up when
// that happens again and again.)
class Killer {
    constructor(intervalMs) {
        this.nKills = 0;
        this.pid = null;
        this._process = Gio.Subprocess.new(['sh', '-c', 'while read pid; do kill -9 $pid; done'],
            Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDERR_SILENCE);
        this._stdin = this._process.get_stdin_pipe();
        this._source = GLib.timeout_add(GLib.PRIORITY_HIGH, intervalMs, () => {
            this._kill();
            return GLib.SOURCE_CONTINUE;
        });
    }

    _kill() {
        if (this.pid === null)
            return;
        this._stdin.write_all(new TextEncoder().encode(`${this.pid}\n`), null);
        this.nKills++;
        this.pid = null;
    }

    stop() {
        GLib.source_remove(this._source);
        this._stdin.close(null);
        this._process.wait(null);
    }
}

async function storm(options, nCalls = CALLS, intervalMs = INTERVAL_MS) {
    const executor = new Cfut.ProcessExecutor({maxWorkers: 2});
    const killer = new Killer(intervalMs);
    const calls = executor.with(options);
    const outcomes = await Promise.allSettled(Array.from({length: nCalls}, async (_, n) => {
        const [pid, number] = await calls.run(`${FUNCTIONS}#work`, n);
        killer.pid = pid;
        return number;
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
