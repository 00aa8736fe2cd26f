/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* What has to be known of GJS, which is not linked with: it may be there. */

/* Whether invoking @closure enters JavaScript. Any thread. */
gboolean cfut_gjs_owns_closure    (GClosure *closure);
/* Brings a collection of garbage to its end. FALSE if that cannot be done.
 * Runs in: the thread of JavaScript. */
gboolean cfut_gjs_end_collection  (void);

G_END_DECLS
