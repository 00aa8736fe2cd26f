// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// JavaScript in worker processes.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {assert, assertEqual, assertFails, assertJSON, caught, relative, run, until} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

function at(name) {
    return `${FUNCTIONS}#${name}`;
}

// What there is in Node, and not in GJS 1.74.
class AbortLike {
    aborted = false;
    listeners = new Set();

    addEventListener(type, listener) {
        assertEqual(type, 'abort');
        this.listeners.add(listener);
    }

    removeEventListener(type, listener) {
        this.listeners.delete(listener);
    }

    abort() {
        this.aborted = true;
        for (const listener of this.listeners)
            listener();
    }
}

run({
    async 'A function that a module exports runs in another process'() {
        assertEqual(await executor.submit(at('twice'), 21), 42);
        assertEqual(await executor.run(at('twice'), 4), 8);
        assert(await executor.run(at('getPid')) !== new Gio.Credentials().get_unix_pid());
    },

    async 'The name of a module may be relative to the program'() {
        assertEqual(await executor.run('functions.js#twice', 1), 2);
        assertEqual(await executor.run('./functions.js#twice', 2), 4);
        const path = Gio.File.new_for_uri(FUNCTIONS).get_path();
        assertEqual(await executor.run(`${path}#twice`, 3), 6);
        assertEqual(await executor.run(`${Cfut.resolve(import.meta.url, 'functions.js')}#twice`, 4), 8);
    },

    async 'A function that needs nothing around it is sent itself'() {
        assertEqual(await executor.run((a, b) => a * b, 6, 7), 42);
        assertEqual(await executor.submit(function (a) {
            return a + 1;
        }, 1), 2);
        const {add} = {
            add(a, b) {
                return a + b;
            },
        };
        assertEqual(await executor.run(add, 1, 2), 3);
        assertEqual(await executor.run(async n => {
            await new Promise(resolve => setTimeout(resolve, 1));
            return n;
        }, 5), 5);
        assertEqual(await executor.run(() => GLib.MAXINT8 + Gio.IOErrorEnum.NOT_FOUND), 128);
        assert(await caught(() => executor.run(print)) instanceof TypeError);
    },

    async 'Arguments and results are values of JavaScript'() {
        assertJSON(await executor.run(at('echo'), 1, 'ü', null, [true, {a: []}]), [1, 'ü', null, [true, {a: []}]]);
        assertEqual(await executor.run(at('same')), undefined);
        assertEqual(await executor.run(at('same'), NaN), NaN);
        assertEqual((await executor.run(at('same'), new Map([[1, 2]]))).get(1), 2);
    },

    async 'Bytes go there and back, also inside objects'() {
        assertEqual(await executor.run(at('sum'), new Uint8Array(1000).fill(2)), 2000);
        const {name, bytes} = await executor.run(at('makeBytes'), 1 << 20);
        assertEqual(name, 'made');
        assert(bytes instanceof Uint8Array);
        assertEqual(bytes.length, 1 << 20);
        assertEqual(bytes[bytes.length - 1], 7);
        const {inside: [floats]} = await executor.submit(at('same'), {inside: [new Float64Array([1.5])]});
        assertEqual(floats[0], 1.5);
    },

    async 'Asynchronous functions are awaited'() {
        assertEqual(await executor.submit(at('later'), 5, 'late'), 'late');
    },

    async 'A thrown error has its class, message and both stacks'() {
        const error = await caught(() => executor.run(at('fail'), 'too far'));
        assert(error instanceof RangeError);
        assertEqual(error.message, 'too far');
        const [remote, local] = error.stack.split('--- called from ---');
        assert(remote.includes('fail@') && remote.includes('functions.js'), remote);
        assert(local.includes('test-workers.js'), local);
        assert(!error.stack.includes('worker.js') && !error.stack.includes('/overrides/'), error.stack);
        assert(error.matches(Cfut.Error, Cfut.Error.REMOTE));
        assert(!error.matches(Cfut.Error, Cfut.Error.BROKEN));

        const future = await caught(() => executor.submit(at('fail'), 'as a future'));
        assertEqual(future.message, 'as a future');
        assert(future.stack.includes('test-workers.js'), future.stack);
    },

    async 'An error of a class of its own has its name, properties and cause'() {
        const error = await caught(() => executor.run(at('failLater'), 'odd'));
        assertEqual(error.name, 'OddError');
        assertEqual(error.message, 'odd');
        assertJSON(error.detail, [1, 2]);
        assert(error.cause instanceof TypeError);
        assert(`${error}`.startsWith('OddError: odd'));
    },

    async 'Anything that is thrown comes back'() {
        assertEqual(await caught(() => executor.run(at('failWith'), 'a string')), 'a string');
        assertEqual(await caught(() => executor.run(at('failWith'), null)), null);
        assertJSON(await caught(() => executor.run(at('failWith'), {code: 1})), {code: 1});
    },

    async 'A GLib.Error comes back as that'() {
        const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND,
            () => executor.run(at('failNative')));
        assertEqual(error.message, 'No such thing');
        assert(error.stack.includes('test-workers.js'), error.stack);
    },

    async 'What a future failed with is there for C as well'() {
        const future = executor.submit(at('fail'), 'far');
        await caught(() => future);
        assert(future.dup_error().matches(Cfut.Error, Cfut.Error.REMOTE));
        assertEqual(future.dup_remote_name(), 'RangeError');
        assert(future.dup_remote_traceback().includes('functions.js'));
    },

    async 'A function that is not there is an error'() {
        assert((await caught(() => executor.run(at('nothing')))).message.includes('nothing'));
        assert(await caught(() => executor.run(at('notAFunction'))) instanceof TypeError);
        await caught(() => executor.run('no-such-module.js#name'));
        // The engine would abort.
        for (const module of ['https://example.org/tasks.js', 'data:text/javascript,1', 'gi://GLib'])
            assert(await caught(() => executor.run(`${module}#name`)) instanceof TypeError, module);
        assertEqual(executor.get_stats().get_n_deaths(), 0);
        const error = await assertFails(Cfut.Error, Cfut.Error.UNKNOWN_FUNCTION, () => executor.run('pi', 1));
        assert(error.message.includes('module.js#pi'), error.message);
        assertEqual(await executor.run(at('twice'), 1), 2);
    },

    async 'What cannot be sent is an error, there and back'() {
        assert(await caught(() => executor.run(at('same'), () => 1)) instanceof TypeError);
        let error = null;
        try {
            executor.submit(at('same'), () => 1);
        } catch (thrown) {
            error = thrown;
        }
        assert(error instanceof TypeError);
        assert(await caught(() => executor.run(at('returnFunction'))) instanceof TypeError);
    },

    async 'A call ends when its time is over'() {
        const error = await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT,
            () => executor.with({timeout: 0.05}).run(at('waitForCancel')));
        assert(error.stack.includes('test-workers.js'), error.stack);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT,
            () => executor.with({deadline: 0.05}).submit(at('pollForCancel')));
    },

    async 'A call that does not stop is killed'() {
        const quick = new Cfut.ProcessExecutor({maxWorkers: 1, grace: 10000});
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT,
            () => quick.with({timeout: 0.05}).run(at('spin')));
        assertEqual(await quick.run(at('twice'), 1), 2);
        await quick.shutdown();
    },

    async 'A running call is cancelled by its future'() {
        const future = executor.submit(at('waitForCancel'));
        await until(() => future.progress === 0.5);
        assertEqual(future.dup_progress_message(), 'Waiting');
        assert(future.cancel());
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
    },

    async 'A call is cancelled by a cancellable'() {
        const cancellable = new Gio.Cancellable();
        const waiting = executor.with({signal: cancellable}).run(at('pollForCancel'));
        const also = executor.run(at('waitForCancel'), cancellable);
        setTimeout(() => cancellable.cancel(), 20);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => waiting);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => also);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED,
            () => executor.with({signal: cancellable}).run(at('twice'), 1));
    },

    async 'A call is cancelled by what is like the signal of an AbortController'() {
        const signal = new AbortLike();
        const waiting = executor.with({signal}).run(at('waitForCancel'));
        const future = executor.with({signal}).submit(at('waitForCancel'));
        assertEqual(signal.listeners.size, 2);
        setTimeout(() => signal.abort(), 20);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => waiting);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
        await until(() => signal.listeners.size === 0);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED,
            () => executor.with({signal}).run(at('twice'), 1));
    },

    async 'Progress is told'() {
        const seen = [];
        const cancellable = new Gio.Cancellable();
        const options = {
            signal: cancellable,
            onProgress(fraction, message) {
                seen.push([fraction, message]);
                cancellable.cancel();
            },
        };
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED,
            () => executor.with(options).run(at('waitForCancel')));
        assertJSON(seen, [[0.5, 'Waiting']]);
    },

    async 'An option that there is not is an error'() {
        assert(await caught(() => executor.with({timeOut: 5}).run(at('twice'), 1)) instanceof TypeError);
        assert(await caught(() => executor.with({timeout: '5'}).run(at('twice'), 1)) instanceof TypeError);
        assert(await caught(() => executor.with({signal: {}}).run(at('twice'), 1)) instanceof TypeError);
        // At once, not when the first call is made
        for (const options of [{timeOut: 5}, {timeout: '5'}, {signal: {}}, {priority: 'high'}, {priority: 1.5},
            {retries: -1}, {retries: 'all'}, {onProgress: 1}]) {
            assert(await caught(() => executor.with(options)) instanceof TypeError);
            assert(await caught(() => executor.with({}).with(options)) instanceof TypeError);
        }
        for (const options of [null, undefined, 5])
            assert(await caught(() => executor.with(options)) instanceof TypeError);
        assertEqual(await executor.with({timeout: null, retries: Infinity, signal: null}).run(at('twice'), 1), 2);
        const boxed = executor.with(new Cfut.SubmitOptions({}));
        assertEqual(await boxed.run(at('twice'), 1), 2);
        assert(await caught(() => boxed.with({timeout: 5})) instanceof TypeError);
    },

    async 'What is no function is an error that says so'() {
        for (const fn of [undefined, null, 5, {}]) {
            const error = await caught(() => executor.run(fn));
            assert(error instanceof TypeError && error.message.includes(String(fn)), error.message);
            assert(await caught(() => executor.submit(fn)) instanceof TypeError);
        }
    },

    async 'A number that an executor cannot have is an error'() {
        for (const properties of [{maxWorkers: -1}, {max_workers: 2.5}, {'max-workers': NaN}, {maxPending: 1e12},
            {maxPendingBytes: '1'}, {grace: 0.5}]) {
            const error = await caught(() => new Cfut.ProcessExecutor(properties));
            assert(error instanceof RangeError, `${error}`);
            assert(error.message.startsWith(Object.keys(properties)[0]), error.message);
        }
        assert(await caught(() => new Cfut.ThreadExecutor({maxWorkers: -1})) instanceof RangeError);
        assertEqual(new Cfut.ThreadExecutor({maxWorkers: 3}).maxWorkers, 3);
    },

    async 'A dead worker costs its call and no other'() {
        const calls = [1, 2, 3].map(n => executor.run(at('later'), 20, n));
        const error = await assertFails(Cfut.Error, Cfut.Error.WORKER_DIED, () => executor.run(at('die')));
        assert(error.message.includes('3'), error.message);
        assertJSON(await Promise.all(calls), [1, 2, 3]);
    },

    async 'Each worker is initialised'() {
        const greeter = new Cfut.ProcessExecutor({maxWorkers: 2});
        greeter.set_initializer(at('setGreeting'), 'hello');
        assertEqual(await greeter.run(at('getGreeting')), 'hello');
        await greeter.shutdown();
    },

    async 'An initializer that fails breaks the executor'() {
        const greeter = new Cfut.ProcessExecutor({maxWorkers: 1});
        greeter.set_initializer(at('failToStart'));
        const error = await assertFails(Cfut.Error, Cfut.Error.BROKEN, () => greeter.run(at('getGreeting')));
        assert(error.message.includes('Not today'), error.message);
        assertEqual(error.cause.message, 'Not today');
        await greeter.shutdown();
    },

    async 'Workers have the environment that is set up'() {
        const setup = new Cfut.WorkerSetup();
        setup.set_environment('CFUT_TEST_VARIABLE', 'set');
        const other = new Cfut.ProcessExecutor({maxWorkers: 1, workerSetup: setup});
        assertEqual(await other.run(at('getVariable'), 'CFUT_TEST_VARIABLE'), 'set');
        await other.shutdown();
    },

    async 'More calls than the queue holds wait for room'() {
        const small = new Cfut.ProcessExecutor({maxWorkers: 1, maxPending: 2});
        const numbers = Array.from({length: 50}, (_, n) => n);
        assertJSON(await Promise.all(numbers.map(n => small.run(at('twice'), n))), numbers.map(n => 2 * n));
        const futures = numbers.map(n => small.submit(at('twice'), n));
        assertJSON(await Promise.all(futures), numbers.map(n => 2 * n));
        assertEqual((await caught(() => small.submit(at('fail'), 'far'))).message, 'far');
        await small.shutdown();
    },

    async 'A call that waits for room can be cancelled, and has progress'() {
        const small = new Cfut.ProcessExecutor({maxWorkers: 1, maxPending: 1});
        const futures = Array.from({length: 5}, () => small.submit(at('waitForCancel')));
        futures[4].cancel();
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => futures[4]);
        for (const future of futures.slice(0, 4)) {
            await until(() => future.progress === 0.5);
            assertEqual(future.state, Cfut.FutureState.RUNNING);
            future.cancel();
            await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => future);
        }
        await small.shutdown();
    },

    async 'An executor that is to fail when it is full does'() {
        const small = new Cfut.ProcessExecutor({maxWorkers: 1, maxPending: 1, overflow: Cfut.Overflow.FAIL});
        const calls = Array.from({length: 20}, () => small.run(at('later'), 20));
        const outcomes = await Promise.allSettled(calls);
        const refused = outcomes.filter(({reason}) => reason?.matches(Cfut.Error, Cfut.Error.QUEUE_FULL));
        assert(refused.length > 0);
        await small.shutdown();
    },

    async 'There are statistics'() {
        const {nWorkers, nFinished, nFailed, cpuShare} = executor.stats();
        assert(nWorkers > 0 && nWorkers <= 2);
        assert(nFinished > 10 && nFailed > 5);
        assertEqual(typeof cpuShare, 'number');
    },

    async 'Destroying ends what runs'() {
        const doomed = new Cfut.ProcessExecutor({maxWorkers: 1});
        const running = caught(() => doomed.run(at('spin')));
        const waiting = caught(() => doomed.run(at('twice'), 1));
        await until(() => doomed.nRunning > 0);
        await doomed.destroy();
        assert(await running instanceof GLib.Error);
        assert((await waiting).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
        await assertFails(Cfut.Error, Cfut.Error.SHUTDOWN, () => doomed.run(at('twice'), 1));
    },

    async 'Shutting down waits for what was submitted'() {
        const call = executor.run(at('later'), 20, 'last');
        await executor.shutdown();
        assertEqual(await call, 'last');
    },
});
