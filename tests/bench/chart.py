# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The figures as a chart: for each axis a row of bars, one a peer, whose length
is the logarithm of how it compares with the first."""

import math
from xml.sax.saxutils import escape

WIDTH = 860
NAMES = 230
LINE = 16
GAP = 14
COLOURS = {'ours': '#3584e4', 'other': '#9a9996', 'text': '#241f31', 'dim': '#77767b'}


def text(x, y, content, anchor='start', colour='text', weight='normal'):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{COLOURS[colour]}" '
            f'font-weight="{weight}">{escape(content)}</text>')


def axis_range(result):
    """Logarithms of the least and greatest, with the first at 0."""
    logs = [math.log10(1 / row['ratio']['median']) for row in result['rows']
            if 'ratio' in row and 0 < row['ratio']['median'] < math.inf]
    return min(logs + [-0.3]), max(logs + [0.3])


def draw_axis(result, top):
    parts = [text(0, top + 12, f'{result["title"]} ({result["unit"]}, {result["better"]} is better)', weight='bold')]
    low, high = axis_range(result)
    room = WIDTH - NAMES - 110
    y = top + LINE + 4
    for index, row in enumerate(result['rows']):
        parts.append(text(NAMES - 8, y + 11, row['peer'], 'end'))
        if 'median' not in row:
            parts.append(text(NAMES, y + 11, 'missing' if 'missing' in row else 'failed', colour='dim'))
        else:
            ratio = 1 / row['ratio']['median'] if row['ratio']['median'] else 1
            length = 4 + (math.log10(ratio) - low) / (high - low) * room
            colour = COLOURS['ours' if row['peer'].startswith('cfut') else 'other']
            parts.append(f'<rect x="{NAMES}" y="{y + 2}" width="{length:.1f}" height="{LINE - 5}" rx="2" fill="{colour}"/>')
            label = f'{row["median"]:.3g}' if index == 0 else f'{row["median"]:.3g}  ({ratio:.2g} x)'
            parts.append(text(NAMES + length + 6, y + 11, label, colour='dim'))
        y += LINE
    return parts, y + GAP


def draw(results):
    y = 30
    parts = [text(0, 14, 'How others compare with cfut; longer is better, the scale is logarithmic', colour='dim')]
    for result in results:
        drawn, y = draw_axis(result, y)
        parts += drawn
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 {WIDTH + 20} {y + 20}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect x="-10" y="-10" width="{WIDTH + 20}" height="{y + 20}" fill="#ffffff"/>',
        *parts, '</svg>', ''])
