/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "call/cfut-call-private.h"
#include "test-support.h"

typedef struct
{
  TestLatch entered;
  TestLatch may_leave;
  gboolean block;
  guint n_reports;
  double fraction;
  char *message;
} Target;

static void
record_progress (gpointer    target,
                 double      fraction,
                 const char *message)
{
  Target *self = target;

  self->n_reports++;
  self->fraction = fraction;
  g_free (self->message);
  self->message = g_strdup (message);

  if (self->block)
    {
      test_latch_open (&self->entered);
      test_latch_wait (&self->may_leave);
    }
}

static void
test_what_it_tells (void)
{
  CfutCall *call = cfut_call_new ("f", g_variant_new ("(x)", G_GINT64_CONSTANT (7)), 42, 3, NULL, NULL);

  g_test_summary ("A call tells the function what it was made with");

  g_assert_cmpstr (cfut_call_get_function (call), ==, "f");
  g_assert_cmpint (cfut_call_get_deadline (call), ==, 42);
  g_assert_cmpuint (cfut_call_get_attempt (call), ==, 3);
  g_assert_false (g_variant_is_floating (cfut_call_get_arguments (call)));
  g_assert_cmpstr (g_variant_get_type_string (cfut_call_get_arguments (call)), ==, "(x)");

  /* Nobody listens: ignored. */
  cfut_call_set_progress (call, 0.5, "half");

  g_assert_finalize_object (call);
}

static void
test_without_arguments (void)
{
  CfutCall *call = cfut_call_new (NULL, NULL, -1, 1, NULL, NULL);

  g_test_summary ("A call of a closure has no arguments and no function");

  g_assert_null (cfut_call_get_arguments (call));
  g_assert_null (cfut_call_get_function (call));
  g_assert_cmpint (cfut_call_get_deadline (call), ==, -1);

  g_assert_finalize_object (call);
}

static void
test_cancel_before_asked (void)
{
  CfutCall *call = cfut_call_new ("f", NULL, -1, 1, NULL, NULL);

  g_test_summary ("A cancellable that is first asked for after the cancel is triggered");

  cfut_call_cancel (call);
  g_assert_true (g_cancellable_is_cancelled (cfut_call_get_cancellable (call)));

  g_assert_finalize_object (call);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  CfutCall *call = user_data;
  guint *n_cancelled = g_object_get_data (G_OBJECT (call), "n-cancelled");

  /* No lock is held: asking the call from here works. */
  g_assert_true (cfut_call_get_cancellable (call) == cancellable);
  (*n_cancelled)++;
}

static void
test_cancel_after_asked (void)
{
  CfutCall *call = cfut_call_new ("f", NULL, -1, 1, NULL, NULL);
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  guint n_cancelled = 0;

  g_test_summary ("A cancel triggers the cancellable that was asked for, once and without a lock");

  g_object_set_data (G_OBJECT (call), "n-cancelled", &n_cancelled);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), call, NULL);

  cfut_call_cancel (call);
  cfut_call_cancel (call);

  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_true (cfut_call_get_cancellable (call) == cancellable);
  g_assert_cmpuint (n_cancelled, ==, 1);

  g_assert_finalize_object (call);
}

static void
test_progress (void)
{
  Target target = { 0, };
  CfutCall *call = cfut_call_new ("f", NULL, -1, 1, record_progress, &target);

  g_test_summary ("Progress is moved into its range and reaches the target until the end");

  cfut_call_set_progress (call, 0.25, "a quarter");
  g_assert_cmpfloat (target.fraction, ==, 0.25);
  g_assert_cmpstr (target.message, ==, "a quarter");

  cfut_call_set_progress (call, 7.0, NULL);
  g_assert_cmpfloat (target.fraction, ==, 1.0);
  g_assert_null (target.message);

  cfut_call_set_progress (call, -0.001, NULL);
  g_assert_cmpfloat (target.fraction, ==, -1.0);

  target.fraction = 0.0;
  cfut_call_set_progress (call, 0.0 / (target.fraction), NULL);
  g_assert_cmpfloat (target.fraction, ==, -1.0);

  g_assert_cmpuint (target.n_reports, ==, 4);

  cfut_call_end (call);
  cfut_call_set_progress (call, 0.9, "too late");
  g_assert_cmpuint (target.n_reports, ==, 4);

  g_free (target.message);
  g_assert_finalize_object (call);
}

