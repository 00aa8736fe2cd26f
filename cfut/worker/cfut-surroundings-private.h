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

/* The variable that marks a worker process: "VERSION:PARENT", or
 * "VERSION:PARENT:limits". */
#define CFUT_WORKER_ENVIRONMENT "CFUT_WORKER"

/* What the variable says. */
typedef struct
{
  pid_t parent;    /* 0: not this process's parent, but before that */
  gboolean limits; /* the worker is to confine itself */
} CfutIdentity;

/* Reads the variable and removes it, so that programs which the worker starts do
 * not take themselves for workers. FALSE with CFUT_ERROR_START_FAILED. */
gboolean cfut_surroundings_read_environment (CfutIdentity        *identity,
                                             GError             **error);

/* Settles signals, descriptors, what happens when the parent ends, and limits.
 * FALSE with G_IO_ERROR_CLOSED if it has ended already.
 * Runs in: worker's main thread. */
gboolean cfut_surroundings_settle           (const CfutIdentity  *identity,
                                             GError             **error);

G_END_DECLS
