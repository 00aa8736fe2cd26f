// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The function of calls.js: it runs in worker processes, which import this and
// no windows.

import Cfut from 'gi://Cfut?version=1';

function isPrime(n) {
    for (let i = 2; i * i <= n; i++) {
        if (n % i === 0)
            return false;
    }
    return n >= 2;
}

export function countPrimes(last) {
    let nPrimes = 0;

    for (let n = 1; n <= last; n++) {
        if (n % 1024 === 0) {
            Cfut.currentCall.throwIfCancelled();
            Cfut.currentCall.setProgress(n / last);
        }
        nPrimes += isPrime(n);
    }
    return nPrimes;
}
