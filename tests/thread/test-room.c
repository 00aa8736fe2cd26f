/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#include "executor/cfut-pool-private.h"

/* Bounds of the queue, for those who may be blocked. White-box only to see that
 * a thread is. */

static CfutExecutor *
executor_new (guint        max_workers,
              guint        max_pending,
              CfutOverflow overflow)
{
  return g_object_new (CFUT_TYPE_THREAD_EXECUTOR,
                       "max-workers", max_workers,
                       "max-pending", max_pending,
                       "overflow", overflow,
                       NULL);
}

static void
assert_full (CfutExecutor *executor,
             const char   *pattern)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_executor_submit (executor, "nothing", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("The message is \"%s\"", error->message);
}

/* ---- A submit that blocks. */

typedef struct
{
  CfutExecutor *executor;
  CfutSubmitOptions *options; /* (nullable) */
  guint64 argument;
  GThread *thread;
  CfutFuture *future;
  GError *error;
} Submitter;

static gpointer
submitter_thread (gpointer user_data)
{
  Submitter *self = user_data;

  self->future = cfut_executor_submit_full (self->executor, "square",
                                            g_variant_new ("(t)", self->argument),
                                            self->options, &self->error);

  return NULL;
}

typedef struct
{
  CfutPool *pool;
  guint n_blocked;
} BlockedCount;

static gboolean
so_many_are_blocked (gpointer user_data)
{
  BlockedCount *self = user_data;
  gboolean blocked;

  g_mutex_lock (&self->pool->lock);
  blocked = self->pool->n_blocked == self->n_blocked;
  g_mutex_unlock (&self->pool->lock);

  return blocked;
}

static void
await_blocked (CfutExecutor *executor,
               guint         n_blocked)
{
  BlockedCount count = { cfut_executor_get_pool (executor), n_blocked };

  test_iterate_until (NULL, so_many_are_blocked, &count);
}

static void
submitter_start (Submitter         *self,
                 CfutExecutor      *executor,
                 CfutSubmitOptions *options,
                 guint64            argument)
{
  *self = (Submitter) { executor, options, argument };
  self->thread = g_thread_new ("submitter", submitter_thread, self);
}

static CfutFuture *
submitter_join (Submitter *self)
{
  g_thread_join (self->thread);
  g_assert_no_error (self->error);
  g_assert_nonnull (self->future);

  return self->future;
}

static void
test_fail (void)
{
  CfutExecutor *executor = executor_new (1, 2, CFUT_OVERFLOW_FAIL);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *first = submit (executor, "square", 1);
  CfutFuture *second = submit (executor, "square", 2);

  g_test_summary ("With policy fail a full queue is QUEUE_FULL, and says how full");

  assert_full (executor, "Queue is full: 2 of 2 calls, * of 67108864 bytes");
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 2);

  /* There is room again when one has left. */
  g_assert_true (cfut_future_cancel (first));
  assert_cancelled (first);
  first = submit (executor, "square", 3);
  assert_full (executor, "*");

  release (occupied, &gate);
  assert_result (first, 9);
  assert_result (second, 4);
  assert_result (submit (executor, "square", 5), 25);
  end_executor (executor);
}

static CfutFuture *
submit_bytes (CfutExecutor  *executor,
              GBytes        *bytes,
              GError       **error)
{
  GVariant *array = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);

  return cfut_executor_submit (executor, "length", g_variant_new_tuple (&array, 1), NULL, error);
}

static void
test_bytes (void)
{
  enum { SIZE = 10 * 1000 * 1000 };
  CfutExecutor *executor = executor_new (1, 100, CFUT_OVERFLOW_FAIL);
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (SIZE), SIZE);
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *futures[6];

  g_test_summary ("Of calls of 10 MB each 64 MiB take 6");

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      futures[i] = submit_bytes (executor, bytes, &error);
      g_assert_no_error (error);
    }
  g_assert_null (submit_bytes (executor, bytes, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);

  /* A small one still fits. */
  assert_cancelled (({ CfutFuture *small = submit (executor, "square", 1);
                       cfut_future_cancel (small);
                       small; }));

  release (occupied, &gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    assert_result (futures[i], SIZE);

  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_pending_bytes (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_pending (stats), ==, 0);

  end_executor (executor);
}

static void
test_large_call (void)
{
  enum { SIZE = 100000 };
  CfutExecutor *executor = executor_new (1, 100, CFUT_OVERFLOW_FAIL);
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (SIZE), SIZE);
  g_autoptr(GError) error = NULL;
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *large;

  g_test_summary ("A call larger than the bound is taken when none other waits");

  cfut_executor_set_max_pending_bytes (executor, 1000);
  large = submit_bytes (executor, bytes, &error);
  g_assert_no_error (error);
  assert_full (executor, "Queue is full: 1 of 100 calls, * of 1000 bytes");
  release (occupied, &gate);
  assert_result (large, SIZE);

  end_executor (executor);
}

