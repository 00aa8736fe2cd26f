/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

/**
 * CFUT_ERROR:
 *
 * The error domain of cfut; its codes are [error@Cfut.Error].
 *
 * Since: 1.0
 */
#define CFUT_ERROR (cfut_error_quark ())

/**
 * CfutError:
 * @CFUT_ERROR_QUEUE_FULL: the executor's queue has no room for the call, and
 *   waiting for room was not asked for or would have blocked a main context
 * @CFUT_ERROR_WORKER_DIED: the worker that ran the call died before it had
 *   answered; the message names the process, the cause and the function
 * @CFUT_ERROR_BROKEN: the executor can no longer run calls, or whoever was to
 *   keep a promise is gone; the message gives the last reason
 * @CFUT_ERROR_SHUTDOWN: the executor was shut down
 * @CFUT_ERROR_UNKNOWN_FUNCTION: no function is registered under that name
 * @CFUT_ERROR_PROTOCOL: a worker said something that the protocol does not
 *   allow; it was killed
 * @CFUT_ERROR_START_FAILED: a worker could not be started
 * @CFUT_ERROR_WOULD_DEADLOCK: waiting here could never end, or would stop the
 *   main context that the caller is dispatching
 * @CFUT_ERROR_REMOTE: the function raised an exception of its language; the
 *   message begins with the name of the exception, and
 *   [method@Cfut.Future.dup_remote_traceback] gives more
 *
 * Error codes of cfut.
 *
 * Where GIO has a code that fits it is used instead: `G_IO_ERROR_CANCELLED`
 * for a cancelled call, `G_IO_ERROR_TIMED_OUT` for an expired time-out,
 * `G_IO_ERROR_INVALID_ARGUMENT` for arguments of the wrong type,
 * `G_IO_ERROR_INVALID_DATA` for a result of the wrong type and
 * `G_IO_ERROR_CLOSED` for an iterator that was closed. An error that a function
 * returned keeps the domain, code and message it had in the worker.
 *
 * Since: 1.0
 */
typedef enum
{
  CFUT_ERROR_QUEUE_FULL,
  CFUT_ERROR_WORKER_DIED,
  CFUT_ERROR_BROKEN,
  CFUT_ERROR_SHUTDOWN,
  CFUT_ERROR_UNKNOWN_FUNCTION,
  CFUT_ERROR_PROTOCOL,
  CFUT_ERROR_START_FAILED,
  CFUT_ERROR_WOULD_DEADLOCK,
  CFUT_ERROR_REMOTE,
} CfutError;

CFUT_AVAILABLE_IN_ALL
GQuark cfut_error_quark    (void);

#define CFUT_TYPE_ERROR (cfut_error_get_type ())

CFUT_AVAILABLE_IN_ALL
GType  cfut_error_get_type (void);

G_END_DECLS
