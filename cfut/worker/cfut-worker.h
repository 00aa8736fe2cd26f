/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

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

G_END_DECLS
