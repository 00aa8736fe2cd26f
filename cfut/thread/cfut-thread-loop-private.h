/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "thread/cfut-thread-carrier-private.h"
#include "thread/cfut-thread-worker-private.h"

G_BEGIN_DECLS

/*
 * What runs on each thread of a carrier: it initializes itself, takes calls from
 * the pool's queue until there has been none for long enough, and goes back to
 * GThreadPool.
 */

struct _CfutThreadCarrier
{
  /* Set at construction, never changed; read from any thread. */
  CfutPool *pool;          /* (unowned) it owns us */
  GThreadPool *threads;    /* (owned) */

  GCond work_cond; /* with the pool's lock: a waiting thread may look */

  /* All below: protected by the pool's lock. */
  CfutThreadWorker *workers; /* (owned) doubly linked */
  guint next_id;
  guint n_asked;             /* of GThreadPool, not there yet */
  guint n_starting;          /* those, and those that initialize themselves */
  guint n_idle;              /* waiting, and not promised a call */
  guint n_promised;          /* about to look: woken, or not waiting yet */
  gint64 gone_cpu_time_ns;   /* of threads that have left */
  gint64 idle_timeout_us;    /* negative: for ever */
  const CfutFunction *initializer; /* (nullable) */
  GVariant *initializer_arguments; /* (owned) (nullable) */
  GClosure *closure;          /* (owned) (nullable) runs around a thread's loop */
  GMainContext *closure_home; /* (owned) (nullable) where to drop it */
};

/* What GThreadPool runs; @data is the pool. Runs in: worker thread. */
void cfut_thread_carrier_thread (gpointer data,
                                 gpointer user_data);

/* Those who wait look whether it is time to leave. */
void cfut_thread_carrier_close  (CfutPool *pool,
                                 gboolean  kill);

G_END_DECLS
