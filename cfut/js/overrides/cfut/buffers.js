// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Arrays whose memory worker processes can read where it is: those over a
// Cfut.Buffer. In them, and in whatever is made of their ArrayBuffer, nothing is
// copied; to know them again, each ArrayBuffer has the bytes that it is of.

var {extendBuffer, findBytes, viewBytes} = (() => {

const {Cfut} = imports.gi;

// Below this, copying is faster.
const MIN_SHARED = 32768;

const owners = new WeakMap();

// An array of bytes over the memory of a GLib.Bytes.
function viewBytes(bytes) {
    const array = bytes.toArray();
    if (array.length > 0)
        owners.set(array.buffer, bytes);
    return array;
}

// The GLib.Bytes of all the memory that a value lies in, if it need not be copied:
// null otherwise.
function findBytes(value) {
    if (value instanceof Cfut.Buffer)
        return value.get_size() >= MIN_SHARED ? value.dup_bytes() : null;
    if (ArrayBuffer.isView(value) && value.byteLength >= MIN_SHARED)
        return owners.get(value.buffer) ?? null;
    return null;
}

function extendBuffer() {
    // The memory itself: what is written to the array is in the buffer.
    Cfut.Buffer.prototype.toUint8Array = function () {
        return viewBytes(this.dup_bytes());
    };
}

return {extendBuffer, findBytes, viewBytes};
})();
