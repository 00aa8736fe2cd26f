/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-module.h"
#include "cfut-error.h"
#include "worker/cfut-surroundings-private.h"
#include "worker/cfut-worker-private.h"

/**
 * CfutWorker:
 *
 * A worker process from the inside: it serves the calls of a process executor.
 *
 * A C program does not need it: [func@Cfut.init] makes the program its own
 * worker, and the installed program `cfut-worker` serves functions that are in
 * modules. It is for hosts of another kind, an interpreter for example, that are
 * started as the executor's [property@Cfut.ProcessExecutor:argv]:
 *
 * ```c
 * g_autoptr(CfutWorker) worker = cfut_worker_new (&error);
 *
 * if (worker == NULL || !cfut_worker_run (worker, &error))
 *   g_printerr ("%s\n", error->message);
 * ```
 *
 * A host whose functions are not C functions names them with
 * [method@Cfut.Worker.add_function], takes their calls with
 * [method@Cfut.Worker.next], one at a time, and answers each:
 *
 * ```c
 * cfut_worker_add_function (worker, "reverse", G_VARIANT_TYPE ("ay"), G_VARIANT_TYPE ("ay"));
 *
 * while ((call = cfut_worker_next (worker, &error)) != NULL)
 *   {
 *     gsize length;
 *     const guint8 *data = cfut_call_get_data (call, &length);
 *     g_autoptr(GBytes) reversed = reverse (data, length);
 *
 *     cfut_worker_answer_data (worker, call, g_bytes_get_data (reversed, NULL),
 *                              g_bytes_get_size (reversed), NULL);
 *     g_object_unref (call);
 *   }
 * ```
 *
 * A process can have one, which it makes as early as it can. Functions that are
 * registered before [method@Cfut.Worker.run] or the first
 * [method@Cfut.Worker.next] can be called. They run in the thread that called
 * it, one at a time. Nobody iterates a main context between the calls.
 *
 * When the parent process ends, however it ends, so does this one, at once and
 * whatever it is doing. Ctrl-C in a terminal is ignored: it reaches the parent,
 * which knows what to do. `SIGPIPE` is ignored, as in every process that uses
 * sockets through GIO, and what a terminal sends to background processes is, as
 * [trusted workers and others](sandbox.html) tells; all other signals are as a
 * process finds them that was started from a shell. The standard input is `/dev/null`; what is printed goes
 * where the parent prints.
 *
 * Use it from one thread.
 *
 * Since: 1.0
 */
G_DEFINE_FINAL_TYPE (CfutWorker, cfut_worker, G_TYPE_OBJECT)

static void
cfut_worker_dispose (GObject *object)
{
  CfutWorker *self = CFUT_WORKER (object);

  if (self->line != NULL)
    cfut_line_stop (self->line);
  g_clear_pointer (&self->server, cfut_server_free);
  g_clear_pointer (&self->line, cfut_line_unref);

  G_OBJECT_CLASS (cfut_worker_parent_class)->dispose (object);
}

static void
cfut_worker_finalize (GObject *object)
{
  CfutWorker *self = CFUT_WORKER (object);

  g_ptr_array_unref (self->hosted);

  G_OBJECT_CLASS (cfut_worker_parent_class)->finalize (object);
}

static void
cfut_worker_class_init (CfutWorkerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cfut_worker_dispose;
  object_class->finalize = cfut_worker_finalize;
}

static void
cfut_worker_init (CfutWorker *self)
{
  self->hosted = g_ptr_array_new_with_free_func ((GDestroyNotify) cfut_function_free_hosted);
}

/* Takes the process's place as a worker, which it has once. */
static gboolean
open_line (CfutWorker  *self,
           GError     **error)
{
  g_autoptr(CfutLine) line = NULL;
  CfutIdentity identity;

  if (!cfut_surroundings_read_environment (&identity, error) ||
      !cfut_surroundings_settle (&identity, error))
    return FALSE;

  line = cfut_line_new_take_fds (CFUT_FD_CHANNEL, CFUT_FD_CONTROL, CFUT_FD_CLAIMS, error);
  if (line == NULL || !cfut_line_watch (line, error))
    {
      g_prefix_error (error, "Failed to reach the process that started this worker: ");
      return FALSE;
    }

  self->server = cfut_server_new (line, self->hosted);
  self->server->signum = self->signum;
  self->line = g_steal_pointer (&line);
  return TRUE;
}

