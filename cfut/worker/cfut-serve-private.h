/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "worker/cfut-line-private.h"

G_BEGIN_DECLS

/* How a worker came to the end of its service. */
typedef enum
{
  CFUT_SERVE_SHUTDOWN, /* it was told to */
  CFUT_SERVE_CLOSED,   /* the parent is gone, or has no use for it any more */
  CFUT_SERVE_FAILED,   /* @error says why; the parent was told if it can be */
} CfutServeEnd;

/* Runs the calls that come through @line, in this thread, until there are no
 * more. Runs in: worker's main thread. */
CfutServeEnd cfut_serve      (CfutLine      *line,
                              GError       **error);

/* Tells the parent that this worker cannot serve. Runs in: worker's main thread. */
void         cfut_serve_fail (CfutLine      *line,
                              const GError  *reason);

G_END_DECLS
