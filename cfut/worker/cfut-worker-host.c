/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error-private.h"
#include "worker/cfut-worker-private.h"

/*
 * What a host of another language does with a worker: it takes the calls of its
 * functions, one at a time, and answers them.
 */

static gboolean
is_hosted (CfutWorker *self,
           const char *name)
{
  for (guint i = 0; i < self->hosted->len; i++)
    {
      const CfutFunction *function = g_ptr_array_index (self->hosted, i);

      if (g_str_equal (function->name, name))
        return TRUE;
    }

  return FALSE;
}

/**
 * cfut_worker_add_function:
 * @self: a worker
 * @name: the name that calls are submitted by: UTF-8, and not empty
 * @parameter_type: the type of the arguments, which is definite
 * @result_type: the type of the result, which is definite
 *
 * Adds a function whose calls come out of [method@Cfut.Worker.next].
 *
 * A function `*` of the types `(sv)` and `v` takes the calls of all names that the
 * worker does not have: its arguments are the name and the arguments of the call,
 * and its result has that of the call in it. The submitter sees nothing of that.
 *
 * Call this before the first [method@Cfut.Worker.next]. A name belongs to the
 * function that has it first, be that one of [func@Cfut.register_function]; to
 * add it again is a programming error.
 *
 * Since: 1.0
 */
void
cfut_worker_add_function (CfutWorker         *self,
                          const char         *name,
                          const GVariantType *parameter_type,
                          const GVariantType *result_type)
{
  g_return_if_fail (CFUT_IS_WORKER (self));
  g_return_if_fail (name != NULL && name[0] != '\0');
  g_return_if_fail (g_utf8_validate (name, -1, NULL));
  g_return_if_fail (g_variant_type_is_definite (parameter_type));
  g_return_if_fail (g_variant_type_is_definite (result_type));
  g_return_if_fail (!self->has_run);
  g_return_if_fail (!is_hosted (self, name) && cfut_function_lookup (name) == NULL);

  g_ptr_array_add (self->hosted, cfut_function_new_hosted (name, parameter_type, result_type));
}

/**
 * cfut_worker_set_cancel_signal:
 * @self: a worker
 * @signum: the number of a signal, or 0 for none, which is the default
 *
 * Has a signal tell that a call is cancelled.
 *
 * An interpreter that runs a call cannot always look at
 * [method@Cfut.Call.is_cancelled]. It sets up a handler for @signum before this,
 * and then gets that signal, in the thread that took the call with
 * [method@Cfut.Worker.next], whenever the call is cancelled that it runs. The call
 * is cancelled already when the signal arrives, and it is sent to no thread
 * whose call has been answered; a handler that the interpreter runs later than
 * that has to look whether its call is still there.
 *
 * It applies to calls that are taken after this.
 *
 * Since: 1.0
 */
void
cfut_worker_set_cancel_signal (CfutWorker *self,
                               int         signum)
{
  g_return_if_fail (CFUT_IS_WORKER (self));
  g_return_if_fail (signum >= 0);

  self->signum = signum;
  if (self->server != NULL)
    self->server->signum = signum;
}

/* For a call that the host has dropped, so that nobody waits for it. */
static void
answer_dropped (CfutWorker *self)
{
  g_autoptr(GError) error = NULL;

  g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "Function \"%s\" failed without saying why", self->server->function->name);
  cfut_server_answer (self->server, NULL, error);
}

