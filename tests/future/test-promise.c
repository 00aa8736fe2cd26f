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

static void
test_cancelled (void)
{
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "x");
  GValue value = G_VALUE_INIT;

  g_test_summary ("A cancel resolves the future at once, and tells the producer");

  for (guint asked_before = 0; asked_before <= 1; asked_before++)
    for (guint started = 0; started <= 1; started++)
      {
        CfutPromise *promise = cfut_promise_new ();
        CfutFuture *future = cfut_promise_get_future (promise);
        GCancellable *cancellable;

        if (started)
          cfut_promise_start (promise);
        if (asked_before)
          g_assert_false (g_cancellable_is_cancelled (cfut_promise_get_cancellable (promise)));

        g_assert_true (cfut_future_cancel (future));
        g_assert_true (cfut_future_cancel (future));
        g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
        cancellable = cfut_promise_get_cancellable (promise);
        g_assert_true (g_cancellable_is_cancelled (cancellable));
        g_assert_true (cfut_promise_get_cancellable (promise) == cancellable);

        /* Too late. */
        g_assert_false (cfut_promise_start (promise));
        g_assert_false (cfut_promise_resolve_variant (promise, g_variant_new_int32 (1)));
        g_value_init (&value, G_TYPE_INT);
        g_assert_false (cfut_promise_resolve_value (promise, &value));
        g_value_unset (&value);
        g_assert_false (cfut_promise_reject (promise, error));
        cfut_promise_set_progress (promise, 0.5, NULL);
        g_assert_cmpfloat (cfut_future_get_progress (future), ==, -1);

        g_assert_finalize_object (promise);
      }
}

static void
count_cb (GCancellable *cancellable,
          gpointer      user_data)
{
  CfutPromise *promise = user_data;

  g_assert_true (cfut_future_is_done (cfut_promise_get_future (promise)));
  g_object_set_data (G_OBJECT (promise), "n", (char *) g_object_get_data (G_OBJECT (promise), "n") + 1);
}

static void
test_cancellable_fires_once (void)
{
  CfutPromise *promise = cfut_promise_new ();

  g_test_summary ("The cancellable is triggered once, when the future is cancelled already");

  g_signal_connect (cfut_promise_get_cancellable (promise), "cancelled", G_CALLBACK (count_cb), promise);
  g_assert_true (cfut_future_cancel (cfut_promise_get_future (promise)));
  g_assert_true (cfut_future_cancel (cfut_promise_get_future (promise)));
  g_assert_cmpint (GPOINTER_TO_INT (g_object_get_data (G_OBJECT (promise), "n")), ==, 1);

  g_assert_finalize_object (promise);
}

static void
test_not_cancelled (void)
{
  CfutPromise *promise = cfut_promise_new ();

  g_test_summary ("A cancel that comes too late triggers nothing");

  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_int32 (1)));
  g_assert_false (cfut_future_cancel (cfut_promise_get_future (promise)));
  g_assert_false (g_cancellable_is_cancelled (cfut_promise_get_cancellable (promise)));

  g_assert_finalize_object (promise);
}

static void
test_variant_not_floating (void)
{
  GVariant *variant = g_variant_ref_sink (g_variant_new_int32 (1));

  g_test_summary ("A variant that is not floating stays the caller's, kept or refused");

  for (guint i = 0; i < 2; i++)
    {
      CfutPromise *promise = cfut_promise_new ();

      if (i == 1)
        g_assert_true (cfut_future_cancel (cfut_promise_get_future (promise)));
      g_assert_cmpint (cfut_promise_resolve_variant (promise, variant), ==, i == 0);
      g_assert_finalize_object (promise);
    }

  g_variant_unref (variant);
}

#define N_ROUNDS 1000

static gpointer
cancel_thread (gpointer user_data)
{
  g_assert_true (cfut_future_cancel (user_data));

  return NULL;
}

static void
test_cancel_race (void)
{
  g_test_summary ("Whoever asks for the cancellable sees a cancel, and all cancels succeed");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      CfutPromise *promise = cfut_promise_new ();
      CfutFuture *future = cfut_promise_get_future (promise);
      GThread *threads[2];
      GCancellable *cancellable;

      for (guint j = 0; j < 2; j++)
        threads[j] = g_thread_new ("test-cancel", cancel_thread, future);
      cancellable = cfut_promise_get_cancellable (promise);
      for (guint j = 0; j < 2; j++)
        g_thread_join (threads[j]);

      g_assert_true (g_cancellable_is_cancelled (cancellable));
      g_assert_finalize_object (promise);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/promise/keep-once", test_keep_once);
  g_test_add_func ("/promise/dropped", test_dropped);

  g_test_add_func ("/promise/cancelled", test_cancelled);
  g_test_add_func ("/promise/cancellable-fires-once", test_cancellable_fires_once);
  g_test_add_func ("/promise/not-cancelled", test_not_cancelled);
  g_test_add_func ("/promise/variant-not-floating", test_variant_not_floating);
  g_test_add_func ("/promise/cancel-race", test_cancel_race);

  return g_test_run ();
}
