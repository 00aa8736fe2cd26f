# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The figures as text, and as the table of the manual."""

import re

UNITS = ((1e9, 'G'), (1e6, 'M'), (1e3, 'k'))


def number(value):
    """Three digits, and a letter for thousands."""
    for factor, letter in UNITS:
        if abs(value) >= factor:
            return f'{value / factor:.3g} {letter}'
    return f'{value:.3g}'


def plain(value):
    """Three digits, and no more zeros than needed."""
    return f'{value:.3g}' if abs(value) < 1000 else f'{value:.0f}'


def format_row(row, width):
    name = row['peer'].ljust(width)
    if 'missing' in row:
        return f'  {name}  missing: {row["missing"]}'
    if 'failed' in row:
        return f'  {name}  failed: {row["failed"]}'
    ratio = row['ratio']
    figure = f'{number(row["median"]):>8}  ({number(row["least"])} to {number(row["greatest"])})'
    return f'  {name}  {figure:34} {plain(ratio["median"]):>6} x  ({plain(ratio["least"])} to {plain(ratio["greatest"])})'


def format_target(target):
    mark = {True: 'reached', False: 'MISSED', None: 'not known'}[target['met']]
    over = f' x {target["over"]}' if target['over'] else ''
    reached = '' if target['reached'] is None else f', is {plain(target["reached"])}'
    return f'  wanted {plain(target["wanted"])}{over}{reached}: {mark}'


def format_axis(result):
    width = max(len(row['peer']) for row in result['rows'])
    lines = [f'{result["name"]}: {result["title"]} ({result["unit"]}, {result["better"]} is better)']
    lines += [format_row(row, width) for row in result['rows']]
    lines += [format_target(target) for target in result['targets']]
    return '\n'.join(lines) + '\n'


def format_summary(results):
    """Everything that is wanted in one table."""
    lines = ['Wanted and reached:']
    for result in results:
        for target in result['targets']:
            lines.append(f'  {result["name"]:28}{format_target(target)[8:]}')
    return '\n'.join(lines)


def format_table(measured):
    """What is wanted and what was reached, in Markdown."""
    lines = ['| | cfut | beside | times better | wanted |', '|---|---|---|---|---|']
    for result in measured['axes']:
        rows = {row['peer']: row for row in result['rows']}
        ours = result['rows'][0]
        if 'median' not in ours:
            continue
        figure = f'{number(ours["median"])} {result["unit"]}'
        for target in result['targets']:
            other = rows.get(target['over'], {})
            if not target['over']:
                reached, wanted = '', f'{plain(target["wanted"])} {result["unit"]}'
                beside = ''
            elif 'median' in other:
                ratio = other['ratio']
                beside = f'{target["over"]}: {number(other["median"])}'
                reached = f'{plain(ratio["median"])} ({plain(ratio["least"])} to {plain(ratio["greatest"])})'
                wanted = plain(target['wanted'])
            else:
                continue
            mark = '' if target['met'] else ', missed'
            lines.append(f'| {result["title"]} | {figure} | {beside} | {reached} | {wanted}{mark} |')
    return '\n'.join(lines)


def fill_page(page, measured):
    """The page with a new table between its marks."""
    kind = 'small sizes' if measured['quick'] else 'full sizes'
    text = f'{measured["machine"]}; medians of {measured["rounds"]} rounds, {kind}.\n\n{format_table(measured)}'
    filled, n_filled = re.subn(r'(<!-- figures -->\n).*?(<!-- end of figures -->)',
                               lambda match: f'{match[1]}{text}\n\n{match[2]}', page, flags=re.DOTALL)
    if n_filled != 1:
        raise ValueError('The page has no place for figures')
    return filled
