/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutEnding: the steps in which an executor comes to its end. Pure: no clock, no
 * I/O.
 */
typedef enum
{
  CFUT_ENDING_SERVE,  /* calls may come, or wait for workers */
  CFUT_ENDING_LET_GO, /* no more are given out: a worker may go when it has answered */
  CFUT_ENDING_KILL,   /* everything is to end at once */
  CFUT_ENDING_LEAVE,  /* it has: there is nobody left to wait for */
} CfutEndingStep;

typedef struct
{
  gboolean is_open;   /* calls may come */
  gboolean is_forced; /* everything is to end */
  guint n_queued;     /* calls */
  gboolean is_busy;   /* calls are under way */
  guint n_workers;    /* that are not gone */
} CfutEnding;

CfutEndingStep cfut_ending_get_step (const CfutEnding *self);

G_END_DECLS
