/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-call-private.h"

#include "cfut-error-private.h"
#include "cfut-unit-private.h"

/**
 * CfutCall:
 *
 * A call as seen by the function that runs it.
 *
 * A [callback@Cfut.Func] gets one as its first argument. It tells what to do
 * ([method@Cfut.Call.get_arguments]) and when to stop
 * ([method@Cfut.Call.get_cancellable], [method@Cfut.Call.get_deadline]), and
 * takes reports on the way ([method@Cfut.Call.set_progress]), which the
 * submitter sees as [property@Cfut.Future:progress].
 *
 * ```c
 * static GVariant *
 * count (CfutCall *call, GVariant *arguments, gpointer user_data, GError **error)
 * {
 *   GCancellable *cancellable = cfut_call_get_cancellable (call);
 *
 *   for (int i = 0; i < 100; i++)
 *     {
 *       if (g_cancellable_set_error_if_cancelled (cancellable, error))
 *         return NULL;
 *
 *       do_a_part (i);
 *       cfut_call_set_progress (call, i / 100.0, NULL);
 *     }
 *
 *   return g_variant_new_boolean (TRUE);
 * }
 * ```
 *
 * All methods may be called from any thread. A function may keep a reference
 * longer than it runs; progress that is reported after its end is ignored.
 *
 * Since: 1.0
 */
struct _CfutCall
{
  GObject parent_instance;

  /* Set when the call is made, never changed; read from any thread. */
  const char *function; /* (unowned) outlives the call */
  gint64 deadline;
  guint attempt;
  CfutCallProgressFunc progress;

  /* Changed only between the items of a chunk, by the thread that runs them. */
  GVariant *arguments; /* (owned) */

  gboolean cancelled; /* atomic; changed with @lock held while anybody may cancel */

  GMutex lock;
  GCond reported_cond; /* signalled with @lock held */

  /* All below: protected by @lock. */
  GCancellable *cancellable; /* (owned) (nullable) once set, stays */
  gpointer target;           /* (unowned) */
  GError *failure;           /* (owned) (nullable) */
  gboolean ended;
  guint n_reporting;         /* threads that are inside @progress */
};

G_DEFINE_FINAL_TYPE (CfutCall, cfut_call, G_TYPE_OBJECT)

static void
cfut_call_finalize (GObject *object)
{
  CfutCall *self = CFUT_CALL (object);

  g_clear_pointer (&self->arguments, cfut_variant_unref);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->failure);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->reported_cond);

  G_OBJECT_CLASS (cfut_call_parent_class)->finalize (object);
}

static void
cfut_call_class_init (CfutCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = cfut_call_finalize;
}

static void
cfut_call_init (CfutCall *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->reported_cond);
  self->deadline = -1;
  self->attempt = 1;
}

/* No properties: a call is made for every call, and each construct property
 * would cost as much as a third of the object.
 * Runs in: any thread. Locks: none. */
CfutCall *
cfut_call_new (const char           *function,
               GVariant             *arguments,
               gint64                deadline,
               guint                 attempt,
               CfutCallProgressFunc  progress,
               gpointer              target)
{
  return cfut_call_renew (NULL, function, arguments, deadline, attempt, progress, target);
}

/* Runs in: any thread. Locks: none. */
CfutCall *
cfut_call_renew (CfutCall             *spare,
                 const char           *function,
                 GVariant             *arguments,
                 gint64                deadline,
                 guint                 attempt,
                 CfutCallProgressFunc  progress,
                 gpointer              target)
{
  CfutCall *self = spare != NULL ? spare : g_object_new (CFUT_TYPE_CALL, NULL);

  self->function = function;
  self->arguments = arguments != NULL ? cfut_variant_ref_sink (arguments) : NULL;
  self->deadline = deadline;
  self->attempt = attempt;
  self->progress = progress;
  self->target = target;
  g_atomic_int_set (&self->cancelled, FALSE);
  self->ended = FALSE;

  return self;
}

/* Weak pointers and references, the wrapper of a language binding, and whatever
 * else somebody may have tied to an object, are in its data. */
