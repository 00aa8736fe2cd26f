/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "call/cfut-call-private.h"
#include "call/cfut-function-private.h"
#include "call/cfut-program-private.h"
#include "test-support.h"

static GVariant *
twice (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  gint64 n;

  g_assert_cmpstr (user_data, ==, "data");
  g_variant_get (arguments, "(x)", &n);

  return g_variant_new_int64 (2 * n);
}

static GVariant *
return_nothing (CfutCall  *call,
                GVariant  *arguments,
                gpointer   user_data,
                GError   **error)
{
  return NULL;
}

static GVariant *
return_owned_string (CfutCall  *call,
                     GVariant  *arguments,
                     gpointer   user_data,
                     GError   **error)
{
  return g_variant_ref_sink (g_variant_new_string ("owned"));
}

static GVariant *
return_both (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "No space");

  return user_data != NULL
    ? g_variant_ref_sink (g_variant_new_int64 (1))
    : g_variant_new_int64 (1);
}

static GVariant *
run (const char  *name,
     GVariant    *arguments,
     GError     **error)
{
  g_autoptr(GVariant) owned = g_variant_ref_sink (arguments);
  const CfutFunction *function = cfut_function_lookup (name);
  CfutCall *call = cfut_call_new (name, owned, -1, 1, NULL, NULL);
  GVariant *result;

  g_assert_nonnull (function);
  result = cfut_function_run (function, call, owned, error);
  g_assert_true (result == NULL || !g_variant_is_floating (result));
  g_assert_finalize_object (call);

  return result;
}

static void
test_run (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("A function gets its arguments and data, and its result comes back sunk");

  result = run ("twice", g_variant_new ("(x)", G_GINT64_CONSTANT (21)), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 42);
}

static void
test_run_without_result (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("NULL is success for a function without a result and failure for others");

  result = run ("nothing", g_variant_new ("()"), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (result), ==, "()");

  g_assert_null (run ("silent", g_variant_new ("()"), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "\"silent\""));
  g_clear_error (&error);

  g_assert_null (run ("silent", g_variant_new ("()"), NULL));
}

static void
test_run_wrong_result (void)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A result of the wrong type is an error that names both types");

  g_assert_null (run ("string", g_variant_new ("()"), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, "\"s\""));
  g_assert_nonnull (strstr (error->message, "\"x\""));
}

