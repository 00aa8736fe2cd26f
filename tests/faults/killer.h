/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "oracle.h"

G_BEGIN_DECLS

/*
 * A thread that kills a random worker every so often, if a few calls have ended
 * since: on a slow machine workers would do nothing but start.
 */
typedef struct
{
  CfutExecutor *executor;
  GThread *thread;
  GRand *rand;
  gint64 interval_us;
  gint n_kills; /* atomic */

  GMutex lock;
  GCond over_cond;
  gboolean over; /* protected by @lock */
} Killer;

void  killer_begin (Killer    *self,
                    FaultTest *test,
                    gint64     interval_us);
guint killer_end   (Killer    *self);
/* Kills all workers that there are. */
void  kill_workers (FaultTest *test);

G_END_DECLS
