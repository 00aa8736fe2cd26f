// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The three ways of a call into an executor: with an entry (see completions.js),
// as a promise, and as a Cfut.Future.

var {getArguments, start, run, submit, settled} = (() => {

const {Cfut, Gio, GLib} = imports.gi;
const {push, watch, makeRoomForObjects} = imports.overrides.cfut.completions;
const {toSubmitOptions} = imports.overrides.cfut.options;
const {submitSoon} = imports.overrides.cfut.batches;
const {prepare, getData} = imports.overrides.cfut.calls;
const {CallFuture} = imports.overrides.cfut.futures;
const {newBytes} = imports.overrides.cfut.variants;

const promises = new WeakMap();

function waitsForRoom(executor) {
    return executor.overflow === Cfut.Overflow.BLOCK;
}

// Whether a call was refused that may wait for room. JavaScript has one thread,
// which never blocks for it.
function mayWait(executor, error) {
    return waitsForRoom(executor) && error instanceof GLib.Error &&
        error.matches(Cfut.Error, Cfut.Error.QUEUE_FULL);
}

function getArguments(call) {
    const data = getData(call);
    return data === undefined ? call.variant : newBytes(new GLib.Bytes(data));
}

// Submits a call as soon as there is room. Promises are of no use here: they
// would wait for the future, too.
function submitWithRoom(executor, call, options, done, failed) {
    executor.submit_async(call.name, getArguments(call), options, null, (source, result) => {
        let future;
        try {
            future = executor.submit_finish(result);
        } catch (error) {
            failed(error);
            return;
        }
        done(future);
    });
}

function pushOrWait(executor, call, options, entry) {
    try {
        push(executor, call, options, entry);
    } catch (error) {
        if (!mayWait(executor, error))
            throw error;
        submitWithRoom(executor, call, options, future => watch(future, entry), entry.reject);
    }
}

function always() {
    return true;
}

// Starts a call whose completion goes to the entry.
function start(executor, options, fn, args, entry) {
    makeRoomForObjects();
    const call = prepare(executor, fn, args);

    if (call instanceof Promise)
        call.then(ready => pushOrWait(executor, ready, options, entry)).catch(entry.reject);
    else
        submitSoon(executor, call, options, entry, pushOrWait, always);
}

function run(executor, options, fn, args) {
    if (options?.onProgress)
        return submit(executor, options, fn, args);

    return new Promise((resolve, reject) => {
        const {submitOptions = null, release} = options ? toSubmitOptions(options) : {};
        start(executor, submitOptions, fn, args, {resolve, reject, release, origin: new Error()});
    });
}

function toGError(error) {
    return error instanceof GLib.Error ? error
        : new Gio.IOErrorEnum({code: Gio.IOErrorEnum.INVALID_ARGUMENT, message: error.message});
}

// Lets what becomes of a future become of the promise.
function adopt(promise, future, inner) {
    inner.connect('notify', () => {
        if (inner.state !== Cfut.FutureState.PENDING)
            promise.start();
        if (inner.progress >= 0)
            promise.set_progress(inner.progress, inner.dup_progress_message());
    });
    inner.add_done_callback(() => {
        if (inner.state === Cfut.FutureState.DONE)
            promise.resolve_variant(inner.dup_result(0));
        else
            promise.reject(inner.dup_error());
    });
    future.add_done_callback(() => inner.cancel());
}

// A future for a call that cannot be submitted yet.
function defer(executor, call, options) {
    const promise = new Cfut.Promise();
    const future = promise.get_future();
    const fail = error => promise.reject(toGError(error));

    Promise.resolve(call).then(ready => {
        if (!future.is_done())
            submitWithRoom(executor, ready, options, inner => adopt(promise, future, inner), fail);
    }).catch(fail);
    return future;
}

// Whether calls of an executor can be pushed: those of others have futures.
function takesPushed(executor) {
    return executor instanceof Cfut.ProcessExecutor || executor instanceof Cfut.ThreadExecutor ||
        executor instanceof Cfut.InlineExecutor;
}

function submitObject(executor, call, options) {
    const data = getData(call);
    return data !== undefined
        ? executor.submit_data(call.name, data, options)
        : executor.submit_full(call.name, call.variant, options);
}

// Lets a future be that of a GObject.
function bind(future, object) {
    future.future = object;
    watch(object, future);
}

function submitOrDefer(executor, call, options, future) {
    try {
        if (takesPushed(executor))
            push(executor, call, options, future);
        else
            bind(future, submitObject(executor, call, options));
    } catch (error) {
        if (!mayWait(executor, error))
            throw error;
        bind(future, defer(executor, call, options));
    }
}

function watchProgress(object, onProgress) {
    const tell = () => onProgress(object.progress, object.dup_progress_message() ?? '');

    object.connect('notify::progress', tell);
    // The call runs already, and may have told its only progress.
    if (object.progress >= 0) {
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            tell();
            return GLib.SOURCE_REMOVE;
        });
    }
}

function submit(executor, options, fn, args) {
    makeRoomForObjects();
    const {submitOptions = null, release = null} = options ? toSubmitOptions(options) : {};
    const call = prepare(executor, fn, args);
    const name = submitOptions?.get_name() ?? (call.name ?? fn);
    const future = new CallFuture(executor, name, new Error(), release);

    if (call instanceof Promise)
        bind(future, defer(executor, call, submitOptions));
    else
        submitSoon(executor, call, submitOptions, future, submitOrDefer, waitsForRoom);
    if (options?.onProgress)
        watchProgress(future.object, options.onProgress);
    return future;
}

// What becomes of a future, as a promise.
function settled(future) {
    let promise = promises.get(future);
    if (promise === undefined) {
        promise = new Promise((resolve, reject) =>
            watch(future, {resolve, reject, future}));
        promises.set(future, promise);
    }
    return promise;
}

return {getArguments, start, run, submit, settled};
})();
