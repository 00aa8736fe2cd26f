/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-ending-private.h"

/* What is promised of each step, whatever has led there. */
static void
check (const CfutEnding *ending)
{
  CfutEndingStep step = cfut_ending_get_step (ending);

  /* Nobody leaves who is needed, or whom others have to wait for. */
  if (step == CFUT_ENDING_LEAVE)
    g_assert_true (!ending->is_open && ending->n_queued == 0 && !ending->is_busy && ending->n_workers == 0);
  if (step == CFUT_ENDING_LET_GO)
    g_assert_true (!ending->is_open && ending->n_queued == 0);
  if (step == CFUT_ENDING_KILL)
    g_assert_true (ending->is_forced);

  /* What is to end by force is ended. */
  if (ending->is_forced && ending->n_workers > 0)
    g_assert_cmpint (step, ==, CFUT_ENDING_KILL);

  /* It goes on: when nothing waits, and nothing more can come, workers may go, and
   * where there are none it is over. */
  if (!ending->is_open && ending->n_queued == 0 && !ending->is_forced && ending->n_workers > 0)
    g_assert_cmpint (step, ==, CFUT_ENDING_LET_GO);
  if (!ending->is_open && ending->n_queued == 0 && !ending->is_busy && ending->n_workers == 0)
    g_assert_cmpint (step, ==, CFUT_ENDING_LEAVE);
}

static void
test_all (void)
{
  g_test_summary ("Whatever there is still, the step is one that is promised");

  for (guint flags = 0; flags < 8; flags++)
    for (guint n_queued = 0; n_queued < 3; n_queued++)
      for (guint n_workers = 0; n_workers < 3; n_workers++)
        check (&(CfutEnding) {
          .is_open = (flags & 1) != 0,
          .is_forced = (flags & 2) != 0,
          .is_busy = (flags & 4) != 0,
          .n_queued = n_queued,
          .n_workers = n_workers,
        });
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/ending/all", test_all);

  return g_test_run ();
}
