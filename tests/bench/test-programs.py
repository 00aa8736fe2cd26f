# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Whether the benchmarks' programs give figures, with sizes that measure nothing.

    test-programs.py BUILD
"""

import math
import os
import sys

import chart
import report
import runner
import suite

SIZE = 300


def check_entry(run, entry):
    """Tries one program; returns what it said."""
    command = (*entry.peer.command(run.build), entry.measure, str(entry.workers), str(min(entry.size, SIZE)))
    try:
        figures = runner.run_program(command, run.environment)
        value = figures[entry.figure]
    except (runner.Failed, KeyError) as error:
        return f'not ok {{}} {entry.peer.label} {entry.measure}: {error!r}'
    if not math.isfinite(value):
        return f'not ok {{}} {entry.peer.label} {entry.measure}: {value}'
    return f'ok {{}} {entry.peer.label} {entry.measure} {entry.figure}'


def check_judgement():
    """Ratios, targets, text and chart of figures that are made up."""
    axis = suite.Axis('a', 'A', 's', suite.LOWER, [], [suite.Target('other', 2), suite.Target('', 3)])
    rows = [{'peer': 'cfut', **runner.spread([2, 2, 4]), 'ratio': runner.compare(axis.better, [2, 2, 4], [2, 2, 4])},
            {'peer': 'other', **runner.spread([6, 6, 6]), 'ratio': runner.compare(axis.better, [2, 2, 4], [6, 6, 6])},
            {'peer': 'absent', 'missing': 'it is not there'}]
    judged = [runner.judge(axis, rows, target) for target in axis.targets]
    result = {'name': 'a', 'title': 'A', 'unit': 's', 'better': 'lower', 'rows': rows, 'targets': judged}
    assert rows[1]['ratio'] == {'median': 3, 'least': 1.5, 'greatest': 3}, rows
    assert [target['met'] for target in judged] == [True, True], judged
    assert not runner.judge(axis, rows, suite.Target('other', 4))['met']
    assert runner.judge(axis, rows, suite.Target('absent', 4))['met'] is None
    assert '3 x' in report.format_axis(result) and 'missing' in report.format_axis(result)
    page = report.fill_page('a\n<!-- figures -->\nold\n<!-- end of figures -->\nb\n',
                            {'machine': 'm', 'rounds': 3, 'quick': True, 'axes': [result]})
    assert page.startswith('a\n') and '| other: 6 | 3 (1.5 to 3) | 2 |' in page and 'old' not in page, page
    assert chart.draw([result]).startswith('<svg')


def main():
    run = runner.Runner(sys.argv[1], 1, True)
    run.environment['LD_LIBRARY_PATH'] = os.path.join(run.build, 'cfut')
    entries = {(entry.peer, entry.measure, entry.figure): entry
               for axis in suite.AXES for entry in axis.entries
               if entry.peer.kind == 'native' and not entry.peer.missing(run.build)}
    check_judgement()
    print('ok 1 ratios, targets, text and chart')
    for number, entry in enumerate(entries.values(), 2):
        print(check_entry(run, entry).format(number), flush=True)
    print(f'1..{len(entries) + 1}')


if __name__ == '__main__':
    main()
