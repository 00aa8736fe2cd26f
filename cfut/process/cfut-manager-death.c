/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include <signal.h>
#include <sys/wait.h>

#include "cfut-debug-private.h"
#include "cfut-error-private.h"
#include "policy/cfut-fate-private.h"

/*
 * What becomes of a dead worker's calls. It is decided once, when the socket
 * was read to its end and the status is known. Runs in: manager thread.
 */

static CfutFate
cfut_manager_get_fate_locked (CfutManager *self,
                              CfutEntry   *entry,
                              gboolean     has_started)
{
  CfutJob *job = entry->job;
  guint n_retries = cfut_job_get_retries (job);
  CfutCasualty casualty = {
    .is_revoked = entry->revoked,
    .has_started = has_started,
    .is_decided = cfut_state_is_asked_to_stop (&job->state) || cfut_state_is_claimed (&job->state),
    .is_broken = self->pool->phase == CFUT_POOL_BROKEN,
    .is_abandoned = self->abandoned || self->kill,
    .for_ever = n_retries == CFUT_RETRY_FOREVER,
    .n_retries = n_retries,
    .attempt = cfut_job_get_attempt (job),
  };

  return cfut_casualty_get_fate (&casualty);
}

/* The error of a call that had started. */
static GError *
cfut_manager_make_death_error_locked (CfutManager *self,
                                      CfutProcess *process,
                                      CfutEntry   *entry)
{
  g_autofree char *text = NULL;

  if (self->pool->phase == CFUT_POOL_BROKEN)
    return cfut_error_new_broken ("Executor is broken: ", self->pool->broken);

  text = cfut_process_describe_death (process, cfut_job_get_label (entry->job));

  if (process->condemned != NULL)
    return g_error_new_literal (process->condemned->domain, process->condemned->code, text);

  return g_error_new_literal (CFUT_ERROR, CFUT_ERROR_WORKER_DIED, text);
}

/* A call of a dead worker; if it fails, how. */
typedef struct
{
  CfutEntry *entry;
  CfutOutcome outcome;
  gboolean won;
  gboolean queued; /* it will be run again */
} Casualty;

/* In ns; -1 if its start was not seen. */
static gint64
cfut_job_get_time_running_locked (CfutJob *self)
{
  if (cfut_job_get_place (self) != CFUT_PLACE_RUNNING)
    return -1;

  return (g_get_monotonic_time () - self->flight->started_at) * 1000;
}

/* Whether the call had started; if it had not, it never will. */
static gboolean
cfut_process_had_started (CfutProcess *self,
                          CfutEntry   *entry)
{
  if (self->no_claims || entry->accused)
    return TRUE;

  /* It may still be alive. */
  if (self->abandoned)
    return !entry->revoked && !cfut_claims_revoke (self->claims, entry->slot, entry->generation);

  return cfut_claims_is_claimed (self->claims, entry->slot, entry->generation);
}

/* Decides the last entry of the list, so that those that go back to the head of
 * the queue keep their order. */
static void
cfut_manager_decide_locked (CfutManager *self,
                            CfutProcess *process,
                            CfutEntry   *entry,
                            GArray      *casualties)
{
  CfutPool *pool = self->pool;
  CfutJob *job = entry->job;
  CfutJobExtra *extra = cfut_job_get_extra (job);
  Casualty casualty = { entry, CFUT_OUTCOME_INIT, FALSE, FALSE };
  gboolean started = cfut_process_had_started (process, entry);

  cfut_process_remove_entry (process, entry);

  switch (cfut_manager_get_fate_locked (self, entry, started))
    {
    case CFUT_FATE_PUT_BACK:
      cfut_job_ref (job); /* the queue's */
      cfut_pool_put_back_locked (pool, job, FALSE);
      casualty.queued = TRUE;
      break;

    case CFUT_FATE_RETRY:
      /* One that is retried for ever has to be stopped by someone else: it does
       * not excuse a worker that came to nothing. */
      process->blamed |= cfut_job_get_retries (job) != CFUT_RETRY_FOREVER;
      cfut_job_get_extra (job)->n_retries++;
      pool->n_retried++;
      cfut_job_ref (job);
      cfut_pool_put_back_locked (pool, job, TRUE);
      casualty.queued = TRUE;
      break;

    case CFUT_FATE_FAIL:
      if (started)
        {
          process->blamed = TRUE;
          if (extra != NULL)
            extra->n_started = MIN (MAX (extra->n_items, 1),
                                    MAX (cfut_claims_get_item (process->claims, entry->slot), 1));
        }
      cfut_outcome_take_error (&casualty.outcome,
                               cfut_manager_make_death_error_locked (self, process, entry));
      casualty.won = cfut_pool_end_locked (pool, job, &casualty.outcome,
                                           cfut_job_get_time_running_locked (job));
      break;

    case CFUT_FATE_CANCEL:
      cfut_outcome_take_error (&casualty.outcome, cfut_job_cancelled_error (job));
      casualty.won = cfut_pool_end_locked (pool, job, &casualty.outcome, -1);
      break;

    case CFUT_FATE_DROP:
    default:
      break;
    }

  g_array_append_val (casualties, casualty);
}

