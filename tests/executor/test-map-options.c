/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

static void
test_defaults (void)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();

  g_test_summary ("New options are ordered, without a time-out, the rest automatic");

  g_assert_cmpuint (cfut_map_options_get_chunk_size (options), ==, 0);
  g_assert_cmpuint (cfut_map_options_get_buffer_size (options), ==, 0);
  g_assert_cmpint (cfut_map_options_get_timeout (options), ==, CFUT_WAIT_FOREVER);
  g_assert_true (cfut_map_options_get_ordered (options));
  g_assert_null (cfut_map_options_get_submit_options (options));
}

static void
test_set_and_copy (void)
{
  CfutMapOptions *options = cfut_map_options_new ();
  CfutSubmitOptions *submit_options = cfut_submit_options_new ();
  CfutMapOptions *copy;

  g_test_summary ("A copy has all that was set and lives on its own");

  cfut_submit_options_set_retries (submit_options, 3);
  cfut_map_options_set_chunk_size (options, 10);
  cfut_map_options_set_buffer_size (options, 20);
  cfut_map_options_set_timeout (options, 30);
  cfut_map_options_set_ordered (options, FALSE);
  cfut_map_options_set_submit_options (options, submit_options);
  cfut_map_options_set_submit_options (options, cfut_map_options_get_submit_options (options));
  cfut_submit_options_free (submit_options);

  copy = g_boxed_copy (CFUT_TYPE_MAP_OPTIONS, options);
  cfut_map_options_set_submit_options (options, NULL);
  g_assert_null (cfut_map_options_get_submit_options (options));
  cfut_map_options_free (options);

  g_assert_cmpuint (cfut_map_options_get_chunk_size (copy), ==, 10);
  g_assert_cmpuint (cfut_map_options_get_buffer_size (copy), ==, 20);
  g_assert_cmpint (cfut_map_options_get_timeout (copy), ==, 30);
  g_assert_false (cfut_map_options_get_ordered (copy));
  g_assert_cmpuint (cfut_submit_options_get_retries (cfut_map_options_get_submit_options (copy)), ==, 3);

  g_boxed_free (CFUT_TYPE_MAP_OPTIONS, copy);
}

static void
test_bad_timeout (void)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();

  g_test_summary ("A negative time-out other than -1 is a programming error");

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*assertion*timeout_us*");
  cfut_map_options_set_timeout (options, -2);
  g_test_assert_expected_messages ();

  g_assert_cmpint (cfut_map_options_get_timeout (options), ==, CFUT_WAIT_FOREVER);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/map-options/defaults", test_defaults);
  g_test_add_func ("/map-options/set-and-copy", test_set_and_copy);
  g_test_add_func ("/map-options/bad-timeout", test_bad_timeout);

  return g_test_run ();
}
