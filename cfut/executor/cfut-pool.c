/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

#include "call/cfut-chunk-private.h"
#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "executor/cfut-cpus-private.h"
#include "executor/cfut-live-list-private.h"
#include "policy/cfut-spin-private.h"

/* Who waits for the lock is woken by the one who leaves it, and both pay as much
 * for that as for a hundred calls. It is tried for a microsecond or two: long
 * enough for whoever runs on another CPU to leave, but not for one who was put to
 * sleep with it. */
#define CFUT_LOCK_TRIES 64

void
cfut_pool_lock (CfutPool *self)
{
  for (guint i = 0; i < self->n_lock_tries; i++)
    if (g_mutex_trylock (&self->lock))
      return;
    else
      cfut_spin_relax ();

  g_mutex_lock (&self->lock);
}

CfutPool *
cfut_pool_new (CfutExecutor *executor)
{
  CfutPool *self = g_new0 (CfutPool, 1);

  g_atomic_ref_count_init (&self->ref_count);
  cfut_intake_init (&self->intake);
  g_weak_ref_init (&self->executor, executor);
  cfut_kinds_init (&self->kinds);
  g_mutex_init (&self->lock);
  g_cond_init (&self->room_cond);
  g_cond_init (&self->ended_cond);
  g_cond_init (&self->clock_cond);
  self->n_lock_tries = g_get_num_processors () > 1 ? CFUT_LOCK_TRIES : 0;
  self->max_arguments = G_MAXSIZE;
  self->small_from = G_MAXUINT;
  self->max_pending = CFUT_DEFAULT_MAX_PENDING;
  self->max_pending_bytes = CFUT_DEFAULT_MAX_PENDING_BYTES;
  cfut_queue_init (&self->queue);
  g_queue_init (&self->room_waiters);
  g_queue_init (&self->end_waiters);

  return self;
}

