// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the executors have in JavaScript.

var {extendExecutors} = (() => {

const {Cfut, Gio, GLib, GObject} = imports.gi;
const {flush} = imports.overrides.cfut.batches;
const {prepare, isJavaScript} = imports.overrides.cfut.calls;
const {MapIterator} = imports.overrides.cfut.iterate;
const {toMicroseconds, checkSubmitOptions, isGiven} = imports.overrides.cfut.options;
const {getArguments, run, submit} = imports.overrides.cfut.submit;

// A burst of calls needs no loop that waits for room: JavaScript cannot block.
const MAX_PENDING = 65536;

const STATS = [
    'n_workers', 'n_idle', 'n_pending', 'pending_bytes', 'n_running', 'n_submitted', 'n_finished',
    'n_failed', 'n_cancelled', 'n_retried', 'n_deaths', 'busy_time', 'cpu_time', 'queue_wait',
    'cpu_share', 'useful_workers',
];

// What can tell whether a call was submitted, or submits others.
const WITNESSES = {
    Executor: [
        'await_end', 'await_room', 'call', 'call_async', 'get_calls', 'get_n_pending', 'get_n_running',
        'get_stats', 'get_workers', 'map', 'map_source', 'set_max_pending', 'set_max_pending_bytes',
        'set_overflow', 'shutdown', 'shutdown_async', 'submit_async', 'submit_bytes', 'submit_data',
        'submit_full',
    ],
    ProcessExecutor: [
        'await_workers', 'dup_worker_pids', 'kill_workers', 'prestart', 'prestart_async',
        'terminate_workers',
    ],
};

const COUNTS = ['n_pending', 'n_running'];

function toCamelCase(name) {
    return name.replace(/_(.)/g, (match, letter) => letter.toUpperCase());
}

function toKebabCase(name) {
    return name.replace(/_/g, '-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

function findGjs() {
    const own = GLib.file_read_link('/proc/self/exe');
    if (GLib.path_get_basename(own).startsWith('gjs'))
        return own;
    const found = GLib.find_program_in_path('gjs');
    if (found === null)
        throw new Cfut.Error({code: Cfut.Error.START_FAILED, message: 'There is no program gjs for workers'});
    return found;
}

// The command line of a worker that runs JavaScript.
function getWorkerArgv(resources) {
    const overrides = GLib.path_get_dirname(imports.overrides.Cfut.__file__);
    return [
        findGjs(), '-m', GLib.build_filenamev([Cfut.get_worker_dir(), 'worker.js']),
        `--overrides=${overrides}`,
        ...resources.map(path => `--resource=${GLib.canonicalize_filename(path, null)}`),
    ];
}

function hasAny(properties, ...names) {
    return names.some(name => isGiven(properties[name]));
}

// What GObject would make of a number, where it is not what it was: a warning, or
// another number.
const INTEGERS = new Map([
    [GObject.TYPE_UINT, [0, 2 ** 32 - 1]],
    [GObject.TYPE_UINT64, [0, Number.MAX_SAFE_INTEGER]],
    [GObject.TYPE_INT64, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
]);

function checkNumbers(type, properties) {
    for (const [name, value] of Object.entries(properties)) {
        const spec = GObject.Object.find_property.call(type, toKebabCase(name));
        const range = INTEGERS.get(spec?.value_type);
        if (range !== undefined && isGiven(value) &&
            !(Number.isInteger(value) && value >= range[0] && value <= range[1]))
            throw new RangeError(`${name} is a whole number from ${range[0]} to ${range[1]}, not ${value}`);
    }
}

// Executors that were told nothing of their workers have some for JavaScript.
function completeProperties({resources = [], ...properties}) {
    if (hasAny(properties, 'argv', 'modules'))
        return properties;

    const completed = {...properties, argv: getWorkerArgv(resources)};
    if (!hasAny(properties, 'maxPending', 'max_pending', 'max-pending'))
        completed.maxPending = MAX_PENDING;
    return completed;
}

// What is behind the arguments of a function, as in C, and can be none of them.
function splitOptions(args) {
    const last = args[args.length - 1];
    if (last instanceof Gio.Cancellable)
        return [args.slice(0, -1), {signal: last}];
    if (last instanceof Cfut.SubmitOptions)
        return [args.slice(0, -1), last];
    // submit('name', variant, null)
    if (args.length === 2 && last === null && (args[0] === null || args[0] instanceof GLib.Variant))
        return [args.slice(0, 1), null];
    return [args, null];
}

// And no arguments at all are a null there.
function splitArguments(executor, given) {
    const [args, options] = splitOptions(given);
    const isUnit = args.length === 1 && args[0] === null && given.length === 2 && !isJavaScript(executor);
    return [isUnit ? [] : args, options];
}

// An executor with options for the calls that are made through this.
class Calls {
    constructor(executor, options) {
        checkSubmitOptions(options);
        this._executor = executor;
        this._options = options;
    }

    submit(fn, ...args) {
        return submit(this._executor, this._options, fn, args);
    }

    run(fn, ...args) {
        return run(this._executor, this._options, fn, args);
    }

    with(options) {
        if (this._options instanceof Cfut.SubmitOptions || options instanceof Cfut.SubmitOptions)
            throw new TypeError('Cfut.SubmitOptions are all the options of a call; none can be added');
        return new Calls(this._executor, {...this._options, ...options});
    }
}

function extendExecutor(prototype) {
    const {map, shutdown} = prototype;

    Object.assign(prototype, {
        submit(fn, ...given) {
            const [args, options] = splitArguments(this, given);
            return submit(this, options, fn, args);
        },

        run(fn, ...given) {
            const [args, options] = splitArguments(this, given);
            return run(this, options, fn, args);
        },

        with(options) {
            return new Calls(this, options);
        },

        map(fn, items, options) {
            if (items instanceof GLib.Variant)
                return map.call(this, fn, items, options ?? null);
            return new MapIterator(this, fn, items, options);
        },

        stats() {
            const stats = this.get_stats();
            return Object.fromEntries(STATS.map(name => [toCamelCase(name), stats[`get_${name}`]()]));
        },

        shutdown(options = {}, ...rest) {
            if (typeof options === 'number')
                return shutdown.call(this, options, ...rest);

            const {cancel = false, timeout = -1} = options;
            const flags = Cfut.ShutdownFlags.WAIT | (cancel ? Cfut.ShutdownFlags.CANCEL : 0);
            return this.shutdown_async(flags, toMicroseconds(timeout), null);
        },

        destroy() {
            const ended = this.shutdown({cancel: true});
            this.kill_workers?.();
            return ended;
        },
    });

    if (Symbol.asyncDispose)
        prototype[Symbol.asyncDispose] = prototype.shutdown;
    if (Symbol.dispose) {
        prototype[Symbol.dispose] = function () {
            shutdown.call(this, Cfut.ShutdownFlags.CANCEL, 0);
        };
    }
}

function extendProcessExecutor(type) {
    const {prototype} = type;

    type.new = maxWorkers => new type({maxWorkers});

    const {set_initializer} = prototype;
    prototype.set_initializer = function (fn, ...args) {
        if (!isJavaScript(this)) {
            set_initializer.call(this, fn, args[0] ?? null);
            return;
        }
        const call = prepare(this, fn, args);
        set_initializer.call(this, call.name, getArguments(call));
    };
}

// Lets an executor be made of properties that were checked.
function extendConstructor(type, complete) {
    type.prototype._init = function (properties = {}) {
        checkNumbers(type, properties);
        return GObject.Object.prototype._init.call(this, complete(properties));
    };
}

// Whatever C does for an executor, it does after the calls that were made before.
function flushBefore(prototype, names) {
    for (const name of names) {
        const method = prototype[name];
        prototype[name] = function (...args) {
            flush();
            return method.apply(this, args);
        };
    }
}

function defineCounts(prototype) {
    for (const name of COUNTS) {
        const get = function () {
            return this[`get_${name}`]();
        };
        for (const spelling of [name, toCamelCase(name), toKebabCase(name)])
            Object.defineProperty(prototype, spelling, {configurable: true, get});
    }
}

function extendExecutors() {
    for (const [type, names] of Object.entries(WITNESSES))
        flushBefore(Cfut[type].prototype, names);
    defineCounts(Cfut.Executor.prototype);
    extendExecutor(Cfut.Executor.prototype);
    extendConstructor(Cfut.ThreadExecutor, properties => properties);
    extendConstructor(Cfut.ProcessExecutor, completeProperties);
    extendProcessExecutor(Cfut.ProcessExecutor);
}

return {extendExecutors};
})();
