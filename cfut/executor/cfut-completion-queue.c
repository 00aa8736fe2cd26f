/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-queue-private.h"

#include "executor/cfut-completion-closure-private.h"
#include "executor/cfut-executor-private.h"

/**
 * CfutCompletionQueue:
 *
 * Completions of calls, in batches, for other event loops and languages.
 *
 * Calls are pushed with a tag, a number of the caller's choice, instead of
 * being given a [class@Cfut.Future] each. When they have ended, a batch of
 * [struct@Cfut.Completion]s is drained: one wake-up and one crossing into
 * another language for many calls.
 *
 * There are three ways to learn that there is something to drain:
 *
 * - [method@Cfut.CompletionQueue.get_fd], a descriptor to poll, for the event
 *   loops of others;
 * - [method@Cfut.CompletionQueue.create_source], for a #GMainContext;
 * - [method@Cfut.CompletionQueue.wait], which blocks.
 *
 * ```c
 * g_autoptr(CfutCompletionQueue) queue = cfut_completion_queue_new ();
 *
 * for (gint64 i = 0; i < 1000; i++)
 *   if (!cfut_completion_queue_push (queue, executor, "pi", g_variant_new ("(x)", i), NULL, i, NULL))
 *     break;
 *
 * while (cfut_completion_queue_get_n_pending (queue) > 0 &&
 *        cfut_completion_queue_wait (queue, CFUT_WAIT_FOREVER, NULL))
 *   {
 *     gsize n_completions;
 *     g_autofree CfutCompletion **completions = cfut_completion_queue_drain (queue, 0, &n_completions);
 *
 *     for (gsize i = 0; i < n_completions; i++)
 *       {
 *         g_autoptr(CfutCompletion) completion = completions[i];
 *         const GError *failure = cfut_completion_get_error (completion);
 *
 *         g_print ("%" G_GUINT64_FORMAT ": %s\n", cfut_completion_get_tag (completion),
 *                  failure != NULL ? failure->message : "done");
 *       }
 *   }
 * ```
 *
 * For languages to which one object a completion is dear,
 * [method@Cfut.CompletionQueue.push_data] and
 * [method@Cfut.CompletionQueue.drain_data] move bytes.
 *
 * Dropping the queue cancels nothing: its calls go on, and what comes of them
 * is dropped.
 *
 * All methods may be called from any thread. The calls of several executors may
 * be in one queue.
 *
 * Since: 1.0
 */
struct _CfutCompletionQueue
{
  GObject parent_instance;

  /* Set at construction, never changed; read from any thread. */
  CfutCompletionStore *store; /* (owned) */
};

G_DEFINE_FINAL_TYPE (CfutCompletionQueue, cfut_completion_queue, G_TYPE_OBJECT)

/* How often a source looks for completions when no descriptor is left. */
#define LOOK_INTERVAL_MS 10

typedef struct
{
  GSource source;

  /* Set at construction, never changed. */
  CfutCompletionQueue *queue; /* (owned) */
  gboolean has_fd;
} CfutCompletionSource;

static void
cfut_completion_queue_dispose (GObject *object)
{
  CfutCompletionQueue *self = CFUT_COMPLETION_QUEUE (object);

  cfut_completion_store_close (self->store);

  G_OBJECT_CLASS (cfut_completion_queue_parent_class)->dispose (object);
}

static void
cfut_completion_queue_finalize (GObject *object)
{
  CfutCompletionQueue *self = CFUT_COMPLETION_QUEUE (object);

  cfut_completion_store_unref (self->store);

  G_OBJECT_CLASS (cfut_completion_queue_parent_class)->finalize (object);
}

static void
cfut_completion_queue_class_init (CfutCompletionQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cfut_completion_queue_dispose;
  object_class->finalize = cfut_completion_queue_finalize;
}

static void
cfut_completion_queue_init (CfutCompletionQueue *self)
{
  self->store = cfut_completion_store_new ();
}

CfutCompletionStore *
cfut_completion_queue_get_store (CfutCompletionQueue *self)
{
  return self->store;
}

/**
 * cfut_completion_queue_new:
 *
 * Creates a queue of completions.
 *
 * Returns: (transfer full): a new queue
 *
 * Since: 1.0
 */
CfutCompletionQueue *
cfut_completion_queue_new (void)
{
  return g_object_new (CFUT_TYPE_COMPLETION_QUEUE, NULL);
}

/* Submits without a GObject for the call. */
static gboolean
push_job (CfutCompletionQueue  *self,
          CfutExecutor         *executor,
          const char           *function,
          GVariant             *arguments,
          CfutSubmitOptions    *options,
          guint64               tag,
          GError              **error)
{
  g_autoptr(CfutJob) job = cfut_executor_make_job (executor, function, arguments, options, error);

  if (job == NULL ||
      !cfut_pool_submit (cfut_executor_get_pool (executor), job, CFUT_ROOM_POLICY, error))
    return FALSE;

  cfut_completion_store_watch (self->store, &job->state, tag);

  return TRUE;
}

