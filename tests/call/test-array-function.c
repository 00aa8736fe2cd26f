/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "call/cfut-call-private.h"
#include "call/cfut-chunk-private.h"

/* Functions that run for many items at a time, and the chunks of these. */

/* What the function was last given, and how often it was called. */
static gsize most_items;
static guint n_calls;

static void
note_call (gsize n_items)
{
  most_items = MAX (most_items, n_items);
  n_calls++;
}

/* Doubles. Odd numbers below 0 fail; what is over 1000000 is said to be done. */
static gsize
twice (CfutCall       *call,
       gconstpointer   items,
       gsize           n_items,
       gpointer        results,
       gpointer        user_data,
       GError        **error)
{
  const gint64 *n = items;
  gint64 *doubled = results;

  note_call (n_items);
  for (gsize i = 0; i < n_items; i++)
    {
      g_assert_cmpint (doubled[i], ==, 0);
      if (n[i] > 1000000)
        return n_items + 1;
      if (n[i] < 0 && n[i] % 2 != 0)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%" G_GINT64_FORMAT " is odd", n[i]);
          return i;
        }
      doubled[i] = 2 * n[i];
    }

  return n_items;
}

/* The same, three at a time; 0 and an error that comes too late. */
static gsize
twice_by_three (CfutCall       *call,
                gconstpointer   items,
                gsize           n_items,
                gpointer        results,
                gpointer        user_data,
                GError        **error)
{
  const gint64 *n = items;

  if (n[0] == 0)
    return 0;
  if (n[0] == 1)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "One, and what was behind it");
      return n_items;
    }

  return twice (call, items, MIN (n_items, 3), results, user_data, error);
}

/* Cancels its own call at 500, and looks whether it is. */
static gsize
until_500 (CfutCall       *call,
           gconstpointer   items,
           gsize           n_items,
           gpointer        results,
           gpointer        user_data,
           GError        **error)
{
  const gint64 *n = items;

  note_call (n_items);
  for (gsize i = 0; i < n_items; i++)
    {
      if (n[i] == 500)
        cfut_call_cancel (call);
      if (cfut_call_is_cancelled (call))
        return i;
    }

  return n_items;
}

typedef struct
{
  gint64 number;
  guint8 byte;
} Padded;

/* Numbers and bytes as they are, and for a byte of 7 something in the gap behind it. */
static gsize
copy_padded (CfutCall       *call,
             gconstpointer   items,
             gsize           n_items,
             gpointer        results,
             gpointer        user_data,
             GError        **error)
{
  const Padded *from = items;
  Padded *to = results;

  for (gsize i = 0; i < n_items; i++)
    {
      to[i].number = from[i].number;
      to[i].byte = from[i].byte;
      if (from[i].byte == 7)
        ((guint8 *) &to[i])[sizeof (Padded) - 1] = 1;
    }

  return n_items;
}

static gsize
is_odd (CfutCall       *call,
        gconstpointer   items,
        gsize           n_items,
        gpointer        results,
        gpointer        user_data,
        GError        **error)
{
  const guint8 *n = items;
  guint8 *odd = results;

  for (gsize i = 0; i < n_items; i++)
    odd[i] = n[i] == 7 ? 7 : n[i] % 2;

  return n_items;
}

static void
item_started_cb (gpointer user_data,
                 guint    index)
{
  guint *n_ranges = user_data;

  g_assert_cmpuint (index, ==, *n_ranges * CFUT_CHUNK_RANGE);
  *n_ranges += 1;
}

static GVariant *
run (const char *name,
     GVariant   *items,
     guint      *n_ranges)
{
  g_autoptr(GVariant) sunk = g_variant_ref_sink (items);
  g_autoptr(CfutCall) call = cfut_call_new (name, sunk, -1, 1, NULL, NULL);
  GVariant *result;

  n_calls = 0;
  most_items = 0;
  *n_ranges = 0;
  result = cfut_chunk_run (cfut_function_lookup (name), call, sunk, item_started_cb, n_ranges);
  g_assert_false (g_variant_is_floating (result));
  cfut_call_end (call);

  return result;
}

static char *
run_text (const char *name,
          const char *items)
{
  g_autoptr(GVariant) result = NULL;
  guint n_ranges;

  result = run (name, g_variant_new_parsed (items), &n_ranges);

  return g_variant_print (result, FALSE);
}

static GVariant *
make_numbers (gsize n_items)
{
  gint64 *numbers = g_new (gint64, n_items);

  for (gsize i = 0; i < n_items; i++)
    numbers[i] = i;

  return g_variant_new_from_data (G_VARIANT_TYPE ("ax"), numbers, n_items * sizeof *numbers,
                                  TRUE, g_free, numbers);
}

