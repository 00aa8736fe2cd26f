/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "call/cfut-program-private.h"
#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "memory/cfut-segment-private.h"
#include "process/cfut-sandbox-private.h"

/* ---- The loop. Runs in: manager thread. */

/* Asks the calls to stop that were cancelled, or timed out, while they ran. */
static void
cfut_manager_serve_stops (CfutManager *self,
                          gint64       now)
{
  GQueue stops;

  g_mutex_lock (&self->pool->lock);
  stops = self->stops;
  g_queue_init (&self->stops);
  for (GList *l = stops.head; l != NULL; l = l->next)
    {
      CfutJob *job = l->data;
      CfutEntry *entry = cfut_job_get_carrier_data (job);

      if (entry == NULL || entry->kill_at >= 0)
        continue;
      entry->kill_at = cfut_tenure_add (now, self->config.grace_us);
      entry->process->n_stopping++;
      cfut_process_send_cancel (entry->process, entry);
    }
  g_mutex_unlock (&self->pool->lock);

  g_queue_clear_full (&stops, (GDestroyNotify) cfut_job_unref);
}

/* Ends or signals workers as it was asked to. */
static void
cfut_manager_serve_signals (CfutManager *self)
{
  gboolean kill_all;
  int signum;

  g_mutex_lock (&self->pool->lock);
  kill_all = cfut_manager_get_ending_locked (self) == CFUT_ENDING_KILL;
  signum = self->signal;
  self->signal = 0;
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < self->processes->len && (kill_all || signum != 0); i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      if (process->phase == CFUT_PROCESS_DYING)
        continue;

      process->expected_death = TRUE;
      if (kill_all)
        cfut_manager_condemn (self, process, NULL);
      else if (signum == SIGKILL)
        cfut_manager_kill (self, process);
      else
        g_subprocess_send_signal (process->subprocess, signum);
    }
}

