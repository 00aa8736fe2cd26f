/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/* What a wait came to. */
typedef struct
{
  GThread *thread;
  GMainContext *context;
  gboolean called;
  GVariant *result;
  GError *error;
} Answer;

static void
answer_init (Answer       *self,
             GMainContext *context)
{
  *self = (Answer) { g_thread_self (), context };
}

static void
answer_clear (Answer *self)
{
  g_clear_pointer (&self->result, g_variant_unref);
  g_clear_error (&self->error);
}

static void
answer_take (Answer *self)
{
  g_assert_false (self->called);
  g_assert_true (g_thread_self () == self->thread);
  g_assert_true (g_main_context_is_owner (self->context));
  self->called = TRUE;
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *self = user_data;

  answer_take (self);
  self->result = cfut_future_result_finish (CFUT_FUTURE (source), result, &self->error);
}

static void
wait_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Answer *self = user_data;

  answer_take (self);
  if (cfut_future_wait_finish (CFUT_FUTURE (source), result, &self->error))
    self->result = g_variant_ref_sink (g_variant_new ("()"));
}

static void
drain_context (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    ;
}

static void
resolve (CfutPromise *promise)
{
  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_int32 (7)));
}

static void
assert_seven (Answer *self)
{
  g_assert_true (self->called);
  g_assert_no_error (self->error);
  g_assert_cmpint (g_variant_get_int32 (self->result), ==, 7);
  answer_clear (self);
}

static void
assert_wait_cancelled (Answer *self)
{
  g_assert_true (self->called);
  g_assert_null (self->result);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer_clear (self);
}

static void
test_outcomes (void)
{
  g_autoptr(GError) failure = g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "as told");
  CfutPromise *promise;
  Answer result, wait;

  g_test_summary ("A result arrives, or its error; a wait does not mind which");

  for (guint early = 0; early <= 1; early++)
    for (guint fails = 0; fails <= 1; fails++)
      {
        answer_init (&result, g_main_context_default ());
        answer_init (&wait, g_main_context_default ());
        promise = cfut_promise_new ();

        for (guint step = 0; step <= 1; step++)
          if (step != early)
            {
              cfut_future_result_async (cfut_promise_get_future (promise), NULL, result_cb, &result);
              cfut_future_wait_async (cfut_promise_get_future (promise), NULL, wait_cb, &wait);
            }
          else if (fails)
            {
              g_assert_true (cfut_promise_reject (promise, failure));
            }
          else
            {
              resolve (promise);
            }

        g_assert_false (result.called);
        g_assert_false (wait.called);
        drain_context (NULL);

        g_assert_true (wait.called);
        g_assert_no_error (wait.error);
        answer_clear (&wait);

        if (fails)
          {
            g_assert_true (result.called);
            g_assert_null (result.result);
            g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
            g_assert_cmpstr (result.error->message, ==, "as told");
            answer_clear (&result);
          }
        else
          {
            assert_seven (&result);
          }

        g_assert_finalize_object (promise);
      }
}

static gpointer
resolve_thread (gpointer user_data)
{
  resolve (user_data);

  return NULL;
}

static void
test_callers_context (void)
{
  GMainContext *context = g_main_context_new ();
  CfutPromise *promise = cfut_promise_new ();
  Answer answer;

  g_test_summary ("The callback comes in the context of who waits, not in the home of the future");

  answer_init (&answer, context);
  g_main_context_push_thread_default (context);
  cfut_future_result_async (cfut_promise_get_future (promise), NULL, result_cb, &answer);
  g_main_context_pop_thread_default (context);

  g_thread_join (g_thread_new ("test-resolve", resolve_thread, promise));
  drain_context (NULL);
  g_assert_false (answer.called);
  drain_context (context);
  assert_seven (&answer);

  g_assert_finalize_object (promise);
  g_main_context_unref (context);
}

static void
test_wakes_loop (void)
{
  CfutPromise *promise = cfut_promise_new ();
  Answer answer;
  GThread *thread;

  g_test_summary ("A loop that sleeps is woken by a result");

  answer_init (&answer, g_main_context_default ());
  cfut_future_result_async (cfut_promise_get_future (promise), NULL, result_cb, &answer);
  thread = g_thread_new ("test-resolve", resolve_thread, promise);
  while (!answer.called)
    g_main_context_iteration (NULL, TRUE);
  assert_seven (&answer);

  g_thread_join (thread);
  g_assert_finalize_object (promise);
}

