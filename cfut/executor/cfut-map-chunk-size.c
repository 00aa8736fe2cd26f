/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-map-chunk-size-private.h"

static void
cfut_map_chunk_size_start (CfutMapChunkSize *self,
                           guint             given,
                           guint             max,
                           guint             limit,
                           guint             growth)
{
  g_assert (max > 0);

  self->fixed = given > 0;
  self->max = self->fixed ? max : MIN (max, limit);
  self->growth = growth;
  self->size = CLAMP (given, 1, self->max);
}

void
cfut_map_chunk_size_init (CfutMapChunkSize *self,
                          guint             given,
                          guint             max)
{
  cfut_map_chunk_size_start (self, given, max, CFUT_MAP_CHUNK_LIMIT, 2);
}

void
cfut_map_chunk_size_init_for_array (CfutMapChunkSize *self,
                                    guint             given,
                                    guint             max)
{
  cfut_map_chunk_size_start (self, given, max, CFUT_MAP_CHUNK_ARRAY_LIMIT, 8);
}

guint
cfut_map_chunk_size_get (const CfutMapChunkSize *self)
{
  return self->size;
}

/* Growing takes a step at a time, and only a chunk of the present size counts:
 * those still under way from before would make it grow for each of them.
 * Shrinking is at once, whatever chunk it was that took too long. */
void
cfut_map_chunk_size_observe (CfutMapChunkSize *self,
                             guint             n_items,
                             gint64            run_time_ns)
{
  gint64 item_ns;

  g_assert (n_items > 0);

  if (self->fixed || run_time_ns < 0)
    return;

  item_ns = MAX (run_time_ns / n_items, 1);

  if (item_ns > CFUT_MAP_CHUNK_MAX_NS / self->size)
    self->size = (guint) CLAMP (CFUT_MAP_CHUNK_MAX_NS / item_ns, 1, self->size);
  else if (n_items >= self->size && run_time_ns < CFUT_MAP_CHUNK_MIN_NS)
    self->size = (guint) CLAMP (CFUT_MAP_CHUNK_MAX_NS / item_ns,
                                self->size,
                                MIN (self->growth * self->size, self->max));
}

/* The items that had started are lost with a chunk: if workers die, chunks are
 * to be small, until it is seen again that they are not needed. */
void
cfut_map_chunk_size_note_death (CfutMapChunkSize *self)
{
  if (!self->fixed)
    self->size = 1;
}
