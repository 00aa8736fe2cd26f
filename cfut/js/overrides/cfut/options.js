// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Options of calls: times are in seconds.

var {toMicroseconds, toSubmitOptions, checkSubmitOptions, whenCancelled, checkKeys, checkFunction, isGiven} = (() => {

const {Cfut, Gio, GLib} = imports.gi;

const KEYS = ['timeout', 'deadline', 'priority', 'retries', 'name', 'signal', 'onProgress'];
const LONGEST_S = 2 ** 53 / 1e6;

function isGiven(value) {
    return value !== undefined && value !== null;
}

function checkKeys(options, keys) {
    if (typeof options !== 'object' || options === null)
        throw new TypeError(`Options are an object, not ${options}`);
    for (const key of Object.keys(options)) {
        if (!keys.includes(key))
            throw new TypeError(`There is no option ${key}; there are: ${keys.join(', ')}`);
    }
}

function checkFunction(value, name) {
    if (isGiven(value) && typeof value !== 'function')
        throw new TypeError(`${name} is a function, not ${value}`);
}

function toPriority(value) {
    if (!Number.isInteger(value))
        throw new TypeError(`A priority is a whole number, not ${value}`);
    return value;
}

function toRetries(value) {
    if (!(Number.isInteger(value) && value >= 0) && value !== Infinity)
        throw new TypeError(`Retries are a whole number, or Infinity, not ${value}`);
    return Math.min(value, Cfut.RETRY_FOREVER);
}

function toMicroseconds(seconds) {
    if (typeof seconds !== 'number' || Number.isNaN(seconds))
        throw new TypeError(`A time is a number of seconds, not ${seconds}`);
    return seconds < 0 || seconds > LONGEST_S ? -1 : Math.round(seconds * 1e6);
}

// Calls back, in this main context, when a GCancellable is cancelled by whatever
// thread: its own signal would come there. Returns a function that ends this.
function whenCancelled(cancellable, callback) {
    const promise = new Cfut.Promise();
    let wanted = true;
    promise.get_future().wait_async(cancellable, () => {
        if (wanted)
            callback();
    });
    return () => {
        wanted = false;
        promise.resolve_variant(GLib.Variant.new_tuple([]));
    };
}

// A cancellable for what is no GCancellable, but like the signal of an
// AbortController.
function watchSignal(signal) {
    const cancellable = new Gio.Cancellable();
    const abort = () => cancellable.cancel();

    if (signal.aborted)
        abort();
    else
        signal.addEventListener('abort', abort);
    return {cancellable, release: () => signal.removeEventListener?.('abort', abort)};
}

function checkSignal(signal) {
    if (isGiven(signal) && !(signal instanceof Gio.Cancellable) &&
        typeof signal.addEventListener !== 'function')
        throw new TypeError('A signal is a Gio.Cancellable, or has `aborted` and `addEventListener()`');
}

function resolveSignal(signal) {
    checkSignal(signal);
    if (!isGiven(signal))
        return {};
    return signal instanceof Gio.Cancellable ? {cancellable: signal} : watchSignal(signal);
}

// Returns the Cfut.SubmitOptions of options, without their signal.
function makeSubmitOptions(options) {
    checkKeys(options, KEYS);
    const {timeout, deadline, priority, retries, name, onProgress} = options;
    checkFunction(onProgress, 'onProgress');
    const submitOptions = new Cfut.SubmitOptions();

    if (isGiven(timeout))
        submitOptions.set_timeout(toMicroseconds(timeout));
    if (isGiven(deadline))
        submitOptions.set_deadline(toMicroseconds(deadline));
    if (isGiven(priority))
        submitOptions.set_priority(toPriority(priority));
    if (isGiven(retries))
        submitOptions.set_retries(toRetries(retries));
    if (isGiven(name))
        submitOptions.set_name(name);
    return submitOptions;
}

// Throws what toSubmitOptions() would, without watching a signal.
function checkSubmitOptions(options) {
    if (options instanceof Cfut.SubmitOptions)
        return;
    makeSubmitOptions(options);
    checkSignal(options.signal);
}

// Returns the Cfut.SubmitOptions of options, with how to release what they
// watch, if anything.
function toSubmitOptions(options) {
    if (options instanceof Cfut.SubmitOptions)
        return {submitOptions: options};

    const submitOptions = makeSubmitOptions(options);
    const {cancellable, release} = resolveSignal(options.signal);
    if (cancellable !== undefined)
        submitOptions.set_cancellable(cancellable);
    return {submitOptions, release};
}

return {toMicroseconds, toSubmitOptions, checkSubmitOptions, whenCancelled, checkKeys, checkFunction, isGiven};
})();
