// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a function sees of its call while it runs in a worker.

var {extendCall} = (() => {

const {Cfut, Gio} = imports.gi;
const {whenCancelled} = imports.overrides.cfut.options;

// Of the call that runs: there is one at a time.
let current = null;
let cancellable = null;
let release = null;

function setCurrent(call) {
    release?.();
    release = null;
    cancellable = null;
    current = call;
}

function extendCall() {
    const {prototype} = Cfut.Call;
    const {get_cancellable} = prototype;

    Object.defineProperty(Cfut, 'currentCall', {get: () => current, set: setCurrent});

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

return {extendCall};
})();
