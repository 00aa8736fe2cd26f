/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * CfutMappings: the segments of its parent's memory that a worker has, mapped so that
 * they can be read.
 *
 * They come on the control socket, and a call that needs one on the channel; so the
 * call may be here first, and then it waits: the parent has sent the segment before it.
 * Descriptors are closed as soon as they are mapped.
 */
typedef struct
{
  GMutex lock;
  GCond added_cond;  /* signalled with @lock held */
  GHashTable *table; /* (owned) protected by @lock; guint64 -> CfutMapping */
} CfutMappings;

/* One of them; lasts as long as somebody refers to it. */
typedef struct _CfutMapping CfutMapping;

void          cfut_mappings_init      (CfutMappings   *self);
void          cfut_mappings_clear     (CfutMappings   *self);

/* Runs in: watcher thread. Takes @fd, which is -1 if it could not be had. */
void          cfut_mappings_add_take_fd (CfutMappings *self,
                                       guint64         id,
                                       gsize           size,
                                       int             fd);
/* Runs in: watcher thread. */
void          cfut_mappings_remove    (CfutMappings   *self,
                                       guint64         id);

/* Waits until it is there. Where it is, and a reference (transfer full); NULL with
 * @error if it could not be mapped, or is not as large as that.
 * Runs in: worker's main thread. Locks: takes ours. */
const guint8 *cfut_mappings_find      (CfutMappings   *self,
                                       guint64         id,
                                       gsize           offset,
                                       gsize           length,
                                       CfutMapping   **mapping,
                                       GError        **error);
/* Runs in: any thread. */
void          cfut_mapping_unref      (CfutMapping    *self);

G_END_DECLS
