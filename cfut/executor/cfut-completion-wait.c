/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-store-private.h"

#include "future/cfut-delivery-private.h"
#include "future/cfut-wait-private.h"

/* Waiting for what is in a completion queue: for anything, and for one call. */

/* As cfut_state_check_home(), for all calls that are outstanding. */
static gboolean
check_homes (CfutCompletionStore  *self,
             GError              **error)
{
  gboolean allowed = TRUE;

  if (g_main_depth () == 0)
    return TRUE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->homes->len && allowed; i++)
    allowed = cfut_check_home (g_array_index (self->homes, CfutHome, i).context, error);
  g_mutex_unlock (&self->lock);

  return allowed;
}

/* Begins to offer help anew for a thread that has not offered it, or that is to
 * be told once more that it waits in vain. */
static void
begin_help_locked (CfutCompletionStore *self)
{
  if (self->helper == g_thread_self () && self->n_hopeless < self->outstanding.length)
    return;

  self->helper = g_thread_self ();
  self->unoffered = self->outstanding.head;
  self->n_hopeless = 0;
  for (CfutCompletion *completion = self->unoffered; completion != NULL; completion = completion->next)
    completion->is_hopeless = FALSE;
}

/* The next call to be offered help, (transfer full); NULL if there is none, or
 * no need. */
static CfutCompletion *
next_to_help_locked (CfutCompletionStore *self)
{
  CfutCompletion *completion = self->unoffered;

  if (completion == NULL || self->ready.length > 0 || self->helper != g_thread_self ())
    return NULL;

  self->unoffered = completion->next;

  return cfut_completion_copy (completion);
}

/* Offers this thread to whoever is to resolve the calls, until one has. FALSE
 * with @error if all of them wait for this thread.
 * Runs in: any thread. Locks: takes the store's. */
static gboolean
help (CfutCompletionStore  *self,
      GError              **error)
{
  g_autoptr(GError) hopeless = NULL;
  CfutCompletion *completion;
  gboolean any_hope;

  g_mutex_lock (&self->lock);
  begin_help_locked (self);
  while ((completion = next_to_help_locked (self)) != NULL)
    {
      gboolean has_hope;

      g_mutex_unlock (&self->lock);
      has_hope = cfut_state_help (completion->state, hopeless == NULL ? &hopeless : NULL);
      g_mutex_lock (&self->lock);

      /* Another thread may have begun meanwhile, or the call have ended. */
      if (!has_hope && self->helper == g_thread_self () &&
          !completion->is_hopeless && !cfut_state_is_final (completion->state))
        {
          completion->is_hopeless = TRUE;
          self->n_hopeless++;
        }

      g_mutex_unlock (&self->lock);
      cfut_completion_free (completion);
      g_mutex_lock (&self->lock);
    }
  any_hope = hopeless == NULL || self->ready.length > 0 ||
             self->n_hopeless < self->outstanding.length;
  g_mutex_unlock (&self->lock);

  if (!any_hope)
    g_propagate_error (error, g_steal_pointer (&hopeless));

  return any_hope;
}

/* Runs in: any thread. Locks: takes the store's. */
static gboolean
block (CfutCompletionStore *self,
       gint64               deadline)
{
  gboolean is_ready;

  g_mutex_lock (&self->lock);
  while (self->ready.length == 0)
    if (!cfut_cond_wait_until (&self->ready_cond, &self->lock, deadline))
      break;
  is_ready = self->ready.length > 0;
  g_mutex_unlock (&self->lock);

  return is_ready;
}

gboolean
cfut_completion_store_wait (CfutCompletionStore  *self,
                            gint64                timeout_us,
                            GError              **error)
{
  gboolean is_ready = cfut_completion_store_is_ready (self);

  if (!is_ready && timeout_us != 0)
    {
      gint64 deadline = cfut_deadline_from_timeout (timeout_us);

      if (!check_homes (self, error) || !help (self, error))
        return FALSE;

      is_ready = block (self, deadline);
      cfut_delivery_sweep ();
    }

  if (!is_ready)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                 "No call of the queue had ended within %g s",
                 (double) timeout_us / G_USEC_PER_SEC);

  return is_ready;
}

/* The oldest with @tag that no thread has claimed. */
static CfutCompletion *
find_unclaimed (CfutCompletionList *list,
                guint64             tag)
{
  CfutCompletion *completion = cfut_completion_list_find (list, tag);

  while (completion != NULL && completion->is_claimed)
    completion = cfut_completion_list_find_next (list, completion);

  return completion;
}

/* Blocks until what this thread has claimed is there. Takes the claim back if it
 * is not. Runs in: any thread. Locks: takes the store's. */
static gboolean
block_for_claimed (CfutCompletionStore *self,
                   CfutCompletion      *completion,
                   gint64               deadline)
{
  gboolean has_arrived;

  g_mutex_lock (&self->lock);
  while (!completion->has_arrived && !self->closed)
    if (!cfut_cond_wait_until (&self->arrived_cond, &self->lock, deadline))
      break;
  has_arrived = completion->has_arrived;
  if (!has_arrived)
    completion->is_claimed = FALSE;
  g_mutex_unlock (&self->lock);

  return has_arrived;
}

CfutCompletion *
cfut_completion_store_claim (CfutCompletionStore  *self,
                             guint64               tag,
                             gint64                timeout_us,
                             GError              **error)
{
  gint64 deadline = cfut_deadline_from_timeout (timeout_us);
  g_autoptr(CfutCompletion) claimed = NULL;
  CfutCompletion *ready;
  gboolean may_wait;

  g_mutex_lock (&self->lock);
  ready = find_unclaimed (&self->ready, tag);
  if (ready != NULL)
    {
      cfut_completion_store_remove_ready_locked (self, ready);
      g_mutex_unlock (&self->lock);
      return ready;
    }
  claimed = find_unclaimed (&self->outstanding, tag);
  if (claimed != NULL)
    {
      cfut_completion_copy (claimed);
      claimed->is_claimed = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (claimed == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "There is no call with tag %" G_GUINT64_FORMAT " in the queue", tag);
      return NULL;
    }

  may_wait = timeout_us == 0 || (cfut_state_check_home (claimed->state, error) &&
                                 cfut_state_help (claimed->state, error));
  if (may_wait && timeout_us != 0)
    cfut_state_drive (claimed->state, deadline);
  /* The list's reference, which is the caller's now. */
  if (block_for_claimed (self, claimed, may_wait ? deadline : 0))
    {
      g_clear_error (error);
      cfut_delivery_sweep ();
      return claimed;
    }

  if (may_wait)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                 "The call with tag %" G_GUINT64_FORMAT " had not ended within %g s",
                 tag, (double) timeout_us / G_USEC_PER_SEC);

  return NULL;
}
