/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-loop-private.h"

#include "cfut-error.h"
#include "future/cfut-delivery-private.h"

gboolean
cfut_thread_carrier_promise_locked (CfutThreadCarrier *self)
{
  if (self->n_idle == 0 || self->pool->queue.length <= self->n_promised ||
      cfut_thread_carrier_is_watched_locked (self))
    return FALSE;

  self->n_idle--;
  self->n_promised++;

  return TRUE;
}

/* Nobody need be woken, nor started, for what comes while all are awake, or one of
 * them is the watch. To be called whenever a thread has taken a call, and when one
 * was queued, as there may be no tickets left; those that go to sleep see to it
 * themselves. */
void
cfut_thread_carrier_see_to_intake_locked (CfutThreadCarrier *self)
{
  CfutPool *pool = self->pool;

  if (pool->n_workers == pool->max_workers && (self->n_idle == 0 || self->watched))
    cfut_pool_open_intake_locked (pool);
  else
    cfut_pool_shut_intake_locked (pool);
}

/* A thread that was promised a call and has not come yet takes any: only when
 * there are more calls than such threads another one is needed. */
static CfutWake
cfut_thread_carrier_queued_locked (CfutPool *pool)
{
  CfutThreadCarrier *self = pool->carrier;

  if (self->looks)
    g_atomic_int_set (&self->knocked, TRUE);

  if (cfut_thread_carrier_promise_locked (self))
    return CFUT_WAKE_IDLE;

  if (self->n_idle == 0 && pool->n_workers == pool->max_workers)
    cfut_thread_carrier_see_to_intake_locked (self);

  if (self->n_idle > 0 || pool->n_workers >= pool->max_workers ||
      pool->queue.length <= self->n_promised + self->n_starting)
    return CFUT_WAKE_NOBODY;

  pool->n_workers++;
  self->n_asked++;
  self->n_starting++;

  return CFUT_WAKE_NEW;
}

/* Takes the calls that were left to a thread that did not start: all but @job,
 * which is its submitter's to withdraw. */
static GPtrArray *
cfut_thread_carrier_take_stranded_locked (CfutThreadCarrier *self,
                                          CfutJob           *job)
{
  CfutPool *pool = self->pool;
  gboolean queued = cfut_job_get_place (job) == CFUT_PLACE_QUEUED;
  GPtrArray *stranded;

  if (queued)
    cfut_queue_remove (&pool->queue, job);
  stranded = cfut_pool_take_all_locked (pool);
  if (queued)
    cfut_queue_push (&pool->queue, job);

  return stranded;
}

