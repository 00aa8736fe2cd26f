/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-channel-private.h"

G_BEGIN_DECLS

/*
 * CfutOutput: what a worker says, in batches.
 *
 * Answers gather while there are more calls to run, and are written when there
 * is nothing else to do. So that none waits behind a later call that is long,
 * the watcher thread writes what has waited for a millisecond; a timer, which is
 * armed once a batch, wakes it. Progress is merged: one frame in 50 ms, of the
 * newest values.
 */
typedef struct
{
  /* Set at construction, never changed; used from any thread. */
  CfutChannel *channel; /* (unowned) its writing half is protected by @lock */
  int timer_fd;         /* (owned) fires when cfut_output_tick() is due */

  GMutex lock;

  /* All below: protected by @lock. Times are monotonic µs. */
  gboolean busy;        /* a call has begun, and was not answered */
  gint64 armed_for;     /* or 0 */
  gint64 batch_due;     /* when what is queued must go, or 0 */

  gboolean has_progress; /* @progress waits */
  CfutFrameHeader progress;
  double fraction;
  char *message;        /* (owned) (nullable) */
  gint64 progress_free; /* no progress is sent before this */
} CfutOutput;

/* Borrows @channel. */
gboolean cfut_output_init         (CfutOutput             *self,
                                   CfutChannel            *channel,
                                   GError                **error);
void     cfut_output_clear        (CfutOutput             *self);

/* For the worker's main thread. An answer goes after the progress of its call.
 * TRUE if that is enough for a batch, or no longer all in the journal: it is to
 * be written before another call is run. */
gboolean cfut_output_add          (CfutOutput             *self,
                                   CfutFrameHeader        *header,
                                   GVariant               *body);
/* The same with a body in pieces, which are copied. */
gboolean cfut_output_add_vectors  (CfutOutput             *self,
                                   CfutFrameHeader        *header,
                                   const GOutputVector    *vectors,
                                   gsize                   n_vectors);
/* Another call is about to run: what is queued waits no longer than @now and a
 * millisecond. */
void     cfut_output_hold         (CfutOutput             *self,
                                   gint64                  now);
/* Writes all that is queued, and waits for room. FALSE if nobody reads it. */
gboolean cfut_output_flush        (CfutOutput             *self);

/* For the function's thread, which may be any. @header names the call. */
void     cfut_output_set_progress (CfutOutput             *self,
                                   const CfutFrameHeader  *header,
                                   double                  fraction,
                                   const char             *message);

/* For the watcher thread: writes what is due, without waiting. TRUE if the
 * channel had no room and is to be tried again when it has. */
gboolean cfut_output_tick         (CfutOutput             *self);
/* Makes the timer fire now. Runs in: any thread. */
void     cfut_output_wake         (CfutOutput             *self);

G_END_DECLS
