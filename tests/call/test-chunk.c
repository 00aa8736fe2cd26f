/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "call/cfut-call-private.h"
#include "call/cfut-chunk-private.h"

static GVariant *
invert (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  gint64 n;

  g_assert_true (cfut_call_get_arguments (call) == arguments);
  g_variant_get (arguments, "(x)", &n);

  if (n == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Zero");
      return NULL;
    }
  if (n == 99)
    cfut_call_cancel (call);
  if (n == -1)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "\xff!");
      return NULL;
    }

  return g_variant_new_double (1.0 / n);
}

static void
item_started_cb (gpointer user_data,
                 guint    index)
{
  guint *n_started = user_data;

  g_assert_cmpuint (index, ==, *n_started);
  *n_started += 1;
}

static GVariant *
run (const char *items,
     guint      *n_started)
{
  g_autoptr(GVariant) variant = g_variant_parse (G_VARIANT_TYPE ("a(x)"), items, NULL, NULL, NULL);
  g_autoptr(CfutCall) call = cfut_call_new ("invert", variant, -1, 1, NULL, NULL);
  const CfutFunction *function = cfut_function_lookup ("invert");
  g_autoptr(GVariantType) results_type = g_variant_type_new_array (function->result_type);
  g_autoptr(GVariantType) failed_type = cfut_chunk_get_result_type (function->result_type);
  GVariant *result = cfut_chunk_run (function, call, variant, item_started_cb, n_started);

  g_assert_true (g_variant_is_of_type (result, cfut_chunk_count_failures (result) > 0 ? failed_type
                                                                                      : results_type));
  g_assert_false (g_variant_is_floating (result));
  cfut_call_end (call);

  return result;
}

static void
test_chunk_failures (void)
{
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;
  guint n_started = 0;

  g_test_summary ("Items that fail are named by their index, the others have their results in order");

  result = run ("[(1,), (0,), (2,), (0,)]", &n_started);
  text = g_variant_print (result, FALSE);

  g_assert_cmpstr (text, ==, "([1.0, 0.5], [(1, 'g-io-error-quark', 0, 'Zero', '', '', []), (3, 'g-io-error-quark', 0, 'Zero', '', '', [])])");
  g_assert_cmpuint (n_started, ==, 4);
}

static void
test_chunk_invalid_message (void)
{
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;
  guint n_started = 0;

  g_test_summary ("An error message that is not UTF-8 is made so");

  result = run ("[(-1,)]", &n_started);
  text = g_variant_print (result, FALSE);

  g_assert_cmpstr (text, ==, "([], [(0, 'g-io-error-quark', 0, '\xef\xbf\xbd!', '', '', [])])");
}

static void
test_chunk_cancelled (void)
{
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) failures = NULL;
  guint n_started = 0;

  g_test_summary ("A cancelled chunk starts none of the items that are left");

  result = run ("[(99,), (1,), (2,)]", &n_started);
  failures = g_variant_get_child_value (result, 1);

  g_assert_cmpuint (n_started, ==, 1);
  g_assert_cmpuint (g_variant_n_children (failures), ==, 2);
}

static void
test_chunk_fine (void)
{
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;
  guint n_started = 0;

  g_test_summary ("A chunk of which nothing fails has the results for its result");

  result = run ("[(1,), (2,), (4,)]", &n_started);
  text = g_variant_print (result, FALSE);

  g_assert_cmpstr (text, ==, "[1.0, 0.5, 0.25]");
  g_assert_cmpuint (n_started, ==, 3);
}

static void
test_chunk_empty (void)
{
  g_autoptr(GVariant) result = NULL;
  guint n_started = 0;

  g_test_summary ("A chunk of nothing has an empty result");

  result = run ("@a(x) []", &n_started);

  g_assert_cmpuint (n_started, ==, 0);
  g_assert_cmpuint (g_variant_n_children (result), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  cfut_register_function ("invert", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_DOUBLE,
                          invert, NULL, NULL);

  g_test_add_func ("/chunk/failures-by-index", test_chunk_failures);
  g_test_add_func ("/chunk/invalid-message", test_chunk_invalid_message);
  g_test_add_func ("/chunk/cancelled", test_chunk_cancelled);
  g_test_add_func ("/chunk/fine", test_chunk_fine);
  g_test_add_func ("/chunk/empty", test_chunk_empty);

  return g_test_run ();
}
