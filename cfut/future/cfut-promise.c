/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error.h"
#include "future/cfut-promise.h"
#include "future/cfut-state-private.h"

/**
 * CfutPromise:
 *
 * The end of a future at which it is resolved.
 *
 * Whoever will have a result later makes a promise, gives
 * [method@Cfut.Promise.get_future] to whoever wants the result, and keeps the
 * promise until there is one. Executors of your own are made of promises, and
 * so is the bridge from any callback to a future:
 *
 * ```c
 * static void
 * clicked_cb (GtkButton *button, CfutPromise *promise)
 * {
 *   cfut_promise_resolve_variant (promise, g_variant_new_string ("clicked"));
 * }
 * ```
 *
 * A promise is kept once. The functions that resolve it return whether it was
 * this call that did; the future may have been cancelled before. A promise that
 * goes away without having been kept fails its future with
 * %CFUT_ERROR_BROKEN.
 *
 * The home context of the future is the thread-default main context of the
 * thread that made the promise. All methods may be called from any thread.
 *
 * Since: 1.0
 */

/* What the promise and its future share. */
typedef struct
{
  CfutState state;
  CfutOrigin origin;

  /* Atomic. */
  GCancellable *cancellable; /* (owned) (nullable) once set, stays */
  int cancelled;
} CfutPromiseState;

struct _CfutPromise
{
  GObject parent_instance;

  /* Set at construction, never changed; read from any thread. */
  CfutPromiseState *shared; /* (owned) */
  CfutFuture *future;       /* (owned) */
};

G_DEFINE_FINAL_TYPE (CfutPromise, cfut_promise, G_TYPE_OBJECT)

/* Runs in: any thread. Locks: none. */
static gboolean
cfut_promise_state_cancel (CfutState *state)
{
  CfutPromiseState *self = (CfutPromiseState *) state;
  GCancellable *cancellable;

  if (!cfut_state_claim_to_cancel (state))
    return FALSE;

  g_atomic_int_set (&self->cancelled, TRUE);
  cfut_state_publish_error (state,
                            g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                 "The future was cancelled"));

  cancellable = g_atomic_pointer_get (&self->cancellable);
  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);

  return TRUE;
}

static void
cfut_promise_state_finalize (CfutState *state)
{
  CfutPromiseState *self = (CfutPromiseState *) state;

  g_clear_object (&self->cancellable);
  cfut_origin_clear (&self->origin);
  g_free (self);
}

static const CfutStateClass cfut_promise_state_class = {
  .cancel = cfut_promise_state_cancel,
  .finalize = cfut_promise_state_finalize,
};

static void
cfut_promise_dispose (GObject *object)
{
  CfutPromise *self = CFUT_PROMISE (object);
  CfutState *state = &self->shared->state;

  if (cfut_state_claim (state))
    cfut_state_publish_error (state,
                              g_error_new_literal (CFUT_ERROR, CFUT_ERROR_BROKEN,
                                                   "The promise of a result was "
                                                   "dropped without one"));

  G_OBJECT_CLASS (cfut_promise_parent_class)->dispose (object);
}

static void
cfut_promise_finalize (GObject *object)
{
  CfutPromise *self = CFUT_PROMISE (object);

  g_clear_object (&self->future);
  cfut_state_unref (&self->shared->state);

  G_OBJECT_CLASS (cfut_promise_parent_class)->finalize (object);
}

static void
cfut_promise_class_init (CfutPromiseClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cfut_promise_dispose;
  object_class->finalize = cfut_promise_finalize;
}

static void
cfut_promise_init (CfutPromise *self)
{
  self->shared = g_new0 (CfutPromiseState, 1);
  cfut_origin_init (&self->shared->origin, &cfut_promise_state_class);
  cfut_state_init (&self->shared->state, &self->shared->origin, 0);
  self->future = cfut_future_new_for_state (&self->shared->state);
}

/**
 * cfut_promise_new:
 *
 * Makes a promise, with a future that is pending.
 *
 * Returns: (transfer full): a new promise
 *
 * Since: 1.0
 */
CfutPromise *
cfut_promise_new (void)
{
  return g_object_new (CFUT_TYPE_PROMISE, NULL);
}

/**
 * cfut_promise_get_future:
 * @self: a promise
 *
 * Gets the future that the promise resolves.
 *
 * Returns: (transfer none): the future
 *
 * Since: 1.0
 */
CfutFuture *
cfut_promise_get_future (CfutPromise *self)
{
  g_return_val_if_fail (CFUT_IS_PROMISE (self), NULL);

  return self->future;
}

