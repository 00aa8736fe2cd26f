// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values as bytes, between a program and its workers.
//
// What JSON can say travels as the text `js1:` and JSON. Else it is, with numbers
// of 32 bits in little-endian order:
//
//     js1+  length of the text  number of parts  length of each part
//     text, JSON                                    } each of these
//     parts, the contents of arrays of bytes        } begins at a multiple of 8
//
// and an object of the text whose only key is `$js` stands for what JSON lacks.
// Arrays that lie in a Cfut.Buffer may be in spans of memory that come beside this.
// A result that begins with `js1` came from JavaScript, and needs no other mark.

// All is within a function, in the other files here too: the engine looks up names
// of a script's top level at each use, which is a hundred times slower.
var {encode, encodeText, encodeWithSpans, decode, isEncoded, isNative, describeError, reviveError} = (() => {

const {Cfut, GLib, GObject} = imports.gi;
const {findBytes} = imports.overrides.cfut.buffers;

const PLAIN = 'js1:';
const EXTENDED = 'js1+';
const MARK = PLAIN.length;
const KEY = '$js';
// Deeper than anyone means to nest: it refers to itself.
const MAX_DEPTH = 1000;

// Names of globals are looked up at each use as well.
const {parse, stringify} = JSON;
const {isArray} = Array;
const {getPrototypeOf} = Object;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const ARRAYS = Object.fromEntries([
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array,
    Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView,
].map(type => [type.name, type]));

function align(offset) {
    return (offset + 7) & ~7;
}

// Whether JSON says all of a number: not of NaN, the infinities and -0.
function isPlainNumber(value) {
    return value === 0 ? 1 / value > 0 : value - value === 0;
}

function isPlainObject(value, depth) {
    if (value === null)
        return true;
    if (depth > MAX_DEPTH)
        return false;

    if (isArray(value)) {
        for (let i = 0; i < value.length; i++) {
            if (!isPlain(value[i], depth))
                return false;
        }
        return true;
    }

    const prototype = getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
        return false;

    for (const key in value) {
        if (key === KEY || key === 'toJSON' || !isPlain(value[key], depth))
            return false;
    }
    return true;
}

// Whether JSON says all of a value.
function isPlain(value, depth) {
    const type = typeof value;
    return type === 'string' || type === 'boolean' ||
        type === 'number' && isPlainNumber(value) ||
        type === 'object' && isPlainObject(value, depth + 1);
}

function mark(...content) {
    return {[KEY]: content};
}

function addPart(parts, bytes) {
    return parts.push(bytes) - 1;
}

// So many spans are not copied.
const MAX_SPANS = 16;

// The number of the span that a value lies in, or -1 if it is to be copied. There is
// one for all that lies in the same memory.
function addSpan({spans}, value) {
    const bytes = spans ? findBytes(value) : null;
    if (bytes === null)
        return -1;
    const key = value.buffer ?? value;
    if (!spans.has(key) && spans.size < MAX_SPANS)
        spans.set(key, {index: spans.size, bytes});
    return spans.get(key)?.index ?? -1;
}

function viewOf(buffer) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function packEntries(value, parts, depth) {
    const object = {};
    for (const key of Object.keys(value))
        object[key] = pack(value[key], parts, depth + 1);
    return Object.hasOwn(object, KEY) ? mark('object', object) : object;
}

// Whether a value is of the platform's, and no more than a handle in JavaScript.
function isNative(value) {
    const type = value.constructor;
    return value instanceof GObject.Object ||
        type !== undefined && type !== Object && Object.hasOwn(type, '$gtype');
}

// Whether a value is a place in something that is gone over, such as a generator.
function isIterator(value) {
    return typeof value.next === 'function' &&
        typeof (value[Symbol.iterator] ?? value[Symbol.asyncIterator]) === 'function';
}

function packObject(value, parts, depth) {
    const type = value.constructor?.name;

    if (ArrayBuffer.isView(value) && type in ARRAYS) {
        const span = addSpan(parts, value);
        return span >= 0 ? mark('span', span, type, value.byteOffset, value.length ?? value.byteLength)
            : mark(type, addPart(parts, viewOf(value)));
    }
    if (value instanceof ArrayBuffer)
        return mark('ArrayBuffer', addPart(parts, new Uint8Array(value)));
    if (value instanceof GLib.Bytes)
        return mark('Uint8Array', addPart(parts, value.toArray()));
    if (value instanceof Cfut.Buffer) {
        const span = addSpan(parts, value);
        return span >= 0 ? mark('span', span, 'Uint8Array', 0, value.get_size())
            : mark('Uint8Array', addPart(parts, value.toUint8Array()));
    }
    if (value instanceof GLib.Variant) {
        const bytes = value.get_data_as_bytes().toArray();
        return mark('variant', value.get_type_string(), addPart(parts, bytes));
    }
    if (value instanceof Date)
        return mark('date', pack(value.getTime(), parts, depth + 1));
    if (value instanceof Map)
        return mark('map', pack([...value].flat(1), parts, depth + 1));
    if (value instanceof Set)
        return mark('set', pack([...value], parts, depth + 1));
    if (value instanceof RegExp)
        return mark('regexp', value.source, value.flags);
    if (value instanceof Error)
        return mark('error', pack(describeError(value), parts, depth + 1));
    if (typeof value.toJSON === 'function')
        return pack(value.toJSON(), parts, depth + 1);
    if (isNative(value) || value instanceof Promise ||
        value instanceof WeakMap || value instanceof WeakSet)
        throw new TypeError(`${type} cannot be sent to another process`);
    if (isIterator(value)) {
        const name = value[Symbol.toStringTag] ?? type;
        throw new TypeError(`${name} cannot be sent to another process; an array of what it yields can`);
    }

    return packEntries(value, parts, depth);
}

// Makes of a value one that JSON can say.
function pack(value, parts, depth) {
    if (depth > MAX_DEPTH)
        throw new TypeError(`A value that contains itself, or is nested more than ${MAX_DEPTH} deep, ` +
            'cannot be sent to another process');

    switch (typeof value) {
    case 'string':
    case 'boolean':
        return value;
    case 'number':
        if (isPlainNumber(value))
            return value;
        return mark('number', value === 0 ? '-0' : `${value}`);
    case 'undefined':
        return mark('undefined');
    case 'bigint':
        return mark('bigint', `${value}`);
    case 'object':
        break;
    default:
        throw new TypeError(`A ${typeof value} cannot be sent to another process`);
    }

    if (value === null)
        return null;
    if (isArray(value))
        return Array.from(value, item => pack(item, parts, depth + 1));
    return packObject(value, parts, depth);
}

const UNPACK = {
    'undefined': () => undefined,
    number: text => Number(text),
    bigint: text => BigInt(text),
    date: (time, parts) => new Date(unpack(time, parts)),
    set: (items, parts) => new Set(unpack(items, parts)),
    regexp: (source, flags) => new RegExp(source, flags),
    error: (description, parts) => reviveError(unpack(description, parts)),
    object: (object, parts) => unpackEntries(object, parts),
    ArrayBuffer: (index, parts) => parts[index].buffer,
    span: (index, type, offset, length, {spans}) => new ARRAYS[type](spans[index].buffer, offset, length),

    map(items, parts) {
        const flat = unpack(items, parts);
        const map = new Map();
        for (let i = 0; i < flat.length; i += 2)
            map.set(flat[i], flat[i + 1]);
        return map;
    },

    variant(type, index, parts) {
        return GLib.Variant.new_from_bytes(new GLib.VariantType(type), new GLib.Bytes(parts[index]), false);
    },
};

for (const [name, type] of Object.entries(ARRAYS))
    UNPACK[name] = (index, parts) => new type(parts[index].buffer);

function unpackEntries(object, parts) {
    for (const key of Object.keys(object))
        object[key] = unpack(object[key], parts);
    return object;
}

function unpack(tree, parts) {
    if (typeof tree !== 'object' || tree === null)
        return tree;
    if (isArray(tree))
        return tree.map(item => unpack(item, parts));

    const content = Object.hasOwn(tree, KEY) ? tree[KEY] : null;
    return content === null ? unpackEntries(tree, parts) : UNPACK[content[0]](...content.slice(1), parts);
}

function encodeExtended(value, spans = null) {
    const parts = [];
    parts.spans = spans;
    const text = encoder.encode(stringify(pack(value, parts, 0)));

    let size = align(MARK + 4 * (2 + parts.length));
    const textAt = size;
    size += text.length;
    const partsAt = parts.map(part => {
        const at = align(size);
        size = at + part.length;
        return at;
    });

    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    encoder.encodeInto(EXTENDED, bytes);
    view.setUint32(MARK, text.length, true);
    view.setUint32(MARK + 4, parts.length, true);
    bytes.set(text, textAt);
    parts.forEach((part, index) => {
        view.setUint32(MARK + 8 + 4 * index, part.length, true);
        bytes.set(part, partsAt[index]);
    });
    return bytes;
}

function decodeExtended(bytes, spans) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const textLength = view.getUint32(MARK, true);
    const nParts = view.getUint32(MARK + 4, true);

    let at = align(MARK + 4 * (2 + nParts));
    const text = decoder.decode(bytes.subarray(at, at + textLength));
    at += textLength;

    const parts = [];
    parts.spans = spans;
    for (let index = 0; index < nParts; index++) {
        const length = view.getUint32(MARK + 8 + 4 * index, true);
        at = align(at);
        parts.push(bytes.slice(at, at + length));
        at += length;
    }
    return unpack(parse(text), parts);
}

// The text of a value, in one line, whose bytes encode() makes; null if it takes more.
function encodeText(value) {
    return isPlain(value, 0) ? PLAIN + stringify(value) : null;
}

// The bytes of a value; a TypeError if it cannot be sent.
function encode(value) {
    const text = encodeText(value);
    return text !== null ? encoder.encode(text) : encodeExtended(value);
}

// The same of one that has no text, and the GLib.Bytes that are not in them.
function encodeWithSpans(value) {
    const spans = new Map();
    const data = encodeExtended(value, spans);
    return [data, [...spans.values()].map(({bytes}) => bytes)];
}

// The value of bytes that encode() made, and of arrays that are the spans.
function decode(bytes, spans = []) {
    return bytes[MARK - 1] === PLAIN.charCodeAt(MARK - 1)
        ? parse(decoder.decode(bytes.subarray(MARK))) : decodeExtended(bytes, spans);
}

// Whether encode() made these bytes.
function isEncoded(bytes) {
    for (let i = 0; i < MARK - 1; i++) {
        if (bytes[i] !== PLAIN.charCodeAt(i))
            return false;
    }
    return PLAIN.charCodeAt(MARK - 1) === bytes[MARK - 1] ||
        EXTENDED.charCodeAt(MARK - 1) === bytes[MARK - 1];
}

// What crosses of an exception, besides its stack: a value of its own for what
// is no Error.
function describeError(error) {
    const {name, message} = error;
    const description = {name: `${name}`, message: `${message}`, stack: `${error.stack ?? ''}`};

    const properties = {};
    for (const key of Object.keys(error)) {
        if (!['stack', 'fileName', 'lineNumber', 'columnNumber', 'cause', 'errors'].includes(key))
            properties[key] = error[key];
    }
    if (Object.keys(properties).length > 0)
        description.properties = properties;
    if (Object.hasOwn(error, 'cause'))
        description.cause = error.cause;
    if (isArray(error.errors))
        description.errors = error.errors;
    return description;
}

const ERRORS = Object.fromEntries([
    Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
].map(type => [type.name, type]));

function reviveError({name, message, stack, properties = {}, ...rest}) {
    const type = Object.hasOwn(ERRORS, name) ? ERRORS[name] : Error;
    const error = 'errors' in rest ? new AggregateError(rest.errors, message) : new type(message);
    const define = (key, value) =>
        Object.defineProperty(error, key, {value, writable: true, configurable: true});

    if (error.name !== name)
        define('name', name);
    if ('cause' in rest)
        define('cause', rest.cause);
    define('stack', stack);
    return Object.assign(error, properties);
}

return {encode, encodeText, encodeWithSpans, decode, isEncoded, isNative, describeError, reviveError};
})();