static void
test_block (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);
  Submitter submitter;

  g_test_summary ("With policy block a submit goes on when there is room");

  submitter_start (&submitter, executor, NULL, 3);
  await_blocked (executor, 1);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 1);
  release (occupied, &gate);
  assert_result (queued, 4);
  assert_result (submitter_join (&submitter), 9);

  end_executor (executor);
}

/* Room that two threads make at the same time is room for two, though nothing
 * may happen for long after that. */
static void
test_block_burst (void)
{
  enum { N_BLOCKED = 4 };
  CfutExecutor *executor = executor_new (N_BLOCKED, 100, CFUT_OVERFLOW_BLOCK);
  Gate first = GATE_INIT;
  Gate second = GATE_INIT;
  CfutFuture *running[2 * N_BLOCKED];
  CfutFuture *queued[100 - N_BLOCKED];
  Submitter submitters[N_BLOCKED];

  g_test_summary ("All room that comes in a burst is told of at once");

  for (guint i = 0; i < N_BLOCKED; i++)
    running[i] = submit_gate (executor, "gate", &first);
  while (g_atomic_int_get (&first.n_runs) < N_BLOCKED)
    g_thread_yield ();
  for (guint i = 0; i < N_BLOCKED; i++)
    running[N_BLOCKED + i] = submit_gate (executor, "gate", &second);
  for (guint i = 0; i < G_N_ELEMENTS (queued); i++)
    queued[i] = submit (executor, "square", i);

  for (guint i = 0; i < N_BLOCKED; i++)
    submitter_start (&submitters[i], executor, NULL, i);
  await_blocked (executor, N_BLOCKED);

  /* All threads take a long call now. */
  test_latch_open (&first.go);
  for (guint i = 0; i < N_BLOCKED; i++)
    g_object_unref (submitter_join (&submitters[i]));
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 100);

  test_latch_open (&second.go);
  for (guint i = 0; i < G_N_ELEMENTS (queued); i++)
    assert_result (queued[i], i * i);
  for (guint i = 0; i < G_N_ELEMENTS (running); i++)
    g_object_unref (running[i]);
  end_executor (executor);
}

static void
test_block_cancelled (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);
  Submitter submitters[2];

  g_test_summary ("A submit that is cancelled while it blocks gives a cancelled future");

  cfut_submit_options_set_cancellable (options, cancellable);
  submitter_start (&submitters[0], executor, options, 3);
  submitter_start (&submitters[1], executor, NULL, 4);
  await_blocked (executor, 2);
  g_cancellable_cancel (cancellable);
  assert_cancelled (submitter_join (&submitters[0]));
  await_blocked (executor, 1);

  release (occupied, &gate);
  assert_result (queued, 4);
  assert_result (submitter_join (&submitters[1]), 16);
  end_executor (executor);
}

static void
test_block_deadline (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);

  g_test_summary ("A submit blocks no longer than until the deadline of the call");

  cfut_submit_options_set_deadline (options, 10000);
  assert_error (submit_with (executor, "square", 1, options), G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                "Call \"square\" timed out after waiting for 0.010 s");

  release (occupied, &gate);
  assert_result (queued, 4);
  end_executor (executor);
}

static void
test_block_shutdown (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);
  Submitter submitters[3];

  g_test_summary ("A shutdown refuses those who are blocked");

  for (guint i = 0; i < G_N_ELEMENTS (submitters); i++)
    submitter_start (&submitters[i], executor, NULL, i);
  await_blocked (executor, G_N_ELEMENTS (submitters));
  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (submitters); i++)
    {
      g_thread_join (submitters[i].thread);
      g_assert_null (submitters[i].future);
      g_assert_error (submitters[i].error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
      g_clear_error (&submitters[i].error);
    }

  release (occupied, &gate);
  assert_result (queued, 4);
  end_executor (executor);
}

