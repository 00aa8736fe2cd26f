/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-completed-queue-private.h"
#include "future/cfut-state-private.h"
#include "future/cfut-wait-private.h"

/* The place of one future. */
typedef struct _CfutCompletion CfutCompletedEntry;

struct _CfutCompletion
{
  CfutWaiter waiter;
  CfutCompletedQueue *queue; /* (owned) while the waiter is in a state */

  CfutFuture *future;        /* (owned) until popped; only used by the consumer */
  CfutCompletedEntry *next;      /* resolved later; protected by the queue's @lock */
};

struct _CfutCompletedQueue
{
  gsize n_futures; /* set at construction, never changed */
  int ref_count;   /* atomic */

  /* Only used by the consumer. */
  GThread *helper;  /* (unowned) the thread whose help was offered */
  gsize n_offered;  /* to so many futures, from the first */
  gsize n_hopeless; /* of which so many can never resolve */

  GMutex lock;
  GCond resolved_cond; /* signalled with @lock held */

  /* All below: protected by @lock. */
  gboolean closed;
  gsize n_left;
  CfutCompletedEntry *head; /* (unowned) resolved and not popped */
  CfutCompletedEntry *tail;
  CfutAsyncWait *wait;  /* (owned) (nullable) */

  CfutCompletedEntry completions[];
};

/* Gives up @n references at once. */
static void
cfut_completed_queue_drop (CfutCompletedQueue *self,
                           int                 n)
{
  if (g_atomic_int_add (&self->ref_count, -n) != n)
    return;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->resolved_cond);
  g_free (self);
}

void
cfut_completed_queue_unref (CfutCompletedQueue *self)
{
  cfut_completed_queue_drop (self, 1);
}

/* Locks: caller holds that of @self. */
static void
append_locked (CfutCompletedQueue *self,
               CfutCompletedEntry *completion)
{
  if (self->head == NULL)
    self->head = completion;
  else
    self->tail->next = completion;
  self->tail = completion;
}

/* Runs in: resolving thread. Locks: takes that of the queue. */
static void
cfut_completed_entry_notify (CfutWaiter *waiter,
                             CfutState  *state)
{
  CfutCompletedEntry *completion = (CfutCompletedEntry *) waiter;
  CfutCompletedQueue *self = completion->queue;
  CfutAsyncWait *wait = NULL;

  g_mutex_lock (&self->lock);
  if (!self->closed)
    {
      append_locked (self, completion);
      wait = g_steal_pointer (&self->wait);
      g_cond_signal (&self->resolved_cond);
    }
  g_mutex_unlock (&self->lock);

  if (wait != NULL)
    {
      cfut_async_wait_end (wait, CFUT_ASYNC_END_COME);
      cfut_async_wait_unref (wait);
    }

  cfut_completed_queue_unref (self);
}

CfutCompletedQueue *
cfut_completed_queue_new (CfutFuture **futures,
                          gsize        n_futures)
{
  CfutCompletedQueue *self;

  self = g_malloc0 (sizeof (CfutCompletedQueue) + n_futures * sizeof (CfutCompletedEntry));
  self->n_futures = n_futures;
  self->ref_count = 1;
  g_mutex_init (&self->lock);
  g_cond_init (&self->resolved_cond);
  self->n_left = n_futures;

  /* Those that have resolved already come first, in their order. */
  for (gsize i = 0; i < n_futures; i++)
    {
      self->completions[i].future = g_object_ref (futures[i]);
      self->completions[i].queue = self;
      if (cfut_future_is_done (futures[i]))
        append_locked (self, &self->completions[i]);
      else
        self->completions[i].waiter.notify = cfut_completed_entry_notify;
    }

  for (gsize i = 0; i < n_futures; i++)
    {
      CfutWaiter *waiter = &self->completions[i].waiter;
      CfutState *state = cfut_future_get_cfut_state (futures[i]);

      if (waiter->notify == NULL)
        continue;

      g_atomic_int_inc (&self->ref_count);
      if (!cfut_state_add_waiter (state, waiter))
        cfut_completed_entry_notify (waiter, state);
    }

  return self;
}

