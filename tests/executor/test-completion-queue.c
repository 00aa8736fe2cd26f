/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "future/cfut-state-private.h"
#include "manual-executor.h"
#include "test-support.h"

#include <poll.h>

typedef struct
{
  const char *name;
  CfutExecutor *(*create) (void);
} Kind;

typedef struct
{
  TestCensus census;
  CfutCompletionQueue *queue;
  CfutExecutor *executor;
  gboolean has_waited;
} Fixture;

static Fixture *current; /* for functions */
static TestLatch *gate;  /* what wait-for-gate waits for */

/* Futures that were made, in all threads. */
static gint n_futures;

CfutFuture *__real_cfut_future_new_for_state (CfutState *state);
CfutFuture *__wrap_cfut_future_new_for_state (CfutState *state);

CfutFuture *
__wrap_cfut_future_new_for_state (CfutState *state)
{
  g_atomic_int_inc (&n_futures);

  return __real_cfut_future_new_for_state (state);
}

static CfutExecutor *
create_inline (void)
{
  return cfut_inline_executor_new ();
}

static CfutExecutor *
create_thread (void)
{
  return cfut_thread_executor_new (1);
}

static CfutExecutor *
create_threads (void)
{
  return cfut_thread_executor_new (3);
}

static CfutExecutor *
create_processes (void)
{
  return cfut_process_executor_new (2);
}

static const Kind kinds[] = {
  { "inline", create_inline },
  { "thread", create_thread },
  { "threads", create_threads },
  { "processes", create_processes },
};

static const Kind manual = { "manual", NULL };

static GVariant *
tenfold (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);
  if (x >= 0)
    return g_variant_new_int64 (10 * x);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%" G_GINT64_FORMAT " is negative", x);

  return NULL;
}

static GVariant *
wait_for_gate (CfutCall  *call,
               GVariant  *arguments,
               gpointer   user_data,
               GError   **error)
{
  test_latch_wait (gate);

  return NULL;
}

/* Opens the gate, and waits to be cancelled. */
static GVariant *
hang (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);

  test_wait_for_cancel (cancellable, gate);
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return NULL;
}

/* Of a call that is done. */
static void
check_completion (CfutCompletion *completion,
                  guint64         tag,
                  gint64          result)
{
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_null (cfut_completion_get_error (completion));
  g_assert_cmpint (g_variant_get_int64 (cfut_completion_get_result (completion)), ==, result);
}

static CfutCompletion *
drain_one (CfutCompletionQueue *queue)
{
  gsize n_completions = 99;
  g_autofree CfutCompletion **completions = cfut_completion_queue_drain (queue, 1, &n_completions);

  g_assert_cmpuint (n_completions, ==, 1);

  return completions[0];
}

static void
assert_empty (CfutCompletionQueue *queue)
{
  gsize n_completions = 99;
  g_autofree CfutCompletion **completions = cfut_completion_queue_drain (queue, 0, &n_completions);

  g_assert_cmpuint (n_completions, ==, 0);
  g_assert_nonnull (completions);
}

static void
push (Fixture    *fixture,
      const char *function,
      GVariant   *arguments,
      guint64     tag)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_push (fixture->queue, fixture->executor, function, arguments,
                                             NULL, tag, &error));
  g_assert_no_error (error);
}

static void
wait_for_one (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_wait (fixture->queue, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
}

static gboolean
is_readable (int fd)
{
  struct pollfd entry = { .fd = fd, .events = POLLIN };

  return poll (&entry, 1, 0) == 1;
}

static void
poll_for_one (int fd)
{
  struct pollfd entry = { .fd = fd, .events = POLLIN };

  g_assert_cmpint (poll (&entry, 1, 120 * 1000), ==, 1);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const Kind *kind = data;

  test_census_take (&fixture->census);
  current = fixture;
  fixture->queue = cfut_completion_queue_new ();
  if (kind->create != NULL)
    fixture->executor = kind->create ();
  else
    fixture->executor = CFUT_EXECUTOR (test_manual_executor_new (1));
  gate = g_new0 (TestLatch, 1);
  test_latch_init (gate);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->queue != NULL)
    g_assert_finalize_object (fixture->queue);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_latch_clear (gate);
  g_free (gate);
  test_census_check (&fixture->census);
}

