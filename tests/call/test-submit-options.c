/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

static void
test_defaults (void)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

  g_test_summary ("New options have priority 0, no limits, no retries, no name");

  g_assert_cmpint (cfut_submit_options_get_priority (options), ==, G_PRIORITY_DEFAULT);
  g_assert_cmpint (cfut_submit_options_get_timeout (options), ==, CFUT_WAIT_FOREVER);
  g_assert_cmpint (cfut_submit_options_get_deadline (options), ==, CFUT_WAIT_FOREVER);
  g_assert_cmpuint (cfut_submit_options_get_retries (options), ==, 0);
  g_assert_null (cfut_submit_options_get_name (options));
  g_assert_null (cfut_submit_options_get_cancellable (options));
}

static void
test_set_and_copy (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  CfutSubmitOptions *options = cfut_submit_options_new ();
  CfutSubmitOptions *copy;

  g_test_summary ("A copy has all that was set and lives on its own");

  cfut_submit_options_set_priority (options, -5);
  cfut_submit_options_set_timeout (options, 10);
  cfut_submit_options_set_deadline (options, 20);
  cfut_submit_options_set_retries (options, CFUT_RETRY_FOREVER);
  cfut_submit_options_set_name (options, "first");
  cfut_submit_options_set_name (options, cfut_submit_options_get_name (options));
  cfut_submit_options_set_cancellable (options, cancellable);

  copy = g_boxed_copy (CFUT_TYPE_SUBMIT_OPTIONS, options);
  cfut_submit_options_set_name (options, NULL);
  cfut_submit_options_set_cancellable (options, NULL);
  cfut_submit_options_free (options);

  g_assert_cmpint (cfut_submit_options_get_priority (copy), ==, -5);
  g_assert_cmpint (cfut_submit_options_get_timeout (copy), ==, 10);
  g_assert_cmpint (cfut_submit_options_get_deadline (copy), ==, 20);
  g_assert_cmpuint (cfut_submit_options_get_retries (copy), ==, CFUT_RETRY_FOREVER);
  g_assert_cmpstr (cfut_submit_options_get_name (copy), ==, "first");
  g_assert_true (cfut_submit_options_get_cancellable (copy) == cancellable);

  g_boxed_free (CFUT_TYPE_SUBMIT_OPTIONS, copy);
  g_assert_finalize_object (cancellable);
}

static void
test_bad_limits (void)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

  g_test_summary ("A negative limit other than -1 is a programming error");

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*assertion*timeout_us*");
  cfut_submit_options_set_timeout (options, -2);
  g_test_assert_expected_messages ();

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*assertion*deadline_us*");
  cfut_submit_options_set_deadline (options, -2);
  g_test_assert_expected_messages ();

  g_assert_cmpint (cfut_submit_options_get_timeout (options), ==, CFUT_WAIT_FOREVER);
  g_assert_cmpint (cfut_submit_options_get_deadline (options), ==, CFUT_WAIT_FOREVER);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/submit-options/defaults", test_defaults);
  g_test_add_func ("/submit-options/set-and-copy", test_set_and_copy);
  g_test_add_func ("/submit-options/bad-limits", test_bad_limits);

  return g_test_run ();
}
