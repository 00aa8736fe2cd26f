/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-executor.h"
#include "executor/cfut-map-chunk-private.h"
#include "executor/cfut-map-chunk-size-private.h"
#include "executor/cfut-map-collection-private.h"
#include "executor/cfut-map-input-private.h"

G_BEGIN_DECLS

/*
 * CfutMap: items from an input go through an executor, and their outcomes out
 * of next().
 *
 *   input ─▶ staged ─▶ in flight ─▶ inbox ─▶ ready ─▶ next()
 *              ▲                      │
 *              └── died, one by one ──┘
 *
 * Only next() moves anything; what runs elsewhere does no more than put a chunk
 * into the inbox. (A map of an array has its first items submitted when it is
 * made.)
 *
 * Two things are exclusive. Only one next() may be pending; that is what users
 * see. And only one thread at a time has the turn: the right to touch what is
 * in the map, without a lock, so that executors and sources are called without
 * one. A pending next() takes the turn for a step and gives it back before it
 * waits. Whoever ends the map takes it a last time, to throw out what is in it;
 * if another thread (or the same, in a source) has it then, that one does it on
 * giving it back.
 */

typedef enum
{
  CFUT_MAP_OPEN,
  CFUT_MAP_ENDED,  /* every item was yielded, or the time was over */
  CFUT_MAP_CLOSED, /* by the user */
} CfutMapPhase;

struct _CfutMap
{
  GObject parent_instance;

  /* Set when the map is made, never changed; read from any thread. */
  CfutExecutor *executor; /* (owned) */
  char *function;         /* (owned) */
  CfutSubmitOptions *options; /* (owned) (nullable) */
  gboolean ordered;
  gint64 deadline;        /* monotonic µs, -1 for none */
  guint buffer_size;      /* 0: automatic */
  guint n_workers;
  gsize n_expected;       /* items in all; 0 if that is not known */
  CfutMapInbox *inbox;    /* (owned) */

  GMutex lock;

  /* All below: protected by @lock. */
  CfutMapPhase phase;
  gboolean next_pending;
  gboolean has_turn;
  guint64 index;          /* of the item that was yielded last */
  GCancellable *give_up;  /* (owned) (nullable) of a submit that waits for room */

  /* All below: touched by whoever has the turn. */
  CfutMapInput input;
  CfutMapChunkSize chunk_size;
  GVariant *left_over;    /* (owned) (nullable) read, and not in a chunk yet */
  guint64 n_read;
  guint64 n_ahead;        /* read and not yielded */
  guint n_in_flight;      /* chunks */
  GQueue chunks;          /* (element-type CfutMapChunk) (owned) by index */
  GQueue staged;          /* (element-type CfutMapChunk) (unowned) */
  GQueue ready;           /* (element-type CfutMapChunk) (unowned) settled, if not ordered */
};

/* What a step is to take out. */
typedef enum
{
  CFUT_MAP_WANT_ONE,
  CFUT_MAP_WANT_MANY,     /* as many results as are there in one chunk, or an error */
  CFUT_MAP_WANT_IN_ORDER, /* the same in the order of the input, whatever the map's is */
} CfutMapWant;

/* What one step came to. */
typedef enum
{
  CFUT_MAP_STEP_ITEM,      /* an outcome was taken */
  CFUT_MAP_STEP_END,       /* there will be no more */
  CFUT_MAP_STEP_TIMED_OUT, /* nothing is there and the time is over */
  CFUT_MAP_STEP_WAIT,      /* something is in flight: wait for the inbox */
  CFUT_MAP_STEP_FULL,      /* nothing is, as the executor's queue is full */
} CfutMapStep;

/* cfut-map-turn.c */

/* FALSE: the map is not open. */
gboolean     cfut_map_take_turn    (CfutMap         *self);
void         cfut_map_give_turn    (CfutMap         *self);
gboolean     cfut_map_is_open      (CfutMap         *self);
/* Takes the map from open to @phase, cancels what is left and lets a pending
 * next() see it. Runs in: any thread. Locks: takes the map's. */
void         cfut_map_finish       (CfutMap         *self,
                                    CfutMapPhase     phase);

/* cfut-map-step.c; all with the turn. */

