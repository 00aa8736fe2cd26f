#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that the program in the README is the example, and prints what it says.

    check-readme.py README EXAMPLE PROGRAM

PROGRAM is the example, built. Prints TAP.
"""

import pathlib
import re
import subprocess
import sys


def main():
    readme, example, program = sys.argv[1:]
    text = pathlib.Path(readme).read_text(encoding='utf-8')
    source = pathlib.Path(example).read_text(encoding='utf-8')

    block = re.search(r'^```c\n(.*?)^```', text, re.MULTILINE | re.DOTALL)[1]
    same = block.strip() == source[source.index('#include'):].strip()

    claimed = re.search(r'^\$ \./readme\n(.*)\n', text, re.MULTILINE)[1]
    printed = subprocess.run([program], capture_output=True, text=True, check=False).stdout.strip()

    print('1..2')
    print(f'{"ok" if same else "not ok"} 1 - The README has the whole example readme.c')
    print(f'{"ok" if printed == claimed else "not ok"} 2 - It prints what the README says')
    if printed != claimed:
        print(f'# {printed!r} and not {claimed!r}')
    return 0 if same and printed == claimed else 1


if __name__ == '__main__':
    sys.exit(main())
