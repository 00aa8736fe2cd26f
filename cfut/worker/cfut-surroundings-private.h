/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * What a process must do about all that it inherits before it can be a worker.
 */

/* The variable that marks a worker process: "VERSION:PARENT". */
#define CFUT_WORKER_ENVIRONMENT "CFUT_WORKER"

/* Reads the variable and removes it, so that programs which the worker starts do
 * not take themselves for workers. FALSE with CFUT_ERROR_START_FAILED. */
gboolean cfut_surroundings_read_environment (pid_t   *parent,
                                             GError **error);

/* Settles signals, descriptors and what happens when @parent ends. FALSE with
 * G_IO_ERROR_CLOSED if it has ended already.
 * Runs in: worker's main thread. */
gboolean cfut_surroundings_settle           (pid_t    parent,
                                             GError **error);

G_END_DECLS
