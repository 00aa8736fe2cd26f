/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

#define CFUT_TYPE_PROMISE (cfut_promise_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutPromise, cfut_promise, CFUT, PROMISE, GObject)

CFUT_AVAILABLE_IN_ALL
CfutPromise  *cfut_promise_new             (void);
CFUT_AVAILABLE_IN_ALL
CfutFuture   *cfut_promise_get_future      (CfutPromise  *self);
CFUT_AVAILABLE_IN_ALL
GCancellable *cfut_promise_get_cancellable (CfutPromise  *self);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_promise_start           (CfutPromise  *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_promise_set_progress    (CfutPromise  *self,
                                            double        fraction,
                                            const char   *message);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_promise_resolve_value   (CfutPromise  *self,
                                            const GValue *value);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_promise_resolve_variant (CfutPromise  *self,
                                            GVariant     *variant);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_promise_reject          (CfutPromise  *self,
                                            const GError *error);

G_END_DECLS
