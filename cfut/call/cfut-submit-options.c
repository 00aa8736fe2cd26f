/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-submit-options.h"

/**
 * CfutSubmitOptions:
 *
 * How a call is to be run: priority, time limits, retries.
 *
 * ```c
 * g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
 *
 * cfut_submit_options_set_timeout (options, 2 * G_USEC_PER_SEC);
 * cfut_submit_options_set_retries (options, 3);
 * future = cfut_executor_submit_full (executor, "pi", arguments, options, &error);
 * ```
 *
 * One set of options may be used for many submits. Executors copy what they
 * need, so changing it later does not touch calls that were submitted. Do not
 * change it in one thread while another uses it.
 *
 * Since: 1.0
 */
struct _CfutSubmitOptions
{
  int priority;
  guint retries;
  gint64 timeout;
  gint64 deadline;
  char *name;                /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) (nullable) */
};

G_DEFINE_BOXED_TYPE (CfutSubmitOptions, cfut_submit_options,
                     cfut_submit_options_copy, cfut_submit_options_free)

/**
 * cfut_submit_options_new:
 *
 * Creates options with the default of each.
 *
 * Returns: (transfer full): new options
 *
 * Since: 1.0
 */
CfutSubmitOptions *
cfut_submit_options_new (void)
{
  CfutSubmitOptions *self = g_new0 (CfutSubmitOptions, 1);

  self->timeout = CFUT_WAIT_FOREVER;
  self->deadline = CFUT_WAIT_FOREVER;

  return self;
}

/**
 * cfut_submit_options_copy:
 * @self: options
 *
 * Copies options. The copy has the same cancellable.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
CfutSubmitOptions *
cfut_submit_options_copy (const CfutSubmitOptions *self)
{
  CfutSubmitOptions *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (CfutSubmitOptions, 1);
  *copy = *self;
  copy->name = g_strdup (self->name);
  if (copy->cancellable != NULL)
    g_object_ref (copy->cancellable);

  return copy;
}

/**
 * cfut_submit_options_free:
 * @self: (transfer full): options
 *
 * Frees options.
 *
 * Since: 1.0
 */
void
cfut_submit_options_free (CfutSubmitOptions *self)
{
  g_return_if_fail (self != NULL);

  g_clear_object (&self->cancellable);
  g_free (self->name);
  g_free (self);
}

/**
 * cfut_submit_options_set_priority:
 * @self: options
 * @priority: a priority as that of a [struct@GLib.Source]: lower is more urgent
 *
 * Sets how urgent the call is among those that wait in the queue.
 *
 * Calls of one priority start in the order of their submits. The default is
 * [const@GLib.PRIORITY_DEFAULT], 0.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_priority (CfutSubmitOptions *self,
                                  int                priority)
{
  g_return_if_fail (self != NULL);

  self->priority = priority;
}

/**
 * cfut_submit_options_get_priority:
 * @self: options
 *
 * Gets how urgent the call is.
 *
 * Returns: the priority: lower is more urgent
 *
 * Since: 1.0
 */
int
cfut_submit_options_get_priority (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->priority;
}

/**
 * cfut_submit_options_set_timeout:
 * @self: options
 * @timeout_us: microseconds, or %CFUT_WAIT_FOREVER for no limit
 *
 * Sets how long the call may run, from its start.
 *
 * When the time is over the future fails with %G_IO_ERROR_TIMED_OUT and the
 * call's cancellable is triggered. In a worker process, a call that does not
 * react is ended by killing the process after a grace. A retry starts the time
 * anew. The default is no limit.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_timeout (CfutSubmitOptions *self,
                                 gint64             timeout_us)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (timeout_us >= -1);

  self->timeout = timeout_us;
}

/**
 * cfut_submit_options_get_timeout:
 * @self: options
 *
 * Gets how long the call may run, from its start.
 *
 * Returns: microseconds, or -1 for no limit
 *
 * Since: 1.0
 */
gint64
cfut_submit_options_get_timeout (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, CFUT_WAIT_FOREVER);

  return self->timeout;
}

/**
 * cfut_submit_options_set_deadline:
 * @self: options
 * @deadline_us: microseconds, or %CFUT_WAIT_FOREVER for no limit
 *
 * Sets how long the call may take in all, from its submit: waiting for room in
 * the queue and in the queue, running, and retries.
 *
 * What happens when the time is over is as for
 * [method@Cfut.SubmitOptions.set_timeout]; a call that has not started then
 * never does. The default is no limit.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_deadline (CfutSubmitOptions *self,
                                  gint64             deadline_us)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (deadline_us >= -1);

  self->deadline = deadline_us;
}

/**
 * cfut_submit_options_get_deadline:
 * @self: options
 *
 * Gets how long the call may take in all, from its submit.
 *
 * Returns: microseconds, or -1 for no limit
 *
 * Since: 1.0
 */
gint64
cfut_submit_options_get_deadline (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, CFUT_WAIT_FOREVER);

  return self->deadline;
}

/**
 * cfut_submit_options_set_retries:
 * @self: options
 * @retries: how often, or %CFUT_RETRY_FOREVER
 *
 * Sets how often the call may be started again after a worker died while it
 * ran the call.
 *
 * Allow this only for a call that may run more than once without harm. A call
 * that returns an error is not retried: it has been answered. Nor is one that
 * was cancelled or timed out. A retry goes to the end of the queue of its
 * priority. Only worker processes die, so this means nothing to other executors.
 * A call that kills every worker ends after that many deaths and one; with
 * %CFUT_RETRY_FOREVER it ends with its executor, which is broken when too many
 * workers in a row have come to nothing.
 * The default is 0.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_retries (CfutSubmitOptions *self,
                                 guint              retries)
{
  g_return_if_fail (self != NULL);

  self->retries = retries;
}

/**
 * cfut_submit_options_get_retries:
 * @self: options
 *
 * Gets how often the call may be started again after a worker died.
 *
 * Returns: how often, or %CFUT_RETRY_FOREVER
 *
 * Since: 1.0
 */
guint
cfut_submit_options_get_retries (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->retries;
}

/**
 * cfut_submit_options_set_name:
 * @self: options
 * @name: (nullable): a name
 *
 * Sets a name for the call, for logs, lists and error messages.
 *
 * Without one, the function's name is shown.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_name (CfutSubmitOptions *self,
                              const char        *name)
{
  char *copy;

  g_return_if_fail (self != NULL);
  g_return_if_fail (name == NULL || g_utf8_validate (name, -1, NULL));

  copy = g_strdup (name);
  g_free (self->name);
  self->name = copy;
}

/**
 * cfut_submit_options_get_name:
 * @self: options
 *
 * Gets the name of the call.
 *
 * Returns: (transfer none) (nullable): the name, or %NULL if it has none of its
 *   own
 *
 * Since: 1.0
 */
const char *
cfut_submit_options_get_name (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * cfut_submit_options_set_cancellable:
 * @self: options
 * @cancellable: (nullable): a cancellable
 *
 * Sets what cancels the call, as [method@Cfut.Future.cancel] would.
 *
 * One cancellable may cancel any number of calls.
 *
 * Since: 1.0
 */
void
cfut_submit_options_set_cancellable (CfutSubmitOptions *self,
                                     GCancellable      *cancellable)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_set_object (&self->cancellable, cancellable);
}

/**
 * cfut_submit_options_get_cancellable:
 * @self: options
 *
 * Gets what cancels the call.
 *
 * Returns: (transfer none) (nullable): the cancellable
 *
 * Since: 1.0
 */
GCancellable *
cfut_submit_options_get_cancellable (const CfutSubmitOptions *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->cancellable;
}
