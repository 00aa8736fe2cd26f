/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error.h"
#include "future/cfut-future-private.h"
#include "future/cfut-wait-private.h"

/**
 * CfutFuture:
 *
 * The result of a call that may not have ended yet.
 *
 * A future comes from [method@Cfut.Executor.submit], from a
 * [class@Cfut.Promise], or from other futures, as with [func@Cfut.Future.all].
 * It resolves once: it is then done and has a result, or it has failed or was
 * cancelled and has an error. There are three ways to get at it.
 *
 * - *In a program with a main loop*, [method@Cfut.Future.result_async] or
 *   [method@Cfut.Future.add_done_callback]; a binding may make the future
 *   awaitable on top of them. Nothing blocks.
 * - *Without a main loop*, or on a thread of your own,
 *   [method@Cfut.Future.dup_result], which waits with a time-out.
 * - *In a user interface*, the properties: [property@Cfut.Future:state],
 *   [property@Cfut.Future:progress] and [property@Cfut.Future:progress-message]
 *   may be bound to widgets.
 *
 * ```c
 * g_autoptr(CfutFuture) future = cfut_executor_submit (executor, "pi", g_variant_new ("(x)", n), NULL, &error);
 *
 * if (future == NULL)
 *   return FALSE;
 *
 * g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
 * ```
 *
 * All methods may be called from any thread. Callbacks, `notify` and destroy
 * notifies come in the *home context* of the future: the thread-default main
 * context of the thread that made it. They never come from within a call of
 * one of these methods, and no lock is held while they run, so a callback may
 * call anything. `notify` is coalesced: one emission in an iteration of the
 * main loop may stand for several changes.
 *
 * A future whose error nobody ever looked at warns when it goes away.
 * What counts as a look is every function that gets the outcome, reading
 * the final state, handing the future to a combinator, and
 * [method@Cfut.Future.cancel].
 *
 * Like `concurrent.futures.Future`, except that it cannot be resolved (that is
 * what [class@Cfut.Promise] is for), that running calls can be cancelled, and
 * that it tells its progress.
 *
 * Since: 1.0
 */
struct _CfutFuture
{
  GObject parent_instance;

  CfutState *state; /* (owned) set once, at construction */
};

typedef enum
{
  PROP_STATE = 1,
  PROP_PROGRESS,
  PROP_PROGRESS_MESSAGE,
  PROP_NAME,
  PROP_EXECUTOR,
} CfutFutureProperty;

