/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error.h"
#include "future/cfut-delivery-private.h"
#include "future/cfut-wait-private.h"

/*
 * Blocking waits.
 *
 * A group is shared by the thread that waits and by the waiters it has placed
 * in the states. Each has a reference, for a waiter that can no longer be
 * removed may be in the middle of its notify, in another thread, while the wait
 * is already over.
 */
typedef struct _CfutWaitGroup CfutWaitGroup;

typedef struct
{
  CfutWaiter waiter;
  CfutWaitGroup *group; /* (owned) while the waiter is in a state */
} CfutGroupWaiter;

struct _CfutWaitGroup
{
  /* Set at construction, never changed; read from any thread. */
  CfutReturnWhen return_when;

  int ref_count; /* atomic */

  GMutex lock;
  GCond over_cond; /* signalled with @lock held */

  /* All below: protected by @lock. */
  gsize n_left;
  gboolean over;

  CfutGroupWaiter waiters[];
};

G_DEFINE_ENUM_TYPE (CfutReturnWhen, cfut_return_when,
                    G_DEFINE_ENUM_VALUE (CFUT_RETURN_WHEN_ALL_COMPLETED, "all-completed"),
                    G_DEFINE_ENUM_VALUE (CFUT_RETURN_WHEN_FIRST_COMPLETED, "first-completed"),
                    G_DEFINE_ENUM_VALUE (CFUT_RETURN_WHEN_FIRST_EXCEPTION, "first-exception"))

gint64
cfut_deadline_from_timeout (gint64 timeout_us)
{
  gint64 now = g_get_monotonic_time ();

  if (timeout_us < 0 || timeout_us > G_MAXINT64 - now)
    return -1;

  return now + timeout_us;
}

gboolean
cfut_cond_wait_until (GCond  *cond,
                      GMutex *lock,
                      gint64  deadline)
{
  if (deadline >= 0)
    return g_cond_wait_until (cond, lock, deadline);

  g_cond_wait (cond, lock);

  return TRUE;
}

gboolean
cfut_check_home (GMainContext  *home,
                 GError       **error)
{
  if (g_main_depth () == 0 || !g_main_context_is_owner (home))
    return TRUE;

  g_set_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK,
               "Waiting for a future in a callback of its own main context "
               "would stop that context; use cfut_future_result_async() or "
               "cfut_future_add_done_callback()");

  return FALSE;
}

gboolean
cfut_state_check_home (CfutState  *state,
                       GError    **error)
{
  return cfut_check_home (cfut_state_get_home (state), error);
}

/* Whether a wait may end when one state has resolved like @phase. */
static gboolean
ends_wait (CfutReturnWhen  return_when,
           CfutFutureState phase)
{
  switch (return_when)
    {
    case CFUT_RETURN_WHEN_FIRST_COMPLETED:
      return phase >= CFUT_FUTURE_STATE_DONE;

    case CFUT_RETURN_WHEN_FIRST_EXCEPTION:
      return phase >= CFUT_FUTURE_STATE_FAILED;

    case CFUT_RETURN_WHEN_ALL_COMPLETED:
    default:
      return FALSE;
    }
}

/* Whether a wait for @states is over; 0 states are nothing to wait for. */
static gboolean
is_over (CfutState * const *states,
         gsize              n_states,
         CfutReturnWhen     return_when)
{
  gsize n_left = n_states;

  for (gsize i = 0; i < n_states; i++)
    {
      CfutFutureState phase = cfut_state_get_phase (states[i]);

      if (ends_wait (return_when, phase))
        return TRUE;

      if (phase >= CFUT_FUTURE_STATE_DONE)
        n_left--;
    }

  return n_left == 0;
}

static CfutWaitGroup *
cfut_wait_group_new (gsize          n_states,
                     CfutReturnWhen return_when)
{
  CfutWaitGroup *self = g_malloc0 (sizeof (CfutWaitGroup) + n_states * sizeof (CfutGroupWaiter));

  self->return_when = return_when;
  self->ref_count = 1;
  self->n_left = n_states;
  g_mutex_init (&self->lock);
  g_cond_init (&self->over_cond);

  return self;
}

/* Gives up @n references at once. */
static void
cfut_wait_group_drop (CfutWaitGroup *self,
                      int            n)
{
  if (g_atomic_int_add (&self->ref_count, -n) != n)
    return;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->over_cond);
  g_free (self);
}

/* Runs in: any thread. Locks: takes the group's. */
static void
cfut_wait_group_count (CfutWaitGroup   *self,
                       CfutFutureState  phase)
{
  g_mutex_lock (&self->lock);

  self->n_left--;
  if (self->n_left == 0 || ends_wait (self->return_when, phase))
    {
      self->over = TRUE;
      g_cond_signal (&self->over_cond);
    }

  g_mutex_unlock (&self->lock);
}

/* Runs in: resolving thread. Locks: takes the group's. */
static void
cfut_group_waiter_notify (CfutWaiter *waiter,
                          CfutState  *state)
{
  CfutWaitGroup *group = ((CfutGroupWaiter *) waiter)->group;

  cfut_wait_group_count (group, cfut_state_get_phase (state));
  cfut_wait_group_drop (group, 1);
}