CfutCall *
cfut_call_recycle (CfutCall *self)
{
  GObject *object = G_OBJECT (self);
  GCancellable *cancellable;
  GError *failure;

  g_assert (self->ended);

  if (g_atomic_int_get (&object->ref_count) > 1 || g_atomic_pointer_get (&object->qdata) != NULL)
    {
      g_object_unref (self);
      return NULL;
    }

  /* Whoever has cancelled it looked at this. */
  g_mutex_lock (&self->lock);
  cancellable = g_steal_pointer (&self->cancellable);
  failure = g_steal_pointer (&self->failure);
  g_mutex_unlock (&self->lock);
  g_clear_object (&cancellable);
  g_clear_error (&failure);
  g_clear_pointer (&self->arguments, cfut_variant_unref);

  return self;
}

/**
 * cfut_call_get_arguments:
 * @self: a call
 *
 * Gets the arguments of the call.
 *
 * Returns: (transfer none) (nullable): the arguments; %NULL only for a call
 *   that no registered function runs, as that of a closure
 *
 * Since: 1.0
 */
GVariant *
cfut_call_get_arguments (CfutCall *self)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), NULL);

  return self->arguments;
}

/**
 * cfut_call_get_data:
 * @self: a call
 * @length: (out): the number of bytes, 0 if there are none
 *
 * Gets the bytes that are the arguments of the call.
 *
 * Arguments that are bytes have the type `ay`; those of any other type are got
 * with [method@Cfut.Call.get_arguments]. The bytes are not copied.
 *
 * Returns: (transfer none) (array length=length) (nullable): the bytes, which are
 *   valid until the call is answered; %NULL if the arguments are of another type,
 *   or no bytes at all
 *
 * Since: 1.0
 */
const guint8 *
cfut_call_get_data (CfutCall *self,
                    gsize    *length)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);

  *length = 0;
  if (self->arguments == NULL ||
      !g_variant_is_of_type (self->arguments, G_VARIANT_TYPE_BYTESTRING))
    return NULL;

  return g_variant_get_fixed_array (self->arguments, length, 1);
}

/**
 * cfut_call_get_cancellable:
 * @self: a call
 *
 * Gets the cancellable that is triggered when the call should stop: when it was
 * cancelled or its time is over.
 *
 * Pass it to the functions of GIO, or ask it now and then in a long loop. A
 * call that does not stop is left alone on a thread; in a worker process it is
 * ended by killing the process after a grace.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 1.0
 */
GCancellable *
cfut_call_get_cancellable (CfutCall *self)
{
  GCancellable *cancellable;

  g_return_val_if_fail (CFUT_IS_CALL (self), NULL);

  g_mutex_lock (&self->lock);
  if (self->cancellable == NULL)
    {
      self->cancellable = g_cancellable_new ();
      /* Nobody else has seen it, so this calls nobody. */
      if (g_atomic_int_get (&self->cancelled))
        g_cancellable_cancel (self->cancellable);
    }
  cancellable = self->cancellable;
  g_mutex_unlock (&self->lock);

  return cancellable;
}

/**
 * cfut_call_is_cancelled:
 * @self: a call
 *
 * Whether the call should stop.
 *
 * This is what [method@Cfut.Call.get_cancellable] tells, for those who only look
 * now and then.
 *
 * Returns: %TRUE if the call was cancelled or its time is over
 *
 * Since: 1.0
 */
gboolean
cfut_call_is_cancelled (CfutCall *self)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), FALSE);

  return g_atomic_int_get (&self->cancelled);
}

/**
 * cfut_call_set_progress:
 * @self: a call
 * @fraction: how much is done, from 0 to 1, or -1 if that is not known
 * @message: (nullable): what is being done, for the user to read
 *
 * Reports progress to the submitter.
 *
 * It is cheap enough to call often: reports are merged, and only the newest is
 * delivered. Values outside the range are moved into it. @message is UTF-8; from
 * a worker process no more than its first 1024 bytes arrive, and no more than
 * one report in 50 ms.
 *
 * Since: 1.0
 */
void
cfut_call_set_progress (CfutCall   *self,
                        double      fraction,
                        const char *message)
{
  gpointer target;

  g_return_if_fail (CFUT_IS_CALL (self));
  g_return_if_fail (message == NULL || g_utf8_validate (message, -1, NULL));

  /* Written so that not-a-number is unknown as well. */
  if (!(fraction >= 0.0))
    fraction = -1.0;
  else if (fraction > 1.0)
    fraction = 1.0;

  g_mutex_lock (&self->lock);
  if (self->ended || self->progress == NULL)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  target = self->target;
  self->n_reporting++;
  g_mutex_unlock (&self->lock);

  self->progress (target, fraction, message);

  g_mutex_lock (&self->lock);
  self->n_reporting--;
  if (self->ended && self->n_reporting == 0)
    g_cond_signal (&self->reported_cond);
  g_mutex_unlock (&self->lock);
}

