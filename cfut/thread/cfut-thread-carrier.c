/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-carrier-private.h"

#include <pthread.h>

#include "cfut-debug-private.h"
#include "cfut-error-private.h"
#include "executor/cfut-live-list-private.h"
#include "executor/cfut-worker-info-private.h"
#include "future/cfut-delivery-private.h"

/* One thread while it works for this carrier. */
typedef struct _CfutThreadWorker CfutThreadWorker;

struct _CfutThreadWorker
{
  /* Set by the thread itself before it is in the list. */
  clockid_t cpu_clock;
  gint64 cpu_begin_ns; /* what the thread had used for others */
  guint id;
  char other_name[16]; /* the thread's name that is not in use */
  CfutWorkerInfo *info; /* (owned) (nullable) made when somebody looks */

  /* All below: protected by the pool's lock. */
  CfutThreadWorker *prev;
  CfutThreadWorker *next;
  gboolean busy;
  guint64 n_calls;
  gint64 busy_time_ns;
};

struct _CfutThreadCarrier
{
  /* Set at construction, never changed; read from any thread. */
  CfutPool *pool;          /* (unowned) it owns us */
  GThreadPool *threads;    /* (owned) */

  GCond work_cond; /* with the pool's lock: a waiting thread may look */

  /* All below: protected by the pool's lock. */
  CfutThreadWorker *workers; /* (owned) doubly linked */
  guint next_id;
  guint n_asked;             /* of GThreadPool, not there yet */
  guint n_starting;          /* those, and those that initialize themselves */
  guint n_idle;              /* waiting, and not promised a call */
  guint n_promised;          /* about to look: woken, or not waiting yet */
  gint64 gone_cpu_time_ns;   /* of threads that have left */
  gint64 idle_timeout_us;    /* negative: for ever */
  const CfutFunction *initializer; /* (nullable) */
  GVariant *initializer_arguments; /* (owned) (nullable) */
  GClosure *closure;          /* (owned) (nullable) runs around a thread's loop */
  GMainContext *closure_home; /* (owned) (nullable) where to drop it */
};

/* One thread's stay, for the code of a closure that runs around it. */
typedef struct
{
  CfutThreadCarrier *carrier;
  CfutThreadWorker *worker;
  gboolean counted; /* no longer among those that start */
  gboolean served;
} CfutThreadStay;

static GPrivate this_stay = G_PRIVATE_INIT (NULL);

