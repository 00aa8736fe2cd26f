/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Collatz: a search through an endless input, stopped when it has found.
 *
 * From n go to n/2 if n is even, else to 3n+1: how many steps is it to 1? The
 * program finds the first number that takes as many as asked for.
 *
 *   $ collatz 524
 *   837799 takes 524 steps
 *
 * The input is a function that gives one block of numbers after the other,
 * for ever. The map asks it for a few blocks more than there are workers, and
 * gives the results in order, so that the first hit is the lowest.
 */

#include <cfut/cfut.h>

#define BLOCK 10000

static guint
count_steps (guint64 n)
{
  guint steps = 0;

  for (; n != 1; steps++)
    n = n % 2 == 0 ? n / 2 : 3 * n + 1;

  return steps;
}

/* Returns the first number of a block that takes at least so many steps and
 * how many it takes, or zeros. */
static GVariant *
search_block (CfutCall  *call,
              GVariant  *arguments,
              gpointer   user_data,
              GError   **error)
{
  guint64 first;
  guint wanted;

  g_variant_get (arguments, "(tu)", &first, &wanted);

  for (guint64 n = first; n < first + BLOCK; n++)
    {
      guint steps = count_steps (n);

      if (steps >= wanted)
        return g_variant_new ("(tu)", n, steps);
    }

  return g_variant_new ("(tu)", G_GUINT64_CONSTANT (0), 0);
}

typedef struct
{
  guint64 next;
  guint wanted;
} Blocks;

static gboolean
next_block (GVariant **item,
            gpointer   user_data)
{
  Blocks *blocks = user_data;

  *item = g_variant_new ("(tu)", blocks->next, blocks->wanted);
  blocks->next += BLOCK;

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  Blocks blocks = { 1, 0 };
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  guint64 wanted;
  guint64 number = 0;
  guint steps;

  cfut_register_function ("search-block",
                          G_VARIANT_TYPE ("(tu)"), G_VARIANT_TYPE ("(tu)"),
                          search_block, NULL, NULL);
  cfut_init (&argc, &argv); /* A worker process goes no further. */

  if (argc != 2)
    {
      g_printerr ("Usage: %s STEPS\n", argv[0]);
      return 2;
    }

  if (!g_ascii_string_to_unsigned (argv[1], 10, 0, 1000, &wanted, &error))
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 2;
    }

  blocks.wanted = wanted;
  executor = cfut_process_executor_new (0); /* as many as there are processors */
  cfut_map_options_set_buffer_size (options, 4 * cfut_executor_get_max_workers (executor));
  map = cfut_executor_map_source (executor,
                                  "search-block",
                                  next_block, &blocks, NULL,
                                  options,
                                  &error);

  while (map != NULL && cfut_map_next (map, NULL, &result, &error))
    {
      g_variant_get (result, "(tu)", &number, &steps);
      g_clear_pointer (&result, g_variant_unref);

      if (number != 0)
        break;
    }

  if (error != NULL)
    {
      g_printerr ("%s: %s\n", argv[0], error->message);
      return 1;
    }

  cfut_map_close (map); /* cancels the blocks that are on their way */
  g_print ("%" G_GUINT64_FORMAT " takes %u steps\n", number, steps);

  return 0;
}