/**
 * cfut_call_get_deadline:
 * @self: a call
 *
 * Gets the time at which the call's time is over.
 *
 * It is the earlier of the submit's time-out and deadline. The cancellable is
 * triggered then; a function that can judge how long its next step takes need
 * not wait for that.
 *
 * Returns: a time in microseconds on the clock of [func@GLib.get_monotonic_time],
 *   or -1 if there is none
 *
 * Since: 1.0
 */
gint64
cfut_call_get_deadline (CfutCall *self)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), -1);

  return self->deadline;
}

/**
 * cfut_call_get_function:
 * @self: a call
 *
 * Gets the name under which the function was called.
 *
 * Returns: (transfer none) (nullable): the name; %NULL for a closure
 *
 * Since: 1.0
 */
const char *
cfut_call_get_function (CfutCall *self)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), NULL);

  return self->function;
}

/**
 * cfut_call_get_attempt:
 * @self: a call
 *
 * Gets how often the call was started, this time included.
 *
 * More than 1 means that a worker died while it ran the call, and that
 * [method@Cfut.SubmitOptions.set_retries] allows another attempt.
 *
 * Returns: the number of the attempt, from 1
 *
 * Since: 1.0
 */
guint
cfut_call_get_attempt (CfutCall *self)
{
  g_return_val_if_fail (CFUT_IS_CALL (self), 0);

  return self->attempt;
}

void
cfut_call_cancel (CfutCall *self)
{
  g_autoptr(GCancellable) cancellable = NULL;

  g_assert (CFUT_IS_CALL (self));

  g_mutex_lock (&self->lock);
  g_atomic_int_set (&self->cancelled, TRUE);
  g_set_object (&cancellable, self->cancellable);
  g_mutex_unlock (&self->lock);

  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
}

gboolean
cfut_call_set_error_if_cancelled (CfutCall  *self,
                                  GError   **error)
{
  gboolean cancelled = cfut_call_is_cancelled (self);

  if (cancelled)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                 "Call \"%s\" was cancelled", self->function);

  return cancelled;
}

void
cfut_call_set_arguments (CfutCall *self,
                         GVariant *arguments)
{
  cfut_variant_ref_sink (arguments);
  cfut_variant_unref (self->arguments);
  self->arguments = arguments;
}

void
cfut_call_end (CfutCall *self)
{
  g_assert (CFUT_IS_CALL (self));

  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  while (self->n_reporting > 0)
    g_cond_wait (&self->reported_cond, &self->lock);
  self->target = NULL;
  g_mutex_unlock (&self->lock);
}

/**
 * cfut_call_fail:
 * @self: a call
 * @name: the name of an exception, `ZeroDivisionError` for example
 * @message: (nullable): what it says
 * @traceback: (nullable): where it came from, as the language formats it
 *
 * Has the call of a closure fail with an exception of its language.
 *
 * A closure has no #GError to set. One that has called this has failed with
 * %CFUT_ERROR_REMOTE when it returns, and what it returns is the exception
 * itself, for [method@Cfut.Future.get_remote_value]. It is for
 * [method@Cfut.ThreadExecutor.submit_closure]; functions that are registered have
 * an error to set, and with them this has no effect.
 *
 * Since: 1.0
 */
void
cfut_call_fail (CfutCall   *self,
                const char *name,
                const char *message,
                const char *traceback)
{
  GError *failure, *old;

  g_return_if_fail (CFUT_IS_CALL (self));
  g_return_if_fail (name != NULL && name[0] != '\0');

  failure = cfut_error_new_remote (name, message, traceback, NULL);

  g_mutex_lock (&self->lock);
  old = self->failure;
  self->failure = failure;
  g_mutex_unlock (&self->lock);

  g_clear_error (&old);
}

GError *
cfut_call_steal_failure (CfutCall *self)
{
  GError *failure;

  g_mutex_lock (&self->lock);
  failure = g_steal_pointer (&self->failure);
  g_mutex_unlock (&self->lock);

  return failure;
}
