/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-intake-private.h"
#include "test-support.h"

/*
 * The intake alone: order, tickets, and threads that push while it is opened and
 * shut. To it a job is a link; here each has a number for the time it was queued.
 */

#define N_THREADS 4
#define N_PUSHES  20000

static void
assert_next (CfutJob **oldest,
             gsize     number)
{
  g_assert_nonnull (*oldest);
  g_assert_cmpuint (cfut_job_get_queued_at (*oldest), ==, number);
  *oldest = (*oldest)->next;
}

static void
test_order (void)
{
  CfutJob jobs[3] = { { .state.result.own = 0 }, { .state.result.own = 1 }, { .state.result.own = 2 } };
  CfutIntake intake;
  CfutJob *oldest;

  g_test_summary ("What comes first is first, and each takes a ticket");

  cfut_intake_init (&intake);
  cfut_intake_open (&intake);
  g_assert_false (cfut_intake_push (&intake, &jobs[0]));

  cfut_intake_issue (&intake, 2);
  g_assert_cmpint (intake.n_out, ==, 2);
  g_assert_false (cfut_intake_has_any (&intake));
  g_assert_true (cfut_intake_push (&intake, &jobs[0]));
  g_assert_true (cfut_intake_push (&intake, &jobs[1]));
  g_assert_false (cfut_intake_push (&intake, &jobs[2]));
  g_assert_true (cfut_intake_has_any (&intake));

  oldest = cfut_intake_take (&intake);
  assert_next (&oldest, 0);
  assert_next (&oldest, 1);
  g_assert_null (oldest);
  g_assert_null (cfut_intake_take (&intake));
  g_assert_cmpint (intake.n_out, ==, 0);
}

static void
test_shut (void)
{
  CfutJob jobs[2] = { { .state.result.own = 0 }, { .state.result.own = 1 } };
  CfutIntake intake;
  CfutJob *oldest;

  g_test_summary ("A shut intake takes nothing, and leaves no ticket");

  cfut_intake_init (&intake);
  cfut_intake_issue (&intake, 1);
  g_assert_false (cfut_intake_push (&intake, &jobs[0]));
  g_assert_cmpint (intake.n_tickets, ==, 1);

  cfut_intake_open (&intake);
  cfut_intake_issue (&intake, 2);
  g_assert_true (cfut_intake_push (&intake, &jobs[0]));
  oldest = cfut_intake_shut (&intake);
  assert_next (&oldest, 0);
  g_assert_null (oldest);
  g_assert_cmpint (intake.n_out, ==, 0);
  g_assert_cmpint (intake.n_tickets, ==, 0);
  g_assert_false (cfut_intake_push (&intake, &jobs[1]));
  g_assert_null (cfut_intake_shut (&intake));
}

typedef struct
{
  CfutIntake *intake;
  CfutJob *jobs;
} Producer;

/* As one does it who has no lock to turn to: tries again. */
static gpointer
push_thread (gpointer data)
{
  Producer *self = data;

  for (guint i = 0; i < N_PUSHES; i++)
    while (!cfut_intake_push (self->intake, &self->jobs[i]))
      g_thread_yield ();

  return NULL;
}

/* Each thread's come in its order; @n_seen of each have come. */
static guint
check (Producer *producers,
       guint    *n_seen,
       CfutJob  *oldest)
{
  guint n = 0;

  for (CfutJob *job = oldest; job != NULL; job = job->next)
    {
      guint thread = (guint) (cfut_job_get_queued_at (job) / N_PUSHES);

      g_assert_true (job == &producers[thread].jobs[n_seen[thread]]);
      n_seen[thread]++;
      n++;
    }

  return n;
}

static void
test_threads (void)
{
  CfutIntake intake;
  Producer producers[N_THREADS];
  GThread *threads[N_THREADS];
  guint n_seen[N_THREADS] = { 0 };
  guint n_left = N_THREADS * N_PUSHES;

  g_test_summary ("Of what many threads push nothing is lost, whenever it is shut");

  cfut_intake_init (&intake);
  for (guint i = 0; i < N_THREADS; i++)
    {
      producers[i].intake = &intake;
      producers[i].jobs = g_new0 (CfutJob, N_PUSHES);
      for (guint j = 0; j < N_PUSHES; j++)
        producers[i].jobs[j].state.result.own = i * N_PUSHES + j;
      threads[i] = g_thread_new ("push", push_thread, &producers[i]);
    }

  for (guint round = 0; n_left > 0; round++)
    {
      CfutJob *oldest;

      cfut_intake_open (&intake);
      if (intake.n_out < 100)
        cfut_intake_issue (&intake, 200);
      g_thread_yield ();
      oldest = round % 3 == 0 ? cfut_intake_shut (&intake) : cfut_intake_take (&intake);
      n_left -= check (producers, n_seen, oldest);
      g_assert_cmpint (intake.n_out, >=, 0);
    }

  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_free (producers[i].jobs);
    }
  g_assert_null (cfut_intake_shut (&intake));
  cfut_intake_recall (&intake);
  g_assert_cmpint (intake.n_out, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/intake/order", test_order);
  g_test_add_func ("/intake/shut", test_shut);
  g_test_add_func ("/intake/threads", test_threads);

  return g_test_run ();
}
