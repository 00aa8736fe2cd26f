/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-chunk-private.h"

#include "call/cfut-chunk-private.h"
#include "cfut-error.h"
#include "executor/cfut-map-array-private.h"
#include "executor/cfut-pool-map-private.h"

/* Runs in: the thread that resolves the future. Locks: none. */
static void
cfut_map_chunk_notify (CfutWaiter *waiter,
                       CfutState  *state)
{
  CfutMapChunk *self = (CfutMapChunk *) waiter;

  if (!cfut_map_inbox_post (self->inbox, &self->inbox_link))
    cfut_map_chunk_unref (self);
}

CfutMapChunk *
cfut_map_chunk_new (CfutMapInbox *inbox,
                    guint64       first,
                    guint         n_items,
                    GVariant     *input)
{
  CfutMapChunk *self = g_new0 (CfutMapChunk, 1);

  self->waiter.notify = cfut_map_chunk_notify;
  self->inbox = cfut_map_inbox_ref (inbox);
  g_atomic_ref_count_init (&self->ref_count);
  self->first = first;
  self->n_items = n_items;
  self->input = input;
  self->inbox_link.data = self;
  self->order_link.data = self;
  self->queue_link.data = self;

  return self;
}

CfutMapChunk *
cfut_map_chunk_ref (CfutMapChunk *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
cfut_map_chunk_clear_values (CfutMapChunk *self)
{
  if (self->values == NULL)
    return;

  for (guint i = self->n_results_taken; i < self->n_results; i++)
    g_variant_unref (self->values[i]);
  g_clear_pointer (&self->values, g_free);
}

static void
cfut_map_failure_clear (gpointer data)
{
  CfutMapFailure *self = data;

  g_clear_error (&self->error);
}

void
cfut_map_chunk_unref (CfutMapChunk *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  cfut_map_chunk_clear_values (self);
  g_clear_pointer (&self->results, g_variant_unref);
  g_clear_pointer (&self->failures, g_array_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->input, g_variant_unref);
  g_clear_object (&self->future);
  g_clear_pointer (&self->inbox, cfut_map_inbox_unref);
  g_free (self);
}

CfutMapChunk *
cfut_map_chunk_pick (CfutMapChunk *self,
                     guint         offset)
{
  g_assert (self->n_items > 1 && offset < self->n_items);

  return cfut_map_chunk_new (self->inbox, self->first + offset, 1,
                             g_variant_get_child_value (self->input, offset));
}

void
cfut_map_chunk_skip_first (CfutMapChunk *self)
{
  g_autoptr(GVariant) input = g_steal_pointer (&self->input);
  guint n_left = self->n_items - 1;

  g_assert (self->phase == CFUT_MAP_CHUNK_STAGED && n_left > 0);

  self->input = n_left == 1 ? g_variant_get_child_value (input, 1)
                            : cfut_map_array_slice (input, 1, n_left);
  self->first++;
  self->n_items = n_left;
}

void
cfut_map_chunk_watch (CfutMapChunk *self,
                      CfutFuture   *future)
{
  CfutState *state = cfut_future_get_cfut_state (future);

  self->future = future;
  self->phase = CFUT_MAP_CHUNK_IN_FLIGHT;

  /* A single one is never submitted again. */
  if (self->n_items == 1)
    g_clear_pointer (&self->input, g_variant_unref);

  cfut_map_chunk_ref (self);
  if (!cfut_state_add_waiter (state, &self->waiter))
    cfut_map_chunk_notify (&self->waiter, state);
}

void
cfut_map_chunk_abandon (CfutMapChunk *self)
{
  gboolean removed;

  if (self->phase != CFUT_MAP_CHUNK_IN_FLIGHT)
    return;

  removed = cfut_state_remove_waiter (cfut_future_get_cfut_state (self->future), &self->waiter);
  cfut_future_cancel (self->future);
  if (removed)
    cfut_map_chunk_unref (self);
}

static void
cfut_map_chunk_set_settled (CfutMapChunk *self)
{
  self->phase = CFUT_MAP_CHUNK_SETTLED;
  g_clear_pointer (&self->input, g_variant_unref);
  g_clear_object (&self->future);
}

void
cfut_map_chunk_fail (CfutMapChunk *self,
                     const GError *error)
{
  self->error = g_error_copy (error);
  cfut_map_chunk_set_settled (self);
}

/* A chunk's failures are the word of a worker process, which may be anything
 * of the right type: NULL if it does not fit. */
static GArray *
cfut_map_chunk_read_failures (CfutMapChunk *self,
                              GVariant     *failures)
{
  guint n_failures = g_variant_n_children (failures);
  g_autoptr(GArray) read = g_array_sized_new (FALSE, FALSE, sizeof (CfutMapFailure), n_failures);

  g_array_set_clear_func (read, cfut_map_failure_clear);
  for (guint i = 0; i < n_failures; i++)
    {
      g_autoptr(GVariant) failure = g_variant_get_child_value (failures, i);
      CfutMapFailure item;

      item.error = cfut_chunk_read_failure (failure, &item.offset);
      g_array_append_val (read, item);
      if (item.offset >= self->n_items ||
          (i > 0 && item.offset <= g_array_index (read, CfutMapFailure, i - 1).offset))
        return NULL;
    }

  return g_steal_pointer (&read);
}

static GVariant *
dup_value (GVariant *values,
           gsize     index,
           gboolean  boxed)
{
  g_autoptr(GVariant) value = g_variant_get_child_value (values, index);

  return boxed ? g_variant_get_variant (value) : g_steal_pointer (&value);
}

/* Whether an array was put together of values, and still has these: then it gives
 * out the same one each time. One that is bytes makes a new one. */
static gboolean
holds_values (GVariant *array)
{
  g_autoptr(GVariant) first = NULL;
  g_autoptr(GVariant) again = NULL;

  if (g_variant_n_children (array) == 0)
    return FALSE;

  first = g_variant_get_child_value (array, 0);
  again = g_variant_get_child_value (array, 0);

  return first == again;
}

/* Keeps nothing of what will have been taken. */
static void
cfut_map_chunk_keep_results (CfutMapChunk *self,
                             GVariant     *results)
{
  gboolean boxed = cfut_future_is_boxed (self->future);

  if (!boxed && cfut_map_array_get_item_size (results) > 0 && !holds_values (results))
    {
      self->results = g_variant_ref (results);
      return;
    }

  self->values = g_new (GVariant *, self->n_results);
  for (guint i = 0; i < self->n_results; i++)
    self->values[i] = dup_value (results, i, boxed);
}

/* Takes results and failures apart; FALSE if they do not fit. */
static gboolean
cfut_map_chunk_unpack (CfutMapChunk *self,
                       GVariant     *result)
{
  g_autoptr(GVariant) results = NULL;
  gsize n_results, n_failures;

  if (!g_variant_is_of_type (result, G_VARIANT_TYPE_ARRAY) &&
      !g_variant_is_of_type (result, G_VARIANT_TYPE ("(a*a" CFUT_CHUNK_FAILURE ")")))
    return FALSE;

  results = cfut_chunk_dup_results (result);
  n_results = g_variant_n_children (results);
  n_failures = cfut_chunk_count_failures (result);
  if (n_results > self->n_items || n_failures != self->n_items - n_results)
    return FALSE;

  if (n_failures > 0)
    {
      g_autoptr(GVariant) failures = g_variant_get_child_value (result, 1);

      self->failures = cfut_map_chunk_read_failures (self, failures);
      if (self->failures == NULL)
        return FALSE;
    }

  self->n_results = n_results;
  cfut_map_chunk_keep_results (self, results);

  return TRUE;
}

static void
cfut_map_chunk_take_result (CfutMapChunk *self,
                            GVariant     *result)
{
  if (self->n_items == 1)
    {
      self->n_results = 1;
      self->values = g_new (GVariant *, 1);
      self->values[0] = g_variant_ref (result);
    }
  else if (!cfut_map_chunk_unpack (self, result))
    {
      g_autoptr(GError) error =
        g_error_new (CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                     "A chunk of %u calls came back with results that do not fit",
                     self->n_items);

      cfut_map_chunk_fail (self, error);
      return;
    }

  cfut_map_chunk_set_settled (self);
}

void
cfut_map_chunk_settle (CfutMapChunk *self,
                       gboolean      retried,
                       GQueue       *again)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;

  g_assert (self->phase == CFUT_MAP_CHUNK_IN_FLIGHT);

  result = cfut_future_dup_result (self->future, 0, &error);
  if (result != NULL)
    {
      cfut_map_chunk_take_result (self, result);
      return;
    }

  if (self->n_items > 1 &&
      g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED))
    {
      /* The pool counts in the same way. */
      guint n_over = retried ? 0 : cfut_future_get_n_started (self->future);

      for (guint i = n_over; i < self->n_items; i++)
        g_queue_push_tail_link (again, &cfut_map_chunk_pick (self, i)->queue_link);
      self->n_items = MIN (n_over, self->n_items);
    }

  cfut_map_chunk_fail (self, error);
}

