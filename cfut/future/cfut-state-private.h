/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

#include "cfut-small-private.h"

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
typedef struct _CfutStateExtra CfutStateExtra;
typedef struct _CfutOrigin     CfutOrigin;
typedef struct _CfutWaiter     CfutWaiter;

struct _CfutStateClass
{
  /* Asks the producer to stop; not called once the state is claimed. TRUE: the
   * state is, or surely will be, cancelled. Runs in: any thread. Locks: none. */
  gboolean  (*cancel)       (CfutState *state);

  /* Cancels what has not started, and leaves alone what has. TRUE: the state is
   * cancelled. May be NULL: it has started. Runs in: any thread. Locks: none. */
  gboolean  (*withdraw)     (CfutState *state);

  /* Offers the calling thread, which is about to block on @state, to the
   * producer: a worker thread runs the call itself if it still waits in the
   * queue of the worker's own pool. %FALSE with @error (WOULD_DEADLOCK) if the
   * wait could never end; else TRUE, whether or not anything was done.
   * May be NULL. Runs in: any thread. Locks: none. */
  gboolean  (*help)         (CfutState  *state,
                             GError    **error);

  /* Gives the calling thread, which waits for @state alone, to the producer, until
   * @deadline (monotonic µs; -1 for never) or for as long as that has use for it.
   * May be NULL. Runs in: any thread. Locks: none. */
  void      (*drive)        (CfutState *state,
                             gint64     deadline);

  /* The name and the executor, for the properties, and the registered name of
   * the function, which stays. Each may be NULL. */
  char     *(*dup_name)     (CfutState *state);
  const char *(*get_function) (CfutState *state);
  GObject  *(*dup_executor) (CfutState *state);

  /* The type of a small result. May be NULL: there is none. */
  const GVariantType *(*get_result_type) (CfutState *state);

  /* How large the struct is that begins with a CfutStateExtra and has what few of
   * the producer's own need, filled with zeroes; and what is freed in it. May be 0 and
   * NULL. */
  gsize extra_size;
  void      (*clear_extra)  (CfutStateExtra *extra);

  /* Frees the struct around the state. Runs in: any thread. */
  void      (*finalize)     (CfutState *state);
};

/* What states have in common that come from one place: it belongs to whoever makes
 * them, and stays as long as they do. */
struct _CfutOrigin
{
  /* Set at construction, never changed; read from any thread. */
  const CfutStateClass *klass;
  GMainContext *home; /* (owned) unless it is the default one, which stays */
};

/* What few states need: made when first used, once there, stays. */
struct _CfutStateExtra
{
  /* What the state's @waiters would be, and as that. */
  gpointer waiters;

  /* All below: protected by the state's lock. */
  double fraction;
  char *message;                       /* (owned) (nullable) */
  struct _CfutDoneCallback *callbacks; /* (unowned) newest first */
  guint last_callback_id;
  guint notify_flags;                  /* CfutNotifyFlags on their way */
  guint n_holders;                     /* see cfut-state-notify.c */
  gboolean holder_given;
  gboolean has_value;
  GValue value;                        /* the variant, for those who want a GValue */
};

/* There is one for each call that waits, so it is as small as can be. The parts of a
 * CfutState are private to this room. */
struct _CfutState
{
  /* Set at construction, never changed; read from any thread. */
  const CfutOrigin *origin; /* (unowned) the struct around the state sees to it */

  /* Atomic. */
  int ref_count;
  int phase; /* with flags, the lock and a number: see cfut-state.c */

  union
  {
    /* The producer's, to whom it belongs until the state is claimed. */
    gint64 own;

    /* Set before the final phase, which tells what it is. Only the small one is
     * changed after that, to a variant, with the lock held. */
    CfutSmall small;
    GVariant *variant; /* (owned) as of cfut-unit-private.h */
    GValue *value;
    GError *error;
  } result;

  /* Atomic; changed with the lock held, but for the step from NULL to told. The
   * oldest CfutWaiter (unowned), whose @prev is the newest; or, with its lowest bit
   * set, the extra (owned), which has them then. */
  gpointer waiters;

  /* (unowned) atomic: set without the lock by who makes the first one; cleared with
   * it by the future's dispose. */
  CfutFuture *future;
};

/* One who is told, once, in the resolving thread and without locks, that a
 * state has its outcome. It belongs to whoever waits; it must stay valid until
 * it was told or was removed with success. Waiters are told in the order in
 * which they were added, also those that come while others are being told. */
struct _CfutWaiter
{
  void (*notify) (CfutWaiter *waiter,
                  CfutState  *state);

  /* Private to cfut-state.c. */
  CfutWaiter *next;
  CfutWaiter *prev;
};

/* Its home is the thread-default context of this moment. */
void             cfut_origin_init           (CfutOrigin           *self,
                                             const CfutStateClass *klass);
void             cfut_origin_clear          (CfutOrigin           *self);

/* The caller owns one reference. @note is a number of the producer's that stays. */
void             cfut_state_init            (CfutState            *self,
                                             const CfutOrigin     *origin,
                                             guint                 note);
CfutState       *cfut_state_ref             (CfutState            *self);
/* For one that no other thread knows yet, and until then: costs next to nothing. */
static inline CfutState *
cfut_state_ref_unshared (CfutState *self)
{
  self->ref_count++;

  return self;
}
static inline void
cfut_state_unref_unshared (CfutState *self)
{
  self->ref_count--;
}
void             cfut_state_unref           (CfutState            *self);

