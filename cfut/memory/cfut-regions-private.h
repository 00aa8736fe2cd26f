/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutRegions: who has which part of a piece of memory. It is the books alone:
 * it touches no memory, and takes nobody's word for what is in them.
 *
 * A region is the lowest that fits, so that the same few pages are used again
 * and again while they are still in the caches, and so that those above them
 * can be given back. There are few regions at a time, each of them large: they
 * are kept in a small array in the order of their offsets.
 */

#define CFUT_REGIONS_MAX         64   /* one bit each */
#define CFUT_REGIONS_GRANULARITY 4096 /* bytes */

typedef struct
{
  guint32 offset;
  guint32 size;
  guint32 index; /* less than CFUT_REGIONS_MAX; its own while it is in use */
} CfutRegion;

typedef struct
{
  gsize capacity; /* less than 4 GiB */
  guint64 used;   /* a bit for each index */
  guint n_used;
  CfutRegion regions[CFUT_REGIONS_MAX]; /* those in use, by offset */
} CfutRegions;

void     cfut_regions_init      (CfutRegions *self,
                                 gsize        capacity);
/* A region of at least @size bytes, which is not 0. FALSE if there is none; then
 * @region is as it was. */
gboolean cfut_regions_take      (CfutRegions *self,
                                 gsize        size,
                                 CfutRegion  *region);
/* An index alone, for what is not in this memory; FALSE if there is none. */
gboolean cfut_regions_take_index (CfutRegions *self,
                                 guint32     *index);
/* The region in use that has these bytes; NULL if none has. */
const CfutRegion *
         cfut_regions_find      (CfutRegions *self,
                                 gsize        offset,
                                 gsize        size);
/* Frees the regions whose bits are set; others are ignored. */
void     cfut_regions_give_back (CfutRegions *self,
                                 guint64      indices);
/* Where the last one in use ends; 0 if none is. */
gsize    cfut_regions_get_end   (CfutRegions *self);

G_END_DECLS
