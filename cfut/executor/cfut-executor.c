/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor-private.h"

/**
 * CfutExecutor:
 *
 * Where calls run.
 *
 * An executor takes calls with [method@Cfut.Executor.submit] and gives a
 * [class@Cfut.Future] for each. Which executor it is decides where the calls
 * run; the code that submits them is the same:
 *
 * - [class@Cfut.ThreadExecutor] runs them on threads: for calls that wait, for
 *   files and the network, say.
 * - [class@Cfut.ProcessExecutor] runs them in worker processes: for calls that
 *   compute, and for code that may crash, leak or hang.
 * - [class@Cfut.InlineExecutor] runs each at once in the caller's thread: for
 *   tests and debugging.
 *
 * ```c
 * g_autoptr(CfutExecutor) executor = cfut_thread_executor_new (0);
 * g_autoptr(CfutFuture) future = NULL;
 * g_autoptr(GVariant) result = NULL;
 *
 * future = cfut_executor_submit (executor, "pi", g_variant_new ("(x)", n), NULL, &error);
 * if (future != NULL)
 *   result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
 * ```
 *
 * **Bounds.** The calls that wait to be started are limited in number
 * ([property@Cfut.Executor:max-pending]) and in the bytes of their arguments
 * ([property@Cfut.Executor:max-pending-bytes]). When there is no room a submit
 * waits or fails, as [property@Cfut.Executor:overflow] says.
 *
 * **Order.** Calls are started by priority, and in the order of submission
 * within a priority.
 *
 * **The end.** [method@Cfut.Executor.shutdown] ends an executor. Dropping the last
 * reference lets what was submitted finish, and then ends it too, without
 * waiting.
 *
 * All methods may be called from any thread. Futures and callbacks belong to
 * the thread-default main context of the thread that submits.
 *
 * Like Python's `concurrent.futures.Executor`, except that queues are bounded,
 * and that a call can be cancelled and timed out while it runs.
 *
 * Since: 1.0
 */

typedef struct
{
  CfutPool *pool; /* (owned) */
} CfutExecutorPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CfutExecutor, cfut_executor, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (CfutOverflow, cfut_overflow,
                    G_DEFINE_ENUM_VALUE (CFUT_OVERFLOW_BLOCK, "block"),
                    G_DEFINE_ENUM_VALUE (CFUT_OVERFLOW_FAIL, "fail"))

