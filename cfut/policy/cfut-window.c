/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-window-private.h"

/* The weight of the past in the moving average: 7/8. */
#define CFUT_WINDOW_WEIGHT 8

void
cfut_window_init (CfutWindow *self)
{
  self->mean_ns = 0;
  self->depth = 1;
}

void
cfut_window_measured (CfutWindow *self,
                      gint64      duration_ns)
{
  gint64 fitting;

  duration_ns = MAX (duration_ns, 1);
  if (self->mean_ns == 0)
    self->mean_ns = duration_ns;
  else
    self->mean_ns += (duration_ns - self->mean_ns) / CFUT_WINDOW_WEIGHT;

  /* The depth follows a rise at once, and a fall by doubling: a few short calls
   * are no promise of more. */
  fitting = CFUT_WINDOW_SPAN_US * G_GINT64_CONSTANT (1000) / MAX (self->mean_ns, 1);
  fitting = CLAMP (fitting, 1, CFUT_WINDOW_MAX_DEPTH);
  self->depth = MIN (fitting, self->depth * G_GINT64_CONSTANT (2));
}

void
cfut_window_stalled (CfutWindow *self)
{
  self->mean_ns = CFUT_WINDOW_STALL_US * G_GINT64_CONSTANT (1000);
  self->depth = 1;
}

gboolean
cfut_window_has_room (CfutWindow *self,
                      guint       n_calls,
                      gsize       bytes,
                      gsize       size)
{
  if (n_calls == 0)
    return TRUE;

  return n_calls < self->depth &&
         bytes <= CFUT_WINDOW_MAX_BYTES && size <= CFUT_WINDOW_MAX_BYTES - bytes;
}
