/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-debug-private.h"
#include "executor/cfut-live-list-private.h"

/*
 * What is done to workers, whoever decides it. Here everything else of the manager
 * stands on. Runs in: manager thread, unless it says otherwise.
 */

/* Who finds the flag set need not wake the manager: it is cleared only by one
 * that looks at everything next. */
void
cfut_manager_ring (CfutManager *self)
{
  GMainContext *context = g_atomic_pointer_get (&self->context);

  /* Without a context nobody sleeps yet, and the flag is seen when it does. */
  if (g_atomic_int_compare_and_exchange (&self->poked, FALSE, TRUE) && context != NULL)
    g_main_context_wakeup (context);
}

guint
cfut_manager_count (CfutManager      *self,
                    CfutProcessPhase  phase)
{
  guint n = 0;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      n += process->phase == phase;
    }

  return n;
}

guint
cfut_manager_count_busy (CfutManager      *self,
                         CfutProcessPhase  phase)
{
  guint n = 0;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      n += process->phase == phase && process->n_live > 0;
    }

  return n;
}

gboolean
cfut_manager_has (CfutManager *self,
                  CfutProcess *process)
{
  return g_ptr_array_find (self->processes, process, NULL);
}

CfutEndingStep
cfut_manager_get_ending_locked (CfutManager *self)
{
  CfutPool *pool = self->pool;
  CfutEnding ending = {
    .is_open = pool->phase == CFUT_POOL_OPEN,
    .is_forced = self->kill,
    .n_queued = pool->queue.length,
    .is_busy = pool->under_way != NULL,
    .n_workers = self->processes->len,
  };

  return cfut_ending_get_step (&ending);
}

void
cfut_manager_show (CfutManager *self,
                   CfutProcess *process)
{
  CfutPool *pool = self->pool;
  CfutWorkerState state;
  gint64 cpu_time_ns;

  if (g_atomic_pointer_get (&pool->workers) == NULL)
    return;

  if (process->info == NULL)
    {
      process->info = cfut_worker_info_new (process->id, process->pid,
                                            cfut_live_list_get_context (pool->workers));
      cfut_live_list_add (pool->workers, process->info);
    }

  switch (process->phase)
    {
    case CFUT_PROCESS_STARTING:
      state = CFUT_WORKER_STATE_STARTING;
      break;
    case CFUT_PROCESS_SERVING:
      state = process->n_live > 0 ? CFUT_WORKER_STATE_BUSY : CFUT_WORKER_STATE_IDLE;
      break;
    case CFUT_PROCESS_LEAVING:
      state = CFUT_WORKER_STATE_LEAVING;
      break;
    case CFUT_PROCESS_DYING:
    default:
      state = CFUT_WORKER_STATE_GONE;
      break;
    }

  g_mutex_lock (&pool->lock);
  cpu_time_ns = cfut_process_sample_cpu_locked (process);
  g_mutex_unlock (&pool->lock);
  cfut_worker_info_update (process->info, state, process->n_done,
                           process->busy_time_ns / 1000, cpu_time_ns / 1000);
}

void
cfut_process_set_phase (CfutProcess      *self,
                        CfutProcessPhase  phase)
{
  g_mutex_lock (&self->manager->pool->lock);
  self->phase = phase;
  g_mutex_unlock (&self->manager->pool->lock);

  cfut_manager_show (self->manager, self);
}

/* Nothing that it says counts any more. */
void
cfut_process_stop_listening (CfutProcess *self)
{
  self->channel_ended = TRUE;
  if (self->channel_tag != NULL)
    g_source_remove_unix_fd (self->source, g_steal_pointer (&self->channel_tag));
}

void
cfut_manager_kill (CfutManager *self,
                   CfutProcess *process)
{
  if (process->abandon_at < 0)
    process->abandon_at = cfut_tenure_add (g_get_monotonic_time (), self->abandon_us);
  cfut_process_kill (process);
}

void
cfut_manager_condemn (CfutManager *self,
                      CfutProcess *process,
                      GError      *reason)
{
  if (reason != NULL)
    cfut_process_stop_listening (process);
  else
    process->expected_death = TRUE;

  if (process->condemned == NULL)
    process->condemned = reason;
  else
    g_clear_error (&reason);

  cfut_process_set_phase (process, CFUT_PROCESS_DYING);
  cfut_manager_kill (self, process);
}

/* The worker gets no more calls, and leaves when it has answered the last. */
void
cfut_manager_let_go (CfutManager *self,
                     CfutProcess *process,
                     gint64       now)
{
  CFUT_DEBUG (WORKERS, "worker %d is to leave", process->pid);

  cfut_process_set_phase (process, CFUT_PROCESS_LEAVING);
}

/* Takes the worker out of the world, once it is dead and reaped. */
void
cfut_manager_forget (CfutManager *self,
                     CfutProcess *process)
{
  CfutPool *pool = self->pool;

  g_mutex_lock (&pool->lock);
  self->gone_cpu_time_ns += process->cpu_time_ns;
  g_ptr_array_remove (self->processes, process);
  pool->n_workers--;
  g_mutex_unlock (&pool->lock);

  if (process->info != NULL)
    cfut_live_list_remove (pool->workers, process->info);
  cfut_process_free (process);
  cfut_pool_tell (pool);
}

/* ---- All of them. */

void
cfut_manager_break (CfutManager *self,
                    GError      *error)
{
  cfut_pool_break (self->pool, error);

  g_mutex_lock (&self->pool->lock);
  g_cond_broadcast (&self->started_cond);
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      if (process->phase != CFUT_PROCESS_DYING)
        cfut_manager_condemn (self, process, NULL);
    }
}

void
cfut_manager_failed_start (CfutManager      *self,
                           CfutStartFailure  failure,
                           GError           *error)
{
  if (cfut_start_policy_failed (&self->policy, failure, g_get_monotonic_time ()) == CFUT_START_RETRY)
    {
      CFUT_DEBUG (WORKERS, "%s; will try again", error->message);
      g_error_free (error);
      return;
    }

  g_prefix_error (&error, "Gave up after %u workers in a row had come to nothing: ",
                  self->policy.n_in_a_row);
  cfut_manager_break (self, error);
}
