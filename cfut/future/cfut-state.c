/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-future-private.h"

#include "cfut-debug-private.h"
#include "cfut-unit-private.h"

/*
 * The phases, the outcome and the waiters of a state.
 *
 * A claim is a flag on the phase it comes from, which is what users go on to
 * see:
 *
 *   pending <-> running
 *      |           |
 *   claimed     claimed          the compare-and-swap that has one winner
 *      |           |
 *      +-----+-----+
 *            |
 *   done | failed | cancelled    stored by the winner, after the value
 *
 * Whoever sees a final phase (acquire) sees the outcome that was stored before
 * it (release), without a lock. The lock, a bit beside the flags, guards only who is
 * to be told; and where nobody waits the winner says without it that all were told:
 * what makes the list of waiters another than empty is a compare-and-swap on either
 * side.
 */
enum
{
  PHASE_MASK       = 7,
  PHASE_CLAIMED    = 1 << 3,
  PHASE_CANCELLING = 1 << 4, /* claimed, and the outcome will be: cancelled */
  PHASE_VALUE      = 1 << 5, /* done, and the result is a GValue */
  PHASE_OBSERVED   = 1 << 6, /* somebody has looked at it; may come at any time */
  PHASE_SMALL      = 1 << 7, /* done, and the result is small, until somebody wants it to be a
                              * variant that stays */
  PHASE_STOP       = 1 << 8, /* the producer was asked to stop; may come at any time */
  LOCK_BIT         = 9,
  NOTE_SHIFT       = 10,     /* the rest is the producer's */

  /* What a step from phase to phase leaves as it is. */
  PHASE_KEPT       = PHASE_OBSERVED | PHASE_STOP | -(1 << LOCK_BIT),
};

/* What @waiters is when the outcome is out and no waiter is left. */
static CfutWaiter told;

void
cfut_origin_init (CfutOrigin           *self,
                  const CfutStateClass *klass)
{
  g_assert (klass->cancel != NULL && klass->finalize != NULL);

  self->klass = klass;
  self->home = g_main_context_get_thread_default ();
  if (self->home != NULL)
    g_main_context_ref (self->home);
  else
    self->home = g_main_context_default ();
}

void
cfut_origin_clear (CfutOrigin *self)
{
  if (self->home != g_main_context_default ())
    g_main_context_unref (self->home);
}

/* Runs in: any thread. Locks: none. */
void
cfut_state_init (CfutState        *self,
                 const CfutOrigin *origin,
                 guint             note)
{
  self->origin = origin;
  self->ref_count = 1;
  self->phase = CFUT_FUTURE_STATE_PENDING;
  self->result.own = 0;
  self->waiters = NULL;
  self->future = NULL;
  cfut_state_set_note (self, note);
}

guint
cfut_state_get_note (CfutState *self)
{
  return (guint) g_atomic_int_get (&self->phase) >> NOTE_SHIFT;
}

void
cfut_state_set_note (CfutState *self,
                     guint      note)
{
  g_assert (note <= CFUT_STATE_MAX_NOTE);

  self->phase = (self->phase & ((1 << NOTE_SHIFT) - 1)) | (int) (note << NOTE_SHIFT);
}

void
cfut_state_lock (CfutState *self)
{
  g_bit_lock (&self->phase, LOCK_BIT);
}

void
cfut_state_unlock (CfutState *self)
{
  g_bit_unlock (&self->phase, LOCK_BIT);
}

