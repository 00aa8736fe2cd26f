#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checksums: many calls on one large piece of memory that nobody copies.

The program reads a file into a buffer. Worker processes make checksums of its parts,
and turn it around, where it is:

    $ checksums.py FILE
    part 0 of 4: 16b7b325
    part 1 of 4: 16b7b325
    part 2 of 4: 16b7b325
    part 3 of 4: 61b083b3
    the last byte is 1, the first one of the reverse is 1
"""

import os
import sys
import zlib
import cfut_worker
import gi

gi.require_version('Cfut', '1')
from gi.repository import Cfut  # noqa: E402

N_PARTS = 4


def checksum(part):
    return zlib.crc32(part)


def reverse(whole):
    result = cfut_worker.buffer(len(whole))
    result[:] = whole[::-1]
    return result


def main(path):
    buffer = Cfut.Buffer(os.path.getsize(path))
    with open(path, 'rb') as file:
        file.readinto(buffer)

    view = memoryview(buffer)
    size = -(-len(view) // N_PARTS)
    parts = [view[i * size:(i + 1) * size] for i in range(N_PARTS)]

    with Cfut.ProcessExecutor() as executor:
        reversed_view = executor.submit(reverse, view)
        for i, found in enumerate(executor.map(checksum, parts)):
            print(f'part {i} of {N_PARTS}: {found:08x}')
        print(f'the last byte is {view[-1]}, the first one of the reverse is {reversed_view.result()[0]}')


if __name__ == '__main__':
    main(sys.argv[1])