/**
 * cfut_completion_queue_push:
 * @self: a queue
 * @executor: where to run the call
 * @function: the name of a registered function
 * @arguments: (nullable): its arguments; see [method@Cfut.Executor.submit]
 * @options: (nullable): priority, time-outs and the like; they are copied
 * @tag: what to tell the completion by; need not be unique
 * @error: return location for an error
 *
 * Submits a call whose completion is to come through the queue.
 *
 * The checks, the bounds and the errors are those of
 * [method@Cfut.Executor.submit]; it waits for room in the queue of the executor
 * as that does. A call that could not be submitted has no completion.
 *
 * Returns: %TRUE if the call was submitted, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_push (CfutCompletionQueue  *self,
                            CfutExecutor         *executor,
                            const char           *function,
                            GVariant             *arguments,
                            CfutSubmitOptions    *options,
                            guint64               tag,
                            GError              **error)
{
  g_autoptr(GVariant) sunk = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr(CfutFuture) future = NULL;
  CfutPool *pool;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), FALSE);
  g_return_val_if_fail (CFUT_IS_EXECUTOR (executor), FALSE);
  g_return_val_if_fail (function != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* Others than cfut's executors have nothing but futures to give, and those who
   * look at the list of calls see futures in it. */
  pool = cfut_executor_get_pool (executor);
  if (pool->carrier_class != NULL && g_atomic_pointer_get (&pool->calls) == NULL)
    return push_job (self, executor, function, sunk, options, tag, error);

  future = cfut_executor_submit_full (executor, function, sunk, options, error);
  if (future == NULL)
    return FALSE;

  cfut_completion_queue_add_future (self, future, tag);

  return TRUE;
}

/**
 * cfut_completion_queue_add_future:
 * @self: a queue
 * @future: a future
 * @tag: what to tell the completion by; need not be unique
 *
 * Adds a future, whose completion is to come through the queue, too.
 *
 * One that has resolved already can be drained at once. The queue keeps no
 * reference on @future.
 *
 * Since: 1.0
 */
void
cfut_completion_queue_add_future (CfutCompletionQueue *self,
                                  CfutFuture          *future,
                                  guint64              tag)
{
  g_return_if_fail (CFUT_IS_COMPLETION_QUEUE (self));
  g_return_if_fail (CFUT_IS_FUTURE (future));

  cfut_completion_store_watch (self->store, cfut_future_get_cfut_state (future), tag);
}

/**
 * cfut_completion_queue_get_fd:
 * @self: a queue
 *
 * Gets a descriptor that is readable while there is something to drain.
 *
 * It is to be polled and nothing else; it becomes readable once a batch, and
 * [method@Cfut.CompletionQueue.drain] makes it unreadable again when nothing is
 * left. It belongs to the queue, and is closed with it.
 *
 * Returns: a file descriptor, always the same; -1 with `errno` set if the
 *   process has no more of them
 *
 * Since: 1.0
 */
int
cfut_completion_queue_get_fd (CfutCompletionQueue *self)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), -1);

  return cfut_completion_store_get_fd (self->store);
}

/* Runs in: the thread that iterates the context. Locks: takes the store's. */
static gboolean
cfut_completion_source_prepare (GSource *source,
                                int     *timeout)
{
  CfutCompletionSource *self = (CfutCompletionSource *) source;

  *timeout = self->has_fd ? -1 : LOOK_INTERVAL_MS;

  return cfut_completion_store_is_ready (self->queue->store);
}

/* Runs in: the thread that iterates the context. Locks: takes the store's. */
static gboolean
cfut_completion_source_check (GSource *source)
{
  CfutCompletionSource *self = (CfutCompletionSource *) source;

  return cfut_completion_store_is_ready (self->queue->store);
}

/* Runs in: the thread that iterates the context. Locks: none. */
static gboolean
cfut_completion_source_dispatch (GSource     *source,
                                 GSourceFunc  callback,
                                 gpointer     user_data)
{
  CfutCompletionSource *self = (CfutCompletionSource *) source;
  CfutCompletionQueueSourceFunc func = (CfutCompletionQueueSourceFunc) callback;

  return func != NULL ? func (self->queue, user_data) : G_SOURCE_REMOVE;
}

static void
cfut_completion_source_finalize (GSource *source)
{
  g_object_unref (((CfutCompletionSource *) source)->queue);
}

static GSourceFuncs completion_source_funcs = {
  .prepare = cfut_completion_source_prepare,
  .check = cfut_completion_source_check,
  .dispatch = cfut_completion_source_dispatch,
  .finalize = cfut_completion_source_finalize,
  .closure_callback = (GSourceFunc) cfut_completion_closure_cb,
  .closure_marshal = (GSourceDummyMarshal) g_cclosure_marshal_generic,
};

/**
 * cfut_completion_queue_create_source:
 * @self: a queue
 *
 * Creates a source that is dispatched while there is something to drain.
 *
 * Its callback is a [callback@Cfut.CompletionQueueSourceFunc]. The source keeps
 * a reference on the queue.
 *
 * Returns: (transfer full): a new source, not attached to any context
 *
 * Since: 1.0
 */