static gpointer
report_thread (gpointer data)
{
  cfut_call_set_progress (data, 0.5, "in a thread");

  return NULL;
}

static gpointer
end_thread (gpointer data)
{
  cfut_call_end (data);

  return NULL;
}

static void
test_end_waits_for_reporter (void)
{
  Target target = { .block = TRUE };
  CfutCall *call = cfut_call_new ("f", NULL, -1, 1, record_progress, &target);
  GThread *reporter, *ender;

  g_test_summary ("The end of a call waits for a thread that is just reporting");

  reporter = g_thread_new ("reporter", report_thread, call);
  test_latch_wait (&target.entered);

  ender = g_thread_new ("ender", end_thread, call);
  test_latch_open (&target.may_leave);
  g_thread_join (ender);

  /* The reporter has left the target, which could go away now. */
  g_assert_cmpstr (target.message, ==, "in a thread");
  g_clear_pointer (&target.message, g_free);
  cfut_call_set_progress (call, 0.6, "too late");
  g_assert_null (target.message);

  g_thread_join (reporter);
  g_assert_finalize_object (call);
}

static void
test_recycle (void)
{
  CfutCall *call = cfut_call_new ("f", NULL, -1, 1, NULL, NULL);
  CfutCall *again;

  g_test_summary ("An ended call that nobody knows serves as a new one");

  cfut_call_fail (call, "Error", NULL, NULL);
  cfut_call_get_cancellable (call);
  cfut_call_cancel (call);
  cfut_call_end (call);

  g_assert_true (cfut_call_recycle (call) == call);
  again = cfut_call_renew (call, "g", g_variant_new ("(x)", G_GINT64_CONSTANT (7)), 42, 3, NULL, NULL);
  g_assert_true (again == call);
  g_assert_cmpstr (cfut_call_get_function (again), ==, "g");
  g_assert_cmpint (cfut_call_get_deadline (again), ==, 42);
  g_assert_cmpuint (cfut_call_get_attempt (again), ==, 3);
  g_assert_cmpstr (g_variant_get_type_string (cfut_call_get_arguments (again)), ==, "(x)");
  g_assert_false (cfut_call_is_cancelled (again));
  g_assert_false (g_cancellable_is_cancelled (cfut_call_get_cancellable (again)));
  g_assert_null (cfut_call_steal_failure (again));

  g_assert_finalize_object (again);
}

static void
test_kept_is_not_recycled (void)
{
  CfutCall *kept = cfut_call_new ("f", NULL, -1, 1, NULL, NULL);
  CfutCall *watched = cfut_call_new ("f", NULL, -1, 1, NULL, NULL);
  GWeakRef weak;

  g_test_summary ("A call that somebody has kept, or watches, is no other call's");

  g_object_ref (kept);
  cfut_call_end (kept);
  g_assert_null (cfut_call_recycle (kept));
  g_assert_cmpstr (cfut_call_get_function (kept), ==, "f");
  g_assert_finalize_object (kept);

  g_weak_ref_init (&weak, watched);
  cfut_call_end (watched);
  g_assert_null (cfut_call_recycle (watched));
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/call/what-it-tells", test_what_it_tells);
  g_test_add_func ("/call/without-arguments", test_without_arguments);
  g_test_add_func ("/call/cancel-before-asked", test_cancel_before_asked);
  g_test_add_func ("/call/cancel-after-asked", test_cancel_after_asked);
  g_test_add_func ("/call/progress", test_progress);
  g_test_add_func ("/call/end-waits-for-reporter", test_end_waits_for_reporter);
  g_test_add_func ("/call/recycle", test_recycle);
  g_test_add_func ("/call/kept-is-not-recycled", test_kept_is_not_recycled);

  return g_test_run ();
}
