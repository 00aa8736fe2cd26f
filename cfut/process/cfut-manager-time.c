/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-error.h"

/* What is due, and when to look again. Runs in: manager thread. */

/* Kills the worker if what was to happen by @due has not. */
static gint64
cfut_manager_hold_to (CfutManager *self,
                      CfutProcess *process,
                      gint64       due,
                      gint64       now,
                      const char  *reason)
{
  if (now < due)
    return due;

  cfut_manager_condemn (self, process,
                        reason != NULL ? g_error_new_literal (CFUT_ERROR, CFUT_ERROR_PROTOCOL, reason) : NULL);

  return G_MAXINT64;
}

/* A worker that runs a call: the grace of one that is to stop, and the patience
 * with one that does not answer. */
static gint64
cfut_manager_check_busy (CfutManager *self,
                         CfutProcess *process,
                         gint64       now)
{
  gint64 due = G_MAXINT64;

  if (process->head != NULL && process->head->kill_at >= 0)
    due = cfut_manager_hold_to (self, process, process->head->kill_at, now, NULL);

  if (process->n_live >= 2 && process->phase != CFUT_PROCESS_DYING)
    {
      gint64 stalls_at = process->active_at + CFUT_WINDOW_STALL_US;

      if (now >= stalls_at)
        cfut_manager_unstall (self, process);
      else
        due = MIN (due, stalls_at);
    }

  return due;
}

/* A worker that has nothing to do may leave, unless it is to be kept warm. */
static gint64
cfut_manager_check_idle (CfutManager *self,
                         CfutProcess *process,
                         gint64       now)
{
  CfutPool *pool = self->pool;
  gint64 idle_timeout;
  guint n_kept;

  g_mutex_lock (&pool->lock);
  idle_timeout = self->config.idle_timeout_us;
  n_kept = MAX (self->config.min_workers, self->n_warm);
  g_mutex_unlock (&pool->lock);

  if (idle_timeout < 0 || cfut_manager_count (self, CFUT_PROCESS_SERVING) <= n_kept)
    return G_MAXINT64;

  if (now < process->active_at + idle_timeout)
    return process->active_at + idle_timeout;

  cfut_manager_let_go (self, process, now);

  return G_MAXINT64;
}

/* A worker that is to leave: tells it so after its last call. */
static gint64
cfut_manager_check_leaving (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  if (process->n_live == 0 && process->leave_by < 0)
    {
      process->leave_by = now + CFUT_PROCESS_LEAVE_US;
      cfut_process_send_shutdown (process);
      cfut_process_flush (process);
    }

  if (process->leave_by < 0)
    return G_MAXINT64;

  return cfut_manager_hold_to (self, process, process->leave_by, now,
                               process->n_live > 0 ? "It has closed its channel" : NULL);
}

static gint64
cfut_manager_check_process (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  gint64 due = G_MAXINT64;

  /* What was taken back from the front may leave the worker idle. */
  if (process->head != NULL)
    cfut_manager_drop_revoked (self, process, now);

  if (process->phase != CFUT_PROCESS_DYING && process->frame_since >= 0)
    due = cfut_manager_hold_to (self, process, process->frame_since + CFUT_PROCESS_FRAME_US, now,
                                "It did not finish a frame");

  if (process->phase == CFUT_PROCESS_STARTING)
    due = MIN (due, cfut_manager_hold_to (self, process, process->started_at + CFUT_PROCESS_START_US, now,
                                          "It did not become ready"));

  if (process->phase != CFUT_PROCESS_DYING && process->n_live > 0)
    due = MIN (due, cfut_manager_check_busy (self, process, now));
  else if (process->phase == CFUT_PROCESS_SERVING)
    due = MIN (due, cfut_manager_check_idle (self, process, now));

  if (process->phase == CFUT_PROCESS_LEAVING)
    due = MIN (due, cfut_manager_check_leaving (self, process, now));

  /* Only its stderr is left to look after. */
  if (process->tap_stalled && process->tap.fd >= 0)
    {
      g_source_modify_unix_fd (process->source, process->stderr_tag, G_IO_IN);
      due = MIN (due, now + CFUT_PROCESS_LOST_US);
    }

  return due;
}

gint64
cfut_manager_check_times (CfutManager *self,
                          gint64       now)
{
  gint64 due;

  g_mutex_lock (&self->pool->lock);
  due = cfut_pool_first_due_locked (self->pool);
  /* Held back by the last failure to start a worker. */
  if (self->policy.not_before > now)
    due = MIN (due, self->policy.not_before);
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < self->processes->len; i++)
    due = MIN (due, cfut_manager_check_process (self, g_ptr_array_index (self->processes, i), now));

  return due;
}
