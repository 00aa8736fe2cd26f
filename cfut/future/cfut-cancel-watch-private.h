/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Watching a GCancellable that may be shared by very many waits or calls.
 *
 * There is one signal handler a cancellable; watches are linked to it at the
 * cost of a lock. Unlike g_cancellable_disconnect() a removal never waits for
 * another thread, so it may come from anywhere.
 */

typedef struct _CfutCancelWatch CfutCancelWatch;

/* Embedded in what is to be told. It must stay valid until it was told or was
 * removed with success. */
struct _CfutCancelWatch
{
  /* Called once. Runs in: cancelling thread. Locks: none. */
  void (*cancelled) (CfutCancelWatch *watch);

  /* Private to cfut-cancel-watch.c. */
  CfutCancelWatch *next;
  CfutCancelWatch *prev;
};

/* FALSE: @cancellable is cancelled already, and @watch will not be told. */
gboolean cfut_cancel_watch_add    (GCancellable    *cancellable,
                                   CfutCancelWatch *watch);
/* TRUE: @watch will not be told; FALSE: it was, or is just being told. */
gboolean cfut_cancel_watch_remove (GCancellable    *cancellable,
                                   CfutCancelWatch *watch);

G_END_DECLS
