/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

#include <signal.h>

/* Results taken many at a time, and functions that run for many items at a time, on
 * the executors that cfut has. */

#define RANGE 256 /* how many items such a function is given at most */

typedef struct
{
  const char *name;
  CfutExecutor *(*create) (void);
} Kind;

typedef struct
{
  CfutExecutor *executor;
  CfutMapOptions *options;
  TestCensus census;
} Fixture;

static CfutExecutor *
create_threads (void)
{
  return cfut_thread_executor_new (3);
}

static CfutExecutor *
create_inline (void)
{
  return cfut_inline_executor_new ();
}

static CfutExecutor *
create_processes (void)
{
  return cfut_process_executor_new (2);
}

static const Kind kinds[] = {
  { "inline", create_inline },
  { "threads", create_threads },
  { "processes", create_processes },
};

/* Ten times each; 77 fails. */
static gsize
tenfold (CfutCall       *call,
         gconstpointer   items,
         gsize           n_items,
         gpointer        results,
         gpointer        user_data,
         GError        **error)
{
  const gint64 *n = items;
  gint64 *products = results;

  g_assert_cmpuint (n_items, <=, RANGE);
  for (gsize i = 0; i < n_items; i++)
    {
      if (n[i] == -77)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not %" G_GINT64_FORMAT, n[i]);
          return i;
        }
      products[i] = 10 * n[i];
    }

  return n_items;
}

/* The same; 700 kills its worker, with @user_data only the first time. */
static gsize
tenfold_or_die (CfutCall       *call,
                gconstpointer   items,
                gsize           n_items,
                gpointer        results,
                gpointer        user_data,
                GError        **error)
{
  const gint64 *n = items;

  for (gsize i = 0; i < n_items; i++)
    if (n[i] == 700 && (user_data == NULL || cfut_call_get_attempt (call) == 1))
      raise (SIGKILL);

  return tenfold (call, items, n_items, results, NULL, error);
}

/* Hangs until it is cancelled. */
static gsize
hang (CfutCall       *call,
      gconstpointer   items,
      gsize           n_items,
      gpointer        results,
      gpointer        user_data,
      GError        **error)
{
  cfut_call_set_progress (call, 0.5, NULL);
  test_wait_for_cancel (cfut_call_get_cancellable (call), NULL);

  return 0;
}

typedef struct
{
  gint64 number;
  double factor;
} Pair;

typedef struct
{
  double product;
  guint8 is_negative;
} Product;

static gsize
multiply (CfutCall       *call,
          gconstpointer   items,
          gsize           n_items,
          gpointer        results,
          gpointer        user_data,
          GError        **error)
{
  const Pair *pairs = items;
  Product *products = results;

  for (gsize i = 0; i < n_items; i++)
    {
      products[i].product = pairs[i].number * pairs[i].factor;
      products[i].is_negative = products[i].product < 0;
    }

  return n_items;
}

/* An ordinary function, whose results are not of a fixed size. */
static GVariant *
spell (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  gint64 x = g_variant_get_int64 (arguments);

  if (x == -77)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not this one");
      return NULL;
    }

  return g_variant_new_take_string (g_strdup_printf ("<%" G_GINT64_FORMAT ">", x));
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

/* 0 and up, with -77 at every place of @bad. */
static GVariant *
make_items (guint        n_items,
            const guint *bad,
            guint        n_bad)
{
  gint64 *numbers = g_new (gint64, n_items);

  for (guint i = 0; i < n_items; i++)
    numbers[i] = i;
  for (guint i = 0; i < n_bad; i++)
    numbers[bad[i]] = -77;

  return g_variant_new_from_data (G_VARIANT_TYPE ("ax"), numbers, n_items * sizeof *numbers,
                                  TRUE, g_free, numbers);
}

static CfutMap *
map_items (Fixture    *fixture,
           const char *function,
           GVariant   *items)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map = cfut_executor_map (fixture->executor, function, items, fixture->options, &error);

  g_assert_no_error (error);

  return map;
}

