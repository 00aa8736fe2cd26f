/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* No more threads, as when a limit of the system is reached. Those that GLib keeps
 * for reuse would do, so the first ends them. */
void thread_limit_begin (void);
void thread_limit_end   (void);
/* The limit alone: threads that are there may be used again. */
void thread_limit_set   (gboolean is_limited);
/* The same, but @n more threads may be made. */
void thread_limit_leave (int n);

G_END_DECLS
