#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks the C code that the documentation shows.

    check-snippets.py --cc=COMMAND --include=DIR... --top=DIR [--library=FILE]
                      [--gir=FILE] PAGE.md...

A block of code in a page is one of these:

- after a line `<!-- from examples/x.c -->`, a part of that file, word for word;
  a line with nothing but `…` stands for what is left out. All but this is for C
  only
- a program, with a main() of its own, and a block behind it that shows how it
  is run, `$ ./name`: it is compiled, linked with the library and run, and must
  print what is shown
- anything else, also in the comments of the library, which come from the GIR:
  it must compile, as it is or within a function

Prints TAP.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import xml.etree.ElementTree as ET

CORE = '{http://www.gtk.org/introspection/core/1.0}'

WARNINGS = ['-Werror', '-Wall', '-Wextra', '-Wno-unused', '-Wno-unused-parameter',
            '-Wno-missing-field-initializers', '-Wno-cast-function-type']
# A snippet may call functions of its reader's, and returns what suits it.
LENIENT = ['-Wno-error=implicit-function-declaration', '-Wno-int-conversion',
           '-Wno-maybe-uninitialized', '-Wno-return-type']
# But what a library has must be there.
OURS = re.compile(r'implicit declaration of function .((?:cfut|g|G|CFUT)_\w+)')

# What snippets may take as given.
PRELUDE = '''
#include <cfut/cfut.h>
#include <gmodule.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef __GTK_H__
typedef struct _GtkWidget GtkWidget;
typedef struct _GtkButton GtkButton;
#endif
typedef struct { GCancellable *cancellable; CfutExecutor *executor; } Window;
'''

# Functions to register, unless a snippet has its own.
FUNCTIONS = ('pi', 'square', 'twice')

GIVEN = '''
static gpointer
snippet (CfutExecutor *executor, CfutFuture *future, CfutFuture **futures, gsize n_futures,
         CfutCall *call, CfutPromise *promise, CfutMap *map, CfutStats *stats,
         CfutSubmitOptions *options, CfutWorker *worker, GVariant *arguments,
         GVariant %sitems, guint n_items, GVariant **results, GCancellable *cancellable, GtkWidget *bar, GtkWidget *label,
         GAsyncReadyCallback callback, gpointer user_data, Window *self,
         GError %serror, gint64 n, int argc, char **argv)
{
  guint i = 0;
  {
%s
  }
  return NULL;
}
'''


class Block:
    def __init__(self, where, language, text, origin=None):
        self.where = where
        self.language = language
        self.text = text
        self.origin = origin
        self.session = None     # the console session after a program

    def is_program(self):
        return re.search(r'^main \(', self.text, re.MULTILINE) is not None


def read_blocks(text, where):
    """Yields the blocks of a page or a comment."""
    blocks = []
    lines = text.split('\n')
    origin = None
    start = None
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if start is not None:
            if stripped == '```':
                body = textwrap.dedent('\n'.join(lines[start:number - 1])) + '\n'
                blocks.append(Block(f'{where}:{start}', language, body, origin))
                start = origin = None
        elif stripped.startswith('```'):
            start, language = number, stripped[3:]
        elif match := re.fullmatch(r'<!-- from (\S+) -->', stripped):
            origin = match[1]
        elif stripped:
            origin = None

    for block, following in zip(blocks, blocks[1:]):
        if following.language == '' and re.search(r'^\$ \./', following.text, re.MULTILINE):
            block.session = following.text
    return [block for block in blocks if block.language == 'c' or block.origin]


def read_gir(path):
    """The blocks of the library's comments; each comment once."""
    seen = set()
    for doc in ET.parse(path).getroot().iter(CORE + 'doc'):
        where = f'{doc.get("filename")}:{doc.get("line")}'
        if doc.text not in seen:
            seen.add(doc.text)
            yield from read_blocks(doc.text, where)


def compare(block, top):
    """None, or what is not in the file."""
    source = (top / block.origin).read_text(encoding='utf-8').split('\n')
    place = 0
    for part in re.split(r'^[ \t]*…\n', block.text, flags=re.MULTILINE):
        wanted = part.strip('\n').split('\n')
        # A part of a function is shown without its indentation.
        for at in range(place, len(source) - len(wanted) + 1):
            found = textwrap.dedent('\n'.join(source[at:at + len(wanted)]))
            if found == textwrap.dedent('\n'.join(wanted)):
                place = at + len(wanted)
                break
        else:
            return '\n'.join(wanted)
    return None


