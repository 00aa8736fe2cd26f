/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-stats-private.h"

#include "executor/cfut-cpus-private.h"

/* A load that uses less of a CPU than this is taken to use this much: beyond a
 * thousand workers a CPU it is not the CPU that limits them. */
#define CFUT_STATS_MIN_SHARE 0.001

/**
 * CfutStats:
 *
 * The counters of an executor at one moment.
 *
 * They tell what became of the calls and what the workers did meanwhile; all
 * that count or add up do so from the creation of the executor. Two snapshots
 * and a subtraction give the numbers of an interval. A chunk of a map counts for
 * as many calls as it has items, but for one where calls that wait or run are
 * counted. Each item counts once: those that a map has to submit again after the
 * death of a worker do not count as submitted until it has done so.
 *
 * ```c
 * g_autoptr(CfutStats) stats = cfut_executor_get_stats (executor);
 *
 * g_print ("%u workers, CPU %.0f %%, of use on this machine: %u\n",
 *          cfut_stats_get_n_workers (stats),
 *          100 * cfut_stats_get_cpu_share (stats),
 *          cfut_stats_get_useful_workers (stats));
 * ```
 *
 * A snapshot never changes, so any thread may read it.
 *
 * Since: 1.0
 */

G_DEFINE_BOXED_TYPE (CfutStats, cfut_stats, cfut_stats_copy, cfut_stats_free)

CfutStats *
cfut_stats_new (void)
{
  return g_new0 (CfutStats, 1);
}

/**
 * cfut_stats_copy:
 * @self: counters
 *
 * Copies counters.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
CfutStats *
cfut_stats_copy (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * cfut_stats_free:
 * @self: (transfer full): counters
 *
 * Frees counters.
 *
 * Since: 1.0
 */
void
cfut_stats_free (CfutStats *self)
{
  g_return_if_fail (self != NULL);

  g_free (self);
}

/**
 * cfut_stats_get_n_workers:
 * @self: counters
 *
 * Gets how many workers there were.
 *
 * Returns: a number of threads or processes
 *
 * Since: 1.0
 */
guint
cfut_stats_get_n_workers (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_workers;
}

/**
 * cfut_stats_get_n_idle:
 * @self: counters
 *
 * Gets how many of the workers had no call.
 *
 * Returns: a number of workers
 *
 * Since: 1.0
 */
guint
cfut_stats_get_n_idle (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_idle;
}

/**
 * cfut_stats_get_n_pending:
 * @self: counters
 *
 * Gets how many calls waited to be started.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint
cfut_stats_get_n_pending (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_pending;
}

/**
 * cfut_stats_get_pending_bytes:
 * @self: counters
 *
 * Gets how large the waiting calls were: their arguments, and 256 bytes for each.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_pending_bytes (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->pending_bytes;
}

/**
 * cfut_stats_get_n_running:
 * @self: counters
 *
 * Gets how many calls were running.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint
cfut_stats_get_n_running (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_running;
}

/**
 * cfut_stats_get_n_submitted:
 * @self: counters
 *
 * Gets how many calls had been submitted.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_submitted (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_submitted;
}

/**
 * cfut_stats_get_n_finished:
 * @self: counters
 *
 * Gets how many calls had come to an end, be it a result, an error or a
 * cancellation.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_finished (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_finished;
}

/**
 * cfut_stats_get_n_failed:
 * @self: counters
 *
 * Gets how many of the finished calls had ended in an error, cancelled ones not
 * counted.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_failed (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_failed;
}

/**
 * cfut_stats_get_n_cancelled:
 * @self: counters
 *
 * Gets how many of the finished calls had been cancelled.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_cancelled (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_cancelled;
}

/**
 * cfut_stats_get_n_retried:
 * @self: counters
 *
 * Gets how many times a call was started again after its worker had died.
 *
 * Returns: a number of retries
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_retried (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_retried;
}

/**
 * cfut_stats_get_n_deaths:
 * @self: counters
 *
 * Gets how many workers had died while they were still needed. Those that were
 * killed on purpose are not among them; see [method@Cfut.Stats.get_n_kills].
 *
 * Returns: a number of workers
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_deaths (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_deaths;
}

/**
 * cfut_stats_get_n_kills:
 * @self: counters
 *
 * Gets how many worker processes had been killed because a call did not stop.
 *
 * Such a call was cancelled, or its time was over, and it went on after the
 * [property@Cfut.ProcessExecutor:grace]. Workers that are killed when the time of
 * a shutdown is over, or by [method@Cfut.ProcessExecutor.kill_workers], are not
 * counted.
 *
 * Returns: a number of workers
 *
 * Since: 1.0
 */
