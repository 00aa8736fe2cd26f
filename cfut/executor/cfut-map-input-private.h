/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-map.h"

G_BEGIN_DECLS

/*
 * CfutMapInput: where the arguments of a map come from. An array or a source,
 * of which it lets go as soon as that has ended.
 */
typedef struct
{
  GVariant *array; /* (owned) (nullable) */
  gsize position;

  CfutMapSource source; /* (nullable) */
  gpointer user_data;
  GDestroyNotify destroy;
  GMainContext *home; /* (owned) (nullable) where @destroy is called */
} CfutMapInput;

void      cfut_map_input_init_array  (CfutMapInput   *self,
                                      GVariant       *array);
/* The calling thread's default context is where @destroy will be called. */
void      cfut_map_input_init_source (CfutMapInput   *self,
                                      CfutMapSource   source,
                                      gpointer        user_data,
                                      GDestroyNotify  destroy);

/* An ended or zero-filled input has ended; one that has not may yet turn out
 * to have nothing. */
gboolean  cfut_map_input_has_ended   (CfutMapInput   *self);

/* Returns: (transfer full) (nullable): the next arguments, sunk; NULL at the
 * end. Calls the source. */
GVariant *cfut_map_input_next        (CfutMapInput   *self);

/* Returns: (transfer full) (nullable): the next arguments, several, as an array, if
 * that can be had without a copy; else NULL, and they are got one by one. No more
 * than @n_max, nor @max_bytes. */
GVariant *cfut_map_input_next_slice  (CfutMapInput   *self,
                                      gsize           n_max,
                                      gsize           max_bytes);

void      cfut_map_input_end         (CfutMapInput   *self);

G_END_DECLS
