/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fake-workers.h"

#include <signal.h>

#include "cfut-error.h"

/* What the world is, and what must hold in it. */

/* More than the manager ever needs to come to rest, or the world to its end. */
#define MAX_ROUNDS 1000

static FakeWorld *the_world;

FakeWorld *
fake_world_get (void)
{
  return the_world;
}

/* ---- Calls. */

static GVariant *
run_nowhere (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  g_assert_not_reached ();
}

static const CfutFunction *
get_function (void)
{
  static gsize registered;

  if (g_once_init_enter (&registered))
    {
      cfut_register_function ("fake", G_VARIANT_TYPE ("(u)"), G_VARIANT_TYPE_INT64,
                              run_nowhere, NULL, NULL);
      g_once_init_leave (&registered, 1);
    }

  return cfut_function_lookup ("fake");
}

static GVariant *
make_arguments (guint id,
                guint n_items)
{
  GVariantBuilder builder;

  if (n_items == 0)
    return g_variant_new ("(u)", id);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(u)"));
  for (guint i = 0; i < n_items; i++)
    g_variant_builder_add (&builder, "(u)", id);

  return g_variant_builder_end (&builder);
}

static void
call_told (CfutWaiter *waiter,
           CfutState  *state)
{
  gpointer container = (char *) waiter - G_STRUCT_OFFSET (FakeCall, waiter);
  FakeCall *call = container;

  g_assert_true (cfut_state_is_final (state));
  call->n_told++;
  g_assert_cmpuint (call->n_told, ==, 1);
}

static void
fake_call_free (gpointer data)
{
  FakeCall *self = data;

  cfut_job_unref (self->job);
  g_object_unref (self->future);
  g_free (self);
}

void
fake_world_submit (FakeWorld         *self,
                   CfutSubmitOptions *options,
                   guint              n_items)
{
  FakeCall *call = g_new0 (FakeCall, 1);
  g_autoptr(GError) error = NULL;

  call->world = self;
  call->id = self->calls->len + 1;
  call->retries = options != NULL ? cfut_submit_options_get_retries (options) : 0;
  call->job = cfut_job_new (self->pool, get_function (), NULL,
                            make_arguments (call->id, n_items), n_items, options);
  call->future = cfut_future_new_for_state (&call->job->state);
  call->waiter.notify = call_told;

  if (!cfut_pool_submit (self->pool, call->job, CFUT_ROOM_TRY, &error))
    {
      g_assert_cmpint (cfut_future_get_state (call->future), ==, CFUT_FUTURE_STATE_PENDING);
      fake_call_free (call);
      return;
    }

  g_ptr_array_add (self->calls, call);
  if (!cfut_state_add_waiter (&call->job->state, &call->waiter))
    call->n_told = 1;
}

void
fake_world_cancel (FakeWorld *self,
                   FakeCall  *call)
{
  if (cfut_future_cancel (call->future))
    call->cancelled = TRUE;
}

/* The outcome of a call that has one. */
static void
check_outcome (FakeCall *self)
{
  GVariant *result = cfut_state_peek_variant (&self->job->state);
  const GError *error = cfut_state_peek_error (&self->job->state);

  if (self->cancelled)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  if (result != NULL && g_variant_is_of_type (result, G_VARIANT_TYPE_INT64))
    {
      g_assert_cmpint (g_variant_get_int64 (result), !=, FAKE_LIE);
      if (!self->touched)
        g_assert_cmpint (g_variant_get_int64 (result), ==, self->id);
    }

  if (!self->touched && g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED))
    g_assert_true (self->n_started > 0 && !self->answered);
}

/* ---- What is told to others is true. */

static void
check_call (FakeCall *self)
{
  if (cfut_state_is_final (&self->job->state))
    {
      g_assert_cmpuint (self->n_told, ==, 1);
      check_outcome (self);
    }
  else
    {
      g_assert_cmpuint (self->n_told, ==, 0);
    }

  if (!self->touched && self->retries != CFUT_RETRY_FOREVER)
    g_assert_cmpuint (self->n_started, <=, self->retries + 1);
}

static void
check_process (CfutProcess *self)
{
  CfutEntry *prev = NULL;
  guint n_live = 0, n_stopping = 0;
  gsize bytes = 0;
  gboolean found_expected = self->expected == NULL;

  for (CfutEntry *entry = self->head; entry != NULL; entry = entry->next)
    {
      g_assert_true (entry->process == self && entry->prev == prev);
      if (!entry->revoked)
        {
          g_assert_true (cfut_job_get_carrier_data (entry->job) == entry);
          g_assert_true (cfut_job_get_place (entry->job) == CFUT_PLACE_TAKEN || cfut_job_get_place (entry->job) == CFUT_PLACE_RUNNING);
        }
      n_live++;
      n_stopping += entry->kill_at >= 0;
      bytes += cfut_job_get_size (entry->job);
      found_expected |= entry == self->expected;
      prev = entry;
    }

  g_assert_true (self->tail == prev);
  g_assert_true (found_expected);
  g_assert_cmpuint (self->n_live, ==, n_live);
  g_assert_cmpuint (self->n_stopping, ==, n_stopping);
  g_assert_cmpuint (self->live_bytes, ==, bytes);
  g_assert_cmpuint (self->answers->len, ==, 0);
  g_assert_true (!self->died || self->head == NULL);
  /* Nobody waits for what the dead may say, or who has their sockets. */
  g_assert_true (!self->dead || self->channel_tag == NULL);
}

