// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sends arrays of bytes to workers, and back, inside of objects.
//
//     $ gjs -m binary.js
//     640 x 480: 255 255 255

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

async function main() {
    const image = {width: 640, height: 480, pixels: new Uint8Array(3 * 640 * 480)};
    const {width, height, pixels} = await executor.run('tasks.js#invert', image);
    print(`${width} x ${height}: ${pixels.slice(0, 3).join(' ')}`);
    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
