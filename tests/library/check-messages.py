# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that the string literals of C files are ASCII.

A program that does not set its locale prints other characters of a message as
question marks.

usage: check-messages.py DIRECTORY
"""

import pathlib
import re
import sys

TOKEN = re.compile(rb'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
NOT_ASCII = re.compile(rb'[\x80-\xff]|\\x[89A-Fa-f][0-9A-Fa-f]|\\[23][0-7][0-7]|\\[uU]')


def find_literals(source):
    """Yields each string literal of source that is not ASCII, and its line."""
    for token in TOKEN.finditer(source):
        if token[0].startswith(b'"') and NOT_ASCII.search(token[0]):
            yield source.count(b'\n', 0, token.start()) + 1, token[0].decode()


def check_self():
    """The check finds what it is for, and nothing else."""
    source = '/* “a” */ "b" \'"\' // “c”\n"d \\" … e" "\\xe2" "\\342" "\\x20\\040"\n'.encode()
    return [literal for _, literal in find_literals(source)] == ['"d \\" … e"', '"\\xe2"', '"\\342"']


def main(directory):
    print('1..2')
    print('ok' if check_self() else 'not ok', '1 the check itself')

    found = 0
    for path in sorted(pathlib.Path(directory).rglob('*.[ch]')):
        for line, literal in find_literals(path.read_bytes()):
            print(f'# {path}:{line}: {literal}')
            found += 1
    print('not ok' if found else 'ok', '2 string literals are ASCII')

    return found > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
