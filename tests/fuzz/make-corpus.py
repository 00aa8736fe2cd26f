#!/usr/bin/env python3
# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Writes what the fuzz targets start from: good input, and known kinds of bad.

    make-corpus.py DIRECTORY

Files of other names, which are what was found, are left alone.
"""

import pathlib
import struct
import sys

import gi
gi.require_version('GLib', '2.0')
from gi.repository import GLib

HEADER = '<HBBHHIIQIIqq'
SETUP, READY, CALL, RESULT, ERROR, PROGRESS, CANCEL, SHUTDOWN = range(1, 9)
CHUNK = 1
SHARED = 4


def text(source):
    """The serialised form of a value in GLib's text format."""
    return bytes(GLib.Variant.parse(None, source, None, None).get_data_as_bytes().get_data())


def frame(kind, body=b'', *, call=0, attempt=None, slot=None, flags=0, aux=0, time=0, timeout=0,
          magic=0x4663, version=1, form=0, length=None):
    header = struct.pack(HEADER, magic, version, kind, flags, form,
                         len(body) if length is None else length,
                         (max(call - 1, 0) if slot is None else slot), call,
                         (call != 0 if attempt is None else attempt), aux, time, timeout)
    return header + body + bytes(-len(body) % 8)


def shared(offset, length, index, *, call=1, kind=RESULT, rest=0):
    return frame(kind, struct.pack('<IIII', offset, length, index, rest), call=call, flags=SHARED)


def typed(type_string, body):
    """An input that begins with a type that is spelled out."""
    return b'\xff' + type_string.encode() + b'\0' + body


def variants():
    """Bodies, for the targets that take a type and a body."""
    good = {
        'fixed': ('(xiy)', "(int64 1, 2, byte 0x03)"),
        'strings': ('as', "['a', '', 'bc']"),
        'vardict': ('a{sv}', "{'a': <1>, 'b': <['x', 'y']>, 'c': <{'d': <(1, <2>)>}>}"),
        'maybe': ('mms', "@mms just just 'a'"),
        'chunk': ('(axa(usisssay))', "([int64 1, 2], [(uint32 2, 'domain', 3, 'text', 'name', 'traceback', @ay [1])])"),
        'deep': ('v', '<' * 20 + '1' + '>' * 20),
        'error': ('(sisssay)', "('g-io-error-quark', 1, 'No', 'Name', 'trace', @ay [1, 2])"),
        'booleans': ('ab', '[true, false, true]'),
        'paths': ('(og)', "(objectpath '/a/b', signature 'a{sv}')"),
    }
    for name, (type_string, source) in good.items():
        yield f'good-{name}', typed(type_string, text(source))

    # Offsets that point backwards, over one another, or behind the end.
    yield 'offsets-backwards', typed('as', b'a\0b\0\4\2')
    yield 'offsets-overlap', typed('(ss)', b'ab\0\3')
    yield 'offsets-same', typed('as', b'a\0' + b'\2' * 6)
    yield 'offsets-behind-the-end', typed('as', b'a\0\xff')
    yield 'offset-of-half', typed('aas', b'a\0\2\1')
    yield 'zeros-as-pairs', typed('a(ss)', bytes(257))
    yield 'zeros-as-dictionary', typed('a{sv}', bytes(600))
    # Children that end where there is nothing behind them.
    yield 'string-without-end', typed('s', b'abc')
    yield 'string-at-the-end', typed('(ys)', b'\1abc')
    yield 'nothing-as-string', typed('s', b'')
    yield 'variant-without-type', typed('v', b'\1\0')
    yield 'variant-of-nothing', typed('v', b'')
    yield 'variant-of-zeros', typed('v', bytes(9))
    yield 'variant-with-half-a-type', typed('v', b'\0\0a{s')
    yield 'maybe-with-more', typed('my', b'\1\2')
    yield 'maybe-string-without-zero', typed('ms', b'a\0b')
    # Types that grow, and values that go deep.
    yield 'type-that-is-long', typed('v', b'\0\0(' + b'y' * 300 + b')')
    yield 'type-that-is-deep', typed('v', b'\0\0' + b'a' * 130 + b'y')
    yield 'type-with-maybes', typed('v', b'\0' + b'm' * 126 + b'y')
    yield 'type-with-tuples', typed('v', b'\0' * 40 + b'\0' + b'(' * 40 + b'y' + b')' * 40)
    yield 'variants-in-variants', typed('v', b'\1' + b'\0y' + b'\0v' * 80)
    yield 'array-of-nothing', typed('a()', b'\1' + bytes(64))
    yield 'array-of-wide-nothing', typed('aa()', bytes(255))
    # Padding, sizes and values that are not the only way to say it.
    yield 'padding-not-zero', typed('(yx)', b'\1' + b'\xff' * 7 + bytes(8))
    yield 'boolean-of-two', typed('b', b'\2')
    yield 'size-wrong', typed('(xi)', bytes(12))
    yield 'text-not-utf-8', typed('s', b'\xc3\x28\0')
    yield 'path-with-slash-at-end', typed('o', b'/a/\0')
    yield 'signature-of-no-type', typed('g', b'a{v\0')
    yield 'dictionary-entry-short', typed('{yx}', bytes(9))
    yield 'large-offsets', typed('(ss)', b'a' * 300 + b'\0b\0' + b'\x2d\1')


