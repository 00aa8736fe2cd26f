/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-pool-private.h"

#include "cfut-error.h"
#include "test-support.h"

/*
 * The pool without threads: a carrier that takes, starts and ends jobs when the
 * test says so.
 */
typedef struct
{
  CfutPool *pool;
  const CfutFunction *function;
  gint64 alarm;    /* the last one that was set */
  guint n_stopped;
  guint n_closed;
  gboolean killed;
  gboolean gives_back; /* what is taken, and has not started */
  gboolean refuses;    /* to wake */
} Carrier;

static CfutWake
carrier_queued_locked (CfutPool *pool)
{
  return CFUT_WAKE_IDLE;
}

static gboolean
carrier_wake (CfutPool  *pool,
              CfutJob   *job,
              CfutWake   wake,
              GError   **error)
{
  Carrier *self = pool->carrier;

  if (!self->refuses)
    return TRUE;

  g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED, "Not now");

  return FALSE;
}

static gboolean
carrier_take_back_locked (CfutPool *pool,
                          CfutJob  *job)
{
  Carrier *self = pool->carrier;

  return self->gives_back && cfut_job_get_place (job) == CFUT_PLACE_TAKEN;
}

static void
carrier_stop (CfutPool *pool,
              CfutJob  *job)
{
  Carrier *self = pool->carrier;

  self->n_stopped++;
}

static void
carrier_set_alarm (CfutPool *pool,
                   gint64    due)
{
  Carrier *self = pool->carrier;

  self->alarm = due;
}

static void
carrier_close (CfutPool *pool,
               gboolean  kill)
{
  Carrier *self = pool->carrier;

  self->n_closed++;
  self->killed |= kill;
}

static void
carrier_free (gpointer carrier)
{
}

static const CfutCarrierClass carrier_class = {
  .queued_locked = carrier_queued_locked,
  .wake = carrier_wake,
  .take_back_locked = carrier_take_back_locked,
  .stop = carrier_stop,
  .set_alarm = carrier_set_alarm,
  .close = carrier_close,
  .free = carrier_free,
};

static void
set_up (Carrier       *self,
        gconstpointer  unused)
{
  self->pool = cfut_pool_new (NULL);
  self->function = cfut_function_lookup_foreign ("function");
  cfut_pool_set_carrier (self->pool, &carrier_class, self);
}

static void
tear_down (Carrier       *self,
           gconstpointer  unused)
{
  g_assert_cmpuint (self->pool->queue.length, ==, 0);
  g_assert_cmpuint (self->pool->queue.bytes, ==, 0);
  g_assert_cmpuint (self->pool->n_taken, ==, 0);
  g_assert_cmpuint (self->pool->taken_bytes, ==, 0);
  g_assert_cmpuint (self->pool->n_running, ==, 0);
  g_assert_null (self->pool->under_way);
  g_assert_cmpint (self->pool->ref_count, ==, 1);
  cfut_pool_unref (self->pool);
}

/* The returned reference is the caller's. */
static CfutJob *
job_new (Carrier           *self,
         CfutSubmitOptions *options)
{
  return cfut_job_new (self->pool, self->function, NULL, NULL, 0, options);
}

static CfutJob *
submit (Carrier           *self,
        CfutSubmitOptions *options)
{
  g_autoptr(GError) error = NULL;
  CfutJob *job = job_new (self, options);

  g_assert_true (cfut_pool_submit (self->pool, job, CFUT_ROOM_TRY, &error));
  g_assert_no_error (error);

  return job;
}

static CfutJob *
take (Carrier *self)
{
  CfutJob *job;

  g_mutex_lock (&self->pool->lock);
  job = cfut_pool_take_locked (self->pool);
  g_mutex_unlock (&self->pool->lock);

  return job;
}

static gboolean
start (Carrier *self,
       CfutJob *job)
{
  gboolean started;

  g_mutex_lock (&self->pool->lock);
  started = cfut_pool_start_locked (self->pool, job, g_get_monotonic_time ());
  g_mutex_unlock (&self->pool->lock);

  return started;
}