/* Answers those who wait for warm workers, if these are there or never will be. */
static void
cfut_manager_serve_warm_tasks (CfutManager *self)
{
  GQueue tasks = G_QUEUE_INIT;
  g_autoptr(GError) refusal = NULL;
  GTask *task;

  g_mutex_lock (&self->pool->lock);
  refusal = cfut_pool_refusal_locked (self->pool);
  if (refusal != NULL || cfut_manager_count (self, CFUT_PROCESS_SERVING) >= self->n_warm)
    {
      tasks = self->warm_tasks;
      g_queue_init (&self->warm_tasks);
      self->n_warm = 0;
    }
  g_mutex_unlock (&self->pool->lock);

  while ((task = g_queue_pop_head (&tasks)) != NULL)
    {
      if (refusal != NULL)
        g_task_return_error (task, g_error_copy (refusal));
      else
        g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

/* Lets workers go that nobody will need, once no more calls can come. */
static void
cfut_manager_serve_close (CfutManager *self,
                          gint64       now)
{
  gboolean closing;

  g_mutex_lock (&self->pool->lock);
  closing = cfut_manager_get_ending_locked (self) == CFUT_ENDING_LET_GO;
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; closing && i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      if (process->phase == CFUT_PROCESS_STARTING || process->phase == CFUT_PROCESS_SERVING)
        cfut_manager_let_go (self, process, now);
    }
}

static void
cfut_manager_attend (CfutManager *self)
{
  gint64 now, due;

  do
    {
      g_atomic_int_set (&self->poked, FALSE);
      now = g_get_monotonic_time ();
      cfut_manager_serve_stops (self, now);
      cfut_manager_serve_signals (self);
      cfut_pool_expire (self->pool, now);
      due = cfut_manager_check_times (self, now);
      cfut_manager_assign (self, now);
      cfut_manager_start_workers (self, now);
      cfut_manager_serve_warm_tasks (self);
      cfut_manager_serve_questions (self);
      cfut_manager_serve_close (self, now);
      self->due = MIN (due, cfut_manager_check_times (self, now));
    }
  while (cfut_manager_must_go_on (self));
}

/* ---- The source that has the manager look around: when it is rung for, and
 * when something is due. A ready time would do, but each change of it wakes the
 * context, also one that is about to look anyway, and each call changes it. */

typedef struct
{
  GSource source;
  CfutManager *manager; /* (unowned) */
} AttendSource;

static gboolean
attend_source_check (GSource *source)
{
  CfutManager *self = ((AttendSource *) source)->manager;

  return g_atomic_int_get (&self->poked) || self->due <= g_source_get_time (source);
}

static gboolean
attend_source_prepare (GSource *source,
                       int     *timeout)
{
  CfutManager *self = ((AttendSource *) source)->manager;
  gint64 left_us = self->due - g_source_get_time (source);

  /* Rounded up, or it would wake too early and find nothing due. */
  *timeout = self->due == G_MAXINT64 ? -1
                                     : (int) CLAMP ((left_us + 999) / 1000, 0, G_MAXINT);

  return attend_source_check (source);
}

static gboolean
attend_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  cfut_manager_attend (((AttendSource *) source)->manager);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs attend_source_funcs = {
  .prepare = attend_source_prepare,
  .check = attend_source_check,
  .dispatch = attend_source_dispatch,
};

/* Runs in: any thread. Locks: that of the segments is held. */
static void
ring_cb (gpointer data)
{
  cfut_manager_ring (data);
}

static gpointer
manager_thread (gpointer user_data)
{
  CfutPool *pool = user_data; /* kept as long as the thread runs */
  CfutManager *self = pool->carrier;

  CFUT_DEBUG (WORKERS, "manager starts");

  g_main_context_push_thread_default (self->context);
  cfut_segment_add_keeper (ring_cb, self);
  cfut_manager_enter_loop (self);
  self->loop = g_main_loop_new (self->context, FALSE);
  /* Who has started this thread may not have come to ring yet. */
  g_atomic_int_set (&self->poked, TRUE);
  g_main_loop_run (self->loop);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  cfut_manager_leave_loop (self);
  cfut_segment_remove_keeper (self);
  g_main_context_pop_thread_default (self->context);

  CFUT_DEBUG (WORKERS, "manager leaves");

  g_mutex_lock (&pool->lock);
  pool->n_workers--;
  g_mutex_unlock (&pool->lock);
  cfut_pool_tell (pool);
  cfut_pool_unref (pool);

  return NULL;
}

/* ---- For other threads. */

/* Makes the context with the first call, which can say that there is no
 * descriptor left for it; GLib would end the program, so it is tried before.
 * Locks: caller holds the pool's. */
static gboolean
cfut_manager_ensure_context_locked (CfutManager  *self,
                                    GError      **error)
{
  GMainContext *context;
  int fd;

  if (self->context != NULL)
    return TRUE;

  if (self->turn_fd < 0)
    self->turn_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  fd = eventfd (0, EFD_CLOEXEC);
  if (self->turn_fd < 0 || fd < 0)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                   "Failed to make a main context for the manager thread: %s", g_strerror (errno));
      return FALSE;
    }
  close (fd);

  context = g_main_context_new ();
  g_source_attach (self->attend, context);
  g_atomic_pointer_set (&self->context, context);

  return TRUE;
}

static gboolean
cfut_manager_ensure_thread (CfutManager  *self,
                            GError      **error)
{
  CfutPool *pool = self->pool;
  g_autoptr(GError) local_error = NULL;
  g_auto(GStrv) argv = NULL;
  GThread *thread;

  g_mutex_lock (&pool->lock);
  if (self->running)
    {
      g_mutex_unlock (&pool->lock);
      return TRUE;
    }

  argv = cfut_spawn_make_argv ((const char * const *) self->config.argv,
                               (const char * const *) self->config.modules, error);
  if (argv == NULL ||
      !cfut_sandbox_check (self->config.sandbox, (const char * const *) self->config.launcher, error) ||
      !cfut_manager_ensure_context_locked (self, error))
    {
      self->awake = FALSE;
      g_mutex_unlock (&pool->lock);
      return FALSE;
    }
  self->running = TRUE;
  pool->n_workers++; /* the manager counts as one: a shutdown waits for it too */
  g_mutex_unlock (&pool->lock);

  thread = g_thread_try_new ("cfut-manager", manager_thread, cfut_pool_ref (pool), &local_error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return TRUE;
    }

  g_mutex_lock (&pool->lock);
  self->running = FALSE;
  self->awake = FALSE;
  pool->n_workers--;
  g_mutex_unlock (&pool->lock);
  cfut_pool_unref (pool);
  g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
               "Failed to start the manager thread: %s", local_error->message);

  return FALSE;
}

