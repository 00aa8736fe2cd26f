/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "executor/cfut-cpus-private.h"

/* A handover looks only where there is a CPU for it. */
static gboolean
skip_on_one_cpu (void)
{
  if (cfut_cpus_get_usable () > 1)
    return FALSE;

  g_test_skip ("There is one CPU");
  return TRUE;
}

static void
test_cpus (void)
{
  CfutHandover *handover = cfut_handover_new ();

  g_test_summary ("Nobody looks when all CPUs are in use");

  g_assert_false (cfut_handover_begin_look (handover, cfut_cpus_get_usable ()));
  if (cfut_cpus_get_usable () > 1)
    g_assert_true (cfut_handover_begin_look (handover, cfut_cpus_get_usable () - 1));

  cfut_handover_free (handover);
}

static void
test_told_before (void)
{
  CfutHandover *handover = cfut_handover_new ();

  g_test_summary ("What was told before the look ends it, and no other");

  cfut_handover_tell (handover);
  cfut_handover_look (handover);
  g_assert_false (cfut_handover_look (handover));

  cfut_handover_free (handover);
}

static void
test_misses (void)
{
  CfutHandover *handover = cfut_handover_new ();
  guint n_looks = 0;

  g_test_summary ("Where nothing comes hardly anybody looks");

  if (skip_on_one_cpu ())
    return;

  for (guint i = 0; i < 640; i++)
    if (cfut_handover_begin_look (handover, 1))
      {
        n_looks++;
        g_assert_false (cfut_handover_look (handover));
      }
  g_assert_cmpuint (n_looks, >=, 10);
  g_assert_cmpuint (n_looks, <, 20);

  cfut_handover_free (handover);
}

/* Two threads that hand a number to each other: one counts up, and the other one
 * down again. Each sees what the other did before it told. */
typedef struct
{
  CfutHandover *up;
  CfutHandover *down;
  int value; /* atomic */
} Turns;

#define N_TURNS 2000

static void
wait_for (Turns        *turns,
          CfutHandover *handover,
          int           value)
{
  while (g_atomic_int_get (&turns->value) != value)
    if (!cfut_handover_begin_look (handover, 1) || !cfut_handover_look (handover))
      g_thread_yield ();
}

static gpointer
take_turns (gpointer data)
{
  Turns *turns = data;

  for (guint i = 0; i < N_TURNS; i++)
    {
      wait_for (turns, turns->up, 1);
      g_atomic_int_set (&turns->value, 0);
      cfut_handover_tell (turns->down);
    }

  return NULL;
}

static void
test_turns (void)
{
  Turns turns = { cfut_handover_new (), cfut_handover_new (), 0 };
  g_autoptr(GThread) thread = g_thread_new ("turns", take_turns, &turns);

  g_test_summary ("Threads take turns");

  for (guint i = 0; i < N_TURNS; i++)
    {
      g_atomic_int_set (&turns.value, 1);
      cfut_handover_tell (turns.up);
      wait_for (&turns, turns.down, 0);
    }

  g_thread_join (g_steal_pointer (&thread));
  cfut_handover_free (turns.up);
  cfut_handover_free (turns.down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/handover/cpus", test_cpus);
  g_test_add_func ("/handover/told-before", test_told_before);
  g_test_add_func ("/handover/misses", test_misses);
  g_test_add_func ("/handover/turns", test_turns);

  return g_test_run ();
}
