// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program that awaits errors.
//
//     gjs -m rejections.js native|submit|run soon|late|never

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

import {until} from './tap.js';

const [kind, when] = ARGV;
const executor = new Cfut.ProcessExecutor({maxWorkers: 1});

function fail() {
    throw new Error('It failed');
}

let hasFailed = () => executor.stats().nFailed > 0;

// As what calls back from a source of the main context does.
function failNatively() {
    let isRejected = false;
    hasFailed = () => isRejected;
    return new Promise((resolve, reject) => GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
        reject(new Error('It failed'));
        isRejected = true;
        return GLib.SOURCE_REMOVE;
    }));
}

async function main() {
    const failing = kind === 'native' ? failNatively() : executor[kind](fail);
    if (when !== 'soon') {
        await until(hasFailed);
        // What has arrived by now is told when the engine has nothing else to do.
        await executor.run(() => 0);
        await new Promise(resolve => setTimeout(resolve, 1));
    }
    if (when !== 'never')
        await failing.catch(error => print(error.message));
    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
