/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-wait.h"

/**
 * cfut_try_wait:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 * @return_when: what to wait for
 * @timeout_us: how long to wait at most, in microseconds, as for [func@Cfut.wait]
 * @holds: (out): whether @return_when holds
 * @error: return location for an error
 *
 * Waits as [func@Cfut.wait] does, but that the time is over is no error.
 *
 * It is for interpreters that wait in slices, to look for signals in between:
 * PyGObject loses a KeyboardInterrupt that arrives while it makes an exception of
 * an error.
 *
 * Returns: %TRUE with @holds set; %FALSE with @error set to
 *   %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
gboolean
cfut_try_wait (CfutFuture     **futures,
               gsize            n_futures,
               CfutReturnWhen   return_when,
               gint64           timeout_us,
               gboolean        *holds,
               GError         **error)
{
  GError *local_error = NULL;

  g_return_val_if_fail (holds != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (cfut_wait (futures, n_futures, return_when, timeout_us, &local_error))
    {
      *holds = TRUE;
      return TRUE;
    }

  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    {
      g_propagate_error (error, local_error);
      return FALSE;
    }

  g_error_free (local_error);
  *holds = FALSE;

  return TRUE;
}
