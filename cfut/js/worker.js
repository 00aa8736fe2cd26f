// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// A worker that runs functions in JavaScript.
//
//     gjs -m worker.js [--overrides=DIRECTORY] [--resource=FILE]...
//
// Process executors start it. It takes one call after the other from a
// Cfut.Worker, which sees to all but the functions.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const AY = new GLib.VariantType('ay');
const LENDING = 'javascript-lending';
// Native memory that only a collection gives back, and the engine does not see.
const COLLECT_BYTES = 32 * 1024 * 1024;
// And pieces of the program's memory, of which a worker has so many at most.
const COLLECT_LENT = 32;
const SCHEMES = ['file', 'resource'];

function getOptions(name) {
    return ARGV.filter(argument => argument.startsWith(`--${name}=`))
        .map(argument => argument.slice(name.length + 3));
}

imports.overrides.searchPath.unshift(...getOptions('overrides'));
imports.gi.versions.Cfut = '1';
const {Cfut} = imports.gi;
const {viewBytes} = imports.overrides.cfut.buffers;
const {decode, encode} = imports.overrides.cfut.codec;
const {fromVariant, inferVariant} = imports.overrides.cfut.variants;
const {endCall, setWorker} = imports.overrides.cfut.worker;

const worker = Cfut.Worker.new();
setWorker(worker);
const context = GLib.MainContext.default();
const functions = new Map();
// Of arguments and results since the last collection.
let nBytes = 0;
let nLent = 0;

// Waits for a promise, with whatever else the main context brings.
function waitFor(promise) {
    let outcome = null;
    promise.then(value => (outcome = {value}), error => (outcome = {error}));
    while (outcome === null)
        context.iteration(true);
    if ('error' in outcome)
        throw outcome.error;
    return outcome.value;
}

function evaluate(source) {
    const build = text => new Function('Cfut', 'Gio', 'GLib', `return (${text}\n);\n//# sourceURL=function`)(Cfut, Gio, GLib);
    try {
        return build(source);
    } catch (error) {
        if (!(error instanceof SyntaxError))
            throw error;
        // A method in an object, whose source is no expression.
        return Object.values(build(`{${source}}`))[0];
    }
}

function load(reference) {
    if (reference.startsWith('='))
        return evaluate(reference.slice(1));

    const at = reference.lastIndexOf('#');
    const name = reference.slice(at + 1);
    const scheme = GLib.Uri.peek_scheme(reference);
    // GJS 1.74 aborts when it is to import from elsewhere.
    if (!SCHEMES.includes(scheme))
        throw new TypeError(`A module has a URL with file: or resource:, not with ${scheme}:`);
    const module = waitFor(import(reference.slice(0, at)));
    if (typeof module[name] !== 'function')
        throw new TypeError(`${reference.slice(0, at)} exports no function "${name}"`);
    return module[name];
}

function find(reference) {
    let fn = functions.get(reference);
    if (fn === undefined)
        functions.set(reference, fn = load(reference));
    return fn;
}

function invoke(reference, args) {
    const result = find(reference)(...args);
    return typeof result?.then === 'function' ? waitFor(result) : result;
}

// What there is above the call is none of the function's.
function getStack(error) {
    return `${error.stack ?? ''}`.split('\n').filter(line => !line.includes(import.meta.url)).join('\n');
}

function encodeThrown(error) {
    try {
        return encode({thrown: error});
    } catch {
        return encode({thrown: new Error(`${error?.message ?? error}`)});
    }
}

function answerException(error) {
    if (error instanceof GLib.Error) {
        worker.answer_error(null, error);
        return;
    }
    const name = error instanceof Error ? `${error.name}` : typeof error;
    const stack = error instanceof Error ? getStack(error) : '';
    if (error instanceof Error)
        Object.defineProperty(error, 'stack', {value: stack, configurable: true});
    worker.answer_exception(null, name, `${error?.message ?? error}`, stack, encodeThrown(error));
}

// Calls come as bytes from JavaScript, maybe with memory beside them, and as (name,
// arguments) from elsewhere. All return what answers the call: bytes, or a function.
function serveData(data, spans = []) {
    const [reference, args] = decode(data, spans);
    const result = encode(invoke(reference, args));
    nBytes += data.length + result.length;
    return result;
}

function viewChild(variant, index) {
    return viewBytes(variant.get_child_value(index).get_data_as_bytes());
}

// The memory is given back when the arrays are collected.
function serveLent(call) {
    const arguments_ = call.get_arguments();
    const lent = arguments_.get_child_value(1);
    const spans = Array.from({length: lent.n_children()}, (_, index) => viewChild(lent, index));
    nLent += spans.length;
    nBytes += spans.reduce((sum, {length}) => sum + length, 0);
    return serveData(viewChild(arguments_, 0), spans);
}

function serveValues(call) {
    const [name, args] = call.get_arguments().deepUnpack();
    const values = args.get_type_string().startsWith('(') ? fromVariant(args) ?? [] : [fromVariant(args)];
    const result = GLib.Variant.new_variant(inferVariant(invoke(name, values)));
    return () => worker.answer(null, result);
}

function getAnswer(data) {
    try {
        if (data.length > 0)
            return serveData(data);
        const call = worker.get_call();
        return call.get_function() === LENDING ? serveLent(call) : serveValues(call);
    } catch (error) {
        return () => answerException(error);
    }
}

// A result that is refused is answered with the error why.
function give(answer) {
    try {
        if (answer instanceof Uint8Array)
            worker.answer_data(null, answer);
        else
            answer();
    } catch (error) {
        if (!(error instanceof GLib.Error))
            throw error;
    }
}

// Returns the bytes of the next call.
function exchange(answer) {
    const isMuch = nBytes > COLLECT_BYTES || nLent > COLLECT_LENT;
    if (answer instanceof Uint8Array && !isMuch)
        return worker.exchange_data(answer);

    give(answer);
    if (isMuch) {
        nBytes = nLent = 0;
        System.gc();
    }
    return worker.next_data();
}

// Objects of calls are made only for who asks for them: GJS has a list of all
// objects, and looks through it for each that goes.
function serveAll() {
    let data = worker.next_data();
    while (data.length > 0 || worker.get_call() !== null) {
        const answer = getAnswer(data);
        endCall();
        data = exchange(answer);
    }
}

for (const path of getOptions('resource'))
    Gio.Resource.load(path)._register();
worker.add_function('javascript', AY, AY);
worker.add_function(LENDING, new GLib.VariantType('(ayaay)'), AY);
worker.add_function('*', new GLib.VariantType('(sv)'), new GLib.VariantType('v'));

// Why it could not serve the program knows already.
try {
    serveAll();
} catch (error) {
    if (!(error instanceof GLib.Error))
        throw error;
    System.exit(1);
}
System.exit(0);
