/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/future/cfut-future.h>

G_BEGIN_DECLS

/**
 * CfutReturnWhen:
 * @CFUT_RETURN_WHEN_ALL_COMPLETED: when every future has resolved
 * @CFUT_RETURN_WHEN_FIRST_COMPLETED: when any future has resolved
 * @CFUT_RETURN_WHEN_FIRST_EXCEPTION: when any future has failed or was
 *   cancelled, or every future has resolved
 *
 * When [func@Cfut.wait] returns.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_RETURN_WHEN_ALL_COMPLETED,
  CFUT_RETURN_WHEN_FIRST_COMPLETED,
  CFUT_RETURN_WHEN_FIRST_EXCEPTION,
} CfutReturnWhen;

#define CFUT_TYPE_RETURN_WHEN (cfut_return_when_get_type ())

CFUT_AVAILABLE_IN_ALL
GType    cfut_return_when_get_type (void);

CFUT_AVAILABLE_IN_ALL
gboolean cfut_wait                 (CfutFuture     **futures,
                                    gsize            n_futures,
                                    CfutReturnWhen   return_when,
                                    gint64           timeout_us,
                                    GError         **error);
CFUT_AVAILABLE_IN_ALL
gboolean cfut_try_wait             (CfutFuture     **futures,
                                    gsize            n_futures,
                                    CfutReturnWhen   return_when,
                                    gint64           timeout_us,
                                    gboolean        *holds,
                                    GError         **error);

G_END_DECLS
