#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Sums up the results of `meson test`, counting the subtests of TAP tests.

Takes testlog.json files, prints "N passed, N failed" as its last line and
exits with 1 if a test failed or if there was none. An empty argument stands
for a run that gave no results, which is a failure.
"""

import json
import re
import sys

TAP_LINE = re.compile(r'^(not )?ok\b(?P<rest>.*)$', re.MULTILINE)
SKIP = re.compile(r'#\s*(skip|todo)', re.IGNORECASE)


def subtests(stdout):
    """Returns the passed, failed and skipped top-level lines of TAP."""
    passed = failed = 0
    skipped = []
    for line in TAP_LINE.finditer(stdout):
        if SKIP.search(line['rest']):
            skipped.append(line['rest'].strip())
        elif line[1]:
            failed += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    passed = failed = 0
    bad = []
    skips = []
    for path in sys.argv[1:]:
        if not path:
            failed += 1
            bad.append('a run of tests that gave no results')
            continue
        with open(path, encoding='utf-8') as log:
            tests = [json.loads(line) for line in log if line.strip()]
        for test in tests:
            ok, not_ok, skipped = subtests(test.get('stdout') or '')
            good = test['result'] in ('OK', 'EXPECTEDFAIL')
            if test['result'] == 'SKIP':
                skips.append(test['name'])
                continue
            if good and not ok and not not_ok and not skipped:
                ok = 1                      # not a TAP test
            if not good:
                bad.append(f'{test["name"]}: {test["result"]}')
                not_ok = max(not_ok, 1)     # it may have died between subtests
            passed += ok
            failed += not_ok
            skips += [f'{test["name"]}: {rest}' for rest in skipped]

    print()
    for name in skips:
        print(f'skipped: {name}')
    for name in bad:
        print(f'failed: {name}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
