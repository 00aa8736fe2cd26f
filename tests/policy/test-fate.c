/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-fate-private.h"

#define N_FLAGS 6

static CfutCasualty
make_casualty (guint flags,
               guint n_retries,
               guint attempt)
{
  return (CfutCasualty) {
    .is_revoked = (flags & 1) != 0,
    .has_started = (flags & 2) != 0,
    .is_decided = (flags & 4) != 0,
    .is_broken = (flags & 8) != 0,
    .is_abandoned = (flags & 16) != 0,
    .for_ever = (flags & 32) != 0,
    .n_retries = n_retries,
    .attempt = attempt,
  };
}

/* What is promised, each by itself; see docs/states.md. */
static void
check (const CfutCasualty *casualty,
       CfutFate            fate)
{
  gboolean runs_again = fate == CFUT_FATE_PUT_BACK || fate == CFUT_FATE_RETRY;

  g_assert_true ((fate == CFUT_FATE_DROP) == casualty->is_revoked);

  /* Only what had started fails for the death alone. */
  if (fate == CFUT_FATE_FAIL)
    g_assert_true (casualty->has_started || casualty->is_decided || casualty->is_broken);

  /* What had started is run again only as it may be. */
  if (fate == CFUT_FATE_RETRY)
    g_assert_true (casualty->has_started && (casualty->for_ever || casualty->attempt <= casualty->n_retries));
  if (fate == CFUT_FATE_PUT_BACK || fate == CFUT_FATE_CANCEL)
    g_assert_false (casualty->has_started);

  /* Nothing is run again that has its outcome, or in what is at its end. */
  if (casualty->is_decided || casualty->is_broken || casualty->is_abandoned)
    g_assert_false (runs_again);
  else if (!casualty->is_revoked && !casualty->has_started)
    g_assert_true (runs_again);
}

static void
test_all (void)
{
  g_test_summary ("Whatever is known of a call, its fate is one that is promised");

  for (guint flags = 0; flags < 1 << N_FLAGS; flags++)
    for (guint n_retries = 0; n_retries < 3; n_retries++)
      for (guint attempt = 1; attempt < 5; attempt++)
        {
          CfutCasualty casualty = make_casualty (flags, n_retries, attempt);

          check (&casualty, cfut_casualty_get_fate (&casualty));
        }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fate/all", test_all);

  return g_test_run ();
}