CfutState *
cfut_state_ref (CfutState *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static gboolean
is_final (int phase)
{
  phase &= PHASE_MASK | PHASE_CLAIMED;

  return phase >= CFUT_FUTURE_STATE_DONE && phase <= CFUT_FUTURE_STATE_CANCELLED;
}

/* Final, or claimed. */
static gboolean
is_decided (int phase)
{
  return (phase & (PHASE_MASK | PHASE_CLAIMED)) >= CFUT_FUTURE_STATE_DONE;
}

/* What the result is of a state in this phase. */
typedef enum
{
  OUTCOME_NONE,
  OUTCOME_VARIANT,
  OUTCOME_SMALL,
  OUTCOME_VALUE,
  OUTCOME_ERROR,
} Outcome;

static Outcome
get_outcome (int phase)
{
  if (!is_final (phase))
    return OUTCOME_NONE;

  if ((phase & PHASE_MASK) != CFUT_FUTURE_STATE_DONE)
    return OUTCOME_ERROR;

  if (phase & PHASE_SMALL)
    return OUTCOME_SMALL;

  return phase & PHASE_VALUE ? OUTCOME_VALUE : OUTCOME_VARIANT;
}

/* Where the oldest waiter is, or told.
 * Locks: caller holds the state's, or nobody else knows it. */
static gpointer *
get_waiters_locked (CfutState *self)
{
  CfutStateExtra *extra = cfut_state_get_extra (self);

  return extra != NULL ? &extra->waiters : &self->waiters;
}

gboolean
cfut_state_has_waiters (CfutState *self)
{
  CfutWaiter *first;

  cfut_state_lock (self);
  first = g_atomic_pointer_get (get_waiters_locked (self));
  cfut_state_unlock (self);

  return first != NULL && first != &told;
}

CfutStateExtra *
cfut_state_ensure_extra_locked (CfutState *self)
{
  CfutStateExtra *extra = cfut_state_get_extra (self);
  const gsize size = MAX (cfut_state_get_class (self)->extra_size, sizeof (CfutStateExtra));

  if (extra != NULL)
    return extra;

  extra = g_malloc0 (size);
  extra->fraction = -1;

  /* They may be told meanwhile, which somebody sees to without the lock. */
  extra->waiters = g_atomic_pointer_get (&self->waiters);
  while (!g_atomic_pointer_compare_and_exchange_full (&self->waiters, extra->waiters,
                                                      (char *) extra + 1, &extra->waiters))
    ;

  return extra;
}

CfutStateExtra *
cfut_state_ensure_extra (CfutState *self)
{
  CfutStateExtra *extra;

  cfut_state_lock (self);
  extra = cfut_state_ensure_extra_locked (self);
  cfut_state_unlock (self);

  return extra;
}

/* Runs in: the thread that drops the last reference. Locks: none. */
static void
free_extra (CfutStateExtra       *extra,
            const CfutStateClass *klass)
{
  if (klass->clear_extra != NULL)
    klass->clear_extra (extra);
  if (extra->has_value)
    g_value_unset (&extra->value);
  g_free (extra->message);
  g_free (extra);
}

/* Runs in: the thread that drops the last reference. Locks: none. */
static void
warn_unobserved (CfutState *self)
{
  const GError *error = self->result.error;
  const CfutStateClass *klass = cfut_state_get_class (self);
  g_autofree char *name = NULL;

  if (cfut_debug_get_flags () & CFUT_DEBUG_UNOBSERVED)
    return;

  if (klass->dup_name != NULL)
    name = klass->dup_name (self);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                    "CFUT_CALL", name != NULL ? name : "",
                    "CFUT_ERROR_DOMAIN", g_quark_to_string (error->domain),
                    "MESSAGE",
                    "%s%s%s failed and nobody looked at the error: %s "
                    "(%s, %d). Get the result or the error of every future; "
                    "CFUT_DEBUG=unobserved hides this warning",
                    name != NULL ? "Call \"" : "A call",
                    name != NULL ? name : "",
                    name != NULL ? "\"" : "",
                    error->message,
                    g_quark_to_string (error->domain),
                    error->code);
}

/* Runs in: any thread. Locks: none. */
void
cfut_state_unref (CfutState *self)
{
  const CfutStateClass *klass = cfut_state_get_class (self);
  CfutStateExtra *extra;
  CfutWaiter *first;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  first = *get_waiters_locked (self);
  g_assert ((first == NULL || first == &told) && self->future == NULL);

  if ((self->phase & (PHASE_MASK | PHASE_OBSERVED)) == CFUT_FUTURE_STATE_FAILED)
    warn_unobserved (self);

  switch (get_outcome (self->phase))
    {
    case OUTCOME_VARIANT:
      cfut_variant_unref (self->result.variant);
      break;

    case OUTCOME_VALUE:
      g_value_unset (self->result.value);
      g_free (self->result.value);
      break;

    case OUTCOME_ERROR:
      g_error_free (self->result.error);
      break;

    case OUTCOME_SMALL:
    case OUTCOME_NONE:
    default:
      break;
    }

  /* Who frees the struct may look at it. */
  extra = cfut_state_get_extra (self);
  klass->finalize (self);
  if (extra != NULL)
    free_extra (extra, klass);
}

