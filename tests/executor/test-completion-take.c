/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "executor/cfut-completion-queue-private.h"
#include "test-support.h"

/* Completions that a thread waits for one by one, by their tags. */

typedef struct
{
  TestCensus census;
  CfutCompletionQueue *queue;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  test_census_take (&fixture->census);
  fixture->queue = cfut_completion_queue_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->queue);
  test_census_check (&fixture->census);
}

/* A call of the test's, with a tag. */
static CfutPromise *
add (CfutCompletionQueue *queue,
     guint64              tag)
{
  CfutPromise *promise = cfut_promise_new ();

  cfut_completion_queue_add_future (queue, cfut_promise_get_future (promise), tag);

  return promise;
}

static void
resolve (CfutPromise *promise)
{
  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_bytestring ("x")));
  g_object_unref (promise);
}

/* Takes what is there with @tag; it has to be. */
static void
take (CfutCompletionQueue *queue,
      guint64              tag)
{
  g_autoptr(GError) error = NULL;
  g_autofree guint8 *record = NULL;
  gsize length = 0;

  record = cfut_completion_queue_take_data (queue, tag, CFUT_WAIT_FOREVER, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, 32);
  g_assert_cmpuint (*(guint64 *) record, ==, tag);
  g_assert_cmpmem (record + 24, 2, "x", 2);
}

static void
take_nothing (CfutCompletionQueue *queue,
              guint64              tag,
              gint64               timeout_us,
              int                  code)
{
  g_autoptr(GError) error = NULL;
  gsize length = 7;

  g_assert_null (cfut_completion_queue_take_data (queue, tag, timeout_us, &length, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_cmpuint (length, ==, 0);
  g_assert_null (cfut_completion_queue_take_data (queue, tag, timeout_us, &length, NULL));
}

typedef struct
{
  CfutCompletionQueue *queue;
  guint64 tag;
} Taker;

static gpointer
taker_thread (gpointer user_data)
{
  Taker *taker = user_data;

  take (taker->queue, taker->tag);

  return NULL;
}

/* Starts a thread that takes @taker's, and waits until it waits. */
static GThread *
start_taker (Taker *taker,
             guint  n_claimed)
{
  CfutCompletionStore *store = cfut_completion_queue_get_store (taker->queue);
  GThread *thread = g_thread_new ("taker", taker_thread, taker);
  guint n;

  do
    {
      n = 0;
      g_mutex_lock (&store->lock);
      for (CfutCompletion *completion = store->outstanding.head; completion != NULL; completion = completion->next)
        n += completion->is_claimed;
      g_mutex_unlock (&store->lock);
      g_thread_yield ();
    }
  while (n < n_claimed);

  return thread;
}

static gboolean
is_readable (CfutCompletionQueue *queue)
{
  GPollFD poll_fd = { cfut_completion_queue_get_fd (queue), G_IO_IN, 0 };

  return g_poll (&poll_fd, 1, 0) == 1;
}

/* ---- Tests. */

static void
test_ready (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("One that is ready is taken out from among the others");

  for (guint64 tag = 1; tag <= 3; tag++)
    resolve (add (fixture->queue, tag));
  g_assert_true (is_readable (fixture->queue));

  take (fixture->queue, 2);
  take_nothing (fixture->queue, 2, CFUT_WAIT_FOREVER, G_IO_ERROR_NOT_FOUND);
  take (fixture->queue, 3);
  g_assert_true (is_readable (fixture->queue));
  take (fixture->queue, 1);
  g_assert_false (is_readable (fixture->queue));
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 0);
}

static void
test_waited_for (Fixture       *fixture,
                 gconstpointer  data)
{
  CfutPromise *awaited = add (fixture->queue, 1);
  CfutPromise *other = add (fixture->queue, 2);
  Taker taker = { fixture->queue, 1 };
  GThread *thread;

  g_test_summary ("One that a thread waits for is nothing to drain, for any other");

  g_assert_false (is_readable (fixture->queue));
  thread = start_taker (&taker, 1);
  take_nothing (fixture->queue, 1, 0, G_IO_ERROR_NOT_FOUND);

  resolve (awaited);
  g_assert_false (is_readable (fixture->queue));
  g_assert_false (cfut_completion_queue_wait (fixture->queue, 0, NULL));
  g_thread_join (thread);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (fixture->queue), ==, 1);

  resolve (other);
  g_assert_true (is_readable (fixture->queue));
  take (fixture->queue, 2);
}