guint64
cfut_stats_get_n_kills (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_kills;
}

/**
 * cfut_stats_get_busy_time:
 * @self: counters
 *
 * Gets how long workers had spent in calls that have ended, summed up over all
 * workers.
 *
 * Returns: a time in microseconds
 *
 * Since: 1.0
 */
gint64
cfut_stats_get_busy_time (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->busy_time;
}

/**
 * cfut_stats_get_cpu_time:
 * @self: counters
 *
 * Gets how much CPU time workers had used, summed up over all workers: in calls,
 * and, if they are processes, for their start.
 *
 * Returns: a time in microseconds
 *
 * Since: 1.0
 */
gint64
cfut_stats_get_cpu_time (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->cpu_time;
}

/**
 * cfut_stats_get_queue_wait:
 * @self: counters
 *
 * Gets how long the calls that were started had waited for it, summed up.
 *
 * Divided by the number of started calls it is the mean wait.
 *
 * Returns: a time in microseconds
 *
 * Since: 1.0
 */
gint64
cfut_stats_get_queue_wait (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->queue_wait;
}

/**
 * cfut_stats_get_cpu_share:
 * @self: counters
 *
 * Gets which part of their busy time workers had used a CPU.
 *
 * It is [method@Cfut.Stats.get_cpu_time] divided by
 * [method@Cfut.Stats.get_busy_time]. Calls that compute come to 1, calls that
 * wait for a network or a disk to nearly 0.
 *
 * Returns: a number from 0 to 1; 1 while nothing has run
 *
 * Since: 1.0
 */
double
cfut_stats_get_cpu_share (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 1.0);

  if (self->busy_time <= 0)
    return 1.0;

  return CLAMP ((double) self->cpu_time / (double) self->busy_time, 0.0, 1.0);
}

guint
cfut_stats_compute_useful_workers (const CfutStats *self,
                                   guint            n_cpus)
{
  double share;

  g_assert (self != NULL);
  g_assert (n_cpus > 0);

  share = MAX (cfut_stats_get_cpu_share (self), CFUT_STATS_MIN_SHARE);

  return MAX ((guint) MIN (n_cpus / share + 0.5, (double) G_MAXINT), 1);
}

/**
 * cfut_stats_get_useful_workers:
 * @self: counters
 *
 * Gets how many workers a load like the one so far can use on this machine.
 *
 * With fewer, a CPU is idle while calls wait in the queue; with more, workers
 * wait for a CPU. The formula is that of Brian Goetz and others, *Java
 * Concurrency in Practice*, section 8.2: N<sub>threads</sub> = N<sub>cpu</sub>
 * · U<sub>cpu</sub> · (1 + W / C), with a wanted utilisation U of 1 and W / C
 * the ratio of the time that calls wait to the time that they compute. As
 * 1 + W / C is busy time over CPU time, this comes to the number of CPUs divided
 * by [method@Cfut.Stats.get_cpu_share], rounded. Shares below 0.001 count as
 * 0.001.
 *
 * The CPUs are those that this process may use: its affinity mask and the CPU
 * quota of its control group are taken into account. The number says nothing of
 * other limits, such as memory or how many connections a server takes.
 *
 * Returns: a number of workers, at least 1
 *
 * Since: 1.0
 */
guint
cfut_stats_get_useful_workers (const CfutStats *self)
{
  g_return_val_if_fail (self != NULL, 1);

  return cfut_stats_compute_useful_workers (self, cfut_cpus_get_usable ());
}
