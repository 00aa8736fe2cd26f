/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

#define N_ROUNDS (test_scale (1000))

static void
test_queued_work (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *futures[50];

  g_test_summary ("Without the executor queued calls finish, can be waited for and cancelled");

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (executor, "square", i);
  g_assert_finalize_object (executor);
  g_assert_null (cfut_future_dup_executor (futures[0]));

  g_assert_true (cfut_future_cancel (futures[7]));
  assert_cancelled (futures[7]);
  release (occupied, &gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    if (i != 7)
      assert_result (futures[i], i * i);
}

static void
test_rounds (void)
{
  g_test_summary ("An executor may go at any moment with calls under way (1000 rounds)");

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (1 + round % 3);
      CfutFuture *futures[4];

      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        futures[i] = submit (executor, "square", i);
      g_assert_finalize_object (executor);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        assert_result (futures[i], i * i);
    }
}

static void
test_nobody_looks (void)
{
  g_test_summary ("Futures and executor may go before anything has run (1000 rounds)");

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (2);

      for (guint i = 0; i < 4; i++)
        g_object_unref (submit (executor, "square", i));
      g_assert_finalize_object (executor);
    }
}

static void
test_time_limits (void)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *future;

  g_test_summary ("Time-outs hold without the executor");

  cfut_submit_options_set_timeout (options, 10000);
  future = submit_with (executor, "stops", (guintptr) &gate, options);
  g_assert_finalize_object (executor);
  assert_error (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "*");
  test_latch_wait (&gate.stopped);
}

/* ---- The last reference goes in one of the executor's own threads. */

typedef struct
{
  CfutExecutor *executor;
  TestLatch given;
  int gone; /* atomic */
} LastReference;

static void
gone_cb (gpointer  data,
         GObject  *executor)
{
  g_atomic_int_set ((int *) data, TRUE);
}

static gboolean
drop_reference (CfutCall  *call,
                GValue    *result,
                gpointer   user_data,
                GError   **error)
{
  LastReference *self = user_data;

  test_latch_wait (&self->given);
  g_object_unref (self->executor);

  return TRUE;
}

static void
test_in_worker (void)
{
  g_test_summary ("The last reference may go in a call (1000 rounds)");

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      LastReference self = { cfut_thread_executor_new (1 + round % 2) };
      CfutFuture *futures[2];

      g_object_weak_ref (G_OBJECT (self.executor), gone_cb, &self.gone);
      futures[0] = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (self.executor), drop_reference,
                                                     &self, NULL, NULL, NULL);
      futures[1] = submit (self.executor, "square", 3);
      test_latch_open (&self.given);

      g_assert_true (cfut_future_wait (futures[0], CFUT_WAIT_FOREVER, NULL));
      g_assert_true (g_atomic_int_get (&self.gone));
      g_object_unref (futures[0]);
      assert_result (futures[1], 9);
    }
}

static void
count_cb (CfutFuture *future,
          gpointer    user_data)
{
  int *n_left = user_data;

  --*n_left;
}

/* What matters is its destroy notify. */
static void
ignore_cb (CfutFuture *future,
           gpointer    user_data)
{
}

static gboolean
is_zero (gpointer user_data)
{
  return *(int *) user_data == 0;
}

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_in_callback (void)
{
  int n_left = N_ROUNDS;

  g_test_summary ("The last reference may go with a done callback (1000 rounds)");

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      CfutExecutor *executor = cfut_thread_executor_new (1);
      CfutFuture *future = submit (executor, "square", round);

      cfut_future_add_done_callback (future, count_cb, &n_left, NULL);
      cfut_future_add_done_callback (future, ignore_cb, executor, g_object_unref);
      g_object_unref (future);
      if (round % 10 == 0)
        drain ();
    }
  test_iterate_until (NULL, is_zero, &n_left);
  drain ();
}

/* ---- In a done callback, all may be done. */

typedef struct
{
  CfutExecutor *executor;
  CfutFuture *other;
  guint id;
  int n_called;
  guint n_left;
} Chain;

static void chain_cb (CfutFuture *future,
                      gpointer    user_data);

static void
chain_submit (Chain *self)
{
  CfutFuture *future = submit (self->executor, "square", self->n_left);

  cfut_future_add_done_callback (future, chain_cb, self, NULL);
  self->id = cfut_future_add_done_callback (future, chain_cb, self, NULL);
  g_object_unref (future);
}

static void
chain_cb (CfutFuture *future,
          gpointer    user_data)
{
  Chain *self = user_data;

  self->n_called++;
  g_assert_true (cfut_future_remove_done_callback (future, self->id));
  g_assert_false (cfut_future_cancel (future));
  g_clear_object (&self->other);
  if (--self->n_left == 0)
    {
      cfut_executor_shutdown (self->executor, CFUT_SHUTDOWN_NONE, 0, NULL);
      g_clear_object (&self->executor);
      return;
    }
  self->other = submit (self->executor, "square", 1);
  cfut_future_cancel (self->other);
  chain_submit (self);
}

static gboolean
chain_is_over (gpointer user_data)
{
  return ((Chain *) user_data)->executor == NULL;
}

static void
test_reentrancy (void)
{
  Chain self = { .executor = cfut_thread_executor_new (1), .n_left = N_ROUNDS };

  g_test_summary ("A done callback may submit, cancel, remove, shut down and drop (1000 in a chain)");

  chain_submit (&self);
  test_iterate_until (NULL, chain_is_over, &self);
  g_assert_cmpint (self.n_called, ==, N_ROUNDS);
  drain ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/lifetime/queued-work", test_queued_work);
  add_test ("/lifetime/rounds", test_rounds);
  add_test ("/lifetime/nobody-looks", test_nobody_looks);
  add_test ("/lifetime/time-limits", test_time_limits);
  add_test ("/lifetime/in-worker", test_in_worker);
  add_test ("/lifetime/in-callback", test_in_callback);
  add_test ("/lifetime/reentrancy", test_reentrancy);

  return g_test_run ();
}
