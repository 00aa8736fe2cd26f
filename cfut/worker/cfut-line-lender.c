/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "worker/cfut-line-lender-private.h"

#include "memory/cfut-buffer-private.h"

/*
 * The parent is believed. What it lends is read where it is, until nobody here refers
 * to it; then its index is given back, like that of a region of the arena.
 *
 * A result that is of what its own call was lent names that. The parent keeps it until
 * it has the answer, so it does not matter when the index is given back. What an
 * earlier call was lent is copied.
 *
 * Buffers that are made while a call runs are regions of the arena, which their result
 * only names. At other times they are not: the parent, which takes idle memory away,
 * could not know of them.
 */

/* ---- What is borrowed. */

typedef struct
{
  CfutArena *arena;     /* (owned) */
  CfutMapping *mapping; /* (owned) */
  guint32 index;
} Borrowed;

/* Runs in: any thread. Locks: none. */
static void
borrowed_return (gpointer data)
{
  Borrowed *self = data;

  cfut_mapping_unref (self->mapping);
  cfut_arena_give_back (self->arena, self->index);
  cfut_arena_unref (self->arena);
  g_free (self);
}

/* Runs in: worker's main thread. */
static GBytes *
line_lender_borrow (gpointer              data,
                    guint64               call,
                    const CfutLentBytes  *lent,
                    GError              **error)
{
  CfutLine *self = data;
  CfutMapping *mapping;
  const guint8 *bytes = cfut_mappings_find (&self->mappings, lent->source, lent->offset, lent->length,
                                            &mapping, error);
  Borrowed *borrowed;

  if (bytes == NULL)
    {
      cfut_arena_give_back (self->arena, lent->index);
      return NULL;
    }

  borrowed = g_new (Borrowed, 1);
  borrowed->arena = cfut_arena_ref (self->arena);
  borrowed->mapping = mapping;
  borrowed->index = lent->index;

  if (self->lending_call != call)
    self->n_loans = 0;
  self->lending_call = call;
  if (self->n_loans < G_N_ELEMENTS (self->loans))
    self->loans[self->n_loans++] = (CfutLineLoan) { bytes, lent->length, lent->index };

  return g_bytes_new_with_free_func (bytes, lent->length, borrowed_return, borrowed);
}

/* Runs in: worker's main thread. */
static void
line_lender_give_back (gpointer             data,
                       const CfutLentBytes *lent)
{
  CfutLine *self = data;

  cfut_arena_give_back (self->arena, lent->index);
}

/* ---- What is lent. Runs in: worker's main thread. Locks: caller holds the output's. */

static gboolean
line_lender_is_ready (gpointer data)
{
  CfutLine *self = data;

  return self->n_loans > 0 || cfut_arena_is_holding (self->arena);
}

static gboolean
line_lender_lend (gpointer       data,
                  guint64        call,
                  GVariant      *value,
                  CfutLentBytes *lent)
{
  CfutLine *self = data;
  const guint8 *bytes = g_variant_get_data (value);
  gsize length = g_variant_get_size (value);

  lent->length = length;

  for (guint i = 0; self->lending_call == call && i < self->n_loans; i++)
    {
      gsize offset = (gsize) bytes - (gsize) self->loans[i].bytes; /* huge if it is before */

      if (offset > self->loans[i].length || length > self->loans[i].length - offset)
        continue;

      lent->source = CFUT_LENT_BY_CALL;
      lent->index = self->loans[i].index;
      lent->offset = offset;
      return TRUE;
    }

  lent->source = CFUT_LENT_BY_ARENA;

  return cfut_arena_send_held (self->arena, bytes, length, &lent->index, &lent->offset);
}

static const CfutLender line_lender = {
  .is_ready = line_lender_is_ready,
  .lend = line_lender_lend,
  .borrow = line_lender_borrow,
  .give_back = line_lender_give_back,
};

/* ---- Buffers. */

typedef struct
{
  CfutLine *line; /* (owned) */
  guint32 index;
} Held;

/* Runs in: any thread. Locks: none; the output's may be held. */
static void
held_free (gpointer data)
{
  Held *self = data;

  cfut_arena_let_go (self->line->arena, self->index);
  cfut_line_unref (self->line);
  g_free (self);
}

/* Runs in: any thread. Locks: takes the output's. */
static guint8 *
allocate_cb (gpointer         source,
             gsize            size,
             GDestroyNotify  *free_func,
             gpointer        *free_data)
{
  CfutLine *self = source;
  guint8 *room = NULL;
  guint32 index = 0;
  Held *held;

  g_mutex_lock (&self->output.lock);
  if (self->output.busy)
    room = cfut_arena_hold (self->arena, size, &index);
  g_mutex_unlock (&self->output.lock);

  if (room == NULL)
    return NULL;

  held = g_new (Held, 1);
  held->line = cfut_line_ref (self);
  held->index = index;
  *free_func = held_free;
  *free_data = held;

  return room;
}

void
cfut_line_start_lending (CfutLine *self)
{
  if (self->arena == NULL)
    return;

  self->lends = TRUE;
  cfut_channel_set_lender (self->channel, &line_lender, self);
  cfut_channel_take_fds (self->control);
  cfut_buffer_set_source (allocate_cb, self);
}

void
cfut_line_stop_lending (CfutLine *self)
{
  if (self->lends)
    cfut_buffer_set_source (NULL, NULL);
}