gboolean
cfut_manager_poke (CfutManager  *self,
                   GError      **error)
{
  if (!cfut_manager_ensure_thread (self, error))
    return FALSE;

  cfut_manager_ring (self);

  return TRUE;
}

static CfutWake
cfut_manager_queued_locked (CfutPool *pool)
{
  CfutManager *self = pool->carrier;

  if (self->awake || !self->hungry)
    return CFUT_WAKE_NOBODY;

  self->awake = TRUE;

  return CFUT_WAKE_IDLE;
}

static gboolean
cfut_manager_wake (CfutPool  *pool,
                   CfutJob   *job,
                   CfutWake   wake,
                   GError   **error)
{
  CfutManager *self = pool->carrier;

  return cfut_manager_send (self, job) || cfut_manager_poke (self, error);
}

static gboolean
cfut_manager_take_back_locked (CfutPool *pool,
                               CfutJob  *job)
{
  CfutManager *self = pool->carrier;
  CfutEntry *entry = cfut_job_get_carrier_data (job);

  if (entry == NULL || entry->revoked ||
      !cfut_claims_revoke (entry->process->claims, entry->slot, entry->generation))
    return FALSE;

  /* The worker says nothing of a call that it skips: the manager has to look
   * whether it is idle now. */
  entry->revoked = TRUE;
  cfut_manager_ring (self);

  return TRUE;
}

static void
cfut_manager_stop (CfutPool *pool,
                   CfutJob  *job)
{
  CfutManager *self = pool->carrier;

  /* One that has ended meanwhile needs nothing; and the manager may be gone. */
  g_mutex_lock (&pool->lock);
  if (cfut_job_get_place (job) != CFUT_PLACE_ENDED)
    g_queue_push_tail (&self->stops, cfut_job_ref (job));
  g_mutex_unlock (&pool->lock);

  cfut_manager_ring (self);
}

static void
cfut_manager_set_alarm (CfutPool *pool,
                        gint64    due)
{
  CfutManager *self = pool->carrier;

  cfut_manager_ring (self);
}

static void
cfut_manager_close (CfutPool *pool,
                    gboolean  kill)
{
  CfutManager *self = pool->carrier;

  g_mutex_lock (&pool->lock);
  self->kill |= kill;
  g_cond_broadcast (&self->started_cond);
  g_mutex_unlock (&pool->lock);

  cfut_manager_ring (self);
}

static CfutFuture *
cfut_manager_describe (CfutPool   *pool,
                       const char *function)
{
  CfutManager *self = pool->carrier;
  g_autoptr(GError) error = NULL;
  gpointer waiting;
  CfutFuture *future = cfut_manager_ask (self, function, &waiting);

  if (waiting != NULL && !cfut_manager_poke (self, &error))
    cfut_manager_take_back_question (self, waiting, error);

  return future;
}

/* Those that were killed and do not die. */
static char *
cfut_manager_describe_left (CfutPool *pool)
{
  CfutManager *self = pool->carrier;
  g_autoptr(GString) pids = g_string_new (NULL);

  g_mutex_lock (&pool->lock);
  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      if (process->phase == CFUT_PROCESS_DYING && !process->dead)
        g_string_append_printf (pids, "%s%d", pids->len > 0 ? ", " : "", process->pid);
    }
  g_mutex_unlock (&pool->lock);

  if (pids->len == 0)
    return NULL;

  return g_strdup_printf ("; worker processes that were killed and do not die are left behind: %s",
                          pids->str);
}

