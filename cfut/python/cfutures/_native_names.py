# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls of functions that are not written in Python, by their names."""

from gi.repository import Cfut, Gio, GLib

from . import _gvariant
from ._native_errors import raise_gerror
from ._native_variants import pack
from ._pickling import PLAIN

_submit_full = Cfut.Executor.submit_full
_submit = Cfut.Executor.submit


def check_callable(function):
    if not callable(function):
        raise TypeError(f'{function!r} is neither callable nor a name')


def is_c_call(args, kwargs):
    """Whether these are the arguments of the function in C: (GVariant,
    GCancellable)."""
    return (len(args) == 2 and not kwargs
            and (args[0] is None or isinstance(args[0], GLib.Variant))
            and (args[1] is None or isinstance(args[1], Gio.Cancellable)))


def make_arguments(executor, name, args, kwargs):
    """The GVariant of a call by name with ordinary values."""
    if kwargs:
        raise TypeError(f'{name}() takes no keyword arguments: it is not written in Python')
    parameter_type = describe(executor, name)[0]
    has_others = not PLAIN.issuperset([type(value) for value in args])
    if has_others:
        from ._native_arguments import make_variant, see_buffers
        args = see_buffers(args)
    if parameter_type == '*':
        # A function of a worker that takes calls of any name.
        parameter_type = _gvariant.infer(args)
    if parameter_type.startswith('('):
        value = args
    elif len(args) == 1:
        value = args[0]
    else:
        raise TypeError(f'{name}() takes 1 argument, but {len(args)} were given')
    if has_others:
        return make_variant(parameter_type, value)
    return pack(parameter_type, value)


def describe(executor, name):
    """The types of a function: of its parameters and of its result."""
    types = executor.__dict__.setdefault('_cfut_types', {})
    if name not in types:
        try:
            types[name] = executor.describe(name)[1:]
        except GLib.Error as error:
            raise_gerror(error)
    return types[name]


def submit_by_name(executor, name, args, kwargs, options=None):
    try:
        if is_c_call(args, kwargs) and options is None:
            return _submit(executor, name, *args)
        return _submit_full(executor, name, make_arguments(executor, name, args, kwargs), options)
    except GLib.Error as error:
        raise_gerror(error)
