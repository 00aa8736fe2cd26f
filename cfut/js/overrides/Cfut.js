// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// cfut in JavaScript: this is loaded with the namespace, by `import Cfut from
// 'gi://Cfut?version=1'` and `imports.gi.Cfut` alike.

const {Gio} = imports.gi;

const ASYNC = {
    CompletedIterator: ['next'],
    Executor: ['call', 'describe', 'shutdown', 'submit'],
    Future: ['result', 'wait'],
    Map: ['collect', 'next', 'next_chunk'],
    ProcessExecutor: ['prestart'],
};

function _promisify(Cfut) {
    for (const [type, names] of Object.entries(ASYNC)) {
        for (const name of names)
            Gio._promisify(Cfut[type].prototype, `${name}_async`, `${name}_finish`);
    }
}

function _extendFuture(prototype) {
    const {settled} = imports.overrides.cfut.submit;

    prototype.then = function (fulfilled, rejected) {
        return settled(this).then(fulfilled, rejected);
    };
    prototype.catch = function (rejected) {
        return settled(this).catch(rejected);
    };
    prototype.finally = function (callback) {
        return settled(this).finally(callback);
    };
}

// Makes `for await` go over what C has to iterate.
function _extendIterators(Cfut) {
    const {toValues} = imports.overrides.cfut.variants;

    function nextChunk(map) {
        return new Promise((resolve, reject) => {
            map.next_chunk_async(null, (source, asyncResult) => {
                try {
                    resolve(map.next_chunk_finish(asyncResult));
                } catch (error) {
                    reject(error);
                }
            });
        });
    }

    Cfut.Map.prototype[Symbol.asyncIterator] = function () {
        const map = this;
        let results = [];   // of the chunk that is being yielded, the last one first
        return {
            async next() {
                if (results.length === 0) {
                    const [found, , chunk] = await nextChunk(map);
                    if (!found)
                        return {value: undefined, done: true};
                    results = toValues(chunk).reverse();
                }
                return {value: results.pop(), done: false};
            },
            return(value) {
                map.close();
                return Promise.resolve({value, done: true});
            },
        };
    };
}

function _init() {
    const Cfut = this;
    const {buffers, executors, futures, guards, iterate, worker} = imports.overrides.cfut;

    _promisify(Cfut);
    guards.guard();
    buffers.extendBuffer();
    _extendFuture(Cfut.Future.prototype);
    _extendIterators(Cfut);
    futures.adaptFunctions();
    executors.extendExecutors();
    worker.extendCall();

    // Futures, and other promises, in the order in which they complete.
    Cfut.asCompleted = (futures, options) => new iterate.CompletedIterator(futures, options);

    // The URL of a module, relative to another: Cfut.resolve(import.meta.url, './tasks.js')
    Cfut.resolve = (base, path) => imports.gi.GLib.Uri.resolve_relative(base, path, 0);
}
