/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-unit-private.h"

static GVariant *unit; /* (owned) made once */

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_unit_get (void)
{
  if (g_once_init_enter (&unit))
    g_once_init_leave (&unit, g_variant_ref_sink (g_variant_new_tuple (NULL, 0)));

  return unit;
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_variant_ref_sink (GVariant *variant)
{
  return variant == cfut_unit_get () ? variant : g_variant_ref_sink (variant);
}

/* Runs in: any thread. Locks: none. */
void
cfut_variant_unref (GVariant *variant)
{
  if (variant != cfut_unit_get ())
    g_variant_unref (variant);
}
