# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import os


def count_cpus():
    """Returns how many CPUs this process may use."""
    if hasattr(os, 'process_cpu_count'):
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0))
