// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The futures that submit() gives.
//
// They are promises of the engine: whatever awaits another thing that has a then()
// runs two more jobs for it, which are dear in GJS. And they are no objects of GJS,
// as 1.74 looks through a list of all of those for each that comes and each that
// goes. But for who asks they are Cfut.Futures. The GObject behind one is made when
// something is asked that only it knows; that is `future.object`.
//
// A future is the entry of its call, too (see completions.js).

var {CallFuture, toObject, adaptFunctions} = (() => {

const {Cfut, GLib, GObject} = imports.gi;
const {flush} = imports.overrides.cfut.batches;
const {dupFuture, KIND, readError, readRawVariant} = imports.overrides.cfut.completions;
const {newError} = imports.overrides.cfut.errors;

const AY = new GLib.VariantType('ay');
const PROPERTIES = ['name', 'progress', 'progress_message', 'progressMessage', 'progress-message'];
const NOT_FORWARDED = ['constructor', '_init', '_construct', '__metaclass__', ...PROPERTIES, 'executor', 'state'];

// Blocks of completions from here on are not kept for a small part of them.
const LARGE_BLOCK = 65536;

const NO_PROGRESS = {fraction: -1, message: null};

// A future does not keep its executor: what all those of one have is an object with a
// weak reference. It is none of the engine's, as what a WeakRef refers to GJS 1.74
// never drops.
const references = new WeakMap();

function refer(executor) {
    let reference = references.get(executor);
    if (reference === undefined)
        references.set(executor, reference = new GObject.BindingGroup({source: executor}));
    return reference;
}

function ignore() {
}

// A GObject for a call that has ended, and whose own is gone.
function rebuild({kind, body}, {fraction, message}) {
    const promise = new Cfut.Promise();
    promise.set_progress(fraction, message);
    if (kind === KIND.ERROR) {
        const {domain, code, message} = readError(body);
        promise.reject(newError(domain, code, message));
        // The promise has told of it.
        promise.get_future().get_state();
    } else {
        promise.resolve_variant(kind === KIND.VARIANT ? readRawVariant(body)
            : GLib.Variant.new_from_bytes(AY, new GLib.Bytes(body), true));
    }
    return promise.get_future();
}

class CallFuture extends Promise {
    constructor(executor, name, origin, release) {
        let settle;
        super((resolve, reject) => (settle = {resolve, reject}));

        this.origin = origin;
        this.release = release;
        // The GObject, once there is one
        this.future = null;

        this._executor = refer(executor);
        this._name = name;
        this._tag = 0;
        this._settle = settle;
        // How the call ended: {state, kind, body}
        this._record = null;
        this._progress = NO_PROGRESS;
        this._isObserved = false;
    }
}

const own = {
    // What entries have

    setTag(tag) {
        this._tag = tag;
    },

    keep(state, kind, body) {
        const isSmallPart = body.buffer.byteLength >= LARGE_BLOCK && 2 * body.length < body.buffer.byteLength;
        this._record = {state, kind, body: isSmallPart ? body.slice() : body};
    },

    keepProgress(fraction, message) {
        this._progress = {fraction, message: message || null};
    },

    resolve(value) {
        this._end();
        this._settle.resolve(value);
    },

    // An error that nobody asks for is told as that of any promise.
    reject(error) {
        this._end();
        if (this._isObserved)
            this.catch(ignore);
        this._settle.reject(error);
    },

    _end() {
        this.origin = this.release = null;
    },

    // What futures have

    then: Promise.prototype.then,
    catch: Promise.prototype.catch,
    finally: Promise.prototype.finally,

    is_done() {
        return this._record !== null || this.object.is_done();
    },

    get_state() {
        return this.state;
    },

    cancel() {
        this._isObserved = true;
        return this._record !== null ? this._record.state === Cfut.FutureState.CANCELLED : this.object.cancel();
    },

    dup_name() {
        return this._name;
    },

    // The GObject that is made when the call has ended does not know.
    dup_executor() {
        return this._executor.source;
    },

    dup_remote_name() {
        return this._readRemote('name') ?? this.object.dup_remote_name();
    },

    dup_remote_traceback() {
        return this._readRemote('traceback') ?? this.object.dup_remote_traceback();
    },

    dup_remote_data() {
        const data = this._readRemote('data');
        return data?.length > 0 ? new GLib.Bytes(data) : this.object.dup_remote_data();
    },

    _readRemote(key) {
        this._isObserved = true;
        return this._record?.kind === KIND.ERROR ? readError(this._record.body)[key] || null : null;
    },

    add_done_callback(callback) {
        this._isObserved = true;
        return this.object.add_done_callback(() => callback(this));
    },

    connect(signal, callback) {
        return this.object.connect(signal, (object, ...args) => callback(this, ...args));
    },

    connect_after(signal, callback) {
        return this.object.connect_after(signal, (object, ...args) => callback(this, ...args));
    },

    toString() {
        return `[future of ${this._name}]`;
    },
};

function define(name, descriptor) {
    Object.defineProperty(CallFuture.prototype, name, {configurable: true, ...descriptor});
}

// That of their promises: else what awaits one would make another.
Object.setPrototypeOf(CallFuture.prototype, Cfut.Future.prototype);
define('constructor', {value: Promise});

for (const [name, value] of Object.entries(own))
    define(name, {value, writable: true});

define('object', {
    get() {
        if (this.future === null)
            flush();
        if (this.future === null)
            this.future = this._record !== null ? rebuild(this._record, this._progress) : dupFuture(this._tag);
        return this.future;
    },
});

define('state', {
    get() {
        if (this._record === null)
            return this.object.state;
        this._isObserved = true;
        return this._record.state;
    },
});

for (const name of PROPERTIES) {
    define(name, {
        get() {
            return this.object[name];
        },
    });
}
define('name', {get: own.dup_name});
define('executor', {get: own.dup_executor});

// All else is the GObject's.
for (const type of [Cfut.Future, GObject.Object]) {
    for (const name of Object.getOwnPropertyNames(type.prototype)) {
        if (!NOT_FORWARDED.includes(name) && !Object.hasOwn(CallFuture.prototype, name)) {
            define(name, {
                value(...args) {
                    this._isObserved = true;
                    return this.object[name](...args);
                },
                writable: true,
            });
        }
    }
}

// The GObject of a future, for functions in C.
function toObject(future) {
    return future instanceof CallFuture ? future.object : future;
}

// Lets a function in C take these futures, alone or in an array.
function adapt(holder, name) {
    const original = holder[name];
    holder[name] = function (first, ...rest) {
        return original.call(this, Array.isArray(first) ? first.map(toObject) : toObject(first), ...rest);
    };
}

function adaptFunctions() {
    for (const name of ['all', 'any', 'race'])
        adapt(Cfut.Future, name);
    for (const name of ['as_completed', 'try_wait', 'wait'])
        adapt(Cfut, name);
    adapt(Cfut.CompletionQueue.prototype, 'add_future');
}

return {CallFuture, toObject, adaptFunctions};
})();
