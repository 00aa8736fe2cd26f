/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-testimony-private.h"

/* Each of the booleans of a testimony has a bit here. */
#define N_FLAGS 5

static CfutTestimony
make_testimony (CfutSaid said,
                guint    flags)
{
  return (CfutTestimony) {
    .said = said,
    .is_ready = (flags & 1) != 0,
    .about_call = (flags & 2) != 0,
    .is_its_call = (flags & 4) != 0,
    .has_started = (flags & 8) != 0,
    .as_asked = (flags & 16) != 0,
  };
}

/* What is promised, each by itself. */
static void
check (const CfutTestimony *testimony,
       CfutProof            proof)
{
  gboolean ends_call = proof == CFUT_PROOF_RESULT || proof == CFUT_PROOF_ERROR;
  gboolean is_breach = proof >= CFUT_PROOF_READY_TWICE;

  /* Nothing ends a call but what is said about that one, by the worker that has it
   * and has started it. */
  if (ends_call)
    g_assert_true (testimony->about_call && testimony->is_its_call && testimony->has_started);
  if (proof == CFUT_PROOF_RESULT)
    g_assert_true (testimony->said == CFUT_SAID_RESULT && testimony->as_asked);
  if (proof == CFUT_PROOF_ERROR)
    g_assert_cmpint (testimony->said, ==, CFUT_SAID_ERROR);

  /* Nor does anything count as progress of a call that is another's. */
  if (proof == CFUT_PROOF_PROGRESS)
    g_assert_true (testimony->said == CFUT_SAID_PROGRESS && testimony->about_call && testimony->is_its_call);

  /* It says once whether it serves. */
  if (proof == CFUT_PROOF_READY || proof == CFUT_PROOF_REFUSAL)
    g_assert_false (testimony->is_ready);
  if (proof == CFUT_PROOF_REFUSAL)
    g_assert_true (testimony->said == CFUT_SAID_ERROR && !testimony->about_call);
  if (proof == CFUT_PROOF_READY)
    g_assert_cmpint (testimony->said, ==, CFUT_SAID_READY);

  /* A call is accused only by its own worker: it counts as started then. */
  if (proof == CFUT_PROOF_NOT_STARTED)
    g_assert_true (testimony->is_its_call && !testimony->has_started);

  /* What a good worker says is never a breach. */
  if (testimony->said == CFUT_SAID_READY && !testimony->is_ready)
    g_assert_false (is_breach);
  if (testimony->said < CFUT_SAID_OTHER && testimony->said > CFUT_SAID_READY && testimony->is_ready &&
      testimony->about_call && testimony->is_its_call && testimony->has_started && testimony->as_asked)
    g_assert_false (is_breach);
}

static void
test_all (void)
{
  g_test_summary ("Whatever is said, it proves no more than it may");

  for (CfutSaid said = CFUT_SAID_READY; said <= CFUT_SAID_OTHER; said++)
    for (guint flags = 0; flags < 1 << N_FLAGS; flags++)
      {
        CfutTestimony testimony = make_testimony (said, flags);

        check (&testimony, cfut_testimony_get_proof (&testimony));
      }
}

static void
test_floods (void)
{
  g_test_summary ("What the library may send of progress is no flood, ten times as much is");

  for (gint64 span_us = 0; span_us < 100 * G_USEC_PER_SEC; span_us = span_us * 2 + 1000)
    {
      /* A frame of 1 KiB in 50 ms, and one at each end. */
      gsize honest = (span_us / 50000 + 2) * 1100;

      g_assert_false (cfut_testimony_is_flood (honest, span_us));
      g_assert_true (cfut_testimony_is_flood (honest * 20 + 65536, span_us));
    }

  g_assert_true (cfut_testimony_is_flood (65537, -5));
  g_assert_false (cfut_testimony_is_flood (65536, G_MININT64));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/testimony/all", test_all);
  g_test_add_func ("/testimony/floods", test_floods);

  return g_test_run ();
}