static void
check_products (GVariant *array,
                guint     first,
                guint     n_items)
{
  const gint64 *products;
  gsize n_products;

  g_assert_cmpstr (g_variant_get_type_string (array), ==, "ax");
  products = g_variant_get_fixed_array (array, &n_products, sizeof *products);
  g_assert_cmpuint (n_products, ==, n_items);
  for (guint i = 0; i < n_items; i++)
    g_assert_cmpint (products[i], ==, 10 * (gint64) (first + i));
}

static void
test_collect (Fixture       *fixture,
              gconstpointer  data)
{
  static const guint chunk_sizes[] = { 0, 1, 7, 3000 };
  static const guint buffer_sizes[] = { 0, 1, 100000 };

  g_test_summary ("All results come as one array in the order of the input, whatever the map's is");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (buffer_sizes); j++)
      for (gint ordered = 0; ordered < 2; ordered++)
        {
          guint n_items = test_scale (5000) + 1;
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) all = NULL;
          CfutMap *map;

          cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
          cfut_map_options_set_buffer_size (fixture->options, buffer_sizes[j]);
          cfut_map_options_set_ordered (fixture->options, ordered);
          if (chunk_sizes[i] == 1 || buffer_sizes[j] == 1)
            n_items = 100;

          map = map_items (fixture, "tenfold", make_items (n_items, NULL, 0));
          all = cfut_map_collect (map, &error);
          g_assert_no_error (error);
          check_products (all, 0, n_items);
          g_assert_true (cfut_map_is_done (map));
          g_assert_finalize_object (map);
        }
}

static void
test_large (Fixture       *fixture,
            gconstpointer  data)
{
  guint n_items = test_scale (1000000) + 1;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) all = NULL;
  CfutMap *map;

  g_test_summary ("Very many items come through as well");

  map = map_items (fixture, "tenfold", make_items (n_items, NULL, 0));
  all = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  check_products (all, 0, n_items);
  g_assert_finalize_object (map);
}

static void
test_one_by_one (Fixture       *fixture,
                 gconstpointer  data)
{
  static const guint bad[] = { 0, 5, 300, 301, 999 };
  static const guint chunk_sizes[] = { 0, 1, 1000 };

  g_test_summary ("Results come one by one as well, and each failure in its place");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      guint n_seen = 0, n_failed = 0;
      CfutMap *map;

      cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
      map = map_items (fixture, "tenfold", make_items (1000, bad, G_N_ELEMENTS (bad)));
      while (!cfut_map_is_done (map))
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) result = NULL;
          guint64 index;

          if (cfut_map_next (map, &index, &result, &error))
            g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
          else
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
              g_assert_cmpuint (index, ==, bad[n_failed++]);
            }
          g_assert_cmpuint (index, ==, n_seen++);
        }
      g_assert_cmpuint (n_seen, ==, 1000);
      g_assert_cmpuint (n_failed, ==, G_N_ELEMENTS (bad));
      g_assert_finalize_object (map);
    }
}

static void
test_chunks (Fixture       *fixture,
             gconstpointer  data)
{
  static const guint bad[] = { 0, 5, 300, 301, 999 };
  static const char *const functions[] = { "tenfold", "spell" };

  g_test_summary ("Several results come as an array, up to the next item that failed, and mix with single ones");

  cfut_map_options_set_chunk_size (fixture->options, 500);
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      CfutMap *map = map_items (fixture, functions[i], make_items (1000, bad, G_N_ELEMENTS (bad)));
      g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
      guint n_seen = 0;
      gboolean one = FALSE;

      while (!cfut_map_is_done (map))
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) result = NULL;
          guint64 index;
          gboolean found = one ? cfut_map_next (map, &index, &result, &error)
                               : cfut_map_next_chunk (map, &index, &result, &error);
          guint n_results = !found || one ? 1 : g_variant_n_children (result);

          g_assert_cmpuint (index, ==, n_seen);
          if (!found)
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
          else if (i == 0 && !one)
            check_products (result, index, n_results);
          else if (!one)
            g_assert_cmpstr (g_variant_get_type_string (result), ==, "as");

          g_ptr_array_add (texts, g_strdup_printf ("%u%s", n_results, found ? "" : "!"));
          n_seen += n_results;
          one = found && !one;
        }

      g_ptr_array_add (texts, NULL);
      {
        g_autofree char *text = g_strjoinv (" ", (char **) texts->pdata);

        g_assert_cmpstr (text, ==, "1! 4 1! 294 1! 1! 198 1 498 1!");
      }
      g_assert_finalize_object (map);
    }
}

