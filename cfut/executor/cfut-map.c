/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

#include "cfut-error.h"
#include "future/cfut-wait-private.h"

/**
 * CfutMap:
 *
 * The results of a function applied to many arguments.
 *
 * A map takes arguments from an array ([method@Cfut.Executor.map]) or a source
 * ([method@Cfut.Executor.map_source]), keeps the workers of an executor busy
 * with them, and gives the results one after another, in the order of the input
 * or as they complete:
 *
 * ```c
 * g_autoptr(CfutMap) map = cfut_executor_map (executor, "pi", items, NULL, &error);
 *
 * while (map != NULL && !cfut_map_is_done (map))
 *   {
 *     g_autoptr(GVariant) result = NULL;
 *     g_autoptr(GError) item_error = NULL;
 *     guint64 index;
 *
 *     if (cfut_map_next (map, &index, &result, &item_error))
 *       print_result (index, result);
 *     else if (item_error != NULL)
 *       g_warning ("%s", item_error->message);
 *   }
 * ```
 *
 * An item that fails does not end the map: `next()` returns its error, and the
 * call after it goes on with the other items.
 *
 * The input is read only so far ahead of the results that were taken as
 * [method@Cfut.MapOptions.set_buffer_size] allows, and only from within
 * `next()`. So it may be without end, and while nobody takes results no more
 * than that is held in memory. What was yielded is no longer referred to.
 *
 * To stop early, close the map or drop the last reference to it: the calls that
 * are left are cancelled, those that run are asked to stop.
 *
 * All methods may be called from any thread, but only one `next()` at a time.
 * In a call that runs on a thread executor a map over the same executor works
 * as well: the thread that waits runs the items itself.
 *
 * Like the iterator of Python's `Executor.map()`, except that it goes on after
 * an error, has a bounded window by default, and finds the size of its chunks
 * itself.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (CfutMap, cfut_map, G_TYPE_OBJECT)

static void
cfut_map_dispose (GObject *object)
{
  cfut_map_finish (CFUT_MAP (object), CFUT_MAP_CLOSED);

  G_OBJECT_CLASS (cfut_map_parent_class)->dispose (object);
}

static void
cfut_map_finalize (GObject *object)
{
  CfutMap *self = CFUT_MAP (object);

  g_clear_object (&self->executor);
  g_clear_pointer (&self->function, g_free);
  g_clear_pointer (&self->options, cfut_submit_options_free);
  g_clear_object (&self->give_up);
  g_clear_pointer (&self->inbox, cfut_map_inbox_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (cfut_map_parent_class)->finalize (object);
}

static void
cfut_map_class_init (CfutMapClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cfut_map_dispose;
  object_class->finalize = cfut_map_finalize;
}

static void
cfut_map_init (CfutMap *self)
{
  g_mutex_init (&self->lock);
  self->inbox = cfut_map_inbox_new ();
  self->deadline = -1;

  /* Only an executor opens a map. */
  self->phase = CFUT_MAP_ENDED;
}

gboolean
cfut_map_begin_next (CfutMap  *self,
                     GError  **error)
{
  gboolean was_pending;

  g_mutex_lock (&self->lock);
  was_pending = self->next_pending;
  self->next_pending = TRUE;
  g_mutex_unlock (&self->lock);

  if (was_pending)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         "Map has a next pending; wait until it has returned");

  return !was_pending;
}

void
cfut_map_end_next (CfutMap *self)
{
  g_mutex_lock (&self->lock);
  self->next_pending = FALSE;
  g_mutex_unlock (&self->lock);
}

CfutMapStep
cfut_map_advance (CfutMap         *self,
                  CfutMapWant      want,
                  guint64         *index,
                  CfutMapOutcome  *outcome,
                  CfutFuture     **oldest)
{
  CfutMapStep step;

  if (!cfut_map_take_turn (self))
    return CFUT_MAP_STEP_END;

  step = cfut_map_step (self, want, index, outcome);
  if (step == CFUT_MAP_STEP_TIMED_OUT)
    cfut_map_finish (self, CFUT_MAP_ENDED);
  if (step == CFUT_MAP_STEP_WAIT && oldest != NULL)
    *oldest = cfut_map_dup_oldest (self);
  cfut_map_give_turn (self);

  return step;
}

