/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

#define CFUT_TYPE_COMPLETED_ITERATOR (cfut_completed_iterator_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutCompletedIterator, cfut_completed_iterator, CFUT, COMPLETED_ITERATOR, GObject)

CFUT_AVAILABLE_IN_ALL
CfutCompletedIterator *cfut_as_completed                    (CfutFuture           **futures,
                                                             gsize                  n_futures,
                                                             gint64                 timeout_us);
CFUT_AVAILABLE_IN_ALL
CfutFuture            *cfut_completed_iterator_next         (CfutCompletedIterator *self,
                                                             GError               **error);
CFUT_AVAILABLE_IN_ALL
void                   cfut_completed_iterator_next_async   (CfutCompletedIterator *self,
                                                             GCancellable          *cancellable,
                                                             GAsyncReadyCallback    callback,
                                                             gpointer               user_data);
CFUT_AVAILABLE_IN_ALL
CfutFuture            *cfut_completed_iterator_next_finish  (CfutCompletedIterator *self,
                                                             GAsyncResult          *result,
                                                             GError               **error);
CFUT_AVAILABLE_IN_ALL
gsize                  cfut_completed_iterator_get_n_left   (CfutCompletedIterator *self);

G_END_DECLS
