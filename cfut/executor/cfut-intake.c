/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-intake-private.h"

/* What @newest is when it is shut. */
static CfutJob shut;

void
cfut_intake_init (CfutIntake *self)
{
  self->newest = &shut;
  self->n_tickets = 0;
  self->n_out = 0;
}

/* Runs in: any thread. Locks: none. */
static gboolean
take_ticket (CfutIntake *self)
{
  int n_tickets = g_atomic_int_get (&self->n_tickets);

  while (n_tickets > 0)
    if (g_atomic_int_compare_and_exchange_full (&self->n_tickets, n_tickets, n_tickets - 1,
                                                &n_tickets))
      return TRUE;

  return FALSE;
}

gboolean
cfut_intake_push (CfutIntake *self,
                  CfutJob    *job)
{
  CfutJob *newest;

  if (!take_ticket (self))
    return FALSE;

  newest = g_atomic_pointer_get (&self->newest);
  do
    {
      if (newest == &shut)
        {
          g_atomic_int_inc (&self->n_tickets);
          return FALSE;
        }
      job->next = newest;
    }
  while (!g_atomic_pointer_compare_and_exchange_full (&self->newest, newest, job, &newest));

  return TRUE;
}

gboolean
cfut_intake_has_any (CfutIntake *self)
{
  CfutJob *newest = g_atomic_pointer_get (&self->newest);

  return newest != NULL && newest != &shut;
}

/* Turns round what was newest first, and counts it. */
static CfutJob *
arrive (CfutIntake *self,
        CfutJob    *newest)
{
  CfutJob *oldest = NULL;

  while (newest != NULL)
    {
      CfutJob *older = newest->next;

      newest->next = oldest;
      oldest = newest;
      newest = older;
      self->n_out--;
    }

  return oldest;
}

CfutJob *
cfut_intake_take (CfutIntake *self)
{
  CfutJob *newest = g_atomic_pointer_get (&self->newest);

  /* It is shut, and opened, by nobody else now. */
  if (newest == NULL || newest == &shut)
    return NULL;

  return arrive (self, g_atomic_pointer_exchange (&self->newest, NULL));
}

CfutJob *
cfut_intake_shut (CfutIntake *self)
{
  if (g_atomic_pointer_get (&self->newest) == &shut)
    return NULL;

  cfut_intake_recall (self);

  return arrive (self, g_atomic_pointer_exchange (&self->newest, &shut));
}

void
cfut_intake_open (CfutIntake *self)
{
  if (g_atomic_pointer_get (&self->newest) == &shut)
    g_atomic_pointer_set (&self->newest, NULL);
}

void
cfut_intake_issue (CfutIntake *self,
                   guint       n_tickets)
{
  self->n_out += n_tickets;
  g_atomic_int_add (&self->n_tickets, n_tickets);
}

/* One that came back, as it was shut, is found here or by the next recall. */
void
cfut_intake_recall (CfutIntake *self)
{
  if (g_atomic_int_get (&self->n_tickets) > 0)
    self->n_out -= g_atomic_int_exchange (&self->n_tickets, 0);
}