def split(text):
    """Divides a snippet into what stands outside of functions and statements."""
    outside, inside, paragraph, in_body = [], [], [], False

    def flush():
        code = '\n'.join(paragraph)
        is_outside = re.match(r'(#|static\b|typedef\b|struct\b|enum\b|G_MODULE_EXPORT\b)', code)
        (outside if is_outside else inside).append(code)
        paragraph.clear()

    for line in text.split('\n'):
        if in_body:
            outside[-1] += '\n' + line
            in_body = line != '}'
        elif line == '{':
            outside.append('\n'.join(paragraph + [line]))
            paragraph.clear()
            in_body = True
        elif line == '':
            flush()
        else:
            paragraph.append(line)
    flush()
    return '\n'.join(outside), '\n'.join(inside)


class Compiler:
    def __init__(self, options, scratch):
        pkg_config = subprocess.run(
            ['pkg-config', '--cflags', '--libs', 'gio-2.0', 'gio-unix-2.0', 'gmodule-no-export-2.0'],
            check=True, capture_output=True, text=True)
        self.command = options.cc + ['-std=gnu11', '-D_GNU_SOURCE', *WARNINGS]
        self.include = [f'-I{path}' for path in options.include]
        self.flags = shlex.split(pkg_config.stdout)
        self.library = options.library and pathlib.Path(options.library).resolve()
        self.scratch = pathlib.Path(scratch)

    def run(self, *arguments, source):
        command = [*self.command, *self.include, '-x', 'c', '-', *arguments, *self.flags]
        return subprocess.run(command, input=source, capture_output=True, text=True, check=False)

    def check(self, code):
        """None, or what the compiler says of a snippet."""
        code = re.sub(r'^[ \t]*…$', '', code, flags=re.MULTILINE)
        outside, inside = split(code)
        begin = PRELUDE + '\n'.join(
            f'extern GVariant *{name} (CfutCall *, GVariant *, gpointer, GError **);'
            for name in FUNCTIONS if not re.search(rf'^{name} \(', code, re.MULTILINE)) + '\n'
        sources = [begin + outside]
        if inside.strip():
            # Some are of a function that is given an error, some have their own; and
            # items may be one array, or an array of them.
            sources = [begin + outside + GIVEN % (items, error, inside)
                       for items in ('*', '**') for error in ('*', '**')]
        complaints = []
        for source in sources:
            run = self.run('-fsyntax-only', *LENIENT, source=source)
            if run.returncode == 0 and not OURS.search(run.stderr):
                return None
            complaints.append(run.stderr)
        return min(complaints, key=len)

    def play(self, code, session):
        """None, or how a program does not do what the session shows."""
        wanted = re.search(r'^\$ \./(\S+)(.*)\n((?:[^$\n].*\n)*)', session, re.MULTILINE)
        if wanted is None:
            return 'the next block does not show how it is run'
        program = pathlib.Path(tempfile.mkdtemp(dir=self.scratch)) / wanted[1]
        run = self.run(f'-L{self.library.parent}', f'-Wl,-rpath,{self.library.parent}',
                       '-o', str(program), '-lcfut-1', '-lm', source=code)
        if run.returncode != 0:
            return run.stderr
        # The library must not come from elsewhere.
        run = subprocess.run([program, *shlex.split(wanted[2])], capture_output=True, text=True,
                             env=os.environ | {'LD_LIBRARY_PATH': str(self.library.parent)},
                             check=False, timeout=60)
        if run.stdout != wanted[3]:
            return f'it printed:\n{run.stdout}{run.stderr}'
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cc', type=shlex.split, required=True)
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('--top', type=pathlib.Path, required=True)
    parser.add_argument('--library')
    parser.add_argument('--gir')
    parser.add_argument('pages', nargs='+', type=pathlib.Path)
    options = parser.parse_args()

    blocks = []
    for page in options.pages:
        blocks += read_blocks(page.read_text(encoding='utf-8'), page.name)
    if options.gir:
        blocks += read_gir(options.gir)

    # A page that is not in the list is not in the manual either.
    pages = {page.resolve() for page in options.pages}
    unlisted = set((options.top.resolve() / 'docs').glob('*.md')) - pages
    if unlisted:
        print(f'Bail out! Not in docs/meson.build: {sorted(page.name for page in unlisted)}')
        return 1

    cases = []
    with tempfile.TemporaryDirectory(prefix='cfut-snippets-') as scratch, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
        compiler = Compiler(options, scratch)
        for block in blocks:
            if block.origin is not None:
                cases.append((f'is a part of {block.origin}', block,
                              executor.submit(compare, block, options.top)))
            if options.library and block.is_program() and block.session is not None:
                cases.append(('does what is shown', block,
                              executor.submit(compiler.play, block.text, block.session)))
            elif block.origin is None:
                cases.append(('compiles', block, executor.submit(compiler.check, block.text)))

        failed = 0
        print(f'1..{len(cases)}')
        for number, (claim, block, future) in enumerate(cases, 1):
            problem = future.result()
            failed += problem is not None
            print(f'{"not ok" if problem is not None else "ok"} {number} - {block.where} {claim}')
            for line in (problem or '').splitlines()[:20]:
                print(f'# {line}')
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