static void
test_batches (Fixture       *fixture,
              gconstpointer  data)
{
  const guint n_calls = test_scale (10000);
  g_autofree gboolean *seen = g_new0 (gboolean, n_calls);
  guint n_seen = 0;
  gint n_futures_before = g_atomic_int_get (&n_futures);

  g_test_summary ("10 000 calls come back once each, in batches, and none has a GObject");

  for (guint i = 0; i < n_calls; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);

  while (n_seen < n_calls)
    {
      g_autofree CfutCompletion **completions = NULL;
      gsize n_completions;

      wait_for_one (fixture);
      completions = cfut_completion_queue_drain (fixture->queue, 700, &n_completions);
      g_assert_cmpuint (n_completions, >, 0);
      g_assert_cmpuint (n_completions, <=, 700);
      g_assert_null (completions[n_completions]);

      for (gsize i = 0; i < n_completions; i++)
        {
          guint64 tag = cfut_completion_get_tag (completions[i]);

          g_assert_cmpuint (tag, <, n_calls);
          check_completion (completions[i], tag, 10 * (gint64) tag);
          g_assert_false (seen[tag]);
          seen[tag] = TRUE;
          cfut_completion_free (completions[i]);
        }
      n_seen += n_completions;
      g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, n_calls - n_seen);
    }

  assert_empty (fixture->queue);
  g_assert_cmpint (g_atomic_int_get (&n_futures), ==, n_futures_before);
}

static void
test_errors (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("What submit refuses is refused with its errors; what fails later is a completion");

  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "no-such-function",
                                              NULL, NULL, 1, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_clear_error (&error);
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(s)", "x"), NULL, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) -1), 3);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, 3);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_null (cfut_completion_get_result (completion));
  g_assert_error (cfut_completion_get_error (completion), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (cfut_completion_get_error (completion)->message, ==, "-1 is negative");

  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_NONE, 0, NULL));
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(x)", (gint64) 4), NULL, 4, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
}

static void
test_fd (Fixture       *fixture,
         gconstpointer  data)
{
  int fd;

  g_test_summary ("The descriptor is readable from the first completion until the last is drained");

  fd = cfut_completion_queue_get_fd (fixture->queue);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (is_readable (fd));

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < 3; i++)
        push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);

      for (guint i = 0; i < 3; i++)
        {
          g_autoptr(CfutCompletion) completion = NULL;

          poll_for_one (fd);
          completion = drain_one (fixture->queue);
          g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
        }
      g_assert_false (is_readable (fd));
    }

  g_assert_cmpint (cfut_completion_queue_get_fd (fixture->queue), ==, fd);
}

static gboolean
count_cb (CfutCompletionQueue *queue,
          gpointer             user_data)
{
  gint *n_left = user_data;
  g_autoptr(CfutCompletion) completion = drain_one (queue);

  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);

  return --*n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
is_zero (gpointer user_data)
{
  return *(gint *) user_data == 0;
}

static void
test_source (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSource) source = cfut_completion_queue_create_source (fixture->queue);
  gint n_left = 20;

  g_test_summary ("A source is dispatched as long as there is something to drain");

  g_source_set_callback (source, G_SOURCE_FUNC (count_cb), &n_left, NULL);
  g_source_attach (source, context);
  g_assert_false (g_main_context_iteration (context, FALSE));

  for (guint i = 0; i < 20; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);
  test_iterate_until (context, is_zero, &n_left);

  g_assert_true (g_source_is_destroyed (source));
  assert_empty (fixture->queue);
}

static void
closure_func (void)
{
}

static void
count_marshal (GClosure     *closure,
               GValue       *result,
               guint         n_parameters,
               const GValue *parameters,
               gpointer      hint,
               gpointer      marshal_data)
{
  g_assert_cmpuint (n_parameters, ==, 1);
  g_value_set_boolean (result, count_cb (g_value_get_object (&parameters[0]), closure->data));
}

static void
test_source_closure (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  GSource *source = cfut_completion_queue_create_source (fixture->queue);
  gint n_left = 2;
  GClosure *closure = g_cclosure_new (closure_func, &n_left, NULL);

  g_test_summary ("A source takes a closure, and keeps the queue alive");

  g_closure_set_marshal (closure, count_marshal);
  g_source_set_closure (source, closure);
  g_source_attach (source, context);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 2), 2);
  g_object_unref (g_steal_pointer (&fixture->queue));
  test_iterate_until (context, is_zero, &n_left);
  g_source_unref (source);
}

