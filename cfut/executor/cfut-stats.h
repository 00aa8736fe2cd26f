/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

#define CFUT_TYPE_STATS (cfut_stats_get_type ())

typedef struct _CfutStats CfutStats;

CFUT_AVAILABLE_IN_ALL
GType      cfut_stats_get_type          (void);
CFUT_AVAILABLE_IN_ALL
CfutStats *cfut_stats_copy              (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
void       cfut_stats_free              (CfutStats       *self);

CFUT_AVAILABLE_IN_ALL
guint      cfut_stats_get_n_workers     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint      cfut_stats_get_n_idle        (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint      cfut_stats_get_n_pending     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_pending_bytes (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint      cfut_stats_get_n_running     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_submitted   (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_finished    (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_failed      (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_cancelled   (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_retried     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_deaths      (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint64    cfut_stats_get_n_kills       (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
gint64     cfut_stats_get_busy_time     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
gint64     cfut_stats_get_cpu_time      (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
gint64     cfut_stats_get_queue_wait    (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
double     cfut_stats_get_cpu_share     (const CfutStats *self);
CFUT_AVAILABLE_IN_ALL
guint      cfut_stats_get_useful_workers (const CfutStats *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutStats, cfut_stats_free)

G_END_DECLS
