/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-support.h"
#include "tiny-world.h"

/*
 * All short sequences of events, in worlds of a few kinds. At each step what must
 * hold does, and from each state the world comes to its end, in peace and by force.
 */

/* Of calls, and of workers, those that something happens to. */
#define N_ACTORS 2

static guint64 n_states;

static guint
count_arguments (TinyEvent event)
{
  switch (event)
    {
    case TINY_SUBMIT:
    case TINY_PASS:
    case TINY_CLOSE:
    case TINY_GIVE_UP:
      return 1;

    case TINY_READY:
    case TINY_CLAIM:
    case TINY_NOTE:
    case TINY_ANSWER:
    case TINY_DIE:
    case TINY_HANG:
    case TINY_HANG_UP:
    case TINY_LIE:
    case TINY_CANCEL:
    case TINY_N_EVENTS:
    default:
      return N_ACTORS;
    }
}

static void
walk (const TinyWorld *world,
      guint            n_left)
{
  TinyWorld by_force = *world, in_peace = *world;

  n_states++;
  tiny_world_check (world);
  tiny_world_end_by_force (&by_force);
  tiny_world_end_in_peace (&in_peace);
  if (n_left == 0)
    return;

  for (TinyEvent event = 0; event < TINY_N_EVENTS; event++)
    for (guint i = 0; i < count_arguments (event); i++)
      {
        TinyWorld next = *world;

        if (tiny_world_happen (&next, event, i))
          walk (&next, n_left - 1);
      }
}

static void
test_walk (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  TinyWorld world;

  g_test_summary ("Whatever short sequence of events comes, the decisions keep what is promised");

  tiny_world_init (&world);
  world.max_workers = kind & 1 ? 2 : 1;
  world.is_unkillable = (kind & 2) != 0;
  world.is_traced = (kind & 4) != 0;
  world.is_classic = (kind & 8) != 0;
  world.limits.max_calls = kind & 16 ? 2 : 0;

  n_states = 0;
  if (test_is_sanitized () || test_is_under_valgrind ())
    walk (&world, 5);
  else
    walk (&world, g_test_slow () ? 9 : 7);
  g_test_message ("%" G_GUINT64_FORMAT " states", n_states);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint kind = 0; kind < 32; kind++)
    {
      g_autofree char *path = NULL;

      /* What dies hard is another matter than a classic policy, or limits. */
      if (kind >= 8 && (kind & 6) != 0 && !g_test_slow ())
        continue;

      path = g_strdup_printf ("/policy/walk/%s-%s-%s%s%s",
                              kind & 1 ? "two-workers" : "one-worker",
                              kind & 2 ? "unkillable" : "killable",
                              kind & 4 ? "traced" : "reaped",
                              kind & 8 ? "-classic" : "",
                              kind & 16 ? "-recycled" : "");

      g_test_add_data_func (path, GUINT_TO_POINTER (kind), test_walk);
    }

  return g_test_run ();
}
