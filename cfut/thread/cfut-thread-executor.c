/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-executor-private.h"

#include "call/cfut-call-private.h"
#include "cfut-error-private.h"
#include "cfut-gjs-private.h"
#include "executor/cfut-cpus-private.h"
#include "executor/cfut-executor-private.h"
#include "future/cfut-delivery-private.h"

/**
 * CfutThreadExecutor:
 *
 * Runs calls on threads.
 *
 * It is for calls that wait: for files, for the network, for other programs.
 * Its threads share the memory of the program, so it also takes closures
 * ([method@Cfut.ThreadExecutor.submit_func]), whose results may be of any type.
 *
 * Threads are those of a [struct@GLib.ThreadPool]. They are started when calls
 * come and none is idle, up to [property@Cfut.Executor:max-workers], and leave
 * when they had nothing to do for [property@Cfut.ThreadExecutor:idle-timeout]:
 * back to GLib, which keeps them for others to use, or ends them.
 *
 * A call that waits for the future of another call of the same executor, which
 * is still queued, runs that other call itself; so calls may submit to their own
 * executor and wait, even if it has one thread only. Such a wait may take
 * longer than its time-out, since it cannot return before the call it runs.
 *
 * A running call is cancelled through its cancellable
 * ([method@Cfut.Call.get_cancellable]); a thread cannot be killed.
 *
 * Like Python's `concurrent.futures.ThreadPoolExecutor`.
 *
 * Since: 1.0
 */
G_DEFINE_FINAL_TYPE (CfutThreadExecutor, cfut_thread_executor, CFUT_TYPE_EXECUTOR)

typedef enum
{
  PROP_IDLE_TIMEOUT = 1,
} CfutThreadExecutorProperty;

static GParamSpec *properties[PROP_IDLE_TIMEOUT + 1];

static void
cfut_thread_executor_constructed (GObject *object)
{
  CfutThreadExecutor *self = CFUT_THREAD_EXECUTOR (object);
  CfutPool *pool = cfut_executor_get_pool (CFUT_EXECUTOR (self));
  g_autoptr(GError) error = NULL;

  G_OBJECT_CLASS (cfut_thread_executor_parent_class)->constructed (object);

  if (pool->max_workers == 0)
    pool->max_workers = MIN (cfut_cpus_get_usable () + 4, 32);
  self->carrier = cfut_thread_carrier_new (pool, &error);
  cfut_pool_set_carrier (pool, &cfut_thread_carrier_class, self->carrier);
  cfut_pool_set_small_from (pool, CFUT_DEFAULT_MAX_PENDING);
}

