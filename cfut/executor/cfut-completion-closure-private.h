/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion-queue.h"

G_BEGIN_DECLS

/* The callback of a source that was given a closure, @user_data.
 * Runs in: the thread that iterates the context. Locks: none. */
gboolean cfut_completion_closure_cb (CfutCompletionQueue *queue,
                                     gpointer             user_data);

G_END_DECLS
