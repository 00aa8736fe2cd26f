// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a function sees of its call while it runs in a worker.

var {extendCall, setWorker, endCall} = (() => {

const {Cfut, Gio} = imports.gi;
const {whenCancelled} = imports.overrides.cfut.options;

let worker = null;
// Of the call that runs: there is one at a time.
let cancellable = null;
let release = null;

function setWorker(theWorker) {
    worker = theWorker;
}

function endCall() {
    release?.();
    release = null;
    cancellable = null;
}

function extendCall() {
    const {prototype} = Cfut.Call;
    const {get_cancellable} = prototype;

    // The call that runs, if this is a worker.
    Object.defineProperty(Cfut, 'currentCall', {get: () => worker?.get_call() ?? null});

    // The cancellable of a call is triggered by another thread, where handlers in
    // JavaScript must not run. This one is triggered in the main context.
    prototype.get_cancellable = function () {
        if (cancellable === null) {
            const triggered = cancellable = new Gio.Cancellable();
            release = whenCancelled(get_cancellable.call(this), () => triggered.cancel());
        }
        if (this.is_cancelled())
            cancellable.cancel();
        return cancellable;
    };

    prototype.setProgress = function (fraction, message = null) {
        this.set_progress(fraction, message);
    };

    prototype.throwIfCancelled = function () {
        if (this.is_cancelled())
            throw new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'Call was cancelled'});
    };
}

return {extendCall, setWorker, endCall};
})();
