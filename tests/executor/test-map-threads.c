/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/* Maps within calls, and maps that find the queue full. */

typedef struct
{
  CfutExecutor *executor;
  CfutMapOptions *options;
  TestLatch blocked;
  TestLatch blocker;
  CfutFuture *futures[2];
} Fixture;

static Fixture *current; /* for functions */

static GVariant *
tenfold (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);

  return g_variant_new_int64 (10 * x);
}

static GVariant *
make_items (guint n_items)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < n_items; i++)
    g_variant_builder_add (&builder, "(x)", i);

  return g_variant_builder_end (&builder);
}

/* Maps tenfold() over so many items, on the executor it runs on itself. */
static GVariant *
sum (CfutCall  *call,
     GVariant  *arguments,
     gpointer   user_data,
     GError   **error)
{
  g_autoptr(CfutMap) map = NULL;
  gint64 n_items;
  gint64 total = 0;

  g_variant_get (arguments, "(x)", &n_items);
  map = cfut_executor_map (current->executor, "tenfold", make_items (n_items), current->options, error);
  if (map == NULL)
    return NULL;

  while (!cfut_map_is_done (map))
    {
      g_autoptr(GVariant) result = NULL;

      if (!cfut_map_next (map, NULL, &result, error))
        return NULL;
      total += g_variant_get_int64 (result);
    }

  return g_variant_new_int64 (total);
}

static GVariant *
block (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  test_latch_open (&current->blocked);
  test_latch_wait (&current->blocker);

  return NULL;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  current = fixture;
  test_latch_init (&fixture->blocked);
  test_latch_init (&fixture->blocker);
  fixture->executor = cfut_thread_executor_new (1);
  fixture->options = cfut_map_options_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  test_latch_open (&fixture->blocker);
  g_clear_object (&fixture->futures[0]);
  g_clear_object (&fixture->futures[1]);
  cfut_map_options_free (fixture->options);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_latch_clear (&fixture->blocked);
  test_latch_clear (&fixture->blocker);
}

/* The worker is held up, and nothing more goes into the queue. */
static void
fill_queue (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  cfut_executor_set_max_pending (fixture->executor, 1);
  fixture->futures[0] = cfut_executor_submit (fixture->executor, "block", NULL, NULL, &error);
  g_assert_no_error (error);
  test_latch_wait (&fixture->blocked);
  fixture->futures[1] = cfut_executor_submit (fixture->executor, "block", NULL, NULL, &error);
  g_assert_no_error (error);
}

static CfutMap *
map_items (Fixture *fixture,
           guint    n_items)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map = cfut_executor_map (fixture->executor, "tenfold", make_items (n_items),
                                    fixture->options, &error);

  g_assert_no_error (error);

  return map;
}

static void
test_nested (Fixture       *fixture,
             gconstpointer  data)
{
  static const gint64 numbers[] = { 1, 100, 1000 };
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call on the only thread maps over its own executor");

  for (guint ordered = 0; ordered < 2; ordered++)
    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
      {
        g_autoptr(CfutFuture) future = NULL;
        g_autoptr(GVariant) result = NULL;

        cfut_map_options_set_ordered (fixture->options, ordered);
        future = cfut_executor_submit (fixture->executor, "sum",
                                       g_variant_new ("(x)", numbers[i]), NULL, &error);
        g_assert_no_error (error);
        result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
        g_assert_no_error (error);
        g_assert_cmpint (g_variant_get_int64 (result), ==, 5 * numbers[i] * (numbers[i] - 1));
      }
}

