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
  gint64 helped_ns; /* what calls took that were run from within this one */
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

CfutCall *
cfut_pool_get_current_call (void)
{
  CfutRunFrame *frame = g_private_get (&run_frames);

  return frame != NULL ? g_atomic_pointer_get (&frame->job->flight->call) : NULL;
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

/* The call below that this pool runs in this thread has helped, not worked. */
static void
cfut_pool_note_helped (CfutRunFrame *self,
                       gint64        time_ns)
{
  CfutRunFrame *frame = self->below;

  while (frame != NULL && frame->pool != self->pool)
    frame = frame->below;

  if (frame != NULL)
    frame->helped_ns += time_ns;
}

gint64
cfut_pool_run (CfutPool     *self,
               CfutJob      *job,
               CfutOutcome  *outcome,
               CfutCall    **call,
               gint64       *now)
{
  CfutRunFrame frame = { self, job, g_private_get (&run_frames), 0 };
  struct timespec begin, end;
  gint64 time_ns;

  cfut_job_log_taken (job);
  if (cfut_job_get_timeout (job) >= 0)
    self->carrier_class->set_alarm (self, cfut_job_get_end_time (job));

  g_private_set (&run_frames, &frame);
  clock_gettime (CLOCK_MONOTONIC, &begin);
  cfut_job_run (job, outcome, call);
  clock_gettime (CLOCK_MONOTONIC, &end);
  g_private_set (&run_frames, frame.below);

  time_ns = (end.tv_sec - begin.tv_sec) * G_GINT64_CONSTANT (1000000000) +
            (end.tv_nsec - begin.tv_nsec);
  cfut_pool_note_helped (&frame, time_ns);
  *now = end.tv_sec * G_USEC_PER_SEC + end.tv_nsec / 1000;

  return time_ns - frame.helped_ns;
}

void
cfut_pool_run_and_finish (CfutPool *self,
                          CfutJob  *job)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  g_autoptr(CfutCall) call = NULL;
  gint64 now;
  gint64 run_time_ns = cfut_pool_run (self, job, &outcome, &call, &now);

  cfut_pool_finish (self, job, &outcome, run_time_ns);
}

/* Runs a job that this thread has just taken out of the queue. */
static void
cfut_pool_run_taken_and_unlock (CfutPool *self,
                                CfutJob  *job)
{
  gboolean started = cfut_pool_start_locked (self, job, g_get_monotonic_time ());
  gboolean listeners = cfut_pool_has_listeners_locked (self);

  g_mutex_unlock (&self->lock);

  /* Whatever is queued can be started: its claims are made under the lock. */
  g_assert (started);
  if (listeners)
    cfut_pool_tell (self);
  cfut_pool_run_and_finish (self, job);
}

gboolean
cfut_pool_run_queued (CfutPool *self,
                      CfutJob  *job)
{
  g_mutex_lock (&self->lock);
  cfut_pool_collect_locked (self);
  if (cfut_job_get_place (job) != CFUT_PLACE_QUEUED)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  cfut_pool_take_job_locked (self, job);
  cfut_pool_run_taken_and_unlock (self, job);

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
                   "Call \"%s\" waits for itself", cfut_job_get_label (job));
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
  if (job == NULL)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  cfut_pool_run_taken_and_unlock (self, job);

  return TRUE;
}
