// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Workers end with their program, however that ends.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assertEqual, pathOf, relative, run, until} from './tap.js';

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');

function isThere(pid) {
    return GLib.file_test(`/proc/${pid}`, GLib.FileTest.EXISTS);
}

run({
    async 'No worker is left when the program is killed, also none in a loop'() {
        const program = Gio.Subprocess.new(
            [GLib.file_read_link('/proc/self/exe'), '-m', pathOf(relative(import.meta.url, './orphans.js'))],
            Gio.SubprocessFlags.STDOUT_PIPE);
        const output = new Gio.DataInputStream({base_stream: program.get_stdout_pipe()});
        const [line] = await output.read_line_async(GLib.PRIORITY_DEFAULT, null);
        const pids = line.split(' ');
        assertEqual(pids.length, 2);
        program.force_exit();
        await until(() => !pids.some(isThere));
    },
});
