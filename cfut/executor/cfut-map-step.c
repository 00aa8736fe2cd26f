/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

#include "cfut-error.h"
#include "executor/cfut-pool-map-private.h"

/* A chunk that was not given a size is full at so many bytes of arguments. */
#define CFUT_MAP_CHUNK_BYTES (256 * 1024)

/* What an item takes at most in the array of its chunk beside its own bytes: its
 * offset, and the gap before it. */
#define CFUT_MAP_ITEM_OVERHEAD 16

/* How many items may be read and not yielded. */
static guint64
cfut_map_get_window (CfutMap *self)
{
  if (self->buffer_size > 0)
    return self->buffer_size;

  /* One chunk that a worker runs, and one that waits for it. */
  return (guint64) 2 * self->n_workers * cfut_map_chunk_size_get (&self->chunk_size);
}

static gboolean
cfut_map_has_input (CfutMap *self)
{
  return self->left_over != NULL || !cfut_map_input_has_ended (&self->input);
}

/* Puts @chunk, which this takes, behind @sibling, or to the end. */
static void
cfut_map_insert (CfutMap      *self,
                 CfutMapChunk *sibling,
                 CfutMapChunk *chunk)
{
  if (sibling != NULL)
    g_queue_insert_after_link (&self->chunks, &sibling->order_link, &chunk->order_link);
  else
    g_queue_push_tail_link (&self->chunks, &chunk->order_link);
}

static void
cfut_map_drop (CfutMap      *self,
               CfutMapChunk *chunk)
{
  g_queue_unlink (&self->chunks, &chunk->order_link);
  if (!self->ordered)
    g_queue_unlink (&self->ready, &chunk->queue_link);
  cfut_map_chunk_unref (chunk);
}

/* The items of one chunk are of one type, as they go in an array, which is no
 * larger than a worker takes: one that does not fit is left for the next chunk. */
static gboolean
cfut_map_fits (CfutMap   *self,
               GPtrArray *items,
               gsize      bytes,
               GVariant  *item)
{
  return items->len == 0 ||
         (bytes <= cfut_executor_get_max_chunk_bytes (self->executor) &&
          g_variant_type_equal (g_variant_get_type (item),
                                g_variant_get_type (g_ptr_array_index (items, 0))));
}

/* Returns: (transfer full) (nullable): a chunk of items that lie in the input as
 * they will in the chunk */
static GVariant *
cfut_map_read_slice (CfutMap *self)
{
  gsize n_bytes = cfut_executor_get_max_chunk_bytes (self->executor);

  if (self->left_over != NULL)
    return NULL;

  if (!self->chunk_size.fixed)
    n_bytes = MIN (n_bytes, CFUT_MAP_CHUNK_BYTES);

  return cfut_map_input_next_slice (&self->input,
                                    cfut_map_chunk_size_get (&self->chunk_size), n_bytes);
}

/* Returns: (transfer full): no more than a chunk of items */
static GPtrArray *
cfut_map_read_items (CfutMap *self)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guint size = cfut_map_chunk_size_get (&self->chunk_size);
  gsize bytes = 0;

  while (items->len < size &&
         (self->chunk_size.fixed || bytes < CFUT_MAP_CHUNK_BYTES))
    {
      g_autoptr(GVariant) item = g_steal_pointer (&self->left_over);

      if (item == NULL)
        item = cfut_map_input_next (&self->input);
      if (item == NULL)
        break;

      bytes += g_variant_get_size (item) + CFUT_MAP_ITEM_OVERHEAD;
      if (!cfut_map_fits (self, items, bytes, item))
        {
          self->left_over = g_steal_pointer (&item);
          break;
        }

      g_ptr_array_add (items, g_steal_pointer (&item));
    }

  return items;
}

/* Stages @input, which this takes: an array of @n_items, or the only item. */
static void
cfut_map_stage (CfutMap  *self,
                GVariant *input,
                guint     n_items)
{
  CfutMapChunk *chunk = cfut_map_chunk_new (self->inbox, self->n_read, n_items, input);

  self->n_read += n_items;
  self->n_ahead += n_items;
  cfut_map_insert (self, NULL, chunk);
  g_queue_push_tail_link (&self->staged, &chunk->queue_link);
}