GSource *
cfut_completion_queue_create_source (CfutCompletionQueue *self)
{
  CfutCompletionSource *source;
  int fd;

  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), NULL);

  source = (CfutCompletionSource *) g_source_new (&completion_source_funcs, sizeof (CfutCompletionSource));
  g_source_set_static_name (&source->source, "[cfut] completions");
  source->queue = g_object_ref (self);

  fd = cfut_completion_store_get_fd (self->store);
  source->has_fd = fd >= 0;
  if (source->has_fd)
    g_source_add_unix_fd (&source->source, fd, G_IO_IN);

  return &source->source;
}

/**
 * cfut_completion_queue_drain:
 * @self: a queue
 * @max: how many completions to take at most; 0 for all that are there
 * @n_completions: (out): return location for their number
 *
 * Takes completions out of the queue, in the order in which the calls ended.
 *
 * It does not wait: there may be none.
 *
 * Returns: (array length=n_completions) (transfer full): the completions
 *
 * Since: 1.0
 */
CfutCompletion **
cfut_completion_queue_drain (CfutCompletionQueue *self,
                             guint                max,
                             gsize               *n_completions)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), NULL);
  g_return_val_if_fail (n_completions != NULL, NULL);

  return cfut_completion_store_drain (self->store, max, n_completions);
}

/**
 * cfut_completion_queue_wait:
 * @self: a queue
 * @timeout_us: how long to wait at most, in microseconds; 0 only looks, and
 *   %CFUT_WAIT_FOREVER or any other negative number waits without an end
 * @error: return location for an error
 *
 * Blocks until there is something to drain.
 *
 * With nothing in the queue it waits for what other threads push. The rules for
 * threads are those of [method@Cfut.Future.wait]: a thread of a pool runs calls
 * of that pool meanwhile, and a callback of the main context from which the
 * calls were pushed must not wait.
 *
 * Returns: %TRUE if there is something to drain, unless another thread is
 *   faster; %FALSE with @error set to %G_IO_ERROR_TIMED_OUT or
 *   %CFUT_ERROR_WOULD_DEADLOCK
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_wait (CfutCompletionQueue  *self,
                            gint64                timeout_us,
                            GError              **error)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return cfut_completion_store_wait (self->store, timeout_us, error);
}

/**
 * cfut_completion_queue_get_n_pending:
 * @self: a queue
 *
 * Gets how many calls and futures are in the queue: all that have not been
 * drained.
 *
 * Returns: a number of calls
 *
 * Since: 1.0
 */
guint
cfut_completion_queue_get_n_pending (CfutCompletionQueue *self)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), 0);

  return cfut_completion_store_get_n_pending (self->store);
}

/**
 * cfut_completion_queue_cancel:
 * @self: a queue
 * @tag: a tag
 *
 * Cancels all calls with a tag that have not ended, as
 * [method@Cfut.Future.cancel] does.
 *
 * Their completions come through the queue: at once for calls that have not
 * started, else when they have stopped.
 *
 * Returns: how many calls are cancelled, or surely will be
 *
 * Since: 1.0
 */
guint
cfut_completion_queue_cancel (CfutCompletionQueue *self,
                              guint64              tag)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), 0);

  return cfut_completion_store_cancel (self->store, tag);
}

/**
 * cfut_completion_queue_withdraw:
 * @self: a queue
 * @tag: a tag
 *
 * Takes back the oldest call with a tag, if it has not started.
 *
 * Unlike with [method@Cfut.CompletionQueue.cancel] a call that has started goes
 * on, and is not told. The completion of one that was taken back comes through
 * the queue at once: it is cancelled, and sure not to have run.
 *
 * Like `concurrent.futures.Future.cancel()` of Python.
 *
 * Returns: %TRUE if the call was taken back; %FALSE if it has started or ended,
 *   or if there is none
 *
 * Since: 1.0
 */
gboolean
cfut_completion_queue_withdraw (CfutCompletionQueue *self,
                                guint64              tag)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), FALSE);

  return cfut_completion_store_withdraw (self->store, tag);
}

/**
 * cfut_completion_queue_dup_future:
 * @self: a queue
 * @tag: a tag
 *
 * Gets the future of a call with a tag that was not drained yet.
 *
 * It is for who pushes many calls and wants a #GObject for a few of them, for
 * example to bind the progress to a progress bar. The future is the same as long
 * as anybody holds it, and it outlives the drain. Of more than one call with the
 * tag it is any.
 *
 * Returns: (transfer full) (nullable): the future; %NULL if there is none
 *
 * Since: 1.0
 */
CfutFuture *
cfut_completion_queue_dup_future (CfutCompletionQueue *self,
                                  guint64              tag)
{
  g_return_val_if_fail (CFUT_IS_COMPLETION_QUEUE (self), NULL);

  return cfut_completion_store_dup_future (self->store, tag);
}
