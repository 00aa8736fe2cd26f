#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Writes the type stubs of a namespace for Python's type checkers.

    make-stubs.py Cfut-1.gir [OVERRIDE.pyi] > Cfut.pyi

The GIR tells what the C library has. What an override adds or changes is in
OVERRIDE.pyi, in the same form: the methods of a class there come in the place
of those in the GIR, and what is there and not in the GIR is added.
"""

import ast
import keyword
import sys
import xml.etree.ElementTree as ET

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

SIMPLE = {
    'none': 'None', 'gboolean': 'bool', 'utf8': 'str', 'filename': 'str', 'gpointer': 'object',
    'gint': 'int', 'guint': 'int', 'gint8': 'int', 'guint8': 'int', 'gint16': 'int', 'guint16': 'int',
    'gint32': 'int', 'guint32': 'int', 'gint64': 'int', 'guint64': 'int', 'glong': 'int', 'gulong': 'int',
    'gsize': 'int', 'gssize': 'int', 'gfloat': 'float', 'gdouble': 'float', 'GType': 'GObject.GType',
    'GObject.Value': 'Any', 'GObject.Closure': 'Callable[..., Any]', 'GLib.Error': 'GLib.Error',
}


def first(node, *names):
    for name in names:
        found = node.find(CORE + name)
        if found is not None:
            return found
    return None


class Namespace:
    def __init__(self, path, generic):
        self.generic = generic
        self.node = ET.parse(path).getroot().find(CORE + 'namespace')
        self.name = self.node.get('name')
        self.callbacks = {node.get('name'): node for node in self.node.findall(CORE + 'callback')}

    # ---- Types

    def type_name(self, name):
        if name in SIMPLE:
            return SIMPLE[name]
        if name in self.callbacks:
            return self.callback(self.callbacks[name])
        if name == 'Gio.AsyncReadyCallback':
            return 'Callable[..., None]'
        if '.' not in name and self.node.find(f'*[@name="{name}"]') is None:
            return 'Any'
        return f'{name}[Any]' if name in self.generic else name

    def callback(self, node):
        arguments = [self.type_of(parameter) for parameter in self.parameters(node)
                     if parameter.get('closure') is None and parameter.get('name') != 'user_data']
        return f'Callable[[{", ".join(arguments)}], {self.result(node)}]'

    def type_of(self, node, is_input=False):
        array = first(node, 'array')
        if array is not None:
            element = first(array, 'type').get('name')
            if element == 'guint8':
                text = 'bytes'
            else:
                text = f'{"Sequence" if is_input else "list"}[{self.type_name(element)}]'
        else:
            kind = first(node, 'type')
            text = self.type_name(kind.get('name')) if kind is not None else 'Any'
        is_out = node.get('direction') == 'out'
        if node.get('nullable') == '1' or (node.get('allow-none') == '1' and not is_out):
            text += ' | None'
        return text

    # ---- Functions

    @staticmethod
    def parameters(node):
        parameters = first(node, 'parameters')
        return parameters.findall(CORE + 'parameter') if parameters is not None else []

    def result(self, node):
        """The result and the out parameters, which PyGObject makes one of."""
        skipped = self.lengths(node)
        parts = [] if first(node, 'return-value') is None else [self.type_of(first(node, 'return-value'))]
        if parts == ['None']:
            parts = []
        parts += [self.type_of(parameter) for index, parameter in enumerate(self.parameters(node))
                  if parameter.get('direction') in ('out', 'inout') and index not in skipped]
        if len(parts) > 1:
            return f'tuple[{", ".join(parts)}]'
        return parts[0] if parts else 'None'

    def lengths(self, node):
        """The parameters that PyGObject fills in: lengths, user data, destroys."""
        hidden = set()
        for part in [*self.parameters(node), first(node, 'return-value')]:
            if part is None:
                continue
            array = first(part, 'array')
            if array is not None and array.get('length') is not None:
                hidden.add(int(array.get('length')))
            if part.get('destroy') is not None:
                hidden.add(int(part.get('destroy')))
        return hidden

    def function(self, node, indent='', owner=None):
        if node.get('introspectable') == '0':
            return None
        name = node.get('shadows') or node.get('name')
        if node.get('shadowed-by') is not None or keyword.iskeyword(name):
            return None

        hidden = self.lengths(node)
        parameters = self.parameters(node)
        closures = {int(parameter.get('closure')) for parameter in parameters
                    if parameter.get('closure') is not None}
        # What may be None may be left out, if nothing that may not follows.
        arguments = []
        may_omit = True
        for index in reversed(range(len(parameters))):
            parameter = parameters[index]
            if index in hidden or parameter.get('direction') == 'out':
                continue
            if index in closures:
                arguments.insert(0, 'user_data: Any' if arguments else '*user_data: Any')
                may_omit = may_omit and len(arguments) == 1
                continue
            text = f'{parameter.get("name")}: {self.type_of(parameter, True)}'
            may_omit = may_omit and text.endswith('| None')
            arguments.insert(0, text + ' = ...' if may_omit else text)

        decorator = ''
        if owner is not None:
            if node.tag in (CORE + 'function', CORE + 'constructor'):
                decorator = f'{indent}@staticmethod\n'
            else:
                arguments.insert(0, 'self')
        result = owner if node.tag == CORE + 'constructor' else self.result(node)
        return f'{decorator}{indent}def {name}({", ".join(arguments)}) -> {result}: ...'

    # ---- Classes

    def enumeration(self, node):
        is_error = node.get(GLIB + 'error-domain') is not None
        base = 'GObject.GFlags' if node.tag == CORE + 'bitfield' else 'int' if is_error else 'GObject.GEnum'
        lines = [f'class {node.get("name")}({base}):']
        for member in node.findall(CORE + 'member'):
            lines.append(f'    {member.get("name").upper()}: {node.get("name")}')
        return {'': lines[0]} | {line.split(':')[0].strip(): line for line in lines[1:]}

    def parent(self, node):
        parent = node.get('parent')
        if parent is None:
            return 'GObject.GBoxed'
        return parent

    def properties(self, node):
        """The properties that a constructor takes, those of the parents too."""
        parent = node.get('parent')
        inherited = {}
        if parent is not None and '.' not in parent:
            inherited = self.properties(self.node.find(f'{CORE}class[@name="{parent}"]'))
        return inherited | {item.get('name').replace('-', '_'): item
                            for item in node.findall(CORE + 'property')}

    def members(self, node):
        name = node.get('name')
        members = {'': f'class {name}({self.parent(node)}):'}
        if node.tag == CORE + 'class':
            properties = self.properties(node)
            parent = node.get('parent')
            inherited = '.' not in parent and len(properties) > len(node.findall(CORE + 'property'))
            arguments = [f'{key}: {self.type_of(item)} = ...' for key, item in properties.items()
                         if item.get('writable') == '1']
            if arguments or node.find(CORE + 'constructor') is not None:
                star = ['*'] if arguments else []
                members['__init__'] = f'    def __init__({", ".join(["self", *star, *arguments])}) -> None: ...'
            own = node.findall(CORE + 'property')
            if own:
                base = f'({parent}.Props)' if inherited else ''
                lines = [f'{item.get("name").replace("-", "_")}: {self.type_of(item)}' for item in own]
                members['props'] = '\n        '.join([f'    class Props{base}:', *lines])
                members['props'] += '\n    @property\n    def props(self) -> Props: ...'
        for child in node:
            if child.tag in (CORE + 'method', CORE + 'function', CORE + 'constructor'):
                text = self.function(child, '    ', name)
                if text is not None:
                    members[child.get('shadows') or child.get('name')] = text
        return members

    def items(self):
        """Everything, in the order of the GIR: name -> its members, or its text."""
        for node in self.node:
            name = node.get('name')
            if node.get('introspectable') == '0' or node.get(GLIB + 'is-gtype-struct-for') is not None:
                continue
            if node.tag in (CORE + 'enumeration', CORE + 'bitfield'):
                yield name, self.enumeration(node)
            elif node.tag in (CORE + 'class', CORE + 'record'):
                yield name, self.members(node)
            elif node.tag == CORE + 'function':
                text = self.function(node)
                if text is not None:
                    yield name, text
            elif node.tag == CORE + 'constant':
                yield name, f'{name}: {self.type_of(node)}'


def read_overrides(path):
    """The imports, and the items as Namespace.items() gives them."""
    with open(path, encoding='utf-8') as file:
        source = file.read()
    lines = source.split('\n')

    def text_of(node):
        start = min([node.lineno, *(item.lineno for item in getattr(node, 'decorator_list', []))])
        return '\n'.join(lines[start - 1:node.end_lineno])

    def name_of(node):
        if isinstance(node, (ast.AnnAssign, ast.Assign)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            return target.id
        return getattr(node, 'name', None)

    imports, items = [], {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(text_of(node))
        elif isinstance(node, ast.ClassDef):
            head = text_of(node).split('\n')[0]
            members = items.setdefault(node.name, {'': head})
            for child in node.body:
                if name_of(child) is not None:
                    # Overloads of one method belong together.
                    known = members.get(name_of(child))
                    members[name_of(child)] = f'{known}\n{text_of(child)}' if known else text_of(child)
        elif name_of(node) is not None:
            known = items.get(name_of(node))
            items[name_of(node)] = f'{known}\n{text_of(node)}' if known else text_of(node)
    return imports, items


def main():
    imports, overrides = read_overrides(sys.argv[2]) if len(sys.argv) > 2 else ([], {})
    generic = {name for name, item in overrides.items() if isinstance(item, dict) and 'Generic[' in item['']}
    namespace = Namespace(sys.argv[1], generic)
    items = dict(namespace.items())
    for name, item in overrides.items():
        known = items.get(name)
        if isinstance(item, dict) and isinstance(known, dict):
            # The head of the class too: an override may add a type parameter.
            items[name] = known | item
        else:
            items[name] = item

    print(f'# The types of {namespace.name}, generated by make-stubs.py; do not edit.\n')
    print('from collections.abc import Callable, Sequence\nfrom typing import Any\n')
    print('from gi.repository import Gio, GLib, GObject')
    for line in imports:
        print(line)
    for name in [name for name in items if name.startswith('_') and not isinstance(items[name], dict)]:
        print(items.pop(name))
    for item in items.values():
        print()
        if isinstance(item, dict):
            lines = list(item.values())
            if len(lines) == 1 and lines[0].endswith(':'):
                lines = [lines[0] + ' ...']
            print('\n'.join(lines))
        else:
            print(item)


if __name__ == '__main__':
    main()
