/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-executor-private.h"

#include <signal.h>

#include "cfut-error.h"
#include "executor/cfut-cpus-private.h"
#include "future/cfut-wait-private.h"

/**
 * CfutProcessExecutor:
 *
 * Runs calls in worker processes.
 *
 * It is for calls that compute, and for code that may crash, leak memory or
 * hang: each worker is a process of its own, and what happens to it costs at most
 * the call that it was running.
 *
 * **Workers.** By default a worker is this program again: it must call
 * [func@Cfut.init] at the start of `main()`, after it has registered its
 * functions. For other hosts, and for functions in shared libraries, the
 * program `cfut-worker` that comes with cfut loads
 * [property@Cfut.ProcessExecutor:modules]; and
 * [property@Cfut.ProcessExecutor:argv] makes any program the worker that uses
 * [class@Cfut.Worker]. Workers are started when calls come and none is idle,
 * up to [property@Cfut.Executor:max-workers]; idle ones are used first.
 *
 * **What crosses.** Arguments and results are serialised [struct@GLib.Variant]s.
 * Errors come back with domain, code and message. What a function prints goes to
 * the terminal of this program.
 *
 * **Stopping a call.** [method@Cfut.Future.cancel], a time-out or a deadline
 * triggers the cancellable of the call in its worker. If the call goes on for
 * longer than [property@Cfut.ProcessExecutor:grace] the worker is killed and
 * replaced.
 *
 * **Death of a worker.** The call that had started there fails with
 * %CFUT_ERROR_WORKER_DIED, whose message names the process, the cause and its
 * last words, unless [method@Cfut.SubmitOptions.set_retries] allows it to be run
 * again. Calls that had not started move on to another worker. If workers die
 * again and again before they can serve, the executor is broken, and every call
 * fails with %CFUT_ERROR_BROKEN and the last reason.
 *
 * **Trust.** What a worker may do besides is for
 * [property@Cfut.ProcessExecutor:sandbox] to say.
 *
 * Like Python's `concurrent.futures.ProcessPoolExecutor`, except that a dead
 * worker does not break the executor
 * ([property@Cfut.ProcessExecutor:crash-policy]).
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (CfutProcessExecutor, cfut_process_executor, CFUT_TYPE_EXECUTOR)

G_DEFINE_ENUM_TYPE (CfutCrashPolicy, cfut_crash_policy,
                    G_DEFINE_ENUM_VALUE (CFUT_CRASH_POLICY_FAIL_CALL, "fail-call"),
                    G_DEFINE_ENUM_VALUE (CFUT_CRASH_POLICY_BREAK_POOL, "break-pool"))

typedef enum
{
  PROP_ARGV = 1,
  PROP_MODULES,
  PROP_MAX_CALLS_PER_WORKER,
  PROP_MAX_WORKER_RSS,
  PROP_MAX_RESULT_BYTES,
  PROP_MAX_HELD_BYTES,
  PROP_MIN_WORKERS,
  PROP_IDLE_TIMEOUT,
  PROP_GRACE,
  PROP_CRASH_POLICY,
  PROP_WORKER_SETUP,
  PROP_SANDBOX,
  PROP_SANDBOX_LAUNCHER,
} CfutProcessExecutorProperty;

static GParamSpec *properties[PROP_SANDBOX_LAUNCHER + 1];

static void
cfut_process_executor_constructed (GObject *object)
{
  CfutProcessExecutor *self = CFUT_PROCESS_EXECUTOR (object);

  G_OBJECT_CLASS (cfut_process_executor_parent_class)->constructed (object);

  if (self->pool->max_workers == 0)
    self->pool->max_workers = cfut_cpus_get_usable ();
}

static void
cfut_process_executor_get_property (GObject    *object,
                                    guint       prop_id,
                                    GValue     *value,
                                    GParamSpec *pspec)
{
  CfutProcessExecutor *self = CFUT_PROCESS_EXECUTOR (object);

  switch ((CfutProcessExecutorProperty) prop_id)
    {
    case PROP_ARGV:
      g_value_take_boxed (value, cfut_process_executor_dup_argv (self));
      break;
    case PROP_MODULES:
      g_value_take_boxed (value, cfut_process_executor_dup_modules (self));
      break;
    case PROP_MAX_CALLS_PER_WORKER:
      g_value_set_uint (value, cfut_process_executor_get_max_calls_per_worker (self));
      break;
    case PROP_MAX_WORKER_RSS:
      g_value_set_uint64 (value, cfut_process_executor_get_max_worker_rss (self));
      break;
    case PROP_MAX_RESULT_BYTES:
      g_value_set_uint64 (value, cfut_process_executor_get_max_result_bytes (self));
      break;
    case PROP_MAX_HELD_BYTES:
      g_value_set_uint64 (value, cfut_process_executor_get_max_held_bytes (self));
      break;
    case PROP_MIN_WORKERS:
      g_value_set_uint (value, cfut_process_executor_get_min_workers (self));
      break;
    case PROP_IDLE_TIMEOUT:
      g_value_set_int64 (value, cfut_process_executor_get_idle_timeout (self));
      break;
    case PROP_GRACE:
      g_value_set_int64 (value, cfut_process_executor_get_grace (self));
      break;
    case PROP_CRASH_POLICY:
      g_value_set_enum (value, cfut_process_executor_get_crash_policy (self));
      break;
    case PROP_SANDBOX:
      g_value_set_enum (value, cfut_process_executor_get_sandbox (self));
      break;
    case PROP_SANDBOX_LAUNCHER:
      g_value_take_boxed (value, cfut_process_executor_dup_sandbox_launcher (self));
      break;
    case PROP_WORKER_SETUP:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_process_executor_set_property (GObject      *object,
                                    guint         prop_id,
                                    const GValue *value,
                                    GParamSpec   *pspec)
{
  CfutProcessExecutor *self = CFUT_PROCESS_EXECUTOR (object);

  switch ((CfutProcessExecutorProperty) prop_id)
    {
    case PROP_ARGV:
      cfut_process_executor_set_argv (self, g_value_get_boxed (value));
      break;
    case PROP_MODULES:
      cfut_process_executor_set_modules (self, g_value_get_boxed (value));
      break;
    case PROP_MAX_CALLS_PER_WORKER:
      cfut_process_executor_set_max_calls_per_worker (self, g_value_get_uint (value));
      break;
    case PROP_MAX_WORKER_RSS:
      cfut_process_executor_set_max_worker_rss (self, g_value_get_uint64 (value));
      break;
    case PROP_MAX_RESULT_BYTES:
      cfut_process_executor_set_max_result_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_MAX_HELD_BYTES:
      cfut_process_executor_set_max_held_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_MIN_WORKERS:
      cfut_process_executor_set_min_workers (self, g_value_get_uint (value));
      break;
    case PROP_IDLE_TIMEOUT:
      cfut_process_executor_set_idle_timeout (self, g_value_get_int64 (value));
      break;
    case PROP_GRACE:
      cfut_process_executor_set_grace (self, g_value_get_int64 (value));
      break;
    case PROP_CRASH_POLICY:
      cfut_process_executor_set_crash_policy (self, g_value_get_enum (value));
      break;
    case PROP_WORKER_SETUP:
      cfut_process_executor_set_worker_setup (self, g_value_get_boxed (value));
      break;
    case PROP_SANDBOX:
      cfut_process_executor_set_sandbox (self, g_value_get_enum (value));
      break;
    case PROP_SANDBOX_LAUNCHER:
      cfut_process_executor_set_sandbox_launcher (self, g_value_get_boxed (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_process_executor_class_init (CfutProcessExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->constructed = cfut_process_executor_constructed;
  object_class->get_property = cfut_process_executor_get_property;
  object_class->set_property = cfut_process_executor_set_property;

  /**
   * CfutProcessExecutor:argv: (getter dup_argv) (setter set_argv)
   *
   * The command line of the worker program, which serves by means of
   * [class@Cfut.Worker]; %NULL for this program itself, or for `cfut-worker` if
   * there are [property@Cfut.ProcessExecutor:modules].
   *
   * This program itself is started without arguments.
   *
   * Functions of another program may be called with a label: a call of
   * "render page 7" is one of "render", where there is no function of the
   * whole name, and has the whole of it in errors and lists.
   *
   * Since: 1.0
   */
  properties[PROP_ARGV] =
    g_param_spec_boxed ("argv", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:modules: (getter dup_modules) (setter set_modules)
   *
   * Paths of loadable modules that register functions in the workers.
   *
   * They are given to the worker program as arguments, behind those of
   * [property@Cfut.ProcessExecutor:argv]. `cfut-worker` loads each of them as
   * g_module_open() does: one without a slash in it is looked for where the
   * dynamic linker finds libraries, and not in the working directory. See
   * [method@Cfut.Worker.load_module].
   *
   * Since: 1.0
   */
  properties[PROP_MODULES] =
    g_param_spec_boxed ("modules", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:max-calls-per-worker: (getter get_max_calls_per_worker) (setter set_max_calls_per_worker)
   *
   * After how many calls a worker is replaced by a new one; 0 for never.
   *
   * Its successor is started while it runs its last call. A chunk of a map
   * counts its items, and is not divided.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CALLS_PER_WORKER] =
    g_param_spec_uint ("max-calls-per-worker", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:max-worker-rss: (getter get_max_worker_rss) (setter set_max_worker_rss)
   *
   * How many bytes of memory a worker may have resident after a call before it
   * is replaced by a new one; 0 for any number.
   *
   * The result of that call is kept.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_WORKER_RSS] =
    g_param_spec_uint64 ("max-worker-rss", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:max-result-bytes: (getter get_max_result_bytes) (setter set_max_result_bytes)
   *
   * How many bytes the result of a call may have; 0, the default, for 64 MiB from
   * workers that are not trusted, and 1 GiB, which is the most there can be, from
   * others.
   *
   * Those that are not trusted are the workers of %CFUT_SANDBOX_SECCOMP and
   * %CFUT_SANDBOX_LAUNCHER. A call whose result is larger fails with
   * %G_IO_ERROR_MESSAGE_TOO_LARGE. A worker that sends it all the same is killed, and
   * what it was running fails with the same error: so whatever workers do, the
   * program holds no more than this for each of its futures. For a chunk of a map it
   * is for all results together. It holds for workers that are started after it is set.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_RESULT_BYTES] =
    g_param_spec_uint64 ("max-result-bytes", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:max-held-bytes: (getter get_max_held_bytes) (setter set_max_held_bytes)
   *
   * How many bytes all results together may have that the program has not dropped;
   * 0, the default, for 1 GiB from workers that are not trusted, and any number from
   * others.
   *
   * A result counts as long as a future that has it is there, or the value itself, or
   * a part of it; results of less than 64 KiB do not count. One that would be too many
   * fails its call with %G_IO_ERROR_NO_SPACE, and is not read, so its worker is killed;
   * what the worker had not started is run by another one. So whatever workers
   * do, the program holds no more than this, and for each of them one result that is on
   * its way. It holds for workers that are started after it is set.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_HELD_BYTES] =
    g_param_spec_uint64 ("max-held-bytes", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:min-workers: (getter get_min_workers) (setter set_min_workers)
   *
   * How many workers are kept running, once the first call was submitted; never
   * more than [property@Cfut.Executor:max-workers]. 0 by default.
   *
   * Since: 1.0
   */
  properties[PROP_MIN_WORKERS] =
    g_param_spec_uint ("min-workers", NULL, NULL, 0, 65535, 0, G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:idle-timeout: (getter get_idle_timeout) (setter set_idle_timeout)
   *
   * How long a worker waits for a call before it leaves, in microseconds; -1
   * for ever. One minute by default.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT] =
    g_param_spec_int64 ("idle-timeout", NULL, NULL, -1, G_MAXINT64, CFUT_PROCESS_IDLE_TIMEOUT_US,
                        G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:grace: (getter get_grace) (setter set_grace)
   *
   * How long a call that was cancelled, or whose time is over, may go on before
   * its worker is killed, in microseconds; -1 for ever. One second by default.
   *
   * Since: 1.0
   */
  properties[PROP_GRACE] =
    g_param_spec_int64 ("grace", NULL, NULL, -1, G_MAXINT64, CFUT_PROCESS_GRACE_US,
                        G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:crash-policy: (getter get_crash_policy) (setter set_crash_policy)
   *
   * What the death of a worker does to the executor.
   *
   * Since: 1.0
   */
  properties[PROP_CRASH_POLICY] =
    g_param_spec_enum ("crash-policy", NULL, NULL, CFUT_TYPE_CRASH_POLICY,
                       CFUT_CRASH_POLICY_FAIL_CALL, G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:worker-setup: (setter set_worker_setup)
   *
   * Environment, working directory and limits of workers.
   *
   * Since: 1.0
   */
  properties[PROP_WORKER_SETUP] =
    g_param_spec_boxed ("worker-setup", NULL, NULL, CFUT_TYPE_WORKER_SETUP,
                        G_PARAM_WRITABLE | flags);

  /**
   * CfutProcessExecutor:sandbox: (getter get_sandbox) (setter set_sandbox)
   *
   * What workers are kept from.
   *
   * Since: 1.0
   */
  properties[PROP_SANDBOX] =
    g_param_spec_enum ("sandbox", NULL, NULL, CFUT_TYPE_SANDBOX,
                       CFUT_SANDBOX_LIMITS, G_PARAM_READWRITE | flags);

  /**
   * CfutProcessExecutor:sandbox-launcher: (getter dup_sandbox_launcher) (setter set_sandbox_launcher)
   *
   * What %CFUT_SANDBOX_LAUNCHER puts before the command line of a worker; %NULL
   * for bubblewrap, with all files to be read and none to be written, and no
   * network.
   *
   * See [trusted workers and others](sandbox.html) for the default in full, and
   * what a launcher has to do.
   *
   * Since: 1.0
   */
  properties[PROP_SANDBOX_LAUNCHER] =
    g_param_spec_boxed ("sandbox-launcher", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE | flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

/* The manager is there before construct properties are set on it. */
static void
cfut_process_executor_init (CfutProcessExecutor *self)
{
  self->pool = cfut_executor_get_pool (CFUT_EXECUTOR (self));
  self->pool->max_arguments = CFUT_FRAME_MAX_BODY;
  cfut_pool_set_small_from (self->pool, 0);
  self->manager = cfut_manager_new (self->pool);
  cfut_pool_set_carrier (self->pool, &cfut_manager_carrier_class, self->manager);
}

/**
 * cfut_process_executor_new:
 * @max_workers: how many calls may run at the same time; 0 for as many as there
 *   are usable CPUs
 *
 * Creates an executor that runs calls in worker processes.
 *
 * No worker is started before the first call.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 1.0
 */
CfutExecutor *
cfut_process_executor_new (guint max_workers)
{
  return g_object_new (CFUT_TYPE_PROCESS_EXECUTOR, "max-workers", max_workers, NULL);
}

/* Asks for all workers. FALSE with @error if nobody will answer @task. */
static gboolean
cfut_process_executor_warm (CfutProcessExecutor  *self,
                            GTask                *task,
                            GError              **error)
{
  GError *local_error = NULL;
  gboolean was_queued = FALSE;

  /* The manager of a pool that is not open may be gone already. */
  g_mutex_lock (&self->pool->lock);
  local_error = cfut_pool_refusal_locked (self->pool);
  if (local_error == NULL)
    {
      self->manager->n_warm = self->pool->max_workers;
      if (task != NULL)
        g_queue_push_tail (&self->manager->warm_tasks, g_object_ref (task));
    }
  g_mutex_unlock (&self->pool->lock);

  if (local_error == NULL && cfut_manager_poke (self->manager, &local_error))
    return TRUE;

  g_mutex_lock (&self->pool->lock);
  if (task != NULL)
    was_queued = g_queue_remove (&self->manager->warm_tasks, task);
  g_mutex_unlock (&self->pool->lock);

  if (was_queued)
    g_object_unref (task);
  g_propagate_error (error, local_error);

  return FALSE;
}

/**
 * cfut_process_executor_prestart:
 * @self: a process executor
 *
 * Starts all workers now, so that the first calls find them ready.
 *
 * All are as many as [property@Cfut.Executor:max-workers]. Once they are ready
 * those that stay idle may leave again, after
 * [property@Cfut.ProcessExecutor:idle-timeout].
 *
 * This does not wait for them; [method@Cfut.ProcessExecutor.prestart_async] does.
 * What goes wrong shows in the first call.
 *
 * Since: 1.0
 */
void
cfut_process_executor_prestart (CfutProcessExecutor *self)
{
  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  cfut_process_executor_warm (self, NULL, NULL);
}

/**
 * cfut_process_executor_prestart_async:
 * @self: a process executor
 * @cancellable: (nullable): makes the operation fail as soon as the workers are
 *   there; they stay
 * @callback: (nullable): called when the workers are ready
 * @user_data: data for @callback
 *
 * Starts all workers, and waits until they are ready.
 *
 * The callback comes in the thread-default main context of the caller.
 *
 * Since: 1.0
 */
void
cfut_process_executor_prestart_async (CfutProcessExecutor *self,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;
  gboolean is_warm;

  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  /* To make a program's first task takes half as long as to spawn a worker, which
   * goes on meanwhile. */
  is_warm = cfut_process_executor_warm (self, NULL, &error);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_process_executor_prestart_async);

  if (!is_warm || !cfut_process_executor_warm (self, task, &error))
    g_task_return_error (task, error);
}

/**
 * cfut_process_executor_prestart_finish:
 * @self: a process executor
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Cfut.ProcessExecutor.prestart_async].
 *
 * Returns: %TRUE if all workers were ready, else %FALSE with @error set:
 *   %CFUT_ERROR_START_FAILED, %CFUT_ERROR_BROKEN, %CFUT_ERROR_SHUTDOWN or
 *   %G_IO_ERROR_CANCELLED
 *
 * Since: 1.0
 */
gboolean
cfut_process_executor_prestart_finish (CfutProcessExecutor  *self,
                                       GAsyncResult         *result,
                                       GError              **error)
{
  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Shuts the executor down, cancels what has not started, and sends a signal. From
 * the first on nothing is started again, so nothing is missed by the last. */
static void
cfut_process_executor_signal (CfutProcessExecutor *self,
                              int                  signum)
{
  g_mutex_lock (&self->pool->lock);
  self->manager->abandoned = TRUE;
  g_mutex_unlock (&self->pool->lock);

  cfut_pool_shutdown_now (self->pool);

  g_mutex_lock (&self->pool->lock);
  self->manager->signal = signum;
  g_mutex_unlock (&self->pool->lock);
  cfut_manager_ring (self->manager);
}

/**
 * cfut_process_executor_terminate_workers:
 * @self: a process executor
 *
 * Shuts the executor down and sends `SIGTERM` to all its workers.
 *
 * Calls that have not started are cancelled; those that run fail with
 * %CFUT_ERROR_WORKER_DIED. This does not wait.
 *
 * Like `ProcessPoolExecutor.terminate_workers()` of Python 3.14.
 *
 * Since: 1.0
 */
void
cfut_process_executor_terminate_workers (CfutProcessExecutor *self)
{
  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  cfut_process_executor_signal (self, SIGTERM);
}

/**
 * cfut_process_executor_kill_workers:
 * @self: a process executor
 *
 * Shuts the executor down and sends `SIGKILL` to all its workers.
 *
 * Calls that have not started are cancelled; those that run fail with
 * %CFUT_ERROR_WORKER_DIED. This does not wait.
 *
 * Like `ProcessPoolExecutor.kill_workers()` of Python 3.14.
 *
 * Since: 1.0
 */
void
cfut_process_executor_kill_workers (CfutProcessExecutor *self)
{
  g_return_if_fail (CFUT_IS_PROCESS_EXECUTOR (self));

  cfut_process_executor_signal (self, SIGKILL);
}

/* Whether the worker is one that others may be told of. Locks: caller holds the
 * pool's. */
static gboolean
is_alive_locked (CfutProcess *process)
{
  return process->phase != CFUT_PROCESS_DYING && !process->dead && process->pid > 0;
}

static gboolean
has_workers_locked (CfutProcessExecutor *self,
                    guint                n_workers)
{
  guint n_alive = 0;

  if (self->pool->phase != CFUT_POOL_OPEN)
    return TRUE;

  for (guint i = 0; i < self->manager->processes->len; i++)
    n_alive += is_alive_locked (g_ptr_array_index (self->manager->processes, i));

  return n_alive >= n_workers;
}

/**
 * cfut_process_executor_await_workers:
 * @self: a process executor
 * @n_workers: a number of workers
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 *
 * Blocks until so many worker processes have been started, or there will be no
 * more, since the executor was shut down or is broken.
 *
 * They need not be ready for calls, and nothing is started by this: that many have
 * to be wanted, for calls that are queued or by
 * [property@Cfut.ProcessExecutor:min-workers] once the first call has come. May be
 * called from any thread.
 *
 * Returns: %TRUE if there is nothing to wait for any more; %FALSE if the time is
 *   over
 *
 * Since: 1.0
 */
gboolean
cfut_process_executor_await_workers (CfutProcessExecutor *self,
                                     guint                n_workers,
                                     gint64               timeout_us)
{
  gint64 deadline;
  gboolean there;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), FALSE);

  deadline = cfut_deadline_from_timeout (timeout_us);
  g_mutex_lock (&self->pool->lock);
  while (!has_workers_locked (self, n_workers))
    if (!cfut_cond_wait_until (&self->manager->started_cond, &self->pool->lock, deadline))
      break;
  there = has_workers_locked (self, n_workers);
  g_mutex_unlock (&self->pool->lock);

  return there;
}

/**
 * cfut_process_executor_dup_worker_pids:
 * @self: a process executor
 * @n_pids: (out): return location for the number of workers
 *
 * Gets the process ids of the workers that are alive, as far as is known.
 *
 * Unlike [method@Cfut.Executor.get_workers] this needs no main loop.
 *
 * Returns: (transfer full) (nullable) (array length=n_pids): the process ids;
 *   %NULL for none
 *
 * Since: 1.0
 */
int *
cfut_process_executor_dup_worker_pids (CfutProcessExecutor *self,
                                       gsize               *n_pids)
{
  GArray *pids;

  g_return_val_if_fail (CFUT_IS_PROCESS_EXECUTOR (self), NULL);
  g_return_val_if_fail (n_pids != NULL, NULL);

  pids = g_array_new (FALSE, FALSE, sizeof (int));
  g_mutex_lock (&self->pool->lock);
  for (guint i = 0; i < self->manager->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->manager->processes, i);

      if (is_alive_locked (process))
        g_array_append_val (pids, process->pid);
    }
  g_mutex_unlock (&self->pool->lock);

  *n_pids = pids->len;

  return (gpointer) g_array_free (pids, pids->len == 0);
}