def parent_stream():
    answer = frame(RESULT, text('int64 7'), call=1, time=5)
    chunk = frame(RESULT, text("(@ax [1, 2], @a(usisssay) [])"), call=4, flags=CHUNK)
    error = frame(ERROR, text("('g-io-error-quark', 1, 'No', '', '', @ay [])"), call=2)
    progress = frame(PROGRESS, text("(0.5, 'half')"), call=1)
    third = frame(RESULT, text('int64 9'), call=3)
    streams = {
        'good-all': progress + answer + error + third + chunk,
        'good-first': answer,
        'shared': shared(0, 40 << 10, 0, call=2, kind=ERROR) + shared(0, 8, 0),
        'shared-at-the-end': shared((32 << 20) - 4096, 4080, 63),
        'shared-behind-the-end': shared((32 << 20) - 4096, 4081, 63),
        'shared-far-behind': shared(0xfffff000, 0xffffffff, 0),
        'shared-not-aligned': shared(8, 8, 0),
        'shared-of-no-region': shared(0, 8, 64),
        'shared-of-nothing': shared(0, 0, 0),
        'shared-and-more': shared(0, 8, 0, rest=1),
        'shared-without-place': frame(RESULT, b'', call=1, flags=SHARED),
        'shared-with-half-a-place': frame(RESULT, bytes(8), call=1, flags=SHARED),
        'shared-progress': frame(PROGRESS, bytes(16), call=1, flags=SHARED),
        'skips-a-call': third,
        'answers-twice': answer + answer,
        'answers-what-it-has-not-started': answer + error + third + chunk + frame(RESULT, text('int64 1'), call=5),
        'answers-another-worker': frame(RESULT, text('int64 -666'), call=6, slot=0),
        'answers-another-attempt': frame(RESULT, text('int64 -666'), call=1, attempt=2),
        'answers-nothing': frame(RESULT, text('int64 -666'), call=0, attempt=0),
        'progress-behind-its-end': answer + progress,
        'ready-again': frame(READY, text("[('fake', '(u)', 'x')]")),
        'not-ready-after-all': frame(ERROR, text("('', 1, 'No', '', '', @ay [])")),
        'chunk-for-a-call': frame(RESULT, text("(@ax [], @a(usisssay) [])"), call=1, flags=CHUNK),
        'call-for-a-chunk': answer + error + third + frame(RESULT, text('int64 1'), call=4),
        'result-of-wrong-size': frame(RESULT, b'\0\0\0', call=1),
        'error-without-end': frame(ERROR, b'abc', call=1),
        'error-of-nothing': frame(ERROR, b'', call=1),
        'padding-not-zero': frame(RESULT, b'\0\0\0', call=1)[:-1] + b'\1',
        'magic': frame(RESULT, text('int64 7'), call=1, magic=0x6346),
        'version': frame(RESULT, text('int64 7'), call=1, version=2),
        'type-unknown': frame(9, b'', call=1),
        'type-of-a-parent': frame(SHUTDOWN),
        'flags': frame(RESULT, text('int64 7'), call=1, flags=0x8000),
        'format': frame(RESULT, text('int64 7'), call=1, form=9),
        'slot': frame(RESULT, text('int64 7'), call=1, slot=1024),
        'time': frame(RESULT, text('int64 7'), call=1, time=-1),
        'length-of-all': frame(RESULT, b'', call=1, length=0xffffffff),
        'length-too-large': frame(RESULT, b'', call=1, length=(1 << 30) + 1),
        'length-and-silence': frame(RESULT, b'', call=1, length=1 << 30),
        'progress-too-large': frame(PROGRESS, b'', call=1, length=(64 << 10) + 1),
        'header-torn': answer[:47],
        'body-torn': answer[:-1],
        'no-number': frame(PROGRESS, struct.pack('<d', float('nan')) + b'x\0', call=1),
        'nothing-but-zeros': bytes(48),
    }
    for name, stream in streams.items():
        yield name, b'\7\0' + stream
    # A body that needs a buffer of its own, of which the rest is zeros.
    yield 'large', b'\11\200' + answer + frame(ERROR, b'', call=2, length=100 << 10)
    yield 'large-and-more', b'\2\201' + frame(ERROR, b'', call=1, length=(128 << 10) - 3)


