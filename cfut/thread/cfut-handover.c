/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-handover.h"

#include "executor/cfut-cpus-private.h"
#include "policy/cfut-spin-private.h"

/*
 * How two threads of an interpreter that runs in one at a time take turns.
 *
 * One looks, without the interpreter's lock; the other one, which has it, tells.
 * Who was told wants the lock, and would be put to sleep for it, as the teller
 * still has it: it is on its way to wait for what it has asked for. So who was told
 * lingers until some thread has begun a look, for which it has let go of the lock,
 * if that is soon.
 *
 * CfutSpin learns whether looking pays. A look that was too late, since others
 * wanted the CPU, counts as one in which nothing came.
 */

/* A look: as long as a few small calls take. */
#define CFUT_LOOK_US 20

/* What it takes to come from a call that was submitted to the wait for its
 * result, or from a result to the wait for the next call. */
#define CFUT_LINGER_US 5

struct _CfutHandover
{
  int told;          /* atomic; there is something */
  int n_looks_then;  /* atomic; how many looks had begun when that was told */

  GMutex lock; /* never held for longer than a moment; the interpreter's comes first */

  /* All below: protected by @lock. */
  gboolean looks; /* somebody does */
  CfutSpin spin;
};

/* atomic; looks of all threads that have begun */
static int n_looks;

/**
 * cfut_handover_new: (skip)
 *
 * Creates a place to look.
 *
 * Returns: (transfer full): the place
 *
 * Since: 1.0
 */
CfutHandover *
cfut_handover_new (void)
{
  CfutHandover *self = g_new0 (CfutHandover, 1);

  g_mutex_init (&self->lock);

  return self;
}

/**
 * cfut_handover_free: (skip)
 * @self: (transfer full): a place where nobody looks
 *
 * Frees a place to look.
 *
 * Since: 1.0
 */
void
cfut_handover_free (CfutHandover *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * cfut_handover_begin_look: (skip)
 * @self: a place to look
 * @n_live: how many calls are under way
 *
 * Finds out whether it is worth while to look.
 *
 * It is not if all CPUs are in use, if somebody looks here already, or if lately
 * nothing came. This does not block, so it may be called with the interpreter's lock
 * held. From when the thread has others tell, it sees whether what it waits for has
 * come before, and tells itself if so.
 *
 * Returns: whether to call `cfut_handover_look()`
 *
 * Since: 1.0
 */
gboolean
cfut_handover_begin_look (CfutHandover *self,
                          guint         n_live)
{
  gboolean worth_while;

  g_return_val_if_fail (self != NULL, FALSE);

  g_mutex_lock (&self->lock);
  worth_while = !self->looks && cfut_spin_begin (&self->spin, n_live, cfut_cpus_get_usable ());
  g_mutex_unlock (&self->lock);

  return worth_while;
}

static gboolean
begin (CfutHandover *self)
{
  gboolean alone;

  g_mutex_lock (&self->lock);
  alone = !self->looks;
  self->looks = TRUE;
  g_mutex_unlock (&self->lock);

  return alone;
}

static void
end (CfutHandover *self,
     gboolean      came)
{
  g_atomic_int_set (&self->told, FALSE);

  g_mutex_lock (&self->lock);
  if (came)
    cfut_spin_hit (&self->spin);
  else
    cfut_spin_missed (&self->spin);
  self->looks = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
linger (CfutHandover *self)
{
  int then = g_atomic_int_get (&self->n_looks_then);
  gint64 until = g_get_monotonic_time () + CFUT_LINGER_US;

  while (g_atomic_int_get (&n_looks) == then && g_get_monotonic_time () < until)
    cfut_spin_relax ();
}

/**
 * cfut_handover_look: (skip)
 * @self: a place to look
 *
 * Looks for some 20 microseconds, or until somebody tells.
 *
 * It is called without the interpreter's lock. Whatever comes of it, there may be
 * something or nothing: who looked sees for itself, and sleeps if there is nothing.
 *
 * Returns: whether somebody has told, in time
 *
 * Since: 1.0
 */
gboolean
cfut_handover_look (CfutHandover *self)
{
  gint64 until = g_get_monotonic_time () + CFUT_LOOK_US;
  gboolean came, in_time;

  g_return_val_if_fail (self != NULL, FALSE);

  g_atomic_int_inc (&n_looks);
  if (!begin (self))
    return FALSE;

  do
    {
      cfut_spin_relax ();
      came = g_atomic_int_get (&self->told);
      in_time = g_get_monotonic_time () < until;
    }
  while (!came && in_time);

  if (came)
    linger (self);
  end (self, came && in_time);

  return came && in_time;
}

/**
 * cfut_handover_tell: (skip)
 * @self: a place where somebody looks, or is about to
 *
 * Tells who looks that there is something.
 *
 * It is called with the interpreter's lock held, by a thread that will let go of it
 * soon.
 *
 * Since: 1.0
 */
void
cfut_handover_tell (CfutHandover *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_int_set (&self->n_looks_then, g_atomic_int_get (&n_looks));
  g_atomic_int_set (&self->told, TRUE);
}
