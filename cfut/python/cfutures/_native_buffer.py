# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cfut.Buffer as Python programs use it."""

from _pickle import PickleBuffer
from functools import cached_property

from gi.repository import Cfut

from ._exporter import Exporter, register


class Buffer(Cfut.Buffer, Exporter):
    """Memory that worker processes can read where it is.

        buffer = Cfut.Buffer(size)
        view = memoryview(buffer)
        array = numpy.frombuffer(buffer, numpy.float64)

    Fill it, and submit it, a view, or an array that lies in it: nobody copies it.
    """

    @classmethod
    def new_copy(cls, data):
        """A buffer with a copy of the bytes of an object in it."""
        view = memoryview(data)
        buffer = cls(view.nbytes)
        if view.nbytes:
            memoryview(buffer)[:] = view.cast('B')
        return buffer

    def __len__(self):
        return self.get_size()

    def __reduce_ex__(self, protocol):
        # At the other end it is a view, to be read only.
        return memoryview, (PickleBuffer(memoryview(self).toreadonly()),)

    @cached_property
    def _cfut_owner(self):
        return self.dup_bytes()

    @cached_property
    def _cfut_memory(self):
        address = self._cfut_owner.get_region(1, 0, len(self)) or 0
        register(self, address)
        # From now on there is something to lend.
        from . import _lending      # noqa: F401
        return address, len(self)
