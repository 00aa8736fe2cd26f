/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-staff-private.h"

/* Alive ones, those that are to be included. */
static guint
cfut_staff_count_wanted (const CfutStaff *self)
{
  /* Those that still run their last call are replaced, but a few at a time; those
   * that have run it only take memory, until there are too many. */
  guint n_too_many = self->n_exiting - MIN (self->n_exiting, self->max_workers);
  guint max_alive = self->max_workers + MAX (1, self->max_workers / 4);
  guint n_wanted = self->n_alive;

  /* Each one that is on its way will take a call; and what came after the last
   * look at the queue may still find a worker idle. */
  if (self->n_queued > self->n_starting && !self->has_room)
    n_wanted += self->n_queued - self->n_starting;
  if (self->is_open)
    {
      n_wanted = MAX (n_wanted, self->n_alive + self->n_replacements);
      n_wanted = MAX (n_wanted, self->n_kept);
      if (self->is_asked)
        n_wanted = MAX (n_wanted, 1);
    }

  max_alive -= MIN (max_alive, self->n_last_calls + n_too_many);

  return MIN (n_wanted, MIN (max_alive, self->max_workers));
}

guint
cfut_staff_count_missing (const CfutStaff *self)
{
  guint n_wanted = cfut_staff_count_wanted (self);

  if (n_wanted <= self->n_alive || self->is_ending || self->is_held_back ||
      self->n_starting >= self->n_cpus)
    return 0;

  /* More at once than there are CPUs would only be slower. */
  return MIN (n_wanted - self->n_alive, self->n_cpus - self->n_starting);
}