static void
cfut_manager_add_stats (CfutPool  *pool,
                        CfutStats *stats)
{
  CfutManager *self = pool->carrier;
  gint64 cpu_time_ns;

  g_mutex_lock (&pool->lock);
  cpu_time_ns = self->gone_cpu_time_ns;
  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      cpu_time_ns += cfut_process_sample_cpu_locked (process);
      stats->n_workers += process->phase != CFUT_PROCESS_DYING;
    }
  stats->n_idle += MAX (0, (int) stats->n_workers - (int) pool->n_running);
  stats->cpu_time += cpu_time_ns / 1000;
  g_mutex_unlock (&pool->lock);
}

static void
cfut_manager_list_workers (CfutPool *pool)
{
  CfutManager *self = pool->carrier;

  /* The manager shows each worker when it looks at it next. */
  cfut_manager_ring (self);
}

static void
cfut_manager_config_clear (CfutManagerConfig *self)
{
  g_strfreev (self->argv);
  g_strfreev (self->modules);
  g_strfreev (self->launcher);
  g_free (self->initializer);
  g_clear_pointer (&self->initializer_arguments, g_variant_unref);
  g_clear_pointer (&self->setup, cfut_worker_setup_free);
}

/* Runs in: the thread that drops the pool, which may be the manager thread. */
static void
cfut_manager_free (gpointer carrier)
{
  CfutManager *self = carrier;

  g_assert (self->processes->len == 0);
  g_assert (self->stops.length == 0 && self->warm_tasks.length == 0 &&
            self->questions.length == 0);

  g_mutex_clear (&self->turn);
  g_cond_clear (&self->started_cond);
  if (self->turn_fd >= 0)
    close (self->turn_fd);
  g_source_destroy (self->attend);
  g_source_unref (self->attend);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_ptr_array_unref (self->processes);
  g_clear_pointer (&self->functions, g_hash_table_unref);
  cfut_manager_config_clear (&self->config);
  g_strfreev (self->envp);
  cfut_budget_unref (self->budget);
  g_free (self);
}

const CfutCarrierClass cfut_manager_carrier_class = {
  .queued_locked = cfut_manager_queued_locked,
  .wake = cfut_manager_wake,
  .take_back_locked = cfut_manager_take_back_locked,
  .stop = cfut_manager_stop,
  .drive = cfut_manager_drive,
  .set_alarm = cfut_manager_set_alarm,
  .close = cfut_manager_close,
  .describe_left = cfut_manager_describe_left,
  .describe = cfut_manager_describe,
  .add_stats = cfut_manager_add_stats,
  .list_workers = cfut_manager_list_workers,
  .free = cfut_manager_free,
};

CfutManager *
cfut_manager_new (CfutPool *pool)
{
  CfutManager *self = g_new0 (CfutManager, 1);

  self->pool = pool;
  self->envp = g_get_environ ();
  self->budget = cfut_budget_new ();
  self->config.idle_timeout_us = CFUT_PROCESS_IDLE_TIMEOUT_US;
  self->config.grace_us = CFUT_PROCESS_GRACE_US;
  self->config.sandbox = CFUT_SANDBOX_LIMITS;
  self->start_us = CFUT_PROCESS_START_US;
  self->leave_us = CFUT_PROCESS_LEAVE_US;
  self->frame_us = CFUT_PROCESS_FRAME_US;
  self->claim_us = CFUT_PROCESS_CLAIM_US;
  self->abandon_us = CFUT_PROCESS_ABANDON_US;
  self->hungry = TRUE;
  self->look_around = cfut_manager_attend;
  self->turn_fd = -1;
  g_mutex_init (&self->turn);
  g_cond_init (&self->started_cond);
  self->processes = g_ptr_array_new ();
  g_queue_init (&self->stops);
  g_queue_init (&self->warm_tasks);
  g_queue_init (&self->questions);

  self->due = G_MAXINT64;
  self->attend = g_source_new (&attend_source_funcs, sizeof (AttendSource));
  g_source_set_static_name (self->attend, "[cfut] manager");
  ((AttendSource *) self->attend)->manager = self;

  return self;
}
