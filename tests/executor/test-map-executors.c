/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "kinds.h"
#include "test-support.h"

#include <signal.h>

/* Maps on the executors that cfut has. */

typedef struct
{
  CfutExecutor *executor;
  CfutMapOptions *options;
  TestCensus census;
} Fixture;

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
tenfold_if_even (CfutCall  *call,
                 GVariant  *arguments,
                 gpointer   user_data,
                 GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);
  if (x % 2 == 0)
    return g_variant_new_int64 (10 * x);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%" G_GINT64_FORMAT " is odd", x);

  return NULL;
}

/* Item 13 kills its worker. */
static GVariant *
tenfold_or_die (CfutCall  *call,
                GVariant  *arguments,
                gpointer   user_data,
                GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);
  if (x == 13)
    raise (SIGKILL);

  return g_variant_new_int64 (10 * x);
}

/* Hangs until it is cancelled, but for item 0. */
static GVariant *
hang (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);
  if (x == 0)
    return g_variant_new_int64 (0);

  test_wait_for_cancel (cfut_call_get_cancellable (call), NULL);
  g_cancellable_set_error_if_cancelled (cfut_call_get_cancellable (call), error);

  return NULL;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const Kind *kind = data;

  test_census_take (&fixture->census);
  fixture->executor = kind->create ();
  fixture->options = cfut_map_options_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  cfut_map_options_free (fixture->options);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_census_check (&fixture->census);
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

static CfutMap *
map_items (Fixture    *fixture,
           const char *function,
           guint       n_items)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map = cfut_executor_map (fixture->executor, function, make_items (n_items),
                                    fixture->options, &error);

  g_assert_no_error (error);

  return map;
}

/* Every item once, and in order if @ordered. */
static void
check_all (CfutMap  *map,
           guint     n_items,
           gboolean  ordered,
           gboolean  odd_ones_fail)
{
  g_autofree gboolean *seen = g_new0 (gboolean, n_items);
  guint n_seen = 0;

  while (!cfut_map_is_done (map))
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = NULL;
      guint64 index = G_MAXUINT64;

      if (cfut_map_next (map, &index, &result, &error))
        {
          g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
          g_assert_true (!odd_ones_fail || index % 2 == 0);
        }
      else if (error != NULL)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
          g_assert_true (odd_ones_fail && index % 2 == 1);
        }
      else
        break;

      g_assert_cmpuint (index, <, n_items);
      g_assert_false (seen[index]);
      g_assert_true (!ordered || index == n_seen);
      seen[index] = TRUE;
      n_seen++;
    }

  g_assert_cmpuint (n_seen, ==, n_items);
}

static void
test_all (Fixture       *fixture,
          gconstpointer  data)
{
  static const guint chunk_sizes[] = { 0, 1, 7, 5000 };
  static const guint buffer_sizes[] = { 0, 1, 10, 100000 };
  guint n_items = test_scale (300) + 1;
  guint n_that_may_fail = test_scale (100) + 1;

  g_test_summary ("Each item is yielded once, whatever the order, the chunks and the buffer");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (buffer_sizes); j++)
      for (gint ordered = 0; ordered < 2; ordered++)
        {
          CfutMap *map;

          cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
          cfut_map_options_set_buffer_size (fixture->options, buffer_sizes[j]);
          cfut_map_options_set_ordered (fixture->options, ordered);

          map = map_items (fixture, "tenfold", n_items);
          check_all (map, n_items, ordered, FALSE);
          g_assert_finalize_object (map);

          map = map_items (fixture, "tenfold-if-even", n_that_may_fail);
          check_all (map, n_that_may_fail, ordered, TRUE);
          g_assert_finalize_object (map);
        }
}

