/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "policy/cfut-window-private.h"

G_BEGIN_DECLS

/*
 * CfutStaff: how many workers there are to be, and which of them gets the next
 * call. Pure: no clock, no I/O.
 */
typedef struct
{
  guint max_workers;
  guint n_cpus;         /* so many may be starting at the same time */

  guint n_alive;        /* starting, serving, or dead and not decided yet */
  guint n_starting;     /* among these */
  guint n_last_calls;   /* leaving, with a call that they still run */
  guint n_exiting;      /* leaving, with none */

  guint n_queued;       /* calls */
  gboolean has_room;    /* some worker could take the first of them */

  guint n_kept;         /* workers that are to be there anyway, */
  guint n_replacements; /* that are to follow those that were let go, */
  gboolean is_asked;    /* or of which somebody wants to know something */
  gboolean is_open;     /* it is not, once nothing more can come: then only calls count */
  gboolean is_ending;   /* everything is to end, or nothing can be run */
  gboolean is_held_back; /* by the last failure to start one */
} CfutStaff;

/* How many are to be started now. */
guint cfut_staff_count_missing (const CfutStaff *self);

/*
 * CfutChoice: the worker that gets the next call. Each is offered in turn, the
 * oldest first: of those that have room it is the one with the fewest calls, so of
 * several idle ones the oldest, and the youngest can leave. While workers that are to
 * leave still run calls their successors wait: no more calls run at the same time
 * than max-workers says.
 */
typedef struct
{
  gpointer best; /* (unowned) (nullable) */
  guint n_live;  /* calls that it has */
  guint n_busy;  /* workers that have some */
} CfutChoice;

#define CFUT_CHOICE_INIT { NULL, 0, 0 }

static inline void
cfut_choice_offer (CfutChoice *self,
                   gpointer    worker,
                   gboolean    has_room,
                   guint       n_live,
                   gboolean    is_dying)
{
  self->n_busy += n_live > 0 && !is_dying;
  if (has_room && (self->best == NULL || n_live < self->n_live))
    {
      self->best = worker;
      self->n_live = n_live;
    }
}

static inline gpointer
cfut_choice_get (const CfutChoice *self,
                 guint             max_workers)
{
  return self->n_live == 0 && self->n_busy >= max_workers ? NULL : self->best;
}

G_END_DECLS