/* Ends it with the unit value. */
static void
finish (Carrier *self,
        CfutJob *job)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;

  cfut_outcome_take_variant (&outcome, g_variant_ref_sink (g_variant_new_tuple (NULL, 0)));
  cfut_pool_finish (self->pool, job, &outcome, 1000);
}

static CfutFutureState
phase_and_unref (CfutJob *job)
{
  CfutFutureState phase = cfut_state_get_phase (&job->state);

  if (phase >= CFUT_FUTURE_STATE_DONE)
    cfut_state_set_observed (&job->state);
  cfut_job_unref (job);

  return phase;
}

/* ---- Those who wait for room. */

typedef struct
{
  CfutRoomWaiter waiter; /* first */
  guint n_told;
  GError *error;
} Waiter;

static void
waiter_notify (CfutRoomWaiter *waiter,
               const GError   *error)
{
  Waiter *self = (Waiter *) waiter;

  self->n_told++;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static gboolean
waiter_start (Waiter            *self,
              Carrier           *carrier,
              CfutSubmitOptions *options)
{
  *self = (Waiter) { { job_new (carrier, options), waiter_notify } };

  return cfut_pool_await_room (carrier->pool, &self->waiter, &self->error);
}

static CfutFutureState
waiter_clear (Waiter *self)
{
  g_clear_error (&self->error);

  return phase_and_unref (self->waiter.job);
}

static void
test_nobody_jumps_the_queue (Carrier       *self,
                             gconstpointer  unused)
{
  CfutJob *jobs[4];
  CfutJob *taken;
  Waiter first, second;

  g_test_summary ("Room that was made and not told of yet belongs to who waits already");

  self->pool->max_pending = 4;
  for (guint i = 0; i < 4; i++)
    jobs[i] = submit (self, NULL);
  g_assert_true (waiter_start (&first, self, NULL));

  taken = take (self);
  g_assert_true (start (self, taken));
  g_assert_true (waiter_start (&second, self, NULL));
  g_assert_cmpuint (first.n_told, ==, 0);
  cfut_pool_tell (self->pool);
  g_assert_cmpuint (first.n_told, ==, 1);
  g_assert_cmpuint (second.n_told, ==, 0);

  /* All four places are taken now; the next that is made is the second's. */
  finish (self, taken);
  g_assert_cmpuint (second.n_told, ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      finish (self, take (self));
      g_assert_cmpuint (second.n_told, ==, 1);
    }

  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (phase_and_unref (jobs[i]), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpint (waiter_clear (&first), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpint (waiter_clear (&second), ==, CFUT_FUTURE_STATE_DONE);
}

static void
test_large_one_is_not_passed (Carrier       *self,
                              gconstpointer  unused)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutJob *job = submit (self, NULL);
  Waiter large = { { job_new (self, NULL), waiter_notify } };
  Waiter small;

  g_test_summary ("Those behind a large call wait for it; they go on when it gives up");

  cfut_submit_options_set_cancellable (options, cancellable);
  cfut_job_unref (large.waiter.job);
  large.waiter.job = job_new (self, options);
  cfut_job_set_size (large.waiter.job, 100000);
  self->pool->max_pending_bytes = 10000;

  g_assert_true (cfut_pool_await_room (self->pool, &large.waiter, NULL));
  g_assert_true (waiter_start (&small, self, NULL));
  cfut_pool_tell (self->pool);
  g_assert_cmpuint (small.n_told, ==, 0);

  g_cancellable_cancel (cancellable);
  g_assert_cmpuint (large.n_told, ==, 1);
  g_assert_no_error (large.error);
  g_assert_cmpuint (small.n_told, ==, 1);
  g_assert_cmpint (waiter_clear (&large), ==, CFUT_FUTURE_STATE_CANCELLED);

  finish (self, take (self));
  finish (self, take (self));
  g_assert_cmpint (phase_and_unref (job), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpint (waiter_clear (&small), ==, CFUT_FUTURE_STATE_DONE);
}

static void
test_refusal_to_start (Carrier       *self,
                       gconstpointer  unused)
{
  CfutJob *job = submit (self, NULL);
  g_autoptr(CfutJob) refused = job_new (self, NULL);
  Waiter waiters[3];
  g_autoptr(GError) error = NULL;

  g_test_summary ("If no worker can be started the submit fails, and so does each that waits");

  self->pool->max_pending = 1;
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    g_assert_true (waiter_start (&waiters[i], self, NULL));

  self->refuses = TRUE;
  finish (self, take (self));
  g_assert_cmpint (phase_and_unref (job), ==, CFUT_FUTURE_STATE_DONE);
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      g_assert_cmpuint (waiters[i].n_told, ==, 1);
      g_assert_error (waiters[i].error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
      g_assert_cmpint (waiter_clear (&waiters[i]), ==, CFUT_FUTURE_STATE_PENDING);
    }

  g_assert_false (cfut_pool_submit (self->pool, refused, CFUT_ROOM_POLICY, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_assert_cmpuint (self->pool->n_submitted, ==, 1);
  self->refuses = FALSE;
}

/* ---- Cancelling and time-outs of what is taken, or runs. */

static void
test_taken_back (Carrier       *self,
                 gconstpointer  unused)
{
  CfutJob *job = submit (self, NULL);
  CfutJob *taken = take (self);

  g_test_summary ("A job that the carrier gives back is cancelled at once");

  g_assert_true (job == taken);
  g_assert_cmpuint (self->pool->n_taken, ==, 1);
  self->gives_back = TRUE;
  g_assert_true (cfut_state_cancel (&job->state));
  g_assert_cmpint (cfut_state_get_phase (&job->state), ==, CFUT_FUTURE_STATE_CANCELLED);
  g_assert_cmpuint (self->pool->n_taken, ==, 0);
  g_assert_false (start (self, taken));
  g_assert_cmpuint (self->n_stopped, ==, 0);

  cfut_job_unref (taken);
  g_assert_cmpint (phase_and_unref (job), ==, CFUT_FUTURE_STATE_CANCELLED);
}

static void
test_put_back (Carrier       *self,
               gconstpointer  unused)
{
  CfutJob *first = submit (self, NULL);
  CfutJob *second = submit (self, NULL);
  CfutJob *job = take (self);

  g_test_summary ("A job that is put back is pending again, and goes first or last");

  g_assert_true (job == first);
  g_assert_true (start (self, job));
  g_mutex_lock (&self->pool->lock);
  cfut_pool_put_back_locked (self->pool, job, FALSE);
  g_mutex_unlock (&self->pool->lock);
  g_assert_cmpint (cfut_state_get_phase (&job->state), ==, CFUT_FUTURE_STATE_PENDING);
  g_assert_cmpuint (self->pool->n_running, ==, 0);

  job = take (self);
  g_assert_true (job == first);
  g_mutex_lock (&self->pool->lock);
  cfut_pool_put_back_locked (self->pool, job, TRUE);
  g_mutex_unlock (&self->pool->lock);

  job = take (self);
  g_assert_true (job == second);
  finish (self, job);
  finish (self, take (self));
  g_assert_cmpint (phase_and_unref (first), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpint (phase_and_unref (second), ==, CFUT_FUTURE_STATE_DONE);
}

static void
test_expire (Carrier       *self,
             gconstpointer  unused)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutJob *jobs[3];

  g_test_summary ("Time-outs are as exact as the clock that is asked, in each place");

  cfut_submit_options_set_deadline (options, G_TIME_SPAN_HOUR);
  for (guint i = 0; i < 3; i++)
    jobs[i] = submit (self, options);
  g_assert_cmpint (self->alarm, ==, cfut_job_get_due (jobs[2]));
  g_assert_true (take (self) == jobs[0]);
  g_assert_true (start (self, jobs[0]));
  g_assert_true (take (self) == jobs[1]);

  cfut_pool_expire (self->pool, cfut_pool_first_due_locked (self->pool) - 1);
  for (guint i = 0; i < 3; i++)
    g_assert_false (cfut_state_is_final (&jobs[i]->state));

  cfut_pool_expire (self->pool, G_MAXINT64 - 1);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (cfut_state_get_phase (&jobs[i]->state), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_cmpint (cfut_pool_first_due_locked (self->pool), ==, G_MAXINT64);

  /* The one that runs is to stop, and so is the one that was not given back. */
  g_assert_cmpuint (self->n_stopped, ==, 2);
  g_assert_cmpuint (self->pool->n_failed, ==, 3);
  g_assert_cmpuint (self->pool->n_running, ==, 1);
  finish (self, jobs[0]);
  finish (self, jobs[1]);
  g_assert_cmpuint (self->pool->n_finished, ==, 3);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (phase_and_unref (jobs[i]), ==, CFUT_FUTURE_STATE_FAILED);
}

static void
test_break (Carrier       *self,
            gconstpointer  unused)
{
  CfutJob *running = submit (self, NULL);
  CfutJob *queued = submit (self, NULL);
  g_autoptr(CfutJob) refused = job_new (self, NULL);
  g_autoptr(GError) error = NULL;
  Waiter waiter;

  g_test_summary ("A broken pool fails what waits with the reason, and refuses what comes");

  self->pool->max_pending = 1;
  g_assert_true (start (self, take (self)));
  g_assert_true (waiter_start (&waiter, self, NULL));
  cfut_pool_break (self->pool, g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN, "All is lost"));
  g_assert_cmpint (phase_and_unref (queued), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_error (waiter.error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  waiter_clear (&waiter);

  g_assert_false (cfut_pool_submit (self->pool, refused, CFUT_ROOM_POLICY, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (error->message, ==, "Executor is broken: All is lost");

  finish (self, running);
  g_assert_cmpint (phase_and_unref (running), ==, CFUT_FUTURE_STATE_DONE);
}

/* ---- Accounting. */

/* What a job should be, and what the pool should count. */
typedef struct
{
  GPtrArray *queued;
  GPtrArray *taken;
  GPtrArray *running;
  guint64 n_submitted;
  guint64 n_finished;
  guint64 n_cancelled;
} Model;

static gsize
sum_of_sizes (GPtrArray *jobs)
{
  gsize sum = 0;

  for (guint i = 0; i < jobs->len; i++)
    sum += cfut_job_get_size (g_ptr_array_index (jobs, i));

  return sum;
}

static void
assert_as_in_model (CfutPool *pool,
                    Model    *model)
{
  g_assert_cmpuint (pool->queue.length, ==, model->queued->len);
  g_assert_cmpuint (pool->queue.bytes, ==, sum_of_sizes (model->queued));
  g_assert_cmpuint (pool->n_taken, ==, model->taken->len);
  g_assert_cmpuint (pool->taken_bytes, ==, sum_of_sizes (model->taken));
  g_assert_cmpuint (pool->n_running, ==, model->running->len);
  g_assert_cmpuint (pool->n_submitted, ==, model->n_submitted);
  g_assert_cmpuint (pool->n_finished, ==, model->n_finished);
  g_assert_cmpuint (pool->n_cancelled, ==, model->n_cancelled);
}

static CfutJob *
pick (GPtrArray *jobs)
{
  return jobs->len > 0 ? g_ptr_array_index (jobs, (guint) g_test_rand_int_range (0, (int) jobs->len))
                       : NULL;
}

static void
model_submit (Carrier *self,
              Model   *model)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutJob *job;
  gboolean room;

  cfut_submit_options_set_priority (options, g_test_rand_int_range (-2, 3));
  job = job_new (self, options);
  cfut_job_set_size (job, (gsize) g_test_rand_int_range (1, 2000));
  room = model->queued->len + model->taken->len == 0 ||
         (model->queued->len + model->taken->len < self->pool->max_pending &&
          sum_of_sizes (model->queued) + sum_of_sizes (model->taken) + cfut_job_get_size (job) <= self->pool->max_pending_bytes);

  if (cfut_pool_submit (self->pool, job, CFUT_ROOM_TRY, NULL))
    {
      g_assert_true (room);
      g_ptr_array_add (model->queued, job);
      model->n_submitted++;
    }
  else
    {
      g_assert_false (room);
      cfut_job_unref (job);
    }
}

static void
model_take (Carrier *self,
            Model   *model)
{
  CfutJob *job = take (self);

  if (job != NULL)
    {
      g_assert_true (g_ptr_array_remove (model->queued, job));
      g_ptr_array_add (model->taken, job);
    }
  else
    {
      g_assert_cmpuint (model->queued->len, ==, 0);
    }
}

static void
model_start (Carrier *self,
             Model   *model)
{
  CfutJob *job = pick (model->taken);

  if (job == NULL)
    return;

  g_assert_true (start (self, job));
  g_ptr_array_remove (model->taken, job);
  g_ptr_array_add (model->running, job);
}

static void
model_finish (Carrier *self,
              Model   *model)
{
  CfutJob *job = pick (model->running);

  if (job == NULL)
    return;

  g_ptr_array_remove (model->running, job);
  model->n_finished++;
  model->n_cancelled += cfut_state_is_asked_to_stop (&job->state) ? 1 : 0;
  finish (self, job);
  phase_and_unref (job);
}

static void
model_cancel (Carrier *self,
              Model   *model)
{
  GPtrArray *places[] = { model->queued, model->taken, model->running };
  GPtrArray *place = places[g_test_rand_int_range (0, 3)];
  CfutJob *job = pick (place);

  if (job == NULL)
    return;

  g_assert_true (cfut_state_cancel (&job->state));
  if (place == model->running)
    return;

  g_ptr_array_remove (place, job);
  model->n_finished++;
  model->n_cancelled++;
  if (place == model->taken)
    cfut_job_unref (job); /* the carrier's */
  g_assert_cmpint (phase_and_unref (job), ==, CFUT_FUTURE_STATE_CANCELLED);
}

static void
model_put_back (Carrier *self,
                Model   *model)
{
  CfutJob *job = pick (model->taken);

  if (job == NULL)
    return;

  g_mutex_lock (&self->pool->lock);
  cfut_pool_put_back_locked (self->pool, job, g_test_rand_bit ());
  g_mutex_unlock (&self->pool->lock);
  g_ptr_array_remove (model->taken, job);
  g_ptr_array_add (model->queued, job);
}

static void
test_accounting (Carrier       *self,
                 gconstpointer  unused)
{
  void (*operations[]) (Carrier *, Model *) = {
    model_submit, model_submit, model_submit, model_take, model_take,
    model_start, model_finish, model_cancel, model_put_back,
  };
  Model model = { g_ptr_array_new (), g_ptr_array_new (), g_ptr_array_new () };

  g_test_summary ("After 100 000 random operations all that is counted is exact, to the byte");

  self->gives_back = TRUE;
  self->pool->max_pending = 30;
  self->pool->max_pending_bytes = 20000;

  for (guint i = 0; i < 100000; i++)
    {
      operations[g_test_rand_int_range (0, G_N_ELEMENTS (operations))] (self, &model);
      assert_as_in_model (self->pool, &model);
    }

  while (model.queued->len + model.taken->len + model.running->len > 0)
    {
      model_take (self, &model);
      model_start (self, &model);
      model_finish (self, &model);
    }
  assert_as_in_model (self->pool, &model);

  g_ptr_array_unref (model.queued);
  g_ptr_array_unref (model.taken);
  g_ptr_array_unref (model.running);
}

static void
test_queue_wait (Carrier       *self,
                 gconstpointer  unused)
{
  CfutJob *job = submit (self, NULL);
  gboolean started;

  g_test_summary ("How long a call has waited is counted from its submit");

  take (self);
  g_mutex_lock (&self->pool->lock);
  started = cfut_pool_start_locked (self->pool, job, cfut_job_get_queued_at (job) + 5);
  g_mutex_unlock (&self->pool->lock);
  g_assert_true (started);
  g_assert_cmpint (self->pool->queue_wait, ==, 5);

  finish (self, job);
  phase_and_unref (job);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Carrier, NULL, set_up, func, tear_down)
  ADD ("/pool/nobody-jumps-the-queue", test_nobody_jumps_the_queue);
  ADD ("/pool/large-one-is-not-passed", test_large_one_is_not_passed);
  ADD ("/pool/refusal-to-start", test_refusal_to_start);
  ADD ("/pool/taken-back", test_taken_back);
  ADD ("/pool/put-back", test_put_back);
  ADD ("/pool/expire", test_expire);
  ADD ("/pool/break", test_break);
  ADD ("/pool/accounting", test_accounting);
  ADD ("/pool/queue-wait", test_queue_wait);
#undef ADD

  return g_test_run ();
}
