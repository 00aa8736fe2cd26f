/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-executor-private.h"

#include "cfut-error.h"

/* What can be set on a process executor. Each setting holds for workers that
 * are started, and for decisions that are made, after it. */

static void
cfut_process_executor_changed (CfutProcessExecutor *self,
                               const char          *property)
{
  /* A change may be a reason to start or to end a worker. */
  cfut_manager_ring (self->manager);
  g_object_notify (G_OBJECT (self), property);
}

/**
 * cfut_process_executor_get_max_calls_per_worker: (get-property max-calls-per-worker)
 * @self: a process executor
 *
 * Gets after how many calls a worker is replaced.
 *
 * Returns: the number of calls, or 0 for any number
 *
 * Since: 1.0
 */
guint
cfut_process_executor_get_max_calls_per_worker (CfutProcessExecutor *self)
{
  guint value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), 0);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.limits.max_calls;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_max_calls_per_worker: (set-property max-calls-per-worker)
 * @self: a process executor
 * @max_calls: a number of calls, or 0 for any number
 *
 * Sets after how many calls a worker is replaced.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_max_calls_per_worker (CfutProcessExecutor *self,
                                                guint               max_calls)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.limits.max_calls != max_calls;
  self->manager->config.limits.max_calls = max_calls;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "max-calls-per-worker");
}

/**
 * cfut_process_executor_get_max_worker_rss: (get-property max-worker-rss)
 * @self: a process executor
 *
 * Gets how large a worker may grow.
 *
 * Returns: a size in bytes, or 0 for any size
 *
 * Since: 1.0
 */
guint64
cfut_process_executor_get_max_worker_rss (CfutProcessExecutor *self)
{
  guint64 value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), 0);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.limits.max_rss;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_max_worker_rss: (set-property max-worker-rss)
 * @self: a process executor
 * @max_bytes: a size in bytes, or 0 for any size
 *
 * Sets how large a worker may grow.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_max_worker_rss (CfutProcessExecutor *self,
                                          guint64             max_bytes)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.limits.max_rss != max_bytes;
  self->manager->config.limits.max_rss = max_bytes;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "max-worker-rss");
}

/**
 * cfut_process_executor_get_max_result_bytes: (get-property max-result-bytes)
 * @self: a process executor
 *
 * Gets how large the result of a call may be.
 *
 * Returns: a size in bytes, or 0 for the default
 *
 * Since: 1.0
 */
guint64
cfut_process_executor_get_max_result_bytes (CfutProcessExecutor *self)
{
  guint64 value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), 0);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.max_result;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_max_result_bytes: (set-property max-result-bytes)
 * @self: a process executor
 * @max_bytes: a size in bytes, or 0 for the default
 *
 * Sets how large the result of a call may be.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_max_result_bytes (CfutProcessExecutor *self,
                                            guint64              max_bytes)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.max_result != max_bytes;
  self->manager->config.max_result = max_bytes;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "max-result-bytes");
}

/**
 * cfut_process_executor_get_max_held_bytes: (get-property max-held-bytes)
 * @self: a process executor
 *
 * Gets how many bytes all results together may have that the program has not
 * dropped.
 *
 * Returns: a size in bytes, or 0 for the default
 *
 * Since: 1.0
 */
guint64
cfut_process_executor_get_max_held_bytes (CfutProcessExecutor *self)
{
  guint64 value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), 0);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.max_held;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_max_held_bytes: (set-property max-held-bytes)
 * @self: a process executor
 * @max_bytes: a size in bytes, or 0 for the default
 *
 * Sets how many bytes all results together may have that the program has not
 * dropped.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_max_held_bytes (CfutProcessExecutor *self,
                                            guint64              max_bytes)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.max_held != max_bytes;
  self->manager->config.max_held = max_bytes;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "max-held-bytes");
}

/**
 * cfut_process_executor_get_min_workers: (get-property min-workers)
 * @self: a process executor
 *
 * Gets how many workers are kept running.
 *
 * Returns: the number of workers
 *
 * Since: 1.0
 */
