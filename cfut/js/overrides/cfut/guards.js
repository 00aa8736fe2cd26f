// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What would crash the program, for faults of GJS 1.74 and newer, if it reached C.

var {guard} = (() => {

const {Cfut, GLib} = imports.gi;
const {encode, isNative} = imports.overrides.cfut.codec;
const {newBytes} = imports.overrides.cfut.variants;

// If an argument is not taken, GJS frees the array that would have been returned,
// which there is none of.
const RETURN_ARRAYS = {
    CompletionQueue: {drain: [isUint], drain_data: [isUint], take_data: [isTag, isInt]},
    Future: {get_short_data: [isInt]},
    Worker: {exchange_data: [isBytes]},
};

// The engine frees what it made or was given, whatever the program has freed.
const BOXED = ['Buffer', 'Completion', 'MapOptions', 'Stats', 'SubmitOptions', 'WorkerSetup'];

function isUint(value) {
    return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function isInt(value) {
    return Number.isSafeInteger(value);
}

function isTag(value) {
    return isInt(value) && value >= 0;
}

function isBytes(value) {
    return value instanceof Uint8Array;
}

function checkArguments(prototype, name, checks) {
    const method = prototype[name];
    prototype[name] = function (...args) {
        for (let i = 0; i < checks.length; i++) {
            if (!checks[i](args[i]))
                throw new TypeError(`${name}() does not take ${String(args[i])}`);
        }
        return method.apply(this, args);
    };
}

// GJS puts a bare pointer to an object of JavaScript into a GValue, and nothing
// keeps the object. So the value is what it would be from another process.
function keepValues(prototype) {
    const {resolve_value} = prototype;
    prototype.resolve_value = function (value) {
        const isObject = typeof value === 'object' && value !== null || typeof value === 'function';
        if (!isObject || isNative(value))
            return resolve_value.call(this, value);
        return this.resolve_variant(newBytes(new GLib.Bytes(encode(value))));
    };
}

function guard() {
    for (const [type, methods] of Object.entries(RETURN_ARRAYS)) {
        for (const [name, checks] of Object.entries(methods))
            checkArguments(Cfut[type].prototype, name, checks);
    }
    for (const type of BOXED) {
        for (const name of ['free', 'ref', 'unref'].filter(name_ => name_ in Cfut[type].prototype))
            Cfut[type].prototype[name] = name === 'ref' ? function () { return this; } : () => {};
    }
    keepValues(Cfut.Promise.prototype);
}

return {guard};
})();
