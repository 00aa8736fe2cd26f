# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How many instructions the hot paths take, by callgrind.

    check.py PROGRAM [--update] [PATH]...

Each path runs twice, for different numbers of calls. The difference, divided by
the difference of the numbers, is what one call takes: start and end do not
count. Where a path has a worker process, both sides have a figure.

Prints TAP, and fails where a figure is not the one in figures.json within its
tolerance, be it more or less: a path that got faster wants new figures, or what
it gained could be lost again unseen. --update writes them. They hold for one
compiler and one GLib, and elsewhere the test is skipped.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

FIGURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'figures.json')
PATHS = ('threads', 'thread-funcs', 'processes', 'processes-lone', 'map-threads', 'map-processes', 'frames', 'delivery')
SIZES = (4000, 12000)

# How batches fall depends on the scheduler, which even here is not the same
# each time.
TOLERANCE = 0.05
TOLERANCE_PROCESSES = 0.15
ROUNDS = 3


def get_platform():
    """What figures hold for."""
    def first_line(*command):
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()[0]
    return {'machine': platform.machine(),
            'compiler': first_line('cc', '--version'),
            'glib': first_line('pkg-config', '--modversion', 'glib-2.0'),
            'libc': ' '.join(platform.libc_ver())}


def count(program, path, size):
    """Instructions of the program, and of its workers together."""
    with tempfile.TemporaryDirectory() as directory:
        command = ['valgrind', '--tool=callgrind', '--quiet', '--trace-children=yes',
                   f'--callgrind-out-file={directory}/%p', program, path, str(size)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            output, _ = process.communicate()
        if process.returncode != 0:
            sys.exit(f'Bail out! {path}: status {process.returncode}: {output.strip()}')
        totals = {}
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), encoding='utf-8') as file:
                total = sum(int(line.split()[1]) for line in file if line.startswith('totals:'))
            side = '' if name == str(process.pid) else '-worker'
            totals[side] = totals.get(side, 0) + total
        return totals


def measure(program, path):
    """Instructions a call, for each side."""
    few, many = (count(program, path, size) for size in SIZES)
    return {path + side: (many[side] - few[side]) / (SIZES[1] - SIZES[0]) for side in few}


def measure_median(program, path):
    rounds = [measure(program, path) for _ in range(ROUNDS)]
    return {name: round(statistics.median(figures[name] for figures in rounds), 1) for name in rounds[0]}


def get_tolerance(name):
    return TOLERANCE_PROCESSES if 'processes' in name else TOLERANCE


def compare(name, figure, expected):
    if expected is None:
        return f'not ok {{}} {name}: {figure} instructions, and no figure to compare with'
    change = figure / expected - 1
    word = 'ok' if abs(change) <= get_tolerance(name) else 'not ok'
    return f'{word} {{}} {name}: {figure} instructions, {expected} are checked in ({change:+.1%})'


def main():
    program, *rest = sys.argv[1:]
    paths = [path for path in rest if path != '--update'] or PATHS
    if shutil.which('valgrind') is None:
        print('1..0 # SKIP there is no valgrind')
        return

    # On one CPU nobody spins, which would count.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    checked_in = {'platform': get_platform(), 'instructions': {}}
    if os.path.exists(FIGURES):
        with open(FIGURES, encoding='utf-8') as file:
            checked_in = json.load(file)

    if '--update' in rest:
        if checked_in['platform'] != get_platform():
            checked_in = {'platform': get_platform(), 'instructions': {}}
        for path in paths:
            checked_in['instructions'].update(measure_median(program, path))
        with open(FIGURES, 'w', encoding='utf-8') as file:
            json.dump(checked_in, file, indent=2)
            file.write('\n')
        return

    if checked_in['platform'] != get_platform():
        print(f'1..0 # SKIP the figures are of {checked_in["platform"]}')
        return

    failed = False
    number = 0
    for path in paths:
        for name, figure in measure_median(program, path).items():
            number += 1
            line = compare(name, figure, checked_in['instructions'].get(name)).format(number)
            failed = failed or line.startswith('not')
            print(line, flush=True)
    print(f'1..{number}')
    sys.exit(failed)


if __name__ == '__main__':
    main()
