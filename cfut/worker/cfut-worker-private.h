/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "worker/cfut-server-private.h"
#include "worker/cfut-worker.h"

G_BEGIN_DECLS

struct _CfutWorker
{
  GObject parent_instance;

  CfutLine *line;      /* (owned) (nullable) */
  CfutServer *server;  /* (owned) (nullable) with @line */
  GPtrArray *hosted;   /* (element-type CfutFunction) (owned) */
  int signum;
  gboolean has_run;
  CfutServeStatus end; /* CFUT_SERVE_CALL: not yet */
};

/* Takes the process's place as a worker, if it has not, and goes on to the next
 * call for the host, or the end. */
CfutServeStatus cfut_worker_step (CfutWorker  *self,
                                  GError     **error);

/* Whether the run ended because the parent said so, and not because it is gone. */
gboolean cfut_worker_was_shut_down (CfutWorker *self);

G_END_DECLS
