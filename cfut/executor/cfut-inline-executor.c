/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-inline-executor.h"

#include "executor/cfut-pool-private.h"

/**
 * CfutInlineExecutor:
 *
 * Runs each call at once, in the thread that submits it.
 *
 * The future that [method@Cfut.Executor.submit] returns is resolved already.
 * It serves for tests and for debugging: the same program, without concurrency.
 * Time-outs trigger the call's cancellable, as everywhere. A call can only be
 * cancelled by a [class@Gio.Cancellable], since its future is not there before it
 * has ended. Threads that submit at the same time run their calls side by side,
 * whatever [property@Cfut.Executor:max-workers] says.
 *
 * Since: 1.0
 */
struct _CfutInlineExecutor
{
  CfutExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (CfutInlineExecutor, cfut_inline_executor, CFUT_TYPE_EXECUTOR)

static CfutWake
inline_queued_locked (CfutPool *pool)
{
  return CFUT_WAKE_IDLE;
}

static gint64
thread_cpu_time_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static gboolean
inline_wake (CfutPool  *pool,
             CfutJob   *job,
             CfutWake   wake,
             GError   **error)
{
  gint64 *cpu_time_ns = pool->carrier;
  gint64 begin = thread_cpu_time_ns ();

  cfut_pool_run_queued (pool, job);

  g_mutex_lock (&pool->lock);
  *cpu_time_ns += thread_cpu_time_ns () - begin;
  g_mutex_unlock (&pool->lock);

  return TRUE;
}

static void
inline_close (CfutPool *pool,
              gboolean  kill)
{
}

static void
inline_add_stats (CfutPool  *pool,
                  CfutStats *stats)
{
  gint64 *cpu_time_ns = pool->carrier;

  g_mutex_lock (&pool->lock);
  stats->cpu_time += *cpu_time_ns / 1000;
  g_mutex_unlock (&pool->lock);
}

static const CfutCarrierClass inline_carrier_class = {
  .queued_locked = inline_queued_locked,
  .wake = inline_wake,
  .stop = cfut_pool_stop_call,
  .set_alarm = cfut_pool_clock_set_alarm,
  .close = inline_close,
  .add_stats = inline_add_stats,
  .free = g_free,
};

static void
cfut_inline_executor_constructed (GObject *object)
{
  CfutPool *pool = cfut_executor_get_pool (CFUT_EXECUTOR (object));

  G_OBJECT_CLASS (cfut_inline_executor_parent_class)->constructed (object);

  if (pool->max_workers == 0)
    pool->max_workers = 1;
  cfut_pool_set_carrier (pool, &inline_carrier_class, g_new0 (gint64, 1));
}

static void
cfut_inline_executor_class_init (CfutInlineExecutorClass *klass)
{
  G_OBJECT_CLASS (klass)->constructed = cfut_inline_executor_constructed;
}

static void
cfut_inline_executor_init (CfutInlineExecutor *self)
{
}

/**
 * cfut_inline_executor_new:
 *
 * Creates an executor that runs calls in the thread that submits them.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 1.0
 */
CfutExecutor *
cfut_inline_executor_new (void)
{
  return g_object_new (CFUT_TYPE_INLINE_EXECUTOR, NULL);
}
