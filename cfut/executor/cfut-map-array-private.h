/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Arrays, in parts: of a map's arguments and of its results. Nothing is copied
 * where elements are of a fixed size, as these lie one behind the other, and a
 * part of their bytes is an array again.
 */

/* How many bytes each element takes; 0 if that is not fixed, or there is nothing
 * in them. */
gsize     cfut_map_array_get_item_size (GVariant *self);

/* Returns: (transfer full): the elements from @first on, as an array, sunk */
GVariant *cfut_map_array_slice         (GVariant *self,
                                        gsize     first,
                                        gsize     n_items);

/* Returns: (transfer full): an array of @values, sunk; of variants if they are not
 * all of one type. At least one is needed. */
GVariant *cfut_map_array_join          (GVariant **values,
                                        gsize      n_values);

G_END_DECLS
