/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-async-wait-private.h"
#include "future/cfut-future.h"

G_BEGIN_DECLS

/*
 * Futures in the order in which they resolve: what an iterator shares with the
 * waiters that it has in the states of its futures.
 *
 * Resolving threads add to it; one consumer takes from it.
 */
typedef struct _CfutCompletedQueue CfutCompletedQueue;

CfutCompletedQueue *cfut_completed_queue_new       (CfutFuture         **futures,
                                                    gsize                n_futures);
/* Gives up all futures that have not been popped. */
void                cfut_completed_queue_close     (CfutCompletedQueue  *self);
void                cfut_completed_queue_unref     (CfutCompletedQueue  *self);

/* Those that have not been popped. */
gsize               cfut_completed_queue_get_n_left (CfutCompletedQueue *self);
/* (transfer full); NULL if none that is left has resolved. */
CfutFuture         *cfut_completed_queue_pop       (CfutCompletedQueue  *self);

/* Before the consumer blocks: the rules of cfut_future_wait(), and its help. */
gboolean            cfut_completed_queue_help      (CfutCompletedQueue  *self,
                                                    GError             **error);
/* Blocks until there is something to pop, or nothing is left; FALSE if
 * @deadline came first. */
gboolean            cfut_completed_queue_wait      (CfutCompletedQueue  *self,
                                                    gint64               deadline);

/* Has @wait, a reference to which is taken over, end when there is something to
 * pop. FALSE, and the reference stays with the caller: there is already, or
 * nothing is left. */
gboolean            cfut_completed_queue_set_wait  (CfutCompletedQueue  *self,
                                                    CfutAsyncWait       *wait);
/* Takes that back: (transfer full) (nullable). */
CfutAsyncWait      *cfut_completed_queue_take_wait (CfutCompletedQueue  *self);

G_END_DECLS