def worker_stream():
    setup = frame(SETUP, text('@a{sv} {}'))
    call = frame(CALL, text("('text',)"), call=1, aux=0, time=-1)
    many = b''.join(frame(CALL, text("()"), call=i, aux=2, time=-1) for i in range(2, 12))
    chunk = frame(CALL, text("[('a',), ('b',)]"), call=12, aux=0, time=-1, flags=CHUNK)
    streams = {
        'good-all': setup + call + many + chunk + frame(SHUTDOWN),
        'good-setup': frame(SETUP, text("{'cwd': <b'/'>, 'rlimits': <[(uint32 4, uint64 0, uint64 0)]>,"
                                        " 'initializer': <'a'>, 'initializer-arguments': <<('x',)>>}")),
        'setup-unknown': frame(SETUP, text("{'else': <1>}")),
        'setup-types': frame(SETUP, text("{'cwd': <1>, 'initializer': <2>}")),
        'setup-no-function': frame(SETUP, text("{'initializer': <'nobody'>}")),
        'setup-refusing': frame(SETUP, text("{'initializer': <'c'>}")),
        'setup-twice': setup + setup,
        'call-first': call,
        'call-twice': setup + call + call,
        'call-not-offered': setup + frame(CALL, text("('text',)"), call=99, aux=0, slot=5, time=-1),
        'call-of-no-function': setup + frame(CALL, b'', call=1, aux=77, time=-1),
        'call-of-another-format': setup + frame(CALL, b'{}', call=1, form=3, time=-1),
        'call-of-wrong-size': setup + frame(CALL, b'\0' * 3, call=2, aux=1, time=-1),
        'call-of-zeros': setup + frame(CALL, bytes(64), call=3, aux=1, time=-1),
        'call-late': setup + frame(CALL, text("()"), call=1, aux=2, time=1, timeout=1),
        'chunk-of-nothing': setup + frame(CALL, b'', call=1, aux=0, time=-1, flags=CHUNK),
        'cancel-on-the-channel': setup + frame(CANCEL, call=1),
        'of-a-worker': frame(READY, text("@a(sss) []")),
        'length-of-all': setup + frame(CALL, b'', call=1, length=0xffffffff, time=-1),
        'torn': setup + call[:-5],
    }
    for name, stream in streams.items():
        yield name, b'\7\0' + stream
    yield 'large', b'\11\200' + setup + frame(CALL, b'', call=1, aux=0, time=-1, length=100 << 10)


