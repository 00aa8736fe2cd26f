#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls: a window that counts primes, on threads and on processes, and goes on
drawing meanwhile.

Everything arrives in the main loop: the lists of calls are Gio.ListModels, the
progress of a call is a property to bind, and nothing here ever waits.

    calls.py            a window to play with
    calls.py --at-once  starts calls by itself, and ends when they have

Python's threads share one processor, but the window is drawn all the same.
"""

import math
import sys

import cfut_worker
import gi

gi.require_version('Cfut', '1')
gi.require_version('Gdk', '4.0')
gi.require_version('Graphene', '1.0')
gi.require_version('Gtk', '4.0')
from gi.repository import Cfut, Gdk, Gio, GObject, Graphene, Gtk  # noqa: E402

N_CALLS = 3
STEP = 50_000


def count_primes(last):
    """Runs in a worker, be it a thread or a process."""
    n_primes = 0
    for n in range(2, last + 1):
        if n % 1000 == 0:
            if cfut_worker.cancelled():
                raise cfut_worker.Cancelled
            cfut_worker.progress(n / last)
        n_primes += all(n % i for i in range(2, math.isqrt(n) + 1))
    return n_primes


class Row(Gtk.Box):
    """A call in the list."""

    def __init__(self):
        super().__init__(spacing=12)
        self.name = Gtk.Label(width_chars=28, xalign=0)
        self.bar = Gtk.ProgressBar(hexpand=True, valign=Gtk.Align.CENTER)
        self.state = Gtk.Label(width_chars=10)
        self.bindings = []
        for child in (self.name, self.bar, self.state):
            self.append(child)

    def bind(self, future):
        self.name.set_label(future.props.name)
        flags = GObject.BindingFlags.SYNC_CREATE
        self.bindings = [
            future.bind_property('progress', self.bar, 'fraction', flags, lambda _, value: max(value, 0)),
            future.bind_property('state', self.state, 'label', flags, lambda _, value: value.value_nick),
        ]

    def unbind(self):
        for binding in self.bindings:
            binding.unbind()


class Animation(Gtk.Widget):
    """Something that moves: it shows that the main loop is never held up."""

    def __init__(self):
        super().__init__(width_request=48, height_request=48)
        self.last_frame = self.longest_frame = self.n_frames = 0
        self.add_tick_callback(self.tick)

    def __str__(self):
        return f'{self.n_frames} frames, the longest took {self.longest_frame / 1000:.0f} ms'

    def tick(self, widget, clock):
        now = clock.get_frame_time()
        # The first frames are those of a window that is being laid out.
        if self.n_frames > 10:
            self.longest_frame = max(self.longest_frame, now - self.last_frame)
        self.n_frames += 1
        self.last_frame = now
        self.queue_draw()
        return True

    def do_snapshot(self, snapshot):
        color = Gdk.RGBA()
        color.parse('#3380e6')
        snapshot.translate(Graphene.Point().init(24, 24))
        snapshot.rotate(self.last_frame / 1e6 * 180)
        for i in range(8):
            color.alpha = (i + 1) / 8
            snapshot.rotate(45)
            snapshot.append_color(color, Graphene.Rect().init(14, -4, 8, 8))


class Window(Gtk.ApplicationWindow):
    def __init__(self, application, at_once):
        super().__init__(application=application, title='Calls', default_width=640, default_height=420)
        self.at_once = at_once
        self.threads = Cfut.ThreadExecutor(max_workers=2)
        self.processes = Cfut.ProcessExecutor(max_workers=2)
        self.futures = []
        self.n_started = self.n_done = self.n_cancelled = 0

        self.bar = Gtk.ProgressBar()
        self.status = Gtk.Label(label='Count primes on threads, on processes, or on both')
        buttons = Gtk.Box(spacing=12)
        self.add_button(buttons, 'On threads', lambda: self.start(self.threads, 'thread'))
        self.add_button(buttons, 'On processes', lambda: self.start(self.processes, 'process'))
        self.cancel_button = self.add_button(buttons, 'Cancel', self.cancel)
        self.cancel_button.set_sensitive(False)
        self.animation = Animation()
        buttons.append(self.animation)

        content = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12,
                          margin_top=12, margin_bottom=12, margin_start=12, margin_end=12)
        for child in (buttons, self.bar, self.create_list(), self.status):
            content.append(child)
        self.set_child(content)

    @staticmethod
    def add_button(box, label, callback):
        button = Gtk.Button(label=label)
        button.connect('clicked', lambda button: callback())
        box.append(button)
        return button

    # ---- The calls

    def start(self, executor, where):
        for i in range(1, N_CALLS + 1):
            options = executor.with_options(name=f'{where}: primes up to {i * STEP}')
            future = options.submit(count_primes, i * STEP)
            future.add_done_callback(self.on_ended)
            self.futures.append(future)
        self.n_started += N_CALLS
        self.cancel_button.set_sensitive(True)

    def cancel(self):
        for future in list(self.futures):
            future.cancel()

    def on_ended(self, future):
        if future.cancelled():
            self.n_cancelled += 1
        elif error := future.exception():
            print(error, file=sys.stderr)
        self.n_done += 1
        self.futures.remove(future)
        self.bar.set_fraction(self.n_done / self.n_started)
        self.cancel_button.set_sensitive(bool(self.futures))
        self.status.set_label(f'{self.n_done} of {self.n_started} calls done, {self.n_cancelled} cancelled; '
                              f'{self.animation}')
        if self.at_once and not self.futures:
            print(self.status.get_label())
            self.close()

    # ---- The list: the calls of both executors, one after the other

    def create_list(self):
        lists = Gio.ListStore.new(Gio.ListModel)
        lists.append(self.threads.get_calls())
        lists.append(self.processes.get_calls())
        factory = Gtk.SignalListItemFactory()
        factory.connect('setup', lambda factory, item: item.set_child(Row()))
        factory.connect('bind', lambda factory, item: item.get_child().bind(item.get_item()))
        factory.connect('unbind', lambda factory, item: item.get_child().unbind())
        calls = Gtk.NoSelection(model=Gtk.FlattenListModel(model=lists))
        return Gtk.ScrolledWindow(vexpand=True, child=Gtk.ListView(model=calls, factory=factory))

    def shut_down(self):
        """Nobody is left to see what comes of the calls."""
        for executor in (self.threads, self.processes):
            executor.shutdown(wait=False, cancel_futures=True)


def main():
    at_once = sys.argv[1:] == ['--at-once']
    if sys.argv[1:] and not at_once:
        sys.exit(f'Usage: {sys.argv[0]} [--at-once]')

    def activate(application):
        window = Window(application, at_once)
        application.connect('shutdown', lambda application: window.shut_down())
        window.present()
        if at_once:
            window.start(window.threads, 'thread')
            window.start(window.processes, 'process')

    application = Gtk.Application(application_id='org.example.Calls',
                                  flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect('activate', activate)
    sys.exit(application.run([]))


if __name__ == '__main__':
    main()