static void
test_nested_deep (Fixture       *fixture,
                  gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("A map of maps on the only thread, and through a full queue");

  cfut_executor_set_max_pending (fixture->executor, 1);
  map = cfut_executor_map (fixture->executor, "sum", make_items (50), NULL, NULL);

  for (gint64 i = 0; i < 50; i++)
    {
      g_autoptr(GVariant) result = NULL;
      g_autoptr(GError) error = NULL;

      g_assert_true (cfut_map_next (map, NULL, &result, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (result), ==, 5 * i * (i - 1));
    }
  g_assert_true (cfut_map_is_done (map));

  g_assert_finalize_object (map);
}

static gpointer
unblock_thread (gpointer data)
{
  Fixture *fixture = data;

  test_latch_open (&fixture->blocker);

  return NULL;
}

static void
test_full (Fixture       *fixture,
           gconstpointer  data)
{
  static const CfutOverflow policies[] = { CFUT_OVERFLOW_BLOCK, CFUT_OVERFLOW_FAIL };
  GThread *thread;
  CfutMap *map;

  g_test_summary ("While the queue is full next() waits for room, whatever the policy");

  cfut_executor_set_overflow (fixture->executor, policies[GPOINTER_TO_UINT (data)]);
  fill_queue (fixture);
  map = map_items (fixture, 20);
  thread = g_thread_new ("unblock", unblock_thread, fixture);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GError) error = NULL;
      guint64 index;

      g_assert_true (cfut_map_next (map, &index, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (index, ==, i);
    }

  g_thread_join (thread);
  g_assert_finalize_object (map);
}

static void
test_full_timeout (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map;

  g_test_summary ("The time of the iteration ends a wait for room");

  fill_queue (fixture);
  cfut_map_options_set_timeout (fixture->options, 10 * 1000);
  map = map_items (fixture, 20);
  g_assert_false (cfut_map_next (map, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_finalize_object (map);
}

typedef struct
{
  CfutMap *map;
  TestLatch begun;
} Closer;

static gpointer
close_thread (gpointer data)
{
  Closer *closer = data;

  test_latch_wait (&closer->begun);
  cfut_map_close (closer->map);

  return NULL;
}

static void
test_full_close (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  Closer closer;
  GThread *thread;

  g_test_summary ("Closing, in another thread, ends a wait for room");

  fill_queue (fixture);
  closer.map = map_items (fixture, 20);
  test_latch_init (&closer.begun);
  thread = g_thread_new ("close", close_thread, &closer);
  test_latch_open (&closer.begun);
  g_assert_false (cfut_map_next (closer.map, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_thread_join (thread);
  test_latch_clear (&closer.begun);
  g_assert_finalize_object (closer.map);
}

static gboolean
next_in_callback (gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_map_next (user_data, NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);

  return G_SOURCE_REMOVE;
}

static void
test_full_in_callback (Fixture       *fixture,
                       gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("A callback of a main context does not wait for room, and loses nothing");

  fill_queue (fixture);
  map = map_items (fixture, 2);
  g_idle_add (next_in_callback, map);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  test_latch_open (&fixture->blocker);
  for (guint i = 0; i < 2; i++)
    g_assert_true (cfut_map_next (map, NULL, NULL, NULL));
  g_assert_true (cfut_map_is_done (map));

  g_assert_finalize_object (map);
}

static void
test_shutdown (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map;
  guint64 index;

  g_test_summary ("After a shutdown what was submitted still comes, then the reason, then the end");

  cfut_map_options_set_buffer_size (fixture->options, 2);
  map = map_items (fixture, 10);
  cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_NONE, 0, NULL);

  g_assert_true (cfut_map_next (map, &index, NULL, NULL));
  g_assert_cmpuint (index, ==, 0);
  g_assert_true (cfut_map_next (map, &index, NULL, NULL));
  g_assert_cmpuint (index, ==, 1);
  g_assert_false (cfut_map_next (map, &index, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  g_assert_cmpuint (index, ==, 2);
  g_assert_true (cfut_map_is_done (map));

  g_assert_finalize_object (map);
}

static void
test_keeps_executor (Fixture       *fixture,
                     gconstpointer  data)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  CfutMap *map = cfut_executor_map (executor, "tenfold", make_items (100), NULL, NULL);
  guint n_items = 0;

  g_test_summary ("A map keeps its executor while it needs it");

  g_object_unref (executor);
  while (cfut_map_next (map, NULL, NULL, NULL))
    n_items++;
  g_assert_cmpuint (n_items, ==, 100);
  g_assert_finalize_object (map);
}

/* A source whose data belongs to this thread's context. */
static gboolean
give_none (GVariant **item,
           gpointer   user_data)
{
  return FALSE;
}

static void
assert_thread (gpointer data)
{
  g_assert_true (data == g_thread_self ());
  current = NULL;
}

static gpointer
next_thread (gpointer data)
{
  g_assert_false (cfut_map_next (data, NULL, NULL, NULL));
  g_object_unref (data);

  return NULL;
}

static gboolean
was_destroyed (gpointer user_data)
{
  return current == NULL;
}

static void
test_home (Fixture       *fixture,
           gconstpointer  data)
{
  GMainContext *context = g_main_context_new ();
  CfutMap *map;

  g_test_summary ("A source's data is freed in the context it came from, wherever it ends");

  g_main_context_push_thread_default (context);
  map = cfut_executor_map_source (fixture->executor, "tenfold", give_none,
                                  g_thread_self (), assert_thread, NULL, NULL);
  g_thread_join (g_thread_new ("next", next_thread, map));
  g_assert_nonnull (current);
  test_iterate_until (context, was_destroyed, NULL);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

#define ADD(path, data, func) g_test_add ("/map-threads/" path, Fixture, GUINT_TO_POINTER (data), set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  cfut_register_function ("tenfold", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);
  cfut_register_function ("sum", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, sum, NULL, NULL);
  cfut_register_function ("block", NULL, NULL, block, NULL, NULL);

  ADD ("nested", 0, test_nested);
  ADD ("nested-deep", 0, test_nested_deep);
  ADD ("full/block", 0, test_full);
  ADD ("full/fail", 1, test_full);
  ADD ("full-timeout", 0, test_full_timeout);
  ADD ("full-close", 0, test_full_close);
  ADD ("full-in-callback", 0, test_full_in_callback);
  ADD ("shutdown", 0, test_shutdown);
  ADD ("keeps-executor", 0, test_keeps_executor);
  ADD ("home", 0, test_home);

  return g_test_run ();
}
