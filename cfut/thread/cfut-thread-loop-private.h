/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "policy/cfut-spin-private.h"
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

  int knocked; /* atomic; while a thread @looks: a call was queued */

  /* All below: protected by the pool's lock. */
  CfutThreadWorker *workers; /* (owned) doubly linked */
  guint next_id;
  guint n_asked;             /* of GThreadPool, not there yet */
  guint n_starting;          /* those, and those that initialize themselves */
  guint n_idle;              /* waiting, and not promised a call */
  guint n_promised;          /* about to look: woken, or not waiting yet */
  gboolean looks;            /* one of these does not sleep yet */
  gboolean watched;          /* one of the idle ones naps */
  gint64 mean_ns;            /* what calls take, lately */
  gint64 moved_at;           /* when a thread last ended a call or took one, monotonic µs */
  CfutSpin thread_spin;      /* whether looking pays for threads */
  CfutSpin waiter_spin;      /* ... and for those who wait for results */
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

/* cfut-thread-carrier.c: TRUE if an idle thread was promised a call that is queued:
 * @work_cond is to be signalled, without the lock. */
gboolean cfut_thread_carrier_promise_locked    (CfutThreadCarrier *self);

/* Opens or shuts the intake of the pool, as who is awake allows. */
void     cfut_thread_carrier_see_to_intake_locked (CfutThreadCarrier *self);

/* cfut-thread-wait.c */

/* Whether the thread, which found no call and is counted as promised one, is to
 * look; then look_and_lock() follows without the lock, and comes back with it. */
gboolean cfut_thread_carrier_begin_look_locked (CfutThreadCarrier *self);
void     cfut_thread_carrier_look_and_lock     (CfutThreadCarrier *self);
/* A CfutCarrierClass.drive. */
void     cfut_thread_carrier_drive             (CfutPool          *pool,
                                                CfutJob           *job,
                                                gint64             deadline);
/* A call has taken so long. */
void     cfut_thread_carrier_note_run_locked   (CfutThreadCarrier *self,
                                                gint64             run_time_ns);
/* TRUE: nobody need be woken for the calls that are queued. */
gboolean cfut_thread_carrier_is_watched_locked (CfutThreadCarrier *self);
/* FALSE: it was @until (monotonic µs; negative for never) before anything came. */
gboolean cfut_thread_carrier_sleep_locked      (CfutThreadCarrier *self,
                                                gint64             until);

/* Those who wait look whether it is time to leave. */
void cfut_thread_carrier_close  (CfutPool *pool,
                                 gboolean  kill);

G_END_DECLS
