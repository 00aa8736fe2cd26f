/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* ---- Through the future. */

static void
test_queued (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate first = GATE_INIT;
  Gate second = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &first);
  CfutFuture *future = submit_gate (executor, "gate", &second);

  g_test_summary ("A call that waits is cancelled at once, leaves its place and never runs");

  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 1);
  g_assert_true (cfut_future_cancel (future));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 0);
  g_assert_true (cfut_future_cancel (future));
  assert_error (future, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Call \"gate\" was cancelled");

  release (occupied, &first);
  end_executor (executor);
  g_assert_cmpint (second.n_runs, ==, 0);
}

static void
test_running (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "stops", &gate);

  g_test_summary ("A call that runs is asked to stop, and its future then is cancelled");

  test_latch_wait (&gate.started);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);
  g_assert_true (cfut_future_cancel (future));
  assert_error (future, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Call \"stops\" was cancelled");
  g_assert_true (test_latch_is_open (&gate.stopped));

  end_executor (executor);
}

static void
test_lingering (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "lingers", &gate);

  g_test_summary ("A call that goes on runs until it ends, and is cancelled though it succeeded");

  test_latch_wait (&gate.started);
  g_assert_true (cfut_future_cancel (future));
  test_latch_wait (&gate.stopped);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);
  g_assert_true (cfut_future_cancel (future));
  test_latch_open (&gate.go);
  assert_cancelled (future);

  end_executor (executor);
}

static void
test_ended (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *future = submit (executor, "square", 2);

  g_test_summary ("A call that has ended is not cancelled");

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_false (cfut_future_cancel (future));
  assert_result (future, 4);

  end_executor (executor);
}

/* An object whose end calls the executor, as its owner may well do. */
static void
object_gone_cb (gpointer  data,
                GObject  *object)
{
  cfut_executor_get_n_running (data);
}

typedef struct
{
  CfutExecutor *executor;
  TestLatch started;
  TestLatch go;
} Returner;

static gboolean
return_object (CfutCall  *call,
               GValue    *result,
               gpointer   user_data,
               GError   **error)
{
  Returner *self = user_data;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  g_object_weak_ref (object, object_gone_cb, self->executor);
  g_value_init (result, G_TYPE_OBJECT);
  g_value_take_object (result, object);
  test_latch_open (&self->started);
  test_latch_wait (&self->go);

  return TRUE;
}

static void
test_result_is_dropped (void)
{
  Returner self = { cfut_thread_executor_new (1) };
  CfutFuture *future;

  g_test_summary ("What a cancelled call returned is dropped without a lock");

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (self.executor), return_object,
                                             &self, NULL, NULL, NULL);
  test_latch_wait (&self.started);
  g_assert_true (cfut_future_cancel (future));
  test_latch_open (&self.go);
  assert_cancelled (future);

  end_executor (self.executor);
}

/* ---- Through a cancellable. */

static guint
count_handlers (GCancellable *cancellable)
{
  guint signal = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);
  g_autoptr(GArray) handlers = g_array_new (FALSE, FALSE, sizeof (gulong));
  gulong handler;

  while ((handler = g_signal_handler_find (cancellable,
                                           G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_UNBLOCKED,
                                           signal, 0, NULL, NULL, NULL)) != 0)
    {
      g_signal_handler_block (cancellable, handler);
      g_array_append_val (handlers, handler);
    }
  for (guint i = 0; i < handlers->len; i++)
    g_signal_handler_unblock (cancellable, g_array_index (handlers, gulong, i));

  return handlers->len;
}

static CfutFuture *
submit_cancellable (CfutExecutor *executor,
                    const char   *function,
                    guint64       argument,
                    GCancellable *cancellable)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future = cfut_executor_submit (executor, function, g_variant_new ("(t)", argument),
                                             cancellable, &error);

  g_assert_no_error (error);

  return future;
}