static void
fail_marshal (GClosure     *closure,
              GValue       *result,
              guint         n_parameters,
              const GValue *parameters,
              gpointer      hint,
              gpointer      marshal_data)
{
  ++*(guint *) closure->data;
}

static void
test_source_closure_fails (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSource) source = cfut_completion_queue_create_source (fixture->queue);
  guint n_calls = 0;
  GClosure *closure = g_cclosure_new (closure_func, &n_calls, NULL);

  g_test_summary ("A source whose closure answers nothing, as after an exception, is removed");

  g_closure_set_marshal (closure, fail_marshal);
  g_source_set_closure (source, closure);
  g_source_attach (source, context);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  while (!g_source_is_destroyed (source))
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (n_calls, ==, 1);
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  gboolean seen[4] = { FALSE, };

  g_test_summary ("Calls that run and calls that wait are cancelled by their tag, and no others");

  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  push (fixture, "hang", NULL, 2);
  push (fixture, "hang", NULL, 2);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 3), 3);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 4), ==, 0);
  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 2), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(CfutCompletion) completion = drain_one (fixture->queue);

      g_assert_cmpuint (cfut_completion_get_tag (completion), ==, 2);
      g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_CANCELLED);
      g_assert_error (cfut_completion_get_error (completion), G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  assert_empty (fixture->queue);
  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 2), ==, 0);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  while (cfut_completion_queue_get_n_pending (fixture->queue) > 0)
    {
      g_autoptr(CfutCompletion) completion = NULL;

      wait_for_one (fixture);
      completion = drain_one (fixture->queue);
      seen[cfut_completion_get_tag (completion)] = TRUE;
      g_assert_cmpint (cfut_completion_get_state (completion), ==,
                       cfut_completion_get_tag (completion) == 1 ? CFUT_FUTURE_STATE_CANCELLED
                                                                 : CFUT_FUTURE_STATE_DONE);
    }
  g_assert_true (seen[1] && seen[3]);
}

static void
expect_state (Fixture         *fixture,
              guint64          tag,
              CfutFutureState  state)
{
  g_autoptr(CfutCompletion) completion = NULL;

  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, state);
}

static void
test_withdraw (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("A call that waits is taken back by its tag, one that runs is not even asked to stop");

  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 3), 2);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 4), 2);

  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 3));
  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 1));
  g_assert_true (cfut_completion_queue_withdraw (fixture->queue, 2));
  expect_state (fixture, 2, CFUT_FUTURE_STATE_CANCELLED);
  assert_empty (fixture->queue);
  g_assert_cmpuint (cfut_executor_get_n_running (fixture->executor), ==, 1);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  expect_state (fixture, 1, CFUT_FUTURE_STATE_CANCELLED);
  expect_state (fixture, 2, CFUT_FUTURE_STATE_DONE);
  g_assert_false (cfut_completion_queue_withdraw (fixture->queue, 2));
}

static void
test_future (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(CfutFuture) running = NULL;
  g_autoptr(CfutFuture) waiting = NULL;
  g_autoptr(CfutFuture) same = NULL;
  g_autoptr(CfutFuture) drained = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that was pushed has a future for who asks, which outlives the drain");

  g_assert_null (cfut_completion_queue_dup_future (fixture->queue, 1));
  push (fixture, "hang", NULL, 1);
  test_latch_wait (gate);
  for (guint64 tag = 2; tag <= 5; tag++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) tag), tag);

  running = cfut_completion_queue_dup_future (fixture->queue, 1);
  g_assert_cmpint (cfut_future_get_state (running), ==, CFUT_FUTURE_STATE_RUNNING);
  for (guint64 tag = 2; tag <= 5; tag++)
    {
      g_clear_object (&waiting);
      waiting = cfut_completion_queue_dup_future (fixture->queue, tag);
      g_assert_cmpint (cfut_future_get_state (waiting), ==, CFUT_FUTURE_STATE_PENDING);
    }
  same = cfut_completion_queue_dup_future (fixture->queue, 5);
  g_assert_true (same == waiting);
  g_assert_null (cfut_completion_queue_dup_future (fixture->queue, 6));

  g_assert_true (cfut_future_cancel (running));
  expect_state (fixture, 1, CFUT_FUTURE_STATE_CANCELLED);
  for (guint64 tag = 2; tag <= 5; tag++)
    expect_state (fixture, tag, CFUT_FUTURE_STATE_DONE);
  drained = cfut_completion_queue_dup_future (fixture->queue, 5);
  g_assert_null (drained);

  g_assert_cmpint (cfut_future_get_state (running), ==, CFUT_FUTURE_STATE_CANCELLED);
  result = cfut_future_dup_result (waiting, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 50);
}

