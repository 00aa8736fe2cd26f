/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-limits-private.h"

guint
cfut_limits_get_depth (const CfutLimits *self,
                       guint             depth,
                       guint64           n_assigned)
{
  guint64 n_left;

  if (self->max_calls == 0)
    return depth;

  n_left = self->max_calls - MIN (self->max_calls, n_assigned);

  return MIN (depth, MAX (1, n_left / 2));
}

gboolean
cfut_limits_is_used_up (const CfutLimits *self,
                        CfutProcessPhase  phase,
                        guint64           n_assigned)
{
  return self->max_calls > 0 && phase == CFUT_PROCESS_SERVING && n_assigned >= self->max_calls;
}

gboolean
cfut_limits_is_too_large (const CfutLimits *self,
                          CfutProcessPhase  phase,
                          guint64           rss,
                          guint64           shared)
{
  return self->max_rss > 0 && phase == CFUT_PROCESS_SERVING &&
         rss > shared && rss - shared > self->max_rss;
}
