/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "cfut-debug-private.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-inbox-private.h"
#include "wire/cfut-outbox-private.h"

G_BEGIN_DECLS

/*
 * What the files of the channel share: making it, writing, reading, and bodies
 * that are elsewhere than in their frames.
 *
 * The socket is a GSocketConnection, whose streams write with MSG_NOSIGNAL, so
 * a dead peer is an answer and not a SIGPIPE. Used in batches they cost what
 * bare system calls cost: a round trip of one small frame takes 8.9 µs by
 * poll() and recv(), 9.4 µs by a blocking recv(), and 10 µs through the streams
 * (two processes on one core). Writing that would block says so without a
 * GError. Reading has no such form, and pays 0.1 µs for one; it is done when
 * something is there, so that is rare.
 */

struct _CfutChannel
{
  /* Set at construction, never changed. */
  GSocketConnection *connection; /* (owned) */
  GSocket *socket;               /* (unowned) the connection's */
  GPollableInputStream *input;   /* (unowned) the connection's */
  GPollableOutputStream *output; /* (unowned) the connection's */

  CfutFrameOrigin peer;

  /* Set before there are frames; each end of it is for one thread. */
  CfutArena *arena; /* (owned) (nullable) */
  gboolean borrows;
  const CfutLender *lender; /* (nullable) */
  gpointer lender_data;     /* (unowned) */

  /* Only for the thread that reads. */
  CfutInbox inbox;
  guint64 n_read;
  GBytes *shared;   /* (owned) (nullable) the body of the last frame, if it was shared */
  gboolean mutable; /* the worker could still change @shared */
  CfutLentBytes lent[CFUT_LENDING_MAX]; /* in the body of the last frame */
  guint n_lent;
  GArray *fds;      /* (owned) (nullable) of int, that have come; NULL if none are taken */

  /* Only for the thread that writes. */
  CfutOutbox outbox;
  guint64 n_queued;     /* in all, since the beginning */
  CfutJournal *journal; /* (unowned) (nullable) */
  gboolean noted;       /* all that is queued is in the journal */
  gboolean closed; /* nobody will read what is written */
};

/* Gives back what nobody has taken of the last frame. Runs in: the thread that reads. */
void cfut_channel_drop_last (CfutChannel *self);

static inline void
cfut_channel_log (CfutChannel           *self,
                  const char            *verb,
                  const CfutFrameHeader *header)
{
  CFUT_DEBUG (PROTOCOL, "Channel %d: %s %s, call %" G_GUINT64_FORMAT ", attempt %u, slot %u, %u bytes",
              g_socket_get_fd (self->socket), verb, cfut_frame_type_get_name (header->type),
              header->call, header->attempt, header->slot, header->length);
}

G_END_DECLS