G_DEFINE_FLAGS_TYPE (CfutShutdownFlags, cfut_shutdown_flags,
                     G_DEFINE_ENUM_VALUE (CFUT_SHUTDOWN_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (CFUT_SHUTDOWN_WAIT, "wait"),
                     G_DEFINE_ENUM_VALUE (CFUT_SHUTDOWN_CANCEL, "cancel"))

typedef enum
{
  PROP_NAME = 1,
  PROP_MAX_WORKERS,
  PROP_MAX_PENDING,
  PROP_MAX_PENDING_BYTES,
  PROP_OVERFLOW,
  PROP_N_PENDING,
  PROP_N_RUNNING,
} CfutExecutorProperty;

static GParamSpec *properties[PROP_N_RUNNING + 1];

CfutPool *
cfut_executor_get_pool (CfutExecutor *self)
{
  CfutExecutorPrivate *priv = cfut_executor_get_instance_private (self);

  return priv->pool;
}

static gboolean
cfut_executor_real_shutdown (CfutExecutor       *self,
                             CfutShutdownFlags   flags,
                             gint64              timeout_us,
                             GError            **error)
{
  CfutPool *pool = cfut_executor_get_pool (self);

  if (pool->carrier_class == NULL)
    return TRUE;

  return cfut_pool_shutdown (pool, flags, timeout_us, error);
}

static CfutStats *
cfut_executor_real_get_stats (CfutExecutor *self)
{
  CfutPool *pool = cfut_executor_get_pool (self);
  CfutStats *stats = cfut_stats_new ();

  g_mutex_lock (&pool->lock);
  cfut_pool_collect_locked (pool);
  stats->n_pending = pool->queue.length + pool->n_taken;
  stats->pending_bytes = pool->queue.bytes + pool->taken_bytes;
  stats->n_running = pool->n_running;
  stats->n_submitted = pool->n_submitted;
  stats->n_finished = pool->n_finished;
  stats->n_failed = pool->n_failed;
  stats->n_cancelled = pool->n_cancelled;
  stats->n_retried = pool->n_retried;
  stats->n_deaths = pool->n_deaths;
  stats->n_kills = pool->n_kills;
  stats->queue_wait = pool->queue_wait;
  stats->busy_time = pool->busy_time_ns / 1000;
  g_mutex_unlock (&pool->lock);

  if (pool->carrier_class != NULL)
    pool->carrier_class->add_stats (pool, stats);

  return stats;
}

static void
cfut_executor_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CfutExecutor *self = CFUT_EXECUTOR (object);

  switch ((CfutExecutorProperty) prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, cfut_executor_get_name (self));
      break;
    case PROP_MAX_WORKERS:
      g_value_set_uint (value, cfut_executor_get_max_workers (self));
      break;
    case PROP_MAX_PENDING:
      g_value_set_uint (value, cfut_executor_get_max_pending (self));
      break;
    case PROP_MAX_PENDING_BYTES:
      g_value_set_uint64 (value, cfut_executor_get_max_pending_bytes (self));
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, cfut_executor_get_overflow (self));
      break;
    case PROP_N_PENDING:
      g_value_set_uint (value, cfut_executor_get_n_pending (self));
      break;
    case PROP_N_RUNNING:
      g_value_set_uint (value, cfut_executor_get_n_running (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_executor_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  CfutExecutor *self = CFUT_EXECUTOR (object);
  CfutPool *pool = cfut_executor_get_pool (self);

  switch ((CfutExecutorProperty) prop_id)
    {
    case PROP_NAME:
      pool->name = g_value_dup_string (value);
      break;
    case PROP_MAX_WORKERS:
      pool->max_workers = g_value_get_uint (value);
      break;
    case PROP_MAX_PENDING:
      cfut_executor_set_max_pending (self, g_value_get_uint (value));
      break;
    case PROP_MAX_PENDING_BYTES:
      cfut_executor_set_max_pending_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_OVERFLOW:
      cfut_executor_set_overflow (self, g_value_get_enum (value));
      break;
    case PROP_N_PENDING:
    case PROP_N_RUNNING:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* The face goes; the pool behind it finishes what was submitted. It may go in
 * any thread, so this waits for nothing. */
static void
cfut_executor_dispose (GObject *object)
{
  CfutPool *pool = cfut_executor_get_pool (CFUT_EXECUTOR (object));

  if (pool->carrier_class != NULL)
    cfut_pool_shutdown (pool, CFUT_SHUTDOWN_NONE, 0, NULL);

  G_OBJECT_CLASS (cfut_executor_parent_class)->dispose (object);
}

static void
cfut_executor_finalize (GObject *object)
{
  CfutExecutorPrivate *priv = cfut_executor_get_instance_private (CFUT_EXECUTOR (object));

  cfut_pool_forget_calls (priv->pool);
  g_clear_pointer (&priv->pool, cfut_pool_unref);

  G_OBJECT_CLASS (cfut_executor_parent_class)->finalize (object);
}

static void
cfut_executor_class_init (CfutExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = cfut_executor_get_property;
  object_class->set_property = cfut_executor_set_property;
  object_class->dispose = cfut_executor_dispose;
  object_class->finalize = cfut_executor_finalize;

  klass->submit_full = cfut_executor_real_submit;
  klass->shutdown = cfut_executor_real_shutdown;
  klass->get_stats = cfut_executor_real_get_stats;

  /**
   * CfutExecutor:name: (getter get_name)
   *
   * A name for people, where a program shows its executors. The names of the
   * threads of a [class@Cfut.ThreadExecutor] begin with it.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | flags);

  /**
   * CfutExecutor:max-workers: (getter get_max_workers)
   *
   * How many calls may run at the same time.
   *
   * 0 at construction stands for the default: for processes the CPUs that this
   * process may use (affinity and control group quota counted), for threads
   * four more than that, and 32 at most.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_WORKERS] =
    g_param_spec_uint ("max-workers", NULL, NULL, 0, 65535, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | flags);

  /**
   * CfutExecutor:max-pending: (getter get_max_pending) (setter set_max_pending)
   *
   * How many calls may wait to be started; 4096 by default. A chunk of a map
   * counts as one.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_PENDING] =
    g_param_spec_uint ("max-pending", NULL, NULL, 1, G_MAXUINT, CFUT_DEFAULT_MAX_PENDING,
                       G_PARAM_READWRITE | flags);

  /**
   * CfutExecutor:max-pending-bytes: (getter get_max_pending_bytes) (setter set_max_pending_bytes)
   *
   * How many bytes the calls that wait to be started may take: their
   * arguments, and 256 for each call. 64 MiB by default.
   *
   * A call that is larger than this is taken when no other waits.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_PENDING_BYTES] =
    g_param_spec_uint64 ("max-pending-bytes", NULL, NULL, 1, G_MAXUINT64,
                         CFUT_DEFAULT_MAX_PENDING_BYTES,
                         G_PARAM_READWRITE | flags);

  /**
   * CfutExecutor:overflow: (getter get_overflow) (setter set_overflow)
   *
   * What [method@Cfut.Executor.submit] does when there is no room; to wait is the
   * default.
   *
   * Since: 1.0
   */
  properties[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, CFUT_TYPE_OVERFLOW, CFUT_OVERFLOW_BLOCK,
                       G_PARAM_READWRITE | flags);

  /**
   * CfutExecutor:n-pending: (getter get_n_pending)
   *
   * How many calls wait to be started. Changes are not notified.
   *
   * Since: 1.0
   */
  properties[PROP_N_PENDING] =
    g_param_spec_uint ("n-pending", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | flags);

  /**
   * CfutExecutor:n-running: (getter get_n_running)
   *
   * How many calls run. Changes are not notified.
   *
   * Since: 1.0
   */
  properties[PROP_N_RUNNING] =
    g_param_spec_uint ("n-running", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cfut_executor_init (CfutExecutor *self)
{
  CfutExecutorPrivate *priv = cfut_executor_get_instance_private (self);

  priv->pool = cfut_pool_new (self);
}

/**
 * cfut_executor_shutdown:
 * @self: an executor
 * @flags: whether to wait, and whether to cancel
 * @timeout_us: with %CFUT_SHUTDOWN_WAIT, how long to wait, in microseconds; 0
 *   to end what is left at once, and %CFUT_WAIT_FOREVER or any other negative
 *   number to wait until the end
 * @error: return location for an error
 *
 * Ends an executor.
 *
 * From now on a submit fails with %CFUT_ERROR_SHUTDOWN. Without
 * %CFUT_SHUTDOWN_CANCEL the calls that were submitted are still run; with it
 * those that have not started are cancelled, and those that run are asked to
 * stop as by [method@Cfut.Future.cancel].
 *
 * With %CFUT_SHUTDOWN_WAIT this returns when every call has ended and every
 * worker is gone. If that takes longer than @timeout_us, the rest is cancelled,
 * worker processes are killed, and %G_IO_ERROR_TIMED_OUT is returned; the calls
 * of a thread executor that do not react to their cancellable go on until they
 * end by themselves, and nobody waits for them. It waits in a callback of a main
 * context, too, which then stands still: use
 * [method@Cfut.Executor.shutdown_async] there.
 *
 * An executor may be shut down more than once, and from several threads: from
 * one of its own calls too, but then not with %CFUT_SHUTDOWN_WAIT, which fails
 * with %CFUT_ERROR_WOULD_DEADLOCK after it has closed the executor.
 *
 * Like `concurrent.futures.Executor.shutdown()`, except for the time-out, and
 * that cancelling reaches running calls.
 *
 * Returns: %TRUE if the executor was shut down as asked; %FALSE with @error set
 *   to %G_IO_ERROR_TIMED_OUT or %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
gboolean
cfut_executor_shutdown (CfutExecutor       *self,
                        CfutShutdownFlags   flags,
                        gint64              timeout_us,
                        GError            **error)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return CFUT_EXECUTOR_GET_CLASS (self)->shutdown (self, flags, timeout_us, error);
}

/**
 * cfut_executor_get_name: (get-property name)
 * @self: an executor
 *
 * Gets the name of the executor.
 *
 * Returns: (transfer none) (nullable): the name, if it was given one
 *
 * Since: 1.0
 */
const char *
cfut_executor_get_name (CfutExecutor *self)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);

  return cfut_executor_get_pool (self)->name;
}

/**
 * cfut_executor_get_max_workers: (get-property max-workers)
 * @self: an executor
 *
 * Gets how many calls may run at the same time.
 *
 * Returns: the number of workers, at least 1 once the executor is constructed
 *
 * Since: 1.0
 */
guint
cfut_executor_get_max_workers (CfutExecutor *self)
{
  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), 0);

  return cfut_executor_get_pool (self)->max_workers;
}