static void
check_pool (CfutPool *self)
{
  guint n_taken = 0, n_running = 0;

  for (CfutFlight *flight = self->under_way; flight != NULL; flight = flight->next)
    {
      CfutPlace place = cfut_job_get_place (flight->job);

      n_taken += place == CFUT_PLACE_TAKEN;
      n_running += place == CFUT_PLACE_RUNNING;
      g_assert_true (place == CFUT_PLACE_TAKEN || place == CFUT_PLACE_RUNNING);
    }

  g_assert_cmpuint (self->n_taken, ==, n_taken);
  g_assert_cmpuint (self->n_running, ==, n_running);
  g_assert_true (n_taken > 0 || self->taken_bytes == 0);
  g_assert_true (self->queue.length > 0 || self->queue.bytes == 0);
}

static void
check_world (FakeWorld *self)
{
  guint n_alive = 0;

  for (guint i = 0; i < self->calls->len; i++)
    check_call (g_ptr_array_index (self->calls, i));

  for (guint i = 0; i < self->manager->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->manager->processes, i);

      check_process (process);
      n_alive += process->phase == CFUT_PROCESS_STARTING || process->phase == CFUT_PROCESS_SERVING;
    }
  g_assert_cmpuint (n_alive, <=, self->pool->max_workers);

  check_pool (self->pool);
}

/* ---- The world. */

FakeWorld *
fake_world_new (guint max_workers)
{
  FakeWorld *self = g_new0 (FakeWorld, 1);

  g_assert_null (the_world);
  the_world = self;

  self->now = FAKE_FIRST_MOMENT;
  self->workers = g_ptr_array_new ();
  self->calls = g_ptr_array_new_with_free_func (fake_call_free);
  self->pool = cfut_pool_new (NULL);
  self->pool->max_workers = max_workers;
  self->manager = cfut_manager_new (self->pool);
  cfut_pool_set_carrier (self->pool, &cfut_manager_carrier_class, self->manager);

  /* As if its thread were running. */
  self->manager->context = g_main_context_new ();
  g_source_attach (self->manager->attend, self->manager->context);
  self->manager->running = TRUE;
  self->manager->loop = g_main_loop_new (self->manager->context, FALSE);
  self->pool->n_workers++;

  return self;
}

void
fake_world_run (FakeWorld *self)
{
  guint n_rounds = 0;

  while (g_main_context_iteration (self->manager->context, FALSE))
    g_assert_cmpuint (n_rounds++, <, MAX_ROUNDS);

  check_world (self);
}

/* Wakes the manager if it wanted to be woken by now; else it sleeps on. */
static void
ring_alarm (FakeWorld *self)
{
  if (self->manager->due <= self->now)
    g_atomic_int_set (&self->manager->poked, TRUE);
}

void
fake_world_advance (FakeWorld *self,
                    gint64     span_us)
{
  self->now += span_us;
  ring_alarm (self);
}

/* One thing that happens by itself at the end. FALSE: nothing is left that does. */
static gboolean
fake_world_end_something (FakeWorld *self)
{
  gint64 due = self->manager->due;

  for (guint i = 0; i < self->workers->len; i++)
    {
      FakeWorker *worker = g_ptr_array_index (self->workers, i);

      if (worker->dead && worker->process != NULL)
        {
          fake_worker_reap (worker);
          return TRUE;
        }
      if (worker->killed && !worker->dead)
        {
          fake_worker_die (worker, SIGKILL, TRUE);
          return TRUE;
        }
    }

  if (due <= self->now || due == G_MAXINT64)
    return FALSE;

  fake_world_advance (self, due - self->now);

  return TRUE;
}

static gboolean
fake_world_has_ended (FakeWorld *self)
{
  CfutPool *pool = self->pool;

  return pool->phase != CFUT_POOL_OPEN && self->manager->processes->len == 0 &&
         pool->queue.length == 0 && pool->under_way == NULL;
}

void
fake_world_free (FakeWorld *self)
{
  CfutPool *pool = self->pool;

  /* Workers do nothing from here on, so whoever still runs something is asked to
   * stop, and then killed. */
  cfut_pool_shutdown (pool, CFUT_SHUTDOWN_CANCEL, 0, NULL);
  fake_world_run (self);
  for (guint i = 0; !fake_world_has_ended (self); i++)
    {
      g_assert_cmpuint (i, <, MAX_ROUNDS);
      if (!fake_world_end_something (self))
        g_error ("The manager sleeps for ever");
      fake_world_run (self);
    }

  for (guint i = 0; i < self->calls->len; i++)
    {
      FakeCall *call = g_ptr_array_index (self->calls, i);

      g_assert_cmpuint (call->n_told, ==, 1);
      g_assert_cmpint (cfut_job_get_place (call->job), ==, CFUT_PLACE_ENDED);
    }
  g_assert_cmpuint (pool->n_finished, ==, pool->n_submitted);

  /* The thread ends. */
  g_clear_pointer (&self->manager->loop, g_main_loop_unref);
  pool->n_workers--;
  cfut_pool_tell (pool);
  g_assert_cmpuint (pool->n_workers, ==, 0);
  g_assert_true (cfut_pool_has_ended_locked (pool));

  for (guint i = 0; i < self->workers->len; i++)
    fake_worker_free (g_ptr_array_index (self->workers, i));
  g_ptr_array_unref (self->workers);
  g_ptr_array_unref (self->calls);
  cfut_pool_unref (pool);
  the_world = NULL;
  g_free (self);
}
