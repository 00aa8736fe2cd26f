/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "memory/cfut-buffer.h"

G_BEGIN_DECLS

/*
 * Where buffers come from in a worker: memory that its parent has given it, so that
 * they can be results without a copy. @allocate: room for @size bytes, with what frees
 * it, or NULL if there is none, and the memory is to be this process' own.
 * Runs in: any thread.
 */
typedef guint8 *(*CfutBufferAllocate) (gpointer         source,
                                       gsize            size,
                                       GDestroyNotify  *free_func,
                                       gpointer        *free_data);

/* NULL for none. Runs in: any thread; nobody makes buffers while it is changed. */
void cfut_buffer_set_source (CfutBufferAllocate  allocate,
                             gpointer            source);

G_END_DECLS
