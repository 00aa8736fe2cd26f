#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import gi

gi.require_version('Cfut', '1')
from gi.repository import Cfut

def pi(n):
    return (6 * sum(1 / (i * i) for i in range(n, 0, -1))) ** .5

if __name__ == '__main__':
    with Cfut.ProcessExecutor(max_workers=4) as executor:
        print(executor.submit(pi, 100000).result())
        print(list(executor.map(pi, [10, 100, 1000])))
