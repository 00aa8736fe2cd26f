/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-state-private.h"
#include "test-support.h"

G_BEGIN_DECLS

/* A state whose producer does what the test says. */
typedef struct _FakeState FakeState;

struct _FakeState
{
  CfutState state;

  /* NULL: cancelled at once. */
  gboolean (*cancel) (FakeState *self);
  /* NULL: TRUE, and nothing done. */
  gboolean (*help)   (FakeState  *self,
                      GError    **error);
  gpointer data;

  int n_cancels;    /* atomic */
  int n_helps;      /* atomic */
  int *n_finalized; /* (unowned) (nullable) */
};

/* NULL: one that has no name. */
FakeState  *fake_state_new      (const char *name);
void        fake_state_resolve  (FakeState  *self,
                                 gint32      result);
void        fake_state_fail     (FakeState  *self,
                                 const char *message);
/* A new future over a new state; borrows the state in @state. */
CfutFuture *fake_future_new     (FakeState **state);

/* A helper that resolves the state with 1, and one that has no hope. */
gboolean    fake_help_resolves  (FakeState  *self,
                                 GError    **error);
gboolean    fake_help_hopeless  (FakeState  *self,
                                 GError    **error);
/* One that opens the latch in @data: the caller is about to block. */
gboolean    fake_help_opens     (FakeState  *self,
                                 GError    **error);

/* Has @n_threads threads call @func @n_rounds times, all at once in each round.
 * @after is called between the rounds, when none of them is running. */
typedef void (*RaceFunc)  (guint    thread,
                           gpointer user_data);
typedef void (*RaceAfter) (guint    round,
                           gpointer user_data);

void        race                (guint       n_threads,
                                 guint       n_rounds,
                                 RaceFunc    func,
                                 RaceAfter   after,
                                 gpointer    user_data);

/* Iterates the default context until it has nothing to do. */
void        drain_default_context (void);

G_END_DECLS
