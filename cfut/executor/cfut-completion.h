/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

#define CFUT_TYPE_COMPLETION (cfut_completion_get_type ())

typedef struct _CfutCompletion CfutCompletion;

CFUT_AVAILABLE_IN_ALL
GType            cfut_completion_get_type   (void);
CFUT_AVAILABLE_IN_ALL
CfutCompletion  *cfut_completion_copy       (CfutCompletion *self);
CFUT_AVAILABLE_IN_ALL
void             cfut_completion_free       (CfutCompletion *self);

CFUT_AVAILABLE_IN_ALL
guint64          cfut_completion_get_tag    (CfutCompletion *self);
CFUT_AVAILABLE_IN_ALL
CfutFutureState  cfut_completion_get_state  (CfutCompletion *self);
CFUT_AVAILABLE_IN_ALL
GVariant        *cfut_completion_get_result (CfutCompletion *self);
CFUT_AVAILABLE_IN_ALL
const GError    *cfut_completion_get_error  (CfutCompletion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutCompletion, cfut_completion_free)

G_END_DECLS
