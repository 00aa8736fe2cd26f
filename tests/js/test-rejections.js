// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What is told of errors that are awaited late, or never, is what the engine tells of
// its own promises.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assertJSON, pathOf, relative, run} from './tap.js';

Gio._promisify(Gio.Subprocess.prototype, 'communicate_utf8_async', 'communicate_utf8_finish');

// What a program prints, and how often it is told of an unhandled rejection.
async function listen(...args) {
    const launcher = new Gio.SubprocessLauncher({
        flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE,
    });
    // GJS itself is critical of who awaits a promise late.
    launcher.unsetenv('G_DEBUG');
    const program = launcher.spawnv(
        [GLib.file_read_link('/proc/self/exe'), '-m', pathOf(relative(import.meta.url, './rejections.js')), ...args]);
    const [output, errors] = await program.communicate_utf8_async(null, null);
    return [output, errors.split('Unhandled promise rejection').length - 1];
}

run({
    async 'An error that is awaited at once is not told'() {
        for (const kind of ['native', 'submit', 'run'])
            assertJSON(await listen(kind, 'soon'), ['It failed\n', 0]);
    },

    async 'One that is awaited late is told as that of a promise'() {
        for (const kind of ['native', 'submit', 'run'])
            assertJSON(await listen(kind, 'late'), ['It failed\n', 1]);
    },

    async 'So is one that is never awaited'() {
        for (const kind of ['native', 'submit', 'run'])
            assertJSON(await listen(kind, 'never'), ['', 1]);
    },
});
