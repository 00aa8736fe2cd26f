/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-state-private.h"
#include "future/cfut-wait.h"

G_BEGIN_DECLS

/* Blocks until @return_when holds for @states, with all the rules of
 * cfut_future_wait(). Runs in: any thread. Locks: takes those of the states. */
gboolean cfut_state_wait       (CfutState * const  *states,
                                gsize               n_states,
                                CfutReturnWhen      return_when,
                                gint64              timeout_us,
                                GError            **error);
/* The same for one. */
gboolean cfut_state_wait_one   (CfutState          *state,
                                gint64              timeout_us,
                                GError            **error);

/* Whether the calling thread is dispatching the context in which @state would
 * tell of its outcome, and so must not block on it; @error says so. */
gboolean cfut_state_check_home (CfutState          *state,
                                GError            **error);
/* The same of any state with that context; NULL is the default one. */
gboolean cfut_check_home       (GMainContext       *home,
                                GError            **error);

/* When @timeout_us from now is over, on the monotonic clock; -1 for never. */
gint64   cfut_deadline_from_timeout (gint64         timeout_us);

/* Waits for @cond, at the longest until @deadline; FALSE when that is over. */
gboolean cfut_cond_wait_until  (GCond              *cond,
                                GMutex             *lock,
                                gint64              deadline);

G_END_DECLS