/* Offers the calling thread to whoever is to resolve @states. FALSE with @error
 * if a wait for them could never end. Runs in: any thread. Locks: none. */
static gboolean
help (CfutState * const  *states,
      gsize               n_states,
      CfutReturnWhen      return_when,
      GError            **error)
{
  g_autoptr(GError) hopeless = NULL;
  gboolean any_hope = FALSE;

  for (gsize i = 0; i < n_states; i++)
    {
      if (cfut_state_is_final (states[i]))
        continue;

      if (cfut_state_help (states[i], hopeless == NULL ? &hopeless : NULL))
        any_hope = TRUE;
      else if (return_when == CFUT_RETURN_WHEN_ALL_COMPLETED)
        break;

      if (ends_wait (return_when, cfut_state_get_phase (states[i])))
        return TRUE;
    }

  if (hopeless == NULL ||
      (any_hope && return_when != CFUT_RETURN_WHEN_ALL_COMPLETED))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&hopeless));

  return FALSE;
}

/* Runs in: any thread. Locks: takes those of the group and of the states. */
static gboolean
block (CfutState * const *states,
       gsize              n_states,
       CfutReturnWhen     return_when,
       gint64             deadline)
{
  CfutWaitGroup *group = cfut_wait_group_new (n_states, return_when);
  int n_refs = 1; /* our own, and of the waiters that are not told any more */
  gboolean over;

  for (gsize i = 0; i < n_states; i++)
    {
      CfutGroupWaiter *waiter = &group->waiters[i];

      waiter->waiter.notify = cfut_group_waiter_notify;
      waiter->group = group;
      g_atomic_int_inc (&group->ref_count);

      if (!cfut_state_add_waiter (states[i], &waiter->waiter))
        cfut_group_waiter_notify (&waiter->waiter, states[i]);
    }

  g_mutex_lock (&group->lock);
  while (!group->over)
    if (!cfut_cond_wait_until (&group->over_cond, &group->lock, deadline))
      break;
  over = group->over;
  g_mutex_unlock (&group->lock);

  for (gsize i = 0; i < n_states; i++)
    n_refs += cfut_state_remove_waiter (states[i], &group->waiters[i].waiter);
  cfut_wait_group_drop (group, n_refs);

  return over;
}

gboolean
cfut_state_wait (CfutState * const  *states,
                 gsize               n_states,
                 CfutReturnWhen      return_when,
                 gint64              timeout_us,
                 GError            **error)
{
  gint64 deadline;

  if (is_over (states, n_states, return_when))
    {
      cfut_delivery_sweep ();
      return TRUE;
    }

  if (timeout_us != 0)
    {
      deadline = cfut_deadline_from_timeout (timeout_us);

      for (gsize i = 0; i < n_states; i++)
        if (!cfut_state_is_final (states[i]) &&
            !cfut_state_check_home (states[i], error))
          return FALSE;

      if (!help (states, n_states, return_when, error))
        return FALSE;

      if (n_states == 1)
        cfut_state_drive (states[0], deadline);

      if (is_over (states, n_states, return_when) ||
          block (states, n_states, return_when, deadline))
        {
          cfut_delivery_sweep ();
          return TRUE;
        }

      cfut_delivery_sweep ();
    }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
               "The future%s had not resolved within %g s",
               n_states == 1 ? "" : "s",
               (double) timeout_us / G_USEC_PER_SEC);

  return FALSE;
}

gboolean
cfut_state_wait_one (CfutState  *state,
                     gint64      timeout_us,
                     GError    **error)
{
  if (!cfut_state_is_final (state))
    return cfut_state_wait (&state, 1, CFUT_RETURN_WHEN_ALL_COMPLETED, timeout_us, error);

  cfut_delivery_sweep ();

  return TRUE;
}

/**
 * cfut_wait:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 * @return_when: what to wait for
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 * @error: return location for an error
 *
 * Blocks until some or all of a number of futures have resolved.
 *
 * Which ones have is told by [method@Cfut.Future.is_done]. With no futures at
 * all there is nothing to wait for. Waiting does not count as a look at the
 * outcome. The rules for threads are those of
 * [method@Cfut.Future.wait]; in a main loop use [func@Cfut.Future.all],
 * [func@Cfut.Future.any] or [func@Cfut.Future.race].
 *
 * Like `concurrent.futures.wait()`.
 *
 * Returns: %TRUE if @return_when holds; %FALSE with @error set to
 *   %G_IO_ERROR_TIMED_OUT or %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
gboolean
cfut_wait (CfutFuture     **futures,
           gsize            n_futures,
           CfutReturnWhen   return_when,
           gint64           timeout_us,
           GError         **error)
{
  CfutState **states;
  gboolean over;

  g_return_val_if_fail (futures != NULL || n_futures == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  for (gsize i = 0; i < n_futures; i++)
    g_return_val_if_fail (CFUT_IS_FUTURE (futures[i]), FALSE);

  states = g_new (CfutState *, n_futures);
  for (gsize i = 0; i < n_futures; i++)
    states[i] = cfut_future_get_cfut_state (futures[i]);
  over = cfut_state_wait (states, n_futures, return_when, timeout_us, error);
  g_free (states);

  return over;
}
