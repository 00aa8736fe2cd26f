/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-error.h"

/* What is due, and when to look again. Runs in: manager thread. */

gint64
cfut_manager_get_due (gint64 now,
                      gint64 span_us)
{
  return span_us < 0 || span_us > G_MAXINT64 - now ? G_MAXINT64 : now + span_us;
}

/* MIN() would evaluate what has an effect twice. */
static gint64
earlier (gint64 a,
         gint64 b)
{
  return a < b ? a : b;
}

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

  /* We are late, and its pidfd, or GLib where there is none, is about to tell. */
  if (cfut_process_is_dead (process))
    return G_MAXINT64;

  cfut_manager_condemn (self, process,
                        reason != NULL ? g_error_new_literal (CFUT_ERROR, CFUT_ERROR_PROTOCOL, reason) : NULL);

  return G_MAXINT64;
}

/* When the first grace is over. The call that was asked to stop is the one that
 * runs; but there may be others before it whose answers have not come yet. */
static gint64
cfut_process_get_kill_time (CfutProcess *self)
{
  gint64 kill_at = G_MAXINT64;

  for (CfutEntry *entry = self->head; entry != NULL; entry = entry->next)
    {
      if (entry->kill_at >= 0)
        kill_at = MIN (kill_at, entry->kill_at);
    }

  return kill_at;
}

/* Kills the worker, and counts that, if a call that was to stop has not. */
static gint64
cfut_manager_hold_to_grace (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  gint64 kill_at = cfut_process_get_kill_time (process);

  if (now >= kill_at)
    {
      g_mutex_lock (&self->pool->lock);
      self->pool->n_kills++;
      g_mutex_unlock (&self->pool->lock);
    }

  return cfut_manager_hold_to (self, process, kill_at, now, NULL);
}

/* A worker that runs a call: the grace of one that is to stop, and the patience
 * with one that does not answer. */
static gint64
cfut_manager_check_busy (CfutManager *self,
                         CfutProcess *process,
                         gint64       now)
{
  gint64 due = G_MAXINT64;

  if (process->n_stopping > 0)
    due = cfut_manager_hold_to_grace (self, process, now);

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
  gint64 leaves_at;
  gboolean is_needed;
  guint n_kept;

  g_mutex_lock (&pool->lock);
  leaves_at = cfut_manager_get_due (process->active_at, self->config.idle_timeout_us);
  n_kept = MAX (self->config.min_workers, self->n_warm);
  is_needed = pool->queue.length > 0;
  g_mutex_unlock (&pool->lock);

  if (is_needed || cfut_manager_count (self, CFUT_PROCESS_SERVING) <= n_kept)
    return G_MAXINT64;

  if (now < leaves_at)
    return leaves_at;

  cfut_manager_let_go (self, process, now);

  return G_MAXINT64;
}

/* A worker that has nothing to do for a while needs no memory for bodies. */
static gint64
cfut_manager_check_arena (CfutManager *self,
                          CfutProcess *process,
                          gint64       now)
{
  gint64 due = process->active_at + CFUT_PROCESS_TRIM_US;

  if (process->arena == NULL || !cfut_arena_has_surplus (process->arena))
    return G_MAXINT64;

  if (now < due)
    return due;

  cfut_arena_trim (process->arena);

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
      process->leave_by = now + self->leave_us;
      process->expected_death = TRUE;
      g_mutex_lock (&self->pool->lock);
      cfut_process_sample_cpu_locked (process);
      g_mutex_unlock (&self->pool->lock);
      cfut_process_send_shutdown (process);
      cfut_process_flush (process);
    }

  if (process->leave_by < 0)
    return G_MAXINT64;

  /* One that exits cannot be hurried. */
  if (process->lost_at >= 0 && now >= process->leave_by &&
      now < process->lost_at + self->leave_us && cfut_process_is_exiting (process))
    process->leave_by = now + CFUT_PROCESS_LOST_US;

  return cfut_manager_hold_to (self, process, process->leave_by, now,
                               process->n_live > 0 ? "It has closed its channel" : NULL);
}

/* A worker that is not ready yet. How long its initializer takes is the user's
 * business. */
static gint64
cfut_manager_check_starting (CfutManager *self,
                             CfutProcess *process,
                             gint64       now)
{
  gint64 due = cfut_manager_get_due (process->started_at, self->start_us);
  g_autofree char *reason = NULL;

  if (cfut_manager_has_initializer (self))
    return G_MAXINT64;

  if (now >= due)
    {
      process->timed_out = TRUE;
      reason = g_strdup_printf ("It took longer than %.1f s", self->start_us / (double) G_USEC_PER_SEC);
    }

  return cfut_manager_hold_to (self, process, due, now, reason);
}

/* Whether a worker was killed, and should be dead by now. */
static gboolean
cfut_process_does_not_die (CfutProcess *self,
                           gint64       now)
{
  return self->abandon_at >= 0 && now >= self->abandon_at && !self->died &&
         !cfut_process_is_dead (self);
}

/* It may be gone after this. */
static gint64
cfut_manager_check_process (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  gint64 due = G_MAXINT64;

  if (process->dead)
    return cfut_manager_check_end (self, process, now);

  if (cfut_process_does_not_die (process, now))
    {
      cfut_manager_abandon (self, process);
      return G_MAXINT64;
    }
  if (process->abandon_at > now)
    due = process->abandon_at;

  /* What was taken back from the front may leave the worker idle. */
  if (process->head != NULL)
    cfut_manager_drop_revoked (self, process, now);

  if (process->phase != CFUT_PROCESS_DYING && process->frame_since >= 0)
    due = earlier (due, cfut_manager_hold_to (self, process, process->frame_since + self->frame_us, now,
                                              "It did not finish a frame"));

  if (process->phase == CFUT_PROCESS_STARTING)
    due = earlier (due, cfut_manager_check_starting (self, process, now));

  if (process->phase != CFUT_PROCESS_DYING && process->n_live > 0)
    due = earlier (due, cfut_manager_check_busy (self, process, now));
  else if (process->phase == CFUT_PROCESS_SERVING)
    due = earlier (earlier (due, cfut_manager_check_arena (self, process, now)),
                   cfut_manager_check_idle (self, process, now));

  if (process->phase == CFUT_PROCESS_LEAVING)
    due = earlier (due, cfut_manager_check_leaving (self, process, now));

  if (process->tap_retry_at >= 0 && now >= process->tap_retry_at)
    cfut_manager_retry_stderr (self, process);
  else if (process->tap_retry_at >= 0)
    due = MIN (due, process->tap_retry_at);

  if (process->slots_retry_at >= 0 && now >= process->slots_retry_at)
    process->slots_retry_at = -1;
  else if (process->slots_retry_at >= 0)
    due = MIN (due, process->slots_retry_at);

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

  for (guint i = 0; i < self->processes->len;)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      due = earlier (due, cfut_manager_check_process (self, process, now));
      i += i < self->processes->len && g_ptr_array_index (self->processes, i) == process;
    }

  return due;
}
