/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-debug-private.h"
#include "cfut-error-private.h"

/* What workers answer. Runs in: manager thread. */

/* Takes calls that were taken back from the front of the window, up to @entry, if that
 * is not NULL, and adds them to @dropped. */
static void
cfut_process_drop_revoked_locked (CfutProcess  *self,
                                  CfutEntry    *entry,
                                  CfutEntry   **dropped)
{
  CfutEntry *head;

  while ((head = self->head) != entry && head->revoked)
    {
      cfut_process_return_entry (self, head);
      head->next = *dropped;
      *dropped = head;
    }
}

/* The first call that is left is the one that runs. */
static void
cfut_manager_start_head_locked (CfutManager  *self,
                                CfutProcess  *process,
                                CfutEntry   **dropped,
                                gint64        now)
{
  cfut_process_drop_revoked_locked (process, NULL, dropped);

  if (process->head != NULL && cfut_job_get_place (process->head->job) == CFUT_PLACE_TAKEN)
    cfut_pool_start_locked (self->pool, process->head->job, now);
}

/* Settles a batch of answers: all of it under one lock, then all of it without. */
static gboolean
cfut_manager_settle_answers (CfutManager  *self,
                             CfutProcess  *process,
                             gint64        now,
                             GError      **error)
{
  CfutPool *pool = self->pool;
  CfutEntry *dropped = NULL;
  guint n_settled = 0;
  gboolean in_order = TRUE;

  g_mutex_lock (&pool->lock);
  for (; in_order && n_settled < process->answers->len; n_settled++)
    {
      CfutAnswer *answer = &g_array_index (process->answers, CfutAnswer, n_settled);
      CfutEntry *entry = answer->entry;

      cfut_process_drop_revoked_locked (process, entry, &dropped);
      in_order = process->head == entry;
      if (!in_order)
        break;

      cfut_process_remove_entry (process, entry);
      if (!process->no_claims)
        cfut_claims_release (process->claims, entry->slot);
      answer->won = cfut_pool_end_locked (pool, entry->job, &answer->outcome, answer->duration_ns);
      cfut_window_measured (&process->window, answer->duration_ns / MAX (cfut_job_get_n_items (entry->job), 1));
      process->n_done += MAX (cfut_job_get_n_items (entry->job), 1);
      process->busy_time_ns += answer->duration_ns;
    }

  cfut_manager_start_head_locked (self, process, &dropped, now);
  g_mutex_unlock (&pool->lock);

  cfut_entry_free_all (dropped);
  for (guint i = 0; i < process->answers->len; i++)
    {
      CfutAnswer *answer = &g_array_index (process->answers, CfutAnswer, i);

      if (i >= n_settled)
        {
          cfut_outcome_clear (&answer->outcome);
          continue;
        }
      cfut_pool_settle (pool, answer->entry->job, answer->won, &answer->outcome);
      cfut_entry_free (answer->entry);
    }
  g_array_set_size (process->answers, 0);

  if (in_order)
    return TRUE;

  g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL, "It skipped a call");

  return FALSE;
}

/* Drops calls that were taken back from the front of the window. */
void
cfut_manager_drop_revoked (CfutManager *self,
                           CfutProcess *process,
                           gint64       now)
{
  CfutEntry *dropped = NULL;

  g_mutex_lock (&self->pool->lock);
  cfut_manager_start_head_locked (self, process, &dropped, now);
  g_mutex_unlock (&self->pool->lock);

  cfut_entry_free_all (dropped);
}

/* What the worker has in memory of what we have given it there. */
static guint64
cfut_process_get_shared (CfutProcess *self)
{
  return self->segment_bytes + (self->arena != NULL ? cfut_arena_get_touched (self->arena) : 0);
}

/* Recycles a worker whose memory has grown too large. */
static void
cfut_manager_check_rss (CfutManager *self,
                        CfutProcess *process,
                        gint64       now)
{
  CfutLimits limits;

  g_mutex_lock (&self->pool->lock);
  limits = self->config.limits;
  g_mutex_unlock (&self->pool->lock);

  /* To look what it has is a matter of a file. */
  if (limits.max_rss == 0 ||
      !cfut_limits_is_too_large (&limits, process->phase, cfut_process_get_rss (process),
                                 cfut_process_get_shared (process)))
    return;

  /* What it has not started is for another one. */
  self->n_replacements++;
  cfut_manager_let_go (self, process, now);
  cfut_manager_unstall (self, process);
}

static void
cfut_manager_process_ready (CfutManager *self,
                            CfutProcess *process)
{
  CFUT_DEBUG (WORKERS, "worker %d is ready with %u functions", process->pid,
              g_hash_table_size (process->functions));

  process->greeted = TRUE;
  cfut_manager_learn_functions (self, process);

  process->active_at = g_get_monotonic_time ();
  if (process->phase == CFUT_PROCESS_STARTING)
    cfut_process_set_phase (process, CFUT_PROCESS_SERVING);
}

/* Its initializer has failed, or it does not find what it is to serve. */
static void
cfut_manager_process_refused (CfutManager *self,
                              CfutProcess *process)
{
  g_autoptr(GError) reason = g_steal_pointer (&process->refusal);

  process->expected_death = TRUE;
  cfut_manager_break (self, cfut_error_new_broken ("Failed to initialize a worker: ", reason));
}

/* Makes of a read that was @fine or gave @error what is to be made of it.
 * @n_frames: how many there had been before. */
static void
cfut_manager_after_read (CfutManager *self,
                         CfutProcess *process,
                         guint64      n_frames,
                         gboolean     fine,
                         GError      *error)
{
  gint64 now = g_get_monotonic_time ();

  if (process->ready && !process->greeted)
    cfut_manager_process_ready (self, process);
  if (process->refusal != NULL)
    cfut_manager_process_refused (self, process);

  if (process->answers->len > 0)
    {
      process->active_at = now;
      process->slots_retry_at = -1;
      cfut_start_policy_succeeded (&self->policy);
      /* The first thing that was wrong is what counts. */
      if (!cfut_manager_settle_answers (self, process, now, fine ? &error : NULL))
        fine = FALSE;
      cfut_manager_check_rss (self, process, now);
    }

  if (!cfut_channel_is_mid_frame (process->channel))
    process->frame_since = -1;
  else if (process->frame_since < 0 || process->n_frames != n_frames)
    process->frame_since = now;

  /* One that is killed already for something else is not heard any more. */
  if (!fine && process->phase != CFUT_PROCESS_DYING)
    cfut_manager_condemn (self, process, g_steal_pointer (&error));
  else if (!fine)
    cfut_process_stop_listening (process);
  g_clear_error (&error);
}

void
cfut_manager_read_process (CfutManager *self,
                           CfutProcess *process)
{
  guint64 n_frames = process->n_frames;
  GError *error = NULL;
  gboolean fine = cfut_process_read (process, &error);

  cfut_manager_after_read (self, process, n_frames, fine, error);
}

void
cfut_manager_read_journal (CfutManager *self,
                           CfutProcess *process)
{
  guint64 n_frames = process->n_frames;
  GError *error = NULL;
  gboolean fine = cfut_process_read_journal (process, &error);

  cfut_manager_after_read (self, process, n_frames, fine, error);
}
