/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "cfut-error-private.h"
#include "test-support.h"

/* What a future tells of an exception of another language. */

static CfutPromise *
promise_new (CfutFuture **future)
{
  CfutPromise *promise = cfut_promise_new ();

  *future = g_object_ref (cfut_promise_get_future (promise));

  return promise;
}

static void
assert_nothing (CfutFuture *future)
{
  g_assert_null (cfut_future_dup_remote_name (future));
  g_assert_null (cfut_future_dup_remote_traceback (future));
  g_assert_null (cfut_future_dup_remote_data (future));
}

static void
assert_exception (CfutFuture *future,
                  GBytes     *expected)
{
  g_autofree char *name = cfut_future_dup_remote_name (future);
  g_autofree char *traceback = cfut_future_dup_remote_traceback (future);
  g_autoptr(GBytes) data = cfut_future_dup_remote_data (future);

  g_assert_cmpstr (name, ==, "KeyError");
  g_assert_cmpstr (traceback, ==, "line 1");
  g_assert_true (data == expected);
}

static void
test_exception (void)
{
  g_autoptr(GBytes) payload = g_bytes_new_static ("pickle", 6);
  g_autoptr(GError) error = cfut_error_new_remote ("KeyError", "'a'", "line 1", payload);
  g_autoptr(GError) failure = NULL;
  CfutFuture *future, *all;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A future that failed with an exception gives what is known of it");

  all = cfut_future_all (&future, 1);
  assert_nothing (future);
  cfut_promise_reject (promise, error);
  assert_exception (future, payload);
  g_assert_null (cfut_future_dup_result (future, 0, &failure));
  g_assert_error (failure, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (failure->message, ==, "KeyError: 'a'");

  /* A combination fails with the same. */
  g_assert_true (cfut_future_wait (all, CFUT_WAIT_FOREVER, NULL));
  assert_exception (all, payload);

  g_assert_finalize_object (all);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_no_exception (void)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "as told");
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("All other futures know of no exception");

  cfut_promise_reject (promise, error);
  assert_nothing (future);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);

  promise = promise_new (&future);
  cfut_promise_resolve_variant (promise, g_variant_new_string ("result"));
  assert_nothing (future);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);

  promise = promise_new (&future);
  g_assert_true (cfut_future_cancel (future));
  assert_nothing (future);
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/remote/exception", test_exception);
  g_test_add_func ("/remote/no-exception", test_no_exception);

  return g_test_run ();
}
