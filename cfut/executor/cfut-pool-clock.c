/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

/* How long the clock thread of an open pool stays when there is no deadline. */
#define CFUT_CLOCK_LINGER_US (2 * G_USEC_PER_SEC)

static int
due_compare (gconstpointer a,
             gconstpointer b,
             gpointer      unused)
{
  CfutJob *left = (CfutJob *) a;
  CfutJob *right = (CfutJob *) b;
  gint64 left_due = cfut_job_get_due (left);
  gint64 right_due = cfut_job_get_due (right);

  if (left_due != right_due)
    return left_due < right_due ? -1 : 1;

  return (left > right) - (left < right);
}

void
cfut_pool_set_due_locked (CfutPool *self,
                          CfutJob  *job,
                          gint64    due)
{
  gint64 old = cfut_job_get_due (job);

  if (old == due)
    return;

  if (old != G_MAXINT64)
    g_tree_remove (self->deadlines, job);

  /* Who has a time limit has options. */
  cfut_job_get_extra (job)->due = due != G_MAXINT64 ? due : 0;

  if (due != G_MAXINT64)
    {
      if (self->deadlines == NULL)
        self->deadlines = g_tree_new_full (due_compare, NULL, NULL, NULL);
      g_tree_insert (self->deadlines, job, job);
    }
}

static CfutJob *
cfut_pool_peek_due_locked (CfutPool *self)
{
  GTreeNode *node = NULL;

  if (self->deadlines != NULL)
    node = g_tree_node_first (self->deadlines);

  return node != NULL ? g_tree_node_key (node) : NULL;
}

gint64
cfut_pool_first_due_locked (CfutPool *self)
{
  CfutJob *job = cfut_pool_peek_due_locked (self);

  return job != NULL ? cfut_job_get_due (job) : G_MAXINT64;
}

GError *
cfut_job_timed_out_error (CfutJob *self)
{
  if (cfut_job_get_place (self) == CFUT_PLACE_RUNNING)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                        "Call \"%s\" timed out after running for %.3f s",
                        cfut_job_get_label (self),
                        (cfut_job_get_end_time (self) - self->flight->started_at) / (double) G_USEC_PER_SEC);

  return g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                      "Call \"%s\" timed out after waiting for %.3f s",
                      cfut_job_get_label (self),
                      (cfut_job_get_deadline_time (self) - cfut_job_get_extra (self)->submitted_at) / (double) G_USEC_PER_SEC);
}

/* The future fails now, whether or not the function takes notice; or it is
 * cancelled now, if somebody was told that it will be. Gives up the lock. */
static void
cfut_pool_expire_job_and_unlock (CfutPool *self,
                                 CfutJob  *job)
{
  CfutRoomWaiter *waiter = cfut_pool_take_waiter_locked (self, job);
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  gboolean was_queued, won;

  if (waiter != NULL)
    {
      g_mutex_unlock (&self->lock);
      cfut_pool_end_waiter (self, waiter);
      return;
    }

  cfut_outcome_take_error (&outcome,
                           cfut_state_is_asked_to_stop (&job->state) ? cfut_job_cancelled_error (job)
                                                                   : cfut_job_timed_out_error (job));
  cfut_pool_set_due_locked (self, job, G_MAXINT64);
  was_queued = cfut_job_get_place (job) == CFUT_PLACE_QUEUED;

  if (cfut_pool_reclaim_locked (self, job))
    {
      won = cfut_pool_end_locked (self, job, &outcome, -1);
      g_mutex_unlock (&self->lock);

      cfut_pool_settle (self, job, won, &outcome);
      if (was_queued)
        cfut_job_unref (job);
      return;
    }

  won = cfut_state_claim (&job->state);
  if (won)
    cfut_pool_count_locked (self, job, &outcome);
  cfut_state_ask_to_stop (&job->state);
  g_mutex_unlock (&self->lock);

  if (won)
    cfut_outcome_publish (&outcome, &job->state);
  cfut_outcome_clear (&outcome);
  self->carrier_class->stop (self, job);
}

void
cfut_pool_expire (CfutPool *self,
                  gint64    now)
{
  while (TRUE)
    {
      g_autoptr(CfutJob) job = NULL;

      g_mutex_lock (&self->lock);
      if (cfut_pool_first_due_locked (self) > now)
        {
          g_mutex_unlock (&self->lock);
          break;
        }
      job = cfut_job_ref (cfut_pool_peek_due_locked (self));
      cfut_pool_expire_job_and_unlock (self, job);
    }

  cfut_pool_tell (self);
}

/* Runs in: clock thread. */
static void
clock_wait_locked (CfutPool *self,
                   gint64    until)
{
  self->clock_until = until;
  g_cond_wait_until (&self->clock_cond, &self->lock, until);
  self->clock_until = G_MININT64;
}

/* Runs in: clock thread. */
static gpointer
clock_thread (gpointer user_data)
{
  g_autoptr(CfutPool) self = user_data;
  gint64 idle_since = -1;

  g_mutex_lock (&self->lock);
  while (TRUE)
    {
      gint64 now = g_get_monotonic_time ();
      gint64 due = cfut_pool_first_due_locked (self);

      if (due == G_MAXINT64)
        {
          if (idle_since < 0)
            idle_since = now;
          if (self->phase != CFUT_POOL_OPEN || now - idle_since >= CFUT_CLOCK_LINGER_US)
            break;
          clock_wait_locked (self, idle_since + CFUT_CLOCK_LINGER_US);
          continue;
        }

      idle_since = -1;
      if (due > now)
        {
          clock_wait_locked (self, due);
          continue;
        }

      g_mutex_unlock (&self->lock);
      cfut_pool_expire (self, now);
      g_mutex_lock (&self->lock);
    }
  self->clock_runs = FALSE;
  g_mutex_unlock (&self->lock);

  return NULL;
}

void
cfut_pool_clock_set_alarm (CfutPool *self,
                           gint64    due)
{
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_mutex_lock (&self->lock);
  if (self->clock_runs)
    {
      if (due < self->clock_until)
        g_cond_signal (&self->clock_cond);
      g_mutex_unlock (&self->lock);
      return;
    }
  self->clock_runs = TRUE;
  self->clock_until = G_MININT64;
  g_mutex_unlock (&self->lock);

  thread = g_thread_try_new ("cfut-clock", clock_thread, cfut_pool_ref (self), &error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }

  /* Without a clock, time-outs come late: the next one that is set tries again. */
  g_warning ("Failed to start the thread that watches time-outs: %s", error->message);
  g_mutex_lock (&self->lock);
  self->clock_runs = FALSE;
  g_mutex_unlock (&self->lock);
  cfut_pool_unref (self);
}
