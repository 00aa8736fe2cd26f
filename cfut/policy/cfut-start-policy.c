/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-start-policy-private.h"

/* What one that does not become ready counts for. */
#define CFUT_START_TIMED_OUT_WEIGHT 3

gboolean
cfut_worker_end_is_its_own (const CfutWorkerEnd *self)
{
  return self->hung_up && self->is_certain && !self->was_killed;
}

gboolean
cfut_worker_end_is_death (const CfutWorkerEnd *self)
{
  if (self->was_expected)
    return FALSE;

  return self->was_ready || (self->was_signalled && !self->was_condemned);
}

gboolean
cfut_worker_end_is_failure (const CfutWorkerEnd *self,
                            CfutStartFailure    *failure)
{
  if (self->was_expected || self->has_served || self->is_blamed)
    return FALSE;

  *failure = self->was_late ? CFUT_START_TIMED_OUT
           : self->was_killed && !self->was_condemned ? CFUT_START_KILLED
           : CFUT_START_DIED;

  return TRUE;
}

void
cfut_start_policy_succeeded (CfutStartPolicy *self)
{
  *self = (CfutStartPolicy) { 0 };
}

/* After @n failures. */
static gint64
get_backoff (guint n)
{
  gint64 backoff = CFUT_START_BACKOFF_US;

  for (guint i = 0; i < n && backoff < CFUT_START_MAX_BACKOFF_US; i++)
    backoff *= 2;

  return MIN (backoff, CFUT_START_MAX_BACKOFF_US);
}

CfutStartVerdict
cfut_start_policy_failed (CfutStartPolicy *self,
                          CfutStartFailure failure,
                          gint64           now)
{
  self->n_in_a_row++;
  switch (failure)
    {
    case CFUT_START_KILLED:
      self->n_kills++;
      break;

    case CFUT_START_STARVED:
      self->not_before = MAX (self->not_before, now + get_backoff (self->n_starved));
      self->n_starved++;
      break;

    case CFUT_START_DIED:
    case CFUT_START_TIMED_OUT:
    case CFUT_START_N_FAILURES:
    default:
      self->not_before = MAX (self->not_before, now + get_backoff (self->n_failures));
      self->n_failures += failure == CFUT_START_TIMED_OUT ? CFUT_START_TIMED_OUT_WEIGHT : 1;
      break;
    }

  return self->n_failures >= CFUT_START_MAX_FAILURES ||
         self->n_kills >= CFUT_START_MAX_KILLS ||
         self->n_starved >= CFUT_START_MAX_STARVED ? CFUT_START_GIVE_UP : CFUT_START_RETRY;
}