static inline const CfutStateClass *
cfut_state_get_class (CfutState *self)
{
  return self->origin->klass;
}

/* Borrowed. */
static inline GMainContext *
cfut_state_get_home (CfutState *self)
{
  return self->origin->home;
}

/* What is the producer's until the state is claimed. */
static inline gint64
cfut_state_get_own (CfutState *self)
{
  return self->result.own;
}

static inline void
cfut_state_set_own (CfutState *self,
                    gint64     own)
{
  self->result.own = own;
}

/* The largest note. */
#define CFUT_STATE_MAX_NOTE ((1u << 22) - 1)

guint            cfut_state_get_note        (CfutState            *self);
/* Before any other thread knows the state. */
void             cfut_state_set_note        (CfutState            *self,
                                             guint                 note);

/* (nullable): borrowed. Runs in: any thread. Locks: none. */
static inline CfutStateExtra *
cfut_state_get_extra (CfutState *self)
{
  gsize waiters = GPOINTER_TO_SIZE (g_atomic_pointer_get (&self->waiters));

  return (waiters & 1) ? GSIZE_TO_POINTER (waiters - 1) : NULL;
}

/* Makes it if there is none.
 * Runs in: any thread. Locks: takes the state's; caller holds it. */
CfutStateExtra  *cfut_state_ensure_extra    (CfutState            *self);
CfutStateExtra  *cfut_state_ensure_extra_locked (CfutState        *self);

/* The phase as users see it. */
CfutFutureState  cfut_state_get_phase       (CfutState            *self);
gboolean         cfut_state_is_final        (CfutState            *self);
/* Final, or claimed and about to be. */
gboolean         cfut_state_is_claimed      (CfutState            *self);

/* pending -> running; FALSE if it was not pending. */
gboolean         cfut_state_start           (CfutState            *self);
/* The same in two parts: the second one tells those who listen. */
gboolean         cfut_state_start_quietly   (CfutState            *self);
void             cfut_state_tell_phase      (CfutState            *self);
/* running -> pending, for a retry; FALSE if it was not running. */
gboolean         cfut_state_restart         (CfutState            *self);

/* The only way into a final phase: TRUE for the one who wins. */
gboolean         cfut_state_claim           (CfutState            *self);
/* As above, but only a state that is still pending. */
gboolean         cfut_state_claim_pending   (CfutState            *self);
/* As these two, by one who will publish G_IO_ERROR_CANCELLED at once: all other
 * cancels see from now on that the state will be cancelled. */
gboolean         cfut_state_claim_to_cancel (CfutState            *self);
gboolean         cfut_state_claim_pending_to_cancel (CfutState    *self);

/* A mark for the producer that the outcome is to be cancelled. FALSE: the state was
 * claimed before. */
gboolean         cfut_state_ask_to_stop     (CfutState            *self);
gboolean         cfut_state_is_asked_to_stop (CfutState           *self);

/* For the winner of the claim, who holds a reference meanwhile. Each consumes
 * its argument: a floating variant is sunk, the contents of a GValue are moved
 * out of it. A GValue that holds a GVariant is published as that variant. An
 * error that is G_IO_ERROR_CANCELLED makes the state cancelled, any other makes
 * it failed. */
void             cfut_state_publish_variant (CfutState            *self,
                                             GVariant             *variant);
/* As publish_variant() with the unit value. */
void             cfut_state_publish_unit    (CfutState            *self);
/* A value of the type that the state's class knows. */
void             cfut_state_publish_small   (CfutState            *self,
                                             CfutSmall             small);
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

/* TRUE: the state is, or surely will be, cancelled; also if it was before. */
gboolean         cfut_state_cancel          (CfutState            *self);
/* TRUE: this call has cancelled the state, which had not started. */
gboolean         cfut_state_withdraw        (CfutState            *self);
gboolean         cfut_state_help            (CfutState            *self,
                                             GError              **error);
void             cfut_state_drive           (CfutState            *self,
                                             gint64                deadline);

/* FALSE: the state is final already and @waiter will not be told. */
gboolean         cfut_state_add_waiter      (CfutState            *self,
                                             CfutWaiter           *waiter);
/* TRUE: @waiter will not be told; FALSE: it was, or is just being told. */
gboolean         cfut_state_remove_waiter   (CfutState            *self,
                                             CfutWaiter           *waiter);

gboolean         cfut_state_has_waiters     (CfutState            *self);

/* (transfer full): the same as the next, but a small value is made for the caller. */
GVariant        *cfut_state_dup_variant     (CfutState            *self);
/* The outcome, borrowed, of a final state; marks it observed. Each returns
 * NULL if the outcome is of another kind. */
GVariant        *cfut_state_peek_variant    (CfutState            *self);
const GValue    *cfut_state_peek_value      (CfutState            *self);
const GError    *cfut_state_peek_error      (CfutState            *self);
void             cfut_state_set_observed    (CfutState            *self);

/* The GObject over a state; it takes a reference of its own on @state, which
 * has none yet. */
CfutFuture      *cfut_future_new_for_state  (CfutState            *state);
/* The same with the caller's reference. */
CfutFuture      *cfut_future_new_taking_state (CfutState          *state);
/* (transfer full): the GObject over a state, made if there is none. */
CfutFuture      *cfut_future_dup_for_state  (CfutState            *state);
/* Borrowed. */
CfutState       *cfut_future_get_cfut_state (CfutFuture           *self);

G_END_DECLS
