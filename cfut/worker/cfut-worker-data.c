/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "worker/cfut-worker-private.h"

/*
 * Calls without their objects, for languages where an object costs more than a
 * call.
 */

/**
 * cfut_worker_next_data:
 * @self: a worker
 * @length: (out): return location for the number of bytes
 * @error: return location for an error
 *
 * Waits for the next call, as [method@Cfut.Worker.next] does, and gets its bytes,
 * as [method@Cfut.Call.get_data] does.
 *
 * What it saves is the object: a binding makes a proxy of each, which for a small
 * call is most of the work. [method@Cfut.Worker.get_call] gives it if it is
 * needed; the methods that answer are given %NULL.
 *
 * Returns: (transfer none) (array length=length) (element-type guint8) (nullable):
 *   the bytes, which are valid until the call is answered; %NULL if the arguments
 *   are of another type or no bytes at all, and at the end, when there is no call
 *
 * Since: 1.0
 */
const guint8 *
cfut_worker_next_data (CfutWorker  *self,
                       gsize       *length,
                       GError     **error)
{
  g_autoptr(CfutCall) call = NULL;

  g_return_val_if_fail (CFUT_IS_WORKER (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  *length = 0;
  call = cfut_worker_next (self, error);

  /* The worker has it until it is answered. */
  return call != NULL ? cfut_call_get_data (call, length) : NULL;
}

/**
 * cfut_worker_exchange_data:
 * @self: a worker that has a call to be answered
 * @data: (array length=length) (nullable): the result of that call
 * @length: the number of bytes
 * @next_length: (out): return location for the number of bytes of the next call
 * @error: return location for an error
 *
 * Answers a call with bytes and waits for the next one:
 * [method@Cfut.Worker.answer_data], and then [method@Cfut.Worker.next_data].
 *
 * An interpreter that lets go of a lock whenever it calls a library does so once
 * instead of twice. That a result was refused is told to the submitter alone.
 *
 * Returns: (transfer none) (array length=next_length) (element-type guint8) (nullable):
 *   what [method@Cfut.Worker.next_data] returns
 *
 * Since: 1.0
 */
const guint8 *
cfut_worker_exchange_data (CfutWorker    *self,
                           const guint8  *data,
                           gsize          length,
                           gsize         *next_length,
                           GError       **error)
{
  g_return_val_if_fail (next_length != NULL, NULL);

  cfut_worker_answer_data (self, NULL, data, length, NULL);

  return cfut_worker_next_data (self, next_length, error);
}

/**
 * cfut_worker_get_call:
 * @self: a worker
 *
 * Gets the call that is to be answered.
 *
 * Returns: (transfer none) (nullable): the call, or %NULL if there is none
 *
 * Since: 1.0
 */
CfutCall *
cfut_worker_get_call (CfutWorker *self)
{
  g_return_val_if_fail (CFUT_IS_WORKER (self), NULL);

  return self->server != NULL && self->server->asked ? self->server->call : NULL;
}
