/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-state-private.h"

G_BEGIN_DECLS

/* What the files of this room tell each other, and nobody else. */

/* Properties of a future that have changed. */
typedef enum
{
  CFUT_NOTIFY_STATE            = 1 << 0,
  CFUT_NOTIFY_PROGRESS         = 1 << 1,
  CFUT_NOTIFY_PROGRESS_MESSAGE = 1 << 2,
} CfutNotifyFlags;

/* Runs in: home context. Locks: none. */
void            cfut_future_notify            (CfutFuture      *self,
                                               CfutNotifyFlags  flags);
/* What the future's state says, as result or error; the future is final. */
GVariant       *cfut_future_dup_outcome       (CfutFuture      *self,
                                               GError         **error);

/* Once, before the first future. */
void            cfut_future_learn_listeners   (void);
/* Whether a handler of any notify signal is connected. */
gboolean        cfut_future_has_listener      (CfutFuture      *self);

/* The lock of a state: a bit of its phase, since there are many states and their lock
 * is rarely waited for. */
void            cfut_state_lock               (CfutState       *self);
void            cfut_state_unlock             (CfutState       *self);

/* Tells whoever listens to the future that @flags have changed. Gives up the
 * lock. */
void            cfut_state_notify_and_unlock  (CfutState       *self,
                                               CfutNotifyFlags  flags);
gboolean        cfut_state_remove_waiter_locked (CfutState     *self,
                                               CfutWaiter      *waiter);
/* (transfer full) (nullable): the GObject over the state, if there is one.
 * Runs in: any thread. Locks: takes the state's. */
CfutFuture     *cfut_state_dup_future         (CfutState       *self);
/* The future goes away.
 * Runs in: any thread. Locks: takes the state's. */
void            cfut_state_forget_future      (CfutState       *self,
                                               CfutFuture      *future);

G_END_DECLS
