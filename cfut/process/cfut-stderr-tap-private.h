/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * CfutStderrTap: passes on what a worker writes to stderr, and keeps the last
 * lines of it for the message about its death.
 *
 * It never blocks: it reads no more than this program's stderr takes at once,
 * so that a worker whose output nobody takes blocks, and not the manager.
 */
typedef struct
{
  int fd;        /* (owned) -1 after its end */
  GString *tail; /* the last bytes */
  gboolean cut;  /* there were more before them */
} CfutStderrTap;

typedef enum
{
  CFUT_TAP_OPEN,
  CFUT_TAP_STALLED, /* this program's stderr takes nothing now */
  CFUT_TAP_ENDED,
} CfutTapStatus;

void           cfut_stderr_tap_init     (CfutStderrTap *self,
                                         int            fd);
void           cfut_stderr_tap_clear    (CfutStderrTap *self);
/* Passes on what is there. Runs in: manager thread. */
CfutTapStatus  cfut_stderr_tap_pump     (CfutStderrTap *self);
/* The worker is dead: takes what is left, even if it cannot be passed on. Runs
 * in: manager thread. */
void           cfut_stderr_tap_drain    (CfutStderrTap *self);
/* The last lines, valid UTF-8 with control characters escaped, or NULL. */
char          *cfut_stderr_tap_dup_tail (CfutStderrTap *self);

G_END_DECLS
