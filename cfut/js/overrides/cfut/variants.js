// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of JavaScript as GVariants of the type that a function declares, and
// back.

var {newBytes, toArguments, inferVariant, fromVariant, toValues} = (() => {

const {Cfut, GLib} = imports.gi;
const {findBytes} = imports.overrides.cfut.buffers;
const {decode, isEncoded} = imports.overrides.cfut.codec;

// Types are strings here: a GLib.VariantType has lost what is behind it.
function findEnd(type, at) {
    switch (type[at]) {
    case 'a':
    case 'm':
        return findEnd(type, at + 1);
    case '(':
    case '{':
        at++;
        while (type[at] !== ')' && type[at] !== '}')
            at = findEnd(type, at);
        return at + 1;
    default:
        return at + 1;
    }
}

// The types that are in the brackets of a type.
function getChildTypes(type) {
    const types = [];
    for (let at = 1; at < type.length - 1; at = findEnd(type, at))
        types.push(type.slice(at, findEnd(type, at)));
    return types;
}

// Puts a GVariant where the type has a `v`: GLib.Variant() asks for one there.
function box(type, value) {
    if (type === 'v')
        return inferVariant(value);
    if (!type.includes('v'))
        return value;

    switch (type[0]) {
    case 'm':
        return value === null || value === undefined ? null : box(type.slice(1), value);
    case '(':
        return getChildTypes(type).map((child, index) => box(child, value[index]));
    default:
        return type[1] === '{' ? boxEntries(type.slice(1), value)
            : Array.from(value, item => box(type.slice(1), item));
    }
}

function boxEntries(type, value) {
    const [, child] = getChildTypes(type);
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, box(child, item)]));
}

// The library does not look for memory in arrays that are longer.
const MAX_ARRAY = 64;

function newBytes(bytes) {
    return GLib.Variant.new_from_bytes(GLib.VariantType.new('ay'), bytes, true);
}

// A GVariant with the memory of buffers in it; null if there are none in the value.
function lend(type, value) {
    if (type === 'ay')
        return lendBytes(value);
    if (!type.includes('ay'))
        return null;

    switch (type[0]) {
    case '(': {
        const children = lendAll(getChildTypes(type), value);
        return children && GLib.Variant.new_tuple(children);
    }
    case 'a':
        return lendArray(type.slice(1), value);
    default:
        return null;
    }
}

function lendBytes(value) {
    if (value instanceof Cfut.Buffer)
        return value.dup_variant();
    const bytes = findBytes(value);
    return bytes && newBytes(bytes.new_from_bytes(value.byteOffset, value.byteLength));
}

// The members of a container, some of which lend; null if none does.
function lendAll(types, values) {
    const lent = types.map((type, index) => lend(type, values[index]));
    return lent.some(child => child !== null)
        ? lent.map((child, index) => child ?? toVariant(types[index], values[index])) : null;
}

function lendArray(type, value) {
    const [key, item] = type[0] === '{' ? getChildTypes(type) : [];
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    if (entries.length > MAX_ARRAY)
        return null;

    const values = lendAll(entries.map(() => item ?? type), entries.map(entry => entry[1]));
    return values && GLib.Variant.new_array(GLib.VariantType.new(type), item === undefined ? values
        : values.map((child, index) => GLib.Variant.new_dict_entry(toVariant(key, entries[index][0]), child)));
}

function isOfType(value, type) {
    return value instanceof GLib.Variant && value.is_of_type(new GLib.VariantType(type));
}

function toVariant(type, value) {
    return isOfType(value, type) ? value : lend(type, value) ?? new GLib.Variant(type, box(type, value));
}

// The arguments of a call: one GVariant of all of them, or a value for each.
function toArguments(type, values) {
    if (values.length === 1 && isOfType(values[0], type))
        return values[0];

    const n = type[0] === '(' ? getChildTypes(type).length : 1;
    if (values.length !== n)
        throw new TypeError(`The function takes ${n} arguments, ${type}, not ${values.length}`);
    return toVariant(type, type[0] === '(' ? values : values[0]);
}

// A GVariant of a type that fits a value, for who declares none.
function inferVariant(value) {
    switch (typeof value) {
    case 'string':
        return GLib.Variant.new_string(value);
    case 'boolean':
        return GLib.Variant.new_boolean(value);
    case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0)
            ? GLib.Variant.new_int64(value) : GLib.Variant.new_double(value);
    case 'undefined':
        return GLib.Variant.new_tuple([]);
    case 'object':
        break;
    default:
        throw new TypeError(`A ${typeof value} has no GVariant`);
    }

    if (value === null)
        return GLib.Variant.new_maybe(GLib.VariantType.new('v'), null);
    if (value instanceof GLib.Variant)
        return value;
    if (value instanceof GLib.Bytes)
        return newBytes(value);
    if (value instanceof Cfut.Buffer || value instanceof Uint8Array)
        return lendBytes(value) ?? newBytes(new GLib.Bytes(value));
    if (Array.isArray(value) || ArrayBuffer.isView(value))
        return new GLib.Variant('av', Array.from(value, inferVariant));

    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return new GLib.Variant('a{sv}',
        Object.fromEntries(entries.map(([key, item]) => [key, inferVariant(item)])));
}

// The value of a result. Bytes that are a value from JavaScript become that.
function fromVariant(variant) {
    switch (variant.get_type_string()) {
    case '()':
        return undefined;
    case 'v':
        return fromVariant(variant.get_variant());
    case 'ay': {
        const bytes = variant.get_data_as_bytes().toArray();
        return isEncoded(bytes) ? decode(bytes) : bytes;
    }
    case 'av': {
        const values = [];
        for (let i = 0; i < variant.n_children(); i++)
            values.push(fromVariant(variant.get_child_value(i)));
        return values;
    }
    default:
        return variant.recursiveUnpack();
    }
}

// The values of an array of results.
function toValues(variant) {
    if (/^a[bynqiuxtds]$/.test(variant.get_type_string()))
        return Array.from(variant.deepUnpack());

    const values = [];
    for (let i = 0; i < variant.n_children(); i++)
        values.push(fromVariant(variant.get_child_value(i)));
    return values;
}

return {newBytes, toArguments, inferVariant, fromVariant, toValues};
})();
