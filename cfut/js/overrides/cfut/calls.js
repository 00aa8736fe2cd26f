// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// From a function and its arguments to a call that an executor takes.

var {prepare, getData, isJavaScript} = (() => {

const {Cfut, Gio, GLib} = imports.gi;
const System = imports.system;
const {encodeText, encodeWithSpans} = imports.overrides.cfut.codec;
const {newBytes, toArguments} = imports.overrides.cfut.variants;

// What a worker that runs JavaScript calls its one function, and is called by.
const JAVASCRIPT = 'javascript';
// ... with memory beside the rest of the arguments.
const LENDING = 'javascript-lending';
const WORKER_SCRIPT = 'worker.js';

const encoder = new TextEncoder();
const languages = new WeakMap();
const sources = new WeakMap();
const names = new Map();
const types = new WeakMap();

// An executor has workers that run JavaScript if they run cfut's script for it.
function isJavaScript(executor) {
    let answer = languages.get(executor);
    if (answer === undefined) {
        answer = executor instanceof Cfut.ProcessExecutor &&
            (executor.dup_argv() ?? []).some(argument => argument.endsWith(`/${WORKER_SCRIPT}`));
        languages.set(executor, answer);
    }
    return answer;
}

function getSource(fn) {
    const source = Function.prototype.toString.call(fn);
    if (/\{\s*\[native code\]\s*\}$/.test(source))
        throw new TypeError(`The function "${fn.name}" has no source that could be sent to another process`);
    return source;
}

// Where relative names of modules begin: beside the program.
function getBase() {
    const program = System.programPath;
    return program !== null ? GLib.path_get_dirname(program) : GLib.get_current_dir();
}

function toModuleURL(module) {
    if (GLib.Uri.peek_scheme(module) !== null)
        return module;
    return GLib.filename_to_uri(GLib.canonicalize_filename(module, getBase()), null);
}

// What a worker finds the function by: `URL#export`, or `=` and its source.
function toReference(fn) {
    const isFunction = typeof fn === 'function';
    const known = isFunction ? sources : names;
    let reference = known.get(fn);
    if (reference === undefined)
        known.set(fn, reference = isFunction ? `=${getSource(fn)}` : toExport(fn));
    return reference;
}

function toExport(fn) {
    const at = fn.lastIndexOf('#');
    if (at > 0 && at < fn.length - 1)
        return `${toModuleURL(fn.slice(0, at))}${fn.slice(at)}`;

    throw new Cfut.Error({
        code: Cfut.Error.UNKNOWN_FUNCTION,
        message: `The workers of this executor run JavaScript: write "module.js#${fn}" for a function that ` +
            'a module exports. For functions in C, give the executor modules or an argv',
    });
}

function refuseFunction(executor) {
    if (executor instanceof Cfut.ThreadExecutor) {
        return new Gio.IOErrorEnum({
            code: Gio.IOErrorEnum.NOT_SUPPORTED,
            message: 'JavaScript functions cannot run in other threads; use Cfut.ProcessExecutor, ' +
                'or the name of a registered function',
        });
    }
    return new Gio.IOErrorEnum({
        code: Gio.IOErrorEnum.NOT_SUPPORTED,
        message: 'This executor does not run JavaScript: it takes names of functions. ' +
            'A Cfut.ProcessExecutor without argv and modules does',
    });
}

function describeAsync(executor, name) {
    return new Promise((resolve, reject) => {
        executor.describe_async(name, null, (source, result) => {
            try {
                const [, parameterType] = executor.describe_finish(result);
                resolve(parameterType);
            } catch (error) {
                reject(error);
            }
        });
    });
}

// The parameter type of a function that workers have, or a promise of it.
function getParameterType(executor, name) {
    let known = types.get(executor);
    if (known === undefined)
        types.set(executor, known = new Map());

    if (!known.has(name)) {
        if (!(executor instanceof Cfut.ProcessExecutor))
            return executor.describe(name)[1];

        const asked = describeAsync(executor, name);
        known.set(name, asked);
        asked.then(type => known.set(name, type), () => known.delete(name));
    }
    return known.get(name);
}

function isTuple(value) {
    return value instanceof GLib.Variant && value.get_type_string().startsWith('(');
}

function prepareJavaScript(fn, args) {
    const value = [toReference(fn), args];
    const text = encodeText(value);
    if (text !== null)
        return {name: JAVASCRIPT, text};

    const [data, spans] = encodeWithSpans(value);
    if (spans.length === 0)
        return {name: JAVASCRIPT, data};
    return {
        name: LENDING,
        variant: GLib.Variant.new_tuple([
            newBytes(new GLib.Bytes(data)),
            GLib.Variant.new_array(GLib.VariantType.new('ay'), spans.map(newBytes)),
        ]),
    };
}

// A call, or a promise of it if the types of the function must be asked for:
//   name  of the function, for the executor
//   text, data, or variant: its arguments
function prepare(executor, fn, args) {
    if (typeof fn !== 'function' && typeof fn !== 'string')
        throw new TypeError(`A function or the name of one is needed, not ${fn}`);
    if (isJavaScript(executor))
        return prepareJavaScript(fn, args);
    if (typeof fn === 'function')
        throw refuseFunction(executor);
    if (args.length === 0)
        return {name: fn, variant: null};
    if (args.length === 1 && isTuple(args[0]))
        return {name: fn, variant: args[0]};

    const finish = type => ({name: fn, variant: toArguments(type, args)});
    const type = getParameterType(executor, fn);
    return type instanceof Promise ? type.then(finish) : finish(type);
}

// The arguments of a call as bytes; undefined if they are a GVariant.
function getData(call) {
    return call.text !== undefined ? encoder.encode(call.text) : call.data;
}

return {prepare, getData, isJavaScript};
})();
