/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-ending-private.h"

CfutEndingStep
cfut_ending_get_step (const CfutEnding *self)
{
  if (self->is_forced && self->n_workers > 0)
    return CFUT_ENDING_KILL;

  if (self->is_open || self->n_queued > 0)
    return CFUT_ENDING_SERVE;

  return self->n_workers > 0 || self->is_busy ? CFUT_ENDING_LET_GO : CFUT_ENDING_LEAVE;
}
