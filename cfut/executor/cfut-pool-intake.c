/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

/*
 * The intake of a pool: what comes in without the lock, and for how long.
 *
 * A carrier opens it while its workers are sure to come back to the queue without
 * being woken. The pool shuts it when it refuses calls, and does without it while
 * anybody waits for room. Whoever opens or shuts it has the lock.
 */

static void
cfut_pool_receive_locked (CfutPool *self,
                          CfutJob  *oldest)
{
  while (oldest != NULL)
    {
      CfutJob *job = oldest;

      oldest = job->next;
      self->n_submitted++;
      self->last_queued_at = cfut_job_get_queued_at (job);
      cfut_queue_push (&self->queue, job);
    }
  cfut_pool_note_length_locked (self);
}

gboolean
cfut_pool_submit_plain (CfutPool *self,
                        CfutJob  *job)
{
  if (cfut_job_get_extra (job) != NULL || cfut_job_get_size (job) > CFUT_INTAKE_MAX_SIZE)
    return FALSE;

  /* Nobody knows it yet. */
  cfut_state_ref_unshared (&job->state);
  if (cfut_intake_push (&self->intake, job))
    return TRUE;
  cfut_state_unref_unshared (&job->state);

  return FALSE;
}

void
cfut_pool_collect_locked (CfutPool *self)
{
  cfut_pool_receive_locked (self, cfut_intake_take (&self->intake));
}

void
cfut_pool_shut_intake_locked (CfutPool *self)
{
  cfut_pool_receive_locked (self, cfut_intake_shut (&self->intake));
}

/* How many more calls there is room for that have no ticket yet. */
static guint
cfut_pool_count_room_locked (CfutPool *self)
{
  guint64 n_pending = (guint64) self->queue.length + self->n_taken + self->intake.n_out;
  guint64 bytes = self->queue.bytes + self->taken_bytes +
                  (guint64) self->intake.n_out * CFUT_INTAKE_MAX_SIZE;

  if (n_pending >= self->max_pending || bytes >= self->max_pending_bytes)
    return 0;

  return MIN (self->max_pending - n_pending,
              (self->max_pending_bytes - bytes) / CFUT_INTAKE_MAX_SIZE);
}

/* To give out tickets one by one would be to write, for each call, what those who
 * submit look at. */
void
cfut_pool_open_intake_locked (CfutPool *self)
{
  guint n_tickets;

  if (self->phase != CFUT_POOL_OPEN || cfut_pool_has_listeners_locked (self))
    {
      cfut_pool_shut_intake_locked (self);
      return;
    }

  cfut_intake_open (&self->intake);
  n_tickets = cfut_pool_count_room_locked (self);
  n_tickets = MIN (n_tickets, CFUT_INTAKE_MAX_CALLS - (guint) self->intake.n_out);
  if (n_tickets > (guint) self->intake.n_out)
    cfut_intake_issue (&self->intake, n_tickets);
}
