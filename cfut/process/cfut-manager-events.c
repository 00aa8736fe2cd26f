/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-debug-private.h"
#include "cfut-error-private.h"
#include "executor/cfut-live-list-private.h"

/* What workers do, as it comes in. Runs in: manager thread. */

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

static void
cfut_process_set_phase (CfutProcess      *self,
                        CfutProcessPhase  phase)
{
  g_mutex_lock (&self->manager->pool->lock);
  self->phase = phase;
  g_mutex_unlock (&self->manager->pool->lock);

  cfut_manager_show (self->manager, self);
}

void
cfut_manager_process_ready (CfutManager *self,
                            CfutProcess *process)
{
  CFUT_DEBUG (WORKERS, "worker %d is ready with %u functions", process->pid,
              g_hash_table_size (process->functions));

  cfut_manager_learn_functions (self, process);

  process->active_at = g_get_monotonic_time ();
  if (process->phase == CFUT_PROCESS_STARTING)
    cfut_process_set_phase (process, CFUT_PROCESS_SERVING);
}

void
cfut_manager_process_refused (CfutManager *self,
                              CfutProcess *process,
                              GError      *reason)
{
  process->expected_death = TRUE;
  cfut_manager_break (self, cfut_error_new_broken ("Failed to initialize a worker: ", reason));
  g_error_free (reason);
}

/* Nothing that it says counts any more. */
static void
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
    process->abandon_at = cfut_manager_get_due (g_get_monotonic_time (), self->abandon_us);
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
static void
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

/* How much is still read from a dead worker's socket, which a grandchild of ours
 * may hold open and fill. */
#define CFUT_DRAIN_ROUNDS 256

/* Reads the socket to its end, and the journal: what it has said still counts. */
static void
cfut_manager_hear_out (CfutManager *self,
                       CfutProcess *process)
{
  process->drained = FALSE;
  for (guint i = 0; i < CFUT_DRAIN_ROUNDS && !process->channel_ended && !process->drained; i++)
    cfut_manager_read_process (self, process);
  if (process->condemned == NULL)
    cfut_manager_read_journal (self, process);

  if (process->stderr_tag != NULL)
    g_source_remove_unix_fd (process->source, g_steal_pointer (&process->stderr_tag));
  process->tap_retry_at = -1;
  cfut_stderr_tap_drain (&process->tap);
}

/* The worker is dead. If its status is not known yet GLib will tell; until then
 * it has its place, so that none is started too early. */
static void
cfut_manager_check_death (CfutManager *self,
                          CfutProcess *process)
{
  if (process->died)
    return;

  g_mutex_lock (&self->pool->lock);
  cfut_process_sample_cpu_locked (process);
  process->dead = TRUE;
  g_mutex_unlock (&self->pool->lock);

  cfut_manager_hear_out (self, process);
  if (cfut_process_peek_status (process))
    cfut_manager_process_died (self, process);
}

void
cfut_manager_abandon (CfutManager *self,
                      CfutProcess *process)
{
  cfut_manager_hear_out (self, process);
  cfut_process_stop_listening (process);
  process->abandoned = TRUE;
  cfut_manager_process_died (self, process);
  /* That has it forgotten, now or when GLib's word comes, which is on its way. */
  g_cancellable_cancel (process->wait);
}

/* How often to look whether a dead process can be reaped, while nobody waits for
 * that. */
#define CFUT_REAP_SLOWLY_US G_USEC_PER_SEC

/* GLib has reaped it, or has it looked at while it was traced. Those who wait for
 * the status, or for the end of the executor, do not wait for a debugger. */
gint64
cfut_manager_check_end (CfutManager *self,
                        CfutProcess *process,
                        gint64       now)
{
  gboolean is_late = now >= process->abandon_at;
  gboolean is_waited_for;

  if (now < process->reap_at || process->reap_at < 0)
    return process->reap_at < 0 ? G_MAXINT64 : process->reap_at;

  g_mutex_lock (&self->pool->lock);
  is_waited_for = self->pool->phase != CFUT_POOL_OPEN;
  g_mutex_unlock (&self->pool->lock);

  if (cfut_process_reap (process) || (is_late && is_waited_for))
    {
      cfut_process_note_status (process);
      cfut_manager_check_death (self, process);
      cfut_manager_forget (self, process);
      return G_MAXINT64;
    }

  if (is_late && !process->died)
    {
      cfut_process_note_status (process);
      cfut_manager_check_death (self, process);
    }
  process->reap_at = now + (is_late ? CFUT_REAP_SLOWLY_US : CFUT_PROCESS_RETRY_US);

  return process->reap_at;
}

