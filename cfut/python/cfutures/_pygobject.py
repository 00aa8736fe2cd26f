# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What PyGObject gives modules in C, as its header pygobject.h declares it.

A call through introspection lets go of the interpreter lock, which costs more than
a short function when another thread waits for it. What is here holds it.
"""

import ctypes
from ctypes import c_void_p, py_object

from gi import _gobject

_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype = c_void_p
_get_pointer.argtypes = py_object, ctypes.c_char_p

# The beginning of struct _PyGObject_Functions: register_class, register_wrapper,
# lookup_class, newgobj.
_functions = (c_void_p * 4).from_address(
    _get_pointer(_gobject._PyGObject_API, b'gobject._PyGObject_API'))

# The wrapper of a GObject, which has a reference of its own.
wrap = ctypes.PYFUNCTYPE(py_object, c_void_p)(_functions[3])


def get_address(wrapper):
    """The GObject of a wrapper, or its boxed value: the first member of struct
    PyGObject, and of struct PyGBoxed."""
    return c_void_p.from_address(id(wrapper) + object.__basicsize__).value
