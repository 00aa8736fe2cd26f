/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

/*
 * CfutState: what a future knows, without the GObject.
 *
 * Whoever produces a value (a queued call, a promise, a combinator) embeds a
 * CfutState as the first member of a struct of its own and gives it a
 * CfutStateClass. Workers and the manager touch only this; CfutFuture is the
 * GObject that users hold over it, and may be gone long before the state is.
 *
 * Phases: pending -> running -> (claimed) -> done | failed | cancelled, and
 * running -> pending for a retry. The one way into a final phase is
 * cfut_state_claim(), a compare-and-swap that exactly one caller wins. The
 * winner must go on to publish an outcome; until then everybody else still
 * sees the phase from before the claim.
 *
 * An outcome is published in this order: the value is stored, the final phase
 * is stored (release), waiters are told, then the GObject (if there is one and
 * somebody listens) is told in its home context.
 */

typedef struct _CfutState      CfutState;
typedef struct _CfutStateClass CfutStateClass;
typedef struct _CfutWaiter     CfutWaiter;

struct _CfutStateClass
{
  /* Asks the producer to stop. TRUE: the state is, or surely will be,
   * cancelled. Runs in: any thread. Locks: none. */
  gboolean  (*cancel)       (CfutState *state);

  /* Offers the calling thread, which is about to block on @state, to the
   * producer: a worker thread runs the call itself if it still waits in the
   * queue of the worker's own pool. %FALSE with @error (WOULD_DEADLOCK) if the
   * wait could never end; else TRUE, whether or not anything was done.
   * May be NULL. Runs in: any thread. Locks: none. */
  gboolean  (*help)         (CfutState  *state,
                             GError    **error);

  /* The name and the executor, for the properties. May be NULL. */
  char     *(*dup_name)     (CfutState *state);
  GObject  *(*dup_executor) (CfutState *state);

  /* Frees the struct around the state. Runs in: any thread. */
  void      (*finalize)     (CfutState *state);
};

/* The parts of a CfutState are private to cfut-state.c. */
struct _CfutState
{
  /* Set at construction, never changed; read from any thread. */
  const CfutStateClass *klass;
  GMainContext *home; /* (owned) */

  /* Atomic. */
  int ref_count;
  int phase;
  int observed;

  guint8 outcome; /* what @result is; set before the final phase */
  union
  {
    GVariant *variant;
    GValue *value;
    GError *error;
  } result;

  GMutex lock;

  /* All below: protected by @lock. */
  CfutWaiter *waiters;         /* (unowned) doubly linked */
  CfutFuture *future;          /* (unowned) cleared by the future's dispose */
  struct _CfutProgress *progress; /* (owned) (nullable) */
};

/* One who is told, once, in the resolving thread and without locks, that a
 * state has its outcome. It belongs to whoever waits; it must stay valid until
 * it was told or was removed with success. */
struct _CfutWaiter
{
  void (*notify) (CfutWaiter *waiter,
                  CfutState  *state);

  /* Private to cfut-state.c. */
  CfutWaiter *next;
  CfutWaiter *prev;
};

void             cfut_state_init            (CfutState            *self,
                                             const CfutStateClass *klass);
CfutState       *cfut_state_ref             (CfutState            *self);
void             cfut_state_unref           (CfutState            *self);

/* The phase as users see it. */
CfutFutureState  cfut_state_get_phase       (CfutState            *self);
gboolean         cfut_state_is_final        (CfutState            *self);
/* Final, or claimed and about to be. */
gboolean         cfut_state_is_claimed      (CfutState            *self);

/* pending -> running; FALSE if it was not pending. */
gboolean         cfut_state_start           (CfutState            *self);
/* running -> pending, for a retry; FALSE if it was not running. */
gboolean         cfut_state_restart         (CfutState            *self);

/* The only way into a final phase: TRUE for the one who wins. */
gboolean         cfut_state_claim           (CfutState            *self);
/* As above, but only a state that is still pending. */
gboolean         cfut_state_claim_pending   (CfutState            *self);

/* For the winner of the claim; each consumes its argument. An error that is
 * G_IO_ERROR_CANCELLED makes the state cancelled, any other makes it failed. */
void             cfut_state_publish_variant (CfutState            *self,
                                             GVariant             *variant);
void             cfut_state_publish_value   (CfutState            *self,
                                             GValue               *value);
void             cfut_state_publish_error   (CfutState            *self,
                                             GError               *error);

/* fraction: 0 to 1, or -1 when unknown. Ignored once the state is final. */
void             cfut_state_set_progress    (CfutState            *self,
                                             double                fraction,
                                             const char           *message);
double           cfut_state_get_progress    (CfutState            *self,
                                             char                **message);

gboolean         cfut_state_cancel          (CfutState            *self);
gboolean         cfut_state_help            (CfutState            *self,
                                             GError              **error);

/* FALSE: the state is final already and @waiter will not be told. */
gboolean         cfut_state_add_waiter      (CfutState            *self,
                                             CfutWaiter           *waiter);
/* TRUE: @waiter will not be told; FALSE: it was, or is just being told. */
gboolean         cfut_state_remove_waiter   (CfutState            *self,
                                             CfutWaiter           *waiter);

/* The outcome, borrowed, of a final state; marks it observed. Each returns
 * NULL if the outcome is of another kind. */
GVariant        *cfut_state_peek_variant    (CfutState            *self);
const GValue    *cfut_state_peek_value      (CfutState            *self);
const GError    *cfut_state_peek_error      (CfutState            *self);
void             cfut_state_set_observed    (CfutState            *self);

/* The GObject over a state. */
CfutFuture      *cfut_future_new_for_state  (CfutState            *state);
CfutState       *cfut_future_get_cfut_state (CfutFuture           *self);

G_END_DECLS