/**
 * cfut_worker_is_requested:
 *
 * Whether this process was started as a worker, and has not begun to be one.
 *
 * A program that can be both asks this first.
 *
 * Returns: %TRUE if [ctor@Cfut.Worker.new] can succeed
 *
 * Since: 1.0
 */
gboolean
cfut_worker_is_requested (void)
{
  return g_getenv (CFUT_WORKER_ENVIRONMENT) != NULL;
}

/**
 * cfut_worker_new:
 * @error: return location for an error
 *
 * Makes this process a worker.
 *
 * It is set up as the class description says, and can then load what it is to
 * serve. It fails with %CFUT_ERROR_START_FAILED, or another error that says why,
 * if the process was not started as a worker, and with %G_IO_ERROR_CLOSED if the
 * process that started it is gone.
 *
 * Returns: (transfer full): the worker
 *
 * Since: 1.0
 */
CfutWorker *
cfut_worker_new (GError **error)
{
  g_autoptr(CfutWorker) self = g_object_new (CFUT_TYPE_WORKER, NULL);

  if (!open_line (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * cfut_worker_load_module:
 * @self: a worker
 * @path: (type filename): a shared library, as for `g_module_open()`
 * @error: return location for an error
 *
 * Loads a module that registers functions.
 *
 * As [func@Cfut.load_module], which tells what a module is.
 *
 * Call this before [method@Cfut.Worker.run]. The module stays loaded.
 *
 * Returns: %TRUE if the module was loaded and its function returned %TRUE
 *
 * Since: 1.0
 */
gboolean
cfut_worker_load_module (CfutWorker  *self,
                         const char  *path,
                         GError     **error)
{
  g_return_val_if_fail (CFUT_IS_WORKER (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (!self->has_run, FALSE);

  return cfut_load_module (path, error);
}

/**
 * cfut_worker_fail:
 * @self: a worker
 * @reason: why
 *
 * Tells the parent that this worker cannot serve.
 *
 * A worker that could not load what it needs calls this instead of
 * [method@Cfut.Worker.run], and ends. The executor then fails with @reason, where
 * it would otherwise have to guess.
 *
 * Since: 1.0
 */
void
cfut_worker_fail (CfutWorker   *self,
                  const GError *reason)
{
  g_return_if_fail (CFUT_IS_WORKER (self));
  g_return_if_fail (reason != NULL);
  g_return_if_fail (!self->has_run);

  if (self->line != NULL)
    cfut_server_refuse (self->server, reason);
}

CfutServeStatus
cfut_worker_step (CfutWorker  *self,
                  GError     **error)
{
  /* One that was made by g_object_new(), from a language that can. */
  if (self->line == NULL && !open_line (self, error))
    return CFUT_SERVE_FAILED;

  self->has_run = TRUE;
  self->end = cfut_server_step (self->server, error);

  return self->end;
}

/* For a call that came to nobody. */
static void
answer_nobody (CfutWorker *self)
{
  g_autoptr(GError) error = NULL;

  g_set_error (&error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Nobody takes the calls of function \"%s\" out of its worker",
               self->server->function->name);
  cfut_server_answer (self->server, NULL, error);
}

/**
 * cfut_worker_run:
 * @self: a worker
 * @error: return location for an error
 *
 * Serves calls until the parent wants no more.
 *
 * This blocks, and runs the calls in the calling thread. The process should end
 * when it returns; it cannot be run again. It fails if the executor's
 * initializer failed, with the initializer's error, which the parent was told, or
 * with %CFUT_ERROR_PROTOCOL if the parent is not a process executor of this
 * library.
 *
 * If the parent ends while this runs the process ends and this does not return.
 *
 * Returns: %TRUE if the worker was shut down, %FALSE with @error set if it could
 *   not serve
 *
 * Since: 1.0
 */
gboolean
cfut_worker_run (CfutWorker  *self,
                 GError     **error)
{
  g_return_val_if_fail (CFUT_IS_WORKER (self), FALSE);
  g_return_val_if_fail (!self->has_run, FALSE);

  while (cfut_worker_step (self, error) == CFUT_SERVE_CALL)
    answer_nobody (self);

  return self->line != NULL && self->end != CFUT_SERVE_FAILED;
}

/* Whether the last run ended as the parent said it should. */
gboolean
cfut_worker_was_shut_down (CfutWorker *self)
{
  g_assert (self->has_run);

  return self->end == CFUT_SERVE_SHUTDOWN;
}
