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
/* To be called before callbacks that may be JavaScript's, from a main context:
 * brings a collection to its end that is in its midst, as GJS (1.74 at least) drops
 * callbacks until then. Does nothing on other threads, and without GJS. */
void     cfut_gjs_prepare_callbacks (void);

G_END_DECLS
