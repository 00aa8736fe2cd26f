/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error.h"

/**
 * cfut_error_quark:
 *
 * The error domain of cfut, as a number: what `CFUT_ERROR` stands for.
 *
 * Returns: a quark
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (cfut-error-quark, cfut_error)

G_DEFINE_ENUM_TYPE (CfutError, cfut_error,
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_QUEUE_FULL, "queue-full"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_WORKER_DIED, "worker-died"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_BROKEN, "broken"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_SHUTDOWN, "shutdown"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_UNKNOWN_FUNCTION, "unknown-function"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_PROTOCOL, "protocol"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_START_FAILED, "start-failed"),
                    G_DEFINE_ENUM_VALUE (CFUT_ERROR_WOULD_DEADLOCK, "would-deadlock"))
