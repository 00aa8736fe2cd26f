/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "process-support.h"
#include "process/cfut-any-function-private.h"

/* Workers that take the calls of all names. */

static void
begin (ProcessTest *test)
{
  g_autofree char *program = process_build_path ("process/host-worker");

  process_test_begin_argv (test, 1, program, "any", NULL);
}

static void
test_call (void)
{
  ProcessTest test;
  g_autoptr(GVariant) sum = NULL;
  g_autoptr(GVariant) kind = NULL;
  g_autoptr(GVariant) unit = NULL;
  g_autoptr(GVariant) quotient = NULL;

  g_test_summary ("A call of any name goes to the worker with its arguments, and gives a result of any type");

  begin (&test);
  sum = process_call (&test, "any.sum", "(xxx)", G_GINT64_CONSTANT (1), G_GINT64_CONSTANT (20), G_GINT64_CONSTANT (300));
  g_assert_cmpint (g_variant_get_int64 (sum), ==, 321);
  kind = process_call (&test, "any.kind", "(sa{sv})", "x", NULL);
  g_assert_cmpstr (g_variant_get_string (kind, NULL), ==, "(sa{sv})");
  unit = process_call (&test, "any.kind", "()");
  g_assert_cmpstr (g_variant_get_string (unit, NULL), ==, "()");

  /* One that the worker has declared goes there as ever. */
  quotient = process_call (&test, "divide", "(xx)", G_GINT64_CONSTANT (6), G_GINT64_CONSTANT (2));
  g_assert_cmpint (g_variant_get_int64 (quotient), ==, 3);
  process_test_end (&test);
}

static void
test_itself (void)
{
  ProcessTest test;
  g_autoptr(GVariant) result = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("The function itself can be called by its own name, in its own types");

  begin (&test);
  result = process_call (&test, "*", "(sv)", "any.kind", g_variant_new_int64 (1));
  text = g_variant_print (result, TRUE);
  g_assert_cmpstr (text, ==, "<'x'>");
  process_test_end (&test);
}

static void
test_bytes (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("Bytes go by any name, too");

  begin (&test);
  future = cfut_executor_submit_data (test.executor, "any.kind", (const guint8 *) "abc", 3, NULL, NULL);
  result = process_result (future);
  g_assert_cmpstr (g_variant_get_string (result, NULL), ==, "ay");
  g_clear_object (&future);
  process_test_end (&test);
}

static void
test_unknown (void)
{
  ProcessTest test;

  g_test_summary ("The worker says what it does not know");

  begin (&test);
  process_expect_error (process_submit (&test, "any.other", "()"),
                        CFUT_ERROR, CFUT_ERROR_REMOTE, "ImportError: any.other");
  process_test_end (&test);
}

/* A function of this process that the worker has not declared. */
static GVariant *
run_here (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  g_assert_not_reached ();
}

