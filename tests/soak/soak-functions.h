/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What workers of the soak do, well and badly:
 *
 *   echo    ay -> ay   gives back what it got
 *   lie     u -> u     writes to the channel what no worker should, one of
 *                      SOAK_N_LIES ways
 *   poison  () -> ()   ends its worker, whenever it runs
 *   hang    () -> ()   never ends, and does not listen to a cancel
 */
#define SOAK_N_LIES 6

void soak_register_functions (void);

G_END_DECLS
