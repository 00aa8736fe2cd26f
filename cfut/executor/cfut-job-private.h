/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "call/cfut-call-private.h"
#include "call/cfut-function-private.h"
#include "call/cfut-submit-options.h"
#include "cfut-interpreter.h"
#include "executor/cfut-kind-private.h"
#include "future/cfut-cancel-watch-private.h"
#include "future/cfut-state-private.h"

G_BEGIN_DECLS

/*
 * CfutJob: one call on its way through an executor.
 *
 * It is the state of its future, with what the executor needs to run it. It
 * moves through places; moving it is accounting, done by its pool under the
 * pool's lock. Whoever holds it in a place owns a reference: the queue, then
 * the carrier (a thread, or the window of a worker process), then nobody but
 * the futures over it.
 */

typedef struct _CfutPool       CfutPool;
typedef struct _CfutJob        CfutJob;
typedef struct _CfutWork       CfutWork;
typedef struct _CfutOutcome    CfutOutcome;
typedef struct _CfutFlight     CfutFlight;
typedef struct _CfutRoomWaiter CfutRoomWaiter;

typedef enum
{
  CFUT_PLACE_NEW,
  CFUT_PLACE_QUEUED,  /* in the pool's queue */
  CFUT_PLACE_TAKEN,   /* with the carrier, not started; can be taken back */
  CFUT_PLACE_RUNNING, /* with the carrier, started */
  CFUT_PLACE_ENDED,   /* nobody will run it any more */
} CfutPlace;

/* The least that a queued call counts for in bytes, so that a queue of empty
 * calls is bounded by bytes too: about what it takes. */
#define CFUT_JOB_OVERHEAD 256

/* What a call came to: exactly one of the first four. */
struct _CfutOutcome
{
  GVariant *variant; /* (owned) (nullable) sunk; as of cfut-unit-private.h */
  GValue value;      /* (owned) unset unless it is the outcome */
  GError *error;     /* (owned) (nullable) */
  gboolean is_small;  /* it is @small, of the function's result type */
  gboolean overruled; /* it counts as CANCELLED, and is published so */
  CfutSmall small;
};

/* Code to run that is not a registered function. */
struct _CfutWork
{
  gboolean (*run) (CfutWork    *work,
                   CfutCall    *call,
                   GValue      *result,
                   GError     **error);
  gpointer data;
  gpointer func;
  gpointer marshal;       /* (nullable) of a closure: tells its language */
  const CfutInterpreter *interpreter; /* (nullable) @run wants its lock, and so does @destroy */
  GDestroyNotify destroy; /* run in the future's home context */
};

/* What few calls need: made with those that have options or are chunks, and for
 * others when first used. */
typedef struct
{
  CfutStateExtra state_extra;

  /* Set at construction, never changed; read from any thread. */
  CfutJob *job;               /* (unowned) whose it is; with a cancellable only */
  CfutSubmitOptions *options; /* (owned) (nullable) */
  guint n_items;              /* of a chunk; 0: an ordinary call */
  gsize size;                 /* if it is no note */

  /* On the cancellable of @options; has a reference on the job while it is. */
  CfutCancelWatch watch;

  /* Set by the carrier before the outcome is published: each result of the chunk is
   * a variant that has the function's in it. */
  gboolean boxed;

  /* All below: protected by the pool's lock. */
  CfutRoomWaiter *room_waiter; /* (unowned) (nullable) while it waits for room */
  gint64 submitted_at;         /* monotonic µs */
  gint64 queued_at;            /* stays when it has started: for CFUT_DEBUG */
  gint64 due;                  /* when it times out; 0 for never */
  guint n_retries;             /* that were made */
  guint n_started;             /* items of a chunk that had started at a death */
} CfutJobExtra;

/* What a call needs only while it is with a carrier. */
struct _CfutFlight
{
  /* Protected by the pool's lock, and read without it by the thread that runs the job. */
  CfutJob *job;       /* (unowned) */
  CfutFlight *prev;   /* in the list of those under way */
  CfutFlight *next;
  gboolean started;
  gint64 started_at;  /* monotonic µs */

