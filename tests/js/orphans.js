// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program that is killed: it has an idle worker, and one that is busy in
// a loop. Prints their process ids.

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

import {relative} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');

async function main() {
    const executor = new Cfut.ProcessExecutor({maxWorkers: 2, minWorkers: 2});
    const spinning = executor.submit(function () {
        Cfut.currentCall.setProgress(0.5);
        while (true);
    });
    // A promise that is resolved with the future would wait for that.
    await new Promise(resolve => spinning.connect('notify::progress', () => resolve()));
    await executor.run(`${FUNCTIONS}#getPid`);
    print(executor.dup_worker_pids().join(' '));
}

main().catch(logError);
new GLib.MainLoop(null, false).run();
