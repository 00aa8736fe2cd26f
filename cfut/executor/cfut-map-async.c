/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

/*
 * The asynchronous forms of next() and collect(): steps in the context of a task,
 * with waits for the inbox, or for room, in between. However much there is to take,
 * the context is given back every two milliseconds.
 */

/* What a task is to come to. */
typedef struct
{
  CfutMapWant want;
  CfutMapCollection *collection; /* (owned) (nullable) for all there is */
} CfutMapRequest;

typedef struct
{
  guint64 index;
  CfutMapOutcome outcome;
} CfutMapItem;

static void
cfut_map_request_free (gpointer data)
{
  CfutMapRequest *self = data;

  g_clear_pointer (&self->collection, cfut_map_collection_free);
  g_free (self);
}

static void
cfut_map_item_clear (CfutMapItem *self)
{
  g_clear_pointer (&self->outcome.result, g_variant_unref);
  g_clear_error (&self->outcome.error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CfutMapItem, cfut_map_item_clear)

static void
cfut_map_item_free (gpointer data)
{
  cfut_map_item_clear (data);
  g_free (data);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapItem, cfut_map_item_free)

static void cfut_map_run (CfutMap *self,
                          GTask   *task);

/* Runs in: the task's context. Locks: none. */
static void
waited_cb (CfutAsyncWait *wait,
           CfutAsyncEnd   end)
{
  CfutMap *self = g_task_get_source_object (wait->task);

  cfut_map_inbox_disarm (self->inbox, wait);
  cfut_map_run (self, wait->task);
}

/* Runs in: the task's context. Locks: none. */
static void
room_cb (CfutMap  *self,
         gpointer  user_data)
{
  g_autoptr(GTask) task = user_data;

  cfut_map_run (self, task);
}

/* Runs in: the task's context, or the thread that called next_async().
 * Locks: none. The task is another thread's from here on. */
static void
cfut_map_wait_async (CfutMap *self,
                     GTask   *task)
{
  CfutAsyncWait *wait = g_new0 (CfutAsyncWait, 1);

  cfut_async_wait_init (wait, task, waited_cb);
  cfut_async_wait_start (wait, self->deadline);
  cfut_map_inbox_arm (self->inbox, wait);
  cfut_async_wait_unref (wait);
}

/* Goes on when the context has seen to others.
 * Runs in: as above. Locks: none. The task is another thread's from here on. */
static void
cfut_map_give_way (CfutMap *self,
                   GTask   *task)
{
  CfutAsyncWait *wait = g_new0 (CfutAsyncWait, 1);

  cfut_async_wait_init (wait, task, waited_cb);
  cfut_async_wait_start (wait, -1);
  cfut_async_wait_end (wait, CFUT_ASYNC_END_COME);
  cfut_async_wait_unref (wait);
}

/* Ends the task with @error, which this takes, or what has come. */
static void
cfut_map_return (CfutMap     *self,
                 GTask       *task,
                 CfutMapItem *item,
                 GError      *error)
{
  CfutMapRequest *request = g_task_get_task_data (task);

  cfut_map_end_next (self);
  if (error != NULL && request->collection != NULL)
    cfut_map_close (self);

  if (error != NULL)
    g_task_return_error (task, error);
  else if (request->collection != NULL)
    g_task_return_pointer (task, cfut_map_end_collection (self, request->collection),
                           (GDestroyNotify) g_variant_unref);
  else
    g_task_return_pointer (task, item, cfut_map_item_free);
}

/* Steps until the task is to return, with *@item or *@error or neither, or there is
 * something to wait for, or it was long enough. */
static CfutMapStep
cfut_map_run_steps (CfutMap      *self,
                    GTask        *task,
                    CfutMapItem  *item,
                    GError      **error)
{
  gint64 end = g_get_monotonic_time () + CFUT_DELIVERY_BUDGET_US;
  CfutMapRequest *request = g_task_get_task_data (task);
  CfutMapStep step;

  do
    {
      if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), error))
        return CFUT_MAP_STEP_END;

      step = cfut_map_advance (self, request->want, &item->index, &item->outcome, NULL);
      if (step == CFUT_MAP_STEP_ITEM &&
          (request->collection == NULL ||
           !cfut_map_collect_outcome (self, request->collection, item->index, &item->outcome, error)))
        break;
    }
  while ((step == CFUT_MAP_STEP_ITEM ||
          (step == CFUT_MAP_STEP_WAIT && cfut_map_inbox_has_news (self->inbox))) &&
         g_get_monotonic_time () < end);

  return step;
}

