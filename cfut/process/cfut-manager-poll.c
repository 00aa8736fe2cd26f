/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "executor/cfut-cpus-private.h"

/* How the manager waits; see CfutSpin. Runs in: manager thread. */

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

/* The poll function of the manager's context. */
static int
cfut_manager_poll (GPollFD *fds,
                   guint    n_fds,
                   int      timeout)
{
  CfutManager *self = g_private_get (&current_manager);
  int n_ready = 0;

  if (timeout != 0 &&
      cfut_spin_begin (&self->spin, cfut_manager_count_live (self), cfut_cpus_get_usable ()))
    n_ready = cfut_manager_spin (self, fds, n_fds);

  return n_ready != 0 ? n_ready : g_poll (fds, n_fds, timeout);
}

void
cfut_manager_enter_loop (CfutManager *self)
{
  g_private_set (&current_manager, self);
  g_main_context_set_poll_func (self->context, cfut_manager_poll);
}
