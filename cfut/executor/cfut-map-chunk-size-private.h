/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * CfutMapChunkSize: how many items the next chunk of a map shall have. A
 * function of what was measured, without a clock.
 */

/* A chunk should run at least so long that its way to the worker is little
 * beside it, and no longer than needed, so that workers end together. */
#define CFUT_MAP_CHUNK_MIN_NS (1 * G_GINT64_CONSTANT (1000000))
#define CFUT_MAP_CHUNK_MAX_NS (2 * G_GINT64_CONSTANT (1000000))

/* Beyond this there is nothing to save. Items of a function that is run for many of
 * them at a time cost so little that it takes more of them. */
#define CFUT_MAP_CHUNK_LIMIT       1024
#define CFUT_MAP_CHUNK_ARRAY_LIMIT 32768

typedef struct
{
  guint size;
  guint max;
  guint growth; /* how many times larger a chunk may be than the one before */
  gboolean fixed;
} CfutMapChunkSize;

/* @given: 0 for automatic. No size is ever above @max, or below 1. */
void  cfut_map_chunk_size_init       (CfutMapChunkSize *self,
                                      guint             given,
                                      guint             max);
/* The same, for a function that is run for many items at a time. */
void  cfut_map_chunk_size_init_for_array (CfutMapChunkSize *self,
                                      guint             given,
                                      guint             max);

guint cfut_map_chunk_size_get        (const CfutMapChunkSize *self);

/* A chunk of @n_items has run for so long; negative if it is not known. */
void  cfut_map_chunk_size_observe    (CfutMapChunkSize *self,
                                      guint             n_items,
                                      gint64            run_time_ns);

/* A chunk died with its worker. */
void  cfut_map_chunk_size_note_death (CfutMapChunkSize *self);

G_END_DECLS
