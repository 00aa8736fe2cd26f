/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-call.h>

G_BEGIN_DECLS

/*
 * The maker's side of a CfutCall: a worker (thread or process) makes one,
 * hands it to the function and ends it. The function may keep a reference; an
 * ended call reports no progress any more.
 */

/* Where a call's progress goes. Runs in: the thread that runs the function.
 * Locks: none. */
typedef void (*CfutCallProgressFunc) (gpointer    target,
                                      double      fraction,
                                      const char *message);

/* @deadline: monotonic µs, or -1. @attempt counts from 1. @function outlives
 * the call. */
CfutCall *cfut_call_new    (const char           *function,
                            GVariant             *arguments,
                            gint64                deadline,
                            guint                 attempt,
                            CfutCallProgressFunc  progress,
                            gpointer              target);

/* The same as new, in @spare (nullable), which this takes. */
CfutCall *cfut_call_renew  (CfutCall             *spare,
                            const char           *function,
                            GVariant             *arguments,
                            gint64                deadline,
                            guint                 attempt,
                            CfutCallProgressFunc  progress,
                            gpointer              target);
/* Makes @self, which has ended and which this takes, a spare one; or drops it, and
 * returns NULL, if somebody else may know it. Runs in: the worker's thread. */
CfutCall *cfut_call_recycle (CfutCall            *self);

/* Triggers the cancellable, now or when it is first asked for.
 * Runs in: any thread. Locks: takes the call's, never while calling out. */
void      cfut_call_cancel (CfutCall             *self);

/* Like g_cancellable_set_error_if_cancelled(), without making a cancellable.
 * Runs in: any thread. Locks: takes the call's. */
gboolean  cfut_call_set_error_if_cancelled (CfutCall  *self,
                                            GError   **error);

/* For a chunk: what get_arguments() is to give from now on.
 * Runs in: the worker's thread. */
void      cfut_call_set_arguments (CfutCall *self,
                                   GVariant *arguments);

/* What cfut_call_fail() said last, which is forgotten; (nullable).
 * Runs in: the worker's thread. */
GError   *cfut_call_steal_failure (CfutCall      *self);

/* After this, @target is not touched again. Runs in: the worker's thread. */
void      cfut_call_end    (CfutCall             *self);

G_END_DECLS
