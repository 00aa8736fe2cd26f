/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-process-executor.h"

G_BEGIN_DECLS

/* Whether there can be workers of that level at all; FALSE with
 * G_IO_ERROR_NOT_SUPPORTED. Runs in: any thread. */
gboolean cfut_sandbox_check         (CfutSandbox    sandbox,
                                     GError       **error);
/* Adds what a worker does itself when it is ready, "filter", to a SETUP body. */
void     cfut_sandbox_add_to_body   (CfutSandbox    sandbox,
                                     GVariantDict  *body);
/* "socket()", for a system call by its number here, or what a worker says that it
 * was; NULL if it is none. */
char    *cfut_sandbox_describe_trap (gint64         number);

G_END_DECLS