static void
test_timeout (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("A wait times out when nothing has ended, and does no harm");

  g_assert_false (cfut_completion_queue_wait (fixture->queue, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);

  push (fixture, "wait-for-gate", NULL, 1);
  g_assert_false (cfut_completion_queue_wait (fixture->queue, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_false (cfut_completion_queue_wait (fixture->queue, 1000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);

  test_latch_open (gate);
  wait_for_one (fixture);
  g_assert_true (cfut_completion_queue_wait (fixture->queue, 0, &error));
  completion = drain_one (fixture->queue);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
}

static void
test_drop (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("Calls go on without the queue, and are not cancelled");

  g_assert_cmpint (cfut_completion_queue_get_fd (fixture->queue), >=, 0);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  wait_for_one (fixture);
  for (guint i = 0; i < 50; i++)
    push (fixture, "wait-for-gate", NULL, i);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));

  test_latch_open (gate);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  stats = cfut_executor_get_stats (fixture->executor);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, 51);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), ==, 0);
}

static void
test_drop_race (Fixture       *fixture,
                gconstpointer  data)
{
  g_test_summary ("A queue can be dropped while its calls end");

  for (guint round = 0; round < 200; round++)
    {
      for (guint i = 0; i < 10; i++)
        push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);
      g_assert_finalize_object (fixture->queue);
      fixture->queue = cfut_completion_queue_new ();
    }
}

static void
test_copies (Fixture       *fixture,
             gconstpointer  data)
{
  CfutCompletion *completion, *copy;

  g_test_summary ("A completion outlives the queue, and a copy its original");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 7), G_MAXUINT64);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));
  copy = g_boxed_copy (CFUT_TYPE_COMPLETION, completion);
  g_assert_true (cfut_completion_get_result (copy) == cfut_completion_get_result (completion));
  cfut_completion_free (completion);
  check_completion (copy, G_MAXUINT64, 70);
  g_boxed_free (CFUT_TYPE_COMPLETION, copy);
}

static void
test_unobserved (Fixture       *fixture,
                 gconstpointer  data)
{
  g_test_summary ("A failure that nobody has looked at is warned of");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_failed ();
      g_test_trap_assert_stderr ("*-1 is negative*");
      return;
    }

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) -1), 1);
  wait_for_one (fixture);
  cfut_completion_free (drain_one (fixture->queue));
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
}

/* Pushes a call on the executor it runs on itself, and waits for it. */
static GVariant *
push_and_wait (CfutCall  *call,
               GVariant  *arguments,
               gpointer   user_data,
               GError   **error)
{
  g_autoptr(CfutCompletionQueue) queue = cfut_completion_queue_new ();

  for (gint64 i = 0; i < 10; i++)
    if (!cfut_completion_queue_push (queue, current->executor, "tenfold", g_variant_new ("(x)", i),
                                     NULL, i, error))
      return NULL;

  while (cfut_completion_queue_get_n_pending (queue) > 0)
    {
      g_autoptr(CfutCompletion) completion = NULL;

      if (!cfut_completion_queue_wait (queue, CFUT_WAIT_FOREVER, error))
        return NULL;
      completion = drain_one (queue);
      check_completion (completion, cfut_completion_get_tag (completion),
                        10 * (gint64) cfut_completion_get_tag (completion));
    }

  return NULL;
}

static void
test_help (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("The only thread of a pool runs the calls it waits for");

  push (fixture, "push-and-wait", NULL, 1);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_no_error (cfut_completion_get_error (completion));
}

