#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The type stubs against the module that they tell of, and against a checker.

    test-stubs.py Cfut.pyi
"""

import ast
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi

gi.require_version('Cfut', '1')
from gi.repository import Cfut, GObject  # noqa: E402

STUBS = pathlib.Path(sys.argv.pop(1))
TYPED = pathlib.Path(__file__).with_name('typed.py')


def read_stubs():
    """The names of the stubs: of each class its members, else None."""
    names = {}
    for node in ast.parse(STUBS.read_text()).body:
        if isinstance(node, ast.ClassDef):
            names[node.name] = {getattr(child, 'name', None) or child.target.id for child in node.body
                                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign))}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names[node.name] = None
        elif isinstance(node, ast.AnnAssign):
            names[node.target.id] = None
    return {name: members for name, members in names.items() if not name.startswith('_')}


class Names(unittest.TestCase):
    def setUp(self):
        self.stubs = read_stubs()

    def test_all_there_is(self):
        for name, members in self.stubs.items():
            # A result has this type, but it has no name in the module.
            if name == 'DoneAndNotDoneFutures':
                continue
            found = getattr(Cfut, name)
            for member in members or ():
                if isinstance(found, type) and issubclass(found, Exception):
                    continue
                # Before Python 3.12 what has a buffer has no method for it.
                if member == '__buffer__' and sys.version_info < (3, 12):
                    continue
                self.assertTrue(hasattr(found, member), f'{name}.{member}')

    def test_all_is_told(self):
        for name in dir(Cfut):
            # The structure of a class is nothing for programs.
            if name.startswith('_') or name.removesuffix('Class') in self.stubs:
                continue
            found = getattr(Cfut, name)
            if isinstance(found, type) and issubclass(found, GObject.Object):
                told = set().union(*(self.stubs.get(class_.__name__) or () for class_ in found.__mro__))
                told.update(dir(GObject.Object))
                missing = {member for member in dir(found)
                           if not member.startswith('_') and not member.startswith('do_')} - told
                # What GObject makes of a virtual function, and of a structure.
                missing -= {'parent_instance', 'priv'}
                self.assertEqual(missing, set(), f'{name} has members that the stubs do not tell of')
            elif not isinstance(found, type(os)):
                self.assertIn(name, self.stubs)


class Checker(unittest.TestCase):
    def test_faults(self):
        if shutil.which('mypy') is None:
            self.skipTest('mypy is not installed')

        with tempfile.TemporaryDirectory() as directory:
            repository = pathlib.Path(directory, 'gi', 'repository')
            repository.mkdir(parents=True)
            (repository.parent / '__init__.pyi').touch()
            (repository / '__init__.pyi').touch()
            for name in ('Gio', 'GLib', 'GObject'):
                (repository / f'{name}.pyi').write_text(
                    'from typing import Any\ndef __getattr__(name: str) -> Any: ...\n')
            shutil.copy(STUBS, repository / 'Cfut.pyi')
            result = subprocess.run(
                ['mypy', '--cache-dir', os.devnull, '--no-error-summary', str(TYPED)],
                env=os.environ | {'MYPYPATH': directory}, stdout=subprocess.PIPE, text=True)

        self.assertNotIn('Cfut.pyi', result.stdout)
        found = {int(line.split(':')[1]) for line in result.stdout.splitlines() if ' error: ' in line}
        marked = {number for number, line in enumerate(TYPED.read_text().splitlines(), 1)
                  if line.endswith('# fault')}
        self.assertEqual(found, marked, result.stdout)


if __name__ == '__main__':
    unittest.main()
