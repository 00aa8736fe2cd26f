#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs what a page shows in Python, JavaScript and Vala.

    check-bindings.py --module=FILE [--python=PROGRAM] [--gjs=PROGRAM]
                      [--valac=PROGRAM --vapi=FILE] --libdir=DIR --include=DIR... PAGE.md

The blocks of one language are one program. It runs where MODULE is called
functions.so, and if blocks without a language follow, which show how it is run,
it must begin by printing what these say. Prints TAP.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LANGUAGES = {'python': 'py', 'js': 'js', 'vala': 'vala'}


def read_programs(text):
    """Returns the source and the expected beginning of the output, by language."""
    programs = {}
    language = None
    for match in re.finditer(r'^```(\w*)\n(.*?)^```', text, re.MULTILINE | re.DOTALL):
        if match[1] in LANGUAGES:
            language = match[1]
            programs.setdefault(language, ['', ''])[0] += match[2] + '\n'
        elif language is not None and match[1] == '':
            # What is behind the last command.
            programs[language][1] += match[2].split('$ ')[-1].split('\n', 1)[1]
    return programs


def command_for(language, source, options):
    if language == 'python':
        return [options.python, source]
    if language == 'js':
        return [options.gjs, '-m', source]
    program = source.with_suffix('')
    flags = [f'-I{path}' for path in options.include] + [f'-L{options.libdir}', '-lcfut-1', '-w']
    subprocess.run([options.valac, '--pkg=gio-2.0', options.vapi,
                    *[word for flag in flags for word in ('-X', flag)], f'--output={program}', source],
                   check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return [program]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--module', required=True)
    parser.add_argument('--python')
    parser.add_argument('--gjs')
    parser.add_argument('--valac')
    parser.add_argument('--vapi')
    parser.add_argument('--libdir', required=True)
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('page', type=pathlib.Path)
    options = parser.parse_args()
    tools = {'python': options.python, 'js': options.gjs, 'vala': options.valac}

    programs = read_programs(options.page.read_text(encoding='utf-8'))
    failed = 0
    print(f'1..{len(programs)}', flush=True)
    for number, (language, (source, expected)) in enumerate(programs.items(), 1):
        title = f'The {language} of {options.page.name} runs'
        if tools[language] is None:
            print(f'ok {number} - {title} # SKIP there is no {language}')
            continue
        with tempfile.TemporaryDirectory(prefix='cfut-bindings-') as scratch:
            path = pathlib.Path(scratch) / f'program.{LANGUAGES[language]}'
            path.write_text(source, encoding='utf-8')
            shutil.copy(options.module, pathlib.Path(scratch) / 'functions.so')
            try:
                run = subprocess.run(command_for(language, path, options), cwd=scratch, timeout=60,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                     check=True)
                output, good = run.stdout, run.stdout.startswith(expected)
            except subprocess.CalledProcessError as error:
                output, good = error.stdout, False
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {title}')
        if not good:
            for line in output.splitlines()[-30:]:
                print(f'# {line}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
