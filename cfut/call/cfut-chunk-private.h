/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "call/cfut-function-private.h"

G_BEGIN_DECLS

/*
 * A chunk: one call to the queue and on the wire, many to the user. Its
 * arguments are an array of arguments; its result is (aRa(usis)): the results
 * in order, without those that failed, and of each that failed its index, error
 * domain, code and message.
 */

/* Told before each item is started. */
typedef void (*CfutChunkItemFunc) (gpointer user_data,
                                   guint    index);

/* Runs @function for each child of @items, which are of its parameter type. A
 * cancelled @call fails the items that are left. Never fails as a whole.
 * Returned sunk. Runs in: worker thread. Locks: none. */
GVariant           *cfut_chunk_run             (const CfutFunction *function,
                                                CfutCall           *call,
                                                GVariant           *items,
                                                CfutChunkItemFunc   started,
                                                gpointer            user_data);

/* The type of a chunk's result, from the function's result type. */
GVariantType       *cfut_chunk_get_result_type (const GVariantType *result_type);

G_END_DECLS
