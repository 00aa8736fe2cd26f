// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// All completions come in batches, through one queue and one source.
//
// Who waits is an entry: an object with `resolve(value)` and `reject(error)`, and
// optionally
//   origin   an Error that was made when the call was submitted
//   future   for a result that is no GVariant
//   release  called when the call has ended, however it did
//   setTag, keep, keepProgress   for futures that are no objects of GJS (see
//            futures.js): told the number of the call, and before anything else how
//            it ended, and its last progress

var {push, pushTexts, watch, makeRoomForObjects, dupFuture, readError, readRawVariant, KIND} = (() => {

const {Cfut, GLib, GObject} = imports.gi;
const System = imports.system;
const {getData} = imports.overrides.cfut.calls;
const {decode, isEncoded} = imports.overrides.cfut.codec;
const {newFailure} = imports.overrides.cfut.errors;
const {fromVariant} = imports.overrides.cfut.variants;

// So many at a time that a window keeps its frames.
const BATCH = 256;

// GJS 1.74 looks through a list of all objects for each that is collected. When
// many are, the engine divides the collection, and GJS drops every callback that
// comes between the parts. So they are collected at once, when this many are done.
const MANY = 1000;

// A record: tag (64 bits), state, kind, length (64 bits), body.
const HEAD = 24;
const KIND = {NONE: 0, BYTES: 1, VARIANT: 2, ERROR: 3, PROGRESS: 5};

const decoder = new TextDecoder();
const entries = new Map();
let queue = null;
let lastTag = 0;
let nObjects = 0;
let isCollecting = false;

function getQueue() {
    if (queue === null) {
        queue = new Cfut.CompletionQueue();
        queue.set_tells_progress(true);
        const source = queue.create_source();
        GObject.source_set_closure(source, () => {
            drain();
            return GLib.SOURCE_CONTINUE;
        });
        source.attach(null);
    }
    return queue;
}

function align(offset) {
    return (offset + 7) & ~7;
}

// Texts, each with a NUL behind it, then the rest.
function readTexts(body, n) {
    const texts = [];
    let at = 0;
    for (let i = 0; i < n; i++) {
        const end = body.indexOf(0, at);
        texts.push(decoder.decode(body.subarray(at, end)));
        at = end + 1;
    }
    return [texts, body.subarray(at)];
}

function readRawVariant(body) {
    const end = body.indexOf(0);
    const type = new GLib.VariantType(decoder.decode(body.subarray(0, end)));
    const bytes = new GLib.Bytes(body.subarray(align(end + 1)));
    return GLib.Variant.new_from_bytes(type, bytes, false);
}

function readValue(entry, kind, body) {
    switch (kind) {
    case KIND.BYTES:
        return isEncoded(body) ? decode(body) : body.slice();
    case KIND.VARIANT:
        return fromVariant(readRawVariant(body));
    default:
        return entry.future?.get_value() ?? undefined;
    }
}

function readError(body) {
    const [[domain, code, message, name, traceback], data] = readTexts(body, 5);
    return {domain, code: Number(code), message, name, traceback, data};
}

// Not while many are awaited, as these stay: when nothing is on its way, or little
// of what there was.
function isTimeToCollect() {
    return nObjects >= MANY &&
        (entries.size === 0 || nObjects >= 10 * Math.max(MANY, entries.size));
}

function collect() {
    nObjects = 0;
    System.gc();
}

// To be called before there is one more: a busy program has no idle loop.
function makeRoomForObjects() {
    if (isTimeToCollect())
        collect();
}

function collectWhenIdle() {
    if (isCollecting)
        return;
    isCollecting = true;
    GLib.idle_add(GLib.PRIORITY_LOW, () => {
        isCollecting = false;
        makeRoomForObjects();
        return GLib.SOURCE_REMOVE;
    });
}

function settle(entry, kind, body) {
    entry.release?.();
    if (entry.future)
        nObjects++;

    try {
        if (kind === KIND.ERROR)
            entry.reject(newFailure(readError(body), entry.origin));
        else
            entry.resolve(readValue(entry, kind, body));
    } catch (error) {
        entry.reject(error);
    }
}

function drain() {
    const block = queue.drain_data(BATCH);
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const ended = [];

    for (let at = 0; at < block.length;) {
        const tag = view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
        const kind = view.getUint32(at + 12, true);
        const length = view.getUint32(at + 16, true);
        const entry = entries.get(tag);

        at += HEAD;
        const body = block.subarray(at, at + length);
        if (kind === KIND.PROGRESS) {
            entry.keepProgress?.(view.getFloat64(at, true), decoder.decode(body.subarray(8, -1)));
        } else {
            entries.delete(tag);
            entry.keep?.(view.getUint32(at - HEAD + 8, true), kind, body);
            ended.push(entry, kind, body);
        }
        at += align(length);
    }

    // Not before all are known to have ended: this may call back.
    for (let i = 0; i < ended.length; i += 3)
        settle(ended[i], ended[i + 1], ended[i + 2]);

    if (isTimeToCollect())
        collectWhenIdle();
}

function expect(tag, entry) {
    entries.set(tag, entry);
    entry.setTag?.(tag);
}

// Submits a call whose completion goes to the entry; throws if it is refused.
function push(executor, call, options, entry) {
    const tag = ++lastTag;
    const data = getData(call);

    if (data !== undefined)
        getQueue().push_data(executor, call.name, data, options, tag);
    else
        getQueue().push(executor, call.name, call.variant, options, tag);
    expect(tag, entry);
}

// Submits a call for each text, up to the first that is refused. Returns how many.
function pushTexts(executor, name, texts, theirEntries) {
    const n = getQueue().push_lines(executor, name, texts.join('\n'), null, lastTag + 1);

    for (let i = 0; i < n; i++)
        expect(++lastTag, theirEntries[i]);
    return n;
}

// Lets the completion of a future go to the entry.
function watch(future, entry) {
    const tag = ++lastTag;

    entries.set(tag, entry);
    getQueue().add_future(future, tag);
}

// The GObject of a call that was pushed and has not come back.
function dupFuture(tag) {
    return getQueue().dup_future(tag);
}

return {push, pushTexts, watch, makeRoomForObjects, dupFuture, readError, readRawVariant, KIND};
})();
