/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pthread.h>

#include "call/cfut-call-private.h"

G_BEGIN_DECLS

/*
 * CfutRunning: which call a worker runs at this moment, so that it can be
 * cancelled from the watcher thread.
 *
 * A cancel may come before its call has begun, as it comes by another way; the
 * last few of those are remembered.
 */
#define CFUT_RUNNING_N_EARLY 32

typedef struct
{
  guint64 call;
  guint32 attempt;
} CfutRunningId;

typedef struct
{
  GMutex lock;

  /* All below: protected by @lock. */
  CfutCall *call; /* (unowned) (nullable) */
  CfutRunningId id;
  int signum;       /* sent to @thread after a cancel; 0: none */
  pthread_t thread; /* that runs the call */
  CfutRunningId early[CFUT_RUNNING_N_EARLY]; /* call 0: unused */
  guint n_early;
  guint next_early;
} CfutRunning;

void cfut_running_init   (CfutRunning *self);
void cfut_running_clear  (CfutRunning *self);

/* For the main thread, around a call. Cancels @call if that was asked for. If it
 * is cancelled later, @signum is sent to the calling thread, unless it is 0. */
void cfut_running_begin  (CfutRunning *self,
                          CfutCall    *call,
                          guint64      id,
                          guint32      attempt,
                          int          signum);
void cfut_running_end    (CfutRunning *self);

/* For the watcher thread. */
void cfut_running_cancel (CfutRunning *self,
                          guint64      id,
                          guint32      attempt);

G_END_DECLS
