/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-list-private.h"

/*
 * The index has the oldest completion of each tag. The others with that tag are
 * linked behind it, so that a program that gives all its calls the same tag is no
 * worse off: next_same leads from each to the next, and prev_same to the one
 * before, or from the oldest to the newest.
 */

/* A list of so many is looked through rather than indexed. */
#define FEW 16

static void
cfut_completion_list_index (CfutCompletionList *self,
                            CfutCompletion     *completion)
{
  CfutCompletion *oldest = g_hash_table_lookup (self->by_tag, &completion->tag);

  completion->next_same = NULL;
  if (oldest == NULL)
    {
      completion->prev_same = completion;
      g_hash_table_insert (self->by_tag, &completion->tag, completion);
      return;
    }

  completion->prev_same = oldest->prev_same;
  oldest->prev_same->next_same = completion;
  oldest->prev_same = completion;
}

static void
cfut_completion_list_unindex (CfutCompletionList *self,
                              CfutCompletion     *completion)
{
  CfutCompletion *oldest = g_hash_table_lookup (self->by_tag, &completion->tag);
  CfutCompletion *next = completion->next_same;

  if (completion != oldest)
    {
      completion->prev_same->next_same = next;
      if (next != NULL)
        next->prev_same = completion->prev_same;
      else
        oldest->prev_same = completion->prev_same;
    }
  else if (next != NULL)
    {
      next->prev_same = completion->prev_same;
      /* With the key, which is in the completion. */
      g_hash_table_replace (self->by_tag, &next->tag, next);
    }
  else
    {
      g_hash_table_remove (self->by_tag, &completion->tag);
    }
}

static void
cfut_completion_list_ensure_index (CfutCompletionList *self)
{
  if (self->by_tag != NULL)
    return;

  self->by_tag = g_hash_table_new (g_int64_hash, g_int64_equal);
  for (CfutCompletion *completion = self->head; completion != NULL; completion = completion->next)
    cfut_completion_list_index (self, completion);
}

void
cfut_completion_list_append (CfutCompletionList *self,
                             CfutCompletion     *completion)
{
  completion->next = NULL;
  completion->prev = self->tail;
  if (self->tail != NULL)
    self->tail->next = completion;
  else
    self->head = completion;
  self->tail = completion;
  self->length++;

  if (self->by_tag != NULL)
    cfut_completion_list_index (self, completion);
}

void
cfut_completion_list_remove (CfutCompletionList *self,
                             CfutCompletion     *completion)
{
  if (self->length == 1)
    g_clear_pointer (&self->by_tag, g_hash_table_unref);
  else if (self->by_tag != NULL)
    cfut_completion_list_unindex (self, completion);

  if (completion->prev != NULL)
    completion->prev->next = completion->next;
  else
    self->head = completion->next;
  if (completion->next != NULL)
    completion->next->prev = completion->prev;
  else
    self->tail = completion->prev;
  completion->prev = completion->next = NULL;
  self->length--;
}

CfutCompletion *
cfut_completion_list_take_first (CfutCompletionList *self,
                                 guint               n)
{
  CfutCompletion *first = self->head;
  CfutCompletion *last = NULL;
  CfutCompletion *next = first;

  if (n >= self->length)
    return cfut_completion_list_take_all (self);

  for (guint i = 0; i < n; i++)
    {
      last = next;
      next = next->next;
      if (self->by_tag != NULL)
        cfut_completion_list_unindex (self, last);
    }

  g_assert (last != NULL && next != NULL);
  last->next = NULL;
  next->prev = NULL;
  self->head = next;
  self->length -= n;

  return first;
}

CfutCompletion *
cfut_completion_list_take_all (CfutCompletionList *self)
{
  CfutCompletion *first = self->head;

  g_clear_pointer (&self->by_tag, g_hash_table_unref);
  *self = (CfutCompletionList) { 0 };

  return first;
}

CfutCompletion *
cfut_completion_list_find (CfutCompletionList *self,
                           guint64             tag)
{
  CfutCompletion *completion = self->head;

  if (completion == NULL || cfut_completion_get_tag (completion) == tag)
    return completion;

  if (self->length > FEW)
    {
      cfut_completion_list_ensure_index (self);
      return g_hash_table_lookup (self->by_tag, &tag);
    }

  while (completion != NULL && cfut_completion_get_tag (completion) != tag)
    completion = completion->next;

  return completion;
}

CfutCompletion *
cfut_completion_list_find_next (CfutCompletionList *self,
                                CfutCompletion     *completion)
{
  guint64 tag = completion->tag;

  if (self->length > FEW)
    {
      cfut_completion_list_ensure_index (self);
      return completion->next_same;
    }

  do
    completion = completion->next;
  while (completion != NULL && cfut_completion_get_tag (completion) != tag);

  return completion;
}

CfutCompletion *
cfut_completion_list_find_any (CfutCompletionList *self,
                               guint64             tag)
{
  if (self->tail != NULL && cfut_completion_get_tag (self->tail) == tag)
    return self->tail;

  return cfut_completion_list_find (self, tag);
}