static void
cfut_thread_executor_get_property (GObject    *object,
                                   guint       prop_id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  CfutThreadExecutor *self = CFUT_THREAD_EXECUTOR (object);

  switch ((CfutThreadExecutorProperty) prop_id)
    {
    case PROP_IDLE_TIMEOUT:
      g_value_set_int64 (value, cfut_thread_executor_get_idle_timeout (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_thread_executor_set_property (GObject      *object,
                                   guint         prop_id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  CfutThreadExecutor *self = CFUT_THREAD_EXECUTOR (object);

  switch ((CfutThreadExecutorProperty) prop_id)
    {
    case PROP_IDLE_TIMEOUT:
      cfut_thread_executor_set_idle_timeout (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cfut_thread_executor_class_init (CfutThreadExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = cfut_thread_executor_constructed;
  object_class->get_property = cfut_thread_executor_get_property;
  object_class->set_property = cfut_thread_executor_set_property;

  /**
   * CfutThreadExecutor:idle-timeout: (getter get_idle_timeout) (setter set_idle_timeout)
   *
   * How long a thread waits for a call before it leaves, in microseconds; -1
   * for ever. 15 seconds by default.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT] =
    g_param_spec_int64 ("idle-timeout", NULL, NULL, -1, G_MAXINT64,
                        CFUT_THREAD_IDLE_TIMEOUT_US,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cfut_thread_executor_init (CfutThreadExecutor *self)
{
}

/**
 * cfut_thread_executor_new:
 * @max_workers: how many calls may run at the same time; 0 for the default
 *
 * Creates an executor that runs calls on threads.
 *
 * No thread is started before the first call.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 1.0
 */
CfutExecutor *
cfut_thread_executor_new (guint max_workers)
{
  return g_object_new (CFUT_TYPE_THREAD_EXECUTOR, "max-workers", max_workers, NULL);
}

/**
 * cfut_thread_executor_get_idle_timeout: (get-property idle-timeout)
 * @self: a thread executor
 *
 * Gets how long a thread waits for a call before it leaves.
 *
 * Returns: a time in microseconds, or -1 for ever
 *
 * Since: 1.0
 */
gint64
cfut_thread_executor_get_idle_timeout (CfutThreadExecutor *self)
{
  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), -1);

  return cfut_thread_carrier_get_idle_timeout (self->carrier);
}

/**
 * cfut_thread_executor_set_idle_timeout: (set-property idle-timeout)
 * @self: a thread executor
 * @idle_timeout_us: a time in microseconds, or -1 for ever
 *
 * Sets how long a thread waits for a call before it leaves.
 *
 * It holds at once, for threads that are waiting, too.
 *
 * Since: 1.0
 */
void
cfut_thread_executor_set_idle_timeout (CfutThreadExecutor *self,
                                       gint64              idle_timeout_us)
{
  g_return_if_fail (CFUT_IS_THREAD_EXECUTOR (self));
  g_return_if_fail (idle_timeout_us >= -1);

  if (cfut_thread_carrier_get_idle_timeout (self->carrier) == idle_timeout_us)
    return;

  cfut_thread_carrier_set_idle_timeout (self->carrier, idle_timeout_us);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDLE_TIMEOUT]);
}

/**
 * cfut_thread_executor_set_initializer:
 * @self: a thread executor
 * @function: (nullable): the name of a registered function
 * @arguments: (nullable): its arguments
 *
 * Sets a function that each thread runs before its first call.
 *
 * If it fails the executor is broken: every call fails with
 * %CFUT_ERROR_BROKEN and its reason. Call this before the first submit.
 *
 * It is a programming error if the function is not registered, or takes other
 * arguments. What it returns is dropped. It has no time limit, and nothing cancels
 * it.
 *
 * Since: 1.0
 */
void
cfut_thread_executor_set_initializer (CfutThreadExecutor *self,
                                      const char         *function,
                                      GVariant           *arguments)
{
  g_autoptr(GVariant) sunk = NULL;
  const CfutFunction *initializer = NULL;

  g_return_if_fail (CFUT_IS_THREAD_EXECUTOR (self));

  if (arguments == NULL)
    arguments = g_variant_new_tuple (NULL, 0);
  sunk = g_variant_ref_sink (arguments);

  if (function != NULL)
    {
      initializer = cfut_function_lookup (function);
      g_return_if_fail (initializer != NULL);
      g_return_if_fail (cfut_function_check_arguments (initializer, sunk, NULL));
    }

  cfut_thread_carrier_set_initializer (self->carrier, initializer, sunk);
}

/* ---- Closures. */

/* Takes a closure that is to run on a thread, or refuses it. */
static gboolean
take_closure (GClosure  *closure,
              GError   **error)
{
  g_closure_ref (closure);
  g_closure_sink (closure);
  /* GJS enters JavaScript from whichever thread invokes its closures, and crashes
   * or hangs. */
  if (cfut_gjs_owns_closure (closure))
    {
      g_closure_unref (closure);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "JavaScript functions cannot run in other threads; use Cfut.ProcessExecutor");
      return FALSE;
    }
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);

  return TRUE;
}

/**
 * cfut_thread_executor_set_thread_closure:
 * @self: a thread executor
 * @closure: a closure that takes the number of its thread, a guint from 1, and
 *   returns %NULL, or as a string why the thread cannot be used
 * @error: return location for an error
 *
 * Sets what each thread runs around its calls.
 *
 * The closure prepares the thread, calls [func@Cfut.ThreadExecutor.serve], which
 * runs calls until the thread is to leave, and tidies up. It is for languages
 * that have something to keep for a thread: that of Python runs a loop of Python,
 * without which each call would make a state of the interpreter and drop it.
 * One that returns without having served is followed by the calls all the same. A
 * thread may run it several times, but not within itself.
 *
 * One that returns a string has broken the executor: every call fails with
 * %CFUT_ERROR_BROKEN and that reason.
 *
 * There is one closure for the life of the executor, to be set before the first
 * submit. It is released in the thread-default main context of the caller. As
 * with [method@Cfut.ThreadExecutor.submit_closure], one from GJS is refused with
 * %G_IO_ERROR_NOT_SUPPORTED; a second one with %G_IO_ERROR_EXISTS.
 *
 * Returns: %TRUE if it was set, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_thread_executor_set_thread_closure (CfutThreadExecutor  *self,
                                         GClosure            *closure,
                                         GError             **error)
{
  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), FALSE);
  g_return_val_if_fail (closure != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!take_closure (closure, error))
    return FALSE;

  if (!cfut_thread_carrier_take_closure (self->carrier, closure))
    {
      g_closure_unref (closure);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                           "The executor has a thread closure already");
      return FALSE;
    }

  return TRUE;
}

/**
 * cfut_thread_executor_serve:
 *
 * Runs calls in this thread, until it is to leave its executor.
 *
 * For a closure of [method@Cfut.ThreadExecutor.set_thread_closure]; anywhere else
 * it does nothing.
 *
 * Since: 1.0
 */
void
cfut_thread_executor_serve (void)
{
  cfut_thread_carrier_serve (NULL);
}

static gboolean
run_func (CfutWork  *work,
          CfutCall  *call,
          GValue    *result,
          GError   **error)
{
  CfutThreadFunc func = work->func;

  return func (call, result, work->data, error);
}

CfutFuture *
cfut_thread_executor_submit_work (CfutThreadExecutor *self,
                                  CfutWork           *work,
                                  CfutSubmitOptions  *options,
                                  CfutRoom            room,
                                  GError            **error)
{
  CfutPool *pool = cfut_executor_get_pool (CFUT_EXECUTOR (self));
  CfutJob *job = cfut_job_new (pool, NULL, work, NULL, 0, options);

  return cfut_executor_submit_job (CFUT_EXECUTOR (self), job, room, error);
}

/**
 * cfut_thread_executor_submit_func: (skip)
 * @self: a thread executor
 * @func: the function to run
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data, in the caller's thread-default main
 *   context, after the call has ended or was cancelled
 * @options: (nullable): options of the call; they are copied
 * @error: return location for an error
 *
 * Submits a function that is not registered.
 *
 * The errors are those of [method@Cfut.Executor.submit].
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_thread_executor_submit_func (CfutThreadExecutor  *self,
                                  CfutThreadFunc       func,
                                  gpointer             user_data,
                                  GDestroyNotify       destroy,
                                  CfutSubmitOptions   *options,
                                  GError             **error)
{
  CfutWork *work;

  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  work = g_new0 (CfutWork, 1);
  work->run = run_func;
  work->func = func;
  work->data = user_data;
  work->destroy = destroy;

  return cfut_thread_executor_submit_work (self, work, options, CFUT_ROOM_POLICY, error);
}

gboolean
cfut_thread_end_call (CfutCall  *call,
                      GValue    *result,
                      GError   **error)
{
  GError *failure = cfut_call_steal_failure (call);

  if (failure == NULL)
    return TRUE;

  if (G_IS_VALUE (result))
    cfut_error_take_remote_value (failure, result);
  g_propagate_error (error, failure);

  return FALSE;
}

typedef struct
{
  GClosure *closure; /* (owned) */
  GType result_type;
} ClosureWork;

static void
closure_work_free (gpointer data)
{
  ClosureWork *self = data;

  g_closure_unref (self->closure);
  g_free (self);
}

static gboolean
run_closure (CfutWork  *work,
             CfutCall  *call,
             GValue    *result,
             GError   **error)
{
  ClosureWork *self = work->data;
  GValue parameter = G_VALUE_INIT;

  g_value_init (&parameter, CFUT_TYPE_CALL);
  g_value_set_object (&parameter, call);
  if (self->result_type != G_TYPE_NONE)
    g_value_init (result, self->result_type);
  g_closure_invoke (self->closure, self->result_type != G_TYPE_NONE ? result : NULL,
                    1, &parameter, NULL);
  g_value_unset (&parameter);

  return cfut_thread_end_call (call, result, error);
}

/**
 * cfut_thread_executor_submit_closure:
 * @self: a thread executor
 * @closure: a closure that takes a [class@Cfut.Call] and returns a value of
 *   @result_type
 * @result_type: the type of the result, or %G_TYPE_NONE
 * @options: (nullable): options of the call; they are copied
 * @error: return location for an error
 *
 * Submits a closure.
 *
 * It is invoked on one of the executor's threads, and released in the caller's
 * thread-default main context. Whatever it returns is the result, unless it has
 * called [method@Cfut.Call.fail]. In Python an exception is printed and lost, and
 * the result is the default of @result_type.
 *
 * JavaScript has no threads: a closure from GJS is refused with
 * %G_IO_ERROR_NOT_SUPPORTED. Use a [class@Cfut.ProcessExecutor] there. The other
 * errors are those of [method@Cfut.Executor.submit].
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_thread_executor_submit_closure (CfutThreadExecutor  *self,
                                     GClosure            *closure,
                                     GType                result_type,
                                     CfutSubmitOptions   *options,
                                     GError             **error)
{
  ClosureWork *closure_work;
  CfutWork *work;

  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), NULL);
  g_return_val_if_fail (closure != NULL, NULL);
  g_return_val_if_fail (result_type == G_TYPE_NONE || G_TYPE_IS_VALUE (result_type), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!take_closure (closure, error))
    return NULL;

  /* Where there is no main loop, and nobody waits since calls have ended before
   * they are looked at, those that have run would pile up. */
  cfut_delivery_sweep ();

  closure_work = g_new (ClosureWork, 1);
  closure_work->closure = closure;
  closure_work->result_type = result_type;
  work = g_new0 (CfutWork, 1);
  work->run = run_closure;
  work->data = closure_work;
  work->marshal = closure->marshal;
  work->destroy = closure_work_free;

  return cfut_thread_executor_submit_work (self, work, options, CFUT_ROOM_POLICY, error);
}
