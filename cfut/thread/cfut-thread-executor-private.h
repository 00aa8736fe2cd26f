/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-executor-private.h"
#include "thread/cfut-thread-carrier-private.h"

G_BEGIN_DECLS

struct _CfutThreadExecutor
{
  CfutExecutor parent_instance;

  CfutThreadCarrier *carrier; /* (unowned) the pool's */
};

/* Submits a call of @work (transfer full). Runs in: submitter's thread; no locks
 * but that of an interpreter, if @room is CFUT_ROOM_TRY. */
CfutFuture *cfut_thread_executor_submit_work (CfutThreadExecutor  *self,
                                              CfutWork            *work,
                                              CfutSubmitOptions   *options,
                                              CfutRoom             room,
                                              GError             **error);

/* What a call came to that may have called cfut_call_fail(): FALSE with @error if
 * so, which has @result then. Runs in: worker thread. */
gboolean    cfut_thread_end_call             (CfutCall            *call,
                                              GValue              *result,
                                              GError             **error);

G_END_DECLS
