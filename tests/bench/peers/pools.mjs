// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/*
 * Node's pools: node pools.mjs PEER MEASURE WORKERS SIZE
 *
 * The measures are those of the programs in C, and print the same. The packages
 * lie in the directory that CFUT_BENCH_MODULES names.
 */

import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';

const require = createRequire(`${process.env.CFUT_BENCH_MODULES}/`);
const WORKER = fileURLToPath(new URL('pool-worker.cjs', import.meta.url));
const MIB = 1024 * 1024;

/* Each gives call(name, argument) and close(). */
const pools = {
    piscina(workers) {
        const {Piscina} = require('piscina');
        const pool = new Piscina({filename: WORKER, minThreads: workers, maxThreads: workers});
        return {
            call: (name, argument) => pool.run(argument, {name}),
            close: () => pool.destroy(),
        };
    },
    workerpool: workers => openWorkerpool(workers, 'process'),
    'workerpool-threads': workers => openWorkerpool(workers, 'thread'),
    'jest-worker': workers => openJest(workers, false),
    'jest-worker-threads': workers => openJest(workers, true),
};

/* Its workers register what they have; the environment tells them to. */
function openWorkerpool(workers, workerType) {
    process.env.CFUT_BENCH_PEER = 'workerpool';
    const pool = require('workerpool').pool(WORKER, {minWorkers: workers, maxWorkers: workers, workerType});
    return {
        call: (name, argument) => pool.exec(name, [argument]),
        close: () => pool.terminate(),
    };
}

function openJest(workers, enableWorkerThreads) {
    const {Worker} = require('jest-worker');
    const pool = new Worker(WORKER, {
        numWorkers: workers,
        enableWorkerThreads,
        exposedMethods: ['empty', 'increment', 'echo'],
    });
    return {
        call: (name, argument) => pool[name](argument),
        close: () => pool.end(),
    };
}

const now = () => Number(process.hrtime.bigint());

const show = (name, value) => console.log(`${name} ${value}`);

async function warmUp(pool) {
    await Promise.all(Array.from({length: 20}, (_, i) => pool.call('increment', i)));
}

async function allAtOnce(pool, size, name) {
    await warmUp(pool);
    const begin = now();
    const promises = [];
    for (let i = 0; i < size; i++)
        promises.push(pool.call(name, i));
    await Promise.all(promises);
    show('calls_per_s', size * 1e9 / (now() - begin));
}

const measures = {
    burst: (pool, size) => allAtOnce(pool, size, 'empty'),
    'burst-increment': (pool, size) => allAtOnce(pool, size, 'increment'),

    async dense(pool, size) {
        await warmUp(pool);
        const samples = [];
        for (let i = 0; i < size; i++) {
            const begin = now();
            await pool.call('increment', i);
            samples.push((now() - begin) / 1e3);
        }
        samples.sort((a, b) => a - b);
        show('median_us', samples[size >> 1]);
        show('p99_us', samples[size - 1 - Math.floor(size / 100)]);
    },

    async payload(pool, size) {
        const count = Math.max(4, Math.min(Math.floor(64 * MIB / size), 2000));
        const onTheirWay = Math.min(count, Math.max(2, Math.min(64, Math.floor(64 * MIB / size))));
        const data = Buffer.alloc(size, 'x');
        await warmUp(pool);
        await Promise.all(Array.from({length: onTheirWay}, () => pool.call('echo', data)));
        const begin = now();
        let left = count;
        await Promise.all(Array.from({length: onTheirWay}, async () => {
            while (left-- > 0)
                await pool.call('echo', data);
        }));
        show('gb_per_s', size * count / (now() - begin));
    },
};

const [peer, measure, workers, size] = process.argv.slice(2);
const pool = pools[peer](Number(workers));
await measures[measure](pool, Number(size));
await pool.close();
process.exit(0);
