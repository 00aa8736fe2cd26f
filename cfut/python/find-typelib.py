# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tells by its exit code whether PyGObject looks for typelibs in a directory.

    find-typelib.py DIRECTORY
"""

import os
import pathlib
import sys

# What the user has set now is not what programs will have.
os.environ.pop('GI_TYPELIB_PATH', None)

import gi  # noqa: E402

gi.require_version('GIRepository', '2.0')

from gi.repository import GIRepository  # noqa: E402

searched = map(pathlib.Path, GIRepository.Repository.get_search_path())
sys.exit(pathlib.Path(sys.argv[1]) not in searched)