static void
test_bounds_change (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);
  Submitter submitters[2];
  CfutFuture *futures[2];

  g_test_summary ("A bound that is raised lets those go on who are blocked; a policy is for those who come");

  cfut_executor_set_max_pending_bytes (executor, 600);
  for (guint i = 0; i < G_N_ELEMENTS (submitters); i++)
    submitter_start (&submitters[i], executor, NULL, 3);
  await_blocked (executor, 2);
  cfut_executor_set_overflow (executor, CFUT_OVERFLOW_FAIL);
  cfut_executor_set_max_pending (executor, 10);
  await_blocked (executor, 1);
  cfut_executor_set_max_pending_bytes (executor, 6000);
  for (guint i = 0; i < G_N_ELEMENTS (submitters); i++)
    futures[i] = submitter_join (&submitters[i]);

  release (occupied, &gate);
  assert_result (queued, 4);
  assert_result (futures[0], 9);
  assert_result (futures[1], 9);
  end_executor (executor);
}

static gboolean
submit_when_dispatching (gpointer user_data)
{
  assert_full (user_data, "Queue is full: 1 of 1 calls*submit_async()*");

  return G_SOURCE_REMOVE;
}

static void
test_dispatching (void)
{
  CfutExecutor *executor = executor_new (1, 1, CFUT_OVERFLOW_BLOCK);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *queued = submit (executor, "square", 2);
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSource) source = g_idle_source_new ();

  g_test_summary ("A thread that dispatches a main context, whichever, is never blocked");

  g_source_set_callback (source, submit_when_dispatching, executor, NULL);
  g_source_attach (source, context);
  g_assert_true (g_main_context_iteration (context, TRUE));

  release (occupied, &gate);
  assert_result (queued, 4);
  end_executor (executor);
}

typedef struct
{
  CfutExecutor *executor;
  guint64 sum; /* of results */
} Producer;

static gpointer
producer_thread (gpointer user_data)
{
  Producer *self = user_data;

  for (guint round = 0; round < 20; round++)
    {
      CfutFuture *futures[20];

      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        futures[i] = submit (self->executor, "square", i);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        assert_result (futures[i], i * i);
    }

  return NULL;
}

static void
test_many_producers (void)
{
  Producer producer = { executor_new (2, 3, CFUT_OVERFLOW_BLOCK) };
  GThread *threads[6];

  g_test_summary ("Many threads share little room");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("producer", producer_thread, &producer);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  end_executor (producer.executor);
}

/* A thread that submits to an inline executor runs the call itself, and makes
 * room as soon as it has started. */
static gpointer
inline_thread (gpointer user_data)
{
  Submitter *self = user_data;

  self->future = submit (self->executor, "gate", self->argument);

  return NULL;
}

static void
test_inline (void)
{
  CfutExecutor *executor = cfut_inline_executor_new ();
  Gate gates[2] = { 0 };
  Submitter submitters[2];

  g_test_summary ("Calls of an inline executor run at the same time in several threads");

  cfut_executor_set_max_pending (executor, 1);
  for (guint i = 0; i < 2; i++)
    {
      submitters[i] = (Submitter) { executor, NULL, (guintptr) &gates[i] };
      submitters[i].thread = g_thread_new ("submitter", inline_thread, &submitters[i]);
    }
  for (guint i = 0; i < 2; i++)
    test_latch_wait (&gates[i].started);
  g_assert_cmpuint (cfut_executor_get_n_running (executor), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      test_latch_open (&gates[i].go);
      assert_result (submitter_join (&submitters[i]), 1);
    }

  end_executor (executor);
}

static GVariant *
length (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  g_autoptr(GVariant) array = g_variant_get_child_value (arguments, 0);

  return g_variant_new_uint64 (g_variant_n_children (array));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();
  cfut_register_function ("length", G_VARIANT_TYPE ("(ay)"), G_VARIANT_TYPE_UINT64, length, NULL, NULL);

  add_test ("/room/fail", test_fail);
  add_test ("/room/bytes", test_bytes);
  add_test ("/room/large-call", test_large_call);
  add_test ("/room/block", test_block);
  add_test ("/room/block-burst", test_block_burst);
  add_test ("/room/block-cancelled", test_block_cancelled);
  add_test ("/room/block-deadline", test_block_deadline);
  add_test ("/room/block-shutdown", test_block_shutdown);
  add_test ("/room/bounds-change", test_bounds_change);
  add_test ("/room/dispatching", test_dispatching);
  add_test ("/room/many-producers", test_many_producers);
  add_test ("/room/inline", test_inline);

  return g_test_run ();
}
