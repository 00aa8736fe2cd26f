/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether cfut_init() was called in this process, so that the program can be
 * its own worker, and the argv[0] it saw (nullable). */
gboolean    cfut_init_was_called   (void);
const char *cfut_init_get_program  (void);

/* For cfut_init(): it was called, with @argv0 (nullable). */
void        cfut_init_set_program  (const char *argv0);

G_END_DECLS