/* A thread could not be started. FALSE with @error if no other is there. */
static gboolean
cfut_thread_carrier_do_without (CfutThreadCarrier  *self,
                                CfutJob            *job,
                                const char         *reason,
                                GError            **error)
{
  CfutPool *pool = self->pool;
  g_autoptr(GError) local_error = NULL;
  g_autoptr(GPtrArray) stranded = NULL;
  gboolean promised;

  g_mutex_lock (&pool->lock);
  /* A thread that was about to leave GThreadPool has come upon the push: it is the
   * one that was asked for. */
  if (self->n_asked == 0)
    {
      g_mutex_unlock (&pool->lock);
      return TRUE;
    }
  pool->n_workers--;
  cfut_pool_shut_intake_locked (pool);
  self->n_asked--;
  self->n_starting--;
  promised = cfut_thread_carrier_promise_locked (self);
  if (pool->n_workers == 0)
    stranded = cfut_thread_carrier_take_stranded_locked (self, job);
  g_mutex_unlock (&pool->lock);

  if (promised)
    g_cond_signal (&self->work_cond);
  if (stranded == NULL)
    return TRUE;

  local_error = g_error_new (CFUT_ERROR, CFUT_ERROR_START_FAILED,
                             "Failed to start a thread: %s", reason);
  for (guint i = 0; i < stranded->len; i++)
    {
      CfutOutcome outcome = CFUT_OUTCOME_INIT;

      cfut_outcome_take_error (&outcome, g_error_copy (local_error));
      cfut_pool_finish (pool, g_ptr_array_index (stranded, i), &outcome, -1);
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Asks GThreadPool for the thread that was counted as asked for. */
static gboolean
cfut_thread_carrier_start (CfutThreadCarrier  *self,
                           CfutJob            *job,
                           GError            **error)
{
  g_autoptr(GError) local_error = NULL;

  /* If this fails GThreadPool has queued the push all the same: the thread that
   * comes upon it one day finds that none is asked for, and turns back. */
  return g_thread_pool_push (self->threads, cfut_pool_ref (self->pool), &local_error) ||
         cfut_thread_carrier_do_without (self, job, local_error->message, error);
}

static gboolean
cfut_thread_carrier_wake (CfutPool  *pool,
                          CfutJob   *job,
                          CfutWake   wake,
                          GError   **error)
{
  CfutThreadCarrier *self = pool->carrier;

  if (wake == CFUT_WAKE_NEW)
    return cfut_thread_carrier_start (self, job, error);

  g_cond_signal (&self->work_cond);

  return TRUE;
}

static void
cfut_thread_carrier_add_stats (CfutPool  *pool,
                               CfutStats *stats)
{
  CfutThreadCarrier *self = pool->carrier;
  gint64 cpu_time_ns;

  g_mutex_lock (&pool->lock);
  cpu_time_ns = self->gone_cpu_time_ns;
  for (CfutThreadWorker *worker = self->workers; worker != NULL; worker = worker->next)
    cpu_time_ns += cfut_thread_worker_get_cpu_time_ns (worker);
  stats->n_workers += pool->n_workers;
  stats->n_idle += self->n_idle + self->n_promised;
  stats->cpu_time += cpu_time_ns / 1000;
  g_mutex_unlock (&pool->lock);
}

static void
cfut_thread_carrier_list_workers (CfutPool *pool)
{
  CfutThreadCarrier *self = pool->carrier;

  g_mutex_lock (&pool->lock);
  for (CfutThreadWorker *worker = self->workers; worker != NULL; worker = worker->next)
    cfut_thread_worker_show_locked (worker, pool);
  g_mutex_unlock (&pool->lock);
}

/* Runs in: any thread, one of its own too; so it joins none. */
static void
cfut_thread_carrier_free (gpointer carrier)
{
  CfutThreadCarrier *self = carrier;

  g_assert (self->workers == NULL);

  g_thread_pool_free (self->threads, FALSE, FALSE);
  g_clear_pointer (&self->initializer_arguments, g_variant_unref);
  if (self->closure != NULL)
    cfut_delivery_destroy (self->closure_home, (GDestroyNotify) g_closure_unref, self->closure);
  g_clear_pointer (&self->closure_home, g_main_context_unref);
  g_cond_clear (&self->work_cond);
  g_free (self);
}

void
cfut_thread_carrier_close (CfutPool *pool,
                           gboolean  kill)
{
  CfutThreadCarrier *self = pool->carrier;

  g_mutex_lock (&pool->lock);
  g_cond_broadcast (&self->work_cond);
  g_mutex_unlock (&pool->lock);
}

const CfutCarrierClass cfut_thread_carrier_class = {
  .queued_locked = cfut_thread_carrier_queued_locked,
  .wake = cfut_thread_carrier_wake,
  .stop = cfut_pool_stop_call,
  .drive = cfut_thread_carrier_drive,
  .set_alarm = cfut_pool_clock_set_alarm,
  .close = cfut_thread_carrier_close,
  .add_stats = cfut_thread_carrier_add_stats,
  .list_workers = cfut_thread_carrier_list_workers,
  .free = cfut_thread_carrier_free,
};

CfutThreadCarrier *
cfut_thread_carrier_new (CfutPool  *pool,
                         GError   **error)
{
  CfutThreadCarrier *self = g_new0 (CfutThreadCarrier, 1);

  self->pool = pool;
  self->idle_timeout_us = CFUT_THREAD_IDLE_TIMEOUT_US;
  self->mean_ns = G_USEC_PER_SEC * 1000; /* not known: not small */
  g_cond_init (&self->work_cond);
  self->threads = g_thread_pool_new (cfut_thread_carrier_thread, NULL,
                                     pool->max_workers, FALSE, error);

  return self;
}

gint64
cfut_thread_carrier_get_idle_timeout (CfutThreadCarrier *self)
{
  gint64 idle_timeout_us;

  g_mutex_lock (&self->pool->lock);
  idle_timeout_us = self->idle_timeout_us;
  g_mutex_unlock (&self->pool->lock);

  return idle_timeout_us;
}

void
cfut_thread_carrier_set_idle_timeout (CfutThreadCarrier *self,
                                      gint64             idle_timeout_us)
{
  g_mutex_lock (&self->pool->lock);
  self->idle_timeout_us = idle_timeout_us;
  g_cond_broadcast (&self->work_cond);
  g_mutex_unlock (&self->pool->lock);
}

void
cfut_thread_carrier_set_initializer (CfutThreadCarrier  *self,
                                     const CfutFunction *function,
                                     GVariant           *arguments)
{
  GVariant *old;

  g_mutex_lock (&self->pool->lock);
  self->initializer = function;
  old = self->initializer_arguments;
  self->initializer_arguments = arguments != NULL ? g_variant_ref (arguments) : NULL;
  g_mutex_unlock (&self->pool->lock);

  g_clear_pointer (&old, g_variant_unref);
}

/* Takes over @closure; FALSE if there is one already, which stays: threads may
 * be in it. */
gboolean
cfut_thread_carrier_take_closure (CfutThreadCarrier *self,
                                  GClosure          *closure)
{
  gboolean first;

  g_mutex_lock (&self->pool->lock);
  first = self->closure == NULL;
  if (first)
    {
      self->closure = closure;
      self->closure_home = g_main_context_ref_thread_default ();
    }
  g_mutex_unlock (&self->pool->lock);

  return first;
}
