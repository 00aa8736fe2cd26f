/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"
#include "worker/cfut-mappings-private.h"
#include "worker/cfut-output-private.h"
#include "worker/cfut-running-private.h"

G_BEGIN_DECLS

/*
 * CfutLine: all that binds a worker to its parent: the channel, the control
 * socket and the claims page, and what the main thread and the watcher thread
 * do with them. Each of the two has a reference.
 */
/* What a call was lent. */
typedef struct
{
  const guint8 *bytes;
  gsize length;
  guint32 index;
} CfutLineLoan;

typedef struct
{
  /* Set at construction, never changed. */
  CfutChannel *channel; /* (owned) read by the main thread, written through @output */
  CfutChannel *control; /* (owned) only for the watcher thread */
  CfutClaims *claims;   /* (owned) only for the main thread */
  CfutArena *arena;     /* (owned) (nullable) its sending half is protected by @output's lock */

  /* Each with a lock of its own. */
  CfutOutput output;
  CfutRunning running;
  CfutMappings mappings;

  gboolean lends; /* set before there is a watcher */

  /* Only for the main thread: what the call was lent that came last. */
  guint64 lending_call;
  guint n_loans;
  CfutLineLoan loans[CFUT_LENDING_MAX];

  /* Atomic. */
  int stopped;
} CfutLine;

/* Takes the three descriptors, whether it succeeds or fails. */
CfutLine *cfut_line_new_take_fds (int         channel_fd,
                                  int         control_fd,
                                  int         claims_fd,
                                  GError    **error);
CfutLine *cfut_line_ref          (CfutLine   *self);
void      cfut_line_unref        (CfutLine   *self);

/* Starts the watcher thread. It ends the process when the parent is gone. */
gboolean  cfut_line_watch        (CfutLine   *self,
                                  GError    **error);
/* Has the watcher thread end, sometime. */
void      cfut_line_stop         (CfutLine   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutLine, cfut_line_unref)

G_END_DECLS
