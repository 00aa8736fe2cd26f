/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-process-executor.h"

G_BEGIN_DECLS

struct _CfutWorkerSetup
{
  GHashTable *environment; /* variable -> value, NULL to unset it */
  char *cwd;               /* (nullable) */
  GArray *rlimits;         /* of CfutRlimit */
};

typedef struct
{
  guint32 resource;
  guint64 soft;
  guint64 hard;
} CfutRlimit;

/* Applies the environment to @envp; consumes and returns it. */
char    **cfut_worker_setup_apply_environment (const CfutWorkerSetup *self,
                                               char                 **envp);
/* Whether it sets that limit. */
gboolean  cfut_worker_setup_limits            (const CfutWorkerSetup *self,
                                               guint                  resource);
/* Adds what the worker itself applies, "cwd" and "rlimits", to a SETUP body. */
void      cfut_worker_setup_add_to_body       (const CfutWorkerSetup *self,
                                               GVariantDict          *body);

G_END_DECLS