/* Waits for the queue that it is in alone. */
static GVariant *
wait_for_itself (CfutCall  *call,
                 GVariant  *arguments,
                 gpointer   user_data,
                 GError   **error)
{
  test_latch_wait (gate);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) local_error = NULL;

      g_assert_false (cfut_completion_queue_wait (current->queue, CFUT_WAIT_FOREVER, &local_error));
      g_assert_error (local_error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
    }

  return NULL;
}

static void
test_wait_for_itself (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("A call that waits for nothing but itself gets an error, each time");

  push (fixture, "wait-for-itself", NULL, 1);
  test_latch_open (gate);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
}

static gboolean
wait_in_dispatch_cb (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_completion_queue_wait (fixture->queue, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
  g_clear_error (&error);
  g_assert_false (cfut_completion_queue_wait (fixture->queue, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_latch_open (gate);

  return G_SOURCE_REMOVE;
}

static void
test_wait_in_dispatch (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("A callback of the context that pushed must not wait");

  push (fixture, "wait-for-gate", NULL, 1);
  g_idle_add (wait_in_dispatch_cb, fixture);
  while (!test_latch_is_open (gate))
    g_main_context_iteration (NULL, TRUE);

  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
}

static gboolean
wait_for_another_cb (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_completion_queue_wait (fixture->queue, 1000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  fixture->has_waited = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_homes (Fixture       *fixture,
            gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(CfutCompletion) own = NULL;
  g_autoptr(CfutCompletion) other = NULL;

  g_test_summary ("... as long as one of the calls is of that context, whoever pushed the others");

  push (fixture, "wait-for-gate", NULL, 1);
  g_main_context_push_thread_default (context);
  push (fixture, "hang", NULL, 2);
  g_main_context_pop_thread_default (context);
  g_idle_add (wait_in_dispatch_cb, fixture);
  while (!test_latch_is_open (gate))
    g_main_context_iteration (NULL, TRUE);
  wait_for_one (fixture);
  own = drain_one (fixture->queue);
  g_assert_cmpuint (cfut_completion_get_tag (own), ==, 1);

  g_idle_add (wait_for_another_cb, fixture);
  while (!fixture->has_waited)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 2), ==, 1);
  wait_for_one (fixture);
  other = drain_one (fixture->queue);
  g_assert_cmpint (cfut_completion_get_state (other), ==, CFUT_FUTURE_STATE_CANCELLED);
}

static gboolean
is_listed (gpointer user_data)
{
  return g_list_model_get_n_items (user_data) == 1;
}

static void
test_list_of_calls (Fixture       *fixture,
                    gconstpointer  data)
{
  GListModel *calls = cfut_executor_get_calls (fixture->executor);
  g_autoptr(CfutCompletion) completion = NULL;

  g_test_summary ("Who looks at the list of calls sees those that were pushed");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 2), 5);
  test_iterate_until (NULL, is_listed, calls);
  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  check_completion (completion, 5, 20);
}

static gpointer
push_thread (gpointer user_data)
{
  push (user_data, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);

  return NULL;
}

static void
test_pushed_meanwhile (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CfutCompletion) completion = NULL;
  GThread *thread = g_thread_new ("test-push", push_thread, fixture);

  g_test_summary ("A wait sees what another thread pushes");

  wait_for_one (fixture);
  completion = drain_one (fixture->queue);
  check_completion (completion, 1, 10);
  g_thread_join (thread);
}

