/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "killer.h"

#include <signal.h>

#define CALLS_PER_KILL 8

static void
kill_one (Killer *self)
{
  g_autofree int *pids = NULL;
  gsize n_pids;

  pids = cfut_process_executor_dup_worker_pids (CFUT_PROCESS_EXECUTOR (self->executor), &n_pids);
  if (n_pids > 0 && kill (pids[g_rand_int_range (self->rand, 0, n_pids)], SIGKILL) == 0)
    g_atomic_int_inc (&self->n_kills);
}

/* Waits for the time of the next kill; FALSE when it is all over. */
static gboolean
killer_wait (Killer *self)
{
  gint64 end = g_get_monotonic_time () + self->interval_us;
  gboolean over;

  g_mutex_lock (&self->lock);
  while (!self->over && g_cond_wait_until (&self->over_cond, &self->lock, end))
    continue;
  over = self->over;
  g_mutex_unlock (&self->lock);

  return !over;
}

static gpointer
killer_thread (gpointer user_data)
{
  Killer *self = user_data;
  guint64 n_before = 0;

  while (killer_wait (self))
    {
      g_autoptr(CfutStats) stats = cfut_executor_get_stats (self->executor);
      guint64 n_ended = cfut_stats_get_n_finished (stats);

      if (n_ended < n_before + CALLS_PER_KILL)
        continue;
      n_before = n_ended;
      kill_one (self);
    }

  return NULL;
}

void
killer_begin (Killer    *self,
              FaultTest *test,
              gint64     interval_us)
{
  *self = (Killer) { .executor = test->process.executor, .interval_us = interval_us };
  g_mutex_init (&self->lock);
  g_cond_init (&self->over_cond);
  self->rand = g_rand_new_with_seed (g_test_rand_int ());
  self->thread = g_thread_new ("killer", killer_thread, self);
}

guint
killer_end (Killer *self)
{
  g_mutex_lock (&self->lock);
  self->over = TRUE;
  g_cond_signal (&self->over_cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_rand_free (self->rand);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->over_cond);

  return self->n_kills;
}

void
kill_workers (FaultTest *test)
{
  g_autofree int *pids = NULL;
  gsize n_pids;

  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test->process), &n_pids);
  for (gsize i = 0; i < n_pids; i++)
    kill (pids[i], SIGKILL);
}