GError *
cfut_map_get_end (CfutMap     *self,
                  CfutMapStep  step)
{
  gboolean is_closed;

  if (step == CFUT_MAP_STEP_TIMED_OUT)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                "Map did not end in its time; what was left is cancelled");

  g_mutex_lock (&self->lock);
  is_closed = self->phase == CFUT_MAP_CLOSED;
  g_mutex_unlock (&self->lock);

  return is_closed ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "Map was closed")
                   : NULL;
}

gboolean
cfut_map_yield (CfutMap         *self,
                guint64          at,
                CfutMapOutcome  *outcome,
                guint64         *index,
                GVariant       **result,
                GError         **error)
{
  g_autoptr(GVariant) taken = g_steal_pointer (&outcome->result);

  g_mutex_lock (&self->lock);
  self->index = at;
  g_mutex_unlock (&self->lock);

  if (index != NULL)
    *index = at;

  if (taken == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&outcome->error));
      return FALSE;
    }

  if (result != NULL)
    *result = g_steal_pointer (&taken);

  return TRUE;
}

/* Blocks until there is something to look at: @oldest will end, if nothing else
 * does. FALSE with @error if that must not be waited for here.
 * Runs in: the thread that called next(). Locks: none. */
static gboolean
cfut_map_block (CfutMap     *self,
                CfutFuture  *oldest,
                GError     **error)
{
  CfutState *state = cfut_future_get_cfut_state (oldest);

  if (cfut_map_inbox_has_news (self->inbox))
    return TRUE;

  if (!cfut_state_check_home (state, NULL))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK,
                           "Waiting for a map in a callback of its own main context would "
                           "stop that context; use cfut_map_next_async()");
      return FALSE;
    }

  if (!cfut_state_help (state, error))
    return FALSE;

  cfut_map_inbox_wait (self->inbox, self->deadline);

  return TRUE;
}

gboolean
cfut_map_wait (CfutMap         *self,
               CfutMapWant      want,
               guint64         *index,
               CfutMapOutcome  *outcome,
               GError         **error)
{
  GError *end;

  while (TRUE)
    {
      g_autoptr(CfutFuture) oldest = NULL;
      CfutMapStep step = cfut_map_advance (self, want, index, outcome, &oldest);

      switch (step)
        {
        case CFUT_MAP_STEP_ITEM:
          return TRUE;

        case CFUT_MAP_STEP_WAIT:
          if (!cfut_map_block (self, oldest, error))
            return FALSE;
          break;

        case CFUT_MAP_STEP_FULL:
          if (!cfut_map_block_for_room (self, error))
            return FALSE;
          break;

        case CFUT_MAP_STEP_END:
        case CFUT_MAP_STEP_TIMED_OUT:
        default:
          end = cfut_map_get_end (self, step);
          if (end != NULL)
            g_propagate_error (error, end);
          return FALSE;
        }
    }
}

gboolean
cfut_map_next_waiting (CfutMap      *self,
                       CfutMapWant   want,
                       guint64      *index,
                       GVariant    **result,
                       GError      **error)
{
  CfutMapOutcome outcome = { NULL, NULL };
  guint64 at = 0;
  gboolean taken;

  if (!cfut_map_begin_next (self, error))
    return FALSE;

  taken = cfut_map_wait (self, want, &at, &outcome, error);
  cfut_map_end_next (self);
  cfut_delivery_sweep ();

  if (!taken)
    return FALSE;

  return cfut_map_yield (self, at, &outcome, index, result, error);
}

/* A result that is there costs less than a step. */
static gboolean
cfut_map_next_quick (CfutMap        *self,
                     guint64        *index,
                     CfutMapOutcome *outcome)
{
  gboolean taken;

  if (cfut_map_inbox_has_news (self->inbox))
    return FALSE;

  g_mutex_lock (&self->lock);
  taken = self->phase == CFUT_MAP_OPEN && !self->next_pending && !self->has_turn &&
          cfut_map_take_quick (self, index, outcome);
  g_mutex_unlock (&self->lock);

  return taken;
}

