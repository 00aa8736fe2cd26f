/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-small-private.h"

#include "cfut-layout-private.h"

/* Runs in: any thread. Locks: none. */
gsize
cfut_small_get_size (const GVariantType *type)
{
  CfutLayout layout = cfut_layout_get (type);

  return layout.plain && layout.size <= sizeof (CfutSmall) ? layout.size : 0;
}

/* Runs in: any thread. Locks: none. */
CfutSmall
cfut_small_pack (GVariant *value)
{
  CfutSmall self = { { 0 } };

  g_assert (g_variant_get_size (value) <= sizeof self);

  g_variant_store (value, self.bytes);

  return self;
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_small_unpack (CfutSmall           self,
                   const GVariantType *type)
{
  g_autoptr(GBytes) bytes = g_bytes_new (self.bytes, cfut_small_get_size (type));

  return g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, TRUE));
}
