/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion-queue.h"
#include "executor/cfut-completion-store-private.h"

G_BEGIN_DECLS

/* Borrowed. */
CfutCompletionStore *cfut_completion_queue_get_store (CfutCompletionQueue *self);

G_END_DECLS
