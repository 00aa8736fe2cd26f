/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-private.h"

/**
 * CfutCompletion:
 *
 * What became of one call of a completion queue.
 *
 * [method@Cfut.CompletionQueue.drain] gives them out. A completion never
 * changes, so any thread may read it. A copy is cheap and shares result and
 * error with the original: each is valid as long as any copy is.
 *
 * Since: 1.0
 */

G_DEFINE_BOXED_TYPE (CfutCompletion, cfut_completion, cfut_completion_copy, cfut_completion_free)

CfutCompletion *
cfut_completion_new (CfutState *state,
                     guint64    tag)
{
  CfutCompletion *self = g_new0 (CfutCompletion, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->state = cfut_state_ref (state);
  self->tag = tag;

  return self;
}

/**
 * cfut_completion_copy:
 * @self: a completion
 *
 * Copies a completion. The copy shares everything with the original.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
CfutCompletion *
cfut_completion_copy (CfutCompletion *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * cfut_completion_free:
 * @self: (transfer full): a completion
 *
 * Frees a completion.
 *
 * If the call failed and nobody looked at that, with
 * [method@Cfut.Completion.get_state] or [method@Cfut.Completion.get_error], a
 * warning is logged, as for a [class@Cfut.Future].
 *
 * Since: 1.0
 */
void
cfut_completion_free (CfutCompletion *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->progress, g_bytes_unref);
  cfut_state_unref (self->state);
  g_free (self);
}

/**
 * cfut_completion_get_tag:
 * @self: a completion
 *
 * Gets the tag that the call was given.
 *
 * Returns: the tag
 *
 * Since: 1.0
 */
guint64
cfut_completion_get_tag (CfutCompletion *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->tag;
}

/**
 * cfut_completion_get_state:
 * @self: a completion
 *
 * Gets how the call ended.
 *
 * Returns: %CFUT_FUTURE_STATE_DONE, %CFUT_FUTURE_STATE_FAILED or
 *   %CFUT_FUTURE_STATE_CANCELLED
 *
 * Since: 1.0
 */
CfutFutureState
cfut_completion_get_state (CfutCompletion *self)
{
  g_return_val_if_fail (self != NULL, CFUT_FUTURE_STATE_CANCELLED);

  cfut_state_set_observed (self->state);

  return cfut_state_get_phase (self->state);
}

/**
 * cfut_completion_get_result:
 * @self: a completion
 *
 * Gets the result of the call.
 *
 * A future that was added to the queue may have a result that is not a
 * #GVariant; [method@Cfut.Future.get_value] of that future gives it.
 *
 * Returns: (transfer none) (nullable): the result, which is valid as long as a
 *   copy of the completion is; %NULL if the call is not done, or its result is
 *   not a #GVariant
 *
 * Since: 1.0
 */
GVariant *
cfut_completion_get_result (CfutCompletion *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return cfut_state_peek_variant (self->state);
}

/**
 * cfut_completion_get_error:
 * @self: a completion
 *
 * Gets the error of a call that has failed or was cancelled.
 *
 * It has the domain, the code and the message it had in the worker. That of a
 * cancelled call is %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer none) (nullable): the error, which is valid as long as a
 *   copy of the completion is; %NULL if the call is done
 *
 * Since: 1.0
 */
const GError *
cfut_completion_get_error (CfutCompletion *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return cfut_state_peek_error (self->state);
}
