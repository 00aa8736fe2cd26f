// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Counts letters in parts of one large array that nobody copies.
//
//     $ gjs -m histogram.js
//     16 MiB: 4194304 times "a", 4194304 times "b", 4194304 times "c", 4194304 times "d"

import Cfut from 'gi://Cfut?version=1';
import GLib from 'gi://GLib';

const SIZE = 16 * 1024 * 1024;
const PART = SIZE / 8;

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

async function main() {
    const buffer = Cfut.Buffer.new(SIZE);
    const letters = buffer.toUint8Array();
    for (let i = 0; i < SIZE; i++)
        letters[i] = 97 + i % 4;

    const parts = [];
    for (let at = 0; at < SIZE; at += PART)
        parts.push(letters.subarray(at, at + PART));

    const totals = [0, 0, 0, 0];
    for await (const counts of executor.map('tasks.js#countLetters', parts))
        counts.forEach((count, letter) => (totals[letter] += count));

    const found = totals.map((total, letter) => `${total} times "${'abcd'[letter]}"`);
    print(`${SIZE / 2 ** 20} MiB: ${found.join(', ')}`);
    await executor.shutdown();
}

const loop = new GLib.MainLoop(null, false);
main().catch(logError).finally(() => loop.quit());
loop.run();
