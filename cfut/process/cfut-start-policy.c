/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-start-policy-private.h"

/* What one that does not become ready counts for. */
#define CFUT_START_TIMED_OUT_WEIGHT 3

void
cfut_start_policy_succeeded (CfutStartPolicy *self)
{
  *self = (CfutStartPolicy) { 0 };
}

CfutStartVerdict
cfut_start_policy_failed (CfutStartPolicy *self,
                          CfutStartFailure failure,
                          gint64           now)
{
  gint64 backoff = CFUT_START_BACKOFF_US;

  self->n_in_a_row++;
  if (failure == CFUT_START_KILLED)
    {
      self->n_kills++;
    }
  else
    {
      for (guint i = 0; i < self->n_failures && backoff < CFUT_START_MAX_BACKOFF_US; i++)
        backoff *= 2;
      self->n_failures += failure == CFUT_START_TIMED_OUT ? CFUT_START_TIMED_OUT_WEIGHT : 1;
      self->not_before = now + MIN (backoff, CFUT_START_MAX_BACKOFF_US);
    }

  return self->n_failures >= CFUT_START_MAX_FAILURES ||
         self->n_kills >= CFUT_START_MAX_KILLS ? CFUT_START_GIVE_UP : CFUT_START_RETRY;
}
