/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutMapCollection: arrays that are put together to one.
 *
 * Elements of one type of fixed size are bytes behind bytes. If they are not, or
 * not all of one type, they are values until the end.
 */
typedef struct
{
  GVariantType *type; /* (owned) (nullable) of the first elements */
  gsize n_expected;   /* elements in all; 0 if that is not known */

  /* One of the two. */
  gsize item_size;    /* 0 for values */
  guint8 *bytes;      /* (owned) (nullable) */
  gsize n_bytes;
  gsize capacity;

  GPtrArray *values;  /* (element-type GVariant) (owned) (nullable) */
} CfutMapCollection;

CfutMapCollection *cfut_map_collection_new  (gsize               n_expected);
void               cfut_map_collection_free (CfutMapCollection  *self);

/* FALSE with G_IO_ERROR_NO_SPACE if there is no memory for so many. */
gboolean           cfut_map_collection_add  (CfutMapCollection  *self,
                                             GVariant           *array,
                                             GError            **error);
/* Empties it. Returns: (transfer full): an array, sunk; of variants if the elements
 * are not of one type, and of @type (nullable: variant) if there are none. */
GVariant          *cfut_map_collection_end  (CfutMapCollection  *self,
                                             const GVariantType *type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapCollection, cfut_map_collection_free)

G_END_DECLS
