/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion.h"
#include "future/cfut-state-private.h"

G_BEGIN_DECLS

/* One call of a completion queue: from its push on, and then, once drained, what
 * users hold. Nothing of it is copied on the way. */
struct _CfutCompletion
{
  CfutWaiter waiter; /* first */
  gatomicrefcount ref_count;

  /* Set at construction, never changed; read from any thread. */
  CfutState *state; /* (owned) */
  guint64 tag;

  struct _CfutCompletionStore *store; /* (owned) while the waiter is in a state */

  /* All below: protected by the store's lock, until drained. */
  CfutCompletion *prev;
  CfutCompletion *next;
  CfutCompletion *prev_same; /* in a list that is indexed: see cfut-completion-list.c */
  CfutCompletion *next_same;
  gboolean is_hopeless; /* the store's helper cannot wait for it */
  gboolean is_claimed;  /* a thread waits for this one: it is not to become ready */
  gboolean has_arrived; /* and now that thread has it */
  gboolean lends;       /* its record refers to a large result */
  gboolean tells;       /* the last progress has a record, too */
  gsize record_size;    /* once taken by cfut_completion_store_take() */
  GBytes *progress;     /* (owned) (nullable) then: body of the record of its progress */
};

/* Takes a reference of its own on @state. */
CfutCompletion *cfut_completion_new (CfutState *state,
                                     guint64    tag);

G_END_DECLS
