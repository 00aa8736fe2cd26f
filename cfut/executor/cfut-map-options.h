/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <cfut/call/cfut-submit-options.h>

G_BEGIN_DECLS

#define CFUT_TYPE_MAP_OPTIONS (cfut_map_options_get_type ())

typedef struct _CfutMapOptions CfutMapOptions;

CFUT_AVAILABLE_IN_ALL
GType              cfut_map_options_get_type           (void);
CFUT_AVAILABLE_IN_ALL
CfutMapOptions    *cfut_map_options_new                (void);
CFUT_AVAILABLE_IN_ALL
CfutMapOptions    *cfut_map_options_copy               (const CfutMapOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_free               (CfutMapOptions       *self);

CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_set_chunk_size     (CfutMapOptions       *self,
                                                        guint                 chunk_size);
CFUT_AVAILABLE_IN_ALL
guint              cfut_map_options_get_chunk_size     (const CfutMapOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_set_buffer_size    (CfutMapOptions       *self,
                                                        guint                 buffer_size);
CFUT_AVAILABLE_IN_ALL
guint              cfut_map_options_get_buffer_size    (const CfutMapOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_set_timeout        (CfutMapOptions       *self,
                                                        gint64                timeout_us);
CFUT_AVAILABLE_IN_ALL
gint64             cfut_map_options_get_timeout        (const CfutMapOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_set_ordered        (CfutMapOptions       *self,
                                                        gboolean              ordered);
CFUT_AVAILABLE_IN_ALL
gboolean           cfut_map_options_get_ordered        (const CfutMapOptions *self);
CFUT_AVAILABLE_IN_ALL
void               cfut_map_options_set_submit_options (CfutMapOptions       *self,
                                                        CfutSubmitOptions    *options);
CFUT_AVAILABLE_IN_ALL
CfutSubmitOptions *cfut_map_options_get_submit_options (const CfutMapOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapOptions, cfut_map_options_free)

G_END_DECLS
