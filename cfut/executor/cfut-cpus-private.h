/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How many CPUs this process may use, at least 1: those of its affinity mask,
 * and no more than the CPU quota of its control groups pays for, rounded up.
 * Looked up once a process. Runs in: any thread. Locks: none. */
guint  cfut_cpus_get_usable   (void);

/* The CPUs that the quotas of a process allow, or 0.0 if there is none.
 * @membership is its /proc/PID/cgroup, @root the place where control groups
 * are mounted, /sys/fs/cgroup. */
double cfut_cpus_read_quota   (const char *membership,
                               const char *root);

G_END_DECLS
