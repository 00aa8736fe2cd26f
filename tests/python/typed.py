# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""For the type checker, see test-stubs.py: it finds fault with the lines marked
so, and with no other."""

from gi.repository import Cfut


def double(number: int) -> int:
    return 2 * number


with Cfut.ProcessExecutor(max_workers=2) as executor:
    future = executor.submit(double, 4)
    number: int = future.result(timeout=5)
    for value in executor.map(double, [1, 2], buffersize=4):
        number += value
    done, not_done = Cfut.wait([future], timeout=1)
    later = executor.with_options(timeout=1.5, name='later').submit(double, 1)
    text: str = later.result()  # fault
    executor.submit(double, 'x')  # fault
    executor.map(double, [1], buffer_size=4)  # fault
    number += executor.get_stats().get_n_finished()


async def main() -> int:
    queued = await executor.enqueue(double, 5)
    return await executor.run(double, 1) + await future + await queued


def fill(size: int) -> memoryview:
    buffer = Cfut.Buffer(size)
    other = Cfut.Buffer.new_copy(memoryview(buffer))
    executor.submit(len, buffer)
    Cfut.Buffer('large')  # fault
    return memoryview(other)[:len(buffer)]


def read(queue: Cfut.CompletionQueue) -> bytes:
    return queue.drain_data(0) or b''
