/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "cfut-error-private.h"
#include "process-support.h"

/* Exceptions of other languages, from a worker process. */

/* Raises one with a traceback of as many letters, and a payload of as many
 * bytes, as its arguments say. */
static GVariant *
raise_exception (CfutCall  *call,
                 GVariant  *arguments,
                 gpointer   user_data,
                 GError   **error)
{
  g_autofree char *traceback = NULL;
  g_autoptr(GBytes) payload = NULL;
  guint64 n_letters, n_bytes;

  g_variant_get (arguments, "(tt)", &n_letters, &n_bytes);
  traceback = g_strnfill (n_letters, 't');
  payload = g_bytes_new_take (g_strnfill (n_bytes, 'p'), n_bytes);
  g_propagate_error (error, cfut_error_new_remote ("TestError", "on purpose", traceback, payload));

  return NULL;
}

static void
test_exception (void)
{
  static const struct { guint64 n_letters, n_bytes, expected; } cases[] = {
    { 0, 0, 0 },
    { 100, 1, 100 },
    { 65536, 300000, 65536 },
    { 200000, 8 << 20, 65536 + 3 },
  };
  ProcessTest test;

  g_test_summary ("An exception comes with its traceback, which is cut, and its payload, which is not");

  process_test_begin (&test, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CfutFuture) future = process_submit (&test, "raise", "(tt)", cases[i].n_letters, cases[i].n_bytes);
      g_autoptr(GError) error = process_error (future);
      g_autofree char *name = cfut_future_dup_remote_name (future);
      g_autofree char *traceback = cfut_future_dup_remote_traceback (future);
      g_autoptr(GBytes) payload = cfut_future_dup_remote_data (future);

      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
      g_assert_cmpstr (error->message, ==, "TestError: on purpose");
      g_assert_cmpstr (name, ==, "TestError");
      g_assert_cmpuint (traceback != NULL ? strlen (traceback) : 0, ==, cases[i].expected);
      g_assert_cmpuint (payload != NULL ? g_bytes_get_size (payload) : 0, ==, cases[i].n_bytes);
    }
  process_test_end (&test);
}

static void
assert_broken (CfutFuture *future,
               const char *message)
{
  g_autoptr(GError) error = process_error (future);
  g_autofree char *name = cfut_future_dup_remote_name (future);
  g_autofree char *traceback = cfut_future_dup_remote_traceback (future);
  g_autoptr(GBytes) payload = cfut_future_dup_remote_data (future);

  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_cmpstr (name, ==, "TestError");
  g_assert_cmpstr (traceback, ==, "ttttt");
  g_assert_cmpuint (g_bytes_get_size (payload), ==, 7);
}

static void
test_initializer (void)
{
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  ProcessTest test;

  g_test_summary ("The exception of an initializer breaks the executor, and each error carries it");

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "raise", g_variant_new ("(tt)", (guint64) 5, (guint64) 7));
  future = process_submit (&test, "raise", "(tt)", (guint64) 0, (guint64) 0);
  assert_broken (future, "Failed to initialize a worker: TestError: on purpose");

  g_assert_null (cfut_executor_submit (test.executor, "raise", g_variant_new ("(tt)", (guint64) 0, (guint64) 0), NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (cfut_error_get_remote_name (error), ==, "TestError");

  g_clear_object (&future);
  process_test_end (&test);
}

static void
test_map (void)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  GVariantBuilder items;
  ProcessTest test;

  g_test_summary ("Of items of a map that fail, in one chunk, each has its exception with name, traceback and payload");

  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(tt)"));
  for (guint64 i = 0; i < 10; i++)
    g_variant_builder_add (&items, "(tt)", 100 + i, 1 + i);

  process_test_begin (&test, 1);
  cfut_map_options_set_chunk_size (options, 5);
  map = cfut_executor_map (test.executor, "raise", g_variant_builder_end (&items), options, NULL);
  for (guint64 i = 0; i < 10; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (cfut_map_next (map, NULL, NULL, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
      g_assert_cmpstr (error->message, ==, "TestError: on purpose");
      g_assert_cmpstr (cfut_error_get_remote_name (error), ==, "TestError");
      g_assert_cmpuint (strlen (cfut_error_get_remote_traceback (error)), ==, 100 + i);
      g_assert_cmpuint (g_bytes_get_size (cfut_error_get_remote_payload (error)), ==, 1 + i);
    }
  g_clear_object (&map);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("raise", G_VARIANT_TYPE ("(tt)"), NULL, raise_exception, NULL, NULL);
  process_test_init (&argc, &argv);

  g_test_add_func ("/remote/exception", test_exception);
  g_test_add_func ("/remote/initializer", test_initializer);
  g_test_add_func ("/remote/map", test_map);

  return g_test_run ();
}