CfutPool *
cfut_pool_ref (CfutPool *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
cfut_pool_unref (CfutPool *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->under_way == NULL);
  g_assert (cfut_intake_take (&self->intake) == NULL);
  g_assert (self->room_waiters.length == 0 && self->end_waiters.length == 0);

  if (self->carrier_class != NULL)
    self->carrier_class->free (self->carrier);
  cfut_queue_clear (&self->queue);
  g_slice_free_chain (CfutFlight, self->spare_flights, next);
  cfut_kinds_clear (&self->kinds);
  g_clear_pointer (&self->deadlines, g_tree_unref);
  g_clear_pointer (&self->calls, cfut_live_list_release);
  g_clear_pointer (&self->workers, cfut_live_list_release);
  g_clear_error (&self->broken);
  g_clear_pointer (&self->name, g_free);
  g_weak_ref_clear (&self->executor);
  g_cond_clear (&self->room_cond);
  g_cond_clear (&self->ended_cond);
  g_cond_clear (&self->clock_cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
cfut_pool_set_carrier (CfutPool               *self,
                       const CfutCarrierClass *klass,
                       gpointer                carrier)
{
  g_assert (self->carrier_class == NULL);

  self->carrier = carrier;
  self->carrier_class = klass;
}

void
cfut_pool_set_small_from (CfutPool *self,
                          guint     n_calls)
{
  self->small_from = n_calls;
  cfut_pool_note_length_locked (self);
}

static void
cfut_pool_begin_flight_locked (CfutPool *self,
                               CfutJob  *job)
{
  CfutFlight *flight = self->spare_flights;

  if (flight != NULL)
    self->spare_flights = flight->next;
  else
    flight = g_slice_new (CfutFlight);

  *flight = (CfutFlight) { .job = job, .next = self->under_way };
  if (self->under_way != NULL)
    self->under_way->prev = flight;
  self->under_way = flight;

  job->flight = flight;
  job->prev = CFUT_PREV_UNDER_WAY;
}

static void
cfut_pool_end_flight_locked (CfutPool *self,
                             CfutJob  *job)
{
  CfutFlight *flight = job->flight;

  if (flight->prev != NULL)
    flight->prev->next = flight->next;
  else
    self->under_way = flight->next;
  if (flight->next != NULL)
    flight->next->prev = flight->prev;

  flight->next = self->spare_flights;
  self->spare_flights = flight;

  job->next = NULL;
  job->prev = CFUT_PREV_NONE;
}

/* Takes the job out of the place it is in. */
static void
cfut_pool_leave_place_locked (CfutPool *self,
                              CfutJob  *job)
{
  switch (cfut_job_get_place (job))
    {
    case CFUT_PLACE_QUEUED:
      cfut_queue_remove (&self->queue, job);
      break;

    case CFUT_PLACE_TAKEN:
      cfut_pool_end_flight_locked (self, job);
      self->n_taken--;
      self->taken_bytes -= cfut_job_get_size (job);
      break;

    case CFUT_PLACE_RUNNING:
      cfut_pool_end_flight_locked (self, job);
      self->n_running--;
      break;

    case CFUT_PLACE_NEW:
    case CFUT_PLACE_ENDED:
    default:
      break;
    }
}

void
cfut_pool_enqueue_locked (CfutPool *self,
                          CfutJob  *job)
{
  CfutJobExtra *extra = cfut_job_get_extra (job);

  g_assert (cfut_job_get_place (job) == CFUT_PLACE_NEW);

  cfut_pool_collect_locked (self);
  self->n_submitted += MAX (cfut_job_get_n_items (job), 1);
  cfut_queue_push (&self->queue, cfut_job_ref (job));
  cfut_pool_note_length_locked (self);
  self->last_queued_at = cfut_job_get_queued_at (job);
  if (extra != NULL)
    extra->queued_at = self->last_queued_at;

  cfut_pool_set_due_locked (self, job, cfut_job_get_deadline_time (job));
}

static void
cfut_pool_note_taken_locked (CfutPool *self,
                             CfutJob  *job)
{
  cfut_pool_begin_flight_locked (self, job);
  self->n_taken++;
  self->taken_bytes += cfut_job_get_size (job);
}

CfutJob *
cfut_pool_take_locked (CfutPool *self)
{
  CfutJob *job = cfut_queue_peek (&self->queue);

  /* What comes without the lock has no priority, and what is in the queue already
   * came before. */
  if (job == NULL || cfut_job_get_priority (job) > 0)
    cfut_pool_collect_locked (self);

  job = cfut_queue_pop (&self->queue);
  if (job != NULL)
    {
      cfut_pool_note_length_locked (self);
      cfut_pool_note_taken_locked (self, job);
    }

  return job;
}

void
cfut_pool_take_job_locked (CfutPool *self,
                           CfutJob  *job)
{
  cfut_queue_remove (&self->queue, job);
  cfut_pool_note_taken_locked (self, job);
}

gboolean
cfut_pool_start_quietly_locked (CfutPool *self,
                                CfutJob  *job,
                                gint64    now)
{
  if (cfut_job_get_place (job) != CFUT_PLACE_TAKEN || !cfut_state_start_quietly (&job->state))
    return FALSE;

  self->n_taken--;
  self->taken_bytes -= cfut_job_get_size (job);
  self->n_running++;
  self->queue_wait += MAX (now - cfut_job_get_queued_at (job), 0);
  job->flight->started = TRUE;
  job->flight->started_at = now;

  if (cfut_job_get_timeout (job) >= 0)
    cfut_pool_set_due_locked (self, job, cfut_job_get_end_time (job));

  return TRUE;
}

gboolean
cfut_pool_start_locked (CfutPool *self,
                        CfutJob  *job,
                        gint64    now)
{
  if (!cfut_pool_start_quietly_locked (self, job, now))
    return FALSE;

  cfut_state_tell_phase (&job->state);

  return TRUE;
}

void
cfut_pool_put_back_locked (CfutPool *self,
                           CfutJob  *job,
                           gboolean  at_back)
{
  cfut_pool_leave_place_locked (self, job);
  if (cfut_state_restart (&job->state))
    cfut_job_set_queued_at (job, g_get_monotonic_time ());
  cfut_pool_set_due_locked (self, job, cfut_job_get_deadline_time (job));
  if (at_back)
    cfut_queue_push (&self->queue, job);
  else
    cfut_queue_push_head (&self->queue, job);
}

/* What goes back to the map when the worker of a chunk dies, to be submitted
 * again: all but the items that had started, and with retries those too. */
static guint
cfut_job_count_again (CfutJob     *self,
                      CfutOutcome *outcome)
{
  guint n_items = cfut_job_get_n_items (self);

  if (n_items == 0 || outcome->overruled ||
      !g_error_matches (outcome->error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED))
    return 0;

  return cfut_job_get_retries (self) > 0 ? n_items : n_items - cfut_job_get_extra (self)->n_started;
}

void
cfut_pool_count_locked (CfutPool    *self,
                        CfutJob     *job,
                        CfutOutcome *outcome)
{
  guint n_again = cfut_job_count_again (job, outcome);
  guint n_items = MAX (cfut_job_get_n_items (job), 1) - n_again;

  self->n_submitted -= n_again;
  self->n_finished += n_items;
  if (outcome->overruled || g_error_matches (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->n_cancelled += n_items;
  else if (outcome->error == NULL)
    self->n_failed += cfut_job_get_n_items (job) > 0 && outcome->variant != NULL
                        ? cfut_chunk_count_failures (outcome->variant)
                        : 0;
  else
    self->n_failed += n_items;
}

gboolean
cfut_pool_end_locked (CfutPool    *self,
                      CfutJob     *job,
                      CfutOutcome *outcome,
                      gint64       run_time_ns)
{
  gboolean won;

  /* Two cancels at the same time are both to be told that they had success. */
  if (cfut_state_is_asked_to_stop (&job->state) ||
      g_error_matches (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    won = cfut_state_claim_to_cancel (&job->state);
  else
    won = cfut_state_claim (&job->state);

  /* Asked for after the claim: cancel() sets the flag before it looks whether
   * there was a claim, so that what it answered holds. What is in the outcome
   * may be anybody's, and is dropped without the lock. */
  outcome->overruled = won && cfut_state_is_asked_to_stop (&job->state);

  cfut_pool_leave_place_locked (self, job);
  cfut_pool_set_due_locked (self, job, G_MAXINT64);
  job->prev = CFUT_PREV_ENDED;
  job->run_time_ns = run_time_ns;
  if (run_time_ns > 0)
    self->busy_time_ns += run_time_ns;
  if (won)
    cfut_pool_count_locked (self, job, outcome);

  return won;
}

void
cfut_pool_settle (CfutPool    *self,
                  CfutJob     *job,
                  gboolean     won,
                  CfutOutcome *outcome)
{
  cfut_job_unwatch_cancellable (job);
  cfut_job_drop_input (job);

  if (outcome->overruled)
    cfut_outcome_take_error (outcome, cfut_job_cancelled_error (job));
  if (won)
    cfut_outcome_publish (outcome, &job->state);
  cfut_outcome_clear (outcome);
}

void
cfut_pool_finish (CfutPool    *self,
                  CfutJob     *job,
                  CfutOutcome *outcome,
                  gint64       run_time_ns)
{
  gboolean won;

  g_mutex_lock (&self->lock);
  won = cfut_pool_end_locked (self, job, outcome, run_time_ns);
  g_mutex_unlock (&self->lock);

  cfut_pool_settle (self, job, won, outcome);
  cfut_job_unref (job);
  cfut_pool_tell (self);
}

/* Takes every queued job, so that it can be ended without the lock. */
GPtrArray *
cfut_pool_take_all_locked (CfutPool *self)
{
  GPtrArray *jobs = g_ptr_array_new ();
  CfutJob *job;

  while ((job = cfut_pool_take_locked (self)) != NULL)
    g_ptr_array_add (jobs, job);

  return jobs;
}

void
cfut_pool_break (CfutPool *self,
                 GError   *error)
{
  g_autoptr(GPtrArray) jobs = NULL;

  CFUT_DEBUG (WORKERS, "executor is broken: %s", error->message);

  g_mutex_lock (&self->lock);
  self->phase = CFUT_POOL_BROKEN;
  cfut_pool_shut_intake_locked (self);
  if (self->broken == NULL)
    self->broken = g_error_copy (error);
  jobs = cfut_pool_take_all_locked (self);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < jobs->len; i++)
    {
      CfutOutcome outcome = CFUT_OUTCOME_INIT;

      cfut_outcome_take_error (&outcome, g_error_copy (error));
      cfut_pool_finish (self, g_ptr_array_index (jobs, i), &outcome, -1);
    }
  cfut_pool_tell (self);
  g_error_free (error);
}
