/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion-private.h"

G_BEGIN_DECLS

/*
 * CfutCompletionList: completions in an order, that are found by their tags.
 *
 * Most programs never ask for a tag, or ask for those that came first or last. So
 * an index is made only when somebody has looked for another one in a list that
 * is long, and dropped when the list is empty. With it nothing takes longer for
 * there being many.
 *
 * Protected by the lock of the store that has it. All zeros is an empty list.
 */
typedef struct
{
  CfutCompletion *head;
  CfutCompletion *tail;
  guint length;

  GHashTable *by_tag; /* (element-type guint64 CfutCompletion) (owned) (nullable) the oldest of each tag */
} CfutCompletionList;

void            cfut_completion_list_append     (CfutCompletionList *self,
                                                 CfutCompletion     *completion);
void            cfut_completion_list_remove     (CfutCompletionList *self,
                                                 CfutCompletion     *completion);
/* Cuts off the first @n, at least one, which stay linked by next. */
CfutCompletion *cfut_completion_list_take_first (CfutCompletionList *self,
                                                 guint               n);
/* Cuts off all; NULL if there are none. */
CfutCompletion *cfut_completion_list_take_all   (CfutCompletionList *self);

/* The oldest with @tag, (transfer none) (nullable), */
CfutCompletion *cfut_completion_list_find       (CfutCompletionList *self,
                                                 guint64             tag);
/* and the next one with the same tag. */
CfutCompletion *cfut_completion_list_find_next  (CfutCompletionList *self,
                                                 CfutCompletion     *completion);
/* One with @tag, (transfer none) (nullable): of more than one it is any. */
CfutCompletion *cfut_completion_list_find_any   (CfutCompletionList *self,
                                                 guint64             tag);

G_END_DECLS
