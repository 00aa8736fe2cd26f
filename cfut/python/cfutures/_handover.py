# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A look before a lock.

To wait for another thread is to wait for a lock that is released when there is
something. Who is about to do so looks for a moment whether it is, without the
interpreter's lock: to be woken takes longer than a small call. See cfut-handover.c.
"""

from . import _lib


class Handover:
    """Where a thread looks: a CfutHandover, and the lock that it waits for."""

    __slots__ = ('place', 'watched')

    def __init__(self):
        self.place = _lib.library.cfut_handover_new()
        self.watched = None

    def __del__(self, free=_lib.library.cfut_handover_free):
        free(self.place)

    def look(self, lock, n_live, begin=_lib.quick.cfut_handover_begin_look,
             look=_lib.library.cfut_handover_look):
        """Looks for the release of a lock, if it is worth while with so many calls
        under way."""
        if not begin(self.place, n_live):
            return
        self.watched = lock
        try:
            # From here on it is told.
            if not lock.locked():
                self.tell(lock)
            look(self.place)
        finally:
            self.watched = None

    def tell(self, lock, tell=_lib.quick.cfut_handover_tell):
        """To be called by who has released a lock, and is about to wait for
        something."""
        if self.watched is lock:
            tell(self.place)
