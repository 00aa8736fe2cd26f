/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-pool-private.h"
#include "executor/cfut-worker-info-private.h"

G_BEGIN_DECLS

/* One thread while it works for this carrier. */
typedef struct _CfutThreadWorker CfutThreadWorker;

struct _CfutThreadWorker
{
  /* Set by the thread itself before it is in the list. */
  clockid_t cpu_clock;
  gint64 cpu_begin_ns; /* what the thread had used for others */
  guint id;
  char other_name[16]; /* the thread's name that is not in use */
  CfutWorkerInfo *info; /* (owned) (nullable) made when somebody looks */

  /* Touched by the thread itself. */
  CfutCall *call; /* (owned) (nullable) that of the job it runs, or ran last */

  /* All below: protected by the pool's lock. */
  CfutThreadWorker *prev;
  CfutThreadWorker *next;
  gboolean busy;
  guint64 n_calls;
  gint64 busy_time_ns;
};

/* Runs in: the thread that it is about. */
CfutThreadWorker *cfut_thread_worker_new             (void);
void              cfut_thread_worker_free            (CfutThreadWorker *self,
                                                      CfutPool         *pool);

/* What the thread will be called, after its executor and its id. */
void              cfut_thread_worker_set_name        (CfutThreadWorker *self,
                                                      const char       *executor_name);
void              cfut_thread_worker_swap_name       (CfutThreadWorker *self);

gint64            cfut_thread_worker_get_cpu_time_ns (CfutThreadWorker *self);
void              cfut_thread_worker_show_locked     (CfutThreadWorker *self,
                                                      CfutPool         *pool);

G_END_DECLS
