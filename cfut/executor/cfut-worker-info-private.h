/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-worker-info.h"

G_BEGIN_DECLS

/* @context is where changes are notified: that of the list it is shown in.
 * @pid: 0 for a thread. The state is STARTING. */
CfutWorkerInfo *cfut_worker_info_new    (guint            id,
                                         int              pid,
                                         GMainContext    *context);

/* Stores what is now the case; times in µs. Whoever reads sees it at once,
 * whoever listens is told in the context, once for all updates since it was
 * last told. Nothing is queued if nobody listens.
 * Runs in: any thread. Locks: takes the info's, never while calling out. */
void            cfut_worker_info_update (CfutWorkerInfo  *self,
                                         CfutWorkerState  state,
                                         guint64          n_calls,
                                         gint64           busy_time,
                                         gint64           cpu_time);

G_END_DECLS
