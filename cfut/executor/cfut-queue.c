/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-queue-private.h"

/* The jobs of one priority, a doubly linked list through the jobs. */
struct _CfutLevel
{
  int priority;
  CfutJob *head;
  CfutJob *tail;
};

static int
level_compare (gconstpointer a,
               gconstpointer b,
               gpointer      unused)
{
  int left = *(const int *) a;
  int right = *(const int *) b;

  return (left > right) - (left < right);
}

void
cfut_queue_init (CfutQueue *self)
{
  self->levels = g_tree_new_full (level_compare, NULL, NULL, g_free);
  self->front = NULL;
  self->length = 0;
  self->bytes = 0;
}

void
cfut_queue_clear (CfutQueue *self)
{
  g_assert (self->length == 0);

  g_clear_pointer (&self->levels, g_tree_unref);
}

static CfutLevel *
cfut_queue_ensure_level (CfutQueue *self,
                         int        priority)
{
  CfutLevel *level = self->front;

  if (level != NULL && level->priority == priority)
    return level;

  level = g_tree_lookup (self->levels, &priority);
  if (level == NULL)
    {
      level = g_new0 (CfutLevel, 1);
      level->priority = priority;
      g_tree_insert (self->levels, &level->priority, level);
    }

  return level;
}

/* An empty level of priority 0 is kept, since it is about to be used again. */
static void
cfut_queue_level_emptied (CfutQueue *self,
                          CfutLevel *level)
{
  gboolean was_front = level == self->front;

  if (level->priority != 0)
    g_tree_remove (self->levels, &level->priority);

  if (!was_front)
    return;

  self->front = NULL;
  for (GTreeNode *node = g_tree_node_first (self->levels);
       node != NULL && self->front == NULL;
       node = g_tree_node_next (node))
    {
      CfutLevel *next = g_tree_node_value (node);

      if (next->head != NULL)
        self->front = next;
    }
}

static CfutLevel *
cfut_queue_account (CfutQueue *self,
                    CfutJob   *job)
{
  CfutLevel *level = cfut_queue_ensure_level (self, cfut_job_get_priority (job));

  if (self->front == NULL || level->priority < self->front->priority)
    self->front = level;
  self->length++;
  self->bytes += cfut_job_get_size (job);

  return level;
}

void
cfut_queue_push (CfutQueue *self,
                 CfutJob   *job)
{
  CfutLevel *level = cfut_queue_account (self, job);

  job->next = NULL;
  job->prev = level->tail != NULL ? level->tail : CFUT_PREV_FIRST;
  if (level->tail != NULL)
    level->tail->next = job;
  else
    level->head = job;
  level->tail = job;
}

void
cfut_queue_push_head (CfutQueue *self,
                      CfutJob   *job)
{
  CfutLevel *level = cfut_queue_account (self, job);

  job->prev = CFUT_PREV_FIRST;
  job->next = level->head;
  if (level->head != NULL)
    level->head->prev = job;
  else
    level->tail = job;
  level->head = job;
}

static void
cfut_queue_unlink (CfutQueue *self,
                   CfutLevel *level,
                   CfutJob   *job)
{
  gboolean is_first = job->prev == CFUT_PREV_FIRST;

  if (is_first)
    level->head = job->next;
  else
    job->prev->next = job->next;

  if (job->next != NULL)
    job->next->prev = job->prev;
  else
    level->tail = is_first ? NULL : job->prev;

  job->next = NULL;
  job->prev = CFUT_PREV_NONE;
  self->length--;
  self->bytes -= cfut_job_get_size (job);

  if (level->head == NULL)
    cfut_queue_level_emptied (self, level);
}

CfutJob *
cfut_queue_peek (CfutQueue *self)
{
  return self->front != NULL ? self->front->head : NULL;
}

CfutJob *
cfut_queue_pop (CfutQueue *self)
{
  CfutJob *job = cfut_queue_peek (self);

  if (job != NULL)
    cfut_queue_unlink (self, self->front, job);

  return job;
}

void
cfut_queue_remove (CfutQueue *self,
                   CfutJob   *job)
{
  int priority = cfut_job_get_priority (job);

  cfut_queue_unlink (self, g_tree_lookup (self->levels, &priority), job);
}
