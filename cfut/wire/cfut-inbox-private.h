/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-channel-private.h"

G_BEGIN_DECLS

/*
 * CfutInbox: bytes in, frames out. It does no I/O: whoever reads asks for
 * space, fills it, and takes the frames that are complete.
 *
 * Small frames arrive many at a time in one buffer of 64 KiB. A frame that is
 * larger than that gets the buffer for itself: it is read up to its end and no
 * further, so that its body can be taken away with the buffer and is never
 * copied. The buffer is at most twice as large as what has arrived, whatever
 * the header promises, and is grown by doubling.
 */
typedef struct
{
  CfutFrameOrigin peer;
  guint64 max_result; /* of the body of a RESULT, wherever it lies */
  guint64 max_held;   /* of all large bodies that are there, if there is a @budget */
  CfutBudget *budget; /* (owned) (nullable) */
  guint64 free_size;  /* a body that is no larger need not be checked */
  guint8 *data;   /* @capacity bytes and CFUT_FRAME_SLACK more; may be NULL */
  gsize capacity;
  gsize start;    /* of what has not been handed out; a multiple of 8 */
  gsize end;      /* of what has arrived */

  gboolean has_header; /* of the frame at @start, which is incomplete */
  CfutFrameHeader header;

  /* The zero bytes behind the body that was handed out last lie upon what
   * follows it, which is kept here meanwhile. */
  gboolean has_slack;
  gsize slack_at;
  guint8 covered[CFUT_FRAME_SLACK];

  GError *fault; /* (owned) (nullable) once set, stays */
} CfutInbox;

void               cfut_inbox_init        (CfutInbox        *self,
                                           CfutFrameOrigin   peer);
void               cfut_inbox_clear       (CfutInbox        *self);

/* Before there are frames. */
void               cfut_inbox_set_max_result (CfutInbox     *self,
                                           guint64           max_size);
void               cfut_inbox_set_budget  (CfutInbox        *self,
                                           CfutBudget       *budget,
                                           guint64           max_held);

/* Whether a RESULT or an ERROR may take @size bytes, wherever they lie, if there is a
 * bound; else it fails from now on with G_IO_ERROR_MESSAGE_TOO_LARGE, or if it is one
 * too many with G_IO_ERROR_NO_SPACE. */
gboolean           cfut_inbox_check_size  (CfutInbox        *self,
                                           CfutFrameType     type,
                                           guint64           size);

/* Where to put what arrives next; @space may be 0 when frames are waiting to be
 * taken. The bodies that were handed out are no longer valid. */
guint8            *cfut_inbox_get_space   (CfutInbox        *self,
                                           gsize            *space);
void               cfut_inbox_add         (CfutInbox        *self,
                                           gsize             n_bytes);

CfutChannelStatus  cfut_inbox_next        (CfutInbox        *self,
                                           CfutFrame        *frame,
                                           GError          **error);
/* From now on it fails with @fault, which it takes. */
void               cfut_inbox_take_fault  (CfutInbox        *self,
                                           GError           *fault);
/* The body of @frame, which was handed out last: with its buffer if that holds
 * nothing else, else a copy. */
GBytes            *cfut_inbox_take_body   (CfutInbox        *self,
                                           const CfutFrame  *frame);
gboolean           cfut_inbox_is_mid_frame (CfutInbox       *self);
/* Has @bytes of a body counted, if they are. Takes @bytes. */
GBytes            *cfut_inbox_charge      (CfutInbox        *self,
                                           GBytes           *bytes);

G_END_DECLS