static gint64
clock_get_ns (clockid_t clock)
{
  struct timespec now;

  if (clock_gettime (clock, &now) != 0)
    return 0;

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static CfutThreadWorker *
cfut_thread_worker_new (void)
{
  CfutThreadWorker *self = g_new0 (CfutThreadWorker, 1);

  pthread_getcpuclockid (pthread_self (), &self->cpu_clock);
  self->cpu_begin_ns = clock_get_ns (self->cpu_clock);

  return self;
}

/* The thread's name while it is ours, and its old one again when it goes back to
 * GThreadPool. Runs in: worker thread. */
static void
cfut_thread_worker_swap_name (CfutThreadWorker *self)
{
  char name[16];

  pthread_getname_np (pthread_self (), name, sizeof name);
  pthread_setname_np (pthread_self (), self->other_name);
  memcpy (self->other_name, name, sizeof name);
}

static gint64
cfut_thread_worker_get_cpu_time_ns (CfutThreadWorker *self)
{
  return clock_get_ns (self->cpu_clock) - self->cpu_begin_ns;
}

/* Brings the info up to date, if anybody looks at the list of workers.
 * Locks: caller holds the pool's. */
static void
cfut_thread_worker_show_locked (CfutThreadWorker *self,
                                CfutPool         *pool)
{
  if (pool->workers == NULL)
    return;

  if (self->info == NULL)
    {
      self->info = cfut_worker_info_new (self->id, 0, cfut_live_list_get_context (pool->workers));
      cfut_live_list_add (pool->workers, self->info);
    }

  cfut_worker_info_update (self->info,
                           self->busy ? CFUT_WORKER_STATE_BUSY : CFUT_WORKER_STATE_IDLE,
                           self->n_calls,
                           self->busy_time_ns / 1000,
                           cfut_thread_worker_get_cpu_time_ns (self) / 1000);
}

/* The kernel keeps 15 bytes of a name; its end is what tells threads apart. */
static void
cfut_thread_worker_set_name (CfutThreadWorker *self,
                             const char       *executor_name)
{
  g_autofree char *number = g_strdup_printf ("-%u", self->id);

  g_strlcpy (self->other_name, executor_name != NULL ? executor_name : "cfut-io",
             sizeof self->other_name - strlen (number));
  g_strlcat (self->other_name, number, sizeof self->other_name);
}

static void
cfut_thread_carrier_add_locked (CfutThreadCarrier *self,
                                CfutThreadWorker  *worker)
{
  worker->id = ++self->next_id;
  cfut_thread_worker_set_name (worker, self->pool->name);
  worker->next = self->workers;
  if (self->workers != NULL)
    self->workers->prev = worker;
  self->workers = worker;
  cfut_thread_worker_show_locked (worker, self->pool);
}

/* Takes the worker out of the list; it is freed without the lock. */
static void
cfut_thread_carrier_remove_locked (CfutThreadCarrier *self,
                                   CfutThreadWorker  *worker)
{
  if (worker->prev != NULL)
    worker->prev->next = worker->next;
  else
    self->workers = worker->next;
  if (worker->next != NULL)
    worker->next->prev = worker->prev;

  self->gone_cpu_time_ns += cfut_thread_worker_get_cpu_time_ns (worker);
}

static void
cfut_thread_worker_free (CfutThreadWorker *self,
                         CfutPool         *pool)
{
  if (self->info != NULL)
    {
      cfut_worker_info_update (self->info, CFUT_WORKER_STATE_GONE, self->n_calls,
                               self->busy_time_ns / 1000,
                               cfut_thread_worker_get_cpu_time_ns (self) / 1000);
      cfut_live_list_remove (pool->workers, self->info);
      g_object_unref (self->info);
    }
  g_free (self);
}

/* Waits for a call; FALSE when it is time to leave. The thread is counted as
 * idle or as promised when this is called, and as neither when it returns. */
static gboolean
cfut_thread_carrier_wait_locked (CfutThreadCarrier *self)
{
  CfutPool *pool = self->pool;
  gint64 idle_since = g_get_monotonic_time ();

  while (pool->queue.length == 0)
    {
      gboolean in_time = TRUE;

      /* Woken in vain: a busy thread was quicker. */
      if (self->n_promised > 0)
        {
          self->n_promised--;
          self->n_idle++;
        }

      if (pool->phase != CFUT_POOL_OPEN)
        break;

      if (self->idle_timeout_us < 0)
        g_cond_wait (&self->work_cond, &pool->lock);
      else
        in_time = g_cond_wait_until (&self->work_cond, &pool->lock,
                                     cfut_time_add (idle_since, self->idle_timeout_us));

      if (!in_time && pool->queue.length == 0 && self->n_idle > 0)
        break;
    }

  if (self->n_promised > 0)
    self->n_promised--;
  else
    self->n_idle--;

  return pool->queue.length > 0;
}

/* Those who wait look whether it is time to leave. */
static void
cfut_thread_carrier_close (CfutPool *pool,
                           gboolean  kill)
{
  CfutThreadCarrier *self = pool->carrier;

  g_mutex_lock (&pool->lock);
  g_cond_broadcast (&self->work_cond);
  g_mutex_unlock (&pool->lock);
}

/* Runs the per-thread initializer; FALSE: the pool is broken now. */
static gboolean
cfut_thread_carrier_initialize (CfutThreadCarrier *self)
{
  g_autoptr(GVariant) arguments = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutCall) call = NULL;
  g_autofree char *prefix = NULL;
  const CfutFunction *initializer;

  g_mutex_lock (&self->pool->lock);
  initializer = self->initializer;
  if (self->initializer_arguments != NULL)
    arguments = g_variant_ref (self->initializer_arguments);
  g_mutex_unlock (&self->pool->lock);

  if (initializer == NULL)
    return TRUE;

  call = cfut_call_new (initializer->name, arguments, -1, 1, NULL, NULL);
  result = cfut_function_run (initializer, call, arguments, &error);
  cfut_call_end (call);
  if (result != NULL)
    return TRUE;

  prefix = g_strdup_printf ("Failed to initialize a thread with \"%s\": ", initializer->name);
  cfut_pool_break (self->pool, cfut_error_new_broken (prefix, error));
  cfut_thread_carrier_close (self->pool, FALSE);

  return FALSE;
}