guint
cfut_process_executor_get_min_workers (CfutProcessExecutor *self)
{
  guint value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), 0);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.min_workers;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_min_workers: (set-property min-workers)
 * @self: a process executor
 * @min_workers: a number of workers
 *
 * Sets how many workers are kept running, once the first call was submitted.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_min_workers (CfutProcessExecutor *self,
                                       guint               min_workers)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.min_workers != min_workers;
  self->manager->config.min_workers = min_workers;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "min-workers");
}

/**
 * cfut_process_executor_get_idle_timeout: (get-property idle-timeout)
 * @self: a process executor
 *
 * Gets how long a worker waits for a call before it leaves.
 *
 * Returns: a time in microseconds, or -1 for ever
 *
 * Since: 1.0
 */
gint64
cfut_process_executor_get_idle_timeout (CfutProcessExecutor *self)
{
  gint64 value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), -1);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.idle_timeout_us;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_idle_timeout: (set-property idle-timeout)
 * @self: a process executor
 * @idle_timeout_us: a time in microseconds, or -1 for ever
 *
 * Sets how long a worker waits for a call before it leaves.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_idle_timeout (CfutProcessExecutor *self,
                                        gint64              idle_timeout_us)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));
  g_return_if_fail (idle_timeout_us >= -1);

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.idle_timeout_us != idle_timeout_us;
  self->manager->config.idle_timeout_us = idle_timeout_us;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "idle-timeout");
}

/**
 * cfut_process_executor_get_grace: (get-property grace)
 * @self: a process executor
 *
 * Gets how long a call that was asked to stop may go on.
 *
 * Returns: a time in microseconds, or -1 for ever
 *
 * Since: 1.0
 */
gint64
cfut_process_executor_get_grace (CfutProcessExecutor *self)
{
  gint64 value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), -1);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.grace_us;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_grace: (set-property grace)
 * @self: a process executor
 * @grace_us: a time in microseconds, or -1 for ever
 *
 * Sets how long a call that was asked to stop may go on.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_grace (CfutProcessExecutor *self,
                                 gint64              grace_us)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));
  g_return_if_fail (grace_us >= -1);

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.grace_us != grace_us;
  self->manager->config.grace_us = grace_us;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "grace");
}

/**
 * cfut_process_executor_get_crash_policy: (get-property crash-policy)
 * @self: a process executor
 *
 * Gets what the death of a worker does to the executor.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
CfutCrashPolicy
cfut_process_executor_get_crash_policy (CfutProcessExecutor *self)
{
  CfutCrashPolicy value;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), CFUT_CRASH_POLICY_FAIL_CALL);

  g_mutex_lock (&self->pool->lock);
  value = self->manager->config.crash_policy;
  g_mutex_unlock (&self->pool->lock);

  return value;
}

/**
 * cfut_process_executor_set_crash_policy: (set-property crash-policy)
 * @self: a process executor
 * @policy: a policy
 *
 * Sets what the death of a worker does to the executor.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_crash_policy (CfutProcessExecutor *self,
                                        CfutCrashPolicy     policy)
{
  gboolean changed;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  changed = self->manager->config.crash_policy != policy;
  self->manager->config.crash_policy = policy;
  g_mutex_unlock (&self->pool->lock);

  if (changed)
    cfut_process_executor_changed (self, "crash-policy");
}

/* Functions that this program does not know may be known to another one. */
static void
cfut_process_executor_update_foreign_locked (CfutProcessExecutor *self)
{
  self->pool->takes_foreign = self->manager->config.argv != NULL ||
                              self->manager->config.modules != NULL;
}

static char **
dup_strv_or_null (const char * const *strv)
{
  return strv != NULL && strv[0] != NULL ? g_strdupv ((char **) strv) : NULL;
}

/**
 * cfut_process_executor_dup_argv: (get-property argv)
 * @self: a process executor
 *
 * Gets the command line of the worker program.
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the command
 *   line, or %NULL for the default
 *
 * Since: 1.0
 */
char **
cfut_process_executor_dup_argv (CfutProcessExecutor *self)
{
  char **argv;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), NULL);

  g_mutex_lock (&self->pool->lock);
  argv = g_strdupv (self->manager->config.argv);
  g_mutex_unlock (&self->pool->lock);

  return argv;
}

