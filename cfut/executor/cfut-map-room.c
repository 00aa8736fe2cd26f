/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

#include "cfut-error.h"
#include "executor/cfut-pool-private.h"

/*
 * Waiting for room. Only a map that has nothing in flight waits for it: else the
 * next of its own calls to end makes room, or shows that there is still none.
 */
typedef struct
{
  CfutMap *map;            /* (owned) */
  CfutMapChunk *chunk;     /* (owned) */
  CfutMapRoomFunc done;
  gpointer user_data;

  GCancellable *give_up;   /* (owned) ends the wait */
  GCancellable *cancellable; /* (owned) (nullable) the user's */
  gulong handler;          /* of @cancellable; 0 for none */
  GSource *timeout;        /* (owned) (nullable) */
} CfutMapRoom;

static void
cfut_map_room_free (CfutMapRoom *self)
{
  if (self->timeout != NULL)
    g_source_destroy (self->timeout);
  g_cancellable_disconnect (self->cancellable, self->handler);

  g_clear_pointer (&self->timeout, g_source_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->give_up);
  cfut_map_chunk_unref (self->chunk);
  g_object_unref (self->map);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapRoom, cfut_map_room_free)

/* Runs in: cancelling thread. */
static void
cancelled_cb (GCancellable *cancellable,
              GCancellable *give_up)
{
  g_cancellable_cancel (give_up);
}

/* Runs in: the context of the wait. */
static gboolean
timed_out_cb (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* Runs in: the context of the wait. */
static void
submitted_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(CfutMapRoom) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutFuture) future = NULL;

  future = cfut_executor_submit_finish (CFUT_EXECUTOR (object), result, &error);

  if (g_cancellable_is_cancelled (self->give_up) &&
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&error);

  g_mutex_lock (&self->map->lock);
  if (self->map->give_up == self->give_up)
    g_clear_object (&self->map->give_up);
  g_mutex_unlock (&self->map->lock);

  if (cfut_map_take_turn (self->map))
    {
      cfut_map_adopt (self->map, self->chunk, g_steal_pointer (&future), error);
      cfut_map_give_turn (self->map);
    }
  else if (future != NULL)
    cfut_future_cancel (future);

  self->done (self->map, self->user_data);
}

static void
cfut_map_room_watch (CfutMapRoom  *self,
                     GCancellable *cancellable)
{
  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb),
                                             g_object_ref (self->give_up), g_object_unref);
    }

  if (self->map->deadline >= 0)
    {
      g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

      self->timeout = g_timeout_source_new (0);
      g_source_set_ready_time (self->timeout, self->map->deadline);
      g_source_set_static_name (self->timeout, "[cfut] map time-out");
      g_source_set_callback (self->timeout, timed_out_cb,
                             g_object_ref (self->give_up), g_object_unref);
      g_source_attach (self->timeout, context);
    }
}

void
cfut_map_await_room (CfutMap         *self,
                     GCancellable    *cancellable,
                     CfutMapRoomFunc  done,
                     gpointer         user_data)
{
  g_autoptr(GCancellable) give_up = NULL;
  CfutMapRoom *room;

  if (!cfut_map_take_turn (self))
    {
      done (self, user_data);
      return;
    }

  room = g_new0 (CfutMapRoom, 1);
  room->map = g_object_ref (self);
  room->chunk = cfut_map_pop_staged (self);
  room->done = done;
  room->user_data = user_data;
  room->give_up = g_cancellable_new ();
  give_up = g_object_ref (room->give_up);

  g_mutex_lock (&self->lock);
  self->give_up = g_object_ref (give_up);
  g_mutex_unlock (&self->lock);

  /* Who ends the map from here on cancels @give_up; who did before, did not. */
  cfut_map_give_turn (self);
  if (!cfut_map_is_open (self))
    g_cancellable_cancel (give_up);

  cfut_map_room_watch (room, cancellable);
  cfut_executor_submit_async (self->executor, self->function, room->chunk->input,
                              self->options, give_up, submitted_cb, room);
}

static void
done_cb (CfutMap  *map,
         gpointer  user_data)
{
  gboolean *done = user_data;

  *done = TRUE;
}

/* Runs in: the thread that called next(). Locks: none. */
gboolean
cfut_map_block_for_room (CfutMap  *self,
                         GError  **error)
{
  CfutPool *pool = cfut_executor_get_pool (self->executor);
  GMainContext *context;
  gboolean done = FALSE;

  /* If all of an executor's workers waited for room in its queue, nobody would
   * make any. */
  if (cfut_pool_is_mine (pool) && cfut_pool_help_any (pool))
    return TRUE;

  if (g_main_depth () > 0)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL,
                           "Queue is full, and a main context that is dispatching is not "
                           "made to wait for room; use cfut_map_next_async()");
      return FALSE;
    }

  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  cfut_map_await_room (self, NULL, done_cb, &done);
  while (!done)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);

  return TRUE;
}
