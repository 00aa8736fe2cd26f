/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-start-policy-private.h"

/* Everything that can happen to a policy, by the failures' names. */
#define N_EVENTS (CFUT_START_N_FAILURES + 1)
#define SUCCESS  CFUT_START_N_FAILURES

/* Walks all sequences of @depth events, and holds each against what the
 * description says. @n_points and @n_kills since the last success; there are never
 * enough events to give up for being starved. */
static void
walk (CfutStartPolicy policy,
      guint           n_points,
      guint           n_kills,
      guint           n_in_a_row,
      gint64          now,
      guint           depth)
{
  if (depth == 0)
    return;

  for (guint event = 0; event < N_EVENTS; event++)
    {
      CfutStartPolicy next = policy;
      CfutStartVerdict verdict;
      guint points = n_points, kills = n_kills;

      if (event == SUCCESS)
        {
          cfut_start_policy_succeeded (&next);
          g_assert_cmpint (next.not_before, ==, 0);
          walk (next, 0, 0, 0, now + 10, depth - 1);
          continue;
        }

      verdict = cfut_start_policy_failed (&next, event, now);
      points += event == CFUT_START_DIED ? 1 : event == CFUT_START_TIMED_OUT ? 3 : 0;
      kills += event == CFUT_START_KILLED;

      g_assert_cmpuint (next.n_in_a_row, ==, n_in_a_row + 1);
      g_assert_true ((verdict == CFUT_START_GIVE_UP) ==
                     (points >= CFUT_START_MAX_FAILURES || kills >= CFUT_START_MAX_KILLS));

      /* Only a failure waits, longer than the one before, up to a bound. */
      if (event == CFUT_START_KILLED)
        {
          g_assert_cmpint (next.not_before, ==, policy.not_before);
        }
      else
        {
          g_assert_cmpint (next.not_before, >, now);
          g_assert_cmpint (next.not_before, >=, policy.not_before);
          g_assert_cmpint (next.not_before, <=, now + CFUT_START_MAX_BACKOFF_US);
        }

      if (verdict == CFUT_START_RETRY)
        walk (next, points, kills, n_in_a_row + 1, now + 10, depth - 1);
    }
}

static void
test_walk (void)
{
  CfutStartPolicy policy = { 0 };

  g_test_summary ("All short sequences of deaths, kills, time-outs and successes come to what they should");

  walk (policy, 0, 0, 0, G_GINT64_CONSTANT (1000000000), 9);
}

static void
test_backoff (void)
{
  CfutStartPolicy policy = { 0 };
  gint64 last = 0, total = 0;

  g_test_summary ("Each failure doubles the wait, and all waits together are below a second");

  for (guint i = 1; i < CFUT_START_MAX_FAILURES; i++)
    {
      g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_DIED, 0), ==, CFUT_START_RETRY);
      g_assert_cmpint (policy.not_before, >=, MIN (2 * last, CFUT_START_MAX_BACKOFF_US));
      last = policy.not_before;
      total += last;
    }
  g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_DIED, 0), ==, CFUT_START_GIVE_UP);
  g_assert_cmpint (total, <, G_USEC_PER_SEC / 2);
}

static void
test_kills (void)
{
  CfutStartPolicy policy = { 0 };

  g_test_summary ("Kills from outside are borne for long, but not for ever");

  for (guint i = 1; i < CFUT_START_MAX_KILLS; i++)
    g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_KILLED, 0), ==, CFUT_START_RETRY);
  g_assert_cmpint (policy.not_before, ==, 0);
  g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_KILLED, 0), ==, CFUT_START_GIVE_UP);
}

static void
test_starved (void)
{
  CfutStartPolicy policy = { 0 };
  gint64 now = 0;

  g_test_summary ("What cannot be spawned is tried for some seconds, at least five times in each of them");

  for (guint i = 1; i < CFUT_START_MAX_STARVED; i++)
    {
      g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_STARVED, now), ==, CFUT_START_RETRY);
      g_assert_cmpint (policy.not_before - now, <=, G_USEC_PER_SEC / 5);
      now = policy.not_before;
    }
  g_assert_cmpint (now, >, 3 * G_USEC_PER_SEC);
  g_assert_cmpint (now, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (cfut_start_policy_failed (&policy, CFUT_START_STARVED, now), ==, CFUT_START_GIVE_UP);
}

/* ---- How workers end. */

#define N_FLAGS 10

static CfutWorkerEnd
make_end (guint flags)
{
  return (CfutWorkerEnd) {
    .was_expected = (flags & 1) != 0,
    .has_served = (flags & 2) != 0,
    .is_blamed = (flags & 4) != 0,
    .was_late = (flags & 8) != 0,
    .was_ready = (flags & 16) != 0,
    .was_condemned = (flags & 32) != 0,
    .was_signalled = (flags & 64) != 0,
    .was_killed = (flags & (64 | 128)) == (64 | 128),
    .hung_up = (flags & 256) != 0,
    .is_certain = (flags & 512) != 0,
  };
}

/* What is promised of each end. */
static void
check_end (const CfutWorkerEnd *end)
{
  CfutStartFailure failure = CFUT_START_N_FAILURES;
  gboolean is_failure = cfut_worker_end_is_failure (end, &failure);
  gboolean is_death = cfut_worker_end_is_death (end);

  /* What was to go has neither died nor failed. */
  if (end->was_expected)
    g_assert_false (is_failure || is_death);
  else if (end->was_ready)
    g_assert_true (is_death);
  else
    g_assert_true (is_death == (end->was_signalled && !end->was_condemned));

  /* Who has done something has not come to nothing; nor has who ran into poison. */
  g_assert_true (is_failure == !(end->was_expected || end->has_served || end->is_blamed));
  if (failure == CFUT_START_TIMED_OUT)
    g_assert_true (end->was_late);
  /* A kill from outside is not one of ours. */
  if (failure == CFUT_START_KILLED)
    g_assert_true (end->was_killed && !end->was_condemned && !end->was_late);
  if (failure == CFUT_START_DIED)
    g_assert_true (!end->was_late && (!end->was_killed || end->was_condemned));

  /* Its own status counts where there is one, and it cannot be our kill. */
  if (cfut_worker_end_is_its_own (end))
    g_assert_true (end->hung_up && end->is_certain && !end->was_killed);
  else
    g_assert_true (!end->hung_up || !end->is_certain || end->was_killed);
}

static void
test_ends (void)
{
  g_test_summary ("However a worker ends, it counts for what it is");

  for (guint flags = 0; flags < 1 << N_FLAGS; flags++)
    {
      CfutWorkerEnd end = make_end (flags);

      check_end (&end);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/start-policy/walk", test_walk);
  g_test_add_func ("/start-policy/backoff", test_backoff);
  g_test_add_func ("/start-policy/kills", test_kills);
  g_test_add_func ("/start-policy/starved", test_starved);
  g_test_add_func ("/start-policy/ends", test_ends);

  return g_test_run ();
}
