/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "policy/cfut-limits-private.h"
#include "policy/cfut-staff-private.h"
#include "policy/cfut-start-policy-private.h"
#include "policy/cfut-tenure-private.h"

G_BEGIN_DECLS

/*
 * A world that consists of decisions: calls and workers are a few numbers, and what
 * becomes of them is what the room policy says. It is copied by assignment, so a walk
 * goes on from any of its states in all directions.
 */
#define TINY_N_CALLS   3
#define TINY_N_WORKERS 6

typedef enum
{
  TINY_NEW,
  TINY_QUEUED,
  TINY_SENT,
  TINY_ENDED,
} TinyPlace;

typedef enum
{
  TINY_DONE,
  TINY_CANCELLED,
  TINY_DIED,   /* with its worker */
  TINY_BROKEN, /* with the executor */
} TinyOutcome;

typedef struct
{
  TinyPlace place;
  guint worker;      /* that it was sent to */
  gboolean claimed;
  gboolean noted;    /* its answer was, and is not read */
  gboolean stop;     /* it was asked to */
  guint attempt;
  guint n_retries;
  guint n_started;   /* how often, in all */
  guint n_outcomes;
  TinyOutcome outcome;
} TinyCall;

typedef struct
{
  gboolean exists;
  CfutTenure tenure;
  CfutWindow window;
  gboolean lives;
  gboolean killed;
  gboolean abandoned;
  gboolean hangs;
  gboolean hung_up;  /* it says nothing any more */
  gboolean was_ready;
  gboolean expected; /* to go */
  gboolean blamed;   /* a call is */
  gboolean condemned;
  gboolean late;     /* it was killed for that */
  guint n_assigned;
  guint n_done;
} TinyWorker;

typedef struct
{
  /* What kind of world it is. */
  guint max_workers;
  gboolean is_unkillable; /* what is killed does not die by itself */
  gboolean is_traced;     /* what has died cannot be reaped */
  gboolean is_classic;    /* a death is the end of all */
  CfutLimits limits;

  gint64 now;
  gint64 due;
  gboolean is_open;
  gboolean is_broken;
  gboolean gave_up; /* everything is to end */
  guint n_replacements;
  CfutStartPolicy start;
  TinyCall calls[TINY_N_CALLS];
  TinyWorker workers[TINY_N_WORKERS];
} TinyWorld;

/* What may happen; of a worker or a call, the argument. */
typedef enum
{
  TINY_SUBMIT,
  TINY_READY,
  TINY_CLAIM,
  TINY_NOTE,   /* an answer, which the manager has not read before the next event */
  TINY_ANSWER,
  TINY_DIE,
  TINY_HANG,   /* for ever, before it has a call */
  TINY_HANG_UP,
  TINY_LIE,
  TINY_CANCEL,
  TINY_PASS,   /* time, until something is due */
  TINY_CLOSE,
  TINY_GIVE_UP,
  TINY_N_EVENTS,
} TinyEvent;

void     tiny_world_init   (TinyWorld *self);
/* FALSE: it cannot happen now. */
gboolean tiny_world_happen (TinyWorld *self,
                            TinyEvent  event,
                            guint      argument);
/* Asserts what must hold at any time. */
void     tiny_world_check  (const TinyWorld *self);
/* Closes, lets time pass, and asserts that all comes to an end: by force, while workers
 * do nothing any more; or with workers that from now on do what they should. */
void     tiny_world_end_by_force (TinyWorld *self);
void     tiny_world_end_in_peace (TinyWorld *self);

G_END_DECLS
