// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// JavaScript stays on its thread.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import System from 'system';

import {assert, assertFails, run} from './tap.js';

function refused(action) {
    return assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED, action);
}

run({
    async 'A thread executor refuses functions at once, with advice'() {
        const executor = new Cfut.ThreadExecutor({max_workers: 1});
        let error = null;
        try {
            executor.submit(() => 1);
        } catch (thrown) {
            error = thrown;
        }
        assert(error?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED), `${error}`);
        assert(error.message.includes('Cfut.ProcessExecutor'), error.message);
        await refused(() => executor.run(() => 1));
        await refused(async () => {
            for await (const value of executor.map(() => 1, [1]))
                assert(false, `${value}`);
        });
        await executor.shutdown();
    },

    async 'So does what is in C'() {
        const executor = new Cfut.ThreadExecutor({max_workers: 1});
        for (let i = 0; i < 200; i++) {
            await refused(() => executor.submit_closure(() => 1, GObject.TYPE_INT, null));
            if (i % 20 === 0)
                System.gc();
        }
        await executor.shutdown();
    },

    async 'Names of functions work'() {
        const executor = new Cfut.ThreadExecutor({max_workers: 1});
        await assertFails(Cfut.Error, Cfut.Error.UNKNOWN_FUNCTION, () => executor.run('no such function'));
        await executor.shutdown();
    },

    async 'An executor with workers in C refuses functions'() {
        const executor = new Cfut.ProcessExecutor({modules: ['none.so']});
        const error = await refused(() => executor.run(() => 1));
        assert(error.message.includes('without argv and modules'), error.message);
        await executor.shutdown();
    },
});
