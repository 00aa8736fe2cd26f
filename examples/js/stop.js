// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Stops calls: by their time, by a cancellable, by the future.
//
//     $ gjs -m stop.js
//     timed out
//     cancelled
//     cancelled at Step 1

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

async function main() {
    // It may run for 0.1 seconds.
    try {
        await executor.with({timeout: 0.1}).run('tasks.js#simulate', 1e6);
    } catch (error) {
        if (error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT))
            print('timed out');
    }

    // Until somebody presses the button
    const cancellable = new Gio.Cancellable();
    setTimeout(() => cancellable.cancel(), 100);
    try {
        await executor.with({signal: cancellable}).run('tasks.js#simulate', 1e6);
    } catch (error) {
        if (error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
            print('cancelled');
    }

    // A future is a GObject: its progress can be bound to a progress bar.
    const future = executor.submit('tasks.js#simulate', 1e6);
    let message = '';
    future.connect('notify::progress', () => {
        message = future.dup_progress_message().replace(/\d+/, '1');
        future.cancel();
    });
    await future.catch(error => print(`cancelled at ${message}`));

    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
