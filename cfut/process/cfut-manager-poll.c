/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include <sys/eventfd.h>

#include "executor/cfut-cpus-private.h"

/* How the manager waits; see CfutSpin. Runs in: manager thread, unless it says
 * otherwise. */

gboolean
cfut_manager_must_go_on (CfutManager *self)
{
  CfutPool *pool = self->pool;
  gboolean go_on;

  g_mutex_lock (&pool->lock);
  self->hungry = cfut_manager_is_hungry_locked (self);
  go_on = g_atomic_int_get (&self->poked) ||
          self->stops.length > 0 || (pool->phase != CFUT_POOL_OPEN && self->warm_tasks.length > 0) ||
          (pool->phase != CFUT_POOL_OPEN && self->questions.length > 0) ||
          (pool->queue.length > 0 &&
           (cfut_manager_has_room_locked (self) ||
            cfut_manager_count_missing_locked (self, g_get_monotonic_time ()) > 0));
  if (!go_on)
    {
      self->awake = FALSE;
      if (cfut_manager_get_ending_locked (self) == CFUT_ENDING_LEAVE)
        g_main_loop_quit (self->loop);
    }
  g_mutex_unlock (&pool->lock);

  return go_on;
}

/* ---- The turn. */

void
cfut_manager_give_turn (CfutManager *self)
{
  g_mutex_unlock (&self->turn);
}

void
cfut_manager_take_turn (CfutManager *self)
{
  eventfd_t unused;

  if (g_mutex_trylock (&self->turn))
    return;

  g_atomic_int_set (&self->turn_wanted, TRUE);
  eventfd_write (self->turn_fd, 1);
  g_mutex_lock (&self->turn);
  g_atomic_int_set (&self->turn_wanted, FALSE);
  eventfd_read (self->turn_fd, &unused);
}

/* Runs in: any thread. */
gboolean
cfut_manager_try_turn (CfutManager *self)
{
  return !g_atomic_int_get (&self->turn_wanted) && g_mutex_trylock (&self->turn);
}

/* ---- Waiting. */

/* A poll function is given no data. */
static GPrivate current_manager;

static guint
cfut_manager_count_live (CfutManager *self)
{
  guint n_live = 0;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      n_live += process->n_live;
    }

  return n_live;
}

/* Looks until something is there, or the moment is over. What comes late does not
 * count: then others want this CPU, perhaps the worker itself. */
static int
cfut_manager_spin (CfutManager *self,
                   GPollFD     *fds,
                   guint        n_fds)
{
  gint64 until = g_get_monotonic_time () + CFUT_SPIN_US;
  gboolean in_time;
  int n_ready;

  do
    {
      n_ready = g_poll (fds, n_fds, 0);
      in_time = g_get_monotonic_time () < until;
    }
  while (n_ready == 0 && in_time);

  if (n_ready != 0 && in_time)
    cfut_spin_hit (&self->spin);
  else
    cfut_spin_missed (&self->spin);

  return n_ready;
}

/* The poll function of the manager's context. While it waits, others may have the
 * turn. */
static int
cfut_manager_poll (GPollFD *fds,
                   guint    n_fds,
                   int      timeout)
{
  CfutManager *self = g_private_get (&current_manager);
  gboolean spins;
  int n_ready = 0;

  if (timeout == 0)
    return g_poll (fds, n_fds, 0);

  spins = cfut_spin_begin (&self->spin, cfut_manager_count_live (self), cfut_cpus_get_usable ());
  cfut_manager_give_turn (self);
  if (spins)
    n_ready = cfut_manager_spin (self, fds, n_fds);
  if (n_ready == 0)
    n_ready = g_poll (fds, n_fds, timeout);
  cfut_manager_take_turn (self);

  return n_ready;
}

void
cfut_manager_enter_loop (CfutManager *self)
{
  cfut_manager_take_turn (self);
  g_private_set (&current_manager, self);
  g_main_context_set_poll_func (self->context, cfut_manager_poll);
}

void
cfut_manager_leave_loop (CfutManager *self)
{
  g_private_set (&current_manager, NULL);
  cfut_manager_give_turn (self);
}
