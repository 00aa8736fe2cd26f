/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutWindow: how many calls may be on their way to one worker.
 *
 * Calls of a few microseconds are sent ahead, so that they cost no wake-up
 * each; long ones never, so that none waits behind another while a worker is
 * idle. The depth is as many calls as fill CFUT_WINDOW_SPAN_US at the measured
 * mean duration. Pure: no clock, no I/O.
 */

#define CFUT_WINDOW_SPAN_US   500
#define CFUT_WINDOW_MAX_DEPTH 512
#define CFUT_WINDOW_MAX_BYTES (2 * 1024 * 1024)

/* A worker that has not answered for this long keeps only the call it runs. */
#define CFUT_WINDOW_STALL_US  1000

typedef struct
{
  gint64 mean_ns; /* moving average of durations; 0: not measured yet */
  guint depth;
} CfutWindow;

void     cfut_window_init     (CfutWindow *self);
/* A call took @duration_ns on the worker. */
void     cfut_window_measured (CfutWindow *self,
                               gint64      duration_ns);
/* Calls that were sent ahead had to be taken back. */
void     cfut_window_stalled  (CfutWindow *self);
/* Whether one more call of @size bytes may be sent to a worker that has
 * @n_calls of together @bytes. */
gboolean cfut_window_has_room (CfutWindow *self,
                               guint       n_calls,
                               gsize       bytes,
                               gsize       size);

G_END_DECLS
