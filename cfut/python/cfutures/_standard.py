# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What has the same name in the standard module and here.

It is loaded with the package, so that it is the standard module's also in a
program that then puts the package in the place of `concurrent.futures`.
"""

from concurrent.futures.thread import BrokenThreadPool, ThreadPoolExecutor

__all__ = ['BrokenThreadPool', 'ThreadPoolExecutor']
