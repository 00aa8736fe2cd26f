/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-arena-private.h"
#include "wire/cfut-budget-private.h"
#include "wire/cfut-frame-private.h"
#include "wire/cfut-journal-private.h"
#include "wire/cfut-lender-private.h"

G_BEGIN_DECLS

/*
 * CfutChannel: frames over one end of a socket pair, in batches.
 *
 * Writing appends to a buffer; cfut_channel_flush() hands the kernel as much of
 * it as it takes, in one call where possible. Reading takes what is there, up
 * to a budget, and cuts it into frames. It is used by one thread at a time and
 * holds no lock. No allocation is made on the word of the other end: the
 * buffer grows with what has arrived.
 *
 * With an arena large bodies do not go through the socket. Whoever queues and
 * takes frames does not see that. The one end, that of the manager, copies such
 * a body first, so that it cannot change while and after it is checked; the other
 * reads it where it is. If the manager borrows, the body of a RESULT stays where it is
 * as well, until it is taken: then it is copied, unless there is nothing to check.
 */
typedef struct _CfutChannel CfutChannel;

typedef enum
{
  CFUT_CHANNEL_OK,      /* read: something arrived; flush: all is written */
  CFUT_CHANNEL_BLOCKED, /* nothing there to read; no room to write */
  CFUT_CHANNEL_CLOSED,  /* end of file, or the other end is gone */
  CFUT_CHANNEL_FAILED,  /* protocol error; @error is set */
} CfutChannelStatus;

/* A received frame; SHARED is not among its flags, and of one with LENT the body is
 * what is behind the table. @body is 8-aligned, has
 * CFUT_FRAME_SLACK zero bytes behind it, and is valid until the next read. It is NULL
 * if it may still change: cfut_channel_take_variant() is the only way to it. */
typedef struct
{
  CfutFrameHeader header;
  const guint8 *body;
} CfutFrame;

/* Takes @fd, makes it non-blocking. @peer is who the other end is. */
CfutChannel       *cfut_channel_new_take_fd (int                     fd,
                                             CfutFrameOrigin         peer,
                                             GError                **error);
void               cfut_channel_free        (CfutChannel            *self);
int                cfut_channel_peek_fd     (CfutChannel            *self);

/* Appends a frame; header->length is set from @length. */
void               cfut_channel_queue       (CfutChannel            *self,
                                             CfutFrameHeader        *header,
                                             gconstpointer           body,
                                             gsize                   length);
/* As above; a large body is not copied. The size of @body is at most
 * CFUT_FRAME_MAX_BODY. */
void               cfut_channel_queue_variant (CfutChannel          *self,
                                             CfutFrameHeader        *header,
                                             GVariant               *body);
/* As the first, with a body that lies in pieces, which are copied. */
void               cfut_channel_queue_vectors (CfutChannel          *self,
                                             CfutFrameHeader        *header,
                                             const GOutputVector    *vectors,
                                             guint                   n_vectors);
gsize              cfut_channel_get_queued  (CfutChannel            *self);
CfutChannelStatus  cfut_channel_flush       (CfutChannel            *self);
/* Waits until a flush can write something, or will find the other end gone. */
void               cfut_channel_write_wait  (CfutChannel            *self);

/* From now on large bodies travel through @arena (nullable), of which it takes a
 * reference. */
void               cfut_channel_set_arena  (CfutChannel            *self,
                                             CfutArena              *arena);

gboolean           cfut_channel_has_arena  (CfutChannel            *self);
/* For the manager's end: whether results that need no check are borrowed from the
 * arena, and not copied. The worker is trusted not to change them. */
void               cfut_channel_set_borrows (CfutChannel           *self,
                                             gboolean               borrows);

/* For the manager's end: how many bytes a result may take, and how large an error may
 * be for that; see cfut_frame_get_max_error(). Else it is what a frame can have. */
void               cfut_channel_set_max_result (CfutChannel        *self,
                                             guint64                 max_size);

/* For the manager's end: large bodies are counted in @budget until they are freed, and
 * none is taken that would make more than @max_held bytes of it. */
void               cfut_channel_set_budget  (CfutChannel            *self,
                                             CfutBudget             *budget,
                                             guint64                 max_held);

/* From now on bytes in values may be lent by @lender, which is called with @data. */
void               cfut_channel_set_lender (CfutChannel            *self,
                                             const CfutLender       *lender,
                                             gpointer                data);

/* For the worker's end of the control socket: takes descriptors, which come with
 * frames. */
void               cfut_channel_take_fds   (CfutChannel            *self);
/* The one that came with the frame before which this is called first; -1 if it could
 * not be taken. */
int                cfut_channel_steal_fd   (CfutChannel            *self);

/* From now on notes in @journal (unowned) what is queued, until it is written. */
void               cfut_channel_set_journal (CfutChannel            *self,
                                             CfutJournal            *journal);
/* FALSE if something that is queued did not fit into the journal. */
gboolean           cfut_channel_is_noted   (CfutChannel            *self);

/* Reads at most @budget bytes, once and without blocking. Take all frames before
 * the next read: a full buffer is OK and reads nothing. */
CfutChannelStatus  cfut_channel_read        (CfutChannel            *self,
                                             gsize                   budget);
/* As above, but waits until something can be read. */
CfutChannelStatus  cfut_channel_read_wait   (CfutChannel            *self,
                                             gsize                   budget);
/* Looks for something to read, without sleeping, until @until (monotonic µs). TRUE
 * if a read would not be BLOCKED. */
gboolean           cfut_channel_look        (CfutChannel            *self,
                                             gint64                  until);
/* How many bytes have been read in all. */
guint64            cfut_channel_get_n_read (CfutChannel            *self);
/* Takes @data as if it had been read, as far as there is room; returns how much
 * that was. As with a read, take all frames first. */
gsize              cfut_channel_feed       (CfutChannel            *self,
                                             const guint8           *data,
                                             gsize                   size);
/* OK: @frame is the next one; BLOCKED: no whole frame is here yet. */
CfutChannelStatus  cfut_channel_next        (CfutChannel            *self,
                                             CfutFrame              *frame,
                                             GError                **error);
/* The body of @frame, which came last, as cfut_frame_body_to_variant() makes it,
 * but a large body is not copied. @frame has no body after this. In a worker the
 * value may lie in the arena, and its region is given back with it; and so may what
 * in it was lent. */
GVariant          *cfut_channel_take_variant (CfutChannel           *self,
                                             const CfutFrame        *frame,
                                             const GVariantType     *type,
                                             gboolean                trusted,
                                             GError                **error);
/* What an ERROR says; see cfut_frame_error_from_bytes(). */
GError            *cfut_channel_take_error  (CfutChannel            *self,
                                             const CfutFrame        *frame,
                                             GError                **error);
/* The same for a type whose values are small. */
gboolean           cfut_channel_take_small  (CfutChannel            *self,
                                             const CfutFrame        *frame,
                                             const GVariantType     *type,
                                             CfutSmall              *small,
                                             GError                **error);
/* TRUE while part of a frame has arrived and the rest has not. */
gboolean           cfut_channel_is_mid_frame (CfutChannel           *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutChannel, cfut_channel_free)

G_END_DECLS
