// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a call failed with, as something to throw.

var {newFailure, newError} = (() => {

const {Cfut, Gio, GLib} = imports.gi;
const {decode, isEncoded} = imports.overrides.cfut.codec;

const CALLED_FROM = '--- called from ---\n';
// The program's own frames begin after those of these files.
const OWN_FRAME = /\/overrides\/(Cfut|cfut\/\w+)\.js:\d+:\d+$/;

// Domains whose errors have a class of their own, by name.
const CLASSES = new Map();

function classOf(domain) {
    if (CLASSES.size === 0) {
        for (const type of [Cfut.Error, Gio.IOErrorEnum, Gio.DBusError, Gio.ResolverError,
            Gio.TlsError, GLib.FileError, GLib.KeyFileError, GLib.MarkupError,
            GLib.SpawnError, GLib.VariantParseError])
            CLASSES.set(GLib.quark_to_string(new type({code: 0, message: ''}).domain), type);
    }
    return CLASSES.get(domain);
}

function newError(domain, code, message) {
    const type = classOf(domain);
    return type !== undefined
        ? new type({code, message})
        : new GLib.Error(GLib.quark_from_string(domain), code, message);
}

function setStack(error, stack) {
    Object.defineProperty(error, 'stack', {value: stack, writable: true, configurable: true});
}

// Puts the stack of the submitter under that of the worker.
function addOrigin(error, origin) {
    const frames = origin.stack.split('\n').filter(line => !OWN_FRAME.test(line)).join('\n');
    const stack = `${error.stack ?? ''}`;
    setStack(error, stack === '' ? frames : `${stack.replace(/\n?$/, '\n')}${CALLED_FROM}${frames}`);
    return error;
}

// Errors of JavaScript match, too, as those of GLib do.
function addMatches(error) {
    Object.defineProperty(error, 'matches', {
        value: (domain, code) => new Cfut.Error({code: Cfut.Error.REMOTE, message: ''}).matches(domain, code),
        configurable: true,
    });
    return error;
}

// What a function has thrown may be there itself, or as text if it is of another
// language. Returns {thrown}, or null.
function readThrown(error, {name, traceback, data}) {
    if (data !== undefined && isEncoded(data))
        return decode(data);
    if (!name)
        return null;
    error.remoteName = name;
    setStack(error, traceback);
    return {thrown: error};
}

// Whatever a function has thrown, or the error of a call that failed otherwise.
// With the Error that was made when the call was submitted, if there is one.
function newFailure(description, origin) {
    const error = newError(description.domain, description.code, description.message);
    // That of where the answer came in tells nothing.
    setStack(error, '');

    let failure = error;
    const found = readThrown(error, description);
    if (found !== null && error.matches(Cfut.Error, Cfut.Error.REMOTE))
        failure = found.thrown;
    else if (found !== null)
        error.cause = found.thrown;

    // A function may throw anything.
    if (!(failure instanceof Error || failure instanceof GLib.Error))
        return failure;
    if (failure instanceof Error)
        addMatches(failure);
    return origin ? addOrigin(failure, origin) : failure;
}

return {newFailure, newError};
})();