static void
test_collect_fails (Fixture       *fixture,
                    gconstpointer  data)
{
  static const guint bad[] = { 42, 77 };
  static const guint chunk_sizes[] = { 0, 1, 100 };

  g_test_summary ("An item that fails fails the whole, which says which it was, and closes the map");

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    for (gint ordered = 0; ordered < 2; ordered++)
      {
        g_autoptr(GError) error = NULL;
        CfutMap *map;

        cfut_map_options_set_chunk_size (fixture->options, chunk_sizes[i]);
        cfut_map_options_set_ordered (fixture->options, ordered);
        map = map_items (fixture, "tenfold", make_items (200, bad, G_N_ELEMENTS (bad)));
        g_assert_null (cfut_map_collect (map, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
        g_assert_cmpstr (error->message, ==, "Item 42: Not -77");
        g_assert_cmpuint (cfut_map_get_index (map), ==, 42);
        g_assert_true (cfut_map_is_done (map));
        g_clear_error (&error);

        g_assert_null (cfut_map_collect (map, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
        g_assert_finalize_object (map);
      }
}

static void
test_collect_rest (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) rest = NULL;
  g_autoptr(GVariant) nothing = NULL;
  CfutMap *map = map_items (fixture, "tenfold", make_items (3000, NULL, 0));

  g_test_summary ("What was taken before is not collected; of nothing it is an empty array");

  for (guint i = 0; i < 10; i++)
    {
      g_autoptr(GVariant) result = NULL;

      g_assert_true (cfut_map_next (map, NULL, &result, &error));
    }
  rest = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  check_products (rest, 10, 2990);

  nothing = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  check_products (nothing, 0, 0);
  g_assert_finalize_object (map);
}

static void
test_collect_values (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) strings = NULL;
  g_autoptr(GVariant) none = NULL;
  CfutMap *map = map_items (fixture, "spell", make_items (500, NULL, 0));

  g_test_summary ("Results of no fixed size are collected, too, and the empty array is of their type");

  strings = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (strings), ==, "as");
  g_assert_cmpuint (g_variant_n_children (strings), ==, 500);
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *expected = g_strdup_printf ("<%u>", i);
      const char *string;

      g_variant_get_child (strings, i, "&s", &string);
      g_assert_cmpstr (string, ==, expected);
    }
  g_assert_finalize_object (map);

  map = map_items (fixture, "spell", make_items (0, NULL, 0));
  none = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (none), ==, "as");
  g_assert_cmpuint (g_variant_n_children (none), ==, 0);
  g_assert_finalize_object (map);
}

static void
test_tuples (Fixture       *fixture,
             gconstpointer  data)
{
  g_autofree Pair *pairs = g_new (Pair, 2000);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) all = NULL;
  const Product *products;
  gsize n_products;
  CfutMap *map;

  g_test_summary ("Items and results may be structures, with gaps in them");

  for (gint i = 0; i < 2000; i++)
    pairs[i] = (Pair) { i - 1000, 0.5 };

  map = map_items (fixture, "multiply",
                   g_variant_new_fixed_array (G_VARIANT_TYPE ("(xd)"), pairs, 2000, sizeof *pairs));
  all = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (all), ==, "a(db)");

  products = g_variant_get_fixed_array (all, &n_products, sizeof *products);
  g_assert_cmpuint (n_products, ==, 2000);
  for (gint i = 0; i < 2000; i++)
    {
      g_assert_cmpfloat (products[i].product, ==, (i - 1000) * 0.5);
      g_assert_cmpuint (products[i].is_negative, ==, i < 1000);
    }
  g_assert_finalize_object (map);
}