static void
test_errors (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Wrong types, an unknown function and a shut down executor make no map");

  for (guint chunk_size = 0; chunk_size < 3; chunk_size++)
    {
      cfut_map_options_set_chunk_size (fixture->options, chunk_size);

      g_assert_null (cfut_executor_map (fixture->executor, "tenfold",
                                        g_variant_new_parsed ("['a', 'b', 'c']"), fixture->options, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);

      g_assert_null (cfut_executor_map (fixture->executor, "no-such-function",
                                        make_items (3), fixture->options, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
      g_clear_error (&error);
    }

  cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  g_assert_null (cfut_executor_map (fixture->executor, "tenfold", make_items (3), NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
}

typedef struct
{
  gint64 n_given;
  gint64 n_yielded;
  gint64 most_ahead;
} Counter;

static gboolean
count_up (GVariant **item,
          gpointer   user_data)
{
  Counter *counter = user_data;

  *item = g_variant_new ("(x)", counter->n_given++);
  counter->most_ahead = MAX (counter->most_ahead, counter->n_given - counter->n_yielded);

  return TRUE;
}

static void
test_endless (Fixture       *fixture,
              gconstpointer  data)
{
  static const guint buffer_sizes[] = { 0, 1, 10 };
  gint64 n_items = test_scale (3000);

  g_test_summary ("An endless source is never read further ahead than the buffer");

  for (guint i = 0; i < G_N_ELEMENTS (buffer_sizes); i++)
    for (gint ordered = 0; ordered < 2; ordered++)
      {
        g_autoptr(GError) error = NULL;
        Counter counter = { 0, 0, 0 };
        gint64 limit = buffer_sizes[i];
        CfutMap *map;

        if (limit == 0)
          limit = 2 * 1024 * cfut_executor_get_max_workers (fixture->executor);

        cfut_map_options_set_buffer_size (fixture->options, buffer_sizes[i]);
        cfut_map_options_set_ordered (fixture->options, ordered);
        map = cfut_executor_map_source (fixture->executor, "tenfold", count_up, &counter, NULL,
                                        fixture->options, &error);
        g_assert_no_error (error);

        while (counter.n_yielded < n_items)
          {
            g_autoptr(GVariant) result = NULL;

            g_assert_true (cfut_map_next (map, NULL, &result, &error));
            g_assert_no_error (error);
            counter.n_yielded++;
          }
        g_assert_cmpint (counter.most_ahead, <=, limit);

        g_assert_finalize_object (map);
      }
}

static gboolean
is_running (gpointer user_data)
{
  return cfut_executor_get_n_running (user_data) > 0;
}

static void
test_close_cancels (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  CfutMap *map;

  g_test_summary ("Closing a map stops calls that run");

  cfut_map_options_set_chunk_size (fixture->options, 1);
  map = map_items (fixture, "hang", 100);
  g_assert_true (cfut_map_next (map, NULL, &result, &error));
  test_iterate_until (NULL, is_running, fixture->executor);
  cfut_map_close (map);
  g_assert_finalize_object (map);
}

static void
test_drop_cancels (Fixture       *fixture,
                   gconstpointer  data)
{
  CfutMap *map;

  g_test_summary ("Dropping a map stops calls that run");

  map = map_items (fixture, "hang", 100);
  test_iterate_until (NULL, is_running, fixture->executor);
  g_assert_finalize_object (map);
}

static void
test_timeout (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map;

  g_test_summary ("The time of the iteration ends calls that run");

  cfut_map_options_set_timeout (fixture->options, 20 * 1000);
  map = map_items (fixture, "hang", 100);

  while (cfut_map_next (map, NULL, NULL, &error))
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (cfut_map_is_done (map));
  g_clear_error (&error);
  g_assert_false (cfut_map_next (map, NULL, NULL, &error));
  g_assert_no_error (error);

  g_assert_finalize_object (map);
}

/* Counts the values that are alive. */
static gint n_alive;

static void
count_down (gpointer data)
{
  g_free (data);
  g_atomic_int_dec_and_test (&n_alive);
}

static GVariant *
make_counted (gint64 x)
{
  gint64 *place = g_new (gint64, 1);
  g_autoptr(GBytes) bytes = NULL;

  *place = x;
  g_atomic_int_inc (&n_alive);
  bytes = g_bytes_new_with_free_func (place, sizeof *place, count_down, place);
  g_bytes_get_data (bytes, NULL);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_INT64, bytes, TRUE);
}

static GVariant *
make_result (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  return make_counted (7);
}

static gint n_arguments;

static gboolean
give_counted (GVariant **item,
              gpointer   user_data)
{
  if (n_arguments == 10)
    return FALSE;

  *item = g_variant_new ("(@x)", make_counted (n_arguments++));

  return TRUE;
}

static gboolean
few_enough_alive (gpointer user_data)
{
  const gint *n_left = user_data;

  return g_atomic_int_get (&n_alive) <= 2 * *n_left;
}

static void
test_keeps_nothing (Fixture       *fixture,
                    gconstpointer  data)
{
  static const guint chunk_sizes[] = { 1, 4 };

  g_test_summary ("Nothing that was yielded is kept, nor its arguments");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      CfutMap *map;

      n_arguments = 0;
      cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
      cfut_map_options_set_buffer_size (fixture->options, 12);
      map = cfut_executor_map_source (fixture->executor, "make-result", give_counted, NULL, NULL,
                                      fixture->options, NULL);

      /* All ten are read at once. When their calls have ended what is left is
       * what was not yielded: the results, and the arguments of those that the
       * map has not looked at since. */
      for (gint n_left = 9; n_left >= 0; n_left--)
        {
          g_assert_true (cfut_map_next (map, NULL, NULL, NULL));
          test_iterate_until (NULL, few_enough_alive, &n_left);
        }

      g_object_unref (map);
      g_assert_cmpint (g_atomic_int_get (&n_alive), ==, 0);
    }
}

static void
check_counts (CfutExecutor *executor,
              guint         n_submitted,
              guint         n_failed)
{
  g_autoptr(CfutStats) stats = cfut_executor_get_stats (executor);

  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, n_submitted);
  g_assert_cmpuint (cfut_stats_get_n_finished (stats), ==, n_submitted);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, n_failed);
}

static void
test_death (Fixture       *fixture,
            gconstpointer  data)
{
  static const guint chunk_sizes[] = { 0, 1, 5 };

  guint n_items_of_all = 0;
  guint n_failed_of_all = 0;

  g_test_summary ("A death fails what had started there, with retries item 13 alone; each item counts once");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    for (guint retries = 0; retries < 2; retries++)
      {
        g_autoptr(CfutSubmitOptions) submit_options = cfut_submit_options_new ();
        guint n_items = 0;
        guint n_failed = 0;
        CfutMap *map;

        cfut_submit_options_set_retries (submit_options, retries);
        cfut_map_options_set_submit_options (fixture->options, submit_options);
        cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
        map = map_items (fixture, "tenfold-or-die", 100);

        while (!cfut_map_is_done (map))
          {
            g_autoptr(GError) error = NULL;
            g_autoptr(GVariant) result = NULL;
            guint64 index;

            if (cfut_map_next (map, &index, &result, &error))
              {
                g_assert_cmpuint (index, !=, 13);
                g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
              }
            else
              {
                g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
                g_assert_cmpuint (index, <=, 13);
                if (retries > 0 || chunk_sizes[i] == 1)
                  g_assert_cmpuint (index, ==, 13);
                if (chunk_sizes[i] == 5)
                  g_assert_cmpuint (index, >=, 10);
                n_failed++;
              }
            g_assert_cmpuint (index, ==, n_items);
            n_items++;
          }

        g_assert_cmpuint (n_items, ==, 100);
        g_assert_cmpuint (n_failed, >=, 1);
        g_assert_finalize_object (map);

        n_items_of_all += n_items;
        n_failed_of_all += n_failed;
        check_counts (fixture->executor, n_items_of_all, n_failed_of_all);
      }
}

#define ADD(path, func) \
  G_STMT_START { \
    g_autofree char *full_path = g_strdup_printf ("/map-on-%s/" path, kinds[i].name); \
    g_test_add (full_path, Fixture, &kinds[i], set_up, func, tear_down); \
  } G_STMT_END

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("tenfold", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);
  cfut_register_function ("tenfold-if-even", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold_if_even, NULL, NULL);
  cfut_register_function ("tenfold-or-die", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold_or_die, NULL, NULL);
  cfut_register_function ("hang", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, hang, NULL, NULL);
  cfut_register_function ("make-result", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, make_result, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_KINDS; i++)
    {
      ADD ("all", test_all);
      ADD ("errors", test_errors);
      ADD ("endless", test_endless);

      /* Values are counted in this process. */
      if (i != KIND_PROCESSES)
        ADD ("keeps-nothing", test_keeps_nothing);
      else
        ADD ("death", test_death);

      /* A call that runs in the thread that waits for it is not cancelled. */
      if (i == KIND_INLINE)
        continue;
      ADD ("close-cancels", test_close_cancels);
      ADD ("drop-cancels", test_drop_cancels);
      ADD ("timeout", test_timeout);
    }

  return g_test_run ();
}