/**
 * cfut_map_next:
 * @self: a map
 * @index: (out) (optional): return location for the place of the item in the
 *   input, counted from 0; it is also set if the item failed
 * @result: (out) (optional) (nullable) (transfer full): return location for the result
 * @error: return location for an error
 *
 * Waits for the next result.
 *
 * If the item failed, this returns %FALSE with the item's error, and the call
 * after this one goes on with the other items. At the end it returns %FALSE
 * without an error. Between the two, [method@Cfut.Map.is_done] tells whether it
 * makes sense to go on. Other errors, all of which leave @index alone, are:
 *
 * - %G_IO_ERROR_TIMED_OUT, once, when the time of the whole iteration is over
 *   and nothing more is there; the map has then ended
 * - %G_IO_ERROR_CLOSED after [method@Cfut.Map.close], even if that comes from
 *   another thread while this waits
 * - %G_IO_ERROR_PENDING if another next is pending
 * - %CFUT_ERROR_WOULD_DEADLOCK, or %CFUT_ERROR_QUEUE_FULL, if the caller is
 *   dispatching a main context, which must not be blocked; the map can go on
 *   with [method@Cfut.Map.next_async]
 *
 * No main loop is needed.
 *
 * Returns: %TRUE if there was a result; %FALSE at the end, then without an
 *   error, or with @error set
 *
 * Since: 1.0
 */
gboolean
cfut_map_next (CfutMap   *self,
               guint64   *index,
               GVariant **result,
               GError   **error)
{
  CfutMapOutcome outcome = { NULL, NULL };
  guint64 at = 0;

  g_return_val_if_fail (CFUT_IS_MAP (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (cfut_map_next_quick (self, &at, &outcome))
    return cfut_map_yield (self, at, &outcome, index, result, error);

  return cfut_map_next_waiting (self, CFUT_MAP_WANT_ONE, index, result, error);
}

/**
 * cfut_map_get_index:
 * @self: a map
 *
 * Gets the place in the input of the item that was last yielded, as a result or
 * as an error.
 *
 * This is the `index` of [method@Cfut.Map.next], for languages in which an error
 * leaves no room for it.
 *
 * Returns: an index, counted from 0; 0 if nothing was yielded
 *
 * Since: 1.0
 */
guint64
cfut_map_get_index (CfutMap *self)
{
  guint64 index;

  g_return_val_if_fail (CFUT_IS_MAP (self), 0);

  g_mutex_lock (&self->lock);
  index = self->index;
  g_mutex_unlock (&self->lock);

  return index;
}

/**
 * cfut_map_is_done:
 * @self: a map
 *
 * Gets whether there is nothing more to come: every item was yielded, the time
 * is over, or the map was closed.
 *
 * Of a source it may not be known, before it is asked again, that it has ended;
 * then this is %FALSE, and the next [method@Cfut.Map.next] returns %FALSE without
 * an error.
 *
 * Returns: %TRUE if there is nothing more to come
 *
 * Since: 1.0
 */
gboolean
cfut_map_is_done (CfutMap *self)
{
  g_return_val_if_fail (CFUT_IS_MAP (self), TRUE);

  return !cfut_map_is_open (self);
}

/**
 * cfut_map_close:
 * @self: a map
 *
 * Ends a map early.
 *
 * The calls that have not started are cancelled, those that run are asked to
 * stop, as by [method@Cfut.Future.cancel]. The input is let go. A next that is
 * pending, and every later one, fails with %G_IO_ERROR_CLOSED. Closing a map that
 * is done changes nothing.
 *
 * This may be called from any thread, and from within the source of the map.
 * Dropping the last reference does the same.
 *
 * Since: 1.0
 */
void
cfut_map_close (CfutMap *self)
{
  g_return_if_fail (CFUT_IS_MAP (self));

  cfut_map_finish (self, CFUT_MAP_CLOSED);
  cfut_delivery_sweep ();
}