/* Where the next item is that failed, or the end. */
static guint
cfut_map_chunk_find_failure (CfutMapChunk *self)
{
  if (self->error != NULL)
    return self->n_taken;

  if (self->failures == NULL || self->n_failures_taken == self->failures->len)
    return self->n_items;

  return g_array_index (self->failures, CfutMapFailure, self->n_failures_taken).offset;
}

static void
cfut_map_chunk_take_failure (CfutMapChunk   *self,
                             CfutMapOutcome *outcome)
{
  outcome->result = NULL;
  if (self->error != NULL)
    outcome->error = g_error_copy (self->error);
  else
    outcome->error = g_steal_pointer (&g_array_index (self->failures, CfutMapFailure,
                                                      self->n_failures_taken++).error);
  self->n_taken++;
}

gboolean
cfut_map_chunk_take (CfutMapChunk   *self,
                     guint64        *index,
                     CfutMapOutcome *outcome)
{
  g_assert (self->phase == CFUT_MAP_CHUNK_SETTLED);

  if (self->n_taken == self->n_items)
    return FALSE;

  *index = self->first + self->n_taken;
  if (cfut_map_chunk_find_failure (self) == self->n_taken)
    {
      cfut_map_chunk_take_failure (self, outcome);
      return TRUE;
    }

  outcome->error = NULL;
  outcome->result = self->results != NULL
                      ? g_variant_get_child_value (self->results, self->n_results_taken)
                      : self->values[self->n_results_taken];
  self->n_results_taken++;
  self->n_taken++;

  return TRUE;
}

/* The next @n_results, as an array. */
static GVariant *
cfut_map_chunk_take_array (CfutMapChunk *self,
                           guint         n_results)
{
  GVariant **values;
  GVariant *array;

  if (self->results != NULL)
    return n_results == self->n_results
             ? g_variant_ref (self->results)
             : cfut_map_array_slice (self->results, self->n_results_taken, n_results);

  values = self->values + self->n_results_taken;
  array = cfut_map_array_join (values, n_results);
  for (guint i = 0; i < n_results; i++)
    g_variant_unref (values[i]);

  return array;
}

guint
cfut_map_chunk_take_many (CfutMapChunk   *self,
                          guint64        *index,
                          CfutMapOutcome *outcome)
{
  guint n_results = cfut_map_chunk_find_failure (self) - self->n_taken;

  g_assert (self->phase == CFUT_MAP_CHUNK_SETTLED);

  if (n_results == 0)
    return cfut_map_chunk_take (self, index, outcome) ? 1 : 0;

  *index = self->first + self->n_taken;
  outcome->error = NULL;
  outcome->result = cfut_map_chunk_take_array (self, n_results);
  self->n_results_taken += n_results;
  self->n_taken += n_results;

  return n_results;
}
