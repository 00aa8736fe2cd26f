/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

CFUT_AVAILABLE_IN_ALL
char *cfut_get_library_path (void);
CFUT_AVAILABLE_IN_ALL
char *cfut_get_worker_dir   (void);

G_END_DECLS