static void
test_third_party (Fixture       *fixture,
                  gconstpointer  data)
{
  static const guint order[] = { 2, 0, 3, 1 };
  TestManualExecutor *executor = TEST_MANUAL_EXECUTOR (fixture->executor);
  g_autofree CfutCompletion **first = NULL;
  g_autofree CfutCompletion **rest = NULL;
  g_autoptr(GError) error = NULL;
  gsize n_first, n_rest;

  g_test_summary ("Calls of any executor come in the order in which they end, at most so many");

  for (gint64 i = 0; i < 4; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", i), 100 + i);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 4);
  assert_empty (fixture->queue);

  for (guint i = 0; i < 4; i++)
    test_manual_executor_resolve (executor, order[i]);

  first = cfut_completion_queue_drain (fixture->queue, 3, &n_first);
  g_assert_cmpuint (n_first, ==, 3);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 1);
  rest = cfut_completion_queue_drain (fixture->queue, 3, &n_rest);
  g_assert_cmpuint (n_rest, ==, 1);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(CfutCompletion) completion = i < 3 ? first[i] : rest[0];

      check_completion (completion, 100 + order[i], 10 * (gint64) order[i]);
    }

  test_manual_executor_refuse (executor, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_false (cfut_completion_queue_push (fixture->queue, fixture->executor, "tenfold",
                                              g_variant_new ("(x)", (gint64) 0), NULL, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_drop_unresolved (Fixture       *fixture,
                      gconstpointer  data)
{
  g_test_summary ("A queue with futures that have not resolved leaves nothing in them");

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 0), 1);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 2);
  test_manual_executor_resolve (TEST_MANUAL_EXECUTOR (fixture->executor), 1);
  g_assert_finalize_object (g_steal_pointer (&fixture->queue));
  test_manual_executor_resolve (TEST_MANUAL_EXECUTOR (fixture->executor), 0);
}

static void
test_add_future (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  int fd;

  g_test_summary ("A future can be added before and after it has resolved, and more than once");

  cfut_completion_queue_add_future (fixture->queue, future, 1);
  assert_empty (fixture->queue);
  cfut_promise_resolve_variant (promise, g_variant_new_int64 (5));
  cfut_completion_queue_add_future (fixture->queue, future, 2);

  /* The descriptor tells of what was there before it, too. */
  fd = cfut_completion_queue_get_fd (fixture->queue);
  g_assert_true (is_readable (fd));

  for (guint64 tag = 1; tag <= 2; tag++)
    {
      g_autoptr(CfutCompletion) completion = drain_one (fixture->queue);

      check_completion (completion, tag, 5);
    }
  g_assert_false (is_readable (fd));
}

#define ADD(path, kind, func) \
  G_STMT_START { \
    g_autofree char *full_path = g_strdup_printf ("/completion-queue/%s/" path, (kind)->name); \
    g_test_add (full_path, Fixture, kind, set_up, func, tear_down); \
  } G_STMT_END

int
main (int    argc,
      char **argv)
{
  const GVariantType *one_number = G_VARIANT_TYPE ("(x)");

  cfut_register_function ("tenfold", one_number, G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);
  cfut_register_function ("wait-for-gate", NULL, NULL, wait_for_gate, NULL, NULL);
  cfut_register_function ("hang", NULL, NULL, hang, NULL, NULL);
  cfut_register_function ("push-and-wait", NULL, NULL, push_and_wait, NULL, NULL);
  cfut_register_function ("wait-for-itself", NULL, NULL, wait_for_itself, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      ADD ("batches", &kinds[i], test_batches);
      ADD ("errors", &kinds[i], test_errors);
      ADD ("fd", &kinds[i], test_fd);
      ADD ("source", &kinds[i], test_source);
      ADD ("copies", &kinds[i], test_copies);
      ADD ("drop-race", &kinds[i], test_drop_race);
      ADD ("pushed-meanwhile", &kinds[i], test_pushed_meanwhile);
    }

  /* The calls of these wait for this process. */
  for (guint i = 1; i < 3; i++)
    {
      ADD ("timeout", &kinds[i], test_timeout);
      ADD ("drop", &kinds[i], test_drop);
      ADD ("list-of-calls", &kinds[i], test_list_of_calls);
      ADD ("help", &kinds[i], test_help);
      ADD ("wait-for-itself", &kinds[i], test_wait_for_itself);
      ADD ("wait-in-dispatch", &kinds[i], test_wait_in_dispatch);
    }
  ADD ("homes", &kinds[1], test_homes);
  ADD ("cancel", &kinds[1], test_cancel);
  ADD ("withdraw", &kinds[1], test_withdraw);
  ADD ("future", &kinds[1], test_future);
  ADD ("unobserved", &kinds[1], test_unobserved);
  ADD ("source-closure", &kinds[1], test_source_closure);
  ADD ("source-closure-fails", &kinds[1], test_source_closure_fails);

  ADD ("third-party", &manual, test_third_party);
  ADD ("drop-unresolved", &manual, test_drop_unresolved);
  ADD ("add-future", &manual, test_add_future);

  return g_test_run ();
}
