/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-future.h"

G_BEGIN_DECLS

typedef enum
{
  CFUT_COMBINE_ALL,
  CFUT_COMBINE_ANY,
  CFUT_COMBINE_RACE,
} CfutCombineRule;

/* Runs in: submitter's thread. Locks: takes those of the futures' states. */
CfutFuture *cfut_combine (CfutFuture      **futures,
                          gsize             n_futures,
                          CfutCombineRule   rule);

G_END_DECLS
