/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-process-executor.h"

G_BEGIN_DECLS

/*
 * What of a sandbox is the parent's part. A worker of level LIMITS or SECCOMP
 * confines itself; one of level LAUNCHER is started confined, by a command line
 * before its own. @launcher: that command line; NULL for the default.
 */

/* This program, to one that it starts by itself. */
#define CFUT_SELF_PROGRAM "/proc/self/exe"

/* Where the default launcher finds a filter of system calls. */
#define CFUT_FD_FILTER 6

/* Whether a worker is trusted to leave alone what it has sent. */
static inline gboolean
cfut_sandbox_trusts_worker (CfutSandbox sandbox)
{
  return sandbox == CFUT_SANDBOX_NONE || sandbox == CFUT_SANDBOX_LIMITS;
}

/* Whether there can be workers of that level at all; FALSE with
 * G_IO_ERROR_NOT_SUPPORTED, or with CFUT_ERROR_START_FAILED for want of a program.
 * Runs in: any thread. */
gboolean cfut_sandbox_check         (CfutSandbox          sandbox,
                                     const char * const  *launcher,
                                     GError             **error);
/* The command line that starts @argv. @filter_fd: (out) what it is to have as
 * CFUT_FD_FILTER, or unchanged. */
char   **cfut_sandbox_make_argv     (CfutSandbox          sandbox,
                                     const char * const  *launcher,
                                     const char * const  *argv,
                                     int                 *filter_fd,
                                     GError             **error);
/* Adds what a worker does itself when it is ready, "filter", to a SETUP body. */
void     cfut_sandbox_add_to_body   (CfutSandbox          sandbox,
                                     GVariantDict        *body);
/* "socket()", for a system call by its number here, or what a worker says that it
 * was; NULL if it is none. */
char    *cfut_sandbox_describe_trap (gint64               number);

G_END_DECLS
