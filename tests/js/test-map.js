// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// `for await` over maps.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';

import {assert, assertEqual, assertFails, assertJSON, caught, relative, run, until} from './tap.js';

const FUNCTIONS = relative(import.meta.url, './functions.js');

const executor = new Cfut.ProcessExecutor({maxWorkers: 2});

function at(name) {
    return `${FUNCTIONS}#${name}`;
}

function numbers(n) {
    return Array.from({length: n}, (_, index) => index);
}

async function collect(iterable) {
    const found = [];
    for await (const value of iterable)
        found.push(value);
    return found;
}

run({
    async 'A map yields results in the order of the items'() {
        const found = await collect(executor.map(at('twice'), numbers(1000)));
        assertJSON(found, numbers(1000).map(n => 2 * n));
        assertJSON(await collect(executor.map(n => n + 1, [1, 2])), [2, 3]);
        assertJSON(await collect(executor.map(at('twice'), [])), []);
    },

    async 'Or as they complete'() {
        const delays = [60, 0];
        const found = await collect(executor.map(async ms => {
            await new Promise(resolve => setTimeout(resolve, ms));
            return ms;
        }, delays, {ordered: false}));
        assertEqual(found.length, 2);
        const many = await collect(executor.map(at('twice'), numbers(500), {ordered: false}));
        assertJSON(many.sort((a, b) => a - b), numbers(500).map(n => 2 * n));
    },

    async 'Items come from anything that can be gone over'() {
        function* generate() {
            yield 1;
            yield 2;
        }
        async function* generateLater() {
            yield 3;
            await new Promise(resolve => setTimeout(resolve, 2));
            yield 4;
        }
        assertJSON(await collect(executor.map(at('twice'), generate())), [2, 4]);
        assertJSON(await collect(executor.map(at('twice'), generateLater())), [6, 8]);
        assertJSON(await collect(executor.map(at('twice'), new Set([5]))), [10]);
    },

    async 'No more is read ahead than the buffer holds'() {
        let nRead = 0;
        function* endless() {
            while (true)
                yield nRead++;
        }
        let n = 0;
        for await (const value of executor.map(at('twice'), endless(), {bufferSize: 3})) {
            assertEqual(value, 2 * n++);
            assert(nRead <= n + 3, `${nRead} were read for ${n}`);
            if (n === 20)
                break;
        }
        assert(nRead <= 23);
    },

    async 'Nothing is read before somebody asks'() {
        let nRead = 0;
        const map = executor.map(at('twice'), (function* () {
            nRead++;
            yield 1;
        })());
        await new Promise(resolve => setTimeout(resolve, 2));
        assertEqual(nRead, 0);
        assertEqual((await map.next()).value, 2);
        assertEqual((await map.next()).done, true);
        assertEqual((await map.next()).done, true);
    },

    async 'A loop that is left early cancels the rest, and closes the input'() {
        let closed = false;
        function* input() {
            try {
                yield 'twice';
                while (true)
                    yield 'spin';
            } finally {
                closed = true;
            }
        }
        const other = new Cfut.ProcessExecutor({maxWorkers: 2, grace: 10000});
        for await (const value of other.map(name => {
            while (name === 'spin');
            return name;
        }, input())) {
            assertEqual(value, 'twice');
            break;
        }
        assert(closed);
        await other.shutdown();
    },

    async 'A map goes on after an item that failed'() {
        const map = executor.map(n => {
            if (n === 1)
                throw new RangeError('one');
            return n;
        }, numbers(3));
        assertEqual((await map.next()).value, 0);
        const error = await caught(() => map.next());
        assert(error instanceof RangeError);
        assert(error.stack.includes('test-map.js'), error.stack);
        assertEqual((await map.next()).value, 2);
        assertEqual((await map.next()).done, true);

        const failing = await caught(() => collect(executor.map(at('fail'), ['far'])));
        assertEqual(failing.message, 'far');
    },

    async 'An input that fails ends the map with its error'() {
        const map = executor.map(at('twice'), (function* () {
            yield 1;
            throw new RangeError('input');
        })());
        assertEqual((await map.next()).value, 2);
        assert(await caught(() => map.next()) instanceof RangeError);
        assertEqual((await map.next()).done, true);
    },

    async 'A map ends when its time is over'() {
        const map = executor.map(at('later'), [1], {timeout: 0.05});
        const slow = executor.map(at('waitForCancel'), [1, 2, 3], {timeout: 0.05});
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, () => collect(slow));
        assertEqual((await slow.next()).done, true);
        await caught(() => collect(map));
    },

    async 'Each call may have a time of its own'() {
        const error = await caught(() => collect(executor.map(at('waitForCancel'), [1], {callTimeout: 0.05})));
        assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT));
    },

    async 'A map is cancelled by a cancellable'() {
        const signal = new Gio.Cancellable();
        const map = executor.map(at('waitForCancel'), numbers(5), {signal});
        setTimeout(() => signal.cancel(), 20);
        await assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => collect(map));
        assertEqual((await map.next()).done, true);
        await until(() => executor.nRunning === 0);
    },

    async 'Progress is the share that is done'() {
        const seen = [];
        await collect(executor.map(at('twice'), numbers(4), {onProgress: (fraction, n) => seen.push([fraction, n])}));
        assertJSON(seen, [[0.25, 1], [0.5, 2], [0.75, 3], [1, 4]]);
    },

    async 'An option that there is not is an error'() {
        assert(await caught(() => executor.map(at('twice'), [], {buffersize: 1})) instanceof TypeError);
    },

    async 'A buffer for no item is an error, and no wait for ever'() {
        for (const bufferSize of [0, -1, 1.5, NaN, '4'])
            assert(await caught(() => executor.map(at('twice'), [1], {bufferSize})) instanceof RangeError);
        assert(await caught(() => executor.map(at('twice'), [1], {onProgress: 1})) instanceof TypeError);
        assert(await caught(() => executor.map(at('twice'), [1], null)) instanceof TypeError);
        assertJSON(await collect(executor.map(at('twice'), [1], {bufferSize: null, timeout: null})), [2]);
    },

    async 'What cannot be gone over is an error that says so'() {
        for (const items of [undefined, null, 5, {}]) {
            const error = await caught(() => executor.map(at('twice'), items));
            assert(error instanceof TypeError && error.message.includes(String(items)), error.message);
        }
    },

    async 'The executor is shut down'() {
        await executor.shutdown();
        await assertFails(Cfut.Error, Cfut.Error.SHUTDOWN, () => collect(executor.map(at('twice'), [1])));
    },
});
