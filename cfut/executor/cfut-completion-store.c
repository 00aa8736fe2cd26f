/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-store-private.h"

#include "executor/cfut-completion-record-private.h"

#include <sys/eventfd.h>
#include <unistd.h>

CfutCompletionStore *
cfut_completion_store_new (void)
{
  CfutCompletionStore *self = g_new0 (CfutCompletionStore, 1);

  self->ref_count = 1;
  g_mutex_init (&self->lock);
  g_cond_init (&self->ready_cond);
  g_cond_init (&self->arrived_cond);
  self->homes = g_array_new (FALSE, FALSE, sizeof (CfutHome));
  self->fd = -1;

  return self;
}

/* Gives up @n references at once. */
static void
cfut_completion_store_drop (CfutCompletionStore *self,
                            int                  n)
{
  if (g_atomic_int_add (&self->ref_count, -n) != n)
    return;

  g_assert (self->outstanding.length == 0 && self->ready.length == 0 && self->fd < 0);

  g_array_unref (self->homes);
  g_cond_clear (&self->arrived_cond);
  g_cond_clear (&self->ready_cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
cfut_completion_store_unref (CfutCompletionStore *self)
{
  cfut_completion_store_drop (self, 1);
}

/* The counter of an eventfd that does not block, from 0 to 1 and back: neither
 * can fail as long as the descriptor is open. */
static void
set_fd_locked (CfutCompletionStore *self)
{
  const guint64 one = 1;
  G_GNUC_UNUSED gssize n_bytes = -1;

  if (self->fd >= 0)
    n_bytes = write (self->fd, &one, sizeof one);
}

static void
clear_fd_locked (CfutCompletionStore *self)
{
  guint64 count;
  G_GNUC_UNUSED gssize n_bytes = -1;

  if (self->fd >= 0)
    n_bytes = read (self->fd, &count, sizeof count);
}

/* There is one, but for queues that threads with contexts of their own push to. */
static guint
find_home_locked (CfutCompletionStore *self,
                  GMainContext        *context)
{
  guint i = 0;

  while (i < self->homes->len && g_array_index (self->homes, CfutHome, i).context != context)
    i++;

  return i;
}

static void
add_home_locked (CfutCompletionStore *self,
                 CfutCompletion      *completion)
{
  CfutHome home = { cfut_state_get_home (completion->state), 1 };
  guint i = find_home_locked (self, home.context);

  if (i < self->homes->len)
    g_array_index (self->homes, CfutHome, i).n_calls++;
  else
    g_array_append_val (self->homes, home);
}

static void
remove_home_locked (CfutCompletionStore *self,
                    CfutCompletion      *completion)
{
  guint i = find_home_locked (self, cfut_state_get_home (completion->state));

  g_assert (i < self->homes->len);

  if (--g_array_index (self->homes, CfutHome, i).n_calls == 0)
    g_array_remove_index_fast (self->homes, i);
}

static void
remove_outstanding_locked (CfutCompletionStore *self,
                           CfutCompletion      *completion)
{
  if (self->unoffered == completion)
    self->unoffered = completion->next;
  if (completion->is_hopeless)
    self->n_hopeless--;
  remove_home_locked (self, completion);
  cfut_completion_list_remove (&self->outstanding, completion);
}

/* Drops what a waiter held that is in no state any more. */
static void
drop_waiter (CfutCompletionStore *self,
             CfutCompletion      *completion)
{
  cfut_completion_free (completion);
  cfut_completion_store_unref (self);
}

static void
add_ready_locked (CfutCompletionStore *self,
                  CfutCompletion      *completion)
{
  cfut_completion_list_append (&self->ready, completion);
  if (self->ready.length == 1)
    {
      set_fd_locked (self);
      g_cond_broadcast (&self->ready_cond);
    }
}

void
cfut_completion_store_remove_ready_locked (CfutCompletionStore *self,
                                           CfutCompletion      *completion)
{
  cfut_completion_list_remove (&self->ready, completion);
  if (self->ready.length == 0)
    clear_fd_locked (self);
}

void
cfut_completion_store_set_lends (CfutCompletionStore *self,
                                 gboolean             lends)
{
  g_mutex_lock (&self->lock);
  self->lends = lends;
  g_mutex_unlock (&self->lock);
}

void
cfut_completion_store_set_tells (CfutCompletionStore *self,
                                 gboolean             tells)
{
  g_mutex_lock (&self->lock);
  self->tells = tells;
  g_mutex_unlock (&self->lock);
}

/* Runs in: resolving thread. Locks: takes the store's. */
static void
cfut_completion_notify (CfutWaiter *waiter,
                        CfutState  *state)
{
  CfutCompletion *completion = (CfutCompletion *) waiter;
  CfutCompletionStore *self = completion->store;

  g_mutex_lock (&self->lock);
  if (!self->closed)
    {
      remove_outstanding_locked (self, completion);
      if (completion->is_claimed)
        {
          completion->has_arrived = TRUE;
          g_cond_broadcast (&self->arrived_cond);
        }
      else
        {
          add_ready_locked (self, completion);
        }
    }
  g_mutex_unlock (&self->lock);

  drop_waiter (self, completion);
}

void
cfut_completion_store_watch (CfutCompletionStore *self,
                             CfutState           *state,
                             guint64              tag)
{
  CfutCompletion *completion = cfut_completion_new (state, tag);
  gboolean closed;

  completion->waiter.notify = cfut_completion_notify;
  completion->store = self;
  cfut_completion_copy (completion);
  g_atomic_int_inc (&self->ref_count);

  g_mutex_lock (&self->lock);
  closed = self->closed;
  completion->lends = self->lends;
  completion->tells = self->tells;
  if (!closed)
    {
      cfut_completion_list_append (&self->outstanding, completion);
      add_home_locked (self, completion);
      if (self->unoffered == NULL)
        self->unoffered = completion;
    }
  g_mutex_unlock (&self->lock);

  if (closed)
    {
      cfut_completion_free (completion);
      drop_waiter (self, completion);
    }
  else if (!cfut_state_add_waiter (state, &completion->waiter))
    {
      cfut_completion_notify (&completion->waiter, state);
    }
}

void
cfut_completion_store_close (CfutCompletionStore *self)
{
  CfutCompletion *outstanding, *ready;
  int n_removed = 0; /* waiters, which are not told any more */
  int fd;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  self->unoffered = NULL;
  self->n_hopeless = 0;
  g_array_set_size (self->homes, 0);
  outstanding = cfut_completion_list_take_all (&self->outstanding);
  ready = cfut_completion_list_take_all (&self->ready);
  fd = self->fd;
  self->fd = -1;
  g_cond_broadcast (&self->arrived_cond);
  g_mutex_unlock (&self->lock);

  if (fd >= 0)
    close (fd);

  while (outstanding != NULL)
    {
      CfutCompletion *completion = outstanding;

      outstanding = completion->next;
      if (cfut_state_remove_waiter (completion->state, &completion->waiter))
        {
          cfut_completion_free (completion);
          n_removed++;
        }
      cfut_completion_free (completion);
    }

  while (ready != NULL)
    {
      CfutCompletion *completion = ready;

      ready = completion->next;
      cfut_completion_free (completion);
    }

  cfut_completion_store_drop (self, n_removed);
}

/* Cuts off the first @n of those that are ready. */
static CfutCompletion *
take_ready_locked (CfutCompletionStore *self,
                   guint                n)
{
  CfutCompletion *first = cfut_completion_list_take_first (&self->ready, n);

  if (self->ready.length == 0)
    clear_fd_locked (self);

  return first;
}

CfutCompletion **
cfut_completion_store_drain (CfutCompletionStore *self,
                             guint                max,
                             gsize               *n_completions)
{
  CfutCompletion **completions;
  CfutCompletion *completion = NULL;
  guint n;

  g_mutex_lock (&self->lock);
  n = self->ready.length;
  if (max > 0)
    n = MIN (n, max);
  if (n > 0)
    completion = take_ready_locked (self, n);
  g_mutex_unlock (&self->lock);

  completions = g_new (CfutCompletion *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      completions[i] = completion;
      completion = completion->next;
    }
  completions[n] = NULL;
  *n_completions = n;

  return completions;
}

CfutCompletion *
cfut_completion_store_take (CfutCompletionStore *self,
                            guint                max,
                            gsize                max_size,
                            gsize               *size)
{
  CfutCompletion *first = NULL;
  guint n = 0;

  *size = 0;
  if (max == 0)
    max = G_MAXUINT;

  /* Those taken must be the first, hence measured under the lock. */
  g_mutex_lock (&self->lock);
  for (CfutCompletion *completion = self->ready.head;
       completion != NULL && n < max && *size < max_size;
       completion = completion->next)
    {
      completion->record_size = cfut_completion_get_record_size (completion);
      *size += completion->record_size;
      n++;
    }
  if (n > 0)
    first = take_ready_locked (self, n);
  g_mutex_unlock (&self->lock);

  return first;
}

guint
cfut_completion_store_cancel (CfutCompletionStore *self,
                              guint64              tag)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) cfut_completion_free);
  guint n_cancelled = 0;

  g_mutex_lock (&self->lock);
  for (CfutCompletion *completion = cfut_completion_list_find (&self->outstanding, tag);
       completion != NULL;
       completion = cfut_completion_list_find_next (&self->outstanding, completion))
    g_ptr_array_add (found, cfut_completion_copy (completion));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < found->len; i++)
    {
      CfutCompletion *completion = g_ptr_array_index (found, i);

      /* Whoever cancels need not look at the outcome. */
      cfut_state_set_observed (completion->state);
      if (cfut_state_cancel (completion->state))
        n_cancelled++;
    }

  return n_cancelled;
}

