/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-manager-private.h"

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "policy/cfut-staff-private.h"
#include "process/cfut-any-function-private.h"

/*
 * From the queue to the workers. Runs in: manager thread, but for the two
 * functions that only look.
 */

static gboolean
cfut_process_has_room (CfutProcess *self,
                       gsize        size)
{
  return self->phase == CFUT_PROCESS_SERVING && !self->dead && self->slots_retry_at < 0 &&
         (!self->no_claims || self->n_live == 0) &&
         cfut_window_has_room (&self->window, self->n_live, self->live_bytes, size);
}

/* The worker that gets the next call; NULL if none can have it. */
static CfutProcess *
cfut_manager_choose (CfutManager *self,
                     gsize        size)
{
  CfutChoice choice = CFUT_CHOICE_INIT;

  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      cfut_choice_offer (&choice, process, cfut_process_has_room (process, size),
                         process->n_live, process->phase == CFUT_PROCESS_DYING);
    }

  return cfut_choice_get (&choice, self->pool->max_workers);
}

gboolean
cfut_manager_has_room_locked (CfutManager *self)
{
  CfutJob *job = cfut_queue_peek (&self->pool->queue);

  return job != NULL && cfut_manager_choose (self, cfut_job_get_size (job)) != NULL;
}

gboolean
cfut_manager_is_hungry_locked (CfutManager *self)
{
  guint n_alive = cfut_manager_count (self, CFUT_PROCESS_STARTING) +
                  cfut_manager_count (self, CFUT_PROCESS_SERVING);

  return n_alive < self->pool->max_workers || cfut_manager_choose (self, 0) != NULL;
}

/* Whether the arguments fit in a frame together with the function's name. */
static gboolean
cfut_job_fits_wrapped (CfutJob  *job,
                       GError  **error)
{
  const char *name = cfut_job_get_function (job)->name;
  g_autoptr(GVariant) arguments = cfut_job_dup_arguments (job);
  gsize size = g_variant_get_size (arguments) +
               cfut_any_function_get_extra (name, arguments, cfut_job_get_n_items (job));

  if (size <= CFUT_FRAME_MAX_BODY)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "The arguments of function \"%s\" take %" G_GSIZE_FORMAT " bytes with its name, and"
               " a worker process takes no more than %" G_GUINT64_FORMAT " at once;"
               " pass them in parts, or in a file and its name",
               name, size, CFUT_FRAME_MAX_BODY);

  return FALSE;
}

/* A worker process that has its own idea of a foreign function's types. */
static gboolean
cfut_process_accepts (CfutProcess  *self,
                      CfutJob      *job,
                      GError      **error)
{
  const CfutFunction *ours = cfut_job_get_function (job);
  const CfutRemoteFunction *function;
  const GVariantType *type;

  /* What was submitted was of its types, as they are known here. */
  if (ours == self->accepted)
    return TRUE;

  function = cfut_process_find_function (self, ours->name);
  if (function == NULL)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                   "The worker has no function \"%s\"; it must be registered there too, before cfut_init()",
                   ours->name);
      return FALSE;
    }

  if (cfut_remote_function_wraps (function, ours->name))
    return cfut_job_fits_wrapped (job, error);

  type = cfut_job_has_small (job) ? ours->parameter_type : g_variant_get_type (job->arguments);
  if (cfut_job_get_n_items (job) > 0)
    type = g_variant_type_element (type);
  if (!g_variant_type_equal (type, function->parameter_type))
    {
      g_autofree char *given = g_variant_type_dup_string (type);
      g_autofree char *expected = g_variant_type_dup_string (function->parameter_type);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Function \"%s\" takes arguments of type \"%s\", not \"%s\"",
                   ours->name, expected, given);
      return FALSE;
    }

  if (ours->result_type != NULL &&
      !g_variant_type_equal (ours->result_type, function->result_type))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                   "The worker's function \"%s\" has another result type", ours->name);
      return FALSE;
    }

  if (ours->parameter_type != NULL && ours->result_type != NULL)
    self->accepted = ours;

  return TRUE;
}

/* Puts @job in the worker's window. FALSE if that has no slot. */
static gboolean
cfut_manager_give_locked (CfutManager *self,
                          CfutProcess *process,
                          CfutJob     *job,
                          gint64       now)
{
  CfutEntry *entry;
  guint64 call = self->next_call + 1;
  guint32 slot = 0;

  if (!process->no_claims &&
      !cfut_claims_offer (process->claims, cfut_claims_get_generation (call, cfut_job_get_attempt (job)), &slot))
    return FALSE;

  self->next_call = call;
  entry = cfut_process_add_entry (process, job, call, slot, now);
  job->flight->carrier_data = entry;
  process->n_assigned += MAX (cfut_job_get_n_items (job), 1);

  if (process->n_live == 1)
    {
      process->active_at = now;
      cfut_pool_start_locked (self->pool, job, now);
      entry->due = cfut_job_get_due (job);
      entry->timeout = -1;
    }

  return TRUE;
}

