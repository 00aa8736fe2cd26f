// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* The functions that Node's pools call, as each of them wants to find them. */

const empty = () => 0;
const increment = argument => argument + 1;
const echo = data => data;

module.exports = {empty, increment, echo};

// The workers of workerpool register their functions themselves.
if (process.env.CFUT_BENCH_PEER === 'workerpool') {
    const {createRequire} = require('node:module');
    createRequire(`${process.env.CFUT_BENCH_MODULES}/`)('workerpool').worker(module.exports);
}
