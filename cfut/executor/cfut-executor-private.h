/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-pool-private.h"

G_BEGIN_DECLS

/* What the files of CfutExecutor, and its subclasses here, share. */

/* The function of that name, be it one that only workers have; NULL with @error. */
const CfutFunction *
            cfut_executor_resolve    (CfutExecutor       *self,
                                      const char         *name,
                                      GError            **error);
/* Checks name and arguments; NULL with @error. */
CfutJob    *cfut_executor_make_job   (CfutExecutor       *self,
                                      const char         *name,
                                      GVariant           *arguments,
                                      CfutSubmitOptions  *options,
                                      GError            **error);
/* Takes @job, of which nobody else knows yet. */
CfutFuture *cfut_executor_submit_job (CfutExecutor       *self,
                                      CfutJob            *job,
                                      CfutRoom            room,
                                      GError            **error);

/* (transfer full): a copy of @data as arguments of type ay; may be NULL if
 * @length is 0. */
GVariant   *cfut_data_to_arguments   (const guint8       *data,
                                      gsize               length);
/* The class' submit_full(). */
CfutFuture *cfut_executor_real_submit (CfutExecutor       *self,
                                      const char         *name,
                                      GVariant           *arguments,
                                      CfutSubmitOptions  *options,
                                      GError            **error);

/* Ends a task, consumed, with what became of cfut_future_result_async(). */
void        cfut_executor_result_cb   (GObject            *future,
                                       GAsyncResult       *result,
                                       gpointer            task);

G_END_DECLS
