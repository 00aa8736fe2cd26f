// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Options of calls: times are in seconds.

var {toMicroseconds, toSubmitOptions, checkSubmitOptions, whenCancelled, checkKeys} = (() => {

const {Cfut, Gio, GLib} = imports.gi;

const KEYS = ['timeout', 'deadline', 'priority', 'retries', 'name', 'signal', 'onProgress'];
const LONGEST_S = 2 ** 53 / 1e6;

function checkKeys(options, keys) {
    for (const key of Object.keys(options)) {
        if (!keys.includes(key))
            throw new TypeError(`There is no option ${key}; there are: ${keys.join(', ')}`);
    }
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
    if (signal !== undefined && signal !== null && !(signal instanceof Gio.Cancellable) &&
        typeof signal.addEventListener !== 'function')
        throw new TypeError('A signal is a Gio.Cancellable, or has `aborted` and `addEventListener()`');
}

function resolveSignal(signal) {
    checkSignal(signal);
    if (signal === undefined || signal === null)
        return {};
    return signal instanceof Gio.Cancellable ? {cancellable: signal} : watchSignal(signal);
}

// Throws what toSubmitOptions() would, without watching a signal.
function checkSubmitOptions(options) {
    if (options instanceof Cfut.SubmitOptions)
        return;
    const {signal, ...rest} = options;
    toSubmitOptions(rest);
    checkSignal(signal);
}

// Returns the Cfut.SubmitOptions of options, with how to release what they
// watch, if anything.
function toSubmitOptions(options) {
    if (options instanceof Cfut.SubmitOptions)
        return {submitOptions: options};

    checkKeys(options, KEYS);
    const {timeout, deadline, priority, retries, name, signal} = options;
    const submitOptions = new Cfut.SubmitOptions();
    const {cancellable, release} = resolveSignal(signal);

    if (timeout !== undefined)
        submitOptions.set_timeout(toMicroseconds(timeout));
    if (deadline !== undefined)
        submitOptions.set_deadline(toMicroseconds(deadline));
    if (priority !== undefined)
        submitOptions.set_priority(priority);
    if (retries !== undefined)
        submitOptions.set_retries(Math.min(retries, Cfut.RETRY_FOREVER));
    if (name !== undefined)
        submitOptions.set_name(name);
    if (cancellable !== undefined)
        submitOptions.set_cancellable(cancellable);
    return {submitOptions, release};
}

return {toMicroseconds, toSubmitOptions, checkSubmitOptions, whenCancelled, checkKeys};
})();
