/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "thread/cfut-thread-executor-private.h"

#include "future/cfut-delivery-private.h"

/*
 * Functions of an interpreter that runs in one thread at a time.
 *
 * The lock of such an interpreter is dear: whoever lets it go while another thread
 * wants it wakes that thread, and gets it back when that has had its turn. A closure
 * of a language binding lets it go for each object that is passed to it and each
 * one that is dropped. So what is here is called without any, and is entered by
 * the interpreter's own functions. The submitter's thread, the worker thread and
 * the home context, in which the function is dropped, all hold the lock; who holds
 * it already keeps it.
 */

static gboolean
run_object (CfutWork  *work,
            CfutCall  *call,
            GValue    *result,
            GError   **error)
{
  const CfutInterpreter *interpreter = work->interpreter;
  int state = interpreter->enter ();
  gpointer object = interpreter->call (work->data);

  if (object == NULL)
    interpreter->report (work->data);
  interpreter->leave (state);

  if (object != NULL)
    {
      g_value_init (result, interpreter->object_type);
      g_value_take_boxed (result, object);
    }

  return cfut_thread_end_call (call, result, error) && object != NULL;
}

static CfutFuture *
submit_object (CfutThreadExecutor     *self,
               const CfutInterpreter  *interpreter,
               gpointer                function,
               CfutSubmitOptions      *options,
               CfutRoom                room,
               GError                **error)
{
  CfutWork *work = g_new0 (CfutWork, 1);
  int state = interpreter->enter ();

  /* As for closures: what has run is not to pile up. */
  cfut_delivery_sweep ();
  interpreter->hold (function);
  interpreter->leave (state);

  work->run = run_object;
  work->data = function;
  work->interpreter = interpreter;
  work->destroy = interpreter->release;

  return cfut_thread_executor_submit_work (self, work, options, room, error);
}

/**
 * cfut_thread_executor_submit_object: (skip)
 * @self: a thread executor
 * @interpreter: a language
 * @function: a function of that language without arguments
 * @options: (nullable): options of the call; they are copied
 * @error: return location for an error
 *
 * Submits a function of a language that runs in one thread at a time.
 *
 * It is called on one of the executor's threads, with the interpreter's lock held,
 * and released in the caller's thread-default main context. What it returns, a
 * value of the interpreter's type for objects, is the result of the call, unless it
 * has called [method@Cfut.Call.fail]; [func@Cfut.ThreadExecutor.get_current_call]
 * is the call. An exception is reported and lost, and the call has failed.
 *
 * This may wait for room in the queue, so it must not be called with the
 * interpreter's lock held. The errors are those of [method@Cfut.Executor.submit].
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_thread_executor_submit_object (CfutThreadExecutor     *self,
                                    const CfutInterpreter  *interpreter,
                                    gpointer                function,
                                    CfutSubmitOptions      *options,
                                    GError                **error)
{
  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), NULL);
  g_return_val_if_fail (interpreter != NULL, NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return submit_object (self, interpreter, function, options, CFUT_ROOM_POLICY, error);
}

/**
 * cfut_thread_executor_try_submit_object: (skip)
 * @self: a thread executor
 * @interpreter: a language
 * @function: a function of that language without arguments
 * @options: (nullable): options of the call; they are copied
 * @error: return location for an error
 *
 * Submits a function of a language that runs in one thread at a time, if there is
 * room for it now.
 *
 * It is `cfut_thread_executor_submit_object()`, except that it never waits: when
 * the queue is full it fails with %CFUT_ERROR_QUEUE_FULL, whatever the overflow
 * policy. So it may be called with the interpreter's lock held.
 *
 * Returns: (transfer full): the future of the call, or %NULL with
 *   @error set
 *
 * Since: 1.0
 */
CfutFuture *
cfut_thread_executor_try_submit_object (CfutThreadExecutor     *self,
                                        const CfutInterpreter  *interpreter,
                                        gpointer                function,
                                        CfutSubmitOptions      *options,
                                        GError                **error)
{
  g_return_val_if_fail (CFUT_IS_THREAD_EXECUTOR (self), NULL);
  g_return_val_if_fail (interpreter != NULL, NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return submit_object (self, interpreter, function, options, CFUT_ROOM_TRY, error);
}

/**
 * cfut_thread_executor_serve_locked: (skip)
 * @interpreter: the language, whose lock this thread holds
 *
 * Runs calls in this thread, which holds the lock of an interpreter.
 *
 * It is [func@Cfut.ThreadExecutor.serve] for languages that run in one thread at
 * a time. The thread keeps the lock from call to call when these are functions of
 * @interpreter, or closures that the language has made, as it has made the one
 * around its stay: a hand-over of such a lock takes longer than a short call. It
 * lets go of it while it waits, and for calls of other languages.
 *
 * It returns with the lock held.
 *
 * Since: 1.0
 */
void
cfut_thread_executor_serve_locked (const CfutInterpreter *interpreter)
{
  g_return_if_fail (interpreter != NULL);

  cfut_thread_carrier_serve (interpreter);
}

/**
 * cfut_thread_executor_get_current_call:
 *
 * Gets the call that runs in this thread.
 *
 * It is for functions that are not given their call, in threads of a
 * [class@Cfut.ThreadExecutor]. If the call waits for another one of the same
 * executor, and runs it meanwhile, it is that one.
 *
 * Returns: (transfer none) (nullable): the call, which stays for as long as it
 *   runs; %NULL if there is none
 *
 * Since: 1.0
 */
CfutCall *
cfut_thread_executor_get_current_call (void)
{
  return cfut_pool_get_current_call ();
}
