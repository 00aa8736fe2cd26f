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
 * arguments are an array of arguments; its result is aR, the results in order. If
 * some have failed it is (aRa(usisssay)): the results without those, and of each
 * that failed its index, and its error as CFUT_ERROR_FIELDS has it.
 *
 * Items are started one at a time; those of a function that is run for many at a
 * time, up to CFUT_CHUNK_RANGE. That bounds what is lost if a worker dies, and how
 * long a cancelled chunk goes on.
 */
#define CFUT_CHUNK_RANGE 256

#define CFUT_CHUNK_FAILURE "(u" CFUT_ERROR_FIELDS ")"

/* Told before each item is started, or the first of several. */
typedef void (*CfutChunkItemFunc) (gpointer user_data,
                                   guint    index);

/* The results of a function that is run for many at a time, as they lie in memory. */
typedef struct
{
  const guint8 *items;  /* (unowned) the bytes of the chunk's */
  gsize item_size;
  guint8 *results;      /* (owned) (nullable): there is no memory for so many */
  gsize result_size;
  gsize n_results;
} CfutChunkArray;

/* A chunk on its way: which items run, and what came of those before them. */
typedef struct
{
  const CfutFunction *function; /* (unowned) */
  GVariant *items;              /* (owned) */
  guint n_items;
  guint n_started;
  guint n_running;              /* of those that were started, at the end; 1 but for arrays */
  guint n_failed;
  GVariantBuilder failures;

  /* One of the two, by the kind of function. */
  GPtrArray *results;           /* (element-type GVariant) (owned) (nullable) */
  CfutChunkArray *array;        /* (owned) (nullable) */
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
/* Makes the next item the arguments of @call, or starts several; FALSE if there is
 * none, or if @call is cancelled: then those that are left have failed. */
gboolean            cfut_chunk_start_next      (CfutChunk          *self,
                                                CfutCall           *call);
/* Runs what was started last, and ends it. */
void                cfut_chunk_run_started     (CfutChunk          *self,
                                                CfutCall           *call);
/* What came of the item that was started last: consumes @result, which is sunk,
 * or is told the @error. */
void                cfut_chunk_end_item        (CfutChunk          *self,
                                                GVariant           *result,
                                                const GError       *error);
/* The result of the whole, sunk, once no item is left. */
GVariant           *cfut_chunk_dup_result      (CfutChunk          *self);

/* The array in a chunk's result. */
GVariant           *cfut_chunk_dup_results     (GVariant           *result);
/* How many have failed, by a chunk's result. */
gsize               cfut_chunk_count_failures  (GVariant           *result);

/* The error of one that failed, and its @index, from what a worker process may have
 * sent. Runs in: any thread. Locks: none. */
GError             *cfut_chunk_read_failure    (GVariant           *failure,
                                                guint              *index);

/* The type of a chunk's result of which some failed, from the function's result
 * type. */
GVariantType       *cfut_chunk_get_result_type (const GVariantType *result_type);

G_END_DECLS
