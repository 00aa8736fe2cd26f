/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/executor/cfut-completion.h>
#include <cfut/executor/cfut-executor.h>

G_BEGIN_DECLS

#define CFUT_TYPE_COMPLETION_QUEUE (cfut_completion_queue_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutCompletionQueue, cfut_completion_queue, CFUT, COMPLETION_QUEUE, GObject)

/**
 * CfutCompletionQueueSourceFunc:
 * @queue: the queue, which has something to drain
 * @user_data: the data given with the callback
 *
 * The callback of a source that [method@Cfut.CompletionQueue.create_source] made.
 *
 * Returns: %G_SOURCE_CONTINUE to be called again, %G_SOURCE_REMOVE to end the
 *   source
 *
 * Since: 1.0
 */
typedef gboolean (*CfutCompletionQueueSourceFunc) (CfutCompletionQueue *queue,
                                                   gpointer             user_data);

CFUT_AVAILABLE_IN_ALL
CfutCompletionQueue  *cfut_completion_queue_new           (void);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_push          (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           GVariant             *arguments,
                                                           CfutSubmitOptions    *options,
                                                           guint64               tag,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_push_data     (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           const guint8         *data,
                                                           gsize                 length,
                                                           CfutSubmitOptions    *options,
                                                           guint64               tag,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_enqueue       (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           GVariant             *arguments,
                                                           CfutSubmitOptions    *options,
                                                           guint64               tag,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_enqueue_data  (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           const guint8         *data,
                                                           gsize                 length,
                                                           CfutSubmitOptions    *options,
                                                           guint64               tag,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
void                  cfut_completion_queue_add_future    (CfutCompletionQueue  *self,
                                                           CfutFuture           *future,
                                                           guint64               tag);
CFUT_AVAILABLE_IN_ALL
int                   cfut_completion_queue_get_fd        (CfutCompletionQueue  *self);
CFUT_AVAILABLE_IN_ALL
GSource              *cfut_completion_queue_create_source (CfutCompletionQueue  *self);
CFUT_AVAILABLE_IN_ALL
CfutCompletion      **cfut_completion_queue_drain         (CfutCompletionQueue  *self,
                                                           guint                 max,
                                                           gsize                *n_completions);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_push_bytes    (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           GBytes               *bytes,
                                                           CfutSubmitOptions    *options,
                                                           guint64               tag,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
guint                 cfut_completion_queue_push_lines    (CfutCompletionQueue  *self,
                                                           CfutExecutor         *executor,
                                                           const char           *function,
                                                           const char           *lines,
                                                           CfutSubmitOptions    *options,
                                                           guint64               first_tag);
CFUT_AVAILABLE_IN_ALL
void                  cfut_completion_queue_set_lends_data (CfutCompletionQueue *self,
                                                           gboolean              lends_data);
CFUT_AVAILABLE_IN_ALL
void                  cfut_completion_queue_set_tells_progress (CfutCompletionQueue *self,
                                                           gboolean              tells_progress);
CFUT_AVAILABLE_IN_ALL
guint8               *cfut_completion_queue_drain_data    (CfutCompletionQueue  *self,
                                                           guint                 max,
                                                           gsize                *length);
CFUT_AVAILABLE_IN_ALL
guint8               *cfut_completion_queue_take_data     (CfutCompletionQueue  *self,
                                                           guint64               tag,
                                                           gint64                timeout_us,
                                                           gsize                *length,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_wait          (CfutCompletionQueue  *self,
                                                           gint64                timeout_us,
                                                           GError              **error);
CFUT_AVAILABLE_IN_ALL
guint                 cfut_completion_queue_get_n_pending (CfutCompletionQueue  *self);
CFUT_AVAILABLE_IN_ALL
guint                 cfut_completion_queue_cancel        (CfutCompletionQueue  *self,
                                                           guint64               tag);
CFUT_AVAILABLE_IN_ALL
gboolean              cfut_completion_queue_withdraw      (CfutCompletionQueue  *self,
                                                           guint64               tag);
CFUT_AVAILABLE_IN_ALL
CfutFuture           *cfut_completion_queue_dup_future    (CfutCompletionQueue  *self,
                                                           guint64               tag);

G_END_DECLS
