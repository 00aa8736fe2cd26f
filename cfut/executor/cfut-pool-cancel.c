/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-pool-private.h"

/*
 * Cancelling. There is one signal connection for each cancellable that a pool's
 * calls use, however many calls share it.
 *
 * A group is in the pool's table while it has jobs. Its handler is connected
 * and disconnected without the pool's lock, so a group may be emptied before
 * its handler's id is known; it is then disconnected by whoever learns the id.
 */
typedef struct
{
  gatomicrefcount ref_count; /* links, and the handler's closure */
  CfutPool *pool;            /* (owned) */
  GCancellable *cancellable; /* (owned) */

  /* All below: protected by the pool's lock. */
  gulong handler;
  gboolean left;         /* not in the table any more */
  CfutCancelLink *links; /* (unowned) doubly linked */
} CfutCancelGroup;

/* One job on one cancellable. */
struct _CfutCancelLink
{
  CfutCancelGroup *group; /* (owned) */
  CfutJob *job;           /* (unowned) */
  CfutCancelLink *prev;
  CfutCancelLink *next;
  CfutCancelLink *next_of_job;
  gulong orphan; /* the handler to disconnect, as the last link of its group */
};

static void
cfut_cancel_group_unref (CfutCancelGroup *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_object_unref (self->cancellable);
  cfut_pool_unref (self->pool);
  g_free (self);
}

static void
cancel_group_closure_notify (gpointer  data,
                             GClosure *closure)
{
  cfut_cancel_group_unref (data);
}

/* Runs in: the thread that cancels. Locks: takes the pool's. */
static void
cancellable_cancelled_cb (GCancellable *cancellable,
                          gpointer      user_data)
{
  CfutCancelGroup *self = user_data;
  g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) cfut_job_unref);

  g_mutex_lock (&self->pool->lock);
  for (CfutCancelLink *link = self->links; link != NULL; link = link->next)
    g_ptr_array_add (jobs, cfut_job_ref (link->job));
  g_mutex_unlock (&self->pool->lock);

  for (guint i = 0; i < jobs->len; i++)
    cfut_pool_cancel_job (self->pool, g_ptr_array_index (jobs, i));
}

/* The group of @cancellable; *is_new if its handler is to be connected. */
static CfutCancelGroup *
cfut_pool_ensure_group_locked (CfutPool     *self,
                               GCancellable *cancellable,
                               gboolean     *is_new)
{
  CfutCancelGroup *group;

  if (self->cancel_groups == NULL)
    self->cancel_groups = g_hash_table_new (NULL, NULL);

  group = g_hash_table_lookup (self->cancel_groups, cancellable);
  *is_new = group == NULL;
  if (group != NULL)
    return group;

  group = g_new0 (CfutCancelGroup, 1);
  g_atomic_ref_count_init (&group->ref_count); /* the closure's */
  group->pool = cfut_pool_ref (self);
  group->cancellable = g_object_ref (cancellable);
  g_hash_table_insert (self->cancel_groups, cancellable, group);

  return group;
}

static void
cfut_cancel_group_add_locked (CfutCancelGroup *self,
                              CfutJob         *job)
{
  CfutCancelLink *link = g_new0 (CfutCancelLink, 1);

  g_atomic_ref_count_inc (&self->ref_count);
  link->group = self;
  link->job = job;
  link->next = self->links;
  if (self->links != NULL)
    self->links->prev = link;
  self->links = link;
  link->next_of_job = job->links;
  job->links = link;
}

static void
cfut_cancel_group_connect (CfutCancelGroup *self)
{
  gulong handler, orphan = 0;

  handler = g_signal_connect_data (self->cancellable, "cancelled",
                                   G_CALLBACK (cancellable_cancelled_cb),
                                   self, cancel_group_closure_notify, 0);

  g_mutex_lock (&self->pool->lock);
  if (self->left)
    orphan = handler;
  else
    self->handler = handler;
  g_mutex_unlock (&self->pool->lock);

  if (orphan != 0)
    g_signal_handler_disconnect (self->cancellable, orphan);
}