void
cfut_completed_queue_close (CfutCompletedQueue *self)
{
  CfutAsyncWait *wait;
  int n_removed = 0;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  self->n_left = 0;
  self->head = NULL;
  wait = g_steal_pointer (&self->wait);
  g_mutex_unlock (&self->lock);

  if (wait != NULL)
    {
      cfut_async_wait_end (wait, CFUT_ASYNC_END_COME);
      cfut_async_wait_unref (wait);
    }

  for (gsize i = 0; i < self->n_futures; i++)
    {
      CfutCompletedEntry *completion = &self->completions[i];
      g_autoptr(CfutFuture) future = g_steal_pointer (&completion->future);

      if (future != NULL &&
          cfut_state_remove_waiter (cfut_future_get_cfut_state (future), &completion->waiter))
        n_removed++;
    }

  cfut_completed_queue_drop (self, n_removed);
}

gsize
cfut_completed_queue_get_n_left (CfutCompletedQueue *self)
{
  gsize n_left;

  g_mutex_lock (&self->lock);
  n_left = self->n_left;
  g_mutex_unlock (&self->lock);

  return n_left;
}

CfutFuture *
cfut_completed_queue_pop (CfutCompletedQueue *self)
{
  CfutCompletedEntry *completion;

  g_mutex_lock (&self->lock);
  completion = self->head;
  if (completion != NULL)
    {
      self->head = completion->next;
      self->n_left--;
    }
  g_mutex_unlock (&self->lock);

  return completion != NULL ? g_steal_pointer (&completion->future) : NULL;
}

/* Locks: caller holds that of @self. */
static gboolean
has_news_locked (CfutCompletedQueue *self)
{
  return self->head != NULL || self->n_left == 0;
}

static gboolean
has_news (CfutCompletedQueue *self)
{
  gboolean news;

  g_mutex_lock (&self->lock);
  news = has_news_locked (self);
  g_mutex_unlock (&self->lock);

  return news;
}

/* Runs in: consumer's thread. Locks: none. */
static gboolean
check_homes (CfutCompletedQueue  *self,
             GError             **error)
{
  if (g_main_depth () == 0)
    return TRUE;

  for (gsize i = 0; i < self->n_futures; i++)
    {
      CfutFuture *future = self->completions[i].future;

      if (future != NULL &&
          !cfut_state_check_home (cfut_future_get_cfut_state (future), error))
        return FALSE;
    }

  return TRUE;
}

/* Each future is offered help once, and not every time the consumer is about to
 * block: what this thread can help with, it can help with at once.
 * Runs in: consumer's thread. Locks: takes that of @self. */
gboolean
cfut_completed_queue_help (CfutCompletedQueue  *self,
                           GError             **error)
{
  g_autoptr(GError) hopeless = NULL;
  gsize n_left = cfut_completed_queue_get_n_left (self);

  if (!check_homes (self, error))
    return FALSE;

  if (self->helper != g_thread_self () || self->n_hopeless >= n_left)
    {
      self->helper = g_thread_self ();
      self->n_offered = 0;
      self->n_hopeless = 0;
    }

  while (self->n_offered < self->n_futures && !has_news (self))
    {
      CfutFuture *future = self->completions[self->n_offered++].future;

      if (future != NULL &&
          !cfut_state_help (cfut_future_get_cfut_state (future),
                            hopeless == NULL ? &hopeless : NULL))
        self->n_hopeless++;
    }

  if (self->n_hopeless < n_left || has_news (self))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&hopeless));

  return FALSE;
}

gboolean
cfut_completed_queue_wait (CfutCompletedQueue *self,
                           gint64              deadline)
{
  gboolean news;

  g_mutex_lock (&self->lock);
  while (!has_news_locked (self))
    if (!cfut_cond_wait_until (&self->resolved_cond, &self->lock, deadline))
      break;
  news = has_news_locked (self);
  g_mutex_unlock (&self->lock);

  return news;
}

gboolean
cfut_completed_queue_set_wait (CfutCompletedQueue *self,
                               CfutAsyncWait      *wait)
{
  gboolean set;

  g_mutex_lock (&self->lock);
  g_assert (self->wait == NULL);
  set = !has_news_locked (self);
  if (set)
    self->wait = wait;
  g_mutex_unlock (&self->lock);

  return set;
}

CfutAsyncWait *
cfut_completed_queue_take_wait (CfutCompletedQueue *self)
{
  CfutAsyncWait *wait;

  g_mutex_lock (&self->lock);
  wait = g_steal_pointer (&self->wait);
  g_mutex_unlock (&self->lock);

  return wait;
}
