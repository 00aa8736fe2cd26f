/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-tenure-private.h"

#define SECOND G_USEC_PER_SEC

static const CfutTenureRules rules = {
  .start_us = 10 * SECOND,
  .idle_us = 60 * SECOND,
  .leave_us = 5 * SECOND,
  .frame_us = 30 * SECOND,
  .stall_us = 1000,
  .claim_us = 10 * SECOND,
  .n_serving = 1,
};

static const CfutTenure idle = {
  .phase = CFUT_PROCESS_SERVING,
  .active_at = 100 * SECOND,
  .fed_at = 100 * SECOND,
  .frame_since = -1,
  .kill_at = -1,
  .lost_at = -1,
  .leave_by = -1,
  .abandon_at = -1,
  .reap_at = -1,
};

/* When there will be something to do for a worker of which nothing is due now. */
static gint64
get_due (const CfutTenure *tenure,
         gint64            now)
{
  gint64 due;

  g_assert_cmpint (cfut_tenure_get_duty (tenure, &rules, now, &due), ==, CFUT_DUTY_NONE);

  return due;
}

static void
test_idle (void)
{
  g_test_summary ("While calls come one after the other it is looked in time whether each is taken");

  for (gint64 now = idle.active_at; now < idle.active_at + rules.claim_us; now += SECOND)
    g_assert_cmpint (get_due (&idle, now), <=, now + rules.claim_us);

  /* And not for ever. */
  g_assert_cmpint (get_due (&idle, idle.active_at + rules.claim_us), ==, idle.active_at + rules.idle_us);
}

static void
test_busy (void)
{
  CfutTenure busy = idle;
  gint64 due;

  g_test_summary ("A call that is not taken ends the tenure in its time");

  busy.n_live = 1;
  g_assert_cmpint (get_due (&busy, busy.fed_at), ==, busy.fed_at + rules.claim_us);
  g_assert_cmpint (cfut_tenure_get_duty (&busy, &rules, busy.fed_at + rules.claim_us, &due), ==, CFUT_DUTY_LOOK);
  busy.was_looked_at = TRUE;
  g_assert_cmpint (cfut_tenure_get_duty (&busy, &rules, busy.fed_at + rules.claim_us, &due), ==, CFUT_DUTY_DISMISS);

  busy.is_started = TRUE;
  g_assert_cmpint (get_due (&busy, busy.fed_at + rules.claim_us), ==, G_MAXINT64);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tenure/idle", test_idle);
  g_test_add_func ("/tenure/busy", test_busy);

  return g_test_run ();
}
