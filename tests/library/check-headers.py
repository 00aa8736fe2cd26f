#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compiles each public header by itself, as C and as C++.

    check-headers.py --cc=COMMAND [--cxx=COMMAND] --include=DIR... HEADER...

Headers lie below one of the include directories, and are included by their name
from there. All but cfut/cfut.h must refuse to be included directly. Prints TAP.
"""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys

WARNINGS = ['-Werror', '-Wall', '-Wextra', '-Wundef', '-Wno-unused-parameter']
LANGUAGES = {
    'C': ('cc', ['-x', 'c', '-std=gnu11', '-Wstrict-prototypes', '-Wold-style-definition']),
    'C99': ('cc', ['-x', 'c', '-std=c99', '-Wpedantic', '-Wno-overlength-strings']),
    'C++': ('cxx', ['-x', 'c++', '-std=c++17']),
}
UMBRELLA = 'cfut/cfut.h'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cc', type=shlex.split, required=True)
    parser.add_argument('--cxx', type=shlex.split)
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('headers', nargs='+')
    options = parser.parse_args()
    include = sorted((os.path.realpath(path) for path in options.include),
                     key=len, reverse=True)         # a build directory may lie in the source
    pkg_config = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'],
                                check=True, capture_output=True, text=True)
    flags = shlex.split(pkg_config.stdout) + [f'-I{path}' for path in include]

    def compiles(compiler, header, extra):
        # Twice, so that an include guard that is missing is noticed.
        source = f'#include <{header}>\n#include <{header}>\nextern int not_empty;\n'
        command = compiler + ['-fsyntax-only', *WARNINGS, *extra, *flags, '-']
        return subprocess.run(command, input=source, capture_output=True, text=True)

    cases = []
    for path in map(os.path.realpath, options.headers):
        header = next(path.removeprefix(directory + '/') for directory in include
                      if path.startswith(directory + '/'))
        for language, (which, extra) in LANGUAGES.items():
            compiler = getattr(options, which)
            if compiler is None or (language == 'C99' and header != UMBRELLA):
                continue
            if header != UMBRELLA:
                extra = extra + ['-DCFUT_COMPILATION']
            cases.append((f'{header} compiles alone as {language}', True, compiler, header, extra))
        if header != UMBRELLA:
            cases.append((f'{header} refuses to be included directly', False, options.cc, header, ['-x', 'c']))

    failed = 0
    print(f'1..{len(cases)}')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
        futures = [executor.submit(compiles, *case[2:]) for case in cases]
        for number, (case, future) in enumerate(zip(cases, futures), 1):
            run = future.result()
            if case[1]:
                good = run.returncode == 0
            else:
                good = 'can be included directly' in run.stderr
            failed += not good
            print(f'{"" if good else "not "}ok {number} - {case[0]}')
            if not good:
                for line in run.stderr.splitlines()[:20]:
                    print(f'# {line}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