/**
 * cfut_promise_get_cancellable:
 * @self: a promise
 *
 * Gets the cancellable that is triggered when the future is cancelled.
 *
 * The future is cancelled at that moment already; the cancellable is there so
 * that the work for it can stop. It is triggered in the thread that called
 * [method@Cfut.Future.cancel].
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 1.0
 */
GCancellable *
cfut_promise_get_cancellable (CfutPromise *self)
{
  GCancellable *cancellable;

  g_return_val_if_fail (CFUT_IS_PROMISE (self), NULL);

  cancellable = g_atomic_pointer_get (&self->shared->cancellable);
  if (cancellable != NULL)
    return cancellable;

  cancellable = g_cancellable_new ();
  if (!g_atomic_pointer_compare_and_exchange (&self->shared->cancellable, NULL, cancellable))
    {
      g_object_unref (cancellable);
      return g_atomic_pointer_get (&self->shared->cancellable);
    }

  /* A cancel that came before saw no cancellable; one that comes now sees it. */
  if (g_atomic_int_get (&self->shared->cancelled))
    g_cancellable_cancel (cancellable);

  return cancellable;
}

/**
 * cfut_promise_start:
 * @self: a promise
 *
 * Tells that the work for the future has begun: it goes from pending to
 * running.
 *
 * Returns: %TRUE if it did; %FALSE if the future was running or had resolved
 *
 * Since: 1.0
 */
gboolean
cfut_promise_start (CfutPromise *self)
{
  g_return_val_if_fail (CFUT_IS_PROMISE (self), FALSE);

  return cfut_state_start (&self->shared->state);
}

/**
 * cfut_promise_set_progress:
 * @self: a promise
 * @fraction: how much of the work is done, from 0 to 1; -1 if that is unknown
 * @message: (nullable): what is being done, in words for a user
 *
 * Tells how far the work for the future has come.
 *
 * Ignored once the future has resolved.
 *
 * Since: 1.0
 */
void
cfut_promise_set_progress (CfutPromise *self,
                           double       fraction,
                           const char  *message)
{
  g_return_if_fail (CFUT_IS_PROMISE (self));

  cfut_state_set_progress (&self->shared->state, fraction, message);
}

/**
 * cfut_promise_resolve_value:
 * @self: a promise
 * @value: the result, of any type
 *
 * Resolves the future with a result.
 *
 * The value is copied. One that holds a #GVariant is the same as
 * [method@Cfut.Promise.resolve_variant].
 *
 * Returns: %TRUE if this resolved the future; %FALSE if it had resolved before
 *
 * Since: 1.0
 */
gboolean
cfut_promise_resolve_value (CfutPromise  *self,
                            const GValue *value)
{
  GValue copy = G_VALUE_INIT;

  g_return_val_if_fail (CFUT_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (G_IS_VALUE (value), FALSE);

  if (!cfut_state_claim (&self->shared->state))
    return FALSE;

  g_value_init (&copy, G_VALUE_TYPE (value));
  g_value_copy (value, &copy);
  cfut_state_publish_value (&self->shared->state, &copy);

  return TRUE;
}

/**
 * cfut_promise_resolve_variant:
 * @self: a promise
 * @variant: the result; if it is floating it is consumed
 *
 * Resolves the future with a result.
 *
 * Returns: %TRUE if this resolved the future; %FALSE if it had resolved before
 *
 * Since: 1.0
 */
gboolean
cfut_promise_resolve_variant (CfutPromise *self,
                              GVariant    *variant)
{
  g_autoptr(GVariant) sunk = NULL;

  g_return_val_if_fail (CFUT_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (variant != NULL, FALSE);

  sunk = g_variant_ref_sink (variant);
  if (!cfut_state_claim (&self->shared->state))
    return FALSE;

  cfut_state_publish_variant (&self->shared->state, g_steal_pointer (&sunk));

  return TRUE;
}

/**
 * cfut_promise_reject:
 * @self: a promise
 * @error: what went wrong
 *
 * Resolves the future with an error.
 *
 * The error is copied. With %G_IO_ERROR_CANCELLED the future is cancelled, with
 * any other it has failed.
 *
 * Returns: %TRUE if this resolved the future; %FALSE if it had resolved before
 *
 * Since: 1.0
 */
gboolean
cfut_promise_reject (CfutPromise  *self,
                     const GError *error)
{
  g_return_val_if_fail (CFUT_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (error != NULL, FALSE);

  if (!cfut_state_claim (&self->shared->state))
    return FALSE;

  cfut_state_publish_error (&self->shared->state, g_error_copy (error));

  return TRUE;
}
