/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-map-inbox-private.h"
#include "future/cfut-state-private.h"

G_BEGIN_DECLS

/*
 * CfutMapChunk: items of a map that go to the executor as one call, and then
 * what became of each.
 */

typedef enum
{
  CFUT_MAP_CHUNK_STAGED,     /* not submitted */
  CFUT_MAP_CHUNK_SUBMITTING, /* waits for room in the queue */
  CFUT_MAP_CHUNK_IN_FLIGHT,  /* submitted */
  CFUT_MAP_CHUNK_SETTLED,    /* each item has its outcome */
} CfutMapChunkPhase;

/* What came of an item, or of several: exactly one of the two. */
typedef struct
{
  GVariant *result; /* (owned) (nullable) of several, an array */
  GError *error;    /* (owned) (nullable) of one item */
} CfutMapOutcome;

typedef struct
{
  guint offset;
  GError *error; /* (owned) (nullable) until it is taken */
} CfutMapFailure;

typedef struct
{
  /* Told in the thread that resolves @future, to put @inbox_link into @inbox.
   * It owns a reference on the chunk from watch() on, which goes with the link. */
  CfutWaiter waiter;
  GList inbox_link;
  CfutMapInbox *inbox; /* (owned) */

  gatomicrefcount ref_count;

  /* Touched by whoever has the map's turn. */
  CfutMapChunkPhase phase;
  guint64 first;            /* index of the first item */
  guint n_items;
  GVariant *input;          /* (owned) (nullable) arguments; an array of them if n_items > 1 */
  CfutFuture *future;       /* (owned) (nullable) while it is in flight */
  guint n_taken;            /* outcomes that were taken */
  guint n_results_taken;
  guint n_failures_taken;

  /* The outcomes, once it is settled. The results of those that did not fail, in
   * order, are one of the two: numbers and the like that came as bytes stay so
   * until somebody wants one, all else is given away as it is taken. */
  GVariant *results;        /* (owned) (nullable) */
  GVariant **values;        /* (owned) (nullable) */
  guint n_results;
  GArray *failures;         /* (element-type CfutMapFailure) (owned) (nullable) in order */
  GError *error;            /* (owned) (nullable) of every item */
  GList order_link;         /* in the map's chunks */
  GList queue_link;         /* in the map's staged or ready */
} CfutMapChunk;

/* Takes @input. */
CfutMapChunk *cfut_map_chunk_new     (CfutMapInbox   *inbox,
                                      guint64         first,
                                      guint           n_items,
                                      GVariant       *input);
CfutMapChunk *cfut_map_chunk_ref     (CfutMapChunk   *self);
void          cfut_map_chunk_unref   (CfutMapChunk   *self);

/* A new chunk of the single item at @offset. */
CfutMapChunk *cfut_map_chunk_pick    (CfutMapChunk   *self,
                                      guint           offset);
/* Leaves out the first of several items. */
void          cfut_map_chunk_skip_first (CfutMapChunk *self);

/* It was submitted: takes @future, and will be put into its inbox when that
 * has resolved, which may be at once. */
void          cfut_map_chunk_watch   (CfutMapChunk   *self,
                                      CfutFuture     *future);
/* Nobody will take the outcomes: cancels what is in flight. */
void          cfut_map_chunk_abandon (CfutMapChunk   *self);

/* The future has resolved: gives each item its outcome. If a chunk of several
 * died with its worker, only those that had started fail; with @retried none
 * does, as it may be the fault of a single one. The others go to @again, as
 * chunks of one item, linked by their queue_link, and are no longer in this
 * one. */
void          cfut_map_chunk_settle  (CfutMapChunk   *self,
                                      gboolean        retried,
                                      GQueue         *again);
/* Every item failed with @error. */
void          cfut_map_chunk_fail    (CfutMapChunk   *self,
                                      const GError   *error);

/* Moves the next outcome out: its index in the input. FALSE if none is left. */
gboolean      cfut_map_chunk_take    (CfutMapChunk   *self,
                                      guint64        *index,
                                      CfutMapOutcome *outcome);
/* The same with all results that come before the next error. Returns: how many
 * outcomes it moved, 0 if none is left. */
guint         cfut_map_chunk_take_many (CfutMapChunk   *self,
                                        guint64        *index,
                                        CfutMapOutcome *outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutMapChunk, cfut_map_chunk_unref)

G_END_DECLS
