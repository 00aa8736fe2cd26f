// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of JavaScript as GVariants of the type that a function declares, and
// back.

var {toVariant, toArguments, inferVariant, fromVariant} = (() => {

const {GLib} = imports.gi;
const {decode, isEncoded} = imports.overrides.cfut.codec;

function childTypes(type) {
    const types = [];
    for (let child = type.first(); child !== null; child = child.next())
        types.push(child);
    return types;
}

// Puts a GVariant where the type has a `v`: GLib.Variant() asks for one there.
function box(type, value) {
    if (value instanceof GLib.Variant)
        return type.is_variant() ? value : value.recursiveUnpack();
    if (type.is_variant())
        return inferVariant(value);
    if (!type.dup_string().includes('v'))
        return value;
    if (type.is_maybe())
        return value === null || value === undefined ? null : box(type.element(), value);
    if (type.is_tuple())
        return childTypes(type).map((child, index) => box(child, value[index]));
    if (type.is_array() && type.element().is_dict_entry()) {
        const child = type.element().value();
        const entries = value instanceof Map ? [...value] : Object.entries(value);
        return Object.fromEntries(entries.map(([key, item]) => [key, box(child, item)]));
    }
    return Array.from(value, item => box(type.element(), item));
}

function toVariant(typeString, value) {
    const type = new GLib.VariantType(typeString);
    if (value instanceof GLib.Variant && value.is_of_type(type))
        return value;
    return new GLib.Variant(typeString, box(type, value));
}

// The arguments of a call: one GVariant of all of them, or a value for each.
function toArguments(typeString, values) {
    const type = new GLib.VariantType(typeString);
    if (values.length === 1 && values[0] instanceof GLib.Variant && values[0].is_of_type(type))
        return values[0];
    if (!type.is_tuple()) {
        if (values.length !== 1)
            throw new TypeError(`The function takes one argument, not ${values.length}`);
        return toVariant(typeString, values[0]);
    }
    if (values.length !== type.n_items())
        throw new TypeError(`The function takes ${type.n_items()} arguments, ${typeString}, not ${values.length}`);
    return toVariant(typeString, values);
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
        return GLib.Variant.new_from_bytes(new GLib.VariantType('ay'), value, true);
    if (value instanceof Uint8Array)
        return GLib.Variant.new_from_bytes(new GLib.VariantType('ay'), new GLib.Bytes(value), true);
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

return {toVariant, toArguments, inferVariant, fromVariant};
})();