static void
test_ranges (void)
{
  static const guint lengths[] = { 1, 2, CFUT_CHUNK_RANGE, CFUT_CHUNK_RANGE + 1, 5000 };

  g_test_summary ("A chunk is run in ranges, each by one call of the function");

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      guint n_expected = (lengths[i] + CFUT_CHUNK_RANGE - 1) / CFUT_CHUNK_RANGE;
      g_autoptr(GVariant) result = NULL;
      const gint64 *doubled;
      guint n_ranges;
      gsize n_results;

      result = run ("twice", make_numbers (lengths[i]), &n_ranges);
      doubled = g_variant_get_fixed_array (result, &n_results, sizeof *doubled);

      g_assert_cmpstr (g_variant_get_type_string (result), ==, "ax");
      g_assert_cmpuint (n_results, ==, lengths[i]);
      for (guint j = 0; j < n_results; j++)
        g_assert_cmpint (doubled[j], ==, 2 * j);

      g_assert_cmpuint (n_ranges, ==, n_expected);
      g_assert_cmpuint (n_calls, ==, n_expected);
      g_assert_cmpuint (most_items, ==, MIN (lengths[i], CFUT_CHUNK_RANGE));
    }
}

static void
test_failures (void)
{
  g_autofree char *some = run_text ("twice", "[int64 1, -1, 2, -3, -5, 3]");
  g_autofree char *all = run_text ("twice", "[int64 -1, -3]");

  g_test_summary ("An item that fails is named by its index, and the function goes on behind it");

  g_assert_cmpstr (some, ==,
                   "([2, 4, 6], [(1, 'g-io-error-quark', 26, '-1 is odd', '', '', []), "
                   "(3, 'g-io-error-quark', 26, '-3 is odd', '', '', []), "
                   "(4, 'g-io-error-quark', 26, '-5 is odd', '', '', [])])");
  g_assert_cmpstr (all, ==,
                   "([], [(0, 'g-io-error-quark', 26, '-1 is odd', '', '', []), "
                   "(1, 'g-io-error-quark', 26, '-3 is odd', '', '', [])])");
}

static void
test_parts (void)
{
  g_autofree char *fine = run_text ("twice-by-three", "[int64 2, 3, 4, 5, 6, 7, 8]");
  g_autofree char *wordless = run_text ("twice-by-three", "[int64 2, 3, 4, 0, 5]");
  g_autofree char *late = run_text ("twice-by-three", "[int64 2, 3, 4, 1, 5]");

  g_test_summary ("A function that has done some is called for the rest; no error is lost");

  g_assert_cmpstr (fine, ==, "[4, 6, 8, 10, 12, 14, 16]");
  g_assert_cmpstr (wordless, ==,
                   "([4, 6, 8, 10], [(3, 'g-io-error-quark', 0, "
                   "'Function \"twice-by-three\" failed without saying why', '', '', [])])");
  g_assert_cmpstr (late, ==,
                   "([4, 6, 8, 0], [(4, 'g-io-error-quark', 26, 'One, and what was behind it', '', '', [])])");
}

static void
test_too_many_done (void)
{
  g_autofree char *text = run_text ("twice", "[int64 2000000, 4]");

  g_test_summary ("A function that says it has done more than there was has failed");

  g_assert_cmpstr (text, ==,
                   "([8], [(0, 'g-io-error-quark', 35, "
                   "'Function \"twice\" says that it has done 3 of 2 items', '', '', [])])");
}

static void
test_no_values (void)
{
  g_autofree char *odd = run_text ("is-odd", "[byte 1, 2, 7, 3]");
  g_autofree char *padded = run_text ("copy-padded", "[(int64 1, byte 1), (2, 7), (3, 3)]");

  g_test_summary ("A result that is no value of its type is the failure of its item alone");

  g_assert_cmpstr (odd, ==,
                   "([true, false, true], [(2, 'g-io-error-quark', 35, "
                   "'Function \"is-odd\" wrote a result that is no value of type \"b\"', '', '', [])])");
  g_assert_cmpstr (padded, ==,
                   "([(1, 0x01), (3, 0x03)], [(1, 'g-io-error-quark', 35, "
                   "'Function \"copy-padded\" wrote a result that is no value of type \"(xy)\"', '', '', [])])");
}

