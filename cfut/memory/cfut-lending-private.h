/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Values with bytes in them that need not travel with the rest, since whoever gets
 * the value can read them where they are.
 *
 * The byte arrays (`ay`) of a value are its leaves. They are counted from 0 as they
 * are met when a value is walked from its first member to its last, into tuples,
 * dictionary entries, variants, and arrays that are short. Taking leaves out leaves a
 * value of the same type with empty ones in their place, and their numbers; with these
 * they are put in again at the other end.
 *
 * A value that is made of such bytes is never serialised as a whole.
 */

#define CFUT_LENDING_MAX 16 /* leaves of one value; others are copied */

/* For a leaf of @bytes, which is large: TRUE if it is not to travel. */
typedef gboolean (*CfutLendingTake) (gpointer  data,
                                     guint32   leaf,
                                     GVariant *bytes);
/* The leaf of that number: sunk, transfer full; NULL to leave it as it is. */
typedef GVariant *(*CfutLendingPut) (gpointer  data,
                                     guint32   leaf);

/* What is left of @value, sunk; NULL if nothing was taken. */
GVariant *cfut_lending_take_out (GVariant        *value,
                                 CfutLendingTake  take,
                                 gpointer         data);
/* @value with others of its leaves, sunk. */
GVariant *cfut_lending_put_in   (GVariant        *value,
                                 CfutLendingPut   put,
                                 gpointer         data);

/* How many bytes of @value lie in segments. */
gsize     cfut_lending_measure  (GVariant        *value);

G_END_DECLS