/* Locks: takes the pool's. */
static gboolean
cfut_manager_has_initializer (CfutManager *self)
{
  gboolean has_initializer;

  g_mutex_lock (&self->pool->lock);
  has_initializer = self->config.initializer != NULL;
  g_mutex_unlock (&self->pool->lock);

  return has_initializer;
}

static CfutWorkerEnd
cfut_process_get_end (CfutProcess *self)
{
  return (CfutWorkerEnd) {
    .was_expected = self->expected_death,
    .has_served = self->n_done > 0,
    .is_blamed = self->blamed,
    .was_late = self->timed_out,
    .was_ready = self->ready,
    .was_condemned = self->condemned != NULL,
    .was_signalled = WIFSIGNALED (self->status),
    .was_killed = WIFSIGNALED (self->status) && WTERMSIG (self->status) == SIGKILL,
    .hung_up = self->lost_at >= 0,
    .is_certain = !self->abandoned && !self->status_lost,
  };
}

/* Whether the worker came to nothing: see CfutStartPolicy. */
static void
cfut_manager_judge_start (CfutManager *self,
                          CfutProcess *process)
{
  CfutWorkerEnd end = cfut_process_get_end (process);
  g_autofree char *text = NULL;
  CfutStartFailure failure;
  GError *error;

  if (!cfut_worker_end_is_failure (&end, &failure))
    return;

  text = cfut_process_describe_death (process, NULL);
  error = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN, text);
  if (!process->ready && failure != CFUT_START_KILLED)
    g_prefix_error_literal (&error, cfut_manager_has_initializer (self)
                                    ? "Failed to initialize a worker: "
                                    : "The worker program does not serve (it has to call cfut_init(), or to run a CfutWorker): ");
  cfut_manager_failed_start (self, failure, error);
}

void
cfut_manager_process_died (CfutManager *self,
                           CfutProcess *process)
{
  CfutPool *pool = self->pool;
  g_autoptr(GArray) casualties = g_array_new (FALSE, FALSE, sizeof (Casualty));
  CfutWorkerEnd end = cfut_process_get_end (process);
  g_autofree char *text = NULL;
  gboolean breaks;

  if (cfut_worker_end_is_its_own (&end))
    {
      g_clear_error (&process->condemned);
      end.was_condemned = FALSE;
    }
  text = cfut_process_describe_death (process, NULL);

  CFUT_DEBUG (WORKERS, "%s", text);

  g_mutex_lock (&pool->lock);
  process->died = TRUE;
  process->phase = CFUT_PROCESS_DYING;
  breaks = self->config.crash_policy == CFUT_CRASH_POLICY_BREAK_POOL &&
           cfut_worker_end_is_death (&end) && pool->phase != CFUT_POOL_BROKEN;
  g_mutex_unlock (&pool->lock);
  if (breaks)
    cfut_manager_break (self, g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN, text));

  g_mutex_lock (&pool->lock);
  if (!process->expected_death)
    pool->n_deaths++;
  while (process->tail != NULL)
    cfut_manager_decide_locked (self, process, process->tail, casualties);
  g_mutex_unlock (&pool->lock);

  for (guint i = 0; i < casualties->len; i++)
    {
      Casualty *casualty = &g_array_index (casualties, Casualty, i);

      if (casualty->outcome.error != NULL || casualty->won)
        cfut_pool_settle (pool, casualty->entry->job, casualty->won, &casualty->outcome);
      if (casualty->queued)
        CFUT_DEBUG (QUEUE, "call \"%s\" of worker %d is queued again",
                    cfut_job_get_label (casualty->entry->job), process->pid);
      cfut_entry_free (casualty->entry);
    }

  cfut_manager_judge_start (self, process);
  cfut_manager_show (self, process);
  cfut_pool_tell (pool);
}
