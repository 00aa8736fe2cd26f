/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include <sys/resource.h>

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "executor/cfut-cpus-private.h"
#include "policy/cfut-staff-private.h"
#include "process/cfut-sandbox-private.h"

/* How many workers there are to be, and starting them. */

/* Workers that serve, or will; and those of which it is not decided yet whether
 * they came to nothing, after which there is to be a pause. */
static guint
cfut_manager_count_alive (CfutManager *self)
{
  guint n = 0;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);
      gboolean undecided = !process->died && !process->expected_death &&
                           (process->dead || process->channel_ended);

      n += undecided || process->phase == CFUT_PROCESS_STARTING ||
           process->phase == CFUT_PROCESS_SERVING;
    }

  return n;
}

guint
cfut_manager_count_missing_locked (CfutManager *self,
                                   gint64       now)
{
  CfutPool *pool = self->pool;
  guint n_last_calls = cfut_manager_count_busy (self, CFUT_PROCESS_LEAVING);
  guint n_starting = cfut_manager_count (self, CFUT_PROCESS_STARTING);
  CfutStaff staff = {
    .max_workers = pool->max_workers,
    /* To count them takes as long, once, as to spawn a worker, and for one it does
     * not matter how many there are. */
    .n_cpus = n_starting == 0 ? 1 : cfut_cpus_get_usable (),
    .n_alive = cfut_manager_count_alive (self),
    .n_starting = n_starting,
    .n_last_calls = n_last_calls,
    .n_exiting = cfut_manager_count (self, CFUT_PROCESS_LEAVING) - n_last_calls,
    .n_queued = pool->queue.length,
    .has_room = cfut_manager_has_room_locked (self),
    .n_kept = MAX (self->config.min_workers, self->n_warm),
    .n_replacements = self->n_replacements,
    .is_asked = self->questions.length > 0,
    .is_open = pool->phase == CFUT_POOL_OPEN,
    .is_ending = pool->phase == CFUT_POOL_BROKEN || self->kill,
    .is_held_back = now < self->policy.not_before,
  };

  return cfut_staff_count_missing (&staff);
}

/* How many bytes a result may have. */
static guint64
cfut_manager_choose_max_result_locked (CfutManager *self)
{
  if (self->config.max_result > 0)
    return MIN (self->config.max_result, CFUT_FRAME_MAX_BODY);

  return cfut_sandbox_trusts_worker (self->config.sandbox) ? CFUT_FRAME_MAX_BODY
                                                           : CFUT_PROCESS_MAX_RESULT;
}

/* How many bytes all results together may have that the program has not dropped. */
static guint64
cfut_manager_choose_max_held_locked (CfutManager *self)
{
  if (self->config.max_held > 0)
    return self->config.max_held;

  return cfut_sandbox_trusts_worker (self->config.sandbox) ? G_MAXUINT64
                                                           : CFUT_PROCESS_MAX_HELD;
}

static GVariant *
cfut_manager_make_setup_locked (CfutManager *self,
                                guint64      max_result)
{
  CfutManagerConfig *config = &self->config;
  g_auto(GVariantDict) body = G_VARIANT_DICT_INIT (NULL);

  if (config->initializer != NULL)
    {
      g_variant_dict_insert (&body, "initializer", "s", config->initializer);
      g_variant_dict_insert (&body, "initializer-arguments", "v", config->initializer_arguments);
    }
  if (config->setup != NULL)
    cfut_worker_setup_add_to_body (config->setup, &body);
  cfut_sandbox_add_to_body (config->sandbox, &body);
  g_variant_dict_insert (&body, "cpus", "u", 0); /* see cfut_setup_fill_in() */
  if (max_result < CFUT_FRAME_MAX_BODY)
    g_variant_dict_insert (&body, "max-result", "t", max_result);

  return g_variant_ref_sink (g_variant_dict_end (&body));
}

static gboolean
cfut_setup_check_size (GVariant  *setup,
                       GError   **error)
{
  gsize size = g_variant_get_size (setup);

  if (size <= CFUT_FRAME_MAX_BODY)
    return TRUE;

  g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
               "The initializer's arguments and the setup of a worker take %" G_GSIZE_FORMAT
               " bytes, and a worker process takes no more than %" G_GUINT64_FORMAT
               " at once; pass them in a file and its name",
               size, CFUT_FRAME_MAX_BODY);

  return FALSE;
}

/* What is found out while the worker is loaded. */
static GVariant *
cfut_setup_fill_in (GVariant *setup)
{
  g_auto(GVariantDict) body = G_VARIANT_DICT_INIT (setup);

  g_variant_dict_insert (&body, "cpus", "u", cfut_cpus_get_usable ());

  return g_variant_ref_sink (g_variant_dict_end (&body));
}