CfutFutureState
cfut_state_get_phase (CfutState *self)
{
  return g_atomic_int_get (&self->phase) & PHASE_MASK;
}

gboolean
cfut_state_is_final (CfutState *self)
{
  return is_final (g_atomic_int_get (&self->phase));
}

gboolean
cfut_state_is_claimed (CfutState *self)
{
  return is_decided (g_atomic_int_get (&self->phase));
}

/* Runs in: any thread. Locks: takes the state's. */
void
cfut_state_tell_phase (CfutState *self)
{
  /* Once it is gone nothing that was told of could be seen. */
  if (g_atomic_pointer_get (&self->future) == NULL)
    return;

  cfut_state_lock (self);
  cfut_state_notify_and_unlock (self, CFUT_NOTIFY_STATE);
}

/* From @from, which is not claimed, to @to; FALSE if it is not there. */
static gboolean
move (CfutState *self,
      int        from,
      int        to)
{
  int phase = g_atomic_int_get (&self->phase);

  while ((phase & ~PHASE_KEPT) == from)
    if (g_atomic_int_compare_and_exchange_full (&self->phase, phase,
                                                to | (phase & PHASE_KEPT), &phase))
      return TRUE;

  return FALSE;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_state_start_quietly (CfutState *self)
{
  return move (self, CFUT_FUTURE_STATE_PENDING, CFUT_FUTURE_STATE_RUNNING);
}

gboolean
cfut_state_start (CfutState *self)
{
  if (!cfut_state_start_quietly (self))
    return FALSE;

  cfut_state_tell_phase (self);

  return TRUE;
}

gboolean
cfut_state_restart (CfutState *self)
{
  if (!move (self, CFUT_FUTURE_STATE_RUNNING, CFUT_FUTURE_STATE_PENDING))
    return FALSE;

  cfut_state_tell_phase (self);

  return TRUE;
}

/* A retry may move the phase back and forth meanwhile. */
static gboolean
claim (CfutState *self,
       int        flags)
{
  int phase = g_atomic_int_get (&self->phase);

  while (!is_decided (phase))
    if (g_atomic_int_compare_and_exchange_full (&self->phase, phase, phase | flags, &phase))
      return TRUE;

  return FALSE;
}

static gboolean
claim_pending (CfutState *self,
               int        flags)
{
  return move (self, CFUT_FUTURE_STATE_PENDING, CFUT_FUTURE_STATE_PENDING | flags);
}

gboolean
cfut_state_claim_pending (CfutState *self)
{
  return claim_pending (self, PHASE_CLAIMED);
}

gboolean
cfut_state_claim (CfutState *self)
{
  return claim (self, PHASE_CLAIMED);
}

gboolean
cfut_state_claim_to_cancel (CfutState *self)
{
  return claim (self, PHASE_CLAIMED | PHASE_CANCELLING);
}

gboolean
cfut_state_claim_pending_to_cancel (CfutState *self)
{
  return claim_pending (self, PHASE_CLAIMED | PHASE_CANCELLING);
}

gboolean
cfut_state_ask_to_stop (CfutState *self)
{
  return !is_decided ((int) g_atomic_int_or ((guint *) &self->phase, PHASE_STOP));
}

gboolean
cfut_state_is_asked_to_stop (CfutState *self)
{
  return (g_atomic_int_get (&self->phase) & PHASE_STOP) != 0;
}

/* Locks: caller holds the state's. */
gboolean
cfut_state_remove_waiter_locked (CfutState  *self,
                                 CfutWaiter *waiter)
{
  gpointer *waiters = get_waiters_locked (self);
  CfutWaiter *first = g_atomic_pointer_get (waiters);

  if (waiter->prev == NULL)
    return FALSE;

  if (waiter->next != NULL)
    waiter->next->prev = waiter->prev;
  else
    first->prev = waiter->prev;

  if (waiter == first)
    g_atomic_pointer_set (waiters, waiter->next);
  else
    waiter->prev->next = waiter->next;

  waiter->next = NULL;
  waiter->prev = NULL;

  return TRUE;
}

/* Runs in: any thread. Locks: takes the state's. */
static void
tell_waiters (CfutState *self)
{
  CfutWaiter *waiter;

  cfut_state_lock (self);

  /* While the others are still being told one who comes goes to their end, so that
   * it is not ahead of those who came earlier. */
  while (!g_atomic_pointer_compare_and_exchange (get_waiters_locked (self), NULL, &told))
    {
      waiter = g_atomic_pointer_get (get_waiters_locked (self));
      cfut_state_remove_waiter_locked (self, waiter);

      cfut_state_unlock (self);
      waiter->notify (waiter, self);
      cfut_state_lock (self);
    }

  cfut_state_unlock (self);
}

/* Runs in: any thread. Locks: takes the state's. */
static void
publish (CfutState *self,
         int        final)
{
  int phase = g_atomic_int_get (&self->phase);

  g_assert (phase & PHASE_CLAIMED);
  while (!g_atomic_int_compare_and_exchange_full (&self->phase, phase,
                                                  final | (phase & PHASE_KEPT), &phase))
    ;

  if (!g_atomic_pointer_compare_and_exchange (&self->waiters, NULL, &told))
    tell_waiters (self);
  cfut_state_tell_phase (self);
}

void
cfut_state_publish_variant (CfutState *self,
                            GVariant  *variant)
{
  if (variant == cfut_unit_get ())
    g_variant_unref (variant);
  else
    g_variant_take_ref (variant);

  self->result.variant = variant;
  publish (self, CFUT_FUTURE_STATE_DONE);
}

void
cfut_state_publish_unit (CfutState *self)
{
  self->result.variant = cfut_unit_get ();
  publish (self, CFUT_FUTURE_STATE_DONE);
}

void
cfut_state_publish_small (CfutState *self,
                          CfutSmall  small)
{
  g_assert (cfut_state_get_class (self)->get_result_type != NULL);

  self->result.small = small;
  publish (self, CFUT_FUTURE_STATE_DONE | PHASE_SMALL);
}

void
cfut_state_publish_value (CfutState *self,
                          GValue    *value)
{
  g_assert (G_IS_VALUE (value));

  if (G_VALUE_HOLDS_VARIANT (value) && g_value_get_variant (value) != NULL)
    {
      GVariant *variant = g_value_dup_variant (value);

      g_value_unset (value);
      cfut_state_publish_variant (self, variant);
      return;
    }

  self->result.value = g_new (GValue, 1);
  *self->result.value = *value;
  *value = (GValue) G_VALUE_INIT;
  publish (self, CFUT_FUTURE_STATE_DONE | PHASE_VALUE);
}

void
cfut_state_publish_error (CfutState *self,
                          GError    *error)
{
  gboolean cancelled;

  g_assert (error != NULL);

  cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  self->result.error = error;
  publish (self, cancelled ? CFUT_FUTURE_STATE_CANCELLED : CFUT_FUTURE_STATE_FAILED);
}

gboolean
cfut_state_cancel (CfutState *self)
{
  int phase;

  if (!cfut_state_is_claimed (self) && cfut_state_get_class (self)->cancel (self))
    return TRUE;

  /* Another cancel may have won. */
  phase = g_atomic_int_get (&self->phase);

  return (phase & PHASE_MASK) == CFUT_FUTURE_STATE_CANCELLED || (phase & PHASE_CANCELLING);
}

gboolean
cfut_state_withdraw (CfutState *self)
{
  const CfutStateClass *klass = cfut_state_get_class (self);

  return !cfut_state_is_claimed (self) && klass->withdraw != NULL && klass->withdraw (self);
}

gboolean
cfut_state_help (CfutState  *self,
                 GError    **error)
{
  const CfutStateClass *klass = cfut_state_get_class (self);

  return klass->help == NULL || klass->help (self, error);
}

void
cfut_state_drive (CfutState *self,
                  gint64     deadline)
{
  const CfutStateClass *klass = cfut_state_get_class (self);

  if (klass->drive != NULL && !cfut_state_is_final (self))
    klass->drive (self, deadline);
}

gboolean
cfut_state_add_waiter (CfutState  *self,
                       CfutWaiter *waiter)
{
  gpointer *waiters;
  CfutWaiter *first;
  gboolean added;

  g_assert (waiter->notify != NULL && waiter->prev == NULL);

  waiter->next = NULL;

  cfut_state_lock (self);

  waiter->prev = waiter;
  waiters = get_waiters_locked (self);
  added = g_atomic_pointer_compare_and_exchange (waiters, NULL, waiter);
  first = g_atomic_pointer_get (waiters);
  if (!added && first != &told)
    {
      waiter->prev = first->prev;
      waiter->prev->next = waiter;
      first->prev = waiter;
      added = TRUE;
    }
  else if (!added)
    {
      waiter->prev = NULL;
    }

  cfut_state_unlock (self);

  return added;
}

gboolean
cfut_state_remove_waiter (CfutState  *self,
                          CfutWaiter *waiter)
{
  gboolean removed;

  cfut_state_lock (self);
  removed = cfut_state_remove_waiter_locked (self, waiter);
  cfut_state_unlock (self);

  return removed;
}

void
cfut_state_set_observed (CfutState *self)
{
  if (!(g_atomic_int_get (&self->phase) & PHASE_OBSERVED))
    g_atomic_int_or ((guint *) &self->phase, PHASE_OBSERVED);
}

/* The outcome if it is of that kind, which counts as a look at it. */
static gpointer
peek (CfutState *self,
      Outcome    outcome)
{
  int phase = g_atomic_int_get (&self->phase);

  g_assert (is_final (phase));
  cfut_state_set_observed (self);

  /* The members of the union are pointers. */
  return get_outcome (phase) == outcome ? self->result.variant : NULL;
}

/* Whether the result is small still, and then what it is.
 * Locks: caller holds the state's. */
static gboolean
has_small_locked (CfutState *self,
                  CfutSmall *small)
{
  if ((g_atomic_int_get (&self->phase) & PHASE_SMALL) == 0)
    return FALSE;

  *small = self->result.small;

  return TRUE;
}

GVariant *
cfut_state_dup_variant (CfutState *self)
{
  GVariant *variant = NULL;
  CfutSmall small;
  gboolean is_small;

  if (get_outcome (g_atomic_int_get (&self->phase)) != OUTCOME_SMALL)
    {
      variant = peek (self, OUTCOME_VARIANT);
      return variant != NULL ? g_variant_ref (variant) : NULL;
    }

  cfut_state_lock (self);
  is_small = has_small_locked (self, &small);
  if (!is_small)
    variant = g_variant_ref (self->result.variant);
  cfut_state_unlock (self);

  cfut_state_set_observed (self);

  return is_small ? cfut_small_unpack (small, cfut_state_get_class (self)->get_result_type (self)) : variant;
}

/* Makes of a small result a variant for those who borrow it. */
static void
keep_variant (CfutState *self)
{
  CfutSmall small;

  cfut_state_lock (self);
  if (has_small_locked (self, &small))
    {
      self->result.variant = cfut_small_unpack (small, cfut_state_get_class (self)->get_result_type (self));
      g_atomic_int_and ((guint *) &self->phase, ~(guint) PHASE_SMALL);
    }
  cfut_state_unlock (self);
}

GVariant *
cfut_state_peek_variant (CfutState *self)
{
  if (get_outcome (g_atomic_int_get (&self->phase)) == OUTCOME_SMALL)
    keep_variant (self);

  return peek (self, OUTCOME_VARIANT);
}

const GValue *
cfut_state_peek_value (CfutState *self)
{
  return peek (self, OUTCOME_VALUE);
}

const GError *
cfut_state_peek_error (CfutState *self)
{
  return peek (self, OUTCOME_ERROR);
}
