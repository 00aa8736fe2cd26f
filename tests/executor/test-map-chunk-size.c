/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-map-chunk-size-private.h"

#define MICRO G_GINT64_CONSTANT (1000)
#define MILLI G_GINT64_CONSTANT (1000000)

static void
test_first (void)
{
  static const struct
  {
    guint given;
    guint max;
    guint size;
  } cases[] = {
    { 0, 1, 1 },
    { 0, 100, 1 },
    { 0, G_MAXUINT, 1 },
    { 1, 100, 1 },
    { 7, 100, 7 },
    { 100, 100, 100 },
    { 101, 100, 100 },
    { 5000, G_MAXUINT, 5000 }, /* asked for */
  };

  g_test_summary ("Without a given size a map begins with single items");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CfutMapChunkSize size;

      cfut_map_chunk_size_init (&size, cases[i].given, cases[i].max);
      g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, cases[i].size);
    }
}

static void
test_steps (void)
{
  static const struct
  {
    guint before;
    guint max;
    guint n_items;
    gint64 run_time_ns;
    guint after;
  } cases[] = {
    /* Not measured. */
    { 1, 1024, 1, -1, 1 },
    { 64, 1024, 64, -1, 64 },
    /* Far too short: doubles. */
    { 1, 1024, 1, 0, 2 },
    { 1, 1024, 1, 1 * MICRO, 2 },
    { 64, 1024, 64, 64 * MICRO, 128 },
    /* ... up to the bound, and no further. */
    { 600, 1024, 600, 600, 1024 },
    { 1024, 1024, 1024, 0, 1024 },
    { 3, 5, 3, 0, 5 },
    { 1, 1, 1, 0, 1 },
    /* Nearly long enough: grows to 2 ms. */
    { 10, 1024, 10, 999 * MICRO, 20 },
    { 3, 1024, 3, 900 * MICRO, 6 },
    /* Just right. */
    { 10, 1024, 10, 1 * MILLI, 10 },
    { 10, 1024, 10, 2 * MILLI, 10 },
    { 1, 1024, 1, 1 * MILLI, 1 },
    { 1, 1024, 1, 2 * MILLI, 1 },
    /* Too long: back at once to what lasts 2 ms. */
    { 10, 1024, 10, 4 * MILLI, 5 },
    { 1000, 1024, 1000, 1000 * MILLI, 2 },
    { 1000, 1024, 1000, 100000 * MILLI, 1 },
    { 1, 1024, 1, 10000 * MILLI, 1 },
    /* A smaller chunk from before makes nothing grow ... */
    { 64, 1024, 32, 32 * MICRO, 64 },
    { 64, 1024, 1, 0, 64 },
    /* ... but its items can be seen to be slow, */
    { 64, 1024, 1, 1 * MILLI, 2 },
    { 64, 1024, 32, 64 * MILLI, 1 },
    /* and a larger one can be seen to be quick. */
    { 4, 1024, 100, 100 * MICRO, 8 },
  };

  g_test_summary ("A size grows step by step, shrinks at once, and keeps within 1 and its bound");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CfutMapChunkSize size;

      cfut_map_chunk_size_init (&size, 0, cases[i].max);
      size.size = cases[i].before;
      cfut_map_chunk_size_observe (&size, cases[i].n_items, cases[i].run_time_ns);
      g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, cases[i].after);
    }
}

/* Every size up to the limit, against items of 1 ns to 10 s. */
static void
test_always (void)
{
  g_test_summary ("Whatever comes, a size settles where a chunk lasts 1 to 2 ms, or at a bound");

  for (guint max = 1; max <= 4096; max *= 2)
    for (gint64 item_ns = 1; item_ns <= 10000 * MILLI; item_ns *= 3)
      for (guint begin = 1; begin <= MIN (max, CFUT_MAP_CHUNK_LIMIT); begin++)
        {
          CfutMapChunkSize size;
          guint n_steps;
          gint64 run_time_ns;

          cfut_map_chunk_size_init (&size, 0, max);
          size.size = begin;

          for (n_steps = 0; n_steps < 12; n_steps++)
            {
              guint before = size.size;

              cfut_map_chunk_size_observe (&size, before, before * item_ns);
              g_assert_cmpuint (size.size, >=, 1);
              g_assert_cmpuint (size.size, <=, MIN (max, CFUT_MAP_CHUNK_LIMIT));
              g_assert_cmpuint (size.size, <=, 2 * before);
              if (size.size == before)
                break;
            }
          g_assert_cmpuint (n_steps, <, 12);

          run_time_ns = size.size * item_ns;
          if (size.size > 1)
            g_assert_cmpint (run_time_ns, <=, 2 * MILLI);
          if (size.size < MIN (max, CFUT_MAP_CHUNK_LIMIT) && item_ns < 1 * MILLI)
            g_assert_cmpint (run_time_ns, >=, 1 * MILLI);
        }
}

static void
test_array (void)
{
  CfutMapChunkSize size;

  g_test_summary ("For functions that run for many items at a time, chunks grow faster and further");

  cfut_map_chunk_size_init_for_array (&size, 0, G_MAXUINT);
  for (guint expected = 1; expected <= CFUT_MAP_CHUNK_ARRAY_LIMIT; expected *= 8)
    {
      g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, expected);
      cfut_map_chunk_size_observe (&size, expected, 2 * expected);
    }
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, CFUT_MAP_CHUNK_ARRAY_LIMIT);

  /* Not further than what lasts 2 ms, nor than the buffer. */
  cfut_map_chunk_size_init_for_array (&size, 0, G_MAXUINT);
  cfut_map_chunk_size_observe (&size, 1, 500 * MICRO);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 4);
  cfut_map_chunk_size_init_for_array (&size, 0, 100);
  cfut_map_chunk_size_observe (&size, 1, 2);
  cfut_map_chunk_size_observe (&size, 8, 16);
  cfut_map_chunk_size_observe (&size, 64, 128);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 100);
  cfut_map_chunk_size_init_for_array (&size, 5000, G_MAXUINT);
  cfut_map_chunk_size_observe (&size, 5000, 2);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 5000);
}

static void
test_given (void)
{
  CfutMapChunkSize size;

  g_test_summary ("A given size stays, whatever is measured");

  cfut_map_chunk_size_init (&size, 16, 100);
  cfut_map_chunk_size_observe (&size, 16, 0);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 16);
  cfut_map_chunk_size_observe (&size, 16, 10000 * MILLI);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 16);
  cfut_map_chunk_size_note_death (&size);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 16);
}

static void
test_death (void)
{
  CfutMapChunkSize size;

  g_test_summary ("After a death the map is back to single items, and grows again");

  cfut_map_chunk_size_init (&size, 0, 100);
  size.size = 64;
  cfut_map_chunk_size_note_death (&size);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 1);
  cfut_map_chunk_size_observe (&size, 1, 1 * MICRO);
  g_assert_cmpuint (cfut_map_chunk_size_get (&size), ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/map-chunk-size/first", test_first);
  g_test_add_func ("/map-chunk-size/steps", test_steps);
  g_test_add_func ("/map-chunk-size/always", test_always);
  g_test_add_func ("/map-chunk-size/array", test_array);
  g_test_add_func ("/map-chunk-size/given", test_given);
  g_test_add_func ("/map-chunk-size/death", test_death);

  return g_test_run ();
}
