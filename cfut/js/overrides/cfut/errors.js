// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a call failed with, as something to throw.

var {newError, newFailure, addOrigin} = (() => {

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

// An exception of another language, of which there is only text.
function newForeign(domain, code, message, name, traceback) {
    const error = newError(domain, code, message);
    error.remoteName = name;
    setStack(error, traceback);
    return error;
}

// Whatever a function has thrown, or the error of a call that failed otherwise.
// With the Error that was made when the call was submitted, if there is one.
function newFailure({domain, code, message, name = '', traceback = '', data}, origin) {
    let failure;

    if (data !== undefined && isEncoded(data))
        failure = decode(data).thrown;
    else if (name !== '')
        failure = newForeign(domain, code, message, name, traceback);
    else
        failure = setOwnStack(newError(domain, code, message));

    // A function may throw anything.
    if (!(failure instanceof Error || failure instanceof GLib.Error))
        return failure;
    if (failure instanceof Error)
        addMatches(failure);
    return origin ? addOrigin(failure, origin) : failure;
}

// That of where the answer came in tells nothing.
function setOwnStack(error) {
    setStack(error, '');
    return error;
}

return {newError, newFailure, addOrigin};
})();
