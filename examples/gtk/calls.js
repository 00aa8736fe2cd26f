// Copyright 2026 The cfut authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls: a window that counts primes, on threads and on processes, and goes on
// drawing meanwhile.
//
// Everything arrives in the main loop: the lists of calls are Gio.ListModels, the
// progress of a call is a property to bind, and nothing here ever waits.
//
//     gjs -m calls.js MODULE.so            a window to play with
//     gjs -m calls.js MODULE.so --at-once  starts calls by itself, and ends when
//                                          they have
//
// JavaScript has no threads: there a function of MODULE runs, which is in C (see
// primes-module.c). In processes it is one of JavaScript's (see primes.js).

import Cfut from 'gi://Cfut?version=1';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk?version=4.0';
import System from 'system';

const COUNT_PRIMES = `${Cfut.resolve(import.meta.url, './primes.js')}#countPrimes`;
const N_CALLS = 3;
const STEP = 1000000;

const STATES = Object.fromEntries(Object.entries(Cfut.FutureState)
    .filter(([name]) => name === name.toUpperCase())
    .map(([name, value]) => [value, name.toLowerCase()]));

// A call in the list.
const Row = GObject.registerClass(class Row extends Gtk.Box {
    _init() {
        super._init({spacing: 12});
        this._name = new Gtk.Label({widthChars: 28, xalign: 0});
        this._bar = new Gtk.ProgressBar({hexpand: true, valign: Gtk.Align.CENTER});
        this._state = new Gtk.Label({widthChars: 10});
        for (const child of [this._name, this._bar, this._state])
            this.append(child);
    }

    bind(future) {
        this._future = future;
        this._name.label = future.name;
        this._handler = future.connect('notify', () => this._show());
        this._show();
    }

    _show() {
        this._bar.fraction = Math.max(this._future.progress, 0);
        this._state.label = STATES[this._future.state];
    }

    unbind() {
        this._future.disconnect(this._handler);
        this._future = null;
    }
});

