/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

static void
test_library_is_of_the_headers (void)
{
  g_test_summary ("The library and the headers of one build have one version");

  g_assert_cmpuint (cfut_get_major_version (), ==, CFUT_MAJOR_VERSION);
  g_assert_cmpuint (cfut_get_minor_version (), ==, CFUT_MINOR_VERSION);
  g_assert_cmpuint (cfut_get_micro_version (), ==, CFUT_MICRO_VERSION);
}

static void
test_check (void)
{
  g_test_summary ("A version is enough for itself and for all before it");

  g_assert_true (cfut_check_version (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION,
                                     CFUT_MICRO_VERSION));
  g_assert_true (cfut_check_version (CFUT_MAJOR_VERSION - 1, 99, 99));
  g_assert_false (cfut_check_version (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION,
                                      CFUT_MICRO_VERSION + 1));
  g_assert_false (cfut_check_version (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION + 1, 0));
  g_assert_false (cfut_check_version (CFUT_MAJOR_VERSION + 1, 0, 0));
}

static void
test_macros (void)
{
  g_test_summary ("The macros say the same at compile time");

#if !CFUT_CHECK_VERSION (1, 0, 0) || CFUT_CHECK_VERSION (2, 0, 0)
#error "CFUT_CHECK_VERSION"
#endif

  g_assert_true (CFUT_CHECK_VERSION (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION,
                                     CFUT_MICRO_VERSION));
  g_assert_false (CFUT_CHECK_VERSION (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION,
                                      CFUT_MICRO_VERSION + 1));
  g_assert_cmpuint (CFUT_ENCODED_VERSION, ==,
                    CFUT_ENCODE_VERSION (CFUT_MAJOR_VERSION, CFUT_MINOR_VERSION,
                                         CFUT_MICRO_VERSION));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/version/library-is-of-the-headers", test_library_is_of_the_headers);
  g_test_add_func ("/version/check", test_check);
  g_test_add_func ("/version/macros", test_macros);

  return g_test_run ();
}
