/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* Bounds of the queue, for those who wait without blocking. */

typedef struct
{
  CfutExecutor *executor;
  Gate gate;
  CfutFuture *occupied;
  CfutFuture *queued;
} Full;

/* One thread, one place, and both taken. */
static void
full_init (Full *self)
{
  *self = (Full) { cfut_thread_executor_new (1) };
  cfut_executor_set_max_pending (self->executor, 1);
  self->occupied = occupy (self->executor, &self->gate);
  self->queued = submit (self->executor, "square", 100);
}

static void
full_release (Full *self)
{
  release (self->occupied, &self->gate);
  assert_result (self->queued, 10000);
}

static void
submit_async (CfutExecutor *executor,
              const char   *function,
              guint64       argument,
              GCancellable *cancellable,
              Answer       *answer)
{
  cfut_executor_submit_async (executor, function, g_variant_new ("(t)", argument),
                              NULL, cancellable, answer_cb, answer);
}

static CfutFuture *
submit_finish (CfutExecutor *executor,
               Answer       *answer)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  answer_await (answer);
  g_assert_true (answer->thread == g_thread_self ());
  future = cfut_executor_submit_finish (executor, answer->result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (future);
  answer_clear (answer);

  return future;
}

static void
assert_refused (CfutExecutor *executor,
                Answer       *answer,
                GQuark        domain,
                int           code)
{
  g_autoptr(GError) error = NULL;

  answer_await (answer);
  g_assert_null (cfut_executor_submit_finish (executor, answer->result, &error));
  g_assert_error (error, domain, code);
  answer_clear (answer);
}

/* Lets whatever is on its way arrive. */
static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_room (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Answer answer = ANSWER_INIT;

  g_test_summary ("With room the call is submitted at once; the callback comes later");

  submit_async (executor, "square", 3, NULL, &answer);
  g_assert_false (answer.done);
  assert_result (submit_finish (executor, &answer), 9);

  end_executor (executor);
}

