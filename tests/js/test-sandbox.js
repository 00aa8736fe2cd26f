// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Workers in JavaScript at each level of trust.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertEqual, assertFails, assertJSON, caught, relative, run} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');
const BUBBLEWRAP = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', 'true'];

function at(name) {
    return `${FUNCTIONS}#${name}`;
}

// What the kernel says of a worker.
async function getStatus(executor, name) {
    const status = await executor.run(at('read'), '/proc/self/status');
    return status.split('\n').find(line => line.startsWith(`${name}:`)).split(':')[1].trim();
}

// Whether there is bubblewrap, and it may do what it does.
function canLaunch() {
    if (GLib.getenv('CFUT_TEST_SECCOMP') !== '1')
        return false;
    try {
        return Gio.Subprocess.new(BUBBLEWRAP, Gio.SubprocessFlags.STDERR_SILENCE).wait_check(null);
    } catch {
        return false;
    }
}

async function withExecutor(properties, test) {
    const executor = new Cfut.ProcessExecutor({maxWorkers: 1, ...properties});
    try {
        await test(executor);
    } finally {
        await executor.shutdown();
    }
}

const levels = {
    async 'A worker may gain privileges only where it is let'() {
        for (const [sandbox, bound] of [[Cfut.Sandbox.NONE, '0'], [Cfut.Sandbox.LIMITS, '1']]) {
            await withExecutor({sandbox}, async executor => {
                assertEqual(await getStatus(executor, 'NoNewPrivs'), bound);
                assertEqual(await executor.run(at('twice'), 21), 42);
            });
        }
    },

    async 'An interpreter does not run behind the filter, and that is said'() {
        await withExecutor({sandbox: Cfut.Sandbox.SECCOMP}, async executor => {
            const {message} = await caught(() => executor.run(at('twice'), 1));
            assert(/for functions in C|without libseccomp/.test(message), message);
        });
    },
};

const launched = {
    async 'A launched worker computes, and fails as others do'() {
        await withExecutor({sandbox: Cfut.Sandbox.LAUNCHER}, async executor => {
            assertEqual(await executor.run(at('twice'), 21), 42);
            const numbers = Array.from({length: 100}, (_, n) => n);
            assertJSON(await Promise.all(numbers.map(n => executor.run(at('twice'), n))), numbers.map(n => 2 * n));
            assertEqual(await executor.run(at('sum'), new Uint8Array(1000000).fill(1)), 1000000);
            const error = await caught(() => executor.run(at('fail'), 'too far'));
            assert(error instanceof RangeError && error.message === 'too far', `${error}`);
        });
    },

    async 'It reads files, and writes none'() {
        const [file, stream] = Gio.File.new_tmp('cfut-test-XXXXXX');
        stream.close(null);
        await withExecutor({sandbox: Cfut.Sandbox.LAUNCHER}, async executor => {
            assertEqual(await executor.run(at('read'), file.get_path()), '');
            await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.READ_ONLY,
                () => executor.run(at('remove'), file.get_path()));
        });
        assert(file.query_exists(null));
        file.delete(null);
    },

    async 'It may die, and hang, and others go on'() {
        await withExecutor({sandbox: Cfut.Sandbox.LAUNCHER, grace: 0}, async executor => {
            await assertFails(Cfut.Error, Cfut.Error.WORKER_DIED, () => executor.run(at('die')));
            await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT,
                () => executor.with({timeout: 0.2}).run(at('spin')));
            assertEqual(await executor.run(at('twice'), 1), 2);
        });
    },
};

run(canLaunch() ? {...levels, ...launched} : levels);