void
cfut_pool_link_cancellable (CfutPool     *self,
                            CfutJob      *job,
                            GCancellable *cancellable)
{
  CfutCancelGroup *group;
  gboolean is_new;

  g_mutex_lock (&self->lock);
  if (job->place == CFUT_PLACE_ENDED)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  group = cfut_pool_ensure_group_locked (self, cancellable, &is_new);
  cfut_cancel_group_add_locked (group, job);
  g_atomic_ref_count_inc (&group->ref_count);
  g_mutex_unlock (&self->lock);

  if (is_new)
    cfut_cancel_group_connect (group);
  cfut_cancel_group_unref (group);

  if (g_cancellable_is_cancelled (cancellable))
    cfut_pool_cancel_job (self, job);
}

CfutCancelLink *
cfut_pool_unlink_locked (CfutPool *self,
                         CfutJob  *job)
{
  CfutCancelLink *links = g_steal_pointer (&job->links);

  for (CfutCancelLink *link = links; link != NULL; link = link->next_of_job)
    {
      CfutCancelGroup *group = link->group;

      if (link->prev != NULL)
        link->prev->next = link->next;
      else
        group->links = link->next;
      if (link->next != NULL)
        link->next->prev = link->prev;

      if (group->links == NULL)
        {
          group->left = TRUE;
          link->orphan = group->handler;
          g_hash_table_remove (self->cancel_groups, group->cancellable);
        }
    }

  return links;
}

void
cfut_pool_drop_links (CfutCancelLink *links)
{
  while (links != NULL)
    {
      CfutCancelLink *next = links->next_of_job;

      /* Not g_cancellable_disconnect(): that waits for running handlers, and
       * this may be one. */
      if (links->orphan != 0)
        g_signal_handler_disconnect (links->group->cancellable, links->orphan);
      cfut_cancel_group_unref (links->group);
      g_free (links);
      links = next;
    }
}

void
cfut_pool_stop_call (CfutPool *self,
                     CfutJob  *job)
{
  g_autoptr(CfutCall) call = NULL;

  g_mutex_lock (&self->lock);
  g_set_object (&call, g_atomic_pointer_get (&job->call));
  g_mutex_unlock (&self->lock);

  if (call != NULL)
    cfut_call_cancel (call);
}

/* TRUE if the job is still, or again, nobody's but ours to end. */
gboolean
cfut_pool_reclaim_locked (CfutPool *self,
                          CfutJob  *job)
{
  if (job->place == CFUT_PLACE_QUEUED)
    return TRUE;

  return self->carrier_class->take_back_locked != NULL &&
         self->carrier_class->take_back_locked (self, job);
}

gboolean
cfut_pool_cancel_job (CfutPool *self,
                      CfutJob  *job)
{
  CfutOutcome outcome = CFUT_OUTCOME_INIT;
  gboolean was_queued, won;

  g_mutex_lock (&self->lock);
  if (job->place == CFUT_PLACE_NEW || job->place == CFUT_PLACE_ENDED)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }

  was_queued = job->place == CFUT_PLACE_QUEUED;
  if (!cfut_pool_reclaim_locked (self, job))
    {
      gboolean too_late;

      /* First the flag, then the look: see cfut_pool_end_locked(). */
      g_atomic_int_set (&job->stop_requested, TRUE);
      too_late = cfut_state_is_claimed (&job->state);
      g_mutex_unlock (&self->lock);

      if (!too_late)
        self->carrier_class->stop (self, job);
      return !too_late;
    }

  cfut_outcome_take_error (&outcome, cfut_job_cancelled_error (job));
  won = cfut_pool_end_locked (self, job, &outcome, -1);
  g_mutex_unlock (&self->lock);

  cfut_pool_settle (self, job, won, &outcome);
  if (was_queued)
    cfut_job_unref (job);
  cfut_pool_tell (self);

  return won;
}