G_DEFINE_ENUM_TYPE (CfutFutureState, cfut_future_state,
                    G_DEFINE_ENUM_VALUE (CFUT_FUTURE_STATE_PENDING, "pending"),
                    G_DEFINE_ENUM_VALUE (CFUT_FUTURE_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (CFUT_FUTURE_STATE_DONE, "done"),
                    G_DEFINE_ENUM_VALUE (CFUT_FUTURE_STATE_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (CFUT_FUTURE_STATE_CANCELLED, "cancelled"))

G_DEFINE_FINAL_TYPE (CfutFuture, cfut_future, G_TYPE_OBJECT)

static GParamSpec *properties[PROP_EXECUTOR + 1];

/* For as many futures as there are calls: casts that look up the type are left out here. */
static void
cfut_future_dispose (GObject *object)
{
  CfutFuture *self = (CfutFuture *) object;

  if (self->state != NULL)
    cfut_state_forget_future (self->state, self);

  /* What GObject's dispose does g_object_unref() does as well, right after this, when
   * it has dropped the last reference: it is a fifth of what an object takes. */
  if (g_atomic_int_get (&object->ref_count) > 1)
    ((GObjectClass *) cfut_future_parent_class)->dispose (object);
}

static void
cfut_future_finalize (GObject *object)
{
  CfutFuture *self = (CfutFuture *) object;

  g_clear_pointer (&self->state, cfut_state_unref);

  ((GObjectClass *) cfut_future_parent_class)->finalize (object);
}

static void
cfut_future_get_property (GObject    *object,
                          guint       property_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  CfutFuture *self = CFUT_FUTURE (object);

  switch ((CfutFutureProperty) property_id)
    {
    case PROP_STATE:
      g_value_set_enum (value, cfut_future_get_state (self));
      break;

    case PROP_PROGRESS:
      g_value_set_double (value, cfut_future_get_progress (self));
      break;

    case PROP_PROGRESS_MESSAGE:
      g_value_take_string (value, cfut_future_dup_progress_message (self));
      break;

    case PROP_NAME:
      g_value_take_string (value, cfut_future_dup_name (self));
      break;

    case PROP_EXECUTOR:
      g_value_take_object (value, cfut_future_dup_executor (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
cfut_future_class_init (CfutFutureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = cfut_future_dispose;
  object_class->finalize = cfut_future_finalize;
  object_class->get_property = cfut_future_get_property;

  cfut_future_learn_listeners ();

  /**
   * CfutFuture:state: (getter get_state)
   *
   * Where the call is.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL,
                       CFUT_TYPE_FUTURE_STATE, CFUT_FUTURE_STATE_PENDING, flags);

  /**
   * CfutFuture:progress: (getter get_progress)
   *
   * How much of the call is done, from 0 to 1; -1 while that is unknown.
   *
   * Since: 1.0
   */
  properties[PROP_PROGRESS] =
    g_param_spec_double ("progress", NULL, NULL, -1, 1, -1, flags);

  /**
   * CfutFuture:progress-message: (getter dup_progress_message)
   *
   * What the call is doing, in words for a user, if it has told.
   *
   * Since: 1.0
   */
  properties[PROP_PROGRESS_MESSAGE] =
    g_param_spec_string ("progress-message", NULL, NULL, NULL, flags);

  /**
   * CfutFuture:name: (getter dup_name)
   *
   * What the call is called, for people: the name given at submit, or that of
   * the function.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL, flags);

  /**
   * CfutFuture:executor: (getter dup_executor)
   *
   * The [class@Cfut.Executor] the call was submitted to, if it was and is still
   * there.
   *
   * Since: 1.0
   */
  properties[PROP_EXECUTOR] =
    g_param_spec_object ("executor", NULL, NULL, G_TYPE_OBJECT, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cfut_future_init (CfutFuture *self)
{
}

CfutFuture *
cfut_future_new_for_state (CfutState *state)
{
  return cfut_future_new_taking_state (cfut_state_ref (state));
}

CfutFuture *
cfut_future_new_taking_state (CfutState *state)
{
  CfutFuture *self = g_object_new (CFUT_TYPE_FUTURE, NULL);

  g_assert (state->future == NULL);
  self->state = state;
  g_atomic_pointer_set (&state->future, self);

  return self;
}

/* Runs in: any thread. Locks: takes the state's. */
CfutFuture *
cfut_future_dup_for_state (CfutState *state)
{
  CfutFuture *self = cfut_state_dup_future (state);
  gboolean is_first;

  if (self != NULL)
    return self;

  self = g_object_new (CFUT_TYPE_FUTURE, NULL);
  self->state = cfut_state_ref (state);

  cfut_state_lock (state);
  is_first = state->future == NULL;
  if (is_first)
    g_atomic_pointer_set (&state->future, self);
  cfut_state_unlock (state);

  if (is_first)
    return self;

  /* Another thread was faster: this one was never that of the state. */
  g_clear_pointer (&self->state, cfut_state_unref);
  g_object_unref (self);

  return cfut_future_dup_for_state (state);
}

typedef struct
{
  CfutState state;
  CfutOrigin origin;
} CfutOrphan;

static gboolean
orphan_cancel (CfutState *state)
{
  return FALSE;
}

static void
orphan_finalize (CfutState *state)
{
  CfutOrphan *self = (CfutOrphan *) state;

  cfut_origin_clear (&self->origin);
  g_free (self);
}

/* The state of a future that came from g_object_new(), which cannot be kept
 * from a program in another language. Runs in: any thread. Locks: none. */
static CfutState *
orphan_state_new (void)
{
  static const CfutStateClass klass = {
    .cancel = orphan_cancel,
    .finalize = orphan_finalize,
  };
  CfutOrphan *self = g_new0 (CfutOrphan, 1);

  cfut_origin_init (&self->origin, &klass);
  cfut_state_init (&self->state, &self->origin, 0);
  cfut_state_set_observed (&self->state);
  cfut_state_claim (&self->state);
  cfut_state_publish_error (&self->state,
                            g_error_new (CFUT_ERROR, CFUT_ERROR_BROKEN,
                                         "Nobody can resolve this future: it was "
                                         "made directly, not by an executor or a "
                                         "promise"));

  return &self->state;
}

CfutState *
cfut_future_get_cfut_state (CfutFuture *self)
{
  CfutState *state = g_atomic_pointer_get (&self->state);

  if (G_LIKELY (state != NULL))
    return state;

  state = orphan_state_new ();
  if (!g_atomic_pointer_compare_and_exchange (&self->state, NULL, state))
    cfut_state_unref (state);

  return self->state;
}

void
cfut_future_notify (CfutFuture      *self,
                    CfutNotifyFlags  flags)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (flags & CFUT_NOTIFY_STATE)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  if (flags & CFUT_NOTIFY_PROGRESS)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
  if (flags & CFUT_NOTIFY_PROGRESS_MESSAGE)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS_MESSAGE]);
  g_object_thaw_notify (G_OBJECT (self));
}

/**
 * cfut_future_get_state: (get-property state)
 * @self: a future
 *
 * Gets where the call is.
 *
 * May be called from any thread. The answer may be old when it arrives, unless
 * it is final.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
CfutFutureState
cfut_future_get_state (CfutFuture *self)
{
  CfutState *state;
  CfutFutureState phase;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), CFUT_FUTURE_STATE_PENDING);

  state = cfut_future_get_cfut_state (self);
  phase = cfut_state_get_phase (state);
  if (phase >= CFUT_FUTURE_STATE_DONE)
    cfut_state_set_observed (state);

  return phase;
}

/**
 * cfut_future_is_done:
 * @self: a future
 *
 * Whether the future has resolved: it is done, has failed or was cancelled.
 *
 * Unlike [method@Cfut.Future.get_state], this does not count as a look at the
 * outcome. May be called from any thread.
 *
 * Like `concurrent.futures.Future.done()`.
 *
 * Returns: %TRUE if the state is final
 *
 * Since: 1.0
 */
gboolean
cfut_future_is_done (CfutFuture *self)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), FALSE);

  return cfut_state_is_final (cfut_future_get_cfut_state (self));
}

/**
 * cfut_future_get_progress: (get-property progress)
 * @self: a future
 *
 * Gets how much of the call is done, as the call itself says.
 *
 * May be called from any thread.
 *
 * Returns: a fraction from 0 to 1, or -1 while it is unknown
 *
 * Since: 1.0
 */
double
cfut_future_get_progress (CfutFuture *self)
{
  g_return_val_if_fail (CFUT_IS_FUTURE (self), -1);

  return cfut_state_get_progress (cfut_future_get_cfut_state (self), NULL);
}

/**
 * cfut_future_dup_progress_message: (get-property progress-message)
 * @self: a future
 *
 * Gets what the call is doing, in words for a user, as the call itself says.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL if there is none
 *
 * Since: 1.0
 */
char *
cfut_future_dup_progress_message (CfutFuture *self)
{
  char *message;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  cfut_state_get_progress (cfut_future_get_cfut_state (self), &message);

  return message;
}

/**
 * cfut_future_dup_name: (get-property name)
 * @self: a future
 *
 * Gets what the call is called, for people: the name given at submit, or that
 * of the function.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the name, or %NULL if there is none
 *
 * Since: 1.0
 */
char *
cfut_future_dup_name (CfutFuture *self)
{
  CfutState *state;
  const CfutStateClass *klass;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  state = cfut_future_get_cfut_state (self);
  klass = cfut_state_get_class (state);

  return klass->dup_name != NULL ? klass->dup_name (state) : NULL;
}

/**
 * cfut_future_get_function:
 * @self: a future
 *
 * Gets the name of the function that the call is of.
 *
 * Unlike [method@Cfut.Future.dup_name] it is not for people: bindings tell by it
 * who wrote the bytes of a result.
 *
 * Returns: (transfer none) (nullable): the name that the function was submitted
 *   by; %NULL if the future is not that of a call, or the call is of a closure
 *
 * Since: 1.0
 */
const char *
cfut_future_get_function (CfutFuture *self)
{
  CfutState *state;
  const CfutStateClass *klass;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  state = cfut_future_get_cfut_state (self);
  klass = cfut_state_get_class (state);

  return klass->get_function != NULL ? klass->get_function (state) : NULL;
}

/**
 * cfut_future_dup_executor: (get-property executor)
 * @self: a future
 *
 * Gets the [class@Cfut.Executor] the call was submitted to.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the executor, or %NULL if there is none
 *   or it is gone
 *
 * Since: 1.0
 */
GObject *
cfut_future_dup_executor (CfutFuture *self)
{
  CfutState *state;
  const CfutStateClass *klass;

  g_return_val_if_fail (CFUT_IS_FUTURE (self), NULL);

  state = cfut_future_get_cfut_state (self);

  klass = cfut_state_get_class (state);

  return klass->dup_executor != NULL ? klass->dup_executor (state) : NULL;
}
