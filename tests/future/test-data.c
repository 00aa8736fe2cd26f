/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/* Results that are bytes. */

static CfutPromise *
promise_new (CfutFuture **future)
{
  CfutPromise *promise = cfut_promise_new ();

  *future = g_object_ref (cfut_promise_get_future (promise));

  return promise;
}

static void
assert_no_data (CfutFuture *future)
{
  gsize length = 77;

  g_assert_null (cfut_future_get_data (future, &length));
  g_assert_cmpuint (length, ==, 0);
  g_assert_null (cfut_future_get_short_data (future, G_MAXSIZE, &length));
  g_assert_null (cfut_future_dup_bytes (future));
}

static void
test_bytes (void)
{
  g_autoptr(GBytes) sent = g_bytes_new_static ("b\0ytes", 6);
  g_autoptr(GBytes) received = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);
  const guint8 *data;
  gsize length;

  g_test_summary ("The bytes of a result are read where they are");

  assert_no_data (future);
  cfut_promise_resolve_variant (promise, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, sent, TRUE));

  for (guint i = 0; i < 2; i++)
    {
      data = cfut_future_get_data (future, &length);
      g_assert_true (data == g_bytes_get_data (sent, NULL));
      g_assert_cmpuint (length, ==, 6);
    }

  g_assert_true (cfut_future_get_short_data (future, 6, &length) == data);
  g_assert_cmpuint (length, ==, 6);
  g_assert_null (cfut_future_get_short_data (future, 5, &length));
  g_assert_cmpuint (length, ==, 0);

  received = cfut_future_dup_bytes (future);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
  g_assert_true (g_bytes_get_data (received, NULL) == g_bytes_get_data (sent, NULL));
  g_assert_true (g_bytes_equal (received, sent));
}

static void
test_empty (void)
{
  g_autoptr(GBytes) received = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);
  gsize length = 77;

  g_test_summary ("No bytes are a result, too");

  cfut_promise_resolve_variant (promise, g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0,
                                                                 TRUE, NULL, NULL));
  g_assert_nonnull (cfut_future_get_data (future, &length));
  g_assert_cmpuint (length, ==, 0);
  received = cfut_future_dup_bytes (future);
  g_assert_cmpuint (g_bytes_get_size (received), ==, 0);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_one_by_one (void)
{
  g_autoptr(GBytes) received = NULL;
  g_autoptr(GVariant) made = g_variant_ref_sink (g_variant_new_parsed ("([byte 1, 2, 3], 'and more')"));
  g_autoptr(GVariant) bytes = g_variant_get_child_value (made, 0);
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);
  const guint8 *data;
  gsize length;

  g_test_summary ("Bytes are read however they were put together");

  cfut_promise_resolve_variant (promise, bytes);
  data = cfut_future_get_data (future, &length);
  g_assert_cmpmem (data, length, "\1\2\3", 3);
  received = cfut_future_dup_bytes (future);
  g_assert_cmpmem (g_bytes_get_data (received, NULL), g_bytes_get_size (received), "\1\2\3", 3);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_other_results (void)
{
  static const char * const others[] = { "'text'", "(@ay [],)", "@an []", "<@ay []>" };
  GValue value = G_VALUE_INIT;
  CfutFuture *future;
  CfutPromise *promise;

  g_test_summary ("A result of another type is not read as bytes");

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      promise = promise_new (&future);
      cfut_promise_resolve_variant (promise, g_variant_new_parsed (others[i]));
      assert_no_data (future);
      g_assert_finalize_object (promise);
      g_assert_finalize_object (future);
    }

  promise = promise_new (&future);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "text");
  cfut_promise_resolve_value (promise, &value);
  g_value_unset (&value);
  assert_no_data (future);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_failed (void)
{
  g_autoptr(GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "as told");
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A future that has failed has no bytes; to look for them is to look");

  cfut_promise_reject (promise, failure);
  assert_no_data (future);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/data/bytes", test_bytes);
  g_test_add_func ("/data/empty", test_empty);
  g_test_add_func ("/data/one-by-one", test_one_by_one);
  g_test_add_func ("/data/other-results", test_other_results);
  g_test_add_func ("/data/failed", test_failed);

  return g_test_run ();
}
