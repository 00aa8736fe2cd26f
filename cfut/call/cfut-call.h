/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

#define CFUT_TYPE_CALL (cfut_call_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutCall, cfut_call, CFUT, CALL, GObject)

CFUT_AVAILABLE_IN_ALL
GVariant     *cfut_call_get_arguments   (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
const guint8 *cfut_call_get_data        (CfutCall   *self,
                                         gsize      *length);
CFUT_AVAILABLE_IN_ALL
GCancellable *cfut_call_get_cancellable (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
gboolean      cfut_call_is_cancelled    (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_call_set_progress    (CfutCall   *self,
                                         double      fraction,
                                         const char *message);
CFUT_AVAILABLE_IN_ALL
gint64        cfut_call_get_deadline    (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
const char   *cfut_call_get_function    (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
guint         cfut_call_get_attempt     (CfutCall   *self);
CFUT_AVAILABLE_IN_ALL
void          cfut_call_fail            (CfutCall   *self,
                                         const char *name,
                                         const char *message,
                                         const char *traceback);

G_END_DECLS
