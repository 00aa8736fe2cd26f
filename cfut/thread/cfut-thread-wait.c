/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-loop-private.h"

#include "executor/cfut-cpus-private.h"

/*
 * How a thread waits for calls, and a submitter for the result of one.
 *
 * Looking. To wake a thread takes longer than a small call. So the thread that
 * found nothing in the queue, and the one that waits for a result, look for a
 * moment before they sleep: see CfutSpin for when. Of the threads one at a time
 * looks; it counts as promised a call, so that nobody is woken for the next one.
 *
 * Watching. When calls are small, those who are awake soon take what comes, and
 * whoever is woken finds nothing. So one of the threads that sleep, the watch,
 * sleeps for a nap only, and while there is one no other is woken unless calls
 * pile up. If one who was awake does not come back soon, since its call is not as
 * small as those before, then who submits sees that no thread has moved for longer
 * than a small call takes, and wakes as ever. A call that came before that could be
 * seen is taken by the watch after its nap, which wakes others for those behind.
 */

/* A look: as long as a few small calls take. */
#define CFUT_LOOK_US 20

/* What a call takes that is small. */
#define CFUT_SMALL_US 10

/* What a call that comes within the time of a small one waits at the longest
 * behind one that is not. */
#define CFUT_NAP_US 50

/* So many calls in the queue are a pile. */
#define CFUT_PILE 64

/* Looks until @is_there, or the moment is over. What comes late does not count:
 * then others want this CPU. */
static gboolean
look (gboolean (*is_there) (gpointer data),
      gpointer  data,
      gint64    deadline)
{
  gint64 until = g_get_monotonic_time () + CFUT_LOOK_US;
  gboolean came, in_time;

  if (deadline >= 0)
    until = MIN (until, deadline);

  do
    {
      cfut_spin_relax ();
      came = is_there (data);
      in_time = g_get_monotonic_time () < until;
    }
  while (!came && in_time);

  return came && in_time;
}

static void
learn (CfutSpin *spin,
       gboolean  came)
{
  if (came)
    cfut_spin_hit (spin);
  else
    cfut_spin_missed (spin);
}

gboolean
cfut_thread_carrier_begin_look_locked (CfutThreadCarrier *self)
{
  CfutPool *pool = self->pool;

  /* One CPU is that of whoever submits. */
  if (self->looks || pool->phase != CFUT_POOL_OPEN ||
      !cfut_spin_begin (&self->thread_spin, pool->n_running + 1, cfut_cpus_get_usable ()))
    return FALSE;

  self->looks = TRUE;
  g_atomic_int_set (&self->knocked, FALSE);

  return TRUE;
}

static gboolean
was_knocked (gpointer data)
{
  CfutThreadCarrier *self = data;

  return g_atomic_int_get (&self->knocked) || cfut_intake_has_any (&self->pool->intake);
}

void
cfut_thread_carrier_look_and_lock (CfutThreadCarrier *self)
{
  gboolean came = look (was_knocked, self, -1);

  cfut_pool_lock (self->pool);
  self->looks = FALSE;
  learn (&self->thread_spin, came);
}

static gboolean
is_final (gpointer data)
{
  return cfut_state_is_final (data);
}

void
cfut_thread_carrier_drive (CfutPool *pool,
                           CfutJob  *job,
                           gint64    deadline)
{
  CfutThreadCarrier *self = pool->carrier;
  gboolean looks, came;

  cfut_pool_lock (pool);
  cfut_pool_collect_locked (pool);
  looks = cfut_spin_begin (&self->waiter_spin,
                           pool->queue.length + pool->n_taken + pool->n_running,
                           cfut_cpus_get_usable ());
  g_mutex_unlock (&pool->lock);

  if (!looks)
    return;

  came = look (is_final, &job->state, deadline);

  cfut_pool_lock (pool);
  learn (&self->waiter_spin, came);
  g_mutex_unlock (&pool->lock);
}

void
cfut_thread_carrier_note_run_locked (CfutThreadCarrier *self,
                                     gint64             run_time_ns)
{
  self->mean_ns += (MAX (run_time_ns, 0) - self->mean_ns) / 8;
}

/* Whether those who are awake are about to come back to the queue. */
static gboolean
is_lively_locked (CfutThreadCarrier *self)
{
  return self->pool->n_running > 0 && self->mean_ns < CFUT_SMALL_US * 1000 &&
         self->pool->last_queued_at - self->moved_at < CFUT_SMALL_US;
}

gboolean
cfut_thread_carrier_is_watched_locked (CfutThreadCarrier *self)
{
  return self->watched && is_lively_locked (self) && self->pool->queue.length < CFUT_PILE;
}

/* Sleeps until there is something to look at, or until @until, negative: for ever.
 * FALSE: it was that long. */
gboolean
cfut_thread_carrier_sleep_locked (CfutThreadCarrier *self,
                                  gint64             until)
{
  CfutPool *pool = self->pool;
  gint64 now, nap_end;

  if (self->watched || !is_lively_locked (self))
    {
      /* Whoever is still awake opens it again with the next call. */
      cfut_pool_shut_intake_locked (pool);
      if (pool->queue.length > 0)
        return TRUE;

      if (until >= 0)
        return g_cond_wait_until (&self->work_cond, &pool->lock, until);

      g_cond_wait (&self->work_cond, &pool->lock);
      return TRUE;
    }

  now = g_get_monotonic_time ();
  nap_end = until >= 0 ? MIN (until, now + CFUT_NAP_US) : now + CFUT_NAP_US;

  self->watched = TRUE;
  g_cond_wait_until (&self->work_cond, &pool->lock, nap_end);
  self->watched = FALSE;

  return nap_end != until || g_get_monotonic_time () < until;
}
