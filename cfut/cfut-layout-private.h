/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutLayout: how a value of a type lies in memory. That of a type of fixed size
 * is that of the same structure in C.
 */
typedef struct
{
  gsize size;      /* 0: not fixed */
  gsize alignment;
  gboolean plain;  /* every byte sequence of @size is a value in normal form */
} CfutLayout;

/* @type is definite. Runs in: any thread. Locks: none. */
CfutLayout cfut_layout_get (const GVariantType *type);

G_END_DECLS
