/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "worker/cfut-line-private.h"

G_BEGIN_DECLS

/* What a worker is lent, and lends: the other end of cfut-process-lender.c. */

/* From now on the line lends and borrows, and buffers come out of its arena, if it has
 * one. The watcher is about to run. */
void cfut_line_start_lending (CfutLine *self);
/* The end of that. */
void cfut_line_stop_lending  (CfutLine *self);

G_END_DECLS
