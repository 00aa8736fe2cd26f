/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

static void
test_keep_once (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = g_object_ref (cfut_promise_get_future (promise));

  g_test_summary ("A promise is kept once, and the first result stays");

  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_PENDING);
  g_assert_false (cfut_future_is_done (future));
  g_assert_true (cfut_promise_start (promise));
  g_assert_false (cfut_promise_start (promise));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);

  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_int32 (7)));
  g_assert_false (cfut_promise_resolve_variant (promise, g_variant_new_int32 (8)));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);

  result = cfut_future_dup_result (future, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (result), ==, 7);

  g_object_unref (promise);
  g_assert_finalize_object (future);
}

static void
test_dropped (void)
{
  g_autoptr(GError) error = NULL;
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = g_object_ref (cfut_promise_get_future (promise));

  g_test_summary ("A promise that goes away unkept breaks its future");

  g_assert_finalize_object (promise);

  g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_FAILED);

  g_assert_finalize_object (future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/promise/keep-once", test_keep_once);
  g_test_add_func ("/promise/dropped", test_dropped);

  return g_test_run ();
}
