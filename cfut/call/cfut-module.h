/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

CFUT_AVAILABLE_IN_ALL
gboolean cfut_load_module (const char  *path,
                           GError     **error);

G_END_DECLS
