/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "memory/cfut-segment-private.h"

/*
 * What is due, and when to look again: carries out what CfutTenure says of each
 * worker. Runs in: manager thread.
 */

/* Locks: caller holds the pool's. */
static CfutTenureRules
cfut_manager_get_rules_locked (CfutManager *self)
{
  return (CfutTenureRules) {
    .start_us = self->start_us,
    .idle_us = self->config.idle_timeout_us,
    .leave_us = self->leave_us,
    .frame_us = self->frame_us,
    .stall_us = CFUT_WINDOW_STALL_US,
    .claim_us = self->claim_us,
    .has_initializer = self->config.initializer != NULL,
    .is_needed = self->pool->queue.length > 0,
    .is_closed = self->pool->phase != CFUT_POOL_OPEN,
    .n_kept = MAX (self->config.min_workers, self->n_warm),
    .n_serving = cfut_manager_count (self, CFUT_PROCESS_SERVING),
  };
}

/* When the first grace is over. The call that was asked to stop is the one that
 * runs; but there may be others before it whose answers have not come yet. */
static gint64
cfut_process_get_kill_time (CfutProcess *self)
{
  gint64 kill_at = -1;

  for (CfutEntry *entry = self->head; self->n_stopping > 0 && entry != NULL; entry = entry->next)
    {
      if (entry->kill_at >= 0 && (kill_at < 0 || entry->kill_at < kill_at))
        kill_at = entry->kill_at;
    }

  return kill_at;
}

/* Since when the first call is all there, or on its way with nothing to hold it up but
 * the worker. */
static gint64
cfut_process_get_fed_time (CfutProcess *self)
{
  gint64 fed_at = MAX (self->active_at, self->taken_at);

  return self->head != NULL ? MAX (fed_at, self->head->sent_at) : fed_at;
}

static CfutTenure
cfut_process_get_tenure (CfutProcess *self)
{
  return (CfutTenure) {
    .phase = self->phase,
    .started_at = self->started_at,
    .active_at = self->active_at,
    .fed_at = cfut_process_get_fed_time (self),
    .frame_since = self->frame_since,
    .kill_at = cfut_process_get_kill_time (self),
    .lost_at = self->lost_at,
    .leave_by = self->leave_by,
    .abandon_at = self->abandon_at,
    .reap_at = self->reap_at,
    .n_live = self->n_live,
    .is_started = self->no_claims || (self->head != NULL && self->head->call == self->started_call),
    .is_unstalled = self->unstalled_at == self->active_at,
    .has_surplus = self->n_live == 0 && self->arena != NULL && cfut_arena_has_surplus (self->arena),
    .is_dead = self->dead,
    .is_decided = self->died,
  };
}

static void
cfut_manager_condemn_for (CfutManager *self,
                          CfutProcess *process,
                          const char  *crime)
{
  cfut_manager_condemn (self, process,
                        g_error_new_literal (CFUT_ERROR, CFUT_ERROR_PROTOCOL, crime));
}

static void
cfut_manager_condemn_late (CfutManager *self,
                           CfutProcess *process)
{
  g_autofree char *crime = g_strdup_printf ("It took longer than %.1f s",
                                            self->start_us / (double) G_USEC_PER_SEC);

  process->timed_out = TRUE;
  cfut_manager_condemn_for (self, process, crime);
}

static void
cfut_manager_condemn_deaf (CfutManager *self,
                           CfutProcess *process)
{
  g_mutex_lock (&self->pool->lock);
  self->pool->n_kills++;
  g_mutex_unlock (&self->pool->lock);

  cfut_manager_condemn (self, process, NULL);
}

static gboolean
cfut_manager_look_for_start (CfutManager *self,
                             CfutProcess *process)
{
  CfutEntry *head = process->head;

  if (head != NULL && cfut_claims_is_claimed (process->claims, head->slot, head->generation))
    process->started_call = head->call;

  return head == NULL || head->call == process->started_call;
}

/* It does not take the call that is its next, as it is stopped perhaps. Nobody has to
 * wait for that; and if it comes to, it finds that it is to leave. */