/**
 * cfut_process_executor_set_argv: (set-property argv)
 * @self: a process executor
 * @argv: (nullable) (array zero-terminated=1): a command line, or %NULL for the
 *   default
 *
 * Sets the command line of the worker program.
 *
 * Call this before the first submit.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_argv (CfutProcessExecutor *self,
                                const char * const  *argv)
{
  char **old;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  old = self->manager->config.argv;
  self->manager->config.argv = dup_strv_or_null (argv);
  cfut_process_executor_update_foreign_locked (self);
  g_mutex_unlock (&self->pool->lock);

  g_strfreev (old);
  g_object_notify (G_OBJECT (self), "argv");
}

/**
 * cfut_process_executor_dup_modules: (get-property modules)
 * @self: a process executor
 *
 * Gets the modules that workers load.
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): paths of
 *   modules
 *
 * Since: 1.0
 */
char **
cfut_process_executor_dup_modules (CfutProcessExecutor *self)
{
  char **modules;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), NULL);

  g_mutex_lock (&self->pool->lock);
  modules = g_strdupv (self->manager->config.modules);
  g_mutex_unlock (&self->pool->lock);

  return modules;
}

/**
 * cfut_process_executor_set_modules: (set-property modules)
 * @self: a process executor
 * @modules: (nullable) (array zero-terminated=1): paths of modules
 *
 * Sets the modules that workers load.
 *
 * Call this before the first submit.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_modules (CfutProcessExecutor *self,
                                   const char * const  *modules)
{
  char **old;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  old = self->manager->config.modules;
  self->manager->config.modules = dup_strv_or_null (modules);
  cfut_process_executor_update_foreign_locked (self);
  g_mutex_unlock (&self->pool->lock);

  g_strfreev (old);
  g_object_notify (G_OBJECT (self), "modules");
}

/**
 * cfut_process_executor_set_initializer:
 * @self: a process executor
 * @function: (nullable): the name of a function
 * @arguments: (nullable): its arguments
 *
 * Sets a function that each worker runs before its first call.
 *
 * The function is looked up in the worker; this program need not have it. If it
 * is not there, takes other arguments or fails, the executor is broken: every
 * call fails with %CFUT_ERROR_BROKEN and the reason. What it returns is dropped.
 * It may take as long as it needs, while a worker without an initializer has 10
 * seconds to become ready; no call is sent to it meanwhile. Call this before the
 * first submit.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_initializer (CfutProcessExecutor *self,
                                       const char          *function,
                                       GVariant            *arguments)
{
  GVariant *old_arguments;
  char *old;
  CfutManagerConfig *config;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  config = &self->manager->config;
  if (arguments == NULL)
    arguments = g_variant_new_tuple (NULL, 0);
  g_variant_ref_sink (arguments);

  g_mutex_lock (&self->pool->lock);
  old = config->initializer;
  old_arguments = config->initializer_arguments;
  config->initializer = g_strdup (function);
  config->initializer_arguments = arguments;
  g_mutex_unlock (&self->pool->lock);

  g_free (old);
  g_clear_pointer (&old_arguments, g_variant_unref);
}

/**
 * cfut_process_executor_set_worker_setup: (set-property worker-setup)
 * @self: a process executor
 * @setup: (nullable): a set-up, which is copied
 *
 * Sets environment, working directory and limits of workers.
 *
 * It holds for workers that are started after this.
 *
 * Since: 1.0
 */
void
cfut_process_executor_set_worker_setup (CfutProcessExecutor   *self,
                                        const CfutWorkerSetup *setup)
{
  CfutWorkerSetup *old;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  g_mutex_lock (&self->pool->lock);
  old = self->manager->config.setup;
  self->manager->config.setup = setup != NULL ? cfut_worker_setup_copy (setup) : NULL;
  g_mutex_unlock (&self->pool->lock);

  g_clear_pointer (&old, cfut_worker_setup_free);
  g_object_notify (G_OBJECT (self), "worker-setup");
}