/* Goes on until the task has returned or has to wait. */
static void
cfut_map_run (CfutMap *self,
              GTask   *task)
{
  CfutMapRequest *request = g_task_get_task_data (task);
  g_auto(CfutMapItem) item = { 0 };
  GError *error = NULL;
  CfutMapStep step = cfut_map_run_steps (self, task, &item, &error);

  if (error != NULL)
    {
      cfut_map_return (self, task, NULL, error);
      return;
    }

  switch (step)
    {
    case CFUT_MAP_STEP_ITEM:
      if (request->collection != NULL)
        cfut_map_give_way (self, task);
      else
        {
          CfutMapItem *taken = g_memdup2 (&item, sizeof item);

          item = (CfutMapItem) { 0 };
          cfut_map_return (self, task, taken, NULL);
        }
      break;

    case CFUT_MAP_STEP_END:
    case CFUT_MAP_STEP_TIMED_OUT:
      cfut_map_return (self, task, NULL, cfut_map_get_end (self, step));
      break;

    case CFUT_MAP_STEP_WAIT:
      cfut_map_wait_async (self, task);
      break;

    case CFUT_MAP_STEP_FULL:
    default:
      cfut_map_await_room (self, g_task_get_cancellable (task), room_cb, g_object_ref (task));
      break;
    }
}

