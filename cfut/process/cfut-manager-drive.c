/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "executor/cfut-cpus-private.h"

/*
 * One call at a time, without the manager.
 *
 * A call there and back through the manager is four times a thread that is woken:
 * the manager, the worker, the manager, the one that waits. Two of them are not
 * needed if the submitter writes to the worker itself, and if whoever waits reads
 * the answer. So a call that is the only one under way is sent by the thread that
 * submits it, and a thread that waits for it drives the manager meanwhile: both
 * take its turn, which it gives while it sleeps. Whatever else there is to do they
 * leave to the manager, whom they ring for.
 *
 * The manager does not sleep on a channel that somebody drives. It is woken by all
 * else as ever: a death, what a worker prints, a time that is over, and whoever rings
 * for it. Then it wants its turn, and a driver gives it at once, and goes on waiting
 * as those do who do not drive.
 */

/* ---- Sending. */

/* Whether @job is all that there is to do, and no time is to be kept. */
static gboolean
cfut_manager_is_sole (CfutManager *self,
                      CfutJob     *job)
{
  CfutPool *pool = self->pool;
  gboolean is_sole;

  g_mutex_lock (&pool->lock);
  is_sole = pool->phase == CFUT_POOL_OPEN && cfut_job_get_place (job) == CFUT_PLACE_QUEUED &&
            pool->queue.length == 1 && pool->under_way == NULL &&
            cfut_job_get_due (job) == G_MAXINT64 && cfut_job_get_timeout (job) < 0 &&
            cfut_manager_has_room_locked (self);
  g_mutex_unlock (&pool->lock);

  return is_sole;
}

gboolean
cfut_manager_send (CfutManager *self,
                   CfutJob     *job)
{
  gboolean sent = FALSE;
  gint64 now;

  if (!cfut_manager_try_turn (self))
    return FALSE;

  if (cfut_manager_is_sole (self, job))
    {
      now = g_get_monotonic_time ();
      cfut_manager_assign (self, now);
      sent = self->n_replacements == 0 && !cfut_manager_must_go_on (self);
      /* The manager has to see that the call is taken, unless it looks anyway by then. */
      if (sent && self->due > cfut_tenure_add (now, self->claim_us))
        cfut_manager_ring (self);
    }
  cfut_manager_give_turn (self);

  return sent;
}

/* ---- Driving. */

/* The worker that has @job, if that is the only call and nothing is unusual about
 * the worker. */
static CfutProcess *
cfut_manager_find_driven (CfutManager *self,
                          CfutJob     *job)
{
  CfutPool *pool = self->pool;
  CfutProcess *process = NULL;
  CfutEntry *entry;

  g_mutex_lock (&pool->lock);
  entry = cfut_job_get_carrier_data (job);
  if (entry != NULL && pool->n_taken + pool->n_running == 1 && pool->queue.length == 0)
    process = entry->process;
  g_mutex_unlock (&pool->lock);

  if (process != NULL && process->watch_fd >= 0 && process->channel_tag != NULL &&
      process->channel_condition == G_IO_IN && process->phase == CFUT_PROCESS_SERVING)
    return process;

  return NULL;
}

/* In milliseconds, rounded down: what is left of one is waited for elsewhere. */
static int
get_timeout (gint64 deadline)
{
  gint64 left;

  if (deadline < 0)
    return -1;

  left = (deadline - g_get_monotonic_time ()) / 1000;

  return CLAMP (left, 0, G_MAXINT);
}

/* TRUE if the worker has something to say; FALSE if the turn is wanted, or it is
 * @deadline. */
static gboolean
cfut_manager_wait_for_answer (CfutManager *self,
                              CfutProcess *process,
                              gint64       deadline)
{
  GPollFD fds[] = {
    { cfut_channel_peek_fd (process->channel), G_IO_IN, 0 },
    { self->turn_fd, G_IO_IN, 0 },
  };
  int timeout;

  if (cfut_spin_begin (&self->drive_spin, 1, cfut_cpus_get_usable ()))
    {
      gint64 until = g_get_monotonic_time () + CFUT_SPIN_US;
      gboolean in_time;
      int n_ready;

      do
        {
          n_ready = g_poll (fds, 1, 0);
          in_time = g_get_monotonic_time () < until;
        }
      while (n_ready == 0 && in_time && !g_atomic_int_get (&self->turn_wanted));

      if (n_ready != 0 && in_time)
        cfut_spin_hit (&self->drive_spin);
      else
        cfut_spin_missed (&self->drive_spin);
      if (n_ready != 0)
        return TRUE;
    }

  timeout = get_timeout (deadline);
  if (timeout != 0)
    g_poll (fds, G_N_ELEMENTS (fds), timeout);

  return fds[0].revents != 0;
}

/* Whether a worker has done no more than to answer. */
static gboolean
cfut_process_is_plain (CfutProcess *self)
{
  return self->phase == CFUT_PROCESS_SERVING && !self->channel_ended && self->frame_since < 0;
}

/* Runs in: a thread that waits. Locks: caller has the turn. */
static void
cfut_manager_drive_process (CfutManager *self,
                            CfutProcess *process,
                            CfutJob     *job,
                            gint64       deadline)
{
  gboolean plain = TRUE;

  cfut_process_watch_channel (process, 0);
  while (plain && !cfut_state_is_final (&job->state) &&
         !g_atomic_int_get (&self->turn_wanted) &&
         cfut_manager_wait_for_answer (self, process, deadline))
    {
      cfut_manager_read_process (self, process);
      plain = cfut_process_is_plain (process) && self->n_replacements == 0 &&
              !cfut_manager_must_go_on (self);
    }
  cfut_process_watch_channel (process, G_IO_IN);
  cfut_manager_show (self, process);

  /* The manager sleeps until what was due before. */
  if (!plain || cfut_manager_get_due (self, g_get_monotonic_time ()) < self->due)
    cfut_manager_ring (self);
}

void
cfut_manager_drive (CfutPool *pool,
                    CfutJob  *job,
                    gint64    deadline)
{
  CfutManager *self = pool->carrier;
  CfutProcess *process;

  if (!cfut_manager_try_turn (self))
    return;

  process = cfut_manager_find_driven (self, job);
  if (process != NULL)
    cfut_manager_drive_process (self, process, job, deadline);
  cfut_manager_give_turn (self);
}
