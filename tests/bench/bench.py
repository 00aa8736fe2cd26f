#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures cfut and its peers. To be called by run, which says how."""

import argparse
import json
import os
import platform
import sys
import time

import chart
import report
import runner
import suite


def parse_arguments():
    parser = argparse.ArgumentParser(prog='tests/bench/run')
    parser.add_argument('--build', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--only', metavar='AXIS', action='append', default=[],
                        help='only axes whose name begins so; may be given again')
    parser.add_argument('--peer', metavar='PEER', action='append', default=[],
                        help='beside cfut only peers whose name begins so')
    parser.add_argument('--quick', action='store_true', help='fewer rounds, smaller sizes, and nothing that takes long')
    parser.add_argument('--rounds', type=int, help='how many, 5 by default')
    parser.add_argument('--check', action='store_true', help='fail if a target is missed')
    parser.add_argument('--json', metavar='FILE')
    parser.add_argument('--svg', metavar='FILE')
    parser.add_argument('--from', metavar='FILE', action='append', dest='sources',
                        help='measures nothing, but takes what --json has written; may be given again')
    parser.add_argument('--docs', metavar='FILE', help='writes the table into a page of the manual')
    parser.add_argument('--list', action='store_true', help='only name the axes')
    return parser.parse_args()


def get_axes(arguments):
    axes = [axis for axis in suite.AXES
            if any(axis.name.startswith(name) for name in arguments.only or [''])
            and (axis.in_quick or not arguments.quick)]
    if not axes:
        sys.exit('No axis is called so; see --list')
    return axes


def get_machine():
    return f'{os.cpu_count()} CPUs, {platform.machine()}, {platform.system()} {platform.release()}'


def measure(arguments, axes):
    """What --json writes, printed while it comes."""
    rounds = arguments.rounds or (3 if arguments.quick else 5)
    run = runner.Runner(arguments.build, rounds, arguments.quick)
    print(f'{get_machine()}; medians of {rounds} rounds, which take turns; '
          'the ratio is how many times better the first is\n')
    begin = time.monotonic()
    results = []
    for axis in axes:
        results.append(run.run_axis(axis, arguments.peer))
        print(report.format_axis(results[-1]), flush=True)
    print(f'Measured in {time.monotonic() - begin:.0f} s\n')
    return {'machine': get_machine(), 'rounds': rounds, 'quick': arguments.quick, 'axes': results}


def load(sources):
    """Several files as one; the last that has an axis counts."""
    axes = {}
    for source in sources:
        with open(source, encoding='utf-8') as file:
            loaded = json.load(file)
        axes.update((result['name'], result) for result in loaded['axes'])
    order = [axis.name for axis in suite.AXES]
    return {**loaded, 'axes': sorted(axes.values(), key=lambda result: order.index(result['name']))}


def main():
    arguments = parse_arguments()
    axes = get_axes(arguments)
    if arguments.list:
        for axis in axes:
            print(f'{axis.name:28} {axis.title}')
        return

    measured = load(arguments.sources) if arguments.sources else measure(arguments, axes)
    results = measured['axes']
    print(report.format_summary(results))

    if arguments.json:
        with open(arguments.json, 'w', encoding='utf-8') as file:
            json.dump(measured, file, indent=1)
    if arguments.svg:
        with open(arguments.svg, 'w', encoding='utf-8') as file:
            file.write(chart.draw(results))
    if arguments.docs:
        with open(arguments.docs, encoding='utf-8') as file:
            page = file.read()
        with open(arguments.docs, 'w', encoding='utf-8') as file:
            file.write(report.fill_page(page, measured))
    if arguments.check:
        sys.exit(any(target['met'] is False for result in results for target in result['targets']))


if __name__ == '__main__':
    main()
