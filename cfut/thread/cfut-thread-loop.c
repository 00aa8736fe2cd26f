/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-loop-private.h"

#include "cfut-debug-private.h"
#include "cfut-error-private.h"
#include "future/cfut-delivery-private.h"

/*
 * Interpreters. A closure around a thread's stay may serve with the lock of its
 * interpreter held, as Python's has to be for everything that Python does. Then
 * the thread keeps it from one call to the next, as long as these are functions of
 * the same language, and lets go of it to wait and for calls of others. To let
 * it go and take it back for each call would be two hand-overs a call as soon as
 * another thread wants it.
 *
 * The interpreter's lock comes before that of the pool: it is never taken, and
 * never waited for, with the pool's held. Who has the former may take the latter,
 * which nobody holds for long.
 */

/* One thread's stay, for the code of a closure that runs around it. */
typedef struct
{
  CfutThreadCarrier *carrier;
  CfutThreadWorker *worker;
  gboolean counted; /* no longer among those that start */
  gboolean served;

  /* If it serves with the interpreter's lock held. */
  const CfutInterpreter *interpreter; /* (nullable) */
  gboolean unlocked;                  /* its lock is let go */
  gpointer lock_state;                /* what unlock() gave, if so */
} CfutThreadStay;

static GPrivate this_stay = G_PRIVATE_INIT (NULL);

/* Runs in: worker thread. Locks: lets go of the interpreter's. */
static void
cfut_thread_stay_unlock (CfutThreadStay *self)
{
  if (self->interpreter == NULL || self->unlocked)
    return;

  self->lock_state = self->interpreter->unlock ();
  self->unlocked = TRUE;
}

/* Runs in: worker thread. Locks: takes the interpreter's. */
static void
cfut_thread_stay_relock (CfutThreadStay *self)
{
  if (!self->unlocked)
    return;

  self->interpreter->lock (self->lock_state);
  self->unlocked = FALSE;
}

