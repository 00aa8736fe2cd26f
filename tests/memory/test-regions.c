/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "test-support.h"
#include "memory/cfut-regions-private.h"

#define PAGE ((gsize) CFUT_REGIONS_GRANULARITY)

static guint64
bit (const CfutRegion *region)
{
  return G_GUINT64_CONSTANT (1) << region->index;
}

static CfutRegion
take (CfutRegions *regions,
      gsize        size)
{
  CfutRegion region;

  g_assert_true (cfut_regions_take (regions, size, &region));
  g_assert_cmpuint (region.size, >=, size);
  g_assert_cmpuint (region.size % PAGE, ==, 0);
  g_assert_cmpuint (region.offset % PAGE, ==, 0);
  g_assert_cmpuint (region.index, <, CFUT_REGIONS_MAX);
  g_assert_cmpuint ((gsize) region.offset + region.size, <=, regions->capacity);

  return region;
}

static void
test_lowest_first (void)
{
  CfutRegions regions;
  CfutRegion a, b, c, again;

  g_test_summary ("A region is the lowest that fits, and is used again when it was given back");

  cfut_regions_init (&regions, 16 * PAGE);
  g_assert_cmpuint (cfut_regions_get_end (&regions), ==, 0);
  a = take (&regions, 4 * PAGE);
  b = take (&regions, 1);
  c = take (&regions, 2 * PAGE);
  g_assert_cmpuint (a.offset, ==, 0);
  g_assert_cmpuint (b.offset, ==, 4 * PAGE);
  g_assert_cmpuint (c.offset, ==, 5 * PAGE);
  g_assert_cmpuint (cfut_regions_get_end (&regions), ==, 7 * PAGE);

  cfut_regions_give_back (&regions, bit (&a));
  again = take (&regions, 3 * PAGE);
  g_assert_cmpuint (again.offset, ==, 0);
  g_assert_cmpuint (again.index, ==, a.index);
  g_assert_cmpuint (take (&regions, 5 * PAGE).offset, ==, 7 * PAGE);
  g_assert_cmpuint (take (&regions, PAGE).offset, ==, 3 * PAGE);
}

static void
test_full (void)
{
  CfutRegions regions;
  CfutRegion none = { 1, 2, 3 };
  CfutRegion all;

  g_test_summary ("When it is full there is no region, until one is given back");

  cfut_regions_init (&regions, 4 * PAGE);
  g_assert_false (cfut_regions_take (&regions, 4 * PAGE + 1, &none));
  g_assert_false (cfut_regions_take (&regions, G_MAXSIZE, &none));
  all = take (&regions, 3 * PAGE + 1);
  g_assert_false (cfut_regions_take (&regions, 1, &none));
  g_assert_cmpuint (none.offset, ==, 1);
  g_assert_cmpuint (none.index, ==, 3);
  cfut_regions_give_back (&regions, bit (&all));
  take (&regions, 4 * PAGE);
}

static void
test_too_many (void)
{
  CfutRegions regions;
  CfutRegion region;

  g_test_summary ("There are as many regions as a word has bits");

  cfut_regions_init (&regions, 2 * CFUT_REGIONS_MAX * PAGE);
  for (guint i = 0; i < CFUT_REGIONS_MAX; i++)
    take (&regions, 1);
  g_assert_false (cfut_regions_take (&regions, 1, &region));
  g_assert_cmpuint (regions.used, ==, G_MAXUINT64);

  cfut_regions_give_back (&regions, G_GUINT64_CONSTANT (1) << 63 | 1 << 5);
  take (&regions, 1);
  take (&regions, 1);
  g_assert_false (cfut_regions_take (&regions, 1, &region));
}

static void
test_hostile_bits (void)
{
  CfutRegions regions;
  CfutRegion region;

  g_test_summary ("Giving back what is not in use, or twice, changes nothing");

  cfut_regions_init (&regions, 8 * PAGE);
  cfut_regions_give_back (&regions, G_MAXUINT64);
  g_assert_cmpuint (regions.n_used, ==, 0);

  region = take (&regions, PAGE);
  cfut_regions_give_back (&regions, ~bit (&region));
  g_assert_cmpuint (regions.n_used, ==, 1);
  cfut_regions_give_back (&regions, G_MAXUINT64);
  cfut_regions_give_back (&regions, G_MAXUINT64);
  g_assert_cmpuint (regions.n_used, ==, 0);
  g_assert_cmpuint (regions.used, ==, 0);
  take (&regions, 8 * PAGE);
}

/* Whether the books are in order, and no two regions overlap. */
static void
check (CfutRegions *regions)
{
  gsize end = 0;
  guint64 used = 0;

  for (guint i = 0; i < regions->n_used; i++)
    {
      const CfutRegion *region = &regions->regions[i];

      g_assert_cmpuint (region->offset, >=, end);
      end = (gsize) region->offset + region->size;
      g_assert_cmpuint (used & bit (region), ==, 0);
      used |= bit (region);
    }
  g_assert_cmpuint (end, <=, regions->capacity);
  g_assert_cmpuint (end, ==, cfut_regions_get_end (regions));
  g_assert_cmpuint (used, ==, regions->used);
}

static void
test_random (void)
{
  CfutRegions regions;
  guint n_refused = 0;

  g_test_summary ("Whatever is taken and given back, no two regions overlap");

  cfut_regions_init (&regions, 100 * PAGE);
  for (guint i = 0; i < 100000; i++)
    {
      CfutRegion region;

      if (g_test_rand_bit ())
        n_refused += !cfut_regions_take (&regions, g_test_rand_int_range (1, 12 * PAGE), &region);
      else
        cfut_regions_give_back (&regions, G_GUINT64_CONSTANT (1) << g_test_rand_int_range (0, 64) |
                                          G_GUINT64_CONSTANT (1) << g_test_rand_int_range (0, 16));
      check (&regions);
    }
  g_assert_cmpuint (n_refused, >, 0);
  cfut_regions_give_back (&regions, G_MAXUINT64);
  check (&regions);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/regions/lowest-first", test_lowest_first);
  g_test_add_func ("/regions/full", test_full);
  g_test_add_func ("/regions/too-many", test_too_many);
  g_test_add_func ("/regions/hostile-bits", test_hostile_bits);
  g_test_add_func ("/regions/random", test_random);

  return g_test_run ();
}