static void
cfut_map_start (CfutMap             *self,
                CfutMapWant          want,
                CfutMapCollection   *collection,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data,
                gpointer             source_tag,
                const char          *name)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  CfutMapRequest *request = g_new0 (CfutMapRequest, 1);
  GError *error = NULL;

  request->want = want;
  request->collection = collection;

  g_task_set_source_tag (task, source_tag);
  g_task_set_name (task, name);
  g_task_set_task_data (task, request, cfut_map_request_free);
  /* An item that was taken must not be lost. */
  g_task_set_check_cancellable (task, FALSE);

  if (!cfut_map_begin_next (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  cfut_map_run (self, task);
}

/**
 * cfut_map_next_async:
 * @self: a map
 * @cancellable: (nullable): cancels the wait, not the map
 * @callback: (nullable): called with the next result, at the end or with an error
 * @user_data: data for @callback
 *
 * Gets the next result without blocking.
 *
 * This is [method@Cfut.Map.next] for a thread with a main loop. The @callback
 * comes in the thread-default main context of the caller; a source of arguments
 * is called there, too, or from within this function. After a wait that was
 * cancelled nothing is lost: the next one goes on.
 *
 * Only one next may be pending: another fails with %G_IO_ERROR_PENDING. The
 * @callback may begin the next one.
 *
 * Since: 1.0
 */
void
cfut_map_next_async (CfutMap             *self,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (CFUT_IS_MAP (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  cfut_map_start (self, CFUT_MAP_WANT_ONE, NULL, cancellable, callback, user_data,
                  cfut_map_next_async, "[cfut] map next");
}

static gboolean
cfut_map_finish_next (CfutMap       *self,
                      GAsyncResult  *async_result,
                      guint64       *index,
                      GVariant     **result,
                      GError       **error)
{
  g_autoptr(CfutMapItem) item = g_task_propagate_pointer (G_TASK (async_result), error);

  if (item == NULL)
    return FALSE;

  return cfut_map_yield (self, item->index, &item->outcome, index, result, error);
}

/**
 * cfut_map_next_finish:
 * @self: a map
 * @async_result: what the callback was given
 * @index: (out) (optional): return location for the place of the item in the
 *   input, counted from 0; it is also set if the item failed
 * @result: (out) (optional) (nullable) (transfer full): return location for the result
 * @error: return location for an error
 *
 * Ends [method@Cfut.Map.next_async].
 *
 * The errors are those of [method@Cfut.Map.next], but for
 * %CFUT_ERROR_WOULD_DEADLOCK and %CFUT_ERROR_QUEUE_FULL; and
 * %G_IO_ERROR_CANCELLED if the wait was cancelled.
 *
 * Returns: %TRUE if there was a result; %FALSE at the end, then without an
 *   error, or with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_map_next_finish (CfutMap       *self,
                      GAsyncResult  *async_result,
                      guint64       *index,
                      GVariant     **result,
                      GError       **error)
{
  g_return_val_if_fail (CFUT_IS_MAP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (async_result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return cfut_map_finish_next (self, async_result, index, result, error);
}

/**
 * cfut_map_next_chunk_async:
 * @self: a map
 * @cancellable: (nullable): cancels the wait, not the map
 * @callback: (nullable): called with the next results, at the end or with an error
 * @user_data: data for @callback
 *
 * Gets the next results, as many of them as are there together, without blocking.
 *
 * This is to [method@Cfut.Map.next_chunk] what [method@Cfut.Map.next_async] is to
 * [method@Cfut.Map.next].
 *
 * Since: 1.0
 */
void
cfut_map_next_chunk_async (CfutMap             *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (CFUT_IS_MAP (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  cfut_map_start (self, CFUT_MAP_WANT_MANY, NULL, cancellable, callback, user_data,
                  cfut_map_next_chunk_async, "[cfut] map next chunk");
}

/**
 * cfut_map_next_chunk_finish:
 * @self: a map
 * @async_result: what the callback was given
 * @index: (out) (optional): return location for the place of the first of them in
 *   the input, counted from 0; it is also set if an item failed
 * @results: (out) (optional) (nullable) (transfer full): return location for an array
 *   of results
 * @error: return location for an error
 *
 * Ends [method@Cfut.Map.next_chunk_async].
 *
 * The errors are those of [method@Cfut.Map.next_finish].
 *
 * Returns: %TRUE if there were results; %FALSE at the end, then without an
 *   error, or with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_map_next_chunk_finish (CfutMap       *self,
                            GAsyncResult  *async_result,
                            guint64       *index,
                            GVariant     **results,
                            GError       **error)
{
  g_return_val_if_fail (CFUT_IS_MAP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (async_result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return cfut_map_finish_next (self, async_result, index, results, error);
}

/**
 * cfut_map_collect_async:
 * @self: a map
 * @cancellable: (nullable): closes the map
 * @callback: (nullable): called with all results, or with an error
 * @user_data: data for @callback
 *
 * Gets all results as one array, without blocking.
 *
 * This is [method@Cfut.Map.collect] for a thread with a main loop. What comes is put
 * together in the thread-default main context of the caller, no more than a few
 * milliseconds of it at a time; but results that are not of a fixed size become an
 * array all at once, so of very many of these take them by
 * [method@Cfut.Map.next_chunk_async].
 *
 * Since: 1.0
 */
void
cfut_map_collect_async (CfutMap             *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_return_if_fail (CFUT_IS_MAP (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  cfut_map_start (self, CFUT_MAP_WANT_IN_ORDER, cfut_map_collection_new (self->n_expected),
                  cancellable, callback, user_data,
                  cfut_map_collect_async, "[cfut] map collect");
}

/**
 * cfut_map_collect_finish:
 * @self: a map
 * @async_result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Cfut.Map.collect_async].
 *
 * The errors are those of [method@Cfut.Map.collect], but for
 * %CFUT_ERROR_WOULD_DEADLOCK and %CFUT_ERROR_QUEUE_FULL; and
 * %G_IO_ERROR_CANCELLED if that was cancelled.
 *
 * Returns: (transfer full): an array of the results, or %NULL with @error set
 *
 * Since: 1.0
 */
GVariant *
cfut_map_collect_finish (CfutMap       *self,
                         GAsyncResult  *async_result,
                         GError       **error)
{
  g_return_val_if_fail (CFUT_IS_MAP (self), NULL);
  g_return_val_if_fail (g_task_is_valid (async_result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (async_result), error);
}