/* Runs in: worker thread. Locks: as the job wants that of the interpreter. */
static void
cfut_thread_stay_prepare (CfutThreadStay *self,
                          CfutJob        *job)
{
  CfutWork *work = cfut_job_get_work (job);

  /* Closures of one language have the same marshaller. */
  if (work != NULL && (work->interpreter == self->interpreter ||
                       work->marshal == self->carrier->closure->marshal))
    cfut_thread_stay_relock (self);
  else
    cfut_thread_stay_unlock (self);
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

/* Waits for a call; FALSE when it is time to leave. The thread is counted as
 * idle or as promised when this is called, and as neither when it returns. */
static gboolean
cfut_thread_carrier_wait_locked (CfutThreadCarrier *self)
{
  CfutPool *pool = self->pool;
  gint64 idle_since = g_get_monotonic_time ();

  cfut_pool_collect_locked (pool);
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

      in_time = cfut_thread_carrier_sleep_locked (self,
                                                  self->idle_timeout_us < 0
                                                    ? -1
                                                    : cfut_time_add (idle_since, self->idle_timeout_us));

      /* A thread that leaves has looked behind the shut intake. */
      if (in_time)
        cfut_pool_collect_locked (pool);
      else
        cfut_pool_shut_intake_locked (pool);
      if (!in_time && pool->queue.length == 0 && self->n_idle > 0)
        break;
    }

  if (self->n_promised > 0)
    self->n_promised--;
  else
    self->n_idle--;

  return pool->queue.length > 0;
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
cfut_thread_last_settle (CfutThreadLast   *self,
                         CfutPool         *pool,
                         CfutThreadWorker *worker)
{
  if (self->job == NULL)
    return;

  /* The job has ended, so nobody looks for its call any more. */
  worker->call = cfut_call_recycle (g_steal_pointer (&worker->call));
  cfut_pool_settle (pool, self->job, self->won, &self->outcome);
  g_clear_pointer (&self->job, cfut_job_unref);
}

/* Takes calls and runs them until there are none for long enough. Comes and
 * goes with the lock held; leaves it for each call. */
static void
cfut_thread_stay_run_locked (CfutThreadStay *stay)
{
  CfutThreadCarrier *self = stay->carrier;
  CfutThreadWorker *worker = stay->worker;
  CfutPool *pool = self->pool;
  CfutThreadLast last = { NULL, CFUT_OUTCOME_INIT, FALSE };
  gint64 now = g_get_monotonic_time ();
  guint n_in_a_row = 0; /* calls since it last waited */

  while (TRUE)
    {
      CfutJob *job = cfut_pool_take_locked (pool);
      gboolean listeners = cfut_pool_has_listeners_locked (pool);
      gboolean looks = FALSE;
      gboolean more = FALSE;
      gint64 run_time_ns;

      worker->busy = job != NULL;
      cfut_thread_worker_show_locked (worker, pool);
      if (job != NULL)
        {
          cfut_pool_start_quietly_locked (pool, job, now);
          self->moved_at = now;
          cfut_thread_carrier_see_to_intake_locked (self);
          more = cfut_thread_carrier_promise_locked (self);
        }
      else
        {
          self->n_promised++; /* it looks again before it waits */
          looks = cfut_thread_carrier_begin_look_locked (self);
        }
      g_mutex_unlock (&pool->lock);

      /* For calls that were left to it. */
      if (more)
        g_cond_signal (&self->work_cond);

      if (job != NULL)
        cfut_state_tell_phase (&job->state);
      cfut_thread_last_settle (&last, pool, worker);
      if (listeners)
        cfut_pool_tell (pool);

      if (job == NULL)
        {
          /* When calls come one after the other, and small ones, who submits
           * them goes on first if it has to share the CPU; then there are more.
           * That saves nearly all wake-ups. */
          cfut_thread_stay_unlock (stay);
          if (!looks && n_in_a_row > 1)
            g_thread_yield ();
          n_in_a_row = 0;
          if (looks)
            cfut_thread_carrier_look_and_lock (self);
          else
            cfut_pool_lock (pool);
          if (!cfut_thread_carrier_wait_locked (self))
            break;
          now = g_get_monotonic_time ();
          continue;
        }

      n_in_a_row++;
      if (stay->interpreter != NULL)
        cfut_thread_stay_prepare (stay, job);
      run_time_ns = cfut_pool_run (pool, job, &last.outcome, &worker->call, &now);

      cfut_pool_lock (pool);
      cfut_thread_carrier_note_run_locked (self, run_time_ns);
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
  cfut_thread_stay_run_locked (self);
}

/* Runs in: worker thread, else it does nothing. Locks: takes the pool's; caller
 * holds the interpreter's if there are functions for it. */
void
cfut_thread_carrier_serve (const CfutInterpreter *interpreter)
{
  CfutThreadStay *stay = g_private_get (&this_stay);

  if (stay == NULL || stay->served)
    return;

  stay->interpreter = interpreter;

  g_mutex_lock (&stay->carrier->pool->lock);
  cfut_thread_stay_work_locked (stay);
  g_mutex_unlock (&stay->carrier->pool->lock);

  cfut_thread_stay_relock (stay);
  stay->interpreter = NULL;
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
      cfut_pool_collect_locked (pool);
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
  CfutThreadStay stay = { .carrier = self, .worker = worker };

  if (self->closure == NULL)
    {
      cfut_thread_stay_work_locked (&stay);
      return;
    }

  g_private_set (&this_stay, &stay);
  cfut_thread_stay_surround_locked (&stay, self->closure);
  g_private_set (&this_stay, NULL);
}

void
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
  usable = cfut_thread_carrier_initialize (self);

  g_mutex_lock (&pool->lock);
  if (usable)
    cfut_thread_carrier_stay_locked (self, worker);
  else
    self->n_starting--;
  cfut_thread_carrier_remove_locked (self, worker);
  pool->n_workers--;
  cfut_pool_shut_intake_locked (pool);
  g_mutex_unlock (&pool->lock);

  CFUT_DEBUG (WORKERS, "thread %u leaves", worker->id);
  cfut_thread_worker_swap_name (worker);
  cfut_thread_worker_free (worker, pool);
  cfut_pool_tell (pool);
}
