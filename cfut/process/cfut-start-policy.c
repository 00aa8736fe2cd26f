/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-start-policy-private.h"

void
cfut_start_policy_succeeded (CfutStartPolicy *self)
{
  self->n_failures = 0;
  self->n_kills = 0;
  self->not_before = 0;
}

CfutStartVerdict
cfut_start_policy_failed (CfutStartPolicy *self,
                          gboolean         killed,
                          gint64           now)
{
  gint64 backoff = CFUT_START_BACKOFF_US;

  if (killed)
    {
      self->n_kills++;
      return self->n_kills >= CFUT_START_MAX_KILLS ? CFUT_START_GIVE_UP : CFUT_START_RETRY;
    }

  for (guint i = 0; i < self->n_failures && backoff < CFUT_START_MAX_BACKOFF_US; i++)
    backoff *= 2;
  self->n_failures++;
  self->not_before = now + MIN (backoff, CFUT_START_MAX_BACKOFF_US);

  return self->n_failures >= CFUT_START_MAX_FAILURES ? CFUT_START_GIVE_UP : CFUT_START_RETRY;
}
