/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * CfutLiveList: a GListModel that any thread adds to and removes from.
 *
 * As a model it changes only in the main context it was made for, in batches:
 * neighbouring changes of a batch are one items-changed. What was added and
 * removed again in between never shows. Items are in the order in which they
 * were added.
 *
 * An item that has finished stays as history, until more than max-finished
 * others have finished after it.
 *
 * What waits for the context is bounded, even if nobody ever iterates that, by
 * the items that are in the list at one moment.
 */

#define CFUT_TYPE_LIVE_LIST (cfut_live_list_get_type ())

G_DECLARE_FINAL_TYPE (CfutLiveList, cfut_live_list, CFUT, LIVE_LIST, GObject)

CfutLiveList *cfut_live_list_new         (GType         item_type,
                                          GMainContext *context,
                                          guint         max_finished);

GMainContext *cfut_live_list_get_context (CfutLiveList *self);

/* Each takes effect in the model when the context is iterated. An item is
 * added once in its life; to finish or remove one that is not (or no longer)
 * there does nothing.
 * Runs in: any thread. Locks: takes the list's, never while calling out. */
void          cfut_live_list_add         (CfutLiveList *self,
                                          gpointer      item);
void          cfut_live_list_finish      (CfutLiveList *self,
                                          gpointer      item);
void          cfut_live_list_remove      (CfutLiveList *self,
                                          gpointer      item);

/* Unrefs @self, and thus perhaps its items, in its context.
 * Runs in: any thread. Locks: none. */
void          cfut_live_list_release     (CfutLiveList *self);

G_END_DECLS