static void
cfut_manager_dismiss (CfutManager *self,
                      CfutProcess *process,
                      gint64       now)
{
  CfutWorkerEnd end = { .has_served = process->n_done > 0, .was_late = TRUE };
  CfutStartFailure failure;

  CFUT_DEBUG (WORKERS, "worker %d does not take its calls", process->pid);

  cfut_manager_let_go (self, process, now);
  cfut_manager_empty (self, process);
  cfut_manager_drop_revoked (self, process, now);
  /* What cannot be taken back has been started by now. */
  if (process->head != NULL)
    process->started_call = process->head->call;
  process->expected_death = TRUE;

  if (cfut_worker_end_is_failure (&end, &failure))
    cfut_manager_failed_start (self, failure,
                               g_error_new (CFUT_ERROR, CFUT_ERROR_BROKEN,
                                            "Worker %d did not take a call in %.1f s", process->pid,
                                            self->claim_us / (double) G_USEC_PER_SEC));
}

/* It has answered its last call. */
static void
cfut_manager_tell_to_leave (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  process->leave_by = now + self->leave_us;
  process->expected_death = TRUE;

  g_mutex_lock (&self->pool->lock);
  cfut_process_sample_cpu_locked (process);
  g_mutex_unlock (&self->pool->lock);

  cfut_process_send_shutdown (process);
  cfut_process_flush (process);
}

static void
cfut_manager_do_duty (CfutManager *self,
                      CfutProcess *process,
                      CfutDuty     duty,
                      CfutTenure  *tenure,
                      gint64       now)
{
  switch (duty)
    {
    case CFUT_DUTY_LOOK:
      tenure->was_looked_at = TRUE;
      tenure->seems_dead = cfut_process_is_dead (process);
      /* A launcher ends after the worker, as soon as it has learnt of that. */
      tenure->is_exiting = process->lost_at >= 0 && (process->launched || cfut_process_is_exiting (process));
      tenure->is_started |= cfut_manager_look_for_start (self, process);
      break;

    case CFUT_DUTY_KILL_TORN:
      cfut_manager_condemn_for (self, process, "It did not finish a frame");
      break;

    case CFUT_DUTY_KILL_LATE:
      cfut_manager_condemn_late (self, process);
      break;

    case CFUT_DUTY_KILL_DEAF:
      cfut_manager_condemn_deaf (self, process);
      break;

    case CFUT_DUTY_KILL_LOST:
      cfut_manager_condemn_for (self, process, "It has closed its channel");
      break;

    case CFUT_DUTY_KILL_STAYS:
      cfut_manager_condemn (self, process, NULL);
      break;

    case CFUT_DUTY_WAIT_LOST:
      process->leave_by = now + CFUT_TENURE_LOST_US;
      break;

    case CFUT_DUTY_UNSTALL:
      process->unstalled_at = process->active_at;
      cfut_manager_unstall (self, process);
      break;

    case CFUT_DUTY_DISMISS:
      cfut_manager_dismiss (self, process, now);
      break;

    case CFUT_DUTY_LET_GO:
      cfut_manager_let_go (self, process, now);
      break;

    case CFUT_DUTY_TELL:
      cfut_manager_tell_to_leave (self, process, now);
      break;

    case CFUT_DUTY_TRIM:
      cfut_arena_trim (process->arena);
      break;

    case CFUT_DUTY_ABANDON:
      cfut_manager_abandon (self, process);
      break;

    case CFUT_DUTY_REAP:
      cfut_manager_reap (self, process, now);
      break;

    case CFUT_DUTY_DECIDE:
      cfut_manager_bury (self, process);
      break;

    case CFUT_DUTY_FORGET:
      cfut_manager_forget (self, process);
      break;

    case CFUT_DUTY_NONE:
    default:
      break;
    }
}

/* What was put off for a moment, and is nobody's decision. */
static gint64
cfut_manager_check_retries (CfutManager *self,
                            CfutProcess *process,
                            gint64       now)
{
  gint64 due = G_MAXINT64;

  if (process->tap_retry_at >= 0 && now >= process->tap_retry_at)
    cfut_manager_retry_stderr (self, process);
  else if (process->tap_retry_at >= 0)
    due = MIN (due, process->tap_retry_at);

  if (process->slots_retry_at >= 0 && now >= process->slots_retry_at)
    process->slots_retry_at = -1;
  else if (process->slots_retry_at >= 0)
    due = MIN (due, process->slots_retry_at);

  return due;
}

