/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "process/cfut-manager-private.h"
#include "process/cfut-process-executor.h"

G_BEGIN_DECLS

struct _CfutProcessExecutor
{
  CfutExecutor parent_instance;

  CfutPool *pool;       /* (unowned) the parent class' */
  CfutManager *manager; /* (unowned) the pool's */
};

G_END_DECLS
