/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

#define CFUT_TYPE_MAP (cfut_map_get_type ())

CFUT_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (CfutMap, cfut_map, CFUT, MAP, GObject)

/**
 * CfutMapSource:
 * @item: (out) (transfer full) (nullable): return location for the next
 *   arguments; %NULL stands for the unit value `()`
 * @user_data: the data given with the source
 *
 * Gives the arguments of the next call of a map, or ends it.
 *
 * It is called only from within [method@Cfut.Map.next] and
 * [method@Cfut.Map.next_async], in the thread that calls these or, for the
 * latter, in the main context they were called in.
 *
 * Returns: %TRUE if @item is the next, %FALSE at the end of the input
 *
 * Since: 1.0
 */
typedef gboolean (*CfutMapSource) (GVariant **item,
                                   gpointer   user_data);

CFUT_AVAILABLE_IN_ALL
gboolean  cfut_map_next              (CfutMap              *self,
                                      guint64              *index,
                                      GVariant            **result,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
void      cfut_map_next_async        (CfutMap              *self,
                                      GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_map_next_finish       (CfutMap              *self,
                                      GAsyncResult         *async_result,
                                      guint64              *index,
                                      GVariant            **result,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_map_next_chunk        (CfutMap              *self,
                                      guint64              *index,
                                      GVariant            **results,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
void      cfut_map_next_chunk_async  (CfutMap              *self,
                                      GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_map_next_chunk_finish (CfutMap              *self,
                                      GAsyncResult         *async_result,
                                      guint64              *index,
                                      GVariant            **results,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
GVariant *cfut_map_collect           (CfutMap              *self,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
void      cfut_map_collect_async     (CfutMap              *self,
                                      GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
CFUT_AVAILABLE_IN_ALL
GVariant *cfut_map_collect_finish    (CfutMap              *self,
                                      GAsyncResult         *async_result,
                                      GError              **error);
CFUT_AVAILABLE_IN_ALL
guint64   cfut_map_get_index         (CfutMap              *self);
CFUT_AVAILABLE_IN_ALL
gboolean  cfut_map_is_done           (CfutMap              *self);
CFUT_AVAILABLE_IN_ALL
void      cfut_map_close             (CfutMap              *self);

G_END_DECLS
