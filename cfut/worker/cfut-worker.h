/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-call.h>

G_BEGIN_DECLS

#define CFUT_TYPE_WORKER (cfut_worker_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutWorker, cfut_worker, CFUT, WORKER, GObject)

CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_is_requested (void);
CFUT_AVAILABLE_IN_ALL
CfutWorker *cfut_worker_new          (GError     **error);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_load_module  (CfutWorker  *self,
                                      const char  *path,
                                      GError     **error);
CFUT_AVAILABLE_IN_ALL
void        cfut_worker_fail         (CfutWorker   *self,
                                      const GError *reason);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_run          (CfutWorker  *self,
                                      GError     **error);

CFUT_AVAILABLE_IN_ALL
void        cfut_worker_add_function      (CfutWorker          *self,
                                           const char          *name,
                                           const GVariantType  *parameter_type,
                                           const GVariantType  *result_type);
CFUT_AVAILABLE_IN_ALL
void        cfut_worker_set_cancel_signal (CfutWorker          *self,
                                           int                  signum);
CFUT_AVAILABLE_IN_ALL
CfutCall   *cfut_worker_next              (CfutWorker          *self,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
const guint8 *cfut_worker_next_data       (CfutWorker          *self,
                                           gsize               *length,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
const guint8 *cfut_worker_exchange_data   (CfutWorker          *self,
                                           const guint8        *data,
                                           gsize                length,
                                           gsize               *next_length,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
CfutCall   *cfut_worker_get_call          (CfutWorker          *self);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_answer            (CfutWorker          *self,
                                           CfutCall            *call,
                                           GVariant            *result,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_answer_data       (CfutWorker          *self,
                                           CfutCall            *call,
                                           const guint8        *data,
                                           gsize                length,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_worker_answer_vectors    (CfutWorker          *self,
                                           CfutCall            *call,
                                           const GOutputVector *vectors,
                                           gsize                n_vectors,
                                           GError             **error);
CFUT_AVAILABLE_IN_ALL
void        cfut_worker_answer_error      (CfutWorker          *self,
                                           CfutCall            *call,
                                           const GError        *error);
CFUT_AVAILABLE_IN_ALL
void        cfut_worker_answer_exception  (CfutWorker          *self,
                                           CfutCall            *call,
                                           const char          *name,
                                           const char          *message,
                                           const char          *traceback,
                                           const guint8        *data,
                                           gsize                length);

G_END_DECLS
