/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "completion-fixture.h"

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

int
main (int    argc,
      char **argv)
{
  register_functions ();
  cfut_register_function ("push-and-wait", NULL, NULL, push_and_wait, NULL, NULL);
  cfut_register_function ("wait-for-itself", NULL, NULL, wait_for_itself, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_KINDS; i++)
    ADD ("pushed-meanwhile", &kinds[i], test_pushed_meanwhile);

  /* The calls of these wait for this process. */
  for (guint i = KIND_THREAD; i <= KIND_THREADS; i++)
    {
      ADD ("timeout", &kinds[i], test_timeout);
      ADD ("help", &kinds[i], test_help);
      ADD ("wait-for-itself", &kinds[i], test_wait_for_itself);
      ADD ("wait-in-dispatch", &kinds[i], test_wait_in_dispatch);
    }
  ADD ("homes", &kinds[KIND_THREAD], test_homes);

  return g_test_run ();
}
