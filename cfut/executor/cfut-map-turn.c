/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-private.h"

/* Who may touch what is in a map, and the end of it. */

gboolean
cfut_map_take_turn (CfutMap *self)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = self->phase == CFUT_MAP_OPEN;
  if (taken)
    {
      g_assert (!self->has_turn);
      self->has_turn = TRUE;
    }
  g_mutex_unlock (&self->lock);

  return taken;
}

/* Runs in: any thread. Locks: none; caller has the turn, for the last time. */
static void
cfut_map_throw_out (CfutMap *self)
{
  GList *link;

  cfut_map_inbox_close (self->inbox);
  while ((link = cfut_map_inbox_take (self->inbox)) != NULL)
    cfut_map_chunk_unref (link->data);

  while (g_queue_pop_head_link (&self->staged) != NULL)
    ;
  while (g_queue_pop_head_link (&self->ready) != NULL)
    ;
  while ((link = g_queue_pop_head_link (&self->chunks)) != NULL)
    {
      cfut_map_chunk_abandon (link->data);
      cfut_map_chunk_unref (link->data);
    }

  cfut_map_input_end (&self->input);
  g_clear_pointer (&self->left_over, g_variant_unref);
}

void
cfut_map_give_turn (CfutMap *self)
{
  gboolean is_open;

  g_mutex_lock (&self->lock);
  g_assert (self->has_turn);
  is_open = self->phase == CFUT_MAP_OPEN;
  if (is_open)
    self->has_turn = FALSE;
  g_mutex_unlock (&self->lock);

  if (!is_open)
    cfut_map_throw_out (self);
}

gboolean
cfut_map_is_open (CfutMap *self)
{
  gboolean is_open;

  g_mutex_lock (&self->lock);
  is_open = self->phase == CFUT_MAP_OPEN;
  g_mutex_unlock (&self->lock);

  return is_open;
}

void
cfut_map_finish (CfutMap      *self,
                 CfutMapPhase  phase)
{
  g_autoptr(GCancellable) give_up = NULL;
  gboolean has_turn;

  g_mutex_lock (&self->lock);
  if (self->phase != CFUT_MAP_OPEN)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->phase = phase;
  has_turn = self->has_turn;
  self->has_turn = TRUE;
  give_up = g_steal_pointer (&self->give_up);
  g_mutex_unlock (&self->lock);

  if (!has_turn)
    cfut_map_throw_out (self);
  if (give_up != NULL)
    g_cancellable_cancel (give_up);
  cfut_map_inbox_wake (self->inbox);
}
