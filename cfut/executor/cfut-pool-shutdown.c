/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

#include "cfut-error.h"
#include "future/cfut-wait-private.h"

/* See cfut_pool_get_force_time(). */
#define CFUT_POOL_FORCE_US (50 * 1000)

gboolean
cfut_pool_has_ended_locked (CfutPool *self)
{
  return self->phase != CFUT_POOL_OPEN && self->n_workers == 0 &&
         self->queue.length == 0 && self->under_way == NULL;
}

GQueue
cfut_pool_collect_end_waiters_locked (CfutPool *self)
{
  GQueue waiters = G_QUEUE_INIT;

  if (!cfut_pool_has_ended_locked (self))
    return waiters;

  if (self->n_end_blocked > 0)
    g_cond_broadcast (&self->ended_cond);
  waiters = self->end_waiters;
  g_queue_init (&self->end_waiters);

  return waiters;
}

/* Cancels what has not started; with @running, asks what runs to stop. */
static void
cfut_pool_cancel_all (CfutPool *self,
                      gboolean  running)
{
  g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) cfut_job_unref);
  g_autoptr(GPtrArray) queued = NULL;

  g_mutex_lock (&self->lock);
  for (CfutFlight *flight = self->under_way; flight != NULL; flight = flight->next)
    {
      if (running || !flight->started)
        g_ptr_array_add (jobs, cfut_job_ref (flight->job));
    }
  queued = cfut_pool_take_all_locked (self);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < queued->len; i++)
    {
      CfutJob *job = g_ptr_array_index (queued, i);
      CfutOutcome outcome = CFUT_OUTCOME_INIT;

      cfut_outcome_take_error (&outcome, cfut_job_cancelled_error (job));
      cfut_pool_finish (self, job, &outcome, -1);
    }
  for (guint i = 0; i < jobs->len; i++)
    cfut_pool_cancel_job (self, g_ptr_array_index (jobs, i));
}

/* Refuses calls from now on. */
static void
cfut_pool_close (CfutPool *self)
{
  g_mutex_lock (&self->lock);
  if (self->phase == CFUT_POOL_OPEN)
    self->phase = CFUT_POOL_CLOSED;
  cfut_pool_shut_intake_locked (self);
  g_cond_broadcast (&self->room_cond);
  g_cond_signal (&self->clock_cond);
  g_mutex_unlock (&self->lock);
}

void
cfut_pool_shutdown_now (CfutPool *self)
{
  cfut_pool_close (self);
  cfut_pool_cancel_all (self, FALSE);
  self->carrier_class->close (self, FALSE);
  cfut_pool_tell (self);
}

/* FALSE: it has not ended in time. */
static gboolean
cfut_pool_wait_end (CfutPool *self,
                    gint64    timeout_us)
{
  gint64 deadline = cfut_deadline_from_timeout (timeout_us);
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  self->n_end_blocked++;
  while (in_time && !cfut_pool_has_ended_locked (self))
    in_time = cfut_cond_wait_until (&self->ended_cond, &self->lock, deadline);
  self->n_end_blocked--;
  in_time = cfut_pool_has_ended_locked (self);
  g_mutex_unlock (&self->lock);

  return in_time;
}

guint
cfut_pool_give_up (CfutPool *self)
{
  guint n_left;

  g_mutex_lock (&self->lock);
  cfut_pool_collect_locked (self);
  n_left = self->queue.length + self->n_taken + self->n_running;
  g_mutex_unlock (&self->lock);

  cfut_pool_cancel_all (self, TRUE);
  self->carrier_class->close (self, TRUE);

  return n_left;
}

gint64
cfut_pool_get_force_time (CfutPool *self)
{
  return self->carrier_class->describe_left != NULL ? CFUT_POOL_FORCE_US : 0;
}

void
cfut_pool_set_timed_out (CfutPool  *self,
                         gint64     timeout_us,
                         guint      n_left,
                         GError   **error)
{
  g_autofree char *left = NULL;

  if (self->carrier_class->describe_left != NULL)
    left = self->carrier_class->describe_left (self);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
               "Shutdown timed out after %.3f s with %u calls unfinished; they were cancelled%s",
               timeout_us / (double) G_USEC_PER_SEC, n_left, left != NULL ? left : "");
}

gboolean
cfut_pool_shutdown (CfutPool           *self,
                    CfutShutdownFlags   flags,
                    gint64              timeout_us,
                    GError            **error)
{
  guint n_left;

  cfut_pool_close (self);
  if (flags & CFUT_SHUTDOWN_CANCEL)
    cfut_pool_cancel_all (self, TRUE);
  self->carrier_class->close (self, FALSE);
  cfut_pool_tell (self);

  if (!(flags & CFUT_SHUTDOWN_WAIT))
    return TRUE;

  if (cfut_pool_is_mine (self))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK,
                           "A call cannot wait for the end of the executor that runs it");
      return FALSE;
    }

  if (cfut_pool_wait_end (self, timeout_us))
    return TRUE;

  n_left = cfut_pool_give_up (self);
  cfut_pool_wait_end (self, cfut_pool_get_force_time (self));
  cfut_pool_set_timed_out (self, timeout_us, n_left, error);

  return FALSE;
}

gboolean
cfut_pool_await_end (CfutPool      *self,
                     CfutEndWaiter *waiter)
{
  gboolean waits;

  g_mutex_lock (&self->lock);
  waits = !cfut_pool_has_ended_locked (self);
  if (waits)
    g_queue_push_tail (&self->end_waiters, waiter);
  g_mutex_unlock (&self->lock);

  return waits;
}

gboolean
cfut_pool_forget_end (CfutPool      *self,
                      CfutEndWaiter *waiter)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = g_queue_remove (&self->end_waiters, waiter);
  g_mutex_unlock (&self->lock);

  return found;
}