/* The call before, whose outcome is published only after this thread was
 * counted as idle or has taken its next call. */
typedef struct
{
  CfutJob *job; /* (owned) (nullable) */
  CfutOutcome outcome;
  gboolean won;
} CfutThreadLast;

static void
cfut_thread_last_settle (CfutThreadLast *self,
                         CfutPool       *pool)
{
  if (self->job == NULL)
    return;

  cfut_pool_settle (pool, self->job, self->won, &self->outcome);
  g_clear_pointer (&self->job, cfut_job_unref);
}

/* Takes calls and runs them until there are none for long enough. Comes and
 * goes with the lock held; leaves it for each call. */
static void
cfut_thread_carrier_work_locked (CfutThreadCarrier *self,
                                 CfutThreadWorker  *worker)
{
  CfutPool *pool = self->pool;
  CfutThreadLast last = { NULL, CFUT_OUTCOME_INIT, FALSE };
  gint64 now = g_get_monotonic_time ();
  guint n_in_a_row = 0; /* calls since it last waited */

  while (TRUE)
    {
      CfutJob *job = cfut_pool_take_locked (pool);
      gboolean listeners = cfut_pool_has_listeners_locked (pool);
      gint64 run_time_ns;

      worker->busy = job != NULL;
      cfut_thread_worker_show_locked (worker, pool);
      if (job != NULL)
        cfut_pool_start_locked (pool, job, now);
      else
        self->n_promised++; /* it looks again before it waits */
      g_mutex_unlock (&pool->lock);

      cfut_thread_last_settle (&last, pool);
      if (listeners)
        cfut_pool_tell (pool);

      if (job == NULL)
        {
          /* When calls come one after the other, and small ones, who submits
           * them goes on first if it has to share the CPU; then there are more.
           * That saves nearly all wake-ups. */
          if (n_in_a_row > 1)
            g_thread_yield ();
          n_in_a_row = 0;
          g_mutex_lock (&pool->lock);
          if (!cfut_thread_carrier_wait_locked (self))
            break;
          now = g_get_monotonic_time ();
          continue;
        }

      n_in_a_row++;
      run_time_ns = cfut_pool_run (pool, job, &last.outcome, &now);

      g_mutex_lock (&pool->lock);
      last.job = job;
      last.won = cfut_pool_end_locked (pool, job, &last.outcome, run_time_ns);
      worker->n_calls++;
      worker->busy_time_ns += run_time_ns;
    }
}

static void
cfut_thread_stay_work_locked (CfutThreadStay *self)
{
  if (!self->counted)
    self->carrier->n_starting--;
  self->counted = TRUE;
  self->served = TRUE;
  cfut_thread_carrier_work_locked (self->carrier, self->worker);
}

/* Runs in: worker thread, else it does nothing. Locks: takes the pool's. */
void
cfut_thread_carrier_serve (void)
{
  CfutThreadStay *stay = g_private_get (&this_stay);

  if (stay == NULL || stay->served)
    return;

  g_mutex_lock (&stay->carrier->pool->lock);
  cfut_thread_stay_work_locked (stay);
  g_mutex_unlock (&stay->carrier->pool->lock);
}

/* FALSE: the closure has found the thread unusable, and the pool is broken. */
static gboolean
cfut_thread_carrier_invoke (CfutThreadCarrier *self,
                            GClosure          *closure,
                            guint              id)
{
  GValue number = G_VALUE_INIT;
  GValue result = G_VALUE_INIT;
  g_autofree char *reason = NULL;

  g_value_init (&number, G_TYPE_UINT);
  g_value_set_uint (&number, id);
  g_value_init (&result, G_TYPE_STRING);
  g_closure_invoke (closure, &result, 1, &number, NULL);
  reason = g_value_dup_string (&result);
  g_value_unset (&result);
  if (reason == NULL)
    return TRUE;

  cfut_pool_break (self->pool, g_error_new (CFUT_ERROR, CFUT_ERROR_BROKEN,
                                            "Failed to initialize a thread: %s", reason));
  cfut_thread_carrier_close (self->pool, FALSE);

  return FALSE;
}