  /* Atomic; for other threads only under the pool's lock and when it was @started. */
  CfutCall *call;        /* (unowned) (nullable) what runs in this process */

  gpointer carrier_data; /* the carrier's own; protected by the pool's lock */
};

/* The state knows more of it: the origin is a CfutKind's, the note what it counts for
 * in bytes, the state's own when it was queued, in monotonic µs; and whether the outcome
 * is to be CANCELLED, whatever the function returns, is whether it was asked to stop. */
struct _CfutJob
{
  CfutState state;

  /* Dropped by whoever ends the job; or small, and never changed. */
  union
  {
    GVariant *arguments; /* (owned) (nullable) as of cfut-unit-private.h */
    CfutSmall small_arguments;
    CfutWork *work;      /* (owned) without a function */
  };

  /* All below: protected by the pool's lock. */
  union
  {
    CfutJob *next;       /* in the intake, or in the queue */
    CfutFlight *flight;  /* (owned) when it is under way */
    gint64 run_time_ns;  /* when it has ended; -1 if unknown */
  };
  CfutJob *prev; /* in the queue; else one of the below, by which it is known where it is */
};

#define CFUT_PREV_NONE      NULL
#define CFUT_PREV_FIRST     GSIZE_TO_POINTER (1) /* first of its priority in the queue */
#define CFUT_PREV_UNDER_WAY GSIZE_TO_POINTER (2)
#define CFUT_PREV_ENDED     GSIZE_TO_POINTER (3)

/* What futures of calls have in common. */
extern const CfutStateClass cfut_job_state_class;

#define CFUT_OUTCOME_INIT { NULL, G_VALUE_INIT, NULL, FALSE, FALSE, { { 0 } } }

/* @now and a time from then, as far as there are numbers for it. */
static inline gint64
cfut_time_add (gint64 now,
               gint64 span)
{
  return span < G_MAXINT64 - now ? now + span : G_MAXINT64;
}

static inline const CfutKind *
cfut_job_get_kind (CfutJob *self)
{
  return (const CfutKind *) self->state.origin;
}

/* Borrowed. */
static inline CfutPool *
cfut_job_get_pool (CfutJob *self)
{
  return cfut_job_get_kind (self)->pool;
}

/* (nullable) */
static inline const CfutFunction *
cfut_job_get_function (CfutJob *self)
{
  return cfut_job_get_kind (self)->function;
}

/* (nullable) */
static inline CfutWork *
cfut_job_get_work (CfutJob *self)
{
  return cfut_job_get_function (self) == NULL ? self->work : NULL;
}

/* (nullable) */
static inline CfutJobExtra *
cfut_job_get_extra (CfutJob *self)
{
  return (CfutJobExtra *) cfut_state_get_extra (&self->state);
}

/* What is in the extra, or would be. */
static inline guint
cfut_job_get_n_items (CfutJob *self)
{
  CfutJobExtra *extra = cfut_job_get_extra (self);

  return extra != NULL ? extra->n_items : 0;
}

/* From 1. */
static inline guint
cfut_job_get_attempt (CfutJob *self)
{
  CfutJobExtra *extra = cfut_job_get_extra (self);

  return extra != NULL ? extra->n_retries + 1 : 1;
}

/* Locks: caller holds the pool's. */
static inline gint64
cfut_job_get_due (CfutJob *self)
{
  CfutJobExtra *extra = cfut_job_get_extra (self);

  return extra != NULL && extra->due != 0 ? extra->due : G_MAXINT64;
}

static inline gsize
cfut_job_get_size (CfutJob *self)
{
  guint note = cfut_state_get_note (&self->state);

  return note < CFUT_STATE_MAX_NOTE ? note : cfut_job_get_extra (self)->size;
}

/* Which of the two its arguments are. */
static inline gboolean
cfut_job_has_small (CfutJob *self)
{
  return cfut_job_get_kind (self)->small && cfut_job_get_n_items (self) == 0;
}

