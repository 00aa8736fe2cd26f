# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Prints where Python looks for modules that are installed under a prefix.

    find-site.py PREFIX FALLBACK

Debian's Python has other directories for /usr and /usr/local than those that
sysconfig tells. FALLBACK is printed if it looks for none under the prefix.
"""

import pathlib
import sys

prefix, fallback = map(pathlib.Path, sys.argv[1:])
# /usr/local is under /usr, but not a part of it.
found = [path for path in map(pathlib.Path, sys.path)
         if path.name in ('dist-packages', 'site-packages') and path.is_relative_to(prefix)
         and (prefix.name == 'local' or not path.is_relative_to(prefix / 'local'))]
print(fallback if fallback in found or not found else found[0])