/* Whether there is something to read, and room for it. */
static gboolean
cfut_map_may_read (CfutMap *self)
{
  return cfut_map_has_input (self) &&
         self->n_ahead + cfut_map_chunk_size_get (&self->chunk_size) <= cfut_map_get_window (self);
}

/* Stages a chunk, if that may be. */
static void
cfut_map_read (CfutMap *self)
{
  g_autoptr(GPtrArray) items = NULL;
  GVariant *input;

  if (!cfut_map_may_read (self))
    return;

  /* Nothing that is still to come would be run. */
  if (self->options != NULL &&
      g_cancellable_is_cancelled (cfut_submit_options_get_cancellable (self->options)))
    cfut_map_input_end (&self->input);

  input = cfut_map_read_slice (self);
  if (input != NULL)
    {
      cfut_map_stage (self, input, g_variant_n_children (input));
      return;
    }

  items = cfut_map_read_items (self);
  if (items->len == 0)
    return;

  if (items->len == 1)
    input = g_variant_ref (g_ptr_array_index (items, 0));
  else
    input = g_variant_ref_sink (g_variant_new_array (g_variant_get_type (g_ptr_array_index (items, 0)),
                                                     (GVariant **) items->pdata, items->len));

  cfut_map_stage (self, input, items->len);
}

static CfutFuture *
cfut_map_submit (CfutMap       *self,
                 CfutMapChunk  *chunk,
                 GError       **error)
{
  if (chunk->n_items == 1)
    return cfut_executor_try_submit (self->executor, self->function, chunk->input,
                                     self->options, error);

  return cfut_executor_submit_chunk (self->executor, self->function, chunk->input,
                                     chunk->n_items, self->options, FALSE, error);
}

void
cfut_map_adopt (CfutMap      *self,
                CfutMapChunk *chunk,
                CfutFuture   *future,
                const GError *error)
{
  if (future != NULL)
    {
      self->n_in_flight++;
      cfut_map_chunk_watch (chunk, future);
    }
  else if (error != NULL)
    {
      /* What is wrong with this call need not be wrong with the next; but an
       * executor that takes no calls will not take the next ones either. */
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) &&
          !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE) &&
          !g_error_matches (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL))
        cfut_map_input_end (&self->input);

      cfut_map_chunk_fail (chunk, error);
      if (!self->ordered)
        g_queue_push_tail_link (&self->ready, &chunk->queue_link);
    }
  else
    {
      chunk->phase = CFUT_MAP_CHUNK_STAGED;
      g_queue_push_head_link (&self->staged, &chunk->queue_link);
    }
}

void
cfut_map_fill (CfutMap  *self,
               GError  **error)
{
  /* A source may close the map. */
  while (cfut_map_is_open (self))
    {
      g_autoptr(GError) local_error = NULL;
      CfutMapChunk *chunk;
      CfutFuture *future;

      if (self->staged.length == 0)
        cfut_map_read (self);
      if (self->staged.length == 0)
        break;

      chunk = self->staged.head->data;
      future = cfut_map_submit (self, chunk, &local_error);

      if (g_error_matches (local_error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL))
        break;

      if (future == NULL && error != NULL && chunk->first == 0)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          break;
        }

      g_queue_unlink (&self->staged, &chunk->queue_link);
      cfut_map_adopt (self, chunk, future, local_error);
    }
}

CfutMapChunk *
cfut_map_pop_staged (CfutMap *self)
{
  CfutMapChunk *chunk = self->staged.head->data;

  if (chunk->n_items > 1)
    {
      CfutMapChunk *single = cfut_map_chunk_pick (chunk, 0);

      cfut_map_chunk_skip_first (chunk);
      g_queue_insert_before_link (&self->chunks, &chunk->order_link, &single->order_link);
      chunk = single;
    }
  else
    g_queue_unlink (&self->staged, &chunk->queue_link);

  chunk->phase = CFUT_MAP_CHUNK_SUBMITTING;

  return cfut_map_chunk_ref (chunk);
}

/* What is left of a chunk that died goes in one by one, before all else. */
static void
cfut_map_submit_again (CfutMap      *self,
                       CfutMapChunk *dead,
                       GQueue       *again)
{
  GList *link;

  while ((link = g_queue_pop_tail_link (again)) != NULL)
    {
      cfut_map_insert (self, dead, link->data);
      g_queue_push_head_link (&self->staged, link);
    }
}

