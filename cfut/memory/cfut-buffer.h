/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/cfut-types.h>

G_BEGIN_DECLS

typedef struct _CfutBuffer CfutBuffer;

#define CFUT_TYPE_BUFFER (cfut_buffer_get_type ())

CFUT_AVAILABLE_IN_ALL
GType       cfut_buffer_get_type    (void);
CFUT_AVAILABLE_IN_ALL
CfutBuffer *cfut_buffer_new         (gsize           size,
                                     GError        **error);
CFUT_AVAILABLE_IN_ALL
CfutBuffer *cfut_buffer_new_copy    (const guint8   *data,
                                     gsize           length,
                                     GError        **error);
CFUT_AVAILABLE_IN_ALL
CfutBuffer *cfut_buffer_ref         (CfutBuffer     *self);
CFUT_AVAILABLE_IN_ALL
void        cfut_buffer_unref       (CfutBuffer     *self);
CFUT_AVAILABLE_IN_ALL
gsize       cfut_buffer_get_size    (CfutBuffer     *self);
CFUT_AVAILABLE_IN_ALL
guint8     *cfut_buffer_get_data    (CfutBuffer     *self,
                                     gsize          *length);
CFUT_AVAILABLE_IN_ALL
gboolean    cfut_buffer_is_shared   (CfutBuffer     *self);
CFUT_AVAILABLE_IN_ALL
GBytes     *cfut_buffer_dup_bytes   (CfutBuffer     *self);
CFUT_AVAILABLE_IN_ALL
GVariant   *cfut_buffer_dup_variant (CfutBuffer     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutBuffer, cfut_buffer_unref)

G_END_DECLS
