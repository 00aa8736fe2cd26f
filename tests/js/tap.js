// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests in JavaScript have in common: they print TAP.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';

export function assert(condition, message = 'assertion failed') {
    if (!condition)
        throw new Error(message);
}

export function assertEqual(found, expected) {
    assert(Object.is(found, expected), `${String(found)} is not ${String(expected)}`);
}

export function assertJSON(found, expected) {
    assertEqual(JSON.stringify(found), JSON.stringify(expected));
}

// Returns what the action throws, or rejects with.
export async function caught(action) {
    try {
        await action();
    } catch (error) {
        return error;
    }
    throw new Error('it did not fail');
}

export async function assertFails(domain, code, action) {
    const error = await caught(action);
    assert(error instanceof GLib.Error || error instanceof Error, `no error: ${error}`);
    assert(error.matches?.(domain, code), `another error: ${error}\n${error.stack}`);
    return error;
}

// Iterates the main context until a condition holds.
export async function until(condition) {
    while (!condition())
        await new Promise(resolve => setTimeout(resolve, 2));
}

export function relative(url, path) {
    return GLib.Uri.resolve_relative(url, path, GLib.UriFlags.NONE);
}

export function pathOf(url) {
    return Gio.File.new_for_uri(url).get_path();
}

// Tests are asynchronous functions by what they say. Top-level await would spin
// in GJS 1.74, so there is a main loop.
export function run(tests) {
    const loop = new GLib.MainLoop(null, false);
    let exitCode = 1;

    async function main() {
        const names = Object.keys(tests);
        let failed = 0;
        print(`1..${names.length}`);
        for (const [index, name] of names.entries()) {
            try {
                await tests[name]();
                print(`ok ${index + 1} - ${name}`);
            } catch (error) {
                failed++;
                print(`not ok ${index + 1} - ${name}`);
                print(`# ${error}\n${error?.stack ?? ''}`.trimEnd().replaceAll('\n', '\n# '));
            }
        }
        exitCode = failed === 0 ? 0 : 1;
    }

    main().catch(logError).finally(() => loop.quit());
    loop.run();
    System.exit(exitCode);
}