static void
test_registered (void)
{
  ProcessTest test;
  g_autoptr(GVariant) sum = NULL;
  g_autoptr(GVariant) items = NULL;
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is registered here has the result type that it was registered with");

  begin (&test);
  sum = process_call (&test, "any.sum-of-one", "(x)", G_GINT64_CONSTANT (7));
  g_assert_cmpint (g_variant_get_int64 (sum), ==, 7);
  process_expect_error (process_submit (&test, "any.kind-of-one", "(x)", G_GINT64_CONSTANT (7)),
                        G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "not \"x\"");

  cfut_map_options_set_chunk_size (options, 2);
  items = g_variant_ref_sink (g_variant_new_parsed ("[(int64 1,), (2,)]"));
  map = cfut_executor_map (test.executor, "any.kind-of-one", items, options, NULL);
  g_assert_false (cfut_map_next (map, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);

  g_clear_object (&map);
  process_test_end (&test);
}

static void
test_map (void)
{
  ProcessTest test;
  g_autoptr(GVariant) items = NULL;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A chunk goes by any name, too, and its results come out of their wrapping");

  begin (&test);
  cfut_map_options_set_chunk_size (options, 3);
  items = g_variant_ref_sink (g_variant_new_parsed ("[[int64 1], [1, 2], [], [1, 2, 3], [4]]"));
  map = cfut_executor_map (test.executor, "any.total", items, options, &error);
  g_assert_no_error (error);
  g_assert_false (cfut_map_next (map, NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_clear_error (&error);
  g_clear_object (&map);

  map = cfut_executor_map (test.executor, "any.sum", items, options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 5; i++)
    {
      const gint64 expected[] = { 1, 3, 0, 6, 4 };
      g_autoptr(GVariant) result = NULL;

      g_assert_true (cfut_map_next (map, NULL, &result, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (result), ==, expected[i]);
    }
  g_clear_object (&map);
  process_test_end (&test);
}

static void
test_describe (void)
{
  ProcessTest test;
  g_autofree char *parameter_type = NULL;
  g_autofree char *result_type = NULL;

  g_test_summary ("The types of a function that is found when it is called may be any");

  begin (&test);
  g_assert_true (cfut_executor_describe (test.executor, "any.other", &parameter_type, &result_type, NULL));
  g_assert_cmpstr (parameter_type, ==, "*");
  g_assert_cmpstr (result_type, ==, "*");
  process_test_end (&test);
}

static void
test_extra (void)
{
  const char *names[] = { "f", "module:function", "Ein ziemlich langer Name mit Umlauten wie \xc3\xa4" };
  const char *values[] = {
    "()", "byte 1", "(byte 1, int64 2)", "[<1>, <'x'>]", "'text'", "@a(yx) []", "{'a': <@av []>}",
    "[int64 1, 2]", "[['a', 'b'], ['c']]", "[(true, 'x'), (false, '')]",
  };

  g_test_summary ("No wrapping takes more than is reckoned with");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < G_N_ELEMENTS (values); j++)
      {
        g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_parsed (values[j]));
        gboolean is_chunk = g_variant_type_is_array (g_variant_get_type (value)) &&
                            g_variant_n_children (value) > 0;
        gsize n_items = is_chunk ? g_variant_n_children (value) : 0;
        g_autoptr(GVariant) whole = cfut_any_function_wrap (names[i], value, FALSE);
        g_autoptr(GVariant) chunk = NULL;
        gsize size = g_variant_get_size (value);

        g_assert_cmpuint (g_variant_get_size (whole), <=,
                          size + cfut_any_function_get_extra (names[i], value, 0));
        if (!is_chunk)
          continue;

        chunk = cfut_any_function_wrap (names[i], value, TRUE);
        g_assert_cmpuint (g_variant_n_children (chunk), ==, n_items);
        g_assert_cmpuint (g_variant_get_size (chunk), <=,
                          size + cfut_any_function_get_extra (names[i], value, n_items));
      }
}

static void
test_labelled (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) quotient = NULL;
  g_autoptr(GVariant) kind = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("A label behind a name is for people: the call goes to the function of that name");

  begin (&test);
  future = process_submit (&test, "divide by two", "(xx)", G_GINT64_CONSTANT (6), G_GINT64_CONSTANT (2));
  quotient = process_result (future);
  g_assert_cmpint (g_variant_get_int64 (quotient), ==, 3);
  name = cfut_future_dup_name (future);
  g_assert_cmpstr (name, ==, "divide by two");

  /* A name that is not there has no label. */
  kind = process_call (&test, "any.kind of it", "()");
  g_assert_cmpstr (g_variant_get_string (kind, NULL), ==, "()");
  process_expect_error (process_submit (&test, "any other", "()"),
                        CFUT_ERROR, CFUT_ERROR_REMOTE, "ImportError: any other");
  g_clear_object (&future);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);
  cfut_register_function ("any.sum-of-one", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          run_here, NULL, NULL);
  cfut_register_function ("any.kind-of-one", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64,
                          run_here, NULL, NULL);

  g_test_add_func ("/any-function/call", test_call);
  g_test_add_func ("/any-function/itself", test_itself);
  g_test_add_func ("/any-function/bytes", test_bytes);
  g_test_add_func ("/any-function/unknown", test_unknown);
  g_test_add_func ("/any-function/registered", test_registered);
  g_test_add_func ("/any-function/map", test_map);
  g_test_add_func ("/any-function/describe", test_describe);
  g_test_add_func ("/any-function/labelled", test_labelled);
  g_test_add_func ("/any-function/extra", test_extra);

  return g_test_run ();
}
