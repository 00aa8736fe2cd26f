/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error-private.h"
#include "future/cfut-future-private.h"

/*
 * What bindings raise in place of an error, when the call had failed with an
 * exception of their own language.
 */

/* The error of a future that has failed, borrowed; NULL of any other. */
static const GError *
peek_error (CfutFuture *self)
{
  CfutState *state = cfut_future_get_cfut_state (self);

  return cfut_state_is_final (state) ? cfut_state_peek_error (state) : NULL;
}

/**
 * cfut_future_dup_remote_name:
 * @self: a future
 *
 * Gets the name of the exception with which the call failed, such as
 * `ZeroDivisionError`.
 *
 * Only functions of other languages raise exceptions; the future fails with
 * %CFUT_ERROR_REMOTE then. May be called from any thread, and does not wait.
 *
 * Returns: (transfer full) (nullable): the name; %NULL if the future has not
 *   failed, or not with an exception
 *
 * Since: 1.0
 */
char *
cfut_future_dup_remote_name (CfutFuture *self)
{
  const GError *error;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  error = peek_error (self);

  return error != NULL ? g_strdup (cfut_error_get_remote_name (error)) : NULL;
}

/**
 * cfut_future_dup_remote_traceback:
 * @self: a future
 *
 * Gets the traceback of the exception with which the call failed, as the
 * language of the function formats it.
 *
 * From a worker process it is cut after 64 KiB. May be called from any thread,
 * and does not wait.
 *
 * Returns: (transfer full) (nullable): the traceback; %NULL if there is none
 *
 * Since: 1.0
 */
char *
cfut_future_dup_remote_traceback (CfutFuture *self)
{
  const GError *error;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  error = peek_error (self);

  return error != NULL ? g_strdup (cfut_error_get_remote_traceback (error)) : NULL;
}

/**
 * cfut_future_dup_remote_data:
 * @self: a future
 *
 * Gets the exception with which the call failed, as the worker wrote it: what it
 * means is a matter between the caller and the worker, as with
 * [method@Cfut.Executor.submit_data].
 *
 * It comes from a worker process, and is to be trusted as much as that. May be
 * called from any thread, and does not wait.
 *
 * Returns: (transfer full) (nullable): the exception; %NULL if there is none
 *
 * Since: 1.0
 */
GBytes *
cfut_future_dup_remote_data (CfutFuture *self)
{
  const GError *error;
  GBytes *payload;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  error = peek_error (self);
  payload = error != NULL ? cfut_error_get_remote_payload (error) : NULL;

  return payload != NULL ? g_bytes_ref (payload) : NULL;
}

/**
 * cfut_future_get_remote_value:
 * @self: a future
 *
 * Gets the exception with which a closure failed: what it returned after
 * [method@Cfut.Call.fail].
 *
 * May be called from any thread, and does not wait.
 *
 * Returns: (transfer none) (nullable): the exception, which is valid as long as
 *   the future is; %NULL if there is none in this process
 *
 * Since: 1.0
 */
const GValue *
cfut_future_get_remote_value (CfutFuture *self)
{
  const GError *error;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  error = peek_error (self);

  return error != NULL ? cfut_error_get_remote_value (error) : NULL;
}
