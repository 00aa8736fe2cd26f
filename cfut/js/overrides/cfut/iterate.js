// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What `for await` goes over: maps, and futures as they complete.
//
// None of this is a generator: these wait for what they yield, and a future is
// something to wait for.

var {MapIterator, CompletedIterator} = (() => {

const {Cfut, Gio, GLib} = imports.gi;
const {watch} = imports.overrides.cfut.completions;
const {CallFuture} = imports.overrides.cfut.futures;
const {checkFunction, checkKeys, isGiven, toMicroseconds, toSubmitOptions, whenCancelled} = imports.overrides.cfut.options;
const {start} = imports.overrides.cfut.submit;

const MAP_KEYS = ['bufferSize', 'timeout', 'ordered', 'signal', 'priority', 'retries', 'callTimeout', 'onProgress'];
const LARGEST_BUFFER = 512;

function ignore() {
}

function timedOut(message) {
    return new Gio.IOErrorEnum({code: Gio.IOErrorEnum.TIMED_OUT, message});
}

// Calls back after a time; returns a function that ends this.
function afterSeconds(seconds, callback) {
    const us = isGiven(seconds) ? toMicroseconds(seconds) : -1;
    if (us < 0)
        return ignore;

    const id = GLib.timeout_add(GLib.PRIORITY_DEFAULT, Math.min(Math.ceil(us / 1000), GLib.MAXINT32), () => {
        callback();
        return GLib.SOURCE_REMOVE;
    });
    const context = GLib.MainContext.default();
    return () => context.find_source_by_id(id)?.destroy();
}

// The part that both have in common: outcomes on the one side, those who ask for
// the next on the other.
class Outcomes {
    constructor() {
        this._ready = [];
        this._waiting = [];
        this._ended = false;
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    next() {
        return new Promise((resolve, reject) => {
            this._waiting.push({resolve, reject});
            this._deliver();
        });
    }

    // A loop that is left early comes here.
    return(value) {
        this._end();
        return Promise.resolve({value, done: true});
    }

    // To be defined: makes outcomes come, and whether any will.
    _advance() {
    }

    _hasMore() {
        return false;
    }

    _add(outcome) {
        if (this._ended)
            return;
        this._ready.push(outcome);
        this._deliver();
    }

    _deliver() {
        if (!this._ended)
            this._advance();
        while (this._waiting.length > 0 && this._ready.length > 0) {
            const outcome = this._ready.shift();
            const waiting = this._waiting.shift();
            if ('error' in outcome)
                waiting.reject(outcome.error);
            else
                waiting.resolve({value: outcome.value, done: false});
            if (!this._ended)
                this._advance();
        }
        if (this._waiting.length > 0 && !this._hasMore())
            this._end();
    }

    _end() {
        this._ended = true;
        this._ready = [];
        for (const {resolve} of this._waiting.splice(0))
            resolve({value: undefined, done: true});
    }

    // Ends all with an error, which comes before the end.
    _fail(error) {
        if (this._ended)
            return;
        const waiting = this._waiting.shift();
        this._end();
        if (waiting !== undefined)
            waiting.reject(error);
        else
            this._ready.push({error});
    }
}

// Futures, each when it is done.
class CompletedIterator extends Outcomes {
    constructor(futures, {timeout, ...rest} = {}) {
        super();
        checkKeys(rest, ['timeout']);

        const all = [...futures];
        this._left = all.length;
        this._stopTimer = afterSeconds(timeout, () => this._fail(timedOut(
            `${this._left} of ${all.length} futures did not complete in ${timeout} s`)));
        for (const future of all)
            this._watch(future);
    }

    _watch(future) {
        const settle = () => {
            if (--this._left === 0)
                this._stopTimer();
            this._add({value: future});
        };
        if (future instanceof Cfut.Future && !(future instanceof CallFuture))
            watch(future, {resolve: settle, reject: settle, future});
        else
            Promise.resolve(future).then(settle, settle);
    }

    _hasMore() {
        return !this._ended && this._left > 0;
    }

    _end() {
        this._stopTimer();
        super._end();
    }
}

// Reads items one after the other, from what may be asynchronous.
class Input {
    constructor(items) {
        if (typeof (items?.[Symbol.asyncIterator] ?? items?.[Symbol.iterator]) !== 'function')
            throw new TypeError(`What is mapped must be something to go over, not ${items}`);
        this._iterator = items[Symbol.asyncIterator]?.() ?? items[Symbol.iterator]();
        this.length = items.length ?? items.size ?? -1;
        this.isReading = false;
        this.isEnded = false;
    }

    // Returns {value} or {error}; null at the end, or if it will call back.
    read(callback) {
        try {
            const result = this._iterator.next();
            if (typeof result.then !== 'function')
                return this._take(result);

            this.isReading = true;
            result.then(result_ => this._take(result_), error => this._refuse(error)).then(item => {
                this.isReading = false;
                callback(item);
            });
            return null;
        } catch (error) {
            return this._refuse(error);
        }
    }

    close() {
        if (!this.isEnded)
            this._iterator.return?.();
        this.isEnded = true;
    }

    _take({value, done}) {
        this.isEnded = this.isEnded || done === true;
        return done ? null : {value};
    }

    _refuse(error) {
        this.isEnded = true;
        return {error};
    }
}

// At least one item must fit, or nothing would ever come.
function checkBufferSize(size) {
    if (isGiven(size) && !(Number.isInteger(size) && size > 0))
        throw new RangeError(`bufferSize is a whole number of at least 1, not ${size}`);
}

// Calls of one function with many items. It reads ahead only while somebody asks
// for the next outcome, and never more than the buffer holds.
class MapIterator extends Outcomes {
    constructor(executor, fn, items, options = {}) {
        super();
        checkKeys(options, MAP_KEYS);
        const {bufferSize, timeout, ordered = true, signal, priority, retries, callTimeout, onProgress} = options;
        checkBufferSize(bufferSize);
        checkFunction(onProgress, 'onProgress');

        this._executor = executor;
        this._fn = fn;
        this._input = new Input(items);
        this._ordered = ordered;
        this._bufferSize = bufferSize ?? 4 * executor.max_workers;
        this._mayGrow = !isGiven(bufferSize);
        this._onProgress = onProgress;
        this._slots = [];
        this._nRunning = 0;
        this._nDone = 0;
        this._origin = new Error();

        // One for all calls; that of the user ends the map, which triggers it.
        this._cancellable = new Gio.Cancellable();
        this._submitOptions = toSubmitOptions({
            priority, retries, timeout: callTimeout, signal: this._cancellable,
        }).submitOptions;
        this._watchEnd(timeout, signal);
    }

    _watchEnd(timeout, signal) {
        this._stopTimer = afterSeconds(timeout, () =>
            this._fail(timedOut(`The map did not end in ${timeout} s`)));
        this._release = ignore;
        if (isGiven(signal)) {
            const {submitOptions, release} = toSubmitOptions({signal});
            const stop = whenCancelled(submitOptions.get_cancellable(), () => this._fail(new Gio.IOErrorEnum({
                code: Gio.IOErrorEnum.CANCELLED, message: 'The map was cancelled',
            })));
            this._release = () => {
                stop();
                release?.();
            };
        }
    }

    _hasMore() {
        return !this._ended && (this._nRunning > 0 || this._input.isReading || !this._input.isEnded);
    }

    _advance() {
        while (this._waiting.length > 0 && !this._input.isEnded && !this._input.isReading &&
               this._slots.length + this._ready.length < this._bufferSize) {
            const item = this._input.read(item_ => {
                if (item_ !== null)
                    this._start(item_);
                this._deliver();
            });
            if (item !== null)
                this._start(item);
        }
    }

    _start(item) {
        const slot = {outcome: null};
        if (this._ended)
            return;
        this._slots.push(slot);
        this._nRunning++;
        const entry = {
            resolve: value => this._settle(slot, {value}),
            reject: error => this._settle(slot, {error}),
            origin: this._origin,
        };
        if ('error' in item) {
            entry.reject(item.error);
            return;
        }
        try {
            start(this._executor, this._submitOptions, this._fn, [item.value], entry);
        } catch (error) {
            entry.reject(error);
        }
    }

    _settle(slot, outcome) {
        slot.outcome = outcome;
        this._nRunning--;
        this._nDone++;
        if (this._ended)
            return;

        // All that was on its way came at once: calls are small, so send more.
        if (this._mayGrow && this._nRunning === 0)
            this._bufferSize = Math.min(2 * this._bufferSize, LARGEST_BUFFER);

        this._onProgress?.(this._input.length > 0 ? this._nDone / this._input.length : -1, this._nDone);
        if (!this._ordered) {
            this._slots.splice(this._slots.indexOf(slot), 1);
            this._add(outcome);
            return;
        }
        while (this._slots.length > 0 && this._slots[0].outcome !== null)
            this._ready.push(this._slots.shift().outcome);
        this._deliver();
    }

    _end() {
        const ended = this._ended;
        super._end();
        if (ended)
            return;
        this._stopTimer();
        this._release();
        this._input.close();
        this._slots = [];
        if (this._nRunning > 0)
            this._cancellable.cancel();
    }
}

return {MapIterator, CompletedIterator};
})();
