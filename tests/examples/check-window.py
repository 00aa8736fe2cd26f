#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs an example with a window on a display of its own.

    check-window.py PROGRAM [ARGUMENT...]

The program is started with `--picture FILE.png` behind its arguments: it is to
start calls, take a picture of its window while they run, and end when they
have, with one line that says so.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

TIMEOUT_S = 90


def start_display():
    """Starts an X server that draws into memory; it chooses its own number."""
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ['Xvfb', '-displayfd', str(write_fd), '-screen', '0', '1024x768x24', '-nolisten', 'tcp'],
        pass_fds=[write_fd], stderr=subprocess.DEVNULL)
    os.close(write_fd)
    with os.fdopen(read_fd) as pipe:
        number = pipe.readline().strip()
    if not number:
        server.wait()
        return None, None
    return server, ':' + number


def read_picture(path):
    """Returns the width, the height and the raw lines of a PNG."""
    with open(path, 'rb') as file:
        data = file.read()
    if data[:8] != b'\x89PNG\r\n\x1a\n':
        raise ValueError(f'{path} is no PNG')

    size, lines, offset = (0, 0), b'', 8
    while offset < len(data):
        length, kind = struct.unpack_from('>I4s', data, offset)
        body = data[offset + 8:offset + 8 + length]
        if kind == b'IHDR':
            size = struct.unpack_from('>II', body)
        elif kind == b'IDAT':
            lines += body
        offset += 12 + length
    return *size, zlib.decompress(lines)


def check(command):
    """Returns what is wrong, or None."""
    with tempfile.TemporaryDirectory() as directory:
        picture = os.path.join(directory, 'window.png')
        program = subprocess.run(command + ['--picture', picture], stdout=subprocess.PIPE,
                                 timeout=TIMEOUT_S, text=True)
        sys.stdout.write(''.join(f'# {line}\n' for line in program.stdout.splitlines()))
        if program.returncode != 0:
            return f'the program ended with {program.returncode}'
        if not re.search(r'^(\d+) of \1 calls done, 0 cancelled; \d+ frames', program.stdout, re.M):
            return 'not all calls were done'

        width, height, lines = read_picture(picture)
        if width < 300 or height < 200:
            return f'the picture is only {width} x {height}'
        if len(set(lines)) < 32:
            return 'there is nothing in the picture'
        return None


def main():
    if shutil.which('Xvfb') is None:
        print('1..0 # SKIP Xvfb is not installed')
        return

    server, display = start_display()
    if server is None:
        print('1..0 # SKIP Xvfb does not start')
        return

    os.environ.update(DISPLAY=display, GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none',
                      DBUS_SESSION_BUS_ADDRESS='unix:path=/dev/null')
    os.environ.pop('WAYLAND_DISPLAY', None)
    try:
        wrong = check(sys.argv[1:])
    finally:
        server.terminate()
        server.wait()

    print('1..1')
    print(f'not ok 1 - {wrong}' if wrong else 'ok 1 - a window')
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
