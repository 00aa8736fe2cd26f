/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-frame-private.h"

G_BEGIN_DECLS

/*
 * CfutArena: one end of the memory through which large bodies travel.
 *
 * It lies behind the claims page, in the same piece of memory, and has one half
 * for each direction. Who sends a frame puts its body into a region of his half
 * and says in the frame where it is; who gets the frame gives the region back
 * when he has no use for it any more. That is a bit in a word that both share:
 * the books of which region is in use are the sender's own.
 *
 * So what an end may lose by a liar at the other end is what it has put there
 * itself. A worker reads what the manager sent where it is. The manager copies what
 * a worker sent before it looks at it, since a worker could change it afterwards;
 * but for bytes that are handed on without being looked at, where the worker is
 * trusted: these stay in place, and the region is given back with their last
 * reference. No more than half of the arena is lent like that, so that users who
 * keep results do not leave all later ones to the socket.
 *
 * When there is no room, the body goes through the socket. So nobody waits, and
 * regions that are never given back cost speed and no more.
 *
 * Pages that were used are kept for the next use, since the faults of fresh ones
 * take longer than the socket; the manager gives them back by
 * cfut_arena_trim() when the worker has nothing to do.
 */

/* Each way. Only what is used takes memory; but all takes addresses, so where these
 * are limited it is the smaller one. */
#define CFUT_ARENA_CAPACITY       ((gsize) (sizeof (gpointer) > 4 ? 32 : 8) << 20)
#define CFUT_ARENA_LARGE_CAPACITY (sizeof (gpointer) > 4 ? (gsize) 256 << 20 : CFUT_ARENA_CAPACITY)
/* What lies at a multiple of this is at the beginning of a page, of whatever size. */
#define CFUT_ARENA_ALIGNMENT ((gsize) 64 << 10)
/* Both, behind the words. */
#define CFUT_ARENA_SIZE(capacity) (CFUT_ARENA_ALIGNMENT + 2 * (capacity))

/* A region is at a multiple of this, and these are as many as there can be. */
#define CFUT_ARENA_GRANULARITY 4096
#define CFUT_ARENA_MAX_REGIONS 64

/* From here on a body is worth a region. */
#define CFUT_ARENA_MIN_BODY ((gsize) 32 << 10)

/* Where a body is: itself the body of a frame with CFUT_FRAME_FLAG_SHARED. */
typedef struct
{
  guint32 offset; /* in the sender's half */
  guint32 length;
  guint32 index;
  guint32 zero;
} CfutArenaPlace;

G_STATIC_ASSERT (sizeof (CfutArenaPlace) == CFUT_FRAME_PLACE_SIZE);

typedef struct _CfutArena CfutArena;

/* Maps the arena of @capacity each way that lies at @offset of @fd, a multiple of
 * the alignment; @fd is not taken. @peer is who the other end is. */
CfutArena     *cfut_arena_new           (int                    fd,
                                         gsize                  offset,
                                         gsize                  capacity,
                                         CfutFrameOrigin        peer,
                                         GError               **error);
CfutArena     *cfut_arena_ref           (CfutArena             *self);
void           cfut_arena_unref         (CfutArena             *self);

/* For the thread that sends: room for a body, with its slack in place; NULL if
 * there is none. */
guint8        *cfut_arena_reserve       (CfutArena             *self,
                                         gsize                  length,
                                         CfutArenaPlace        *place);

/* For the thread that receives: what is there, with slack behind it if the other
 * end is to be believed. NULL with @error if it cannot be there. */
const guint8  *cfut_arena_find          (CfutArena             *self,
                                         const CfutArenaPlace  *place,
                                         GError               **error);
/* For the thread that receives: a copy of what is there, with slack behind it,
 * which is given back. */
GBytes        *cfut_arena_copy          (CfutArena             *self,
                                         const CfutArenaPlace  *place,
                                         GError               **error);
/* For the thread that receives: what is there, where it is. It is given back with
 * the last reference, in whatever thread. */
GBytes        *cfut_arena_borrow        (CfutArena             *self,
                                         const CfutArenaPlace  *place,
                                         GError               **error);
/* For the thread that receives: whether that much more ought to be borrowed by those
 * who may keep it. */
gboolean       cfut_arena_may_borrow    (CfutArena             *self,
                                         const CfutArenaPlace  *place);
/* Runs in: any thread. Once for each body that was found. */
void           cfut_arena_give_back     (CfutArena             *self,
                                         guint32                index);

/* Manager: lends @bytes, which are elsewhere, to the call. They are kept until that has
 * ended, and the other end has given back @index. FALSE if there is no index. */
gboolean       cfut_arena_lend          (CfutArena             *self,
                                         guint64                call,
                                         GBytes                *bytes,
                                         guint32               *index);
/* Manager: what the call was lent; NULL if it was not. */
GBytes        *cfut_arena_get_lent      (CfutArena             *self,
                                         guint64                call,
                                         guint32                index);
/* Manager: no answer will come from that call any more. */
void           cfut_arena_end_call      (CfutArena             *self,
                                         guint64                call);

/* Manager: nothing will come from the other end any more. */
void           cfut_arena_end_calls     (CfutArena             *self);

/* Worker, under the lock of what sends: a region to be used here, and for a result
 * if it should be one; NULL if there is no room. */
guint8        *cfut_arena_hold          (CfutArena             *self,
                                         gsize                  size,
                                         guint32               *index);
/* Runs in: any thread; no locks. It is not used here any more. */
void           cfut_arena_let_go        (CfutArena             *self,
                                         guint32                index);
/* The same as the first. */
gboolean       cfut_arena_is_holding    (CfutArena             *self);
/* The same as the first: TRUE if @data is in such a region, and may be sent as it is. The receiver
 * has it then, too. */
gboolean       cfut_arena_send_held     (CfutArena             *self,
                                         gconstpointer          data,
                                         gsize                  length,
                                         guint32               *index,
                                         guint64               *offset);

/* Manager: how many bytes of it may be in memory. */
gsize          cfut_arena_get_touched   (CfutArena             *self);
/* Manager: whether a trim would give memory back. */
gboolean       cfut_arena_has_surplus   (CfutArena             *self);
/* Manager, which expects nothing of the worker: gives back what is not in use. */
void           cfut_arena_trim          (CfutArena             *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutArena, cfut_arena_unref)

G_END_DECLS
