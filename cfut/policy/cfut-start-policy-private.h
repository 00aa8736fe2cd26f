/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutStartPolicy: when to start the next worker after some have come to
 * nothing, and when to give up. Pure: no clock, no I/O.
 *
 * A worker came to nothing if it died before it could serve, or before it had
 * ended a single call without any call being to blame. After each the next start
 * waits twice as long; after CFUT_START_MAX_FAILURES in a row the executor is
 * broken. One that does not become ready has taken long enough to count for
 * three. A kill from outside says little about the program, so those count
 * apart, up to CFUT_START_MAX_KILLS: an interpreter takes tens of milliseconds to
 * start, and whoever kills a worker every five hits nearly all before they serve.
 * What could not even be spawned, for want of descriptors, threads or memory, says
 * nothing at all: it is tried CFUT_START_MAX_STARVED times, which takes a few
 * seconds, until whoever has taken these gives some back. Any success forgets all.
 */

#define CFUT_START_MAX_FAILURES 8
#define CFUT_START_MAX_KILLS    1000
#define CFUT_START_MAX_STARVED  25
#define CFUT_START_BACKOFF_US   2000
#define CFUT_START_MAX_BACKOFF_US 200000

typedef enum
{
  CFUT_START_DIED,
  CFUT_START_TIMED_OUT,
  CFUT_START_KILLED, /* from outside */
  CFUT_START_STARVED,
  CFUT_START_N_FAILURES,
} CfutStartFailure;

typedef struct
{
  guint n_in_a_row;
  guint n_failures;  /* among these; some count for more than one */
  guint n_kills;     /* among these */
  guint n_starved;   /* among these */
  gint64 not_before; /* monotonic µs */
} CfutStartPolicy;

/* How a worker ended. */
typedef struct
{
  gboolean was_expected; /* we wanted it to go */
  gboolean has_served;   /* it has ended a call */
  gboolean is_blamed;    /* it has not, but for a call that is to blame */
  gboolean was_late;     /* it was killed for not being ready in time */
  gboolean was_ready;
  gboolean was_condemned; /* we have killed it */
  gboolean was_signalled; /* it died of a signal */
  gboolean was_killed;    /* of SIGKILL */
  gboolean hung_up;       /* it had closed its channel before */
  gboolean is_certain;    /* it is dead, and that is its own status */
} CfutWorkerEnd;

typedef enum
{
  CFUT_START_RETRY,
  CFUT_START_GIVE_UP,
} CfutStartVerdict;

/* Whether it was about to die by itself, when it was killed for having closed its
 * channel: then that is what counts. */
gboolean         cfut_worker_end_is_its_own  (const CfutWorkerEnd *self);
/* Whether it is a death, rather than a failed start or a farewell: what the classic
 * policy has for the end of all. */
gboolean         cfut_worker_end_is_death    (const CfutWorkerEnd *self);
/* Whether it came to nothing, and if so which @failure that is. */
gboolean         cfut_worker_end_is_failure  (const CfutWorkerEnd *self,
                                              CfutStartFailure    *failure);

void             cfut_start_policy_succeeded (CfutStartPolicy *self);
CfutStartVerdict cfut_start_policy_failed    (CfutStartPolicy *self,
                                              CfutStartFailure failure,
                                              gint64           now);

G_END_DECLS
