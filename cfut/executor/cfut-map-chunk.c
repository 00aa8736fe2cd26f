/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-chunk-private.h"

#include "call/cfut-chunk-private.h"
#include "cfut-error.h"
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
cfut_map_chunk_clear_outcomes (CfutMapChunk *self)
{
  if (self->outcomes == NULL)
    return;

  for (guint i = self->n_taken; i < self->n_items; i++)
    {
      g_clear_pointer (&self->outcomes[i].result, g_variant_unref);
      g_clear_error (&self->outcomes[i].error);
    }
  g_clear_pointer (&self->outcomes, g_free);
}

void
cfut_map_chunk_unref (CfutMapChunk *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  cfut_map_chunk_clear_outcomes (self);
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
  guint n_left = self->n_items - 1;
  GVariant **children;
  GVariant *input;

  g_assert (self->phase == CFUT_MAP_CHUNK_STAGED && n_left > 0);

  children = g_new (GVariant *, n_left);
  for (guint i = 0; i < n_left; i++)
    children[i] = g_variant_get_child_value (self->input, i + 1);

  if (n_left == 1)
    input = g_variant_ref (children[0]);
  else
    input = g_variant_ref_sink (g_variant_new_array (g_variant_get_type (children[0]),
                                                     children, n_left));
  g_variant_unref (self->input);
  self->input = input;
  self->first++;
  self->n_items = n_left;

  for (guint i = 0; i < n_left; i++)
    g_variant_unref (children[i]);
  g_free (children);
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

/* The outcome is everybody's. */
void
cfut_map_chunk_fail (CfutMapChunk *self,
                     const GError *error)
{
  self->outcomes = g_new0 (CfutMapOutcome, self->n_items);
  for (guint i = 0; i < self->n_items; i++)
    self->outcomes[i].error = g_error_copy (error);

  self->phase = CFUT_MAP_CHUNK_SETTLED;
  g_clear_pointer (&self->input, g_variant_unref);
  g_clear_object (&self->future);
}

/* A chunk's failures are the word of a worker process, which may be anything
 * of the right type. */
static gboolean
cfut_map_chunk_read_failures (CfutMapChunk *self,
                              GVariant     *failures)
{
  guint n_failures = g_variant_n_children (failures);
  guint last = 0;

  for (guint i = 0; i < n_failures; i++)
    {
      g_autoptr(GVariant) failure = g_variant_get_child_value (failures, i);
      g_autoptr(GError) error = NULL;
      guint index;

      error = cfut_chunk_read_failure (failure, &index);
      if (index >= self->n_items || (i > 0 && index <= last))
        return FALSE;

      self->outcomes[index].error = g_steal_pointer (&error);
      last = index;
    }

  return TRUE;
}

static GVariant *
dup_value (GVariant *values,
           gsize     index,
           gboolean  boxed)
{
  g_autoptr(GVariant) value = g_variant_get_child_value (values, index);

  return boxed ? g_variant_get_variant (value) : g_steal_pointer (&value);
}

/* Gives each item its outcome; FALSE if it does not fit. */
static gboolean
cfut_map_chunk_unpack (CfutMapChunk *self,
                       GVariant     *result,
                       gboolean      boxed)
{
  g_autoptr(GVariant) values = NULL;
  g_autoptr(GVariant) failures = NULL;
  gsize n_values, used = 0;

  if (!g_variant_is_of_type (result, G_VARIANT_TYPE ("(a*a" CFUT_CHUNK_FAILURE ")")))
    return FALSE;

  values = g_variant_get_child_value (result, 0);
  failures = g_variant_get_child_value (result, 1);
  n_values = g_variant_n_children (values);

  if (n_values > self->n_items ||
      g_variant_n_children (failures) != self->n_items - n_values)
    return FALSE;

  self->outcomes = g_new0 (CfutMapOutcome, self->n_items);
  if (!cfut_map_chunk_read_failures (self, failures))
    {
      cfut_map_chunk_clear_outcomes (self);
      return FALSE;
    }

  for (guint i = 0; i < self->n_items; i++)
    if (self->outcomes[i].error == NULL)
      self->outcomes[i].result = dup_value (values, used++, boxed);

  return TRUE;
}

static void
cfut_map_chunk_take_result (CfutMapChunk *self,
                            GVariant     *result)
{
  if (self->n_items == 1)
    {
      self->outcomes = g_new0 (CfutMapOutcome, 1);
      self->outcomes[0].result = g_variant_ref (result);
    }
  else if (!cfut_map_chunk_unpack (self, result, cfut_future_is_boxed (self->future)))
    {
      g_autoptr(GError) error =
        g_error_new (CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                     "A chunk of %u calls came back with results that do not fit",
                     self->n_items);

      cfut_map_chunk_fail (self, error);
      return;
    }

  self->phase = CFUT_MAP_CHUNK_SETTLED;
  g_clear_pointer (&self->input, g_variant_unref);
  g_clear_object (&self->future);
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

gboolean
cfut_map_chunk_take (CfutMapChunk   *self,
                     guint64        *index,
                     CfutMapOutcome *outcome)
{
  g_assert (self->phase == CFUT_MAP_CHUNK_SETTLED);

  if (self->n_taken == self->n_items)
    return FALSE;

  *index = self->first + self->n_taken;
  *outcome = self->outcomes[self->n_taken];
  self->n_taken++;

  return TRUE;
}
