// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The calls of one turn of JavaScript, in batches.
//
// A crossing into C costs more than all else that there is to do for a small call. So
// the first call of a turn is submitted at once, and tells whether the executor takes
// calls; those that follow are collected, and submitted together when there are many,
// when the turn ends, and before anything that could see that they are not there.
//
// One that is refused then starts again alone, and its promise tells what comes of it.

var {submitSoon, flush} = (() => {

const {pushTexts} = imports.overrides.cfut.completions;

// So few that workers begin early.
const BATCH = 64;
// Such texts need no company, and nobody is to wait until they are written.
const LARGE_TEXT = 4096;

// The executor that has taken the first call of the turn.
let open = null;
// One call each, all of the same function of it.
let name = null;
let startAlone = null;
let texts = [];
let entries = [];

function submitAll() {
    const executor = open;
    const refused = startAlone;
    const [theTexts, theEntries] = [texts, entries];
    texts = [];
    entries = [];

    const n = pushTexts(executor, name, theTexts, theEntries);
    if (n < theTexts.length)
        open = null;
    for (let i = n; i < theTexts.length; i++) {
        try {
            refused(executor, {name, text: theTexts[i]}, null, theEntries[i]);
        } catch (error) {
            theEntries[i].reject(error);
        }
    }
}

// Submits what was collected; the next call is the first of a turn again.
function flush() {
    if (texts.length > 0)
        submitAll();
    open = null;
}

function belongs(executor, call, options, start) {
    return executor === open && options === null && call.text !== undefined &&
        call.text.length < LARGE_TEXT && start === startAlone && call.name === name;
}

// Starts a call at once, which throws if it is refused, or with others. Whether those
// may be told later than it must be asked of each executor.
function submitSoon(executor, call, options, entry, start, mayTellLater) {
    if (belongs(executor, call, options, start)) {
        texts.push(call.text);
        entries.push(entry);
        if (texts.length === BATCH)
            submitAll();
        return;
    }

    flush();
    start(executor, call, options, entry);
    if (call.text !== undefined && mayTellLater(executor)) {
        open = executor;
        ({name} = call);
        startAlone = start;
        Promise.resolve().then(flush);
    }
}

return {submitSoon, flush};
})();
