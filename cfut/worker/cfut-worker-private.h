/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "worker/cfut-worker.h"

G_BEGIN_DECLS

/* Whether the run ended because the parent said so, and not because it is gone. */
gboolean cfut_worker_was_shut_down (CfutWorker *self);

G_END_DECLS
