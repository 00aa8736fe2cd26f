/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "worker/cfut-line-private.h"

G_BEGIN_DECLS

/* Does what a SETUP frame asks for: the working directory and resource limits.
 * What is left to be done is @initializer, with sunk @arguments, or NULL; and
 * then the filter of system calls, if @filter. @n_cpus: how many there are for parent
 * and workers together; 0: it did not say. @max_result: how many bytes a result may
 * have. FALSE with the reason why this
 * worker cannot serve.
 * Runs in: worker's main thread. */
gboolean cfut_setup_apply (CfutLine         *line,
                           const CfutFrame  *frame,
                           char            **initializer,
                           GVariant        **arguments,
                           gboolean         *filter,
                           guint            *n_cpus,
                           guint64          *max_result,
                           GError          **error);

G_END_DECLS
