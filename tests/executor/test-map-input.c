/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-map-input-private.h"

#include "test-support.h"

/* Checks that @slice has the values of @array from @first on. */
static void
assert_part (GVariant *slice,
             GVariant *array,
             gsize     first,
             gsize     n_items)
{
  g_assert_nonnull (slice);
  g_assert_true (g_variant_type_equal (g_variant_get_type (slice), g_variant_get_type (array)));
  g_assert_cmpuint (g_variant_n_children (slice), ==, n_items);
  for (gsize i = 0; i < n_items; i++)
    {
      g_autoptr(GVariant) value = g_variant_get_child_value (slice, i);
      g_autoptr(GVariant) expected = g_variant_get_child_value (array, first + i);

      g_assert_true (g_variant_equal (value, expected));
    }
}

static void
test_slices (void)
{
  static const char *const arrays[] = {
    "@ay [1, 2, 3, 4, 5, 6, 7]",
    "@an [-1, 2, -3, 4, -5, 6, 7]",
    "@aq [1, 2, 3, 4, 5, 6, 7]",
    "@ai [-1, 2, -3, 4, -5, 6, 7]",
    "@au [1, 2, 3, 4, 5, 6, 7]",
    "@ax [-1, 2, -3, 4, -5, 6, 7]",
    "@at [1, 2, 3, 4, 5, 6, 7]",
    "@ad [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]",
    "@a(y) [(1,), (2,), (3,), (4,), (5,), (6,), (7,)]",
    "@a(n) [(1,), (2,), (3,), (4,), (5,), (6,), (7,)]",
    "@a(x) [(1,), (2,), (3,), (4,), (5,), (6,), (7,)]",
    "@a(d) [(1,), (2,), (3,), (4,), (5,), (6,), (7,)]",
    "@ab [true, false, true, false, false, true, true]",
    "@a(xy) [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14)]",
    "@a{yd} {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7}",
    "@a(b(nx)) [(true, (1, 2)), (false, (3, 4)), (true, (5, 6)), (true, (7, 8)),"
    " (false, (9, 10)), (true, (11, 12)), (false, (13, 14))]",
  };

  g_test_summary ("An array of what is of a fixed size is given out in parts, and one by one, as is wanted");

  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    {
      g_autoptr(GVariant) array = g_variant_parse (NULL, arrays[i], NULL, NULL, NULL);
      g_autoptr(GVariant) first = NULL, fourth = NULL, expected = NULL, rest = NULL;
      CfutMapInput input = { 0 };

      cfut_map_input_init_array (&input, array);
      g_assert_null (cfut_map_input_next_slice (&input, 1, G_MAXSIZE));
      first = cfut_map_input_next_slice (&input, 3, G_MAXSIZE);
      assert_part (first, array, 0, 3);

      fourth = cfut_map_input_next (&input);
      expected = g_variant_get_child_value (array, 3);
      g_assert_true (g_variant_equal (fourth, expected));

      g_assert_false (cfut_map_input_has_ended (&input));
      rest = cfut_map_input_next_slice (&input, 100, G_MAXSIZE);
      assert_part (rest, array, 4, 3);
      g_assert_true (cfut_map_input_has_ended (&input));
      g_assert_null (cfut_map_input_next_slice (&input, 3, G_MAXSIZE));
    }
}

static void
test_no_slices (void)
{
  static const char *const arrays[] = {
    "@as ['a', 'b', 'c']",
    "@av [<1>, <2>, <3>]",
    "@aax [[1], [2], [3]]",
    "@a() [(), (), ()]",
    "@a(s) [('a',), ('b',), ('c',)]",
    "@a{sx} {'a': 1, 'b': 2}",
    "@a(x) [(1,)]",
  };

  g_test_summary ("Anything else, or a single one, is given out one by one only");

  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    {
      g_autoptr(GVariant) array = g_variant_parse (NULL, arrays[i], NULL, NULL, NULL);
      CfutMapInput input = { 0 };

      cfut_map_input_init_array (&input, array);
      g_assert_null (cfut_map_input_next_slice (&input, 3, G_MAXSIZE));
      g_assert_false (cfut_map_input_has_ended (&input));
      cfut_map_input_end (&input);
    }
}

static void
test_bytes (void)
{
  g_autoptr(GVariant) array = g_variant_parse (NULL, "@a(xy) [(1, 2), (3, 4), (5, 6)]", NULL, NULL, NULL);
  g_autoptr(GVariant) slice = NULL;
  CfutMapInput input = { 0 };

  g_test_summary ("A part has no more bytes than it may have");

  cfut_map_input_init_array (&input, array);
  g_assert_null (cfut_map_input_next_slice (&input, 3, 31));
  slice = cfut_map_input_next_slice (&input, 3, 47);
  assert_part (slice, array, 0, 2);
  cfut_map_input_end (&input);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/map-input/slices", test_slices);
  g_test_add_func ("/map-input/no-slices", test_no_slices);
  g_test_add_func ("/map-input/bytes", test_bytes);

  return g_test_run ();
}
