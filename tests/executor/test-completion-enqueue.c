/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "manual-executor.h"
#include "test-support.h"

/* Calls that are pushed into a completion queue without ever waiting. The one
 * thread there is is kept busy, and one call may wait for it. */

#define N_CALLS 5

/* The tag of the call that keeps the thread busy. */
#define BUSY 100

typedef struct
{
  TestCensus census;
  CfutCompletionQueue *queue;
  CfutExecutor *executor;
} Fixture;

static int n_echoes;           /* atomic: calls of echo */
static TestLatch *gate;        /* what keeps the thread busy */
static TestLatch *second_gate; /* what wait-for-second waits for */

static GVariant *
echo (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  g_atomic_int_inc (&n_echoes);

  return g_variant_ref (arguments);
}

static GVariant *
wait_for_gate (CfutCall  *call,
               GVariant  *arguments,
               gpointer   user_data,
               GError   **error)
{
  TestLatch **latch = user_data;

  test_latch_wait (*latch);

  return NULL;
}

static void
enqueue (Fixture *fixture,
         guint64  tag)
{
  const guint8 byte = tag;
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_enqueue_data (fixture->queue, fixture->executor, "echo",
                                                     &byte, 1, NULL, tag, &error));
  g_assert_no_error (error);
}

static CfutCompletion *
next (Fixture *fixture)
{
  g_autofree CfutCompletion **completions = NULL;
  gsize n_completions;

  g_assert_true (cfut_completion_queue_wait (fixture->queue, CFUT_WAIT_FOREVER, NULL));
  completions = cfut_completion_queue_drain (fixture->queue, 1, &n_completions);
  g_assert_cmpuint (n_completions, ==, 1);

  return completions[0];
}

static void
check_echo (Fixture *fixture,
            guint64  tag)
{
  g_autoptr(CfutCompletion) completion = next (fixture);
  GVariant *result = cfut_completion_get_result (completion);

  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_nonnull (result);
  g_assert_cmpuint (*(const guint8 *) g_variant_get_data (result), ==, tag);
}

static void
check_busy_ended (Fixture *fixture)
{
  g_autoptr(CfutCompletion) completion = next (fixture);

  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, BUSY);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
}

static void
check_error (Fixture *fixture,
             guint64  tag,
             GQuark   domain,
             int      code)
{
  g_autoptr(CfutCompletion) completion = next (fixture);

  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_error (cfut_completion_get_error (completion), domain, code);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  test_census_take (&fixture->census);
  gate = g_new0 (TestLatch, 1);
  second_gate = g_new0 (TestLatch, 1);
  fixture->queue = cfut_completion_queue_new ();
  fixture->executor = cfut_thread_executor_new (1);
  cfut_executor_set_max_pending (fixture->executor, 1);
  g_assert_true (cfut_completion_queue_push (fixture->queue, fixture->executor, "wait-for-gate",
                                             NULL, NULL, BUSY, NULL));
  while (cfut_executor_get_n_running (fixture->executor) == 0)
    g_thread_yield ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_clear_object (&fixture->queue);
  g_assert_finalize_object (fixture->executor);
  g_clear_pointer (&gate, g_free);
  g_clear_pointer (&second_gate, g_free);
  test_census_check (&fixture->census);
}

static void
test_order (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("More calls than there is room for are taken, and run in their order");

  for (guint64 i = 0; i < N_CALLS; i++)
    enqueue (fixture, i);
  g_assert_cmpuint (cfut_executor_get_n_pending (fixture->executor), ==, 1);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, N_CALLS + 1);

  test_latch_open (gate);
  check_busy_ended (fixture);
  for (guint64 i = 0; i < N_CALLS; i++)
    check_echo (fixture, i);
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("A call that waits for room is cancelled at once");

  for (guint64 i = 0; i < 3; i++)
    enqueue (fixture, i);
  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  check_error (fixture, 1, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_latch_open (gate);
  check_busy_ended (fixture);
  check_echo (fixture, 0);
  check_echo (fixture, 2);
}

static void
test_cancellable (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("The cancellable of a call ends its wait for room");

  enqueue (fixture, 0);
  cfut_submit_options_set_cancellable (options, cancellable);
  g_assert_true (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "wait-for-gate",
                                                NULL, options, 1, NULL));
  g_cancellable_cancel (cancellable);
  check_error (fixture, 1, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* One that is cancelled already waits for nothing. */
  g_assert_true (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "wait-for-gate",
                                                NULL, options, 2, NULL));
  check_error (fixture, 2, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_latch_open (gate);
}

