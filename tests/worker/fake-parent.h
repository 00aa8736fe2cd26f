/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-support.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"

G_BEGIN_DECLS

/*
 * A parent with one worker, both real processes, that does what a test says. The
 * worker is this program again, or another.
 */
typedef struct
{
  TestCensus census;
  GSubprocess *process;
  CfutChannel *channel;
  CfutChannel *control;
  CfutClaims *claims;
  GVariant *table; /* of READY */
  guint64 last_call;
} FakeParent;

/* Registers what the tests call; for the worker's side. */
void        register_functions       (void);

/* The path of the program that runs. Under valgrind it is not /proc/self/exe. */
const char *get_this_program         (void);

/* Starts a worker; @argv NULL: this program. @environment NULL: the right one. */
void        fake_parent_start        (FakeParent        *self,
                                      const char *const *argv,
                                      const char        *environment,
                                      GSubprocessFlags   flags);
/* Sends SETUP; @setup NULL: an empty one. */
void        fake_parent_send_setup   (FakeParent        *self,
                                      GVariant          *setup);
/* ... and takes READY. */
void        fake_parent_set_up       (FakeParent        *self,
                                      GVariant          *setup);
/* start and set_up with defaults. */
void        fake_parent_begin        (FakeParent        *self);
/* SHUTDOWN, a good end, and nothing is left. */
void        fake_parent_end          (FakeParent        *self);
/* Waits until the worker has ended, however, and checks that nothing is left.
 * Returns its exit status, or -1 if a signal ended it. */
int         fake_parent_wait         (FakeParent        *self);

/* Queues a call, with a slot of its own; returns its number. */
guint64     fake_parent_queue        (FakeParent        *self,
                                      const char        *function,
                                      GVariant          *arguments,
                                      guint32           *slot);
guint64     fake_parent_queue_full   (FakeParent        *self,
                                      CfutFrameHeader   *header,
                                      const char        *function,
                                      GVariant          *arguments);
void        fake_parent_flush        (FakeParent        *self);
guint32     fake_parent_find         (FakeParent        *self,
                                      const char        *function);
void        fake_parent_cancel       (FakeParent        *self,
                                      guint64            call,
                                      guint32            attempt);

/* Waits for the next frame. */
void        fake_parent_next         (FakeParent        *self,
                                      CfutFrame         *frame);
/* Waits for the next frame, which is the result of @call; releases its slot. */
GVariant   *fake_parent_get_result   (FakeParent        *self,
                                      guint64            call,
                                      const char        *type);
/* ... which is the error of @call. */
GError     *fake_parent_get_error    (FakeParent        *self,
                                      guint64            call);
/* ... which is the progress of @call. */
double      fake_parent_get_progress (FakeParent        *self,
                                      guint64            call,
                                      char             **message);

/* All that the worker has written to stderr, when it has ended. */
char       *fake_parent_read_stderr  (FakeParent        *self);

/* Calls and takes the result. */
GVariant   *fake_parent_call         (FakeParent        *self,
                                      const char        *function,
                                      GVariant          *arguments,
                                      const char        *result_type);

/* A named pipe on which a worker's function waits, until it is opened. */
char       *make_gate                (void);
void        open_gate                (char              *path);

G_END_DECLS
