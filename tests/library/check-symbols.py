#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares what a shared library exports with the list that is checked in.

    check-symbols.py LIST LIBRARY HEADER...

The headers must declare as exported what the list has. Prints TAP. A new
symbol is added to the list by hand: from then on it is a promise.
"""

import difflib
import pathlib
import re
import subprocess
import sys

DECLARED = re.compile(r'^CFUT_AVAILABLE_IN_ALL\s+(?P<rest>[^;{]*?\))', re.DOTALL | re.MULTILINE)
DECLARE_TYPE = re.compile(r'G_DECLARE_\w+_TYPE\s*\(\s*\w+\s*,\s*(\w+)')


def exported(library):
    output = subprocess.run(['nm', '--dynamic', '--defined-only', '--format=posix', library],
                            check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[0] for line in output.splitlines() if line)


def declared(headers):
    names = set()
    for header in headers:
        text = pathlib.Path(header).read_text(encoding='utf-8')
        for match in DECLARED.finditer(text):
            rest = match['rest']
            type_name = DECLARE_TYPE.match(rest)
            if type_name:
                names.add(type_name[1] + '_get_type')
            else:
                names.add(re.search(r'(\w+)\s*\(', rest)[1])
    return sorted(names)


def report(number, what, listed, found):
    differences = [line for line in difflib.unified_diff(listed, found, 'listed', what, n=0, lineterm='')
                   if not line.startswith('@@')]
    print(f'{"not " if differences else ""}ok {number} - the list is what is {what}')
    for line in differences:
        print(f'# {line}')
    return not differences


def main():
    list_file, library, *headers = sys.argv[1:]
    listed = pathlib.Path(list_file).read_text(encoding='utf-8').split()
    results = [
        report(1, 'sorted', listed, sorted(set(listed))),
        report(2, 'exported', listed, exported(library)),
        report(3, 'declared', listed, declared(headers)),
    ]
    print(f'1..{len(results)}')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