static void
test_deadline (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

  g_test_summary ("The deadline of a call ends its wait for room, in any thread");

  enqueue (fixture, 0);
  cfut_submit_options_set_deadline (options, 1000);
  g_assert_true (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "wait-for-gate",
                                                NULL, options, 1, NULL));
  check_error (fixture, 1, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  test_latch_open (gate);
}

static void
test_shutdown (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Calls that wait for room fail when the executor is shut down");

  for (guint64 i = 0; i < 3; i++)
    enqueue (fixture, i);
  cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  check_error (fixture, 1, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  check_error (fixture, 2, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  g_assert_false (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "wait-for-gate",
                                                 NULL, NULL, 3, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  test_latch_open (gate);
  check_busy_ended (fixture);
  check_echo (fixture, 0);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_drop (Fixture       *fixture,
           gconstpointer  data)
{
  g_test_summary ("Calls that wait for room outlive the queue that they were put in");

  for (guint64 i = 0; i < N_CALLS; i++)
    enqueue (fixture, i);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));

  g_atomic_int_set (&n_echoes, 0);
  test_latch_open (gate);
  while (g_atomic_int_get (&n_echoes) < N_CALLS)
    g_thread_yield ();
}

static gboolean
is_listed (gpointer user_data)
{
  gboolean found = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (user_data) && !found; i++)
    {
      g_autoptr(CfutFuture) future = g_list_model_get_item (user_data, i);
      g_autofree char *name = cfut_future_dup_name (future);

      found = g_str_equal (name, "wait-for-second");
    }

  return found;
}

static void
test_list_of_calls (Fixture       *fixture,
                    gconstpointer  data)
{
  GListModel *calls = cfut_executor_get_calls (fixture->executor);
  g_autoptr(CfutCompletion) last = NULL;

  g_test_summary ("The list of calls has those that waited for room, once they are queued");

  enqueue (fixture, 0);
  g_assert_true (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "wait-for-second",
                                                NULL, NULL, 1, NULL));
  test_latch_open (gate);
  check_busy_ended (fixture);
  check_echo (fixture, 0);
  test_iterate_until (NULL, is_listed, calls);

  test_latch_open (second_gate);
  last = next (fixture);
}

static void
test_wrong_call (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that makes no sense is refused at once");

  g_assert_false (cfut_completion_queue_enqueue (fixture->queue, fixture->executor, "no-such",
                                                 NULL, NULL, 1, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 1);

  test_latch_open (gate);
}

static void
test_third_party (void)
{
  g_autoptr(CfutCompletionQueue) queue = cfut_completion_queue_new ();
  g_autofree CfutCompletion **completions = NULL;
  g_autoptr(CfutCompletion) completion = NULL;
  TestManualExecutor *executor = test_manual_executor_new (0);
  gsize n_completions;

  g_test_summary ("Executors of others take calls as they do");

  g_assert_true (cfut_completion_queue_enqueue (queue, CFUT_EXECUTOR (executor), "echo",
                                                g_variant_new ("(x)", (gint64) 2), NULL, 1, NULL));
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (queue), ==, 1);

  test_manual_executor_resolve (executor, 0);
  completions = cfut_completion_queue_drain (queue, 1, &n_completions);
  g_assert_cmpuint (n_completions, ==, 1);
  completion = completions[0];
  g_assert_cmpint (g_variant_get_int64 (cfut_completion_get_result (completion)), ==, 20);

  g_assert_finalize_object (executor);
}

#define ADD(name, func) \
  g_test_add ("/completion-enqueue/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  cfut_register_function ("echo", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, echo, NULL, NULL);
  cfut_register_function ("wait-for-gate", NULL, NULL, wait_for_gate, &gate, NULL);
  cfut_register_function ("wait-for-second", NULL, NULL, wait_for_gate, &second_gate, NULL);

  g_test_init (&argc, &argv, NULL);

  ADD ("order", test_order);
  ADD ("cancel", test_cancel);
  ADD ("cancellable", test_cancellable);
  ADD ("deadline", test_deadline);
  ADD ("shutdown", test_shutdown);
  ADD ("drop", test_drop);
  ADD ("list-of-calls", test_list_of_calls);
  ADD ("wrong-call", test_wrong_call);
  g_test_add_func ("/completion-enqueue/third-party", test_third_party);

  return g_test_run ();
}
