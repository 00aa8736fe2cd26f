# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Two things measured side by side.

Rounds of both take turns, so that what else the machine does harms both alike, and
each round is compared with its neighbour. The median of these ratios is what
counts; a single lucky round does not.
"""

from statistics import median, quantiles


class Rounds:
    """What `n` rounds of two measurements gave, in their order."""

    def __init__(self, n, ours, theirs):
        self.ours, self.theirs = [], []
        for _ in range(n):
            self.ours.append(ours())
            self.theirs.append(theirs())

    @property
    def medians(self):
        return median(self.ours), median(self.theirs)

    def ratios(self, less_is_better=False):
        """How many times better ours was: the median and the quartiles."""
        ratios = [theirs / ours if less_is_better else ours / theirs
                  for ours, theirs in zip(self.ours, self.theirs)]
        if len(ratios) == 1:
            return ratios[0], ratios[0], ratios[0]
        low, middle, high = quantiles(ratios, n=4, method='inclusive')
        return middle, low, high
