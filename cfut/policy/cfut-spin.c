/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-spin-private.h"

gboolean
cfut_spin_begin (CfutSpin *self,
                 guint     n_live,
                 guint     n_cpus)
{
  if (n_cpus < 2 || n_live >= n_cpus)
    return FALSE;

  if (self->n_skips == 0)
    return TRUE;

  self->n_skips--;

  return FALSE;
}

void
cfut_spin_hit (CfutSpin *self)
{
  self->n_misses = 0;
}

void
cfut_spin_missed (CfutSpin *self)
{
  self->n_misses = MIN (self->n_misses + 1, CFUT_SPIN_MAX_DOUBLINGS);
  self->n_skips = (1u << self->n_misses) - 1;
}