/* Locks: caller holds the pool's. */
static inline CfutPlace
cfut_job_get_place (CfutJob *self)
{
  if (self->prev == CFUT_PREV_NONE)
    return CFUT_PLACE_NEW;

  if (self->prev == CFUT_PREV_UNDER_WAY)
    return self->flight->started ? CFUT_PLACE_RUNNING : CFUT_PLACE_TAKEN;

  return self->prev == CFUT_PREV_ENDED ? CFUT_PLACE_ENDED : CFUT_PLACE_QUEUED;
}

/* (nullable): of one that is under way. Locks: caller holds the pool's. */
static inline gpointer
cfut_job_get_carrier_data (CfutJob *self)
{
  return self->prev == CFUT_PREV_UNDER_WAY ? self->flight->carrier_data : NULL;
}

/* Monotonic µs; until it starts. Locks: caller holds the pool's, or nobody else knows
 * the job. */
static inline gint64
cfut_job_get_queued_at (CfutJob *self)
{
  return cfut_state_get_own (&self->state);
}

static inline void
cfut_job_set_queued_at (CfutJob *self,
                        gint64   queued_at)
{
  cfut_state_set_own (&self->state, queued_at);
}

/* Before anybody else knows of the job. */
void         cfut_job_set_size      (CfutJob            *self,
                                     gsize               size);

/* (transfer full). Runs in: whoever keeps the job from ending. */
GVariant    *cfut_job_dup_arguments (CfutJob            *self);

/* All arguments are checked and, where owned, taken. The returned job has one
 * reference. @function or @work is given, the other is NULL. */
CfutJob     *cfut_job_new           (CfutPool           *pool,
                                     const CfutFunction *function,
                                     CfutWork           *work,
                                     GVariant           *arguments,
                                     guint               n_items,
                                     CfutSubmitOptions  *options);
void         cfut_job_unref         (CfutJob            *self);
CfutJob     *cfut_job_ref           (CfutJob            *self);
/* Makes it if there is none. Runs in: any thread. Locks: takes the state's. */
CfutJobExtra *cfut_job_ensure_extra (CfutJob            *self);
CfutJob     *cfut_job_from_state    (CfutState          *state);
CfutJob     *cfut_job_from_future   (CfutFuture         *future);

/* For messages: the function's name, or the name that was given. */
const char  *cfut_job_get_label     (CfutJob            *self);
int          cfut_job_get_priority  (CfutJob            *self);
gint64       cfut_job_get_timeout   (CfutJob            *self);
/* When the deadline that was given at submit is, or G_MAXINT64. */
gint64       cfut_job_get_deadline_time (CfutJob        *self);
/* For a job that runs: when its time is over, or G_MAXINT64.
 * Runs in: the thread that has started it. */
gint64       cfut_job_get_end_time  (CfutJob            *self);
guint        cfut_job_get_retries   (CfutJob            *self);
GCancellable *cfut_job_get_cancellable (CfutJob         *self);
GError      *cfut_job_cancelled_error (CfutJob          *self);

/* For CFUT_DEBUG: it goes to whoever runs it. Runs in: any thread; no locks. */
void         cfut_job_log_taken     (CfutJob            *self);

/* Runs the call in this thread, with a CfutCall made of *@call (nullable), which is
 * the caller's, and which others may know until the job has ended.
 * Runs in: any thread; no locks. */
void         cfut_job_run           (CfutJob            *self,
                                     CfutOutcome        *outcome,
                                     CfutCall          **call);

/* Frees arguments and work; the latter in the home context. Locks: none. */
void         cfut_job_drop_input    (CfutJob            *self);

void         cfut_outcome_take_variant (CfutOutcome     *self,
                                        GVariant        *variant);
void         cfut_outcome_set_small    (CfutOutcome     *self,
                                        CfutSmall        small);
void         cfut_outcome_take_error   (CfutOutcome     *self,
                                        GError          *error);
void         cfut_outcome_clear        (CfutOutcome     *self);
/* For the winner of the claim on @state; empties @self. */
void         cfut_outcome_publish      (CfutOutcome     *self,
                                        CfutState       *state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutJob, cfut_job_unref)

G_END_DECLS
