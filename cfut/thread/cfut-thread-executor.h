/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-call.h>
#include <cfut/cfut-interpreter.h>
#include <cfut/executor/cfut-executor.h>

G_BEGIN_DECLS

#define CFUT_TYPE_THREAD_EXECUTOR (cfut_thread_executor_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutThreadExecutor, cfut_thread_executor, CFUT, THREAD_EXECUTOR, CfutExecutor)

/**
 * CfutThreadFunc:
 * @call: the running call
 * @result: (out caller-allocates): the value to set the result in; it comes uninitialised, and may stay so for a call without a result
 * @user_data: the data given at submit
 * @error: return location for an error
 *
 * A function that a thread executor runs, with a result of any type.
 *
 * Returns: %TRUE on success, %FALSE with @error set
 *
 * Since: 1.0
 */
typedef gboolean (*CfutThreadFunc) (CfutCall  *call,
                                    GValue    *result,
                                    gpointer   user_data,
                                    GError   **error);

CFUT_AVAILABLE_IN_ALL
CfutExecutor *cfut_thread_executor_new              (guint                max_workers);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_thread_executor_submit_closure   (CfutThreadExecutor  *self,
                                                     GClosure            *closure,
                                                     GType                result_type,
                                                     CfutSubmitOptions   *options,
                                                     GError             **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_thread_executor_submit_object    (CfutThreadExecutor  *self,
                                                     const CfutInterpreter *interpreter,
                                                     gpointer             function,
                                                     CfutSubmitOptions   *options,
                                                     GError             **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_thread_executor_try_submit_object (CfutThreadExecutor *self,
                                                     const CfutInterpreter *interpreter,
                                                     gpointer             function,
                                                     CfutSubmitOptions   *options,
                                                     GError             **error);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_thread_executor_submit_func      (CfutThreadExecutor  *self,
                                                     CfutThreadFunc       func,
                                                     gpointer             user_data,
                                                     GDestroyNotify       destroy,
                                                     CfutSubmitOptions   *options,
                                                     GError             **error);
CFUT_AVAILABLE_IN_ALL
gint64        cfut_thread_executor_get_idle_timeout (CfutThreadExecutor  *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_thread_executor_set_idle_timeout (CfutThreadExecutor  *self,
                                                     gint64               idle_timeout_us);
CFUT_AVAILABLE_IN_ALL
void          cfut_thread_executor_set_initializer  (CfutThreadExecutor  *self,
                                                     const char          *function,
                                                     GVariant            *arguments);

CFUT_AVAILABLE_IN_ALL
gboolean      cfut_thread_executor_set_thread_closure (CfutThreadExecutor  *self,
                                                       GClosure            *closure,
                                                       GError             **error);
CFUT_AVAILABLE_IN_ALL
void          cfut_thread_executor_serve            (void);
CFUT_AVAILABLE_IN_ALL
void          cfut_thread_executor_serve_locked     (const CfutInterpreter *interpreter);
CFUT_AVAILABLE_IN_ALL
CfutCall     *cfut_thread_executor_get_current_call (void);

G_END_DECLS
