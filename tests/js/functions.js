// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests run in workers.

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

export const notAFunction = 5;

let greeting = 'none';

export function twice(number) {
    return 2 * number;
}

export function echo(...values) {
    return values;
}

export function same(value) {
    return value;
}

export async function later(ms, value) {
    await new Promise(resolve => setTimeout(resolve, ms));
    return value;
}

export function getPid() {
    return new Gio.Credentials().get_unix_pid();
}

export function sum(bytes) {
    return bytes.reduce((total, byte) => total + byte, 0);
}

export function makeBytes(length) {
    return {name: 'made', bytes: new Uint8Array(length).fill(7)};
}

export class OddError extends Error {
    get name() {
        return 'OddError';
    }
}

export function fail(message) {
    throw new RangeError(message);
}

export async function failLater(message) {
    await later(1);
    throw Object.assign(new OddError(message, {cause: new TypeError('why')}), {detail: [1, 2]});
}

export function failNative() {
    throw new Gio.IOErrorEnum({code: Gio.IOErrorEnum.NOT_FOUND, message: 'No such thing'});
}

export function failWith(value) {
    throw value;
}

export function returnFunction() {
    return () => 1;
}

// Computes for a while.
export function count(n) {
    let found = 0;
    for (let i = 0; i < n; i++)
        found += i % 3;
    return found;
}

const pid = getPid();

// A tenth of a millisecond of it.
export function work(value) {
    const end = GLib.get_monotonic_time() + 100;
    while (GLib.get_monotonic_time() < end);
    return [pid, value];
}

export function spin() {
    while (true);
}

export async function waitForCancel() {
    const call = Cfut.currentCall;
    const cancelled = new Promise(resolve => call.get_cancellable().connect(resolve));
    call.setProgress(0.5, 'Waiting');
    await cancelled;
    call.throwIfCancelled();
}

export function reportProgress(fraction, message) {
    Cfut.currentCall.setProgress(fraction, message);
    return fraction;
}

export function pollForCancel() {
    Cfut.currentCall.setProgress(0.25);
    while (!Cfut.currentCall.is_cancelled());
    Cfut.currentCall.throwIfCancelled();
}

export function die() {
    System.exit(3);
}

export function setGreeting(text) {
    greeting = text;
}

export function failToStart() {
    throw new Error('Not today');
}

export function getGreeting() {
    return greeting;
}

export function getVariable(name) {
    return GLib.getenv(name);
}

export function read(path) {
    return new TextDecoder().decode(GLib.file_get_contents(path)[1]);
}

export function remove(path) {
    Gio.File.new_for_path(path).delete(null);
}

// ---- What lies in memory that is shared

let kept = null;

// Whether an array lies in what came beside the arguments.
function isShared(array) {
    return imports.overrides.cfut.buffers.findBytes(array) !== null;
}

// What the array within a value is.
export function look(value) {
    while (!ArrayBuffer.isView(value))
        [value] = value instanceof Map ? value.values() : Object.values(value);
    return [value.constructor.name, value.length, sum(value), isShared(value)];
}

export function countShared(arrays) {
    return arrays.filter(isShared).length;
}

export function keep(array) {
    kept = array;
}

export function getKept(begin, end) {
    return [...kept.subarray(begin, end)];
}
