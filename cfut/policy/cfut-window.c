/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "policy/cfut-window-private.h"

/* The weight of the past in the moving average: 7/8. */
#define CFUT_WINDOW_WEIGHT 8

#define SPAN_NS  (CFUT_WINDOW_SPAN_US * G_GINT64_CONSTANT (1000))
#define STALL_NS (CFUT_WINDOW_STALL_US * G_GINT64_CONSTANT (1000))

void
cfut_window_init (CfutWindow *self)
{
  self->mean_ns = 0;
  self->depth = 1;
}

/* A call that was interrupted, as others had its CPU, took a thousand times as long as
 * those before and after it. So one call at most doubles the average, and calls that
 * have become long are soon known for it all the same. */
static void
average (CfutWindow *self,
         gint64      duration_ns)
{
  duration_ns = CLAMP (duration_ns, 1, STALL_NS);

  if (self->mean_ns == 0)
    self->mean_ns = duration_ns;
  else
    self->mean_ns += (MIN (duration_ns, CFUT_WINDOW_WEIGHT * self->mean_ns) - self->mean_ns) / CFUT_WINDOW_WEIGHT;
}

void
cfut_window_measured (CfutWindow *self,
                      gint64      duration_ns)
{
  gint64 fitting;

  average (self, duration_ns);

  /* The depth follows a rise at once, and a fall by doubling: a few short calls
   * are no promise of more. */
  fitting = duration_ns > SPAN_NS ? 1 : CLAMP (SPAN_NS / self->mean_ns, 1, CFUT_WINDOW_MAX_DEPTH);
  self->depth = MIN (fitting, self->depth * G_GINT64_CONSTANT (2));
}

/* Why, and for how long, is not known yet: the call that it has may be long, or wait for
 * a CPU. */
void
cfut_window_stalled (CfutWindow *self)
{
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
