/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

/* The asynchronous form of next(): steps in the context of a task, with waits
 * for the inbox, or for room, in between. */

typedef struct
{
  guint64 index;
  CfutMapOutcome outcome;
} CfutMapItem;

static void
cfut_map_item_free (gpointer data)
{
  CfutMapItem *self = data;

  g_clear_pointer (&self->outcome.result, g_variant_unref);
  g_clear_error (&self->outcome.error);
  g_free (self);
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

static void
cfut_map_return (CfutMap     *self,
                 GTask       *task,
                 CfutMapItem *item,
                 GError      *error)
{
  cfut_map_end_next (self);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, item, cfut_map_item_free);
}

/* Goes on until the task has returned or has to wait. */
static void
cfut_map_run (CfutMap *self,
              GTask   *task)
{
  CfutMapItem *item = g_new0 (CfutMapItem, 1);
  CfutMapStep step;

  do
    {
      GError *error = NULL;

      if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &error))
        {
          cfut_map_item_free (item);
          cfut_map_return (self, task, NULL, error);
          return;
        }

      step = cfut_map_advance (self, &item->index, &item->outcome, NULL);
    }
  while (step == CFUT_MAP_STEP_WAIT && cfut_map_inbox_has_news (self->inbox));

  if (step == CFUT_MAP_STEP_ITEM)
    {
      cfut_map_return (self, task, item, NULL);
      return;
    }

  cfut_map_item_free (item);
  switch (step)
    {
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
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (CFUT_IS_MAP (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cfut_map_next_async);
  g_task_set_name (task, "[cfut] map next");
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
  g_autoptr(CfutMapItem) item = NULL;

  g_return_val_if_fail (CFUT_IS_MAP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (async_result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  item = g_task_propagate_pointer (G_TASK (async_result), error);
  if (item == NULL)
    return FALSE;

  return cfut_map_yield (self, item->index, &item->outcome, index, result, error);
}
