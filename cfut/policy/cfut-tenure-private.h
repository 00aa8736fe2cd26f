/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The room of decisions. Each is a function of what is known, which its caller puts
 * together, and of a time that it is told: it knows no clock, no socket and no
 * process, takes no lock and allocates nothing. So the manager carries out what the
 * tests walk through, in all orders.
 */

/*
 * CfutTenure: the life of one worker process, as far as time has to do with it.
 *
 * cfut_tenure_get_duty() says what is due now, or when something will be. Whoever
 * asks does it, notes that it was done, and asks again.
 */

typedef enum
{
  CFUT_PROCESS_STARTING, /* spawned; READY has not come */
  CFUT_PROCESS_SERVING,
  CFUT_PROCESS_LEAVING,  /* gets no more calls, and SHUTDOWN after the last */
  CFUT_PROCESS_DYING,    /* was killed, or has died and is not reaped yet */
} CfutProcessPhase;

/* How long a worker that has closed its channel may take to be dead, unless it
 * exits or has a launcher: then as long as to leave. */
#define CFUT_TENURE_LOST_US   (50 * 1000)
/* For how long a worker that is idle keeps the memory of large bodies. */
#define CFUT_TENURE_TRIM_US   G_USEC_PER_SEC
/* How often to look at a dead one that cannot be reaped: at first, and later. */
#define CFUT_TENURE_REAP_US   (20 * 1000)
#define CFUT_TENURE_REAP_SLOWLY_US G_USEC_PER_SEC

/* What is known of a worker. Times are monotonic µs, -1: not yet, or never. */
typedef struct
{
  CfutProcessPhase phase;
  gint64 started_at;
  gint64 active_at;    /* when it last answered, or got a call while idle */
  gint64 fed_at;       /* since when it has all that it takes to start its first call */
  gint64 frame_since;  /* since when a frame is incomplete */
  gint64 kill_at;      /* when the first grace of a call that was to stop is over */
  gint64 lost_at;      /* when it closed its channel */
  gint64 leave_by;     /* when one that was told to leave is killed */
  gint64 abandon_at;   /* when one that was killed, or is not reaped, is given up */
  gint64 reap_at;      /* when to try to reap one that is dead */
  guint n_live;        /* calls that it has */
  gboolean is_started; /* the first of these, as far as is known */
  gboolean is_unstalled; /* what it has not started was taken back since it answered last */
  gboolean is_dead;    /* its pidfd has said so */
  gboolean is_decided; /* what becomes of its calls was decided, for its death */
  gboolean has_surplus; /* of memory for large bodies */

  /* Only if it was looked: */
  gboolean was_looked_at;
  gboolean seems_dead; /* it is, and is about to be heard of */
  gboolean is_exiting; /* it runs no code any more */
} CfutTenure;

/* What its executor has for a rule. Spans in µs; negative: for ever. */
typedef struct
{
  gint64 start_us;
  gint64 idle_us;
  gint64 leave_us;
  gint64 frame_us;
  gint64 stall_us;
  gint64 claim_us;
  gboolean has_initializer; /* which takes as long as it likes */
  gboolean is_needed;       /* calls wait */
  guint n_kept;             /* workers that are to stay, */
  guint n_serving;          /* of so many */
  gboolean is_closed;       /* somebody waits for the end */
} CfutTenureRules;

typedef enum
{
  CFUT_DUTY_NONE,
  CFUT_DUTY_LOOK,      /* whether it is dead, exits, or has started: something hangs on that */
  CFUT_DUTY_KILL_TORN, /* it did not finish a frame */
  CFUT_DUTY_KILL_LATE, /* it was not ready in time */
  CFUT_DUTY_KILL_DEAF, /* a call that was to stop did not */
  CFUT_DUTY_KILL_LOST, /* it closed its channel while it had calls, and lives */
  CFUT_DUTY_KILL_STAYS, /* it has nothing to do, was to leave, and did not */
  CFUT_DUTY_WAIT_LOST, /* it exits, so it has CFUT_TENURE_LOST_US more */
  CFUT_DUTY_UNSTALL,   /* take back what it has not started */
  CFUT_DUTY_DISMISS,   /* the same, and no more calls: it does not look at any */
  CFUT_DUTY_LET_GO,    /* no more calls */
  CFUT_DUTY_TELL,      /* SHUTDOWN: it has answered the last */
  CFUT_DUTY_TRIM,      /* give its memory back */
  CFUT_DUTY_ABANDON,   /* it was killed and does not die */
  CFUT_DUTY_REAP,      /* try to, and see to it that this is not due any more */
  CFUT_DUTY_DECIDE,    /* it is dead, and nobody can say how: decide its calls */
  CFUT_DUTY_FORGET,    /* it is dead, and cannot be reaped; others do not wait for that */
} CfutDuty;

/* What is due at @now; if that is nothing, @due is when to ask again, at the latest,
 * or G_MAXINT64. */
CfutDuty cfut_tenure_get_duty (const CfutTenure      *self,
                               const CfutTenureRules *rules,
                               gint64                 now,
                               gint64                *due);

/* @span_us after @now; negative: never. */
gint64   cfut_tenure_add      (gint64                 now,
                               gint64                 span_us);

G_END_DECLS