static void
test_time_out (Fixture       *fixture,
               gconstpointer  data)
{
  CfutPromise *promise = add (fixture->queue, 1);

  g_test_summary ("A wait that is over leaves the call to the others");

  take_nothing (fixture->queue, 1, 0, G_IO_ERROR_TIMED_OUT);
  take_nothing (fixture->queue, 1, 1000, G_IO_ERROR_TIMED_OUT);
  resolve (promise);
  g_assert_true (cfut_completion_queue_wait (fixture->queue, CFUT_WAIT_FOREVER, NULL));
  take (fixture->queue, 1);
}

static void
test_same_tag (Fixture       *fixture,
               gconstpointer  data)
{
  CfutPromise *promises[] = { add (fixture->queue, 1), add (fixture->queue, 1) };
  Taker taker = { fixture->queue, 1 };
  GThread *threads[2];

  g_test_summary ("Of calls with the same tag each thread waits for another");

  for (guint i = 0; i < 2; i++)
    threads[i] = start_taker (&taker, i + 1);
  for (guint i = 0; i < 2; i++)
    resolve (promises[i]);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
}

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr(CfutPromise) promise = add (fixture->queue, 1);
  g_autofree guint8 *record = NULL;
  gsize length;

  g_test_summary ("A cancelled call is taken as any other");

  g_assert_cmpuint (cfut_completion_queue_cancel (fixture->queue, 1), ==, 1);
  record = cfut_completion_queue_take_data (fixture->queue, 1, CFUT_WAIT_FOREVER, &length, NULL);
  g_assert_nonnull (record);
  g_assert_cmpuint (*(guint32 *) (record + 8), ==, CFUT_FUTURE_STATE_CANCELLED);
}

static gboolean
take_in_callback_cb (gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  gsize length;

  g_assert_null (cfut_completion_queue_take_data (user_data, 1, CFUT_WAIT_FOREVER, &length, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_in_callback (Fixture       *fixture,
                  gconstpointer  data)
{
  CfutPromise *promise = add (fixture->queue, 1);

  g_test_summary ("A callback of the context in which the call would tell must not wait");

  g_idle_add (take_in_callback_cb, fixture->queue);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  resolve (promise);
  take (fixture->queue, 1);
}

static GVariant *
nothing (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  return g_variant_new_bytestring ("x");
}

/* Waits, in the only thread there is, for a call that needs one. */
static GVariant *
nested (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  Fixture *fixture = user_data;
  g_autoptr(CfutExecutor) executor = g_object_ref (g_object_get_data (G_OBJECT (fixture->queue), "executor"));

  g_assert_true (cfut_completion_queue_push (fixture->queue, executor, "nothing", NULL, NULL, 1, error));
  take (fixture->queue, 1);

  return g_variant_new_bytestring ("x");
}

static void
test_in_pool (Fixture       *fixture,
              gconstpointer  data)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);

  g_test_summary ("A thread of a pool that waits for a call of that pool runs it");

  cfut_register_function ("nothing", NULL, G_VARIANT_TYPE_BYTESTRING, nothing, NULL, NULL);
  cfut_register_function ("nested", NULL, G_VARIANT_TYPE_BYTESTRING, nested, fixture, NULL);
  g_object_set_data (G_OBJECT (fixture->queue), "executor", executor);
  g_assert_true (cfut_completion_queue_push (fixture->queue, executor, "nested", NULL, NULL, 2, NULL));
  take (fixture->queue, 2);

  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (executor);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) \
  g_test_add ("/completion-take/" name, Fixture, NULL, set_up, func, tear_down)

  ADD ("ready", test_ready);
  ADD ("waited-for", test_waited_for);
  ADD ("time-out", test_time_out);
  ADD ("same-tag", test_same_tag);
  ADD ("cancelled", test_cancelled);
  ADD ("in-callback", test_in_callback);
  ADD ("in-pool", test_in_pool);

  return g_test_run ();
}