static void
test_run_error_wins (void)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Of a result and an error the error wins, be the result floating or owned");

  g_assert_null (run ("both", g_variant_new ("()"), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_clear_error (&error);

  g_assert_null (run ("both-owned", g_variant_new ("()"), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

static void
test_check_arguments (void)
{
  g_autoptr(GVariant) number = g_variant_ref_sink (g_variant_new ("(x)", G_GINT64_CONSTANT (1)));
  g_autoptr(GVariant) unit = g_variant_ref_sink (g_variant_new ("()"));
  g_autoptr(GError) error = NULL;
  const CfutFunction *twice_function = cfut_function_lookup ("twice");
  const CfutFunction *foreign = cfut_function_lookup_foreign ("far.away");

  g_test_summary ("Arguments are checked against the registered type, where that is known");

  g_assert_true (cfut_function_check_arguments (twice_function, number, &error));
  g_assert_no_error (error);

  g_assert_false (cfut_function_check_arguments (twice_function, unit, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "\"twice\""));
  g_assert_nonnull (strstr (error->message, "\"(x)\""));
  g_assert_nonnull (strstr (error->message, "\"()\""));
  g_clear_error (&error);

  g_assert_true (cfut_function_check_arguments (foreign, number, &error));
  g_assert_true (cfut_function_check_arguments (foreign, unit, &error));
  g_assert_no_error (error);
}

static void
test_look_up (void)
{
  const CfutFunction *function = cfut_function_lookup ("nothing");
  const CfutFunction *foreign = cfut_function_lookup_foreign ("nothing");
  g_auto(GStrv) names = cfut_list_functions ();
  const char *expected[] = {
    "both", "both-owned", "nothing", "silent", "string", "twice", NULL
  };

  g_test_summary ("Names are found as registered, foreign ones on the side");

  g_assert_true (cfut_has_function ("nothing"));
  g_assert_false (cfut_has_function ("elsewhere"));
  g_assert_null (cfut_function_lookup ("elsewhere"));

  g_assert_cmpstr (function->name, ==, "nothing");
  g_assert_true (g_variant_type_equal (function->parameter_type, G_VARIANT_TYPE_UNIT));
  g_assert_true (g_variant_type_equal (function->result_type, G_VARIANT_TYPE_UNIT));

  g_assert_true (foreign != function);
  g_assert_true (cfut_function_lookup_foreign ("nothing") == foreign);
  g_assert_cmpstr (foreign->name, ==, "nothing");
  g_assert_null (foreign->parameter_type);
  g_assert_null (foreign->result_type);
  g_assert_null (foreign->func);

  g_assert_cmpstrv (names, expected);
}

static void
count_destroy (gpointer data)
{
  (*(guint *) data)++;
}

static void
test_register_twice (void)
{
  const CfutFunction *first = cfut_function_lookup ("twice");
  guint n_destroyed = 0;

  g_test_summary ("Registering a name again is a programming error, and the first function stays");

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*\"twice\" is registered already*");
  cfut_register_function ("twice", NULL, NULL, return_nothing, &n_destroyed, count_destroy);
  g_test_assert_expected_messages ();

  g_assert_cmpuint (n_destroyed, ==, 1);
  g_assert_true (cfut_function_lookup ("twice") == first);
  g_assert_true (first->func == twice);

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*\"twice\" is registered already*");
  cfut_register_function ("twice", NULL, NULL, return_nothing, NULL, NULL);
  g_test_assert_expected_messages ();

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*assertion*definite*");
  cfut_register_function ("any", G_VARIANT_TYPE_ANY, NULL, return_nothing, NULL, NULL);
  g_test_assert_expected_messages ();
  g_assert_false (cfut_has_function ("any"));
}

static void
test_program (void)
{
  g_test_summary ("What cfut_init() saw is remembered from its first call");

  g_assert_false (cfut_init_was_called ());
  g_assert_null (cfut_init_get_program ());

  cfut_init_set_program (NULL);
  g_assert_true (cfut_init_was_called ());
  g_assert_null (cfut_init_get_program ());

  cfut_init_set_program ("/bin/first");
  cfut_init_set_program ("/bin/second");
  g_assert_cmpstr (cfut_init_get_program (), ==, "/bin/first");
}

static void
test_empty_registry (void)
{
  g_auto(GStrv) names = cfut_list_functions ();

  g_test_summary ("A process that registered nothing has no functions");

  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_false (cfut_has_function ("twice"));
}

static void
register_all (void)
{
  static char data[] = "data";

  cfut_register_function ("twice", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, twice, data, NULL);
  cfut_register_function ("nothing", NULL, NULL, return_nothing, NULL, NULL);
  cfut_register_function ("silent", NULL, G_VARIANT_TYPE_INT64, return_nothing, NULL, NULL);
  cfut_register_function ("string", NULL, G_VARIANT_TYPE_INT64, return_owned_string, NULL, NULL);
  cfut_register_function ("both", NULL, G_VARIANT_TYPE_INT64, return_both, NULL, NULL);
  cfut_register_function ("both-owned", NULL, G_VARIANT_TYPE_INT64, return_both, data, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/function/empty-registry", test_empty_registry);
  g_test_add_func ("/function/register", register_all);
  g_test_add_func ("/function/run", test_run);
  g_test_add_func ("/function/run-without-result", test_run_without_result);
  g_test_add_func ("/function/run-wrong-result", test_run_wrong_result);
  g_test_add_func ("/function/run-error-wins", test_run_error_wins);
  g_test_add_func ("/function/check-arguments", test_check_arguments);
  g_test_add_func ("/function/look-up", test_look_up);
  g_test_add_func ("/function/register-twice", test_register_twice);
  g_test_add_func ("/function/program", test_program);

  return g_test_run ();
}
