# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the tests of a `unittest` module and prints TAP."""

import faulthandler
import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def line(self, test, passed, note='', details=''):
        self.number += 1
        print(f'{"ok" if passed else "not ok"} {self.number} {test.id().removeprefix("__main__.")}{note}')
        for line in details.splitlines():
            print('#', line)
        sys.stdout.flush()

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        self.line(test, True, f' # SKIP {reason}')

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.line(test, False, details=self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.line(test, False, details=self.errors[-1][1])


def main():
    """Takes patterns for names of tests as arguments."""
    # What hangs tells where, before meson's time-out.
    faulthandler.dump_traceback_later(100, exit=True)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{pattern}*' for pattern in sys.argv[1:]] or None
    suite = loader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{suite.countTestCases()}', flush=True)
    result = TapResult()
    suite.run(result)
    faulthandler.cancel_dump_traceback_later()
    sys.exit(not result.wasSuccessful())