static void
test_shared_cancellable (void)
{
  enum { N = 10000 };
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  Gate first = GATE_INIT;
  Gate second = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &first);
  CfutFuture *running;

  g_test_summary ("10 000 calls share a cancellable by one signal connection");

  cfut_executor_set_max_pending (executor, 2 * N);
  running = submit_cancellable (executor, "stops", (guintptr) &second, cancellable);
  release (occupied, &first);
  test_latch_wait (&second.started);

  for (guint i = 0; i < N; i++)
    g_ptr_array_add (futures, submit_cancellable (executor, "square", i, cancellable));
  g_assert_cmpuint (count_handlers (cancellable), ==, 1);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, N);

  /* Some go by themselves before. */
  for (guint i = 0; i < N; i += 7)
    g_assert_true (cfut_future_cancel (g_ptr_array_index (futures, i)));

  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < N; i++)
    {
      g_assert_true (cfut_future_is_done (g_ptr_array_index (futures, i)));
      assert_cancelled (g_ptr_array_index (futures, i));
    }
  assert_cancelled (running);

  end_executor (executor);
}

static void
test_cancellable_is_let_go (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  GCancellable *cancellable = g_cancellable_new ();

  g_test_summary ("A cancellable is not kept by calls that have ended");

  for (guint i = 0; i < 100; i++)
    assert_result (submit_cancellable (executor, "square", i, cancellable), i * i);
  g_assert_cmpuint (count_handlers (cancellable), <=, 1);

  end_executor (executor);
  g_assert_finalize_object (cancellable);
}

/* Two threads submit with a cancellable that nobody has used while a third
 * cancels it: whoever comes first, both calls are cancelled. */
typedef struct
{
  CfutExecutor *executor;
  GThreadPool *racers;

  GMutex lock;
  GCond over_cond;

  /* All below: protected by @lock. */
  GCancellable *cancellable;
  CfutFuture *futures[2];
  guint n_over;
} Race;

enum
{
  RACER_SUBMIT_FIRST = 1,
  RACER_SUBMIT_SECOND,
  RACER_CANCEL,
};

static void
racer (gpointer data,
       gpointer user_data)
{
  Race *self = user_data;
  guint role = GPOINTER_TO_UINT (data);

  if (role == RACER_CANCEL)
    g_cancellable_cancel (self->cancellable);
  else
    self->futures[role - 1] = submit_cancellable (self->executor, "square", 1, self->cancellable);

  g_mutex_lock (&self->lock);
  self->n_over++;
  g_cond_signal (&self->over_cond);
  g_mutex_unlock (&self->lock);
}

static void
race_run (Race *self)
{
  self->cancellable = g_cancellable_new ();
  self->n_over = 0;
  for (guint role = RACER_SUBMIT_FIRST; role <= RACER_CANCEL; role++)
    g_thread_pool_push (self->racers, GUINT_TO_POINTER (role), NULL);

  g_mutex_lock (&self->lock);
  while (self->n_over < RACER_CANCEL)
    g_cond_wait (&self->over_cond, &self->lock);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < G_N_ELEMENTS (self->futures); i++)
    {
      g_assert_true (cfut_future_is_done (self->futures[i]));
      assert_cancelled (self->futures[i]);
    }
  g_assert_finalize_object (self->cancellable);
}

static void
test_cancellable_race (void)
{
  Race self = { .executor = cfut_thread_executor_new (1) };
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (self.executor, &gate);

  g_test_summary ("A cancel that meets the first submits with its cancellable reaches them all");

  self.racers = g_thread_pool_new (racer, &self, 3, TRUE, NULL);
  for (guint i = 0; i < 5000; i++)
    race_run (&self);
  g_thread_pool_free (self.racers, FALSE, TRUE);

  release (occupied, &gate);
  end_executor (self.executor);
}

/* ---- Through call_async(). */

