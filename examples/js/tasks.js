// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The functions of the examples beside this: what workers run.

import Cfut from 'gi://Cfut?version=1';

// How many primes there are below a limit.
export function countPrimes(limit) {
    let found = 0;
    for (let n = 2; n < limit; n++) {
        let isPrime = true;
        for (let d = 2; isPrime && d * d <= n; d++)
            isPrime = n % d !== 0;
        found += isPrime ? 1 : 0;
    }
    return found;
}

// Turns the colours of an image around, byte by byte.
export function invert({width, height, pixels}) {
    return {width, height, pixels: pixels.map(value => 255 - value)};
}

// Works for long, tells how far it is, and stops when it should.
export function simulate(steps) {
    const call = Cfut.currentCall;
    let state = 1;
    for (let step = 0; step < steps; step++) {
        call.throwIfCancelled();
        for (let i = 0; i < 1e5; i++)
            state = (state * 48271) % 2147483647;
        call.setProgress((step + 1) / steps, `Step ${step + 1}`);
    }
    return state;
}

export function parse(text) {
    return JSON.parse(text);
}

export function countLetters(letters) {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < letters.length; i++)
        counts[letters[i] - 97]++;
    return counts;
}
