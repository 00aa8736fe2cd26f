/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-inbox-private.h"

#include "future/cfut-wait-private.h"

struct _CfutMapInbox
{
  gatomicrefcount ref_count;

  GMutex lock;
  GCond posted_cond;

  /* All below: protected by @lock. */
  GQueue links;
  gboolean closed;
  gboolean woken; /* since somebody last looked */
  CfutAsyncWait *armed; /* (owned) (nullable) */
};

CfutMapInbox *
cfut_map_inbox_new (void)
{
  CfutMapInbox *self = g_new0 (CfutMapInbox, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->posted_cond);

  return self;
}

CfutMapInbox *
cfut_map_inbox_ref (CfutMapInbox *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
cfut_map_inbox_unref (CfutMapInbox *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->links.length == 0);
  g_assert (self->armed == NULL);

  g_cond_clear (&self->posted_cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Adds @link if it is not NULL, else says that the inbox was woken. */
static gboolean
cfut_map_inbox_tell (CfutMapInbox *self,
                     GList        *link)
{
  CfutAsyncWait *armed;

  g_mutex_lock (&self->lock);
  if (link != NULL && self->closed)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  if (link != NULL)
    g_queue_push_tail_link (&self->links, link);
  else
    self->woken = TRUE;
  armed = g_steal_pointer (&self->armed);
  g_cond_signal (&self->posted_cond);
  g_mutex_unlock (&self->lock);

  if (armed != NULL)
    {
      cfut_async_wait_end (armed, CFUT_ASYNC_END_COME);
      cfut_async_wait_unref (armed);
    }

  return TRUE;
}

gboolean
cfut_map_inbox_post (CfutMapInbox *self,
                     GList        *link)
{
  g_assert (link != NULL);

  return cfut_map_inbox_tell (self, link);
}

void
cfut_map_inbox_wake (CfutMapInbox *self)
{
  cfut_map_inbox_tell (self, NULL);
}

void
cfut_map_inbox_close (CfutMapInbox *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
}

GList *
cfut_map_inbox_take (CfutMapInbox *self)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (&self->links);
  g_mutex_unlock (&self->lock);

  return link;
}

/* Whoever has looked is not woken again for what was before. */
static gboolean
cfut_map_inbox_look_locked (CfutMapInbox *self)
{
  gboolean woken = self->woken;

  self->woken = FALSE;

  return woken || self->links.length > 0;
}

gboolean
cfut_map_inbox_has_news (CfutMapInbox *self)
{
  gboolean has_news;

  g_mutex_lock (&self->lock);
  has_news = self->woken || self->links.length > 0;
  g_mutex_unlock (&self->lock);

  return has_news;
}

void
cfut_map_inbox_wait (CfutMapInbox *self,
                     gint64        deadline)
{
  g_mutex_lock (&self->lock);
  while (!cfut_map_inbox_look_locked (self))
    if (!cfut_cond_wait_until (&self->posted_cond, &self->lock, deadline))
      break;
  g_mutex_unlock (&self->lock);
}

void
cfut_map_inbox_arm (CfutMapInbox  *self,
                    CfutAsyncWait *wait)
{
  gboolean has_news;

  g_mutex_lock (&self->lock);
  g_assert (self->armed == NULL);
  has_news = cfut_map_inbox_look_locked (self);
  if (!has_news)
    {
      cfut_async_wait_ref (wait);
      self->armed = wait;
    }
  g_mutex_unlock (&self->lock);

  if (has_news)
    cfut_async_wait_end (wait, CFUT_ASYNC_END_COME);
  else if (cfut_async_wait_has_ended (wait))
    cfut_map_inbox_disarm (self, wait);
}

void
cfut_map_inbox_disarm (CfutMapInbox  *self,
                       CfutAsyncWait *wait)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = self->armed == wait;
  if (found)
    self->armed = NULL;
  g_mutex_unlock (&self->lock);

  if (found)
    cfut_async_wait_unref (wait);
}