static void
assert_call_cancelled (CfutExecutor *executor,
                       Answer       *answer)
{
  g_autoptr(GError) error = NULL;

  answer_await (answer);
  g_assert_null (cfut_executor_call_finish (executor, answer->result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer_clear (answer);
}

static void
test_call_async (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GCancellable) before = g_cancellable_new ();
  g_autoptr(GCancellable) queued = g_cancellable_new ();
  g_autoptr(GCancellable) running = g_cancellable_new ();
  Gate gate = GATE_INIT;
  Gate never = GATE_INIT;
  Answer answers[3] = { 0 };

  g_test_summary ("The cancellable of call_async() cancels the call, whatever its stage");

  g_cancellable_cancel (before);
  cfut_executor_call_async (executor, "gate", gate_argument (&never), NULL, before,
                            answer_cb, &answers[0]);
  cfut_executor_call_async (executor, "stops", gate_argument (&gate), NULL, running,
                            answer_cb, &answers[1]);
  test_latch_wait (&gate.started);
  cfut_executor_call_async (executor, "gate", gate_argument (&never), NULL, queued,
                            answer_cb, &answers[2]);

  assert_call_cancelled (executor, &answers[0]);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 1);
  g_cancellable_cancel (queued);
  g_assert_cmpuint (cfut_executor_get_n_pending (executor), ==, 0);
  assert_call_cancelled (executor, &answers[2]);
  g_assert_false (test_latch_is_open (&gate.stopped));
  g_cancellable_cancel (running);
  assert_call_cancelled (executor, &answers[1]);
  g_assert_true (test_latch_is_open (&gate.stopped));

  end_executor (executor);
  g_assert_cmpint (never.n_runs, ==, 0);
}

/* ---- From where a user may well cancel. */

static void
cancel_other_cb (CfutFuture *future,
                 gpointer    user_data)
{
  g_assert_true (cfut_future_cancel (user_data));
}

static void
test_from_callback (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  CfutFuture *first = submit (executor, "square", 1);
  CfutFuture *second = submit (executor, "square", 2);

  g_test_summary ("A done callback may cancel another call");

  cfut_future_add_done_callback (first, cancel_other_cb, g_object_ref (second), g_object_unref);
  g_assert_true (cfut_future_cancel (first));
  while (!cfut_future_is_done (second))
    g_main_context_iteration (NULL, TRUE);
  assert_cancelled (first);
  assert_cancelled (second);

  release (occupied, &gate);
  end_executor (executor);
}

static gboolean
cancel_argument (CfutCall  *call,
                 GValue    *result,
                 gpointer   user_data,
                 GError   **error)
{
  g_assert_true (cfut_future_cancel (user_data));

  return TRUE;
}

static void
test_from_call (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Gate gate = GATE_INIT;
  CfutFuture *future = submit_gate (executor, "stops", &gate);
  CfutFuture *canceller;

  g_test_summary ("A call may cancel another one");

  test_latch_wait (&gate.started);
  canceller = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), cancel_argument,
                                                future, NULL, NULL, NULL);
  g_assert_true (cfut_future_wait (canceller, CFUT_WAIT_FOREVER, NULL));
  g_object_unref (canceller);
  assert_cancelled (future);

  end_executor (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/cancel/queued", test_queued);
  add_test ("/cancel/running", test_running);
  add_test ("/cancel/lingering", test_lingering);
  add_test ("/cancel/ended", test_ended);
  add_test ("/cancel/result-is-dropped", test_result_is_dropped);
  add_test ("/cancel/shared-cancellable", test_shared_cancellable);
  add_test ("/cancel/cancellable-is-let-go", test_cancellable_is_let_go);
  add_test ("/cancel/cancellable-race", test_cancellable_race);
  add_test ("/cancel/call-async", test_call_async);
  add_test ("/cancel/from-callback", test_from_callback);
  add_test ("/cancel/from-call", test_from_call);

  return g_test_run ();
}