/* How much memory for bodies is to be shared with a worker. It is less with one that
 * may fill it for the sake of it, and where addresses are limited, here or there. */
static gsize
cfut_manager_choose_arena_locked (CfutManager *self)
{
  struct rlimit limit;

  if (!cfut_sandbox_trusts_worker (self->config.sandbox) ||
      (self->config.setup != NULL && cfut_worker_setup_limits (self->config.setup, RLIMIT_AS)) ||
      getrlimit (RLIMIT_AS, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY)
    return CFUT_ARENA_CAPACITY;

  return CFUT_ARENA_LARGE_CAPACITY;
}

static gboolean
cfut_manager_start_worker (CfutManager  *self,
                           gint64        now,
                           GError      **error)
{
  CfutPool *pool = self->pool;
  CfutSpawned spawned;
  CfutProcess *process;
  CfutSandbox sandbox;
  gsize arena_capacity;
  guint64 max_result, max_held;
  g_auto(GStrv) launcher = NULL;
  g_autoptr(GVariant) setup = NULL;
  g_autoptr(GVariant) full_setup = NULL;
  g_auto(GStrv) argv = NULL;
  g_auto(GStrv) envp = g_strdupv (self->envp);

  g_mutex_lock (&pool->lock);
  argv = cfut_spawn_make_argv ((const char * const *) self->config.argv,
                               (const char * const *) self->config.modules, error);
  if (self->config.setup != NULL)
    envp = cfut_worker_setup_apply_environment (self->config.setup, envp);
  max_result = cfut_manager_choose_max_result_locked (self);
  max_held = cfut_manager_choose_max_held_locked (self);
  setup = cfut_manager_make_setup_locked (self, max_result);
  sandbox = self->config.sandbox;
  launcher = g_strdupv (self->config.launcher);
  arena_capacity = cfut_manager_choose_arena_locked (self);
  g_mutex_unlock (&pool->lock);

  if (argv == NULL || !cfut_setup_check_size (setup, error) ||
      !cfut_spawn ((const char * const *) argv, (const char * const *) envp,
                   sandbox, (const char * const *) launcher, arena_capacity, &spawned, error))
    return FALSE;

  full_setup = cfut_setup_fill_in (setup);
  process = cfut_process_new (self, ++self->next_id, &spawned, now);
  process->launched = sandbox == CFUT_SANDBOX_LAUNCHER;
  process->trusted = cfut_sandbox_trusts_worker (sandbox);
  cfut_channel_set_max_result (process->channel, max_result);
  if (max_held < G_MAXUINT64)
    cfut_channel_set_budget (process->channel, self->budget, max_held);
  CFUT_DEBUG (WORKERS, "worker %d starts: %s", process->pid, argv[0]);

  g_mutex_lock (&pool->lock);
  g_ptr_array_add (self->processes, process);
  pool->n_workers++;
  g_cond_broadcast (&self->started_cond);
  g_mutex_unlock (&pool->lock);

  cfut_manager_watch_process (self, process);
  cfut_process_send_setup (process, full_setup);
  cfut_process_flush (process);
  cfut_manager_show (self, process);

  return TRUE;
}

/* Nothing could be started at all. As long as there is a worker the calls can
 * wait for that, and for what is lacking to come back. */
static void
cfut_manager_failed_spawn (CfutManager *self,
                           GError      *error)
{
  if (g_error_matches (error, CFUT_ERROR, CFUT_ERROR_START_FAILED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      cfut_manager_break (self, error);
      return;
    }

  if (cfut_manager_count (self, CFUT_PROCESS_SERVING) > 0)
    {
      CFUT_DEBUG (WORKERS, "%s; will try again", error->message);
      self->policy.not_before = g_get_monotonic_time () + CFUT_START_MAX_BACKOFF_US;
      g_error_free (error);
      return;
    }

  cfut_manager_failed_start (self, CFUT_START_STARVED,
                             g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN, error->message));
  g_error_free (error);
}

static gboolean
cfut_manager_lacks_worker (CfutManager *self,
                           gint64       now)
{
  gboolean result;

  g_mutex_lock (&self->pool->lock);
  result = cfut_manager_count_missing_locked (self, now) > 0;
  g_mutex_unlock (&self->pool->lock);

  return result;
}

void
cfut_manager_start_workers (CfutManager *self,
                            gint64       now)
{
  while (cfut_manager_lacks_worker (self, now))
    {
      GError *error = NULL;

      if (!cfut_manager_start_worker (self, now, &error))
        {
          cfut_manager_failed_spawn (self, error);
          break;
        }

      if (self->n_replacements > 0)
        self->n_replacements--;
    }
}