/* Works within the closure. Its last lines run when the thread is still counted
 * as a busy one, so calls that came meanwhile were left to it. Comes and goes
 * with the lock held. */
static void
cfut_thread_stay_surround_locked (CfutThreadStay *self,
                                  GClosure       *closure)
{
  CfutPool *pool = self->carrier->pool;
  gboolean usable;

  do
    {
      self->served = FALSE;
      g_mutex_unlock (&pool->lock);
      usable = cfut_thread_carrier_invoke (self->carrier, closure, self->worker->id);
      g_mutex_lock (&pool->lock);
      if (usable && !self->served)
        cfut_thread_stay_work_locked (self);
    }
  while (usable && pool->queue.length > 0);

  if (!self->counted)
    self->carrier->n_starting--;
}

/* Comes and goes with the lock held. */
static void
cfut_thread_carrier_stay_locked (CfutThreadCarrier *self,
                                 CfutThreadWorker  *worker)
{
  CfutThreadStay stay = { self, worker, FALSE, FALSE };

  if (self->closure == NULL)
    {
      cfut_thread_stay_work_locked (&stay);
      return;
    }

  g_private_set (&this_stay, &stay);
  cfut_thread_stay_surround_locked (&stay, self->closure);
  g_private_set (&this_stay, NULL);
}

/* What GThreadPool runs: one thread's stay. Runs in: worker thread. */
static void
cfut_thread_carrier_thread (gpointer data,
                            gpointer user_data)
{
  g_autoptr(CfutPool) pool = data; /* kept for the stay */
  CfutThreadCarrier *self = pool->carrier;
  CfutThreadWorker *worker;
  gboolean usable;

  g_mutex_lock (&pool->lock);
  if (self->n_asked == 0)
    {
      g_mutex_unlock (&pool->lock);
      return;
    }
  self->n_asked--;
  worker = cfut_thread_worker_new ();
  cfut_thread_carrier_add_locked (self, worker);
  g_mutex_unlock (&pool->lock);

  CFUT_DEBUG (WORKERS, "thread %u starts", worker->id);
  cfut_delivery_exclude_thread ();
  cfut_thread_worker_swap_name (worker);
  cfut_delivery_exclude_thread ();
  usable = cfut_thread_carrier_initialize (self);

  g_mutex_lock (&pool->lock);
  if (usable)
    cfut_thread_carrier_stay_locked (self, worker);
  else
    self->n_starting--;
  cfut_thread_carrier_remove_locked (self, worker);
  pool->n_workers--;
  g_mutex_unlock (&pool->lock);

  CFUT_DEBUG (WORKERS, "thread %u leaves", worker->id);
  cfut_thread_worker_swap_name (worker);
  cfut_thread_worker_free (worker, pool);
  cfut_pool_tell (pool);
}

static gboolean
cfut_thread_carrier_promise_locked (CfutThreadCarrier *self)
{
  if (self->n_idle == 0 || self->pool->queue.length <= self->n_promised)
    return FALSE;

  self->n_idle--;
  self->n_promised++;

  return TRUE;
}

/* A thread that was promised a call and has not come yet takes any: only when
 * there are more calls than such threads another one is needed. */
static CfutWake
cfut_thread_carrier_queued_locked (CfutPool *pool)
{
  CfutThreadCarrier *self = pool->carrier;

  if (cfut_thread_carrier_promise_locked (self))
    return CFUT_WAKE_IDLE;

  if (pool->n_workers >= pool->max_workers ||
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
  gboolean queued = job->place == CFUT_PLACE_QUEUED;
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
  pool->n_workers--;
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

const CfutCarrierClass cfut_thread_carrier_class = {
  .queued_locked = cfut_thread_carrier_queued_locked,
  .wake = cfut_thread_carrier_wake,
  .stop = cfut_pool_stop_call,
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
  g_autoptr(GVariant) old = NULL;

  g_mutex_lock (&self->pool->lock);
  self->initializer = function;
  old = g_steal_pointer (&self->initializer_arguments);
  self->initializer_arguments = arguments != NULL ? g_variant_ref (arguments) : NULL;
  g_mutex_unlock (&self->pool->lock);
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
