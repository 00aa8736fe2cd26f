/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-interpreter.h>
#include <cfut/cfut-types.h>

G_BEGIN_DECLS

/**
 * CfutFutureState:
 * @CFUT_FUTURE_STATE_PENDING: the call has not started
 * @CFUT_FUTURE_STATE_RUNNING: a worker runs the call
 * @CFUT_FUTURE_STATE_DONE: there is a result
 * @CFUT_FUTURE_STATE_FAILED: there is an error
 * @CFUT_FUTURE_STATE_CANCELLED: the call was cancelled
 *
 * The states of a [class@Cfut.Future].
 *
 * A future moves only downwards in this list, with one exception: a call that
 * is retried goes back from running to pending. The last three are final.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_FUTURE_STATE_PENDING,
  CFUT_FUTURE_STATE_RUNNING,
  CFUT_FUTURE_STATE_DONE,
  CFUT_FUTURE_STATE_FAILED,
  CFUT_FUTURE_STATE_CANCELLED,
} CfutFutureState;

#define CFUT_TYPE_FUTURE_STATE (cfut_future_state_get_type ())

CFUT_AVAILABLE_IN_ALL
GType            cfut_future_state_get_type        (void);

#define CFUT_TYPE_FUTURE (cfut_future_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutFuture, cfut_future, CFUT, FUTURE, GObject)

/**
 * CfutFutureCallback:
 * @future: the future, which is in a final state
 * @user_data: the data given with the callback
 *
 * Called once when a future has resolved, in the future's home context.
 *
 * Since: 1.0
 */
typedef void (*CfutFutureCallback) (CfutFuture *future,
                                    gpointer    user_data);

CFUT_AVAILABLE_IN_ALL
CfutFutureState  cfut_future_get_state             (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
gboolean         cfut_future_is_done               (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
double           cfut_future_get_progress          (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
char            *cfut_future_dup_progress_message  (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
char            *cfut_future_dup_name              (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
const char      *cfut_future_get_function          (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
GObject         *cfut_future_dup_executor          (CfutFuture           *self);

CFUT_AVAILABLE_IN_ALL
gboolean         cfut_future_wait                  (CfutFuture           *self,
                                                    gint64                timeout_us,
                                                    GError              **error);
CFUT_AVAILABLE_IN_ALL
GVariant        *cfut_future_dup_result            (CfutFuture           *self,
                                                    gint64                timeout_us,
                                                    GError              **error);
CFUT_AVAILABLE_IN_ALL
const GValue    *cfut_future_get_value             (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
gpointer         cfut_future_dup_object            (CfutFuture           *self,
                                                    const CfutInterpreter *interpreter,
                                                    gpointer              otherwise);
CFUT_AVAILABLE_IN_ALL
const guint8    *cfut_future_get_short_data        (CfutFuture           *self,
                                                    gsize                 max_length,
                                                    gsize                *length);
CFUT_AVAILABLE_IN_ALL
const guint8    *cfut_future_get_data              (CfutFuture           *self,
                                                    gsize                *length);
CFUT_AVAILABLE_IN_ALL
GBytes          *cfut_future_dup_bytes             (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
GError          *cfut_future_dup_error             (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
char            *cfut_future_dup_remote_name       (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
char            *cfut_future_dup_remote_traceback  (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
GBytes          *cfut_future_dup_remote_data       (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
const GValue    *cfut_future_get_remote_value      (CfutFuture           *self);
CFUT_AVAILABLE_IN_ALL
gboolean         cfut_future_cancel                (CfutFuture           *self);

CFUT_AVAILABLE_IN_ALL
guint            cfut_future_add_done_callback     (CfutFuture           *self,
                                                    CfutFutureCallback    callback,
                                                    gpointer              user_data,
                                                    GDestroyNotify        destroy);
CFUT_AVAILABLE_IN_ALL
gboolean         cfut_future_remove_done_callback  (CfutFuture           *self,
                                                    guint                 callback_id);

CFUT_AVAILABLE_IN_ALL
void             cfut_future_wait_async            (CfutFuture           *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
gboolean         cfut_future_wait_finish           (CfutFuture           *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);
CFUT_AVAILABLE_IN_ALL
void             cfut_future_result_async          (CfutFuture           *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
GVariant        *cfut_future_result_finish         (CfutFuture           *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);

CFUT_AVAILABLE_IN_ALL
CfutFuture      *cfut_future_all                   (CfutFuture          **futures,
                                                    gsize                 n_futures);
CFUT_AVAILABLE_IN_ALL
CfutFuture      *cfut_future_any                   (CfutFuture          **futures,
                                                    gsize                 n_futures);
CFUT_AVAILABLE_IN_ALL
CfutFuture      *cfut_future_race                  (CfutFuture          **futures,
                                                    gsize                 n_futures);

G_END_DECLS
