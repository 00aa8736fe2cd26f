/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-submit-options.h>
#include <cfut/executor/cfut-map.h>
#include <cfut/executor/cfut-map-options.h>
#include <cfut/executor/cfut-stats.h>
#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

/**
 * CfutOverflow:
 * @CFUT_OVERFLOW_BLOCK: wait for room; a thread that is dispatching a main
 *   context is never made to wait and gets %CFUT_ERROR_QUEUE_FULL
 * @CFUT_OVERFLOW_FAIL: fail with %CFUT_ERROR_QUEUE_FULL
 *
 * What a submit does when the queue is full.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_OVERFLOW_BLOCK,
  CFUT_OVERFLOW_FAIL,
} CfutOverflow;

#define CFUT_TYPE_OVERFLOW (cfut_overflow_get_type ())

CFUT_AVAILABLE_IN_ALL
GType         cfut_overflow_get_type              (void);

/**
 * CfutShutdownFlags:
 * @CFUT_SHUTDOWN_NONE: take no more calls, let those that were submitted
 *   finish, do not wait for them
 * @CFUT_SHUTDOWN_WAIT: return only when every call has ended
 * @CFUT_SHUTDOWN_CANCEL: cancel the calls that have not started, and ask those
 *   that run to stop
 *
 * How an executor is shut down.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  CFUT_SHUTDOWN_NONE   = 0,
  CFUT_SHUTDOWN_WAIT   = 1 << 0,
  CFUT_SHUTDOWN_CANCEL = 1 << 1,
} CfutShutdownFlags;

#define CFUT_TYPE_SHUTDOWN_FLAGS (cfut_shutdown_flags_get_type ())

CFUT_AVAILABLE_IN_ALL
GType         cfut_shutdown_flags_get_type        (void);

#define CFUT_TYPE_EXECUTOR (cfut_executor_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (CfutExecutor, cfut_executor, CFUT, EXECUTOR, GObject)

/**
 * CfutExecutorClass:
 * @submit_full: see [method@Cfut.Executor.submit_full]; the one function that a
 *   subclass must provide
 * @shutdown: see [method@Cfut.Executor.shutdown]
 * @get_stats: see [method@Cfut.Executor.get_stats]
 *
 * The class of executors.
 *
 * A subclass of its own kind (one that forwards calls to another machine, say)
 * makes a [class@Cfut.Promise] for each call, returns its future, and keeps the
 * promise when the call has ended. Everything else is built on that.
 *
 * Since: 1.0
 */
struct _CfutExecutorClass
{
  GObjectClass parent_class;

  CfutFuture *(*submit_full) (CfutExecutor       *self,
                              const char         *function,
                              GVariant           *arguments,
                              CfutSubmitOptions  *options,
                              GError            **error);
  gboolean    (*shutdown)    (CfutExecutor       *self,
                              CfutShutdownFlags   flags,
                              gint64              timeout_us,
                              GError            **error);
  CfutStats  *(*get_stats)   (CfutExecutor       *self);

  /*< private >*/
  gpointer _reserved[8];
};

CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_submit                (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *arguments,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_submit_full           (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *arguments,
                                                   CfutSubmitOptions    *options,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_submit_data           (CfutExecutor         *self,
                                                   const char           *function,
                                                   const guint8         *data,
                                                   gsize                 length,
                                                   CfutSubmitOptions    *options,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
GBytes       *cfut_gather_bytes                   (const guint8         *vectors,
                                                   gsize                 size);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_submit_bytes          (CfutExecutor         *self,
                                                   const char           *function,
                                                   GBytes               *bytes,
                                                   CfutSubmitOptions    *options,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_submit_async          (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *arguments,
                                                   CfutSubmitOptions    *options,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_submit_finish         (CfutExecutor         *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
GVariant     *cfut_executor_call                  (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *arguments,
                                                   CfutSubmitOptions    *options,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_call_async            (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *arguments,
                                                   CfutSubmitOptions    *options,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
GVariant     *cfut_executor_call_finish           (CfutExecutor         *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
CfutMap      *cfut_executor_map                   (CfutExecutor         *self,
                                                   const char           *function,
                                                   GVariant             *items,
                                                   CfutMapOptions       *options,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
CfutMap      *cfut_executor_map_source            (CfutExecutor         *self,
                                                   const char           *function,
                                                   CfutMapSource         source,
                                                   gpointer              user_data,
                                                   GDestroyNotify        destroy,
                                                   CfutMapOptions       *options,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_executor_describe              (CfutExecutor         *self,
                                                   const char           *function,
                                                   char                **parameter_type,
                                                   char                **result_type,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_describe_async        (CfutExecutor         *self,
                                                   const char           *function,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_executor_describe_finish       (CfutExecutor         *self,
                                                   GAsyncResult         *result,
                                                   char                **parameter_type,
                                                   char                **result_type,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_executor_shutdown              (CfutExecutor         *self,
                                                   CfutShutdownFlags     flags,
                                                   gint64                timeout_us,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_shutdown_async        (CfutExecutor         *self,
                                                   CfutShutdownFlags     flags,
                                                   gint64                timeout_us,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_executor_shutdown_finish       (CfutExecutor         *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_await_room            (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_executor_await_end             (CfutExecutor         *self,
                                                   GError              **error);

CFUT_AVAILABLE_IN_ALL
const char   *cfut_executor_get_name              (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
guint         cfut_executor_get_max_workers       (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
guint         cfut_executor_get_max_pending       (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_set_max_pending       (CfutExecutor         *self,
                                                   guint                 max_pending);
CFUT_AVAILABLE_IN_ALL
guint64       cfut_executor_get_max_pending_bytes (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_set_max_pending_bytes (CfutExecutor         *self,
                                                   guint64               max_pending_bytes);
CFUT_AVAILABLE_IN_ALL
CfutOverflow  cfut_executor_get_overflow          (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_executor_set_overflow          (CfutExecutor         *self,
                                                   CfutOverflow          overflow);
CFUT_AVAILABLE_IN_ALL
guint         cfut_executor_get_n_pending         (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
guint         cfut_executor_get_n_running         (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
CfutStats    *cfut_executor_get_stats             (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
GListModel   *cfut_executor_get_workers           (CfutExecutor         *self);
CFUT_AVAILABLE_IN_ALL
GListModel   *cfut_executor_get_calls             (CfutExecutor         *self);

G_END_DECLS