static void
test_refused (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  GVariant *arguments = g_variant_new ("(s)", "x");
  g_autoptr(GVariant) watched = g_variant_ref (arguments);
  Answer answer = ANSWER_INIT;

  g_test_summary ("What submit() refuses is refused, and floating arguments are consumed");

  cfut_executor_submit_async (executor, "square", arguments, NULL, NULL, answer_cb, &answer);
  assert_refused (executor, &answer, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_variant_is_floating (watched));

  submit_async (executor, "no such function", 1, NULL, &answer);
  assert_refused (executor, &answer, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);

  g_cancellable_cancel (cancellable);
  submit_async (executor, "square", 1, cancellable, &answer);
  assert_refused (executor, &answer, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  submit_async (executor, "square", 1, NULL, &answer);
  assert_refused (executor, &answer, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  end_executor (executor);
}

static void
test_order (void)
{
  Full full;
  Answer answers[8] = { 0 };

  g_test_summary ("Waiting submits get room in their order, whatever the policy");

  full_init (&full);
  cfut_executor_set_overflow (full.executor, CFUT_OVERFLOW_FAIL);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    submit_async (full.executor, "square", i, NULL, &answers[i]);
  drain ();
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_false (answers[i].done);

  /* Each runs before the next has room. */
  full_release (&full);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      CfutFuture *future = submit_finish (full.executor, &answers[i]);

      assert_result (future, i * i);
    }

  end_executor (full.executor);
}

static void
test_cancelled (void)
{
  Full full;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Answer answers[3] = { 0 };

  g_test_summary ("A cancelled wait leaves its place to those behind, and submits nothing");

  full_init (&full);
  submit_async (full.executor, "fail", 1, cancellable, &answers[0]);
  submit_async (full.executor, "square", 2, NULL, &answers[1]);
  submit_async (full.executor, "fail", 3, cancellable, &answers[2]);
  g_cancellable_cancel (cancellable);
  assert_refused (full.executor, &answers[0], G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_refused (full.executor, &answers[2], G_IO_ERROR, G_IO_ERROR_CANCELLED);

  full_release (&full);
  assert_result (submit_finish (full.executor, &answers[1]), 4);
  end_executor (full.executor);
}

static void
test_call_cancelled (void)
{
  Full full;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Answer answers[100] = { 0 };

  g_test_summary ("Calls that are cancelled while they wait for room give cancelled futures at once");

  full_init (&full);
  cfut_submit_options_set_cancellable (options, cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    cfut_executor_submit_async (full.executor, "square", g_variant_new ("(t)", (guint64) i),
                                i % 2 == 0 ? options : NULL, NULL, answer_cb, &answers[i]);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i += 2)
    assert_cancelled (submit_finish (full.executor, &answers[i]));

  full_release (&full);
  for (guint i = 1; i < G_N_ELEMENTS (answers); i += 2)
    assert_result (submit_finish (full.executor, &answers[i]), i * i);
  end_executor (full.executor);
}

static void
test_call_late (void)
{
  Full full;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  Answer answers[2] = { 0 };

  g_test_summary ("A call whose deadline passes while it waits for room gives a future that timed out");

  full_init (&full);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      cfut_submit_options_set_deadline (options, i == 0 ? 10000 : G_MAXINT64);
      cfut_executor_submit_async (full.executor, "square", g_variant_new ("(t)", G_GUINT64_CONSTANT (5)),
                                  options, NULL, answer_cb, &answers[i]);
    }
  assert_error (submit_finish (full.executor, &answers[0]), G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                "Call \"square\" timed out after waiting for 0.010 s");

  full_release (&full);
  assert_result (submit_finish (full.executor, &answers[1]), 25);
  end_executor (full.executor);
}

static void
test_shutdown (void)
{
  Full full;
  Answer answers[5] = { 0 };

  g_test_summary ("A shutdown refuses all who wait");

  full_init (&full);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    submit_async (full.executor, "square", i, NULL, &answers[i]);
  g_assert_true (cfut_executor_shutdown (full.executor, CFUT_SHUTDOWN_NONE, 0, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    assert_refused (full.executor, &answers[i], CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  full_release (&full);
  end_executor (full.executor);
}

static void
test_call_async (void)
{
  Full full;
  g_autoptr(GError) error = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Answer answers[2] = { 0 };
  GVariant *result;

  g_test_summary ("call_async() waits for room, too, and can be cancelled then");

  full_init (&full);
  cfut_executor_call_async (full.executor, "square", g_variant_new ("(t)", G_GUINT64_CONSTANT (7)),
                            NULL, cancellable, answer_cb, &answers[0]);
  cfut_executor_call_async (full.executor, "square", g_variant_new ("(t)", G_GUINT64_CONSTANT (8)),
                            NULL, NULL, answer_cb, &answers[1]);
  g_cancellable_cancel (cancellable);
  answer_await (&answers[0]);
  g_assert_null (cfut_executor_call_finish (full.executor, answers[0].result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  full_release (&full);
  answer_await (&answers[1]);
  result = cfut_executor_call_finish (full.executor, answers[1].result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 64);
  g_variant_unref (result);

  answer_clear (&answers[0]);
  answer_clear (&answers[1]);
  end_executor (full.executor);
}

static void
test_bounds_change (void)
{
  Full full;
  Answer answers[3] = { 0 };

  g_test_summary ("A bound that is raised lets those in who wait");

  full_init (&full);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    submit_async (full.executor, "square", i, NULL, &answers[i]);
  cfut_executor_set_max_pending (full.executor, 3);
  g_assert_cmpuint (cfut_executor_get_n_pending (full.executor), ==, 3);
  cfut_executor_set_max_pending (full.executor, 30);
  g_assert_cmpuint (cfut_executor_get_n_pending (full.executor), ==, 4);

  full_release (&full);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    assert_result (submit_finish (full.executor, &answers[i]), i * i);
  end_executor (full.executor);
}

static gboolean
is_null (gpointer user_data)
{
  return *(gpointer *) user_data == NULL;
}

static void
test_last_reference (void)
{
  Full full;
  Answer answer = ANSWER_INIT;
  GObject *executor;

  g_test_summary ("A wait for room keeps the executor");

  full_init (&full);
  executor = G_OBJECT (full.executor);
  g_object_add_weak_pointer (executor, (gpointer *) &executor);
  submit_async (full.executor, "square", 6, NULL, &answer);
  g_object_unref (full.executor);
  g_assert_nonnull (executor);

  full_release (&full);
  assert_result (submit_finish (full.executor, &answer), 36);
  test_iterate_until (NULL, is_null, &executor);
}

/* ---- A thread with a loop of its own, and one that only submits. */

static gpointer
own_context_thread (gpointer user_data)
{
  Full *full = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();
  Answer answer = ANSWER_INIT;
  CfutFuture *future;

  g_main_context_push_thread_default (context);
  submit_async (full->executor, "square", 9, NULL, &answer);
  test_latch_open (&full->gate.go);
  test_iterate_until_set (context, &answer.done);
  g_assert_true (answer.thread == g_thread_self ());
  future = cfut_executor_submit_finish (full->executor, answer.result, NULL);
  assert_result (future, 81);
  answer_clear (&answer);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_own_context (void)
{
  Full full;

  g_test_summary ("The callback comes in the context of the thread that submitted");

  full_init (&full);
  g_thread_join (g_thread_new ("submitter", own_context_thread, &full));
  full_release (&full);
  end_executor (full.executor);
}

/* All of it is in flight at once: submits, their cancels, and room. */
typedef struct
{
  CfutExecutor *executor;
  GCancellable *cancellable;
  Answer answers[50];
} Storm;

static gpointer
cancel_thread (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return NULL;
}

static gboolean
all_are_done (gpointer user_data)
{
  Storm *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (self->answers); i++)
    if (!g_atomic_int_get (&self->answers[i].done))
      return FALSE;

  return TRUE;
}

static void
test_cancel_race (void)
{
  g_test_summary ("Each of many waits that race with their cancel is answered once");

  for (guint round = 0; round < 100; round++)
    {
      Storm self = { cfut_thread_executor_new (2), g_cancellable_new () };
      GThread *thread;

      cfut_executor_set_max_pending (self.executor, 2);
      thread = g_thread_new ("canceller", cancel_thread, self.cancellable);
      for (guint i = 0; i < G_N_ELEMENTS (self.answers); i++)
        submit_async (self.executor, "square", i, self.cancellable, &self.answers[i]);
      test_iterate_until (NULL, all_are_done, &self);
      g_thread_join (thread);

      for (guint i = 0; i < G_N_ELEMENTS (self.answers); i++)
        {
          g_autoptr(GError) error = NULL;
          CfutFuture *future = cfut_executor_submit_finish (self.executor, self.answers[i].result, &error);

          if (future != NULL)
            assert_result (future, i * i);
          else
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          answer_clear (&self.answers[i]);
        }
      end_executor (self.executor);
      g_assert_finalize_object (self.cancellable);
    }
}

static void
assert_done (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  /* Who has told it may be about to drop its promise. */
  g_object_unref (future);
}

static void
test_await_room (void)
{
  Full full;
  CfutFuture *room;

  g_test_summary ("A future of room is done when there is some, and at once if there is");

  full_init (&full);
  room = cfut_executor_await_room (full.executor);
  g_assert_false (cfut_future_is_done (room));
  full_release (&full);
  assert_done (room);

  room = cfut_executor_await_room (full.executor);
  g_assert_true (cfut_future_is_done (room));
  assert_done (room);

  end_executor (full.executor);
}

static void
test_await_room_in_vain (void)
{
  Full full;
  CfutFuture *room, *cancelled;

  g_test_summary ("A future of room fails when the executor is shut down");

  full_init (&full);
  room = cfut_executor_await_room (full.executor);
  cancelled = cfut_executor_await_room (full.executor);
  g_assert_true (cfut_future_cancel (cancelled));
  cfut_executor_shutdown (full.executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  assert_error (room, CFUT_ERROR, CFUT_ERROR_SHUTDOWN, "Executor was shut down*");
  g_object_unref (cancelled);
  assert_error (cfut_executor_await_room (full.executor), CFUT_ERROR, CFUT_ERROR_SHUTDOWN, "*");

  full_release (&full);
  end_executor (full.executor);
}

static void
test_await_end (void)
{
  Full full;
  CfutFuture *end;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A future of the end is done when an executor that was shut down has ended");

  full_init (&full);
  end = cfut_executor_await_end (full.executor, &error);
  g_assert_no_error (error);
  cfut_executor_shutdown (full.executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  g_assert_false (cfut_future_is_done (end));
  full_release (&full);
  assert_done (end);

  end = cfut_executor_await_end (full.executor, &error);
  g_assert_no_error (error);
  g_assert_true (cfut_future_is_done (end));
  assert_done (end);

  end_executor (full.executor);
}

static gboolean
await_own_end (CfutCall  *call,
               GValue    *result,
               gpointer   user_data,
               GError   **error)
{
  g_assert_null (cfut_executor_await_end (user_data, error));

  return FALSE;
}

static void
test_await_own_end (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);

  g_test_summary ("A call cannot wait for the end of its executor");

  assert_error (cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), await_own_end,
                                                  executor, NULL, NULL, NULL),
                CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK, "A call cannot wait*");

  end_executor (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/room-async/room", test_room);
  add_test ("/room-async/refused", test_refused);
  add_test ("/room-async/order", test_order);
  add_test ("/room-async/cancelled", test_cancelled);
  add_test ("/room-async/call-cancelled", test_call_cancelled);
  add_test ("/room-async/call-late", test_call_late);
  add_test ("/room-async/shutdown", test_shutdown);
  add_test ("/room-async/call-async", test_call_async);
  add_test ("/room-async/bounds-change", test_bounds_change);
  add_test ("/room-async/last-reference", test_last_reference);
  add_test ("/room-async/own-context", test_own_context);
  add_test ("/room-async/cancel-race", test_cancel_race);
  add_test ("/room-async/await-room", test_await_room);
  add_test ("/room-async/await-room-in-vain", test_await_room_in_vain);
  add_test ("/room-async/await-end", test_await_end);
  add_test ("/room-async/await-own-end", test_await_own_end);

  return g_test_run ();
}
