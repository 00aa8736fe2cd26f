/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "memory/cfut-regions-private.h"

G_STATIC_ASSERT (CFUT_REGIONS_MAX == 64);

void
cfut_regions_init (CfutRegions *self,
                   gsize        capacity)
{
  g_assert (capacity <= G_MAXUINT32);

  self->capacity = capacity;
  self->used = 0;
  self->n_used = 0;
}

static guint32
get_end (const CfutRegion *region)
{
  return region->offset + region->size;
}

/* The lowest gap of @size bytes: its place in the array, and its offset. */
static gboolean
find_gap (CfutRegions *self,
          gsize        size,
          guint       *place,
          gsize       *offset)
{
  gsize begin = 0;

  for (guint i = 0; i < self->n_used; i++)
    {
      if (self->regions[i].offset - begin >= size)
        {
          *place = i;
          *offset = begin;
          return TRUE;
        }
      begin = get_end (&self->regions[i]);
    }

  *place = self->n_used;
  *offset = begin;
  return self->capacity - begin >= size;
}

gboolean
cfut_regions_take (CfutRegions *self,
                   gsize        size,
                   CfutRegion  *region)
{
  guint place;
  gsize offset;

  g_assert (size > 0);

  if (~self->used == 0 || size > self->capacity)
    return FALSE;

  size = (size + CFUT_REGIONS_GRANULARITY - 1) & ~(gsize) (CFUT_REGIONS_GRANULARITY - 1);
  if (!find_gap (self, size, &place, &offset))
    return FALSE;

  region->offset = offset;
  region->size = size;
  region->index = __builtin_ctzll (~self->used);

  memmove (self->regions + place + 1, self->regions + place,
           (self->n_used - place) * sizeof *region);
  self->regions[place] = *region;
  self->n_used++;
  self->used |= G_GUINT64_CONSTANT (1) << region->index;

  return TRUE;
}

gboolean
cfut_regions_take_index (CfutRegions *self,
                         guint32     *index)
{
  if (~self->used == 0)
    return FALSE;

  *index = __builtin_ctzll (~self->used);
  self->used |= G_GUINT64_CONSTANT (1) << *index;

  return TRUE;
}

const CfutRegion *
cfut_regions_find (CfutRegions *self,
                   gsize        offset,
                   gsize        size)
{
  for (guint i = 0; i < self->n_used; i++)
    {
      const CfutRegion *region = &self->regions[i];

      if (offset >= region->offset && offset - region->offset < region->size &&
          size <= region->size - (offset - region->offset))
        return region;
    }

  return NULL;
}

void
cfut_regions_give_back (CfutRegions *self,
                        guint64      indices)
{
  guint n_kept = 0;

  if ((indices & self->used) == 0)
    return;

  for (guint i = 0; i < self->n_used; i++)
    {
      if ((indices >> self->regions[i].index & 1) == 0)
        self->regions[n_kept++] = self->regions[i];
    }

  self->n_used = n_kept;
  self->used &= ~indices;
}

gsize
cfut_regions_get_end (CfutRegions *self)
{
  return self->n_used > 0 ? get_end (&self->regions[self->n_used - 1]) : 0;
}
