/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

#define N 3

typedef CfutFuture *(*Combine) (CfutFuture **futures,
                                gsize        n_futures);

typedef struct
{
  CfutPromise *promises[N];
  CfutFuture *futures[N];
} Children;

static void
children_init (Children *self)
{
  for (guint i = 0; i < N; i++)
    {
      self->promises[i] = cfut_promise_new ();
      self->futures[i] = g_object_ref (cfut_promise_get_future (self->promises[i]));
    }
}

static void
children_clear (Children *self)
{
  for (guint i = 0; i < N; i++)
    {
      g_assert_finalize_object (self->promises[i]);
      g_assert_finalize_object (self->futures[i]);
    }
}

static void
resolve (Children *self,
         guint     index)
{
  g_assert_true (cfut_promise_resolve_variant (self->promises[index],
                                               g_variant_new_uint32 (index)));
}

static void
fail (Children *self,
      guint     index)
{
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "child %u", index);

  g_assert_true (cfut_promise_reject (self->promises[index], error));
}

static void
assert_result (CfutFuture *future,
               const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = cfut_future_dup_result (future, 0, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (result, TRUE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_failed (CfutFuture *future,
               const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_future_dup_result (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, message);
}

/* Has the children settle in the order of the digits in @order (a capital F
 * before a digit: it fails), the first @n_before of them before they are
 * combined. */
static CfutFuture *
play (Children   *children,
      Combine     combine,
      const char *order,
      guint       n_before)
{
  CfutFuture *future = NULL;

  children_init (children);

  for (guint n = 0;; n++)
    {
      gboolean fails;
      guint index;

      if (n == n_before)
        {
          future = combine (children->futures, N);
          g_assert_cmpint (cfut_future_get_state (future), !=, CFUT_FUTURE_STATE_PENDING);
        }

      if (*order == '\0')
        break;

      fails = *order == 'F';
      order += fails;
      index = g_ascii_digit_value (*order++);
      if (fails)
        fail (children, index);
      else
        resolve (children, index);
    }

  return future;
}

static void
test_all_done (void)
{
  const char *orders[] = { "012", "021", "102", "120", "201", "210" };

  g_test_summary ("The results of all are in order, whoever settles last");

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    for (guint n_before = 0; n_before <= N; n_before++)
      {
        Children children;
        CfutFuture *future = play (&children, cfut_future_all, orders[i], n_before);

        assert_result (future, "[<uint32 0>, <uint32 1>, <uint32 2>]");
        g_assert_finalize_object (future);
        children_clear (&children);
      }
}

static void
test_all_failed (void)
{
  g_test_summary ("All fails as soon as one fails, as the first in order");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future = play (&children, cfut_future_all, "0F2F1", n_before);

      assert_failed (future, n_before == N ? "child 1" : "child 2");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_any_done (void)
{
  g_test_summary ("Any is the first success");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future = play (&children, cfut_future_any, "F021", n_before);

      assert_result (future, n_before == N ? "uint32 1" : "uint32 2");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_any_failed (void)
{
  const char *orders[] = { "F0F1F2", "F0F2F1", "F1F0F2", "F1F2F0", "F2F0F1", "F2F1F0" };

  g_test_summary ("If none succeeds, any fails as the first in order");

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    for (guint n_before = 0; n_before <= N; n_before++)
      {
        Children children;
        CfutFuture *future = play (&children, cfut_future_any, orders[i], n_before);

        assert_failed (future, "All 3 futures failed, the first with: child 0");
        g_assert_finalize_object (future);
        children_clear (&children);
      }
}

static void
test_race (void)
{
  g_test_summary ("Race is whoever settles first, done or failed");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future;

      future = play (&children, cfut_future_race, "2F01", n_before);
      if (n_before < 2)
        assert_result (future, "uint32 2");
      else
        assert_failed (future, "child 0");
      g_assert_finalize_object (future);
      children_clear (&children);

      future = play (&children, cfut_future_race, "F210", n_before);
      if (n_before < 2)
        assert_failed (future, "child 2");
      else
        assert_result (future, n_before == 2 ? "uint32 1" : "uint32 0");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/combine/all-done", test_all_done);
  g_test_add_func ("/combine/all-failed", test_all_failed);
  g_test_add_func ("/combine/any-done", test_any_done);
  g_test_add_func ("/combine/any-failed", test_any_failed);
  g_test_add_func ("/combine/race", test_race);

  return g_test_run ();
}
