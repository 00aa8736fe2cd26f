/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutSmall: a value that is a number, or a few, of 8 bytes together at most.
 *
 * A GVariant of one takes 120 bytes in three pieces, and where the thread that makes
 * it is not the one that frees it each piece costs several times what it does else. So
 * what one thread has for another is the bytes, and whoever looks makes a value of
 * them. For such types any bytes will do.
 */
typedef struct
{
  guint8 bytes[8];
} CfutSmall;

/* How many bytes a value of @type has if it is small; else 0. */
gsize      cfut_small_get_size (const GVariantType *type);

CfutSmall  cfut_small_pack     (GVariant           *value);
/* (transfer full): sunk. */
GVariant  *cfut_small_unpack   (CfutSmall           self,
                                const GVariantType *type);

G_END_DECLS
