/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "future/cfut-combine-private.h"

/**
 * cfut_future_all:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 *
 * Makes a future for the results of all of a number of futures.
 *
 * It is done when all of them are. Its result is an array of their results, in
 * their order: a #GVariant of type `av`, or, if the result of any is not a
 * #GVariant, a [struct@GObject.ValueArray] for
 * [method@Cfut.Future.get_value]. With no futures it is done at once.
 *
 * ```c
 * g_autoptr(CfutFuture) all = cfut_future_all (futures, n_futures);
 * g_autoptr(GVariant) results = cfut_future_dup_result (all, CFUT_WAIT_FOREVER, &error);
 * gint64 sum = 0;
 *
 * for (gsize i = 0; results != NULL && i < n_futures; i++)
 *   {
 *     g_autoptr(GVariant) result = NULL;
 *
 *     g_variant_get_child (results, i, "v", &result);
 *     sum += g_variant_get_int64 (result);
 *   }
 * ```
 *
 * It fails or is cancelled as soon as one of them is, with the same error; if
 * there are several by then, with that of the first in the array. The others go
 * on.
 *
 * Cancelling it cancels those that have not resolved. Handing a future to it
 * counts as a look at that future's outcome. Its home context is the
 * thread-default main context of the caller. It keeps nothing of a future that
 * has resolved but the result.
 *
 * May be called from any thread. Like `asyncio.gather()` and `Promise.all()`.
 *
 * Returns: (transfer full): a new future
 *
 * Since: 1.0
 */
CfutFuture *
cfut_future_all (CfutFuture **futures,
                 gsize        n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return cfut_combine (futures, n_futures, CFUT_COMBINE_ALL);
}

/**
 * cfut_future_any:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 *
 * Makes a future for the first success among a number of futures.
 *
 * Its result is that of the one which is done first; if several are already,
 * that of the first in the array. If none succeeds it fails with the error of
 * the first in the array, whose message is put after the number of futures that
 * failed. With no futures it fails at once with %G_IO_ERROR_INVALID_ARGUMENT.
 *
 * Cancelling, contexts and threads are as with [func@Cfut.Future.all].
 *
 * Like `Promise.any()`.
 *
 * Returns: (transfer full): a new future
 *
 * Since: 1.0
 */
CfutFuture *
cfut_future_any (CfutFuture **futures,
                 gsize        n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return cfut_combine (futures, n_futures, CFUT_COMBINE_ANY);
}

/**
 * cfut_future_race:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many futures there are
 *
 * Makes a future for whichever of a number of futures resolves first.
 *
 * It is done, has failed or was cancelled as that one is; if several have
 * resolved already, as the first in the array. With no futures it fails at once
 * with %G_IO_ERROR_INVALID_ARGUMENT.
 *
 * Cancelling, contexts and threads are as with [func@Cfut.Future.all].
 *
 * Like `Promise.race()`, except that a race of nothing ends.
 *
 * Returns: (transfer full): a new future
 *
 * Since: 1.0
 */
CfutFuture *
cfut_future_race (CfutFuture **futures,
                  gsize        n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return cfut_combine (futures, n_futures, CFUT_COMBINE_RACE);
}
