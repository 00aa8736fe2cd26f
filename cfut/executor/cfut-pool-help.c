/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

#include "cfut-error.h"

/*
 * Helping. A thread that runs a call of a pool and waits for another call of
 * the same pool, which is still queued, runs that call itself: if all of the
 * pool's threads waited so, nobody else would.
 */

/* A job that this thread is running, and below it those that wait for it. */
typedef struct _CfutRunFrame CfutRunFrame;

struct _CfutRunFrame
{
  CfutPool *pool;
  CfutJob *job;
  CfutRunFrame *below;
};

static GPrivate run_frames = G_PRIVATE_INIT (NULL);

gboolean
cfut_pool_is_mine (CfutPool *self)
{
  for (CfutRunFrame *frame = g_private_get (&run_frames); frame != NULL; frame = frame->below)
    {
      if (frame->pool == self)
        return TRUE;
    }

  return FALSE;
}

static gboolean
cfut_job_is_mine (CfutJob *self)
{
  for (CfutRunFrame *frame = g_private_get (&run_frames); frame != NULL; frame = frame->below)
    {
      if (frame->job == self)
        return TRUE;
    }

  return FALSE;
}

gint64
cfut_pool_run (CfutPool    *self,
               CfutJob     *job,
               CfutOutcome *outcome)
{
  CfutRunFrame frame = { self, job, g_private_get (&run_frames) };
  struct timespec begin, end;

  g_private_set (&run_frames, &frame);
  clock_gettime (CLOCK_MONOTONIC, &begin);
  cfut_job_run (job, outcome);
  clock_gettime (CLOCK_MONOTONIC, &end);
  g_private_set (&run_frames, frame.below);

  return (end.tv_sec - begin.tv_sec) * G_GINT64_CONSTANT (1000000000) +
         (end.tv_nsec - begin.tv_nsec);
}

void
cfut_pool_run_and_finish (CfutPool *self,
                          CfutJob  *job)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  gint64 run_time_ns = cfut_pool_run (self, job, &outcome);

  cfut_pool_finish (self, job, &outcome, run_time_ns);
}

gboolean
cfut_pool_run_queued (CfutPool *self,
                      CfutJob  *job)
{
  gboolean started;

  g_mutex_lock (&self->lock);
  if (job->place != CFUT_PLACE_QUEUED)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  cfut_pool_take_job_locked (self, job);
  started = cfut_pool_start_locked (self, job, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);

  /* Whatever is queued can be started: its claims are made under the lock. */
  g_assert (started);
  cfut_pool_run_and_finish (self, job);

  return TRUE;
}

gboolean
cfut_pool_help (CfutPool  *self,
                CfutJob   *job,
                GError   **error)
{
  if (cfut_job_is_mine (job))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK,
                   "Call “%s” waits for itself", cfut_job_get_label (job));
      return FALSE;
    }

  if (cfut_pool_is_mine (self))
    cfut_pool_run_queued (self, job);

  return TRUE;
}

gboolean
cfut_pool_help_any (CfutPool *self)
{
  CfutJob *job;

  g_mutex_lock (&self->lock);
  job = cfut_pool_take_locked (self);
  if (job != NULL)
    cfut_pool_start_locked (self, job, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);

  if (job == NULL)
    return FALSE;

  cfut_pool_run_and_finish (self, job);

  return TRUE;
}
