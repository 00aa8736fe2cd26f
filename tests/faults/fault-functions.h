/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Registers what workers of these tests can do, beyond what process-functions.c
 * has for them. */
void fault_register_functions (void);

G_END_DECLS
