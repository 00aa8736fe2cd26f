// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs functions of a module in worker processes.
//
//     $ gjs -m primes.js
//     1229 primes below 10000
//     42
//     below 1000: 168
//     below 10000: 1229
//     below 100000: 9592

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

const executor = new Cfut.ProcessExecutor({maxWorkers: 4});

async function main() {
    // A function that a module exports, by its name
    const n = await executor.run('tasks.js#countPrimes', 10000);
    print(`${n} primes below 10000`);

    // A function that needs nothing around it
    print(await executor.run((a, b) => a * b, 6, 7));

    // Many at once
    const limits = [1000, 10000, 100000];
    const counts = await Promise.all(limits.map(limit => executor.run('tasks.js#countPrimes', limit)));
    counts.forEach((count, i) => print(`below ${limits[i]}: ${count}`));

    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