/* GLib has reaped the child; or it was abandoned. */
static void
subprocess_waited_cb (GObject      *object,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  CfutProcess *process = user_data;
  CfutManager *self = process->manager;
  gint64 now = g_get_monotonic_time ();

  if (g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL))
    {
      cfut_manager_check_death (self, process);
      process->abandon_at = cfut_manager_get_due (now, self->abandon_us);
      process->reap_at = now;
      cfut_manager_check_end (self, process, now);
    }
  else
    {
      cfut_manager_forget (self, process);
    }
  /* This may be within a look around already. */
  cfut_manager_ring (self);
}

/* ---- The source of one process: its socket, its stderr, its pidfd. */

typedef struct
{
  GSource source;
  CfutProcess *process;
} ProcessSource;

/* A stalled stderr is not polled at all: its other end may be closed already,
 * which poll() would report again and again. */
static void
cfut_manager_pump_stderr (CfutManager *self,
                          CfutProcess *process)
{
  CfutTapStatus status = cfut_stderr_tap_pump (&process->tap);

  if (status == CFUT_TAP_OPEN)
    return;

  g_source_remove_unix_fd (process->source, g_steal_pointer (&process->stderr_tag));
  if (status == CFUT_TAP_STALLED)
    process->tap_retry_at = g_get_monotonic_time () + CFUT_PROCESS_RETRY_US;
}

void
cfut_manager_retry_stderr (CfutManager *self,
                           CfutProcess *process)
{
  process->tap_retry_at = -1;
  process->stderr_tag = g_source_add_unix_fd (process->source, process->tap.fd, G_IO_IN);
}

/* The worker has closed its end. Most likely it is about to be dead; if not, it
 * is killed. */
static void
cfut_manager_lost_channel (CfutManager *self,
                           CfutProcess *process)
{
  cfut_process_set_phase (process, CFUT_PROCESS_LEAVING);
  process->lost_at = g_get_monotonic_time ();
  process->leave_by = process->lost_at + CFUT_PROCESS_LOST_US;
}

static gboolean
process_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  CfutProcess *process = ((ProcessSource *) source)->process;
  CfutManager *self = process->manager;
  GIOCondition channel = 0;

  if (process->channel_tag != NULL)
    channel = g_source_query_unix_fd (source, process->channel_tag);
  if (channel & G_IO_OUT)
    cfut_process_flush (process);
  if (channel & (G_IO_IN | G_IO_HUP | G_IO_ERR) && !process->channel_ended)
    cfut_manager_read_process (self, process);

  if (process->stderr_tag != NULL && g_source_query_unix_fd (source, process->stderr_tag) != 0)
    cfut_manager_pump_stderr (self, process);

  if (process->pidfd_tag != NULL && g_source_query_unix_fd (source, process->pidfd_tag) != 0)
    {
      g_source_remove_unix_fd (source, g_steal_pointer (&process->pidfd_tag));
      cfut_manager_check_death (self, process);
    }

  if (process->channel_ended && process->channel_tag != NULL)
    {
      g_source_remove_unix_fd (source, g_steal_pointer (&process->channel_tag));
      if (process->phase != CFUT_PROCESS_DYING && !process->dead && process->leave_by < 0)
        cfut_manager_lost_channel (self, process);
    }

  cfut_manager_attend (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs process_source_funcs = {
  .dispatch = process_source_dispatch,
};

void
cfut_manager_watch_process (CfutManager *self,
                            CfutProcess *process)
{
  GSource *source = g_source_new (&process_source_funcs, sizeof (ProcessSource));

  ((ProcessSource *) source)->process = process;
  g_source_set_static_name (source, "[cfut] worker");
  /* Nobody iterates the context within a dispatch. But for one that must not be
   * dispatched within itself the context takes its descriptors out and puts them
   * back, and wakes itself for each of them. */
  g_source_set_can_recurse (source, TRUE);
  process->source = source;
  process->channel_condition = G_IO_IN;
  process->channel_tag = g_source_add_unix_fd (source, cfut_channel_peek_fd (process->channel), G_IO_IN);
  process->stderr_tag = g_source_add_unix_fd (source, process->tap.fd, G_IO_IN);
  if (process->pidfd >= 0)
    process->pidfd_tag = g_source_add_unix_fd (source, process->pidfd, G_IO_IN);
  g_source_attach (source, self->context);

  g_subprocess_wait_async (process->subprocess, process->wait, subprocess_waited_cb, process);
}
