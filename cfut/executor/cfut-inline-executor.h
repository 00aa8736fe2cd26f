/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/executor/cfut-executor.h>

G_BEGIN_DECLS

#define CFUT_TYPE_INLINE_EXECUTOR (cfut_inline_executor_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutInlineExecutor, cfut_inline_executor, CFUT, INLINE_EXECUTOR, CfutExecutor)

CFUT_AVAILABLE_IN_ALL
CfutExecutor *cfut_inline_executor_new (void);

G_END_DECLS
