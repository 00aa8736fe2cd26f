#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs examples in JavaScript, which must print what their comments say.

    check-examples.py GJS EXAMPLE.js...

The comment is `$ gjs -m EXAMPLE.js` and the lines of the output behind it. Prints TAP.
"""

import pathlib
import re
import subprocess
import sys


def read_output(source):
    """What the comment at the top says."""
    shown = re.search(r'^//     \$ gjs -m .*\n((?://     .*\n)+)', source, re.MULTILINE)
    return re.sub(r'^//     ', '', shown[1], flags=re.MULTILINE)


def main():
    gjs, *examples = sys.argv[1:]
    failed = 0
    print(f'1..{len(examples)}', flush=True)
    for number, path in enumerate(map(pathlib.Path, examples), 1):
        run = subprocess.run([gjs, '-m', path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=100, check=False)
        good = run.returncode == 0 and run.stdout == read_output(path.read_text(encoding='utf-8'))
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {path.name} prints what it says')
        for line in [] if good else run.stdout.splitlines():
            print(f'# {line}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
