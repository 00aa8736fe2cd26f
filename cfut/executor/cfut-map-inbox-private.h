/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-async-wait-private.h"

G_BEGIN_DECLS

/*
 * CfutMapInbox: where the chunks of a map are put when they are over, by
 * whichever thread it is that resolves them, and where the map waits for them.
 * It lives on until the last chunk has been told of its end.
 *
 * At most one waits: a thread, in cfut_map_inbox_wait(), or a task, after
 * cfut_map_inbox_arm().
 */
typedef struct _CfutMapInbox CfutMapInbox;

CfutMapInbox *cfut_map_inbox_new   (void);
CfutMapInbox *cfut_map_inbox_ref   (CfutMapInbox     *self);
void          cfut_map_inbox_unref (CfutMapInbox     *self);

/* Puts @link into the inbox; FALSE if that was closed.
 * Runs in: any thread. Locks: takes the inbox's. */
gboolean      cfut_map_inbox_post  (CfutMapInbox     *self,
                                    GList            *link);

/* Takes out the first, or NULL. */
GList        *cfut_map_inbox_take  (CfutMapInbox     *self);

/* Nothing can be put in any more. */
void          cfut_map_inbox_close (CfutMapInbox     *self);

/* Lets whoever waits, or will wait next, look again.
 * Runs in: any thread. Locks: takes the inbox's. */
void          cfut_map_inbox_wake  (CfutMapInbox     *self);

/* Blocks until there is something in the inbox, it was woken, or it is
 * @deadline (monotonic µs; -1 for never). */
void          cfut_map_inbox_wait  (CfutMapInbox     *self,
                                    gint64            deadline);

/* Whether cfut_map_inbox_wait() would not block. */
gboolean      cfut_map_inbox_has_news (CfutMapInbox  *self);

/* Ends @wait, which was started, when something comes or the inbox is woken,
 * or at once if that has happened since somebody last looked. Takes a reference
 * on it until then. */
void          cfut_map_inbox_arm   (CfutMapInbox     *self,
                                    CfutAsyncWait    *wait);
/* It has ended in another way. */
void          cfut_map_inbox_disarm (CfutMapInbox    *self,
                                     CfutAsyncWait   *wait);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapInbox, cfut_map_inbox_unref)

G_END_DECLS