/**
 * cfut_worker_next:
 * @self: a worker
 * @error: return location for an error
 *
 * Waits for the next call of a function that was added with
 * [method@Cfut.Worker.add_function].
 *
 * Calls of registered functions are run meanwhile, in this thread. The call is to
 * be answered with one of [method@Cfut.Worker.answer],
 * [method@Cfut.Worker.answer_data], [method@Cfut.Worker.answer_error] and
 * [method@Cfut.Worker.answer_exception] before the next is waited for; one that
 * was not has failed then. Answers are sent in batches, at the latest when this
 * waits; so come back as soon as a call is answered.
 *
 * The items of a map come one by one, and may come as the same #CfutCall with
 * other arguments. The executor's initializer, if it is such a function, comes
 * first (see [method@Cfut.ProcessExecutor.set_initializer]): if it is answered
 * with an error this worker cannot serve, and this fails with that error when it
 * is called next.
 *
 * It fails as [method@Cfut.Worker.run] does. If the parent ends while this waits
 * the process ends, and this does not return.
 *
 * Returns: (transfer full) (nullable): a call to run, or %NULL at the end: without
 *   an error if the worker was shut down, with @error set if it could not serve
 *
 * Since: 1.0
 */
CfutCall *
cfut_worker_next (CfutWorker  *self,
                  GError     **error)
{
  g_return_val_if_fail (CFUT_IS_WORKER (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (self->end != CFUT_SERVE_CALL)
    return NULL;

  if (self->server != NULL && self->server->asked)
    answer_dropped (self);

  if (cfut_worker_step (self, error) != CFUT_SERVE_CALL)
    return NULL;

  return g_object_ref (self->server->call);
}

/* Whether @call is the one that is to be answered. */
static gboolean
is_asked (CfutWorker *self,
          CfutCall   *call)
{
  return self->server != NULL && self->server->asked &&
         (call == NULL || self->server->call == call);
}

/* Answers with an error that the host is told too. */
static gboolean
refuse_result (CfutWorker  *self,
               GError      *reason,
               GError     **error)
{
  cfut_server_answer (self->server, NULL, reason);
  g_propagate_error (error, reason);

  return FALSE;
}

/**
 * cfut_worker_answer:
 * @self: a worker
 * @call: (nullable): the call that is to be answered; %NULL is the same
 * @result: (nullable): its result, of the type the function was added with; %NULL
 *   is the same as `()`. It is consumed if it is floating
 * @error: return location for an error
 *
 * Answers a call with its result.
 *
 * A result of another type is refused: then the call has failed with
 * %G_IO_ERROR_INVALID_DATA, and so does this.
 *
 * Returns: %TRUE if the call was answered with @result, %FALSE with @error set if
 *   it was answered with that error
 *
 * Since: 1.0
 */
gboolean
cfut_worker_answer (CfutWorker  *self,
                    CfutCall    *call,
                    GVariant    *result,
                    GError     **error)
{
  GError *local_error = NULL;
  GVariant *checked;

  g_return_val_if_fail (CFUT_IS_WORKER (self), FALSE);
  g_return_val_if_fail (is_asked (self, call), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (result != NULL)
    g_variant_ref_sink (result);

  checked = cfut_function_check_result (self->server->function, result, &local_error);
  if (checked == NULL)
    return refuse_result (self, local_error, error);

  cfut_server_answer (self->server, checked, NULL);
  return TRUE;
}

/**
 * cfut_worker_answer_data:
 * @self: a worker
 * @call: (nullable): the call that is to be answered; %NULL is the same
 * @data: (array length=length) (nullable): its result
 * @length: the number of bytes
 * @error: return location for an error
 *
 * Answers a call of a function whose result type is `ay` with bytes.
 *
 * This is [method@Cfut.Worker.answer] without a value: @data is copied to where
 * it is sent from.
 *
 * Returns: %TRUE if the call was answered with @data, %FALSE with @error set if
 *   it was answered with that error
 *
 * Since: 1.0
 */
gboolean
cfut_worker_answer_data (CfutWorker    *self,
                         CfutCall      *call,
                         const guint8  *data,
                         gsize          length,
                         GError       **error)
{
  const GOutputVector vector = { data, length };

  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  return cfut_worker_answer_vectors (self, call, &vector, 1, error);
}

/* What lies in pieces, as a floating value. */
static GVariant *
join_vectors (const GOutputVector *vectors,
              gsize                n_vectors)
{
  gsize length = 0;
  guint8 *joined, *end;

  for (gsize i = 0; i < n_vectors; i++)
    length += vectors[i].size;

  joined = end = g_malloc (length);
  for (gsize i = 0; i < n_vectors; i++)
    {
      if (vectors[i].size > 0)
        memcpy (end, vectors[i].buffer, vectors[i].size);
      end += vectors[i].size;
    }

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, joined, length, TRUE, g_free, joined);
}

/**
 * cfut_worker_answer_vectors:
 * @self: a worker
 * @call: (nullable): the call that is to be answered; %NULL is the same
 * @vectors: (array length=n_vectors): where the pieces of its result are
 * @n_vectors: how many there are
 * @error: return location for an error
 *
 * Answers a call of a function whose result type is `ay` with bytes that lie in
 * several places.
 *
 * This is [method@Cfut.Worker.answer_data] with the pieces one after the other.
 * Each is copied once, to where it is sent from.
 *
 * Returns: %TRUE if the call was answered with the bytes, %FALSE with @error set
 *   if it was answered with that error
 *
 * Since: 1.0
 */
gboolean
cfut_worker_answer_vectors (CfutWorker           *self,
                            CfutCall             *call,
                            const GOutputVector  *vectors,
                            gsize                 n_vectors,
                            GError              **error)
{
  g_return_val_if_fail (CFUT_IS_WORKER (self), FALSE);
  g_return_val_if_fail (is_asked (self, call), FALSE);
  g_return_val_if_fail (vectors != NULL || n_vectors == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!g_variant_type_equal (self->server->function->result_type, G_VARIANT_TYPE_BYTESTRING) ||
      !cfut_server_can_answer_vectors (self->server, vectors, n_vectors))
    return cfut_worker_answer (self, call, join_vectors (vectors, n_vectors), error);

  cfut_server_answer_vectors (self->server, vectors, n_vectors);
  return TRUE;
}

/**
 * cfut_worker_answer_error:
 * @self: a worker
 * @call: (nullable): the call that is to be answered; %NULL is the same
 * @error: why it failed
 *
 * Answers a call that failed.
 *
 * The submitter gets @error with its domain, code and message.
 *
 * Since: 1.0
 */
void
cfut_worker_answer_error (CfutWorker   *self,
                          CfutCall     *call,
                          const GError *error)
{
  g_return_if_fail (CFUT_IS_WORKER (self));
  g_return_if_fail (is_asked (self, call));
  g_return_if_fail (error != NULL);

  cfut_server_answer (self->server, NULL, error);
}

/**
 * cfut_worker_answer_exception:
 * @self: a worker
 * @call: (nullable): the call that is to be answered; %NULL is the same
 * @name: the name of the exception, `ZeroDivisionError` for example
 * @message: (nullable): what it says
 * @traceback: (nullable): where it came from, as the language formats it
 * @data: (array length=length) (nullable): the exception itself, for a submitter
 *   of the same language
 * @length: the number of bytes
 *
 * Answers a call that raised an exception of the host's language.
 *
 * The submitter gets %CFUT_ERROR_REMOTE, and the rest from
 * [method@Cfut.Future.dup_remote_name],
 * [method@Cfut.Future.dup_remote_traceback] and
 * [method@Cfut.Future.dup_remote_data]. Messages and tracebacks that are very
 * long are cut.
 *
 * Since: 1.0
 */
void
cfut_worker_answer_exception (CfutWorker    *self,
                              CfutCall      *call,
                              const char    *name,
                              const char    *message,
                              const char    *traceback,
                              const guint8  *data,
                              gsize          length)
{
  g_autoptr(GBytes) payload = NULL;
  g_autoptr(GError) error = NULL;

  g_return_if_fail (CFUT_IS_WORKER (self));
  g_return_if_fail (is_asked (self, call));
  g_return_if_fail (name != NULL);
  g_return_if_fail (data != NULL || length == 0);

  payload = g_bytes_new (data, length);
  error = cfut_error_new_remote (name, message, traceback, payload);
  cfut_server_answer (self->server, NULL, error);
}
