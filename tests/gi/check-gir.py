#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks a GIR for what the scanner lets pass and a binding would stumble over.

    check-gir.py GIR NOT-INTROSPECTABLE

NOT-INTROSPECTABLE is the list of C symbols that bindings do not see. Prints
TAP.
"""

import pathlib
import sys
import xml.etree.ElementTree as ET

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

CONTAINERS = ('class', 'interface', 'record', 'union')
TYPES = CONTAINERS + ('bitfield', 'enumeration', 'callback', 'alias', 'constant')
CALLABLES = ('constructor', 'method', 'function')
MEMBERS = CALLABLES + ('property', 'virtual-method')

# Names that a language gives a meaning of its own: an introspected `then` makes
# a JavaScript `await` spin for ever.
FORBIDDEN = {'then', 'await', 'catch', 'finally', 'yield', 'throw', 'lock'}
# Containers that bindings copy element by element, or cannot map at all.
UNWELCOME = {'GLib.List', 'GLib.SList', 'GLib.PtrArray', 'GLib.Array', 'GLib.HashTable'}


class Gir:
    def __init__(self, path):
        self.namespace = ET.parse(path).getroot().find(CORE + 'namespace')
        self.callbacks = {node.get('name'): node for node in self.namespace.iter(CORE + 'callback')}

    def symbols(self):
        """Yields (name, node, parent) of all that is public."""
        for kind in TYPES + ('function',):
            for node in self.namespace.findall(CORE + kind):
                name = node.get(C + 'identifier') or node.get(C + 'type')
                yield name, node, self.namespace
                if node.get(GLIB + 'is-gtype-struct-for') or kind not in TYPES:
                    continue
                for member in node:
                    if member.tag.removeprefix(CORE) in MEMBERS:
                        yield (member.get(C + 'identifier') or f'{name}:{member.get("name")}',
                               member, node)
                for signal in node.findall(GLIB + 'signal'):
                    yield f'{name}::{signal.get("name")}', signal, node

    def callables(self):
        for name, node, parent in self.symbols():
            if node.tag.removeprefix(CORE) in CALLABLES and node.get('introspectable') != '0':
                yield name, node, parent

    def callback_of(self, parameter):
        """Returns the callback type of a parameter, by name, or None."""
        kind = parameter.find(CORE + 'type')
        name = kind.get('name') if kind is not None else None
        if name in self.callbacks or name in ('GLib.SourceFunc', 'GLib.Func', 'Gio.AsyncReadyCallback'):
            return name
        return None


def parameters(node):
    return node.findall(f'{CORE}parameters/{CORE}parameter')


def type_of(node):
    kind = node.find(CORE + 'type')
    return kind.get('name') if kind is not None else None


def hidden_is_listed(gir, listed):
    """What bindings do not see is what the list has"""
    found = {name for name, node, _ in gir.symbols() if node.get('introspectable') == '0'}
    for name in sorted(found - listed):
        yield f'{name} is not introspectable'
    for name in sorted(listed - found):
        yield f'{name} is introspectable, or gone'


def names_are_allowed(gir, _):
    """No method has a name that some language keeps for itself"""
    for name, node, _ in gir.callables():
        if node.get('name') in FORBIDDEN:
            yield f'{name} is called {node.get("name")}'


def properties_are_no_methods(gir, _):
    """No property is called like a method of its class"""
    for node in gir.namespace.findall(CORE + 'class'):
        methods = {method.get('name') for method in node.findall(CORE + 'method')}
        for prop in node.findall(CORE + 'property'):
            if prop.get('name').replace('-', '_') in methods:
                yield f'{node.get("name")}:{prop.get("name")}'


def async_has_finish(gir, _):
    """Each x_async ends in cancellable, callback and data, and has an x_finish"""
    by_name = {}
    for name, node, parent in gir.callables():
        by_name[parent, node.get('name')] = (name, node)
    for (parent, short), (name, node) in by_name.items():
        if short.endswith('_finish'):
            if (parent, short.removesuffix('_finish') + '_async') not in by_name:
                yield f'{name} has no _async'
            if 'Gio.AsyncResult' not in [type_of(p) for p in parameters(node)]:
                yield f'{name} takes no GAsyncResult'
            continue
        takes_callback = 'Gio.AsyncReadyCallback' in [type_of(p) for p in parameters(node)]
        if not short.endswith('_async'):
            if takes_callback:
                yield f'{name} takes a GAsyncReadyCallback and is no _async'
            continue
        if (parent, short.removesuffix('_async') + '_finish') not in by_name:
            yield f'{name} has no _finish'
        if type_of(node.find(CORE + 'return-value')) != 'none':
            yield f'{name} returns something'
        last = parameters(node)[-3:]
        if [type_of(p) for p in last] != ['Gio.Cancellable', 'Gio.AsyncReadyCallback', 'gpointer']:
            yield f'{name} does not end in cancellable, callback, user_data'
        elif last[1].get('scope') != 'async' or last[1].get('closure') is None:
            yield f'{name}: the callback needs (scope async) and (closure user_data)'
        elif not all(p.get('nullable') == '1' for p in last):
            yield f'{name}: cancellable, callback and data must be nullable'


def callbacks_are_owned(gir, _):
    """Each callback parameter tells how long it lives, and who frees its data"""
    for name, node, _ in gir.callables():
        for parameter in parameters(node):
            if gir.callback_of(parameter) is None:
                continue
            scope = parameter.get('scope')
            where = f'{name} ({parameter.get("name")})'
            if scope not in ('async', 'call', 'notified'):
                yield f'{where} has scope {scope}'
            elif parameter.get('closure') is None:
                yield f'{where} has no closure'
            elif scope == 'notified' and parameter.get('destroy') is None:
                yield f'{where} has no destroy'


def callbacks_return_no_pointers(gir, _):
    """No introspected callback returns a pointer: GJS 1.74 crashes on it"""
    for name, node in gir.callbacks.items():
        if node.get('introspectable') == '0' or node not in list(gir.namespace):
            continue
        returned = node.find(CORE + 'return-value')
        kind = returned.find(CORE + 'type')
        if kind is None or (kind.get(C + 'type') or '').endswith('*') or kind.get('name') == 'gpointer':
            yield f'{name}'


def containers_are_welcome(gir, _):
    """No list, pointer array or hash table, and no varargs"""
    for name, node, _ in gir.callables():
        for part in [node.find(CORE + 'return-value'), *parameters(node)]:
            if type_of(part) in UNWELCOME or part.find(CORE + 'varargs') is not None:
                yield name


def all_tell_since_when(gir, _):
    """Each symbol tells since which version it is there"""
    for name, node, parent in gir.symbols():
        if node.get('version') is None and not node.get(GLIB + 'is-gtype-struct-for'):
            if node.tag != CORE + 'virtual-method' and not (name or '').endswith(('_get_type', '_quark')):
                yield f'{name} has no Since'


CHECKS = [
    hidden_is_listed,
    names_are_allowed,
    properties_are_no_methods,
    async_has_finish,
    callbacks_are_owned,
    callbacks_return_no_pointers,
    containers_are_welcome,
    all_tell_since_when,
]


def main():
    gir = Gir(sys.argv[1])
    listed = set(pathlib.Path(sys.argv[2]).read_text(encoding='utf-8').split())
    failed = 0
    print(f'1..{len(CHECKS)}')
    for number, check in enumerate(CHECKS, 1):
        problems = list(check(gir, listed))
        failed += bool(problems)
        print(f'{"not " if problems else ""}ok {number} - {check.__doc__}')
        for problem in problems:
            print(f'# {problem}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