const Window = GObject.registerClass(class Window extends Gtk.ApplicationWindow {
    _init(application, atOnce) {
        super._init({application, title: 'Calls', defaultWidth: 640, defaultHeight: 420});
        this._atOnce = atOnce;
        this._threads = new Cfut.ThreadExecutor({maxWorkers: 2});
        this._processes = new Cfut.ProcessExecutor({maxWorkers: 2});
        this._futures = new Set();
        this._nStarted = this._nDone = this._nCancelled = 0;
        this._lastFrame = this._longestFrame = this._nFrames = 0;

        const buttons = new Gtk.Box({spacing: 12});
        this._addButton(buttons, 'On threads', () => this.startThreads());
        this._addButton(buttons, 'On processes', () => this.startProcesses());
        this._cancelButton = this._addButton(buttons, 'Cancel', () => this._cancel());
        this._cancelButton.sensitive = false;
        buttons.append(this._createAnimation());

        this._bar = new Gtk.ProgressBar();
        this._status = new Gtk.Label({label: 'Count primes on threads, on processes, or on both'});
        const content = new Gtk.Box({
            orientation: Gtk.Orientation.VERTICAL, spacing: 12,
            marginTop: 12, marginBottom: 12, marginStart: 12, marginEnd: 12,
        });
        for (const child of [buttons, this._bar, this._createList(), this._status])
            content.append(child);
        this.child = content;
        this.connect('close-request', () => this._shutDown());
    }

    _addButton(box, label, callback) {
        const button = new Gtk.Button({label});
        button.connect('clicked', callback);
        box.append(button);
        return button;
    }

    // ---- The calls

    startThreads() {
        this._start(this._threads, 'count-primes', 'thread');
    }

    startProcesses() {
        this._start(this._processes, COUNT_PRIMES, 'process');
    }

    _start(executor, fn, where) {
        for (let i = 1; i <= N_CALLS; i++) {
            const future = executor.with({name: `${where}: primes up to ${i} million`}).submit(fn, i * STEP);
            this._futures.add(future);
            this._follow(future);
        }
        this._nStarted += N_CALLS;
        this._cancelButton.sensitive = true;
    }

    async _follow(future) {
        try {
            await future;
        } catch (error) {
            if (future.state === Cfut.FutureState.CANCELLED)
                this._nCancelled++;
            else
                logError(error);
        }
        this._nDone++;
        this._futures.delete(future);
        this._bar.fraction = this._nDone / this._nStarted;
        this._cancelButton.sensitive = this._futures.size > 0;
        this._status.label = `${this._nDone} of ${this._nStarted} calls done, ${this._nCancelled} cancelled; ` +
            `${this._nFrames} frames, the longest took ${(this._longestFrame / 1000).toFixed(0)} ms`;
        if (this._atOnce && this._futures.size === 0) {
            print(this._status.label);
            this.close();
        }
    }

    _cancel() {
        for (const future of this._futures)
            future.cancel();
    }

    // ---- The list: the calls of both executors, one after the other

    _createList() {
        const lists = new Gio.ListStore({itemType: Gio.ListModel});
        lists.append(this._threads.get_calls());
        lists.append(this._processes.get_calls());

        const factory = new Gtk.SignalListItemFactory();
        factory.connect('setup', (_, item) => item.set_child(new Row()));
        factory.connect('bind', (_, item) => item.child.bind(item.item));
        factory.connect('unbind', (_, item) => item.child.unbind());
        const calls = new Gtk.NoSelection({model: new Gtk.FlattenListModel({model: lists})});
        this._list = new Gtk.ListView({model: calls, factory});
        return new Gtk.ScrolledWindow({vexpand: true, child: this._list});
    }

    // ---- The animation: it shows that the main loop is never held up

    _createAnimation() {
        const area = new Gtk.DrawingArea({contentWidth: 48, contentHeight: 48});
        area.set_draw_func((_, cr, width, height) => this._draw(cr, width, height));
        area.add_tick_callback((_, clock) => this._tick(area, clock));
        return area;
    }

    _draw(cr, width, height) {
        const angle = this._lastFrame / 1e6 * Math.PI;
        cr.translate(width / 2, height / 2);
        for (let i = 0; i < 8; i++) {
            cr.setSourceRGBA(0.2, 0.5, 0.9, (i + 1) / 8);
            cr.arc(18 * Math.cos(angle + i * Math.PI / 4), 18 * Math.sin(angle + i * Math.PI / 4),
                5, 0, 2 * Math.PI);
            cr.fill();
        }
        cr.$dispose();
    }

    _tick(area, clock) {
        const now = clock.get_frame_time();
        // The first frames are those of a window that is being laid out.
        if (this._nFrames++ > 10)
            this._longestFrame = Math.max(this._longestFrame, now - this._lastFrame);
        this._lastFrame = now;
        area.queue_draw();
        return true;
    }

    // Nobody is left to see what comes of the calls. The rows are unbound here:
    // later, in a garbage collection, no handler may run.
    _shutDown() {
        this._list.model = null;
        for (const executor of [this._threads, this._processes])
            executor.shutdown(Cfut.ShutdownFlags.CANCEL, 0);
        return false;
    }
});

function main(module, option) {
    if (!module || option && option !== '--at-once') {
        printerr('Usage: gjs -m calls.js MODULE.so [--at-once]');
        return 2;
    }

    Cfut.load_module(module);
    const application = new Gtk.Application({applicationId: 'org.example.Calls', flags: Gio.ApplicationFlags.NON_UNIQUE});
    application.connect('activate', () => {
        const window = new Window(application, Boolean(option));
        window.present();
        if (option) {
            window.startThreads();
            window.startProcesses();
        }
    });
    return application.run([]);
}

System.exit(main(...ARGV));