static gboolean
wait_and_resolve_cb (gpointer user_data)
{
  Answer *answers = user_data;
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);

  cfut_future_result_async (future, NULL, result_cb, &answers[0]);
  resolve (promise);
  cfut_future_result_async (future, NULL, result_cb, &answers[1]);
  g_assert_false (answers[0].called);
  g_assert_false (answers[1].called);
  g_object_unref (promise);

  return G_SOURCE_REMOVE;
}

static gboolean
resolve_cb (gpointer user_data)
{
  CfutPromise *promise = user_data;
  Answer *answer = g_object_get_data (G_OBJECT (promise), "answer");

  resolve (promise);
  g_assert_false (answer->called);

  return G_SOURCE_REMOVE;
}

static void
test_never_inline (void)
{
  CfutPromise *promise = cfut_promise_new ();
  Answer answers[2];
  Answer answer;

  g_test_summary ("Not even in a callback of the same loop does an answer come at once");

  answer_init (&answers[0], g_main_context_default ());
  answer_init (&answers[1], g_main_context_default ());
  g_idle_add (wait_and_resolve_cb, answers);
  drain_context (NULL);
  assert_seven (&answers[0]);
  assert_seven (&answers[1]);

  /* A wait from an earlier iteration, which GTask would return inline. */
  answer_init (&answer, g_main_context_default ());
  cfut_future_result_async (cfut_promise_get_future (promise), NULL, result_cb, &answer);
  g_object_set_data (G_OBJECT (promise), "answer", &answer);
  g_idle_add (resolve_cb, promise);
  drain_context (NULL);
  assert_seven (&answer);
  g_assert_finalize_object (promise);
}

/* When the wait is cancelled. */
typedef enum
{
  BEFORE_WAIT,
  WHILE_WAITING,
  AFTER_RESOLVED,
  BEFORE_WAIT_RESOLVED,
  AFTER_CALLBACK,
} Stage;

static void
test_cancel_wait (void)
{
  g_test_summary ("At each stage a cancel ends the wait, and leaves the call alone");

  for (Stage stage = BEFORE_WAIT; stage <= AFTER_CALLBACK; stage++)
    {
      GCancellable *cancellable = g_cancellable_new ();
      CfutPromise *promise = cfut_promise_new ();
      CfutFuture *future = cfut_promise_get_future (promise);
      Answer result, wait;

      answer_init (&result, g_main_context_default ());
      answer_init (&wait, g_main_context_default ());

      if (stage == BEFORE_WAIT_RESOLVED)
        resolve (promise);
      if (stage == BEFORE_WAIT || stage == BEFORE_WAIT_RESOLVED)
        g_cancellable_cancel (cancellable);

      cfut_future_result_async (future, cancellable, result_cb, &result);
      cfut_future_wait_async (future, cancellable, wait_cb, &wait);

      if (stage == WHILE_WAITING)
        {
          drain_context (NULL);
          g_cancellable_cancel (cancellable);
        }
      else if (stage == AFTER_RESOLVED)
        {
          resolve (promise);
          g_cancellable_cancel (cancellable);
        }
      else if (stage == AFTER_CALLBACK)
        {
          resolve (promise);
          drain_context (NULL);
          g_cancellable_cancel (cancellable);
        }

      g_assert_cmpint (result.called, ==, stage == AFTER_CALLBACK);
      drain_context (NULL);

      if (stage == AFTER_CALLBACK)
        {
          assert_seven (&result);
          g_assert_no_error (wait.error);
          answer_clear (&wait);
        }
      else
        {
          assert_wait_cancelled (&result);
          assert_wait_cancelled (&wait);
        }

      g_assert_false (g_cancellable_is_cancelled (cfut_promise_get_cancellable (promise)));
      if (stage == BEFORE_WAIT || stage == WHILE_WAITING)
        {
          g_assert_false (cfut_future_is_done (future));
          resolve (promise);
        }
      drain_context (NULL);

      g_assert_finalize_object (promise);
      g_assert_finalize_object (cancellable);
    }
}

static void
test_reset_cancellable (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  CfutPromise *promise = cfut_promise_new ();
  Answer answer;

  g_test_summary ("A cancellable may be used again, even while its cancel is on the way");

  for (guint i = 0; i < 2; i++)
    {
      answer_init (&answer, g_main_context_default ());
      cfut_future_result_async (cfut_promise_get_future (promise), cancellable, result_cb, &answer);
      g_cancellable_cancel (cancellable);
      g_cancellable_reset (cancellable);
      drain_context (NULL);
      assert_wait_cancelled (&answer);
    }

  answer_init (&answer, g_main_context_default ());
  cfut_future_result_async (cfut_promise_get_future (promise), cancellable, result_cb, &answer);
  resolve (promise);
  drain_context (NULL);
  assert_seven (&answer);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (cancellable);
}

