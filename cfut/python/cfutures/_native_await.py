# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What makes Cfut.Future awaitable."""


def __await__(self):
    """The result, in any event loop of asyncio. Cancelling the task that waits
    cancels the call."""
    # Imported late: asyncio is large, and few need it.
    from ._native_loop import wrap
    return wrap(self).__await__()


METHODS = (__await__,)
