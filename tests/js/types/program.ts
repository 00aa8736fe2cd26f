// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program whose types must be right. It is not run.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';

const executor = new Cfut.ProcessExecutor({maxWorkers: 4, overflow: Cfut.Overflow.FAIL});

export async function main(bar: GObject.Object): Promise<number> {
    const product: number = await executor.run((a: number, b: number) => a * b, 6, 7);
    const text: string = await executor.submit(async (n: number) => `${n}`, 1);
    const count: number = await executor.run<number>('tasks.js#countPrimes', 1000);
    const unknown: unknown = await executor.run('tasks.js#countPrimes', 1000);

    const future: Cfut.Future<Uint8Array> = executor
        .with({timeout: 5, signal: new Gio.Cancellable(), onProgress: (fraction, message) => print(fraction, message)})
        .submit<Uint8Array>('tasks.js#render', {width: 1});
    future.bind_property('progress', bar, 'fraction', 0);
    const bytes: Uint8Array = await future;
    const [first, second]: [number, string] = await Promise.all([
        executor.run(() => 1), executor.submit(() => 'two')]);

    for await (const value of executor.map((n: number) => n + 1, [1, 2], {bufferSize: 8, timeout: 30}))
        print(value + 1);
    for await (const done of Cfut.asCompleted([future], {timeout: 1}))
        print(done.state === Cfut.FutureState.DONE, (await done.finally()).length);

    try {
        await executor.submit('pi', new GLib.Variant('(x)', [1]));
    } catch (error) {
        if (error instanceof Cfut.Error && error.matches(Cfut.Error, Cfut.Error.WORKER_DIED))
            print(error.message);
    }

    const pixels: Uint8Array = Cfut.Buffer.new(65536).toUint8Array();
    await executor.run((array: Uint8Array) => array.length, pixels.subarray(1));

    // @ts-expect-error a function of numbers
    executor.run((n: number) => n, 'text');
    // @ts-expect-error there is no such option
    executor.with({timeOut: 5});
    // @ts-expect-error nor such a property
    new Cfut.ProcessExecutor({workers: 4});

    print(executor.stats().nDeaths, unknown, text, first, second, bytes.length);
    await executor.shutdown({cancel: true});
    return product + count;
}

declare function print(...args: unknown[]): void;
