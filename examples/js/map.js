// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Goes over results in the order of the items, and over futures as they complete.
//
//     $ gjs -m map.js
//     25 50 75 100 percent
//     4 25 168 1229
//     all 3 completed

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

async function main() {
    const shares = [];
    const options = {
        bufferSize: 16,     // items that are read ahead
        timeout: 60,        // seconds, for all of it
        onProgress: fraction => shares.push(100 * fraction),
    };

    const found = [];
    for await (const n of executor.map('tasks.js#countPrimes', [10, 100, 1000, 10000], options))
        found.push(n);
    print(`${shares.join(' ')} percent`);
    print(found.join(' '));

    const futures = [3000, 2000, 1000].map(n => executor.submit('tasks.js#countPrimes', n));
    let n = 0;
    for await (const future of Cfut.asCompleted(futures, {timeout: 60}))
        n += await future > 0 ? 1 : 0;
    print(`all ${n} completed`);

    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
