#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs an example with a window on a display of its own, and looks at it.

    check-window.py [--picture=FILE.png] PROGRAM [ARGUMENT...]

The program is given `--at-once` as its last argument: it is to start calls by
itself and to end when they have, with one line that says so. A picture of the
window while they run is saved where --picture says.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

TIMEOUT_S = 90
WIDTH, HEIGHT = 640, 420


class Display:
    """An X server that draws into a file; it chooses its own number."""

    def __init__(self, directory):
        read_fd, write_fd = os.pipe()
        self.file = os.path.join(directory, 'Xvfb_screen0')
        self.server = subprocess.Popen(
            ['Xvfb', '-displayfd', str(write_fd), '-screen', '0', f'{WIDTH}x{HEIGHT}x24',
             '-fbdir', directory, '-nolisten', 'tcp'],
            pass_fds=[write_fd], stderr=subprocess.DEVNULL)
        os.close(write_fd)
        with os.fdopen(read_fd) as pipe:
            self.number = pipe.readline().strip()

    def close(self):
        self.server.terminate()
        self.server.wait()

    def read(self):
        """The lines of the screen, three bytes a pixel. The file is a dump of X's:
        a header of big-endian words, colours of 12 bytes each, and pixels."""
        with open(self.file, 'rb') as file:
            data = file.read()
        header = struct.unpack_from('>25I', data)
        size, width, height, line_size, n_colors = header[0], header[4], header[5], header[12], header[19]
        lines = []
        for y in range(height):
            start = size + 12 * n_colors + y * line_size
            pixels = data[start:start + 4 * width]
            line = bytearray(3 * width)
            line[0::3], line[1::3], line[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
            lines.append(bytes(line))
        return lines


def write_png(path, lines):
    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))

    header = struct.pack('>2I5B', len(lines[0]) // 3, len(lines), 8, 2, 0, 0, 0)
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header)
                   + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + line for line in lines), 9))
                   + chunk(b'IEND', b''))


def count_colors(lines):
    """Of every other line, which is enough."""
    return len({line[x:x + 3] for line in lines[::2] for x in range(0, len(line), 3)})


def run(command, display):
    """Returns the exit status, what was printed, and the fullest picture."""
    best, best_count = None, -1
    deadline = time.monotonic() + TIMEOUT_S
    with tempfile.TemporaryFile('w+') as out:
        program = subprocess.Popen(command, stdout=out)
        while program.poll() is None and time.monotonic() < deadline:
            picture = display.read()
            if (count := count_colors(picture)) > best_count:
                best, best_count = picture, count
            time.sleep(0.1)
        program.kill()
        program.wait()
        out.seek(0)
        return program.returncode, out.read(), best


def find_fault(status, text, picture):
    """Returns what is wrong, or None."""
    if status != 0:
        return f'the program ended with {status}'
    if not re.search(r'^(\d+) of \1 calls done, 0 cancelled; \d+ frames', text, re.M):
        return 'not all calls were done'
    if count_colors(picture) < 32:
        return 'nothing is in the window'
    return None


def main():
    command = sys.argv[1:]
    path = command.pop(0).split('=', 1)[1] if command[0].startswith('--picture=') else None

    if shutil.which('Xvfb') is None:
        print('1..0 # SKIP Xvfb is not installed')
        return

    with tempfile.TemporaryDirectory() as directory:
        display = Display(directory)
        os.environ.update(DISPLAY=f':{display.number}', GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none',
                          DBUS_SESSION_BUS_ADDRESS='unix:path=/dev/null')
        os.environ.pop('WAYLAND_DISPLAY', None)
        try:
            if not display.number:
                print('1..0 # SKIP Xvfb does not start')
                return
            status, text, picture = run(command + ['--at-once'], display)
        finally:
            display.close()

    if path is not None:
        write_png(path, picture)
    fault = find_fault(status, text, picture)
    sys.stdout.write(''.join(f'# {line}\n' for line in text.splitlines()))
    print('1..1')
    print(f'not ok 1 - {fault}' if fault else 'ok 1 - a window')
    sys.exit(1 if fault else 0)


if __name__ == '__main__':
    main()
