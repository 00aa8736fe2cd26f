/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "policy/cfut-tenure-private.h"

G_BEGIN_DECLS

/*
 * CfutLimits: how much a worker may do, and grow, before it is replaced by another
 * one. That happens between calls: those that it has it still answers. Pure: no
 * clock, no I/O.
 */
typedef struct
{
  guint max_calls; /* 0: any number */
  guint64 max_rss; /* bytes; 0: any size */
} CfutLimits;

/* How many calls may go ahead to a worker that has been given @n_assigned, where
 * @depth would be right otherwise: fewer and fewer near its end, so that others do
 * not have to be taken back, and the last one for certain to run there. */
guint    cfut_limits_get_depth    (const CfutLimits *self,
                                   guint             depth,
                                   guint64           n_assigned);
/* Whether it has been given its last call. */
gboolean cfut_limits_is_used_up   (const CfutLimits *self,
                                   CfutProcessPhase  phase,
                                   guint64           n_assigned);
/* Whether it has too much memory, of which @shared is what it was given by us. */
gboolean cfut_limits_is_too_large (const CfutLimits *self,
                                   CfutProcessPhase  phase,
                                   guint64           rss,
                                   guint64           shared);

G_END_DECLS
