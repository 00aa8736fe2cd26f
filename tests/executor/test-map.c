/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "manual-executor.h"
#include "test-support.h"

/* The rules of a map, on an executor whose calls are ended by hand. */

typedef struct
{
  TestManualExecutor *manual;
  CfutExecutor *executor;
  CfutMapOptions *options;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->manual = test_manual_executor_new (2);
  fixture->executor = CFUT_EXECUTOR (fixture->manual);
  fixture->options = cfut_map_options_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  cfut_map_options_free (fixture->options);
  g_assert_finalize_object (fixture->executor);
}

/* 0, 1, 2 ... as a(x) */
static GVariant *
make_items (guint n_items)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < n_items; i++)
    g_variant_builder_add (&builder, "(x)", i);

  return g_variant_builder_end (&builder);
}

static CfutMap *
map_items (Fixture *fixture,
           guint    n_items)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map = cfut_executor_map (fixture->executor, "anything", make_items (n_items),
                                    fixture->options, &error);

  g_assert_no_error (error);
  g_assert_nonnull (map);

  return map;
}

static void
assert_next (CfutMap *map,
             guint64  index)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  guint64 got_index = G_MAXUINT64;

  g_assert_true (cfut_map_next (map, &got_index, &result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (got_index, ==, index);
  g_assert_cmpuint (cfut_map_get_index (map), ==, index);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
}

static void
assert_next_fails (CfutMap *map,
                   guint64  index,
                   GQuark   domain,
                   int      code)
{
  g_autoptr(GError) error = NULL;
  GVariant *untouched = (GVariant *) map;
  guint64 got_index = G_MAXUINT64;

  g_assert_false (cfut_map_next (map, &got_index, &untouched, &error));
  g_assert_error (error, domain, code);
  g_assert_cmpuint (got_index, ==, index);
  g_assert_true (untouched == (GVariant *) map);
  if (index != G_MAXUINT64)
    g_assert_cmpuint (cfut_map_get_index (map), ==, index);
}

static void
assert_end (CfutMap *map)
{
  g_autoptr(GError) error = NULL;
  guint64 index = 77;

  g_assert_false (cfut_map_next (map, &index, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (index, ==, 77);
  g_assert_true (cfut_map_is_done (map));
}

static void
test_ordered (Fixture       *fixture,
              gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 4);

  g_test_summary ("Results come in the order of the input, whichever call ends first");

  /* Two workers, one call for each and one that waits. */
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 4);

  for (guint i = 4; i > 0; i--)
    test_manual_executor_resolve (fixture->manual, i - 1);

  for (guint i = 0; i < 4; i++)
    {
      g_assert_false (cfut_map_is_done (map));
      assert_next (map, i);
    }

  g_assert_true (cfut_map_is_done (map));
  assert_end (map);
  assert_end (map);

  g_assert_finalize_object (map);
}

static void
test_as_completed (Fixture       *fixture,
                   gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("Without order, results come as the calls end");

  cfut_map_options_set_ordered (fixture->options, FALSE);
  map = map_items (fixture, 4);

  test_manual_executor_resolve (fixture->manual, 2);
  assert_next (map, 2);
  test_manual_executor_resolve (fixture->manual, 3);
  test_manual_executor_resolve (fixture->manual, 0);
  assert_next (map, 3);
  assert_next (map, 0);
  test_manual_executor_resolve (fixture->manual, 1);
  assert_next (map, 1);
  assert_end (map);

  g_assert_finalize_object (map);
}

static void
test_failing_items (Fixture       *fixture,
                    gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 4);

  g_test_summary ("A failed item gives its error and its index, and the map goes on");

  test_manual_executor_reject (fixture->manual, 0, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_manual_executor_resolve (fixture->manual, 1);
  cfut_future_cancel (cfut_promise_get_future (test_manual_executor_promise (fixture->manual, 2)));
  test_manual_executor_reject (fixture->manual, 3, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);

  assert_next_fails (map, 0, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_false (cfut_map_is_done (map));
  assert_next (map, 1);
  assert_next_fails (map, 2, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_next_fails (map, 3, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  assert_end (map);

  g_assert_finalize_object (map);
}

static void
test_empty (Fixture       *fixture,
            gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 0);

  g_test_summary ("A map of nothing is done at once");

  g_assert_true (cfut_map_is_done (map));
  assert_end (map);
  cfut_map_close (map);
  assert_end (map);
  g_assert_finalize_object (map);

  /* One that no executor made. */
  map = g_object_new (CFUT_TYPE_MAP, NULL);
  assert_end (map);
  g_assert_finalize_object (map);
}

static void
test_not_an_array (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Only an array can be mapped over");

  g_assert_null (cfut_executor_map (fixture->executor, "anything", g_variant_new_int64 (1), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_refused_at_once (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("When the first submit is refused there is no map");

  test_manual_executor_refuse (fixture->manual, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_null (cfut_executor_map (fixture->executor, "anything", make_items (1), NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);

  /* Without interest in the reason, too. */
  g_assert_null (cfut_executor_map (fixture->executor, "anything", make_items (1), NULL, NULL));
}

/* A source that counts. */
typedef struct
{
  gint64 n_given;
  gint64 n_max; /* -1: without end */
  gboolean freed;
  CfutMap *closes; /* (nullable) after the first item */
} Counter;

static gboolean
count_up (GVariant **item,
          gpointer   user_data)
{
  Counter *counter = user_data;

  g_assert_false (counter->freed);

  if (counter->n_max >= 0 && counter->n_given == counter->n_max)
    return FALSE;

  *item = g_variant_new ("(x)", counter->n_given++);
  if (counter->closes != NULL)
    cfut_map_close (counter->closes);

  return TRUE;
}

static void
free_counter (gpointer data)
{
  Counter *counter = data;

  g_assert_false (counter->freed);
  counter->freed = TRUE;
}

static CfutMap *
map_counter (Fixture *fixture,
             Counter *counter)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map = cfut_executor_map_source (fixture->executor, "anything",
                                           count_up, counter, free_counter,
                                           fixture->options, &error);

  g_assert_no_error (error);
  g_assert_nonnull (map);

  return map;
}

static void
test_source (Fixture       *fixture,
             gconstpointer  data)
{
  Counter counter = { .n_max = 2 };
  CfutMap *map = map_counter (fixture, &counter);

  g_test_summary ("A source is asked in next() only, let go when it has ended");

  g_assert_cmpint (counter.n_given, ==, 0);

  test_manual_executor_refuse (fixture->manual, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_next_fails (map, 0, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (counter.n_given, ==, 2);
  g_assert_true (counter.freed);

  assert_next_fails (map, 1, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_end (map);

  g_assert_finalize_object (map);
}

static void
test_window (Fixture       *fixture,
             gconstpointer  data)
{
  Counter counter = { .n_max = -1 };
  CfutMap *map;

  g_test_summary ("An endless source is read no further ahead than the buffer");

  cfut_map_options_set_buffer_size (fixture->options, 3);
  map = map_counter (fixture, &counter);

  test_manual_executor_refuse (fixture->manual, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  for (gint64 i = 0; i < 100; i++)
    {
      assert_next_fails (map, i, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      /* i + 1 were yielded; the one that was about to be counted as ahead. */
      g_assert_cmpint (counter.n_given, ==, i + 3);
      g_assert_false (counter.freed);
    }

  cfut_map_close (map);
  g_assert_true (counter.freed);
  g_assert_finalize_object (map);
}

static void
test_automatic_window (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(TestManualExecutor) unknown = test_manual_executor_new (0);
  Counter counter = { .n_max = -1 };
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(CfutMap) unknown_map = NULL;

  g_test_summary ("The automatic window has two calls for each worker");

  map = map_items (fixture, 100);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 4);

  /* With an executor that does not know how many it has, for each CPU. */
  unknown_map = cfut_executor_map (CFUT_EXECUTOR (unknown), "anything", make_items (1000), NULL, NULL);
  g_assert_cmpuint (test_manual_executor_n_calls (unknown), >=, 2);
  g_assert_cmpuint (test_manual_executor_n_calls (unknown), <=, 2 * g_get_num_processors ());
  g_assert_cmpint (counter.n_given, ==, 0);
}

static void
test_refused_later (Fixture       *fixture,
                    gconstpointer  data)
{
  Counter counter = { .n_max = -1 };
  CfutMap *map;

  g_test_summary ("When the executor takes no more calls, what was read is the end");

  cfut_map_options_set_buffer_size (fixture->options, 2);
  map = map_items (fixture, 4);
  test_manual_executor_resolve (fixture->manual, 0);
  test_manual_executor_resolve (fixture->manual, 1);
  assert_next (map, 0);
  test_manual_executor_refuse (fixture->manual, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  assert_next (map, 1);
  assert_next_fails (map, 2, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  assert_end (map);
  g_assert_finalize_object (map);

  map = map_counter (fixture, &counter);
  assert_next_fails (map, 0, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  assert_end (map);
  g_assert_true (counter.freed);
  g_assert_finalize_object (map);
}

static void
test_full_elsewhere (Fixture       *fixture,
                     gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("A foreign executor that says it is full fails items, one by one");

  cfut_map_options_set_buffer_size (fixture->options, 1);
  map = map_items (fixture, 3);
  test_manual_executor_resolve (fixture->manual, 0);
  assert_next (map, 0);
  test_manual_executor_refuse (fixture->manual, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
  assert_next_fails (map, 1, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
  assert_next_fails (map, 2, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
  assert_end (map);
  g_assert_finalize_object (map);
}

static void
test_timeout (Fixture       *fixture,
              gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("When the time is over what is there is yielded, the rest cancelled");

  cfut_map_options_set_timeout (fixture->options, 20 * 1000);
  cfut_map_options_set_ordered (fixture->options, FALSE);
  map = map_items (fixture, 100);

  test_manual_executor_resolve (fixture->manual, 0);
  assert_next (map, 0);
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  for (guint i = 1; i < test_manual_executor_n_calls (fixture->manual); i++)
    g_assert_true (g_cancellable_is_cancelled (cfut_promise_get_cancellable (
      test_manual_executor_promise (fixture->manual, i))));

  assert_end (map);
  g_assert_finalize_object (map);
}

static void
test_no_time_at_all (Fixture       *fixture,
                     gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("Without any time, results that are there are still yielded");

  cfut_map_options_set_timeout (fixture->options, 0);
  map = map_items (fixture, 100);

  test_manual_executor_resolve (fixture->manual, 0);
  test_manual_executor_resolve (fixture->manual, 1);
  assert_next (map, 0);
  assert_next (map, 1);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 4);
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_end (map);

  g_assert_finalize_object (map);
}

static void
test_close (Fixture       *fixture,
            gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 100);

  g_test_summary ("Closing cancels what is left; next says CLOSED");

  test_manual_executor_resolve (fixture->manual, 0);
  test_manual_executor_resolve (fixture->manual, 1);
  assert_next (map, 0);
  cfut_map_close (map);
  cfut_map_close (map);

  g_assert_true (cfut_map_is_done (map));
  for (guint i = 2; i < test_manual_executor_n_calls (fixture->manual); i++)
    g_assert_cmpint (cfut_future_get_state (cfut_promise_get_future (
      test_manual_executor_promise (fixture->manual, i))), ==, CFUT_FUTURE_STATE_CANCELLED);

  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_assert_finalize_object (map);
}

static void
test_drop (Fixture       *fixture,
           gconstpointer  data)
{
  Counter counter = { .n_max = -1 };
  CfutMap *map;

  g_test_summary ("Dropping the last reference cancels what is left");

  map = map_items (fixture, 100);
  g_assert_finalize_object (map);
  for (guint i = 0; i < test_manual_executor_n_calls (fixture->manual); i++)
    g_assert_cmpint (cfut_future_get_state (cfut_promise_get_future (
      test_manual_executor_promise (fixture->manual, i))), ==, CFUT_FUTURE_STATE_CANCELLED);

  map = map_counter (fixture, &counter);
  g_assert_finalize_object (map);
  while (!counter.freed)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_source_closes (Fixture       *fixture,
                    gconstpointer  data)
{
  Counter counter = { .n_max = -1 };
  CfutMap *map = map_counter (fixture, &counter);

  g_test_summary ("A source may close its map");

  counter.closes = map;
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (counter.n_given, ==, 1);
  g_assert_true (counter.freed);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), <=, 1);

  g_assert_finalize_object (map);
}

static void
test_cancelled_options (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) submit_options = cfut_submit_options_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Counter counter = { .n_max = -1 };
  CfutMap *map;

  g_test_summary ("When the calls' cancellable is cancelled the input ends");

  cfut_submit_options_set_cancellable (submit_options, cancellable);
  cfut_map_options_set_submit_options (fixture->options, submit_options);
  cfut_map_options_set_buffer_size (fixture->options, 1);
  map = map_counter (fixture, &counter);

  test_manual_executor_refuse (fixture->manual, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_next_fails (map, 0, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_cancellable_cancel (cancellable);
  assert_end (map);
  g_assert_cmpint (counter.n_given, ==, 1);
  g_assert_true (counter.freed);

  g_assert_finalize_object (map);
}

typedef struct
{
  CfutMap *map;
  TestLatch begun;
  GThread *thread;
} Blocked;

static gpointer
next_thread (gpointer data)
{
  Blocked *blocked = data;
  GError *error = NULL;

  test_latch_open (&blocked->begun);
  g_assert_false (cfut_map_next (blocked->map, NULL, NULL, &error));

  return error;
}

static void
block_in_next (Blocked *blocked,
               CfutMap *map)
{
  blocked->map = map;
  test_latch_init (&blocked->begun);
  blocked->thread = g_thread_new ("next", next_thread, blocked);
  test_latch_wait (&blocked->begun);
}

static gboolean
unblock (Blocked *blocked,
         GQuark   domain,
         int      code)
{
  g_autoptr(GError) error = g_thread_join (blocked->thread);

  test_latch_clear (&blocked->begun);

  return g_error_matches (error, domain, code);
}

static void
test_close_while_blocked (Fixture       *fixture,
                          gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 100);
  Blocked blocked;

  g_test_summary ("Closing ends a next() that blocks in another thread");

  block_in_next (&blocked, map);
  cfut_map_close (map);
  g_assert_true (unblock (&blocked, G_IO_ERROR, G_IO_ERROR_CLOSED));
  g_assert_finalize_object (map);
}

typedef struct
{
  TestLatch asked;
  TestLatch go_on;
} Gate;

static gboolean
wait_at_gate (GVariant **item,
              gpointer   user_data)
{
  Gate *gate = user_data;

  test_latch_open (&gate->asked);
  test_latch_wait (&gate->go_on);

  return FALSE;
}

static void
test_pending (Fixture       *fixture,
              gconstpointer  data)
{
  Gate gate;
  CfutMap *map;
  Blocked blocked;

  g_test_summary ("Only one next() may be pending, and close() may come meanwhile");

  test_latch_init (&gate.asked);
  test_latch_init (&gate.go_on);
  map = cfut_executor_map_source (fixture->executor, "anything", wait_at_gate, &gate, NULL,
                                  NULL, NULL);

  block_in_next (&blocked, map);
  test_latch_wait (&gate.asked);
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_PENDING);
  cfut_map_close (map);
  assert_next_fails (map, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_PENDING);
  test_latch_open (&gate.go_on);

  g_assert_true (unblock (&blocked, G_IO_ERROR, G_IO_ERROR_CLOSED));
  test_latch_clear (&gate.asked);
  test_latch_clear (&gate.go_on);
  g_assert_finalize_object (map);
}

static gboolean
next_in_callback (gpointer user_data)
{
  CfutMap *map = user_data;

  assert_next_fails (map, G_MAXUINT64, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_would_deadlock (Fixture       *fixture,
                     gconstpointer  data)
{
  CfutMap *map = map_items (fixture, 1);

  g_test_summary ("A callback of the main context is never blocked");

  g_idle_add (next_in_callback, map);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  test_manual_executor_resolve (fixture->manual, 0);
  assert_next (map, 0);
  g_assert_finalize_object (map);
}

#define ADD(path, func) g_test_add ("/map/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("ordered", test_ordered);
  ADD ("as-completed", test_as_completed);
  ADD ("failing-items", test_failing_items);
  ADD ("empty", test_empty);
  ADD ("not-an-array", test_not_an_array);
  ADD ("refused-at-once", test_refused_at_once);
  ADD ("refused-later", test_refused_later);
  ADD ("full-elsewhere", test_full_elsewhere);
  ADD ("source", test_source);
  ADD ("source-closes", test_source_closes);
  ADD ("window", test_window);
  ADD ("automatic-window", test_automatic_window);
  ADD ("timeout", test_timeout);
  ADD ("no-time-at-all", test_no_time_at_all);
  ADD ("close", test_close);
  ADD ("close-while-blocked", test_close_while_blocked);
  ADD ("drop", test_drop);
  ADD ("cancelled-options", test_cancelled_options);
  ADD ("pending", test_pending);
  ADD ("would-deadlock", test_would_deadlock);

  return g_test_run ();
}
