# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Whole programs that use the native face."""

import os
import subprocess
import sys
import unittest

from support import DEADLINE, ExecutorCase
import tasks


class Programs(ExecutorCase):
    """Whole programs, each an interpreter of its own."""

    def run_program(self, text, *arguments, **options):
        path = self.path('program.py')
        with open(path, 'w') as file:
            file.write('import sys, time, os\n'
                       'import gi; gi.require_version("Cfut", "1")\n'
                       'from gi.repository import Cfut, GLib\n'
                       'from concurrent.futures import CancelledError\n' + text)
        return subprocess.run([sys.executable, *arguments, path], capture_output=True, text=True,
                              timeout=DEADLINE, check=False, **options)

    def test_main(self):
        """Functions and classes of the main module work"""
        run = self.run_program('''
class Point:
    def __init__(self, x): self.x = x
def move(point): return Point(point.x + 1)
if __name__ == '__main__':
    with Cfut.ProcessExecutor(2) as executor:
        print(executor.submit(move, Point(1)).result().x)
        print([p.x for p in executor.map(move, map(Point, range(3)))])
''')
        self.assertEqual((run.stdout, run.stderr), ('2\n[1, 2, 3]\n', ''))

    def test_main_module(self):
        """... and of one that is run with -m"""
        with open(self.path('program.py'), 'w') as file:
            file.write('import gi; gi.require_version("Cfut", "1")\n'
                       'from gi.repository import Cfut\n'
                       'def f(): return __name__\n'
                       'if __name__ == "__main__":\n'
                       '    with Cfut.ProcessExecutor(1) as executor:\n'
                       '        print(executor.submit(f).result())\n')
        run = subprocess.run([sys.executable, '-m', 'program'], capture_output=True, text=True,
                             cwd=self.directory, timeout=DEADLINE, check=False)
        self.assertEqual((run.stdout, run.stderr), ('__mp_main__\n', ''))

    def test_main_is_lazy(self):
        """The main module is not run in workers unless something of it is wanted"""
        run = self.run_program('''
print('main')
executor = Cfut.ProcessExecutor(1)
print(executor.submit(pow, 2, 3).result())
executor.shutdown()
''')
        self.assertEqual((run.stdout, run.stderr), ('main\n8\n', ''))

    def test_output(self):
        """What a worker prints comes where the program's output goes"""
        run = self.run_program('''
sys.path.insert(0, %r)
import tasks
executor = Cfut.ProcessExecutor(1)
executor.submit(tasks.speak).result()
print('then')
sys.stdout.flush()
executor.submit(print, 'no end', end='').result()
''' % os.path.dirname(os.path.abspath(tasks.__file__)))
        self.assertEqual((run.stdout, run.stderr), ('spoken\nthen\nno end', 'complained\n'))

    def test_exit_with_calls(self):
        """A program that ends says that calls are lost, and leaves nothing"""
        for kind in ('ThreadExecutor', 'ProcessExecutor'):
            run = self.run_program(f'''
executor = Cfut.{kind}(1)
futures = [executor.submit(time.sleep, 0.1) for _ in range(1000)]
futures[0].result()
''')
            self.assertEqual((run.returncode, run.stdout), (0, ''))
            self.assertRegex(run.stderr, fr'RuntimeWarning: {kind} was not shut down: '
                             r'the program ends before \d+ of its calls have started')

    def test_exit_without_calls(self):
        """... and says nothing when none is lost"""
        for kind in ('ThreadExecutor', 'ProcessExecutor'):
            run = self.run_program(f'''
executor = Cfut.{kind}(1)
executor.submit(time.sleep, 0.1).result()
''')
            self.assertEqual((run.returncode, run.stdout, run.stderr), (0, '', ''))

    def test_interrupt(self):
        """Ctrl-C interrupts a wait"""
        for kind in ('ThreadExecutor', 'ProcessExecutor'):
            run = self.run_program(f'''
import signal, threading
executor = Cfut.{kind}(1)
future = executor.submit(time.sleep, 3 if '{kind}' == 'ThreadExecutor' else 60)
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    future.result()
except KeyboardInterrupt:
    print('interrupted', future.done())
future.cancel()
''')
            self.assertEqual((run.stdout, run.stderr), ('interrupted False\n', ''))


if __name__ == '__main__':
    unittest.main()
