/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-executor.h"

#include "cfut-error.h"
#include "future/cfut-wait-private.h"

/**
 * cfut_executor_call:
 * @self: an executor
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): options of the call; they are copied
 * @cancellable: (nullable): cancels the call; it takes the place of one in
 *   @options
 * @error: return location for an error
 *
 * Submits a call, and blocks until it has ended.
 *
 * The errors are those of [method@Cfut.Executor.submit] and those of the call;
 * see [method@Cfut.Future.dup_result]. As there, it is an error,
 * %CFUT_ERROR_WOULD_DEADLOCK, to wait in a callback of the main context from
 * which the call is submitted; here always, however soon the call would end,
 * and nothing is submitted. Use [method@Cfut.Executor.call_async] there.
 *
 * It returns when the call has ended, so one that is cancelled and runs goes on
 * until it takes notice. No main loop is needed.
 *
 * Returns: (transfer full): the result of the call, or %NULL with @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_executor_call (CfutExecutor       *self,
                    const char         *function,
                    GVariant           *arguments,
                    CfutSubmitOptions  *options,
                    GCancellable       *cancellable,
                    GError            **error)
{
  g_autoptr(GVariant) sunk = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr(CfutSubmitOptions) own = NULL;
  g_autoptr(CfutFuture) future = NULL;

  g_return_val_if_fail (CFUT_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!cfut_check_home (g_main_context_get_thread_default (), error))
    return NULL;

  if (cancellable != NULL)
    {
      own = options != NULL ? cfut_submit_options_copy (options) : cfut_submit_options_new ();
      cfut_submit_options_set_cancellable (own, cancellable);
    }

  future = cfut_executor_submit_full (self, function, sunk, own != NULL ? own : options, error);
  if (future == NULL)
    return NULL;

  return cfut_future_dup_result (future, CFUT_WAIT_FOREVER, error);
}