/* Reads and submits what there is room for, without ever blocking. With @error,
 * stops and sets that if the first submit of the map is refused; otherwise that
 * is what the item comes to. */
void         cfut_map_fill         (CfutMap         *self,
                                    GError         **error);
CfutMapStep  cfut_map_step         (CfutMap         *self,
                                    CfutMapWant      want,
                                    guint64         *index,
                                    CfutMapOutcome  *outcome);
/* Takes one outcome that is there and needs no more than that: no step has anything
 * to do, and nothing is dropped. FALSE if that is not so.
 * Locks: caller holds the map's; nobody has the turn. */
gboolean     cfut_map_take_quick   (CfutMap         *self,
                                    guint64         *index,
                                    CfutMapOutcome  *outcome);
/* The oldest of what is in flight. Returns: (transfer full) */
CfutFuture  *cfut_map_dup_oldest   (CfutMap         *self);
/* Takes the first item that is staged, as a chunk of its own. (transfer full) */
CfutMapChunk *cfut_map_pop_staged  (CfutMap         *self);
/* What came of that: @future, which this takes, or @error; if both are NULL the
 * item is still to be submitted. */
void         cfut_map_adopt        (CfutMap         *self,
                                    CfutMapChunk    *chunk,
                                    CfutFuture      *future,
                                    const GError    *error);

/* cfut-map-room.c */

/* Submits the next staged item as soon as the executor's queue has room for it,
 * then calls @done, in the thread-default context of now. @cancellable, the
 * deadline and the end of the map end the wait early; the item is then still to
 * be submitted. Locks: none, nor the turn. */
typedef void (*CfutMapRoomFunc) (CfutMap  *self,
                                 gpointer  user_data);
void         cfut_map_await_room   (CfutMap         *self,
                                    GCancellable    *cancellable,
                                    CfutMapRoomFunc  done,
                                    gpointer         user_data);
/* The same, blocking. FALSE with @error if this thread must not be blocked. */
gboolean     cfut_map_block_for_room (CfutMap       *self,
                                    GError         **error);

/* cfut-map-bulk.c, for cfut-map-async.c */

/* Adds an outcome, which this empties, to what is collected: FALSE with @error if
 * it is one. */
gboolean     cfut_map_collect_outcome (CfutMap       *self,
                                    CfutMapCollection *collection,
                                    guint64          index,
                                    CfutMapOutcome  *outcome,
                                    GError         **error);
/* Empties it; of nothing, an array of what the function gives. Sunk. */
GVariant    *cfut_map_end_collection (CfutMap        *self,
                                    CfutMapCollection *collection);

/* cfut-map.c, for cfut-map-bulk.c and cfut-map-async.c */

/* Begins a next(): FALSE with @error if one is pending. */
gboolean     cfut_map_begin_next   (CfutMap         *self,
                                    GError         **error);
void         cfut_map_end_next     (CfutMap         *self);
/* Waits for what is wanted: FALSE at the end, or with @error if it is the map's own.
 * Runs in: the thread that called next(). Locks: none. */
gboolean     cfut_map_wait         (CfutMap         *self,
                                    CfutMapWant      want,
                                    guint64         *index,
                                    CfutMapOutcome  *outcome,
                                    GError         **error);
/* A next() that waits, from its begin to what it yields. */
gboolean     cfut_map_next_waiting (CfutMap         *self,
                                    CfutMapWant      want,
                                    guint64         *index,
                                    GVariant       **result,
                                    GError         **error);
/* A step with the turn around it. @oldest: (nullable) */
CfutMapStep  cfut_map_advance      (CfutMap         *self,
                                    CfutMapWant      want,
                                    guint64         *index,
                                    CfutMapOutcome  *outcome,
                                    CfutFuture     **oldest);
/* What next() says of a step that was END or TIMED_OUT: an error, or NULL. */
GError      *cfut_map_get_end      (CfutMap         *self,
                                    CfutMapStep      step);
/* What next() says of an outcome, which this takes. */
gboolean     cfut_map_yield        (CfutMap         *self,
                                    guint64          at,
                                    CfutMapOutcome  *outcome,
                                    guint64         *index,
                                    GVariant       **result,
                                    GError         **error);

G_END_DECLS