static void
test_cancelled (void)
{
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) results = NULL;
  g_autoptr(GVariant) failures = NULL;
  guint n_ranges;

  g_test_summary ("After a cancel a range ends where the function does, and no other begins");

  result = run ("until-500", make_numbers (2000), &n_ranges);
  results = g_variant_get_child_value (result, 0);
  failures = g_variant_get_child_value (result, 1);

  g_assert_cmpuint (n_calls, ==, 2);
  g_assert_cmpuint (n_ranges, ==, 2);
  g_assert_cmpuint (g_variant_n_children (results), ==, 500);
  g_assert_cmpuint (g_variant_n_children (failures), ==, 1500);
  for (guint i = 0; i < 1500; i++)
    {
      g_autoptr(GVariant) failure = g_variant_get_child_value (failures, i);
      g_autoptr(GError) error = NULL;
      guint index;

      error = cfut_chunk_read_failure (failure, &index);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (index, ==, 500 + i);
    }
}

static GVariant *
run_single (const char  *name,
            const char  *argument,
            GError     **error)
{
  g_autoptr(GVariant) arguments = g_variant_ref_sink (g_variant_new_parsed (argument));
  g_autoptr(CfutCall) call = cfut_call_new (name, arguments, -1, 1, NULL, NULL);
  GVariant *result = cfut_function_run (cfut_function_lookup (name), call, arguments, error);

  cfut_call_end (call);

  return result;
}

static void
test_single (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) doubled = run_single ("twice", "int64 21", &error);
  g_autoptr(GVariant) tuple = run_single ("copy-padded", "(int64 5, byte 6)", &error);
  g_autoptr(GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("(int64 5, byte 6)"));

  g_test_summary ("Such a function is one like any other, for a single item");

  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int64 (doubled), ==, 42);
  g_assert_true (g_variant_equal (tuple, expected));

  g_assert_null (run_single ("twice", "int64 -1", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);

  g_assert_null (run_single ("twice-by-three", "int64 0", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);

  g_assert_null (run_single ("is-odd", "byte 7", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
count_cb (gpointer user_data)
{
  guint *n_destroyed = user_data;

  *n_destroyed += 1;
}

static void
test_registering (void)
{
  const CfutFunction *first = cfut_function_lookup ("twice");
  guint n_destroyed = 0;

  g_test_summary ("A name belongs to whoever has it first; types have to be of fixed size");

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*\"twice\" is registered already*");
  cfut_register_array_function ("twice", G_VARIANT_TYPE ("d"), G_VARIANT_TYPE ("d"),
                                twice, &n_destroyed, count_cb);
  g_test_assert_expected_messages ();
  g_assert_true (cfut_function_lookup ("twice") == first);
  g_assert_cmpuint (n_destroyed, ==, 1);

  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*item.size > 0*");
  cfut_register_array_function ("strings", G_VARIANT_TYPE ("(xs)"), G_VARIANT_TYPE ("d"), twice, NULL, NULL);
  g_test_expect_message ("Cfut", G_LOG_LEVEL_CRITICAL, "*result.size > 0*");
  cfut_register_array_function ("strings", G_VARIANT_TYPE ("d"), G_VARIANT_TYPE ("ad"), twice, NULL, NULL);
  g_test_assert_expected_messages ();
  g_assert_false (cfut_has_function ("strings"));
  g_assert_true (cfut_has_function ("twice-by-three"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  cfut_register_array_function ("twice", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64, twice, NULL, NULL);
  cfut_register_array_function ("twice-by-three", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64,
                                twice_by_three, NULL, NULL);
  cfut_register_array_function ("until-500", G_VARIANT_TYPE_INT64, G_VARIANT_TYPE_INT64, until_500, NULL, NULL);
  cfut_register_array_function ("copy-padded", G_VARIANT_TYPE ("(xy)"), G_VARIANT_TYPE ("(xy)"),
                                copy_padded, NULL, NULL);
  cfut_register_array_function ("is-odd", G_VARIANT_TYPE_BYTE, G_VARIANT_TYPE_BOOLEAN, is_odd, NULL, NULL);

  g_test_add_func ("/array-function/ranges", test_ranges);
  g_test_add_func ("/array-function/failures", test_failures);
  g_test_add_func ("/array-function/parts", test_parts);
  g_test_add_func ("/array-function/too-many-done", test_too_many_done);
  g_test_add_func ("/array-function/no-values", test_no_values);
  g_test_add_func ("/array-function/cancelled", test_cancelled);
  g_test_add_func ("/array-function/single", test_single);
  g_test_add_func ("/array-function/registering", test_registering);

  return g_test_run ();
}
