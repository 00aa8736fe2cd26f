/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The unit value, (): the arguments of most calls that have none, and the result
 * of those that return none.
 *
 * It is made once and stays. A new one costs more than all else that an empty
 * call does, and one whose references are counted would pass its count from CPU
 * to CPU twice a call. So jobs, calls and states borrow it: the functions below
 * count no references on it, and whoever takes one from them gives it back by
 * them. What users are given is counted as ever.
 */

/* (transfer none) */
GVariant *cfut_unit_get         (void);

/* g_variant_ref_sink() and g_variant_unref(), but for the unit value. */
GVariant *cfut_variant_ref_sink (GVariant *variant);
void      cfut_variant_unref    (GVariant *variant);

G_END_DECLS