static void
cfut_map_empty_inbox (CfutMap *self)
{
  gboolean retried = self->options != NULL &&
                     cfut_submit_options_get_retries (self->options) > 0;
  GList *link;

  while ((link = cfut_map_inbox_take (self->inbox)) != NULL)
    {
      g_autoptr(CfutMapChunk) chunk = link->data;
      gint64 run_time_ns = cfut_future_get_run_time (chunk->future);
      guint n_items = chunk->n_items;
      GQueue again = G_QUEUE_INIT;

      self->n_in_flight--;
      cfut_map_chunk_settle (chunk, retried, &again);
      if (!self->ordered)
        g_queue_push_tail_link (&self->ready, &chunk->queue_link);

      if (again.length > 0)
        {
          cfut_map_chunk_size_note_death (&self->chunk_size);
          cfut_map_submit_again (self, chunk, &again);
        }
      else
        cfut_map_chunk_size_observe (&self->chunk_size, n_items, run_time_ns);
    }
}

/* Where the outcomes come from that are wanted. */
static GQueue *
cfut_map_get_source (CfutMap     *self,
                     CfutMapWant  want)
{
  return self->ordered || want == CFUT_MAP_WANT_IN_ORDER ? &self->chunks : &self->ready;
}

/* A chunk is dropped with its last outcome: the map has no part any more in
 * what it yields. */
static gboolean
cfut_map_take (CfutMap        *self,
               CfutMapWant     want,
               guint64        *index,
               CfutMapOutcome *outcome)
{
  GQueue *queue = cfut_map_get_source (self, want);
  guint n_taken = 0;

  while (n_taken == 0 && queue->length > 0)
    {
      CfutMapChunk *chunk = queue->head->data;

      if (chunk->phase != CFUT_MAP_CHUNK_SETTLED)
        break;

      if (want != CFUT_MAP_WANT_ONE)
        n_taken = cfut_map_chunk_take_many (chunk, index, outcome);
      else if (cfut_map_chunk_take (chunk, index, outcome))
        n_taken = 1;

      if (chunk->n_taken == chunk->n_items)
        cfut_map_drop (self, chunk);
    }

  self->n_ahead -= n_taken;

  return n_taken > 0;
}

gboolean
cfut_map_take_quick (CfutMap        *self,
                     guint64        *index,
                     CfutMapOutcome *outcome)
{
  GQueue *queue = cfut_map_get_source (self, CFUT_MAP_WANT_ONE);
  CfutMapChunk *chunk;

  if (queue->length == 0 || self->staged.length > 0 || cfut_map_may_read (self))
    return FALSE;

  chunk = queue->head->data;
  if (chunk->phase != CFUT_MAP_CHUNK_SETTLED || chunk->n_items - chunk->n_taken < 2)
    return FALSE;

  self->n_ahead--;

  return cfut_map_chunk_take (chunk, index, outcome);
}

CfutMapStep
cfut_map_step (CfutMap        *self,
               CfutMapWant     want,
               guint64        *index,
               CfutMapOutcome *outcome)
{
  gboolean expired = self->deadline >= 0 && g_get_monotonic_time () >= self->deadline;
  gboolean taken;

  cfut_map_empty_inbox (self);
  if (!expired)
    cfut_map_fill (self, NULL);

  taken = cfut_map_take (self, want, index, outcome);
  if (self->n_ahead == 0 && !cfut_map_has_input (self))
    cfut_map_finish (self, CFUT_MAP_ENDED);

  if (taken)
    return CFUT_MAP_STEP_ITEM;
  if (!cfut_map_is_open (self))
    return CFUT_MAP_STEP_END;
  if (expired)
    return CFUT_MAP_STEP_TIMED_OUT;

  return self->n_in_flight > 0 ? CFUT_MAP_STEP_WAIT : CFUT_MAP_STEP_FULL;
}

CfutFuture *
cfut_map_dup_oldest (CfutMap *self)
{
  for (GList *link = self->chunks.head; link != NULL; link = link->next)
    {
      CfutMapChunk *chunk = link->data;

      if (chunk->phase == CFUT_MAP_CHUNK_IN_FLIGHT)
        return g_object_ref (chunk->future);
    }

  g_assert_not_reached ();
}
