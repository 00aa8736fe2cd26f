/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/executor/cfut-stats.h>

G_BEGIN_DECLS

/*
 * What a CfutStats holds: a copy of an executor's counters at one moment.
 * Calls are counted by item: a chunk of a map counts its items.
 */
struct _CfutStats
{
  guint n_workers;
  guint n_idle;
  guint n_pending;
  guint64 pending_bytes;
  guint n_running;
  guint64 n_submitted;
  guint64 n_finished; /* done, failed and cancelled */
  guint64 n_failed;
  guint64 n_cancelled;
  guint64 n_retried;
  guint64 n_deaths;
  guint64 n_kills;
  gint64 busy_time;  /* µs that workers spent in calls */
  gint64 cpu_time;   /* µs of CPU that workers used */
  gint64 queue_wait; /* µs that started calls had waited, summed up */
};

/* All 0. */
CfutStats *cfut_stats_new (void);

/* cfut_stats_get_useful_workers() on a machine with @n_cpus. */
guint cfut_stats_compute_useful_workers (const CfutStats *self,
                                         guint            n_cpus);

G_END_DECLS
