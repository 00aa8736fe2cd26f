/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(CFUT_INSIDE) && !defined(CFUT_COMPILATION)
#error "Only <cfut/cfut.h> can be included directly."
#endif

#include <gio/gio.h>

#include <cfut/cfut-version.h>

G_BEGIN_DECLS

/**
 * CFUT_WAIT_FOREVER:
 *
 * A time-out, in microseconds, that never expires.
 *
 * Since: 1.0
 */
#define CFUT_WAIT_FOREVER (G_GINT64_CONSTANT (-1))

G_END_DECLS