/* A job that no worker of this kind can run. */
typedef struct
{
  CfutJob *job; /* (owned) */
  GError *error;
} Misfit;

/* Takes @misfits. */
static void
cfut_manager_reject (CfutManager *self,
                     GArray      *misfits)
{
  for (guint i = 0; i < misfits->len; i++)
    {
      Misfit *misfit = &g_array_index (misfits, Misfit, i);
      CfutOutcome outcome = CFUT_OUTCOME_INIT;

      cfut_outcome_take_error (&outcome, misfit->error);
      cfut_pool_finish (self->pool, misfit->job, &outcome, -1);
    }
  g_array_unref (misfits);
}

/* Moves jobs from the queue to windows until either is at its end. The entries
 * that are new are at the end of each window. */
static void
cfut_manager_fill_windows_locked (CfutManager  *self,
                                  GArray      **misfits,
                                  gint64        now)
{
  CfutJob *job;
  CfutProcess *process;

  while ((job = cfut_queue_peek (&self->pool->queue)) != NULL &&
         (process = cfut_manager_choose (self, cfut_job_get_size (job))) != NULL)
    {
      Misfit misfit = { job, NULL };

      cfut_pool_take_locked (self->pool);
      if (!cfut_process_accepts (process, job, &misfit.error))
        {
          if (*misfits == NULL)
            *misfits = g_array_new (FALSE, FALSE, sizeof (Misfit));
          g_array_append_val (*misfits, misfit);
          continue;
        }

      if (!cfut_manager_give_locked (self, process, job, now))
        {
          /* All slots await the worker's seeing that they were revoked. */
          cfut_pool_put_back_locked (self->pool, job, FALSE);
          process->slots_retry_at = now + CFUT_PROCESS_RETRY_US;
        }
    }
}

/* Sends what has not been sent yet, and lets those go that have had enough. */
static void
cfut_manager_send_windows (CfutManager      *self,
                           const CfutLimits *limits,
                           gint64            now)
{
  for (guint i = 0; i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      for (CfutEntry *entry = process->unsent; entry != NULL; entry = entry->next)
        {
          cfut_job_log_taken (entry->job);
          cfut_process_send_call (process, entry);
        }
      process->unsent = NULL;

      if (cfut_limits_is_used_up (limits, process->phase, process->n_assigned))
        {
          self->n_replacements++;
          cfut_manager_let_go (self, process, now);
        }
      cfut_process_flush (process);
      cfut_manager_show (self, process);
    }
}

void
cfut_manager_assign (CfutManager *self,
                     gint64       now)
{
  GArray *misfits = NULL;
  gboolean listeners;
  CfutLimits limits;

  g_mutex_lock (&self->pool->lock);
  limits = self->config.limits;
  for (guint i = 0; limits.max_calls > 0 && i < self->processes->len; i++)
    {
      CfutProcess *process = g_ptr_array_index (self->processes, i);

      process->window.depth = cfut_limits_get_depth (&limits, process->window.depth, process->n_assigned);
    }
  cfut_manager_fill_windows_locked (self, &misfits, now);
  listeners = cfut_pool_has_listeners_locked (self->pool);
  g_mutex_unlock (&self->pool->lock);

  cfut_manager_send_windows (self, &limits, now);
  if (misfits != NULL)
    cfut_manager_reject (self, misfits);
  if (listeners)
    cfut_pool_tell (self->pool);
}

/* @last: how far, from the end. */
static void
cfut_manager_take_back (CfutManager *self,
                        CfutProcess *process,
                        CfutEntry   *last)
{
  CfutEntry *taken_back = NULL, *prev;
  guint n_taken_back = 0;

  g_mutex_lock (&self->pool->lock);
  for (CfutEntry *entry = process->tail; entry != last; entry = prev)
    {
      prev = entry->prev;
      if (entry->revoked ||
          !cfut_claims_revoke (process->claims, entry->slot, entry->generation))
        continue;

      cfut_pool_put_back_locked (self->pool, entry->job, FALSE);
      cfut_job_ref (entry->job); /* the queue has the entry's */
      cfut_process_return_entry (process, entry);
      entry->next = taken_back;
      taken_back = entry;
      n_taken_back++;
    }
  cfut_window_stalled (&process->window);
  g_mutex_unlock (&self->pool->lock);

  cfut_entry_free_all (taken_back);
  CFUT_DEBUG (QUEUE, "%u calls that worker %d has not started are queued again",
              n_taken_back, process->pid);
}

void
cfut_manager_unstall (CfutManager *self,
                      CfutProcess *process)
{
  cfut_manager_take_back (self, process, process->head);
}

void
cfut_manager_empty (CfutManager *self,
                    CfutProcess *process)
{
  cfut_manager_take_back (self, process, NULL);
}
