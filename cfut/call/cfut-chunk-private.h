/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "call/cfut-function-private.h"
#include "cfut-error-private.h"

G_BEGIN_DECLS

/*
 * A chunk: one call to the queue and on the wire, many to the user. Its
 * arguments are an array of arguments; its result is (aRa(usisssay)): the results
 * in order, without those that failed, and of each that failed its index, and its
 * error as CFUT_ERROR_FIELDS has it.
 */
#define CFUT_CHUNK_FAILURE "(u" CFUT_ERROR_FIELDS ")"

/* Told before each item is started. */
typedef void (*CfutChunkItemFunc) (gpointer user_data,
                                   guint    index);

/* A chunk on its way: which item runs, and what came of those before it. */
typedef struct
{
  const CfutFunction *function; /* (unowned) */
  GVariant *items;              /* (owned) */
  guint n_items;
  guint n_started;
  GPtrArray *results;           /* (element-type GVariant) (owned) */
  GVariantBuilder failures;
} CfutChunk;

/* Runs @function for each child of @items, which are of its parameter type. A
 * cancelled @call fails the items that are left. Never fails as a whole.
 * Returned sunk. Runs in: worker thread. Locks: none. */
GVariant           *cfut_chunk_run             (const CfutFunction *function,
                                                CfutCall           *call,
                                                GVariant           *items,
                                                CfutChunkItemFunc   started,
                                                gpointer            user_data);

/* The same in steps, for items that somebody else runs.
 * Runs in: worker thread. Locks: none. */
void                cfut_chunk_init            (CfutChunk          *self,
                                                const CfutFunction *function,
                                                GVariant           *items);
void                cfut_chunk_clear           (CfutChunk          *self);
/* Makes the next item the arguments of @call; FALSE if there is none, or if
 * @call is cancelled: then those that are left have failed. */
gboolean            cfut_chunk_start_next      (CfutChunk          *self,
                                                CfutCall           *call);
/* What came of the item that was started last: consumes @result, which is sunk,
 * or is told the @error. */
void                cfut_chunk_end_item        (CfutChunk          *self,
                                                GVariant           *result,
                                                const GError       *error);
/* The result of the whole, sunk, once no item is left. */
GVariant           *cfut_chunk_dup_result      (CfutChunk          *self);

/* The error of one that failed, and its @index, from what a worker process may have
 * sent. Runs in: any thread. Locks: none. */
GError             *cfut_chunk_read_failure    (GVariant           *failure,
                                                guint              *index);

/* The type of a chunk's result, from the function's result type. */
GVariantType       *cfut_chunk_get_result_type (const GVariantType *result_type);

G_END_DECLS