static gboolean
count_to_3000 (GVariant **item,
               gpointer   user_data)
{
  gint64 *n = user_data;

  if (*n == 3000)
    return FALSE;

  *item = g_variant_new_int64 ((*n)++);

  return TRUE;
}

static void
test_source (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) all = NULL;
  gint64 n = 0;
  CfutMap *map;

  g_test_summary ("What a source gives is put together to arrays for the function");

  map = cfut_executor_map_source (fixture->executor, "tenfold", count_to_3000, &n, NULL,
                                  fixture->options, &error);
  g_assert_no_error (error);
  all = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  check_products (all, 0, 3000);
  g_assert_finalize_object (map);
}

static void
test_call (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;
  g_auto(GStrv) functions = cfut_list_functions ();

  g_test_summary ("Such a function is listed, described and called like any other");

  g_assert_true (cfut_has_function ("multiply"));
  g_assert_true (g_strv_contains ((const char *const *) functions, "multiply"));
  g_assert_true (cfut_executor_describe (fixture->executor, "multiply", &parameter_type, &result_type, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (parameter_type, ==, "(xd)");
  g_assert_cmpstr (result_type, ==, "(db)");

  result = cfut_executor_call (fixture->executor, "tenfold", g_variant_new_int64 (7), NULL, NULL,
                               &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 70);

  g_assert_null (cfut_executor_call (fixture->executor, "tenfold", g_variant_new_int64 (-77), NULL,
                                     NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

static gboolean
is_set (gpointer user_data)
{
  gpointer *place = user_data;

  return *place != NULL;
}

static GAsyncResult *
iterate_until_done (GAsyncResult **place)
{
  test_iterate_until (NULL, is_set, place);

  return g_steal_pointer (place);
}

static void
test_async (Fixture       *fixture,
            gconstpointer  data)
{
  static const guint bad[] = { 77 };
  GAsyncResult *place = NULL;
  CfutMap *map = map_items (fixture, "tenfold", make_items (20000, NULL, 0));
  guint n_seen = 0;

  g_test_summary ("In a main loop it is the same");

  {
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GVariant) all = NULL;
    g_autoptr(GError) error = NULL;

    cfut_map_collect_async (map, NULL, done_cb, &place);
    result = iterate_until_done (&place);
    all = cfut_map_collect_finish (map, result, &error);
    g_assert_no_error (error);
    check_products (all, 0, 20000);
  }
  g_assert_finalize_object (map);

  map = map_items (fixture, "tenfold", make_items (20000, NULL, 0));
  while (!cfut_map_is_done (map))
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GVariant) some = NULL;
      g_autoptr(GError) error = NULL;
      guint64 index;

      cfut_map_next_chunk_async (map, NULL, done_cb, &place);
      result = iterate_until_done (&place);
      g_assert_true (cfut_map_next_chunk_finish (map, result, &index, &some, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (index, ==, n_seen);
      check_products (some, index, g_variant_n_children (some));
      n_seen += g_variant_n_children (some);
    }
  g_assert_cmpuint (n_seen, ==, 20000);
  g_assert_finalize_object (map);

  map = map_items (fixture, "tenfold", make_items (100, bad, 1));
  {
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    cfut_map_collect_async (map, NULL, done_cb, &place);
    result = iterate_until_done (&place);
    g_assert_null (cfut_map_collect_finish (map, result, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
    g_assert_true (g_str_has_prefix (error->message, "Item 77: "));
    g_assert_true (cfut_map_is_done (map));
  }
  g_assert_finalize_object (map);
}

static gboolean
is_running (gpointer user_data)
{
  return cfut_executor_get_n_running (user_data) > 0;
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GAsyncResult *place = NULL;
  CfutMap *map;

  g_test_summary ("To cancel the collecting closes the map, and stops a function that looks");

  cfut_map_options_set_chunk_size (fixture->options, 1000);
  map = map_items (fixture, "hang", make_items (5000, NULL, 0));
  cfut_map_collect_async (map, cancellable, done_cb, &place);
  test_iterate_until (NULL, is_running, fixture->executor);

  g_assert_null (cfut_map_collect (map, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_assert_false (cfut_map_is_done (map));
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  result = iterate_until_done (&place);
  g_assert_null (cfut_map_collect_finish (map, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (cfut_map_is_done (map));
  g_clear_object (&result);
  g_assert_finalize_object (map);
}

static void
test_timeout (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  CfutMap *map;

  g_test_summary ("The map's time-out ends the collecting");

  cfut_map_options_set_chunk_size (fixture->options, 1000);
  cfut_map_options_set_timeout (fixture->options, 10000);
  map = map_items (fixture, "hang", make_items (5000, NULL, 0));
  g_assert_null (cfut_map_collect (map, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_finalize_object (map);
}

static void
test_death (Fixture       *fixture,
            gconstpointer  data)
{
  CfutMap *map;
  guint n_seen = 0;

  g_test_summary ("A death fails the items of the ranges that had begun, and the others run again");

  cfut_map_options_set_chunk_size (fixture->options, 1024);
  map = map_items (fixture, "tenfold-or-die", make_items (1024, NULL, 0));
  while (!cfut_map_is_done (map))
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = NULL;
      guint64 index;

      if (cfut_map_next (map, &index, &result, &error))
        {
          g_assert_cmpuint (index, >=, 3 * RANGE);
          g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
        }
      else
        {
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
          g_assert_cmpuint (index, <, 3 * RANGE);
        }
      g_assert_cmpuint (index, ==, n_seen++);
    }
  g_assert_cmpuint (n_seen, ==, 1024);
  g_assert_finalize_object (map);
}

static void
test_retries (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) submit_options = cfut_submit_options_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) all = NULL;
  CfutMap *map;

  g_test_summary ("With retries nothing is lost with a worker that died once");

  cfut_submit_options_set_retries (submit_options, 2);
  cfut_map_options_set_submit_options (fixture->options, submit_options);
  cfut_map_options_set_chunk_size (fixture->options, 1024);
  map = map_items (fixture, "tenfold-or-die-once", make_items (1024, NULL, 0));
  all = cfut_map_collect (map, &error);
  g_assert_no_error (error);
  check_products (all, 0, 1024);
  g_assert_finalize_object (map);
}

#define ADD(path, func) \
  G_STMT_START { \
    g_autofree char *full_path = g_strdup_printf ("/map-array-on-%s/" path, kinds[i].name); \
    g_test_add (full_path, Fixture, &kinds[i], set_up, func, tear_down); \
  } G_STMT_END

int
main (int    argc,
      char **argv)
{
  cfut_register_array_function ("tenfold", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);
  cfut_register_array_function ("tenfold-or-die", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                tenfold_or_die, NULL, NULL);
  cfut_register_array_function ("tenfold-or-die-once", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                tenfold_or_die, GINT_TO_POINTER (TRUE), NULL);
  cfut_register_array_function ("hang", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64, hang, NULL, NULL);
  cfut_register_array_function ("multiply", G_VARIANT_TYPE ("(xd)"), G_VARIANT_TYPE ("(db)"),
                                multiply, NULL, NULL);
  cfut_register_function ("spell", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_STRING, spell, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      ADD ("collect", test_collect);
      ADD ("large", test_large);
      ADD ("one-by-one", test_one_by_one);
      ADD ("chunks", test_chunks);
      ADD ("collect-fails", test_collect_fails);
      ADD ("collect-rest", test_collect_rest);
      ADD ("collect-values", test_collect_values);
      ADD ("tuples", test_tuples);
      ADD ("source", test_source);
      ADD ("call", test_call);
      ADD ("async", test_async);

      /* A call that runs in the thread that waits for it is not cancelled. */
      if (kinds[i].create == create_inline)
        continue;

      ADD ("cancel", test_cancel);
      ADD ("timeout", test_timeout);

      if (kinds[i].create != create_processes)
        continue;

      ADD ("death", test_death);
      ADD ("retries", test_retries);
    }

  return g_test_run ();
}
