/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/executor/cfut-executor.h>

G_BEGIN_DECLS

/*
 * What a map needs of an executor beyond its public API: chunks, which are one
 * call to the queue and many to the user.
 */

/* FALSE for an executor of a kind that cfut does not know: such a one gets a
 * submit for each item. */
gboolean    cfut_executor_takes_chunks (CfutExecutor       *self);

/* The most bytes that the array of a chunk may take. */
gsize       cfut_executor_get_max_chunk_bytes (CfutExecutor *self);

/* Submits @n_items calls as one. @items is an array of arguments, whose element
 * type is checked against the function's parameter type. The future's result is
 * (aRa(usisssay)), as for a RESULT frame with flag CHUNK. With @may_block FALSE the
 * overflow policy is ignored and a full queue is CFUT_ERROR_QUEUE_FULL. */
CfutFuture *cfut_executor_submit_chunk (CfutExecutor       *self,
                                        const char         *function,
                                        GVariant           *items,
                                        gsize               n_items,
                                        CfutSubmitOptions  *options,
                                        gboolean            may_block,
                                        GError            **error);

/* As cfut_executor_submit_full(), but never blocks: QUEUE_FULL instead. */
CfutFuture *cfut_executor_try_submit   (CfutExecutor       *self,
                                        const char         *function,
                                        GVariant           *arguments,
                                        CfutSubmitOptions  *options,
                                        GError            **error);

/* How long the call behind @future ran on its worker, in ns; -1 while unknown. */
gint64      cfut_future_get_run_time   (CfutFuture         *future);

/* Of a chunk that failed with WORKER_DIED: how many of its items had started
 * (all that had, the last one may have been the cause); else the count of all
 * its items. */
gsize       cfut_future_get_n_started  (CfutFuture         *future);

/* Of a chunk that is done: whether each of its results has another one in it,
 * which is the function's. */
gboolean    cfut_future_is_boxed       (CfutFuture         *future);

G_END_DECLS
