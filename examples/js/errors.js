// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a function throws comes back; what happens to its worker is a GLib.Error.
//
//     $ gjs -m errors.js
//     SyntaxError: JSON.parse: unexpected keyword at line 1 column 1 of the JSON data
//     thrown in tasks.js, called from errors.js
//     the worker died
//     42

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

async function main() {
    try {
        await executor.run('tasks.js#parse', 'no JSON');
    } catch (error) {
        print(`${error.name}: ${error.message}`);
        const [there, here] = error.stack.split('--- called from ---');
        if (there.includes('tasks.js') && here.includes('errors.js'))
            print('thrown in tasks.js, called from errors.js');
    }

    // A worker that dies costs its call, and no other.
    try {
        await executor.run(() => imports.system.exit(1));
    } catch (error) {
        if (error.matches(Cfut.Error, Cfut.Error.WORKER_DIED))
            print('the worker died');
    }
    print(await executor.run(n => 2 * n, 21));

    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
