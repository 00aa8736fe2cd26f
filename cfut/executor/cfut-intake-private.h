/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-job-private.h"

G_BEGIN_DECLS

/*
 * CfutIntake: where plain calls come in without the pool's lock.
 *
 * A lock that is taken for each call passes from CPU to CPU, with all that it
 * guards, and that takes longer than a small call. So before the queue there is a
 * stack, on which whoever submits puts a job by a compare-and-swap, and which
 * whoever has the lock moves to the queue before looking at that.
 *
 * Nobody is woken for a job that comes this way, so the intake is open only while
 * somebody is sure to look by himself. And nobody counts: to put a job there takes
 * a ticket, and tickets are given out for no more calls than there is room for.
 *
 * Only its first two members are touched without the pool's lock.
 */

/* A job that may come this way takes no more bytes. */
#define CFUT_INTAKE_MAX_SIZE 1024

/* So many may have come that way and be moved to the queue at once: whoever does has
 * the lock meanwhile. */
#define CFUT_INTAKE_MAX_CALLS 4096

/* What one CPU writes all the time and others look at is kept apart from what
 * these read. */
#define CFUT_CACHE_LINE 64

typedef struct
{
  /* Atomic. */
  CfutJob *newest; /* (owned) the others follow it; or that it is shut */
  int n_tickets;   /* for whoever comes first */

  char gap[CFUT_CACHE_LINE];

  /* All below: protected by the pool's lock. */
  int n_out; /* tickets that are still there, and calls on their way */
} CfutIntake;

void     cfut_intake_init  (CfutIntake *self);

/* Takes a reference of @job's over. FALSE: it did not, @job has to be queued with
 * the lock. Runs in: any thread. Locks: none. */
gboolean cfut_intake_push  (CfutIntake *self,
                            CfutJob    *job);

/* Runs in: any thread. Locks: none. */
gboolean cfut_intake_has_any (CfutIntake *self);

/* (nullable): what has come, oldest first, linked by next.
 * Locks: caller holds the pool's, here and below. */
CfutJob *cfut_intake_take  (CfutIntake *self);

/* After this nothing comes until it is opened. (nullable): what has come. */
CfutJob *cfut_intake_shut  (CfutIntake *self);
void     cfut_intake_open  (CfutIntake *self);

/* Gives out so many tickets more, or takes back those that are left. */
void     cfut_intake_issue (CfutIntake *self,
                            guint       n_tickets);
void     cfut_intake_recall (CfutIntake *self);

G_END_DECLS