def session():
    (submit, ready, start, answer, flush, serve, progress, die, reap, cancel, time, hang_up, lie,
     forge, shutdown, give_up, deepen, refuse, no_spawn, terminate) = range(20)
    later = 128
    seen = 64
    scripts = {
        'good': (1, [submit, 0, submit, 0, serve, 0, serve, 1]),
        'dies-before-ready': (0, [submit, 0, die, seen, reap, 0, time, 2, serve, 0]),
        'crash-loop': (0, [submit, 3] + [die, seen | 16, reap, 0, time, 5] * 10),
        'dies-with-call': (0, [submit, 0, ready, 0, start, 0, die, seen, reap, 0, serve, 0]),
        'dies-with-call-retried': (0, [submit, 1, ready, 0, start, 0, die, seen, reap, 0, serve, 0]),
        'poison': (0, [submit, 2] + [ready, 0, start, 0, die, seen, reap, 0] * 4),
        'dies-with-call-unstarted': (0, [submit, 0, ready, 0, die, seen, reap, 0, serve, 0]),
        'answer-noted-and-dead': (0, [submit, 0, ready, 0, start, 0, answer, 0, die, seen, reap, 0]),
        'answer-written-and-dead': (0, [submit, 0, ready, 0, start, 0, answer, 0, flush | later, 0,
                                        die | later, seen, reap, 0]),
        'reaped-late': (1, [submit, 0, ready, 0, start, 0, die, 0, submit, 0, submit, 0, reap, 0, serve, 0]),
        'cancel-queued': (0, [submit, 0, submit, 0, cancel, 1, serve, 0]),
        'cancel-running': (0, [submit, 0, ready, 0, start, 0, cancel, 0, answer, 0, flush, 0]),
        'cancel-and-killed': (0, [submit, 0, ready, 0, start, 0, cancel, 0, time, 6]),
        'cancel-window': (0, [submit, 0, ready, 0, deepen, 0, submit, 0, submit, 0, cancel, 1, cancel, 2,
                              serve, 0]),
        'stalls': (1, [submit, 0, ready, 0, deepen, 0, submit, 0, submit, 0, start, 0, time, 2, serve, 1,
                       serve, 0]),
        'timeout': (0, [submit, 4, ready, 0, start, 0, time, 3, time, 6]),
        'deadline-queued': (0, [submit, 8, submit, 8, time, 4, serve, 0]),
        'hangs-up': (0, [submit, 0, ready, 0, start, 0, hang_up, 0, time, 4]),
        'lies': (1, [submit, 0, submit, 0, ready, 0, ready, 1, start, 0, start, 1, lie, 2, serve, 1]),
        'lies-of-attempt': (0, [submit, 1, ready, 0, start, 0, die, seen, reap, 0, ready, 0, start, 0, lie, 2]),
        'lies-when-killed': (0, [submit, 4, ready, 0, start, 0, time, 3, time, 6] + [lie, 255] * 3),
        'half-a-frame': (0, [submit, 0, ready, 0, start, 0, lie, 255, time, 7, time, 7, time, 7]),
        'forges': (0, [submit, 0, ready, 0, start, 0, forge, 16, cancel, 0, answer, 0, flush, 0]),
        'shutdown-idle': (0, [submit, 0, serve, 0, shutdown, 0]),
        'shutdown-running': (1, [submit, 0, ready, 0, start, 0, submit, 0, shutdown, 0, serve, 0]),
        'shutdown-and-kill': (1, [submit, 0, ready, 0, start, 0, submit, 0, shutdown, 0, give_up, 0]),
        'shutdown-while-dying': (0, [submit, 1, ready, 0, start, 0, die | later, 0, shutdown | later, 1, reap, 0]),
        'recycled': (2, [submit, 0, submit, 0, submit, 0, serve, 0, serve, 0, serve, 1]),
        'breaks': (4, [submit, 0, submit, 0, ready, 0, start, 0, die, seen, submit, 0]),
        'idle': (16, [submit, 0, serve, 0, time, 0, time, 7, submit, 0, serve, 0]),
        'refuses': (1, [submit, 0, submit, 0, refuse, 0]),
        'nothing-to-spawn': (0, [no_spawn, 3, submit, 0] + [time, 8] * 4 + [serve, 0]),
        'nothing-to-spawn-at-all': (0, [no_spawn, 15, submit, 0] + [time, 8] * 9),
        'terminated': (1, [submit, 0, ready, 0, start, 0, submit, 1, terminate, 0]),
        'terminated-while-dead': (0, [submit, 1, ready, 0, start, 0, die | later, 0, terminate | later, 1]),
        'chunk': (0, [submit, 32, ready, 0, start, 0, die, seen, submit, 33, serve, 0]),
    }
    for name, (settings, events) in scripts.items():
        yield name, bytes([settings] + events)


def memfd():
    needed = 1 | 2 | 4
    yield 'good', bytes([0, needed])
    yield 'read-only', bytes([1, needed])
    for seals in range(0, 32):
        if seals in (0, 1, 2, 3, 4, 5, 6, needed | 8, needed | 16):
            yield f'seals-{seals}', bytes([0, seals])
    for kind in range(2, 11):
        yield f'kind-{kind}', bytes([kind, needed])
    yield 'good-small', bytes([0, needed, 0, 0, 0, 0, 1])
    yield 'short-small', bytes([0, needed, 255, 255, 255, 255, 1])
    yield 'short', bytes([0, needed]) + struct.pack('<i', -1)
    yield 'long', bytes([0, needed]) + struct.pack('<i', 1)
    yield 'empty', bytes([0, needed]) + struct.pack('<i', -(1 << 31))
    yield 'huge', bytes([0, needed]) + struct.pack('<i', (1 << 31) - 1)


def roundtrip():
    for i, letters in enumerate([b'\0\1\2\3', b'\3\3\3\15\7hello', b'\2\3\1\2\3\4', b'\7\377\377\1\0']):
        yield f'value-{i}', bytes([7 + i, 3]) + b'abc' + b'\1\0\0\0\0' + letters * 4
    yield 'message-not-utf-8', b'\2\5\xff\xfea\xc3(' + b'\0' * 8


def main():
    targets = {
        'gvariant-guard': variants, 'validate-diff': variants, 'parent-stream': parent_stream,
        'worker-stream': worker_stream, 'session': session, 'memfd': memfd, 'roundtrip': roundtrip,
    }
    top = pathlib.Path(sys.argv[1])
    for target, make in targets.items():
        directory = top / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, contents in make():
            (directory / name).write_bytes(contents)


if __name__ == '__main__':
    main()
