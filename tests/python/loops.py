# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Event loops of asyncio that a test may run in."""

import asyncio
import importlib.util
import math
import selectors

from gi.repository import GLib


class ContextSelector(selectors.SelectSelector):
    """Waits for descriptors by iterating the default GMainContext.

    So whatever else has a source there, as all of GTK has, goes on while
    coroutines wait.
    """

    def __init__(self):
        super().__init__()
        self.context = GLib.MainContext.default()

    def select(self, timeout=None):
        blocks = timeout is None or timeout > 0
        sources = [watch(key) for key in self.get_map().values()] if blocks else []
        if blocks and timeout is not None:
            sources.append(GLib.timeout_source_new(math.ceil(timeout * 1000)))
        for source in sources:
            source.set_callback(lambda *_: GLib.SOURCE_CONTINUE)
            source.attach(self.context)
        self.context.iteration(blocks)
        for source in sources:
            source.destroy()
        return super().select(0)


def watch(key):
    """A source that is ready when the descriptor of a selector's key is."""
    condition = GLib.IOCondition(0)
    if key.events & selectors.EVENT_READ:
        condition |= GLib.IOCondition.IN
    if key.events & selectors.EVENT_WRITE:
        condition |= GLib.IOCondition.OUT
    return GLib.io_create_watch(GLib.IOChannel.unix_new(key.fd), condition)


def glib():
    """The standard loop, on a GMainContext."""
    return asyncio.SelectorEventLoop(ContextSelector())


def pygobject():
    """PyGObject's own loop, which it has since 3.50."""
    from gi.events import GLibEventLoop
    return GLibEventLoop(GLib.MainContext.default())


LOOPS = {'standard': None, 'glib': glib, 'pygobject': pygobject}


def have(name):
    """Whether there is that loop here."""
    return name != 'pygobject' or importlib.util.find_spec('gi.events') is not None
