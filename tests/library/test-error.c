/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

static void
test_domain (void)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("The domain has the name that bindings look for");

  error = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN, "Broken");
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, "cfut-error-quark");
}

static void
test_codes_have_nicks (void)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (CFUT_TYPE_ERROR);

  g_test_summary ("Each code is registered under a nick");

  g_assert_cmpuint (klass->n_values, ==, CFUT_ERROR_REMOTE + 1);
  g_assert_cmpstr (g_enum_get_value (klass, CFUT_ERROR_WORKER_DIED)->value_nick,
                   ==, "worker-died");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error/domain", test_domain);
  g_test_add_func ("/error/codes-have-nicks", test_codes_have_nicks);

  return g_test_run ();
}