/* It may be gone after this. */
static gint64
cfut_manager_check_process (CfutManager     *self,
                            CfutProcess     *process,
                            CfutTenureRules *rules,
                            gint64           now)
{
  CfutTenure tenure;
  CfutDuty duty;
  gint64 due, retry_due;

  /* What was taken back from the front may leave the worker idle. */
  if (process->head != NULL && !process->dead)
    cfut_manager_drop_revoked (self, process, now);

  tenure = cfut_process_get_tenure (process);
  while ((duty = cfut_tenure_get_duty (&tenure, rules, now, &due)) != CFUT_DUTY_NONE)
    {
      gboolean has_trimmed = duty == CFUT_DUTY_TRIM;

      cfut_manager_do_duty (self, process, duty, &tenure, now);
      /* These may have been its end. */
      if (duty == CFUT_DUTY_ABANDON || duty == CFUT_DUTY_FORGET ||
          (duty == CFUT_DUTY_REAP && !cfut_manager_has (self, process)))
        return G_MAXINT64;

      if (duty == CFUT_DUTY_LOOK)
        continue;
      rules->n_serving -= duty == CFUT_DUTY_LET_GO;
      tenure = cfut_process_get_tenure (process);
      tenure.has_surplus &= !has_trimmed;
    }

  retry_due = cfut_manager_check_retries (self, process, now);

  return MIN (due, retry_due);
}

/* When all workers have been idle for a while, so that nobody needs to keep segments
 * for the next call. */
static gint64
cfut_manager_check_idle_segments (CfutManager *self,
                                  gint64       now)
{
  gint64 due = 0;
  gboolean idle;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      due = process->n_live > 0 ? G_MAXINT64
                                : MAX (due, process->active_at + CFUT_TENURE_TRIM_US);
    }

  idle = now >= due;
  if (idle != self->idle)
    cfut_segment_set_idle (self, idle);
  self->idle = idle;

  return idle ? G_MAXINT64 : due;
}

/* Tells workers of segments that are gone, and when to try again if some could not be
 * told. */
static gint64
cfut_manager_forget_segments (CfutManager *self,
                              gint64       now)
{
  guint n_gone = cfut_segment_get_n_gone ();
  gboolean told = TRUE;

  if (n_gone == self->n_gone)
    return G_MAXINT64;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      told = (process->dead || cfut_process_forget_segments (process)) && told;
    }

  if (!told)
    return now + CFUT_PROCESS_RETRY_US;

  self->n_gone = n_gone;
  return G_MAXINT64;
}

gint64
cfut_manager_check_times (CfutManager *self,
                          gint64       now)
{
  CfutTenureRules rules;
  gint64 due, process_due, segments_due;

  g_mutex_lock (&self->pool->lock);
  due = cfut_pool_first_due_locked (self->pool);
  /* Held back by the last failure to start a worker. */
  if (self->policy.not_before > now)
    due = MIN (due, self->policy.not_before);
  rules = cfut_manager_get_rules_locked (self);
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < self->processes->len;)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      process_due = cfut_manager_check_process (self, process, &rules, now);
      due = MIN (due, process_due);
      i += i < self->processes->len && g_ptr_array_index (self->processes, i) == process;
    }

  if (cfut_segment_exist_any ())
    {
      segments_due = cfut_manager_check_idle_segments (self, now);
      due = MIN (due, segments_due);
    }
  segments_due = cfut_manager_forget_segments (self, now);

  return MIN (due, segments_due);
}

gint64
cfut_manager_get_due (CfutManager *self,
                      gint64       now)
{
  CfutTenureRules rules;
  gint64 due;

  g_mutex_lock (&self->pool->lock);
  due = cfut_pool_first_due_locked (self->pool);
  rules = cfut_manager_get_rules_locked (self);
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutTenure tenure = cfut_process_get_tenure (g_ptr_array_index (self->processes, i));
      gint64 process_due;

      if (cfut_tenure_get_duty (&tenure, &rules, now, &process_due) != CFUT_DUTY_NONE)
        return now;
      due = MIN (due, process_due);
    }

  return due;
}