gboolean
cfut_completion_store_withdraw (CfutCompletionStore *self,
                                guint64              tag)
{
  g_autoptr(CfutCompletion) found = NULL;

  g_mutex_lock (&self->lock);
  found = cfut_completion_list_find (&self->outstanding, tag);
  if (found != NULL)
    cfut_completion_copy (found);
  g_mutex_unlock (&self->lock);

  if (found == NULL || !cfut_state_withdraw (found->state))
    return FALSE;

  cfut_state_set_observed (found->state);

  return TRUE;
}

CfutFuture *
cfut_completion_store_dup_future (CfutCompletionStore *self,
                                  guint64              tag)
{
  g_autoptr(CfutCompletion) found = NULL;

  g_mutex_lock (&self->lock);
  found = cfut_completion_list_find_any (&self->outstanding, tag);
  if (found == NULL)
    found = cfut_completion_list_find_any (&self->ready, tag);
  if (found != NULL)
    cfut_completion_copy (found);
  g_mutex_unlock (&self->lock);

  return found != NULL ? cfut_future_dup_for_state (found->state) : NULL;
}

gboolean
cfut_completion_store_is_ready (CfutCompletionStore *self)
{
  gboolean is_ready;

  g_mutex_lock (&self->lock);
  is_ready = self->ready.length > 0;
  g_mutex_unlock (&self->lock);

  return is_ready;
}

guint
cfut_completion_store_get_n_pending (CfutCompletionStore *self)
{
  guint n_pending;

  g_mutex_lock (&self->lock);
  n_pending = self->outstanding.length + self->ready.length;
  g_mutex_unlock (&self->lock);

  return n_pending;
}

int
cfut_completion_store_get_fd (CfutCompletionStore *self)
{
  int fd;

  g_mutex_lock (&self->lock);
  if (self->fd < 0 && !self->closed)
    {
      self->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (self->ready.length > 0)
        set_fd_locked (self);
    }
  fd = self->fd;
  g_mutex_unlock (&self->lock);

  return fd;
}