static void
test_keeps_future (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  Answer answer;

  g_test_summary ("A wait keeps the future, and a cancelled one lets it go");

  answer_init (&answer, g_main_context_default ());
  cfut_future_result_async (future, NULL, result_cb, &answer);
  g_object_add_weak_pointer (G_OBJECT (future), (gpointer *) &future);
  resolve (promise);
  g_assert_finalize_object (promise);
  g_assert_nonnull (future);
  drain_context (NULL);
  g_assert_null (future);
  assert_seven (&answer);
}

#define N_WAITS 1000

static void
test_many_waits (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  CfutPromise *promise = cfut_promise_new ();
  g_autofree Answer *answers = g_new0 (Answer, 2 * N_WAITS);

  g_test_summary ("Many waits share a future and a cancellable");

  for (guint i = 0; i < 2 * N_WAITS; i++)
    {
      answer_init (&answers[i], g_main_context_default ());
      cfut_future_result_async (cfut_promise_get_future (promise),
                                i % 2 == 0 ? cancellable : NULL,
                                result_cb, &answers[i]);
    }

  g_cancellable_cancel (cancellable);
  resolve (promise);
  drain_context (NULL);

  for (guint i = 0; i < 2 * N_WAITS; i++)
    if (i % 2 == 0)
      assert_wait_cancelled (&answers[i]);
    else
      assert_seven (&answers[i]);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (cancellable);
}

#define N_ROUNDS 500

static gpointer
cancel_thread (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return NULL;
}

static void
test_cancel_race (void)
{
  g_test_summary ("A wait that is cancelled while it ends answers once");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      GCancellable *cancellable = g_cancellable_new ();
      CfutPromise *promise = cfut_promise_new ();
      GThread *canceller = g_thread_new ("test-cancel", cancel_thread, cancellable);
      GThread *resolver = g_thread_new ("test-resolve", resolve_thread, promise);
      Answer answer;

      answer_init (&answer, g_main_context_default ());
      cfut_future_result_async (cfut_promise_get_future (promise), cancellable, result_cb, &answer);
      while (!answer.called)
        g_main_context_iteration (NULL, TRUE);
      if (answer.error != NULL)
        assert_wait_cancelled (&answer);
      else
        assert_seven (&answer);

      g_thread_join (canceller);
      g_thread_join (resolver);
      g_assert_finalize_object (promise);
      g_assert_finalize_object (cancellable);
    }
}

/* Waits in a context that another thread iterates meanwhile, so that a wait
 * may end, and its callback be called, while it is still being set up. */
static gpointer
iterate_thread (gpointer user_data)
{
  int *stop = user_data;

  while (!g_atomic_int_get (stop))
    g_main_context_iteration (NULL, TRUE);

  return NULL;
}

typedef struct
{
  guint n_called; /* only used by the iterating thread */
  TestLatch all_called;
} Count;

static void
count_result_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Count *self = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_future_result_finish (CFUT_FUTURE (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (++self->n_called == N_ROUNDS)
    test_latch_open (&self->all_called);
}

static void
test_end_while_set_up (void)
{
  Count count = { 0 };
  int stop = FALSE;
  GThread *thread = g_thread_new ("test-iterate", iterate_thread, &stop);
  GCancellable *cancellable = g_cancellable_new ();

  g_test_summary ("A wait may end in another thread before it has quite begun");

  g_cancellable_cancel (cancellable);

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      CfutPromise *promise = cfut_promise_new ();

      cfut_future_result_async (cfut_promise_get_future (promise), cancellable,
                                count_result_cb, &count);
      cfut_future_cancel (cfut_promise_get_future (promise));
      g_object_unref (promise);
    }

  test_latch_wait (&count.all_called);
  g_atomic_int_set (&stop, TRUE);
  g_main_context_wakeup (NULL);
  g_thread_join (thread);
  g_assert_finalize_object (cancellable);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/async/outcomes", test_outcomes);
  g_test_add_func ("/async/callers-context", test_callers_context);
  g_test_add_func ("/async/wakes-loop", test_wakes_loop);
  g_test_add_func ("/async/never-inline", test_never_inline);
  g_test_add_func ("/async/cancel-wait", test_cancel_wait);
  g_test_add_func ("/async/reset-cancellable", test_reset_cancellable);
  g_test_add_func ("/async/keeps-future", test_keeps_future);
  g_test_add_func ("/async/many-waits", test_many_waits);
  g_test_add_func ("/async/cancel-race", test_cancel_race);
  g_test_add_func ("/async/end-while-set-up", test_end_while_set_up);

  return g_test_run ();
}
