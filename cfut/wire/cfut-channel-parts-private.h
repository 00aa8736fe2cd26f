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
 * The socket is a bare descriptor. In batches GIO's streams cost no more than
 * system calls do; but their types are what most of the start of a worker went
 * into, once the linker was done, and a lone call paid for them with a tenth of its
 * instructions.
 */

struct _CfutChannel
{
  /* Set at construction, never changed. */
  int fd; /* (owned) */
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

/* Waits for @events, of poll(), for @timeout_ms, or for ever if that is -1. TRUE if
 * there is one, or the other end is gone. */
gboolean cfut_channel_poll (CfutChannel *self,
                            short        events,
                            int          timeout_ms);

/* Gives back what nobody has taken of the last frame. Runs in: the thread that reads. */
void cfut_channel_drop_last (CfutChannel *self);

static inline void
cfut_channel_log (CfutChannel           *self,
                  const char            *verb,
                  const CfutFrameHeader *header)
{
  CFUT_DEBUG (PROTOCOL, "Channel %d: %s %s, call %" G_GUINT64_FORMAT ", attempt %u, slot %u, %u bytes",
              self->fd, verb, cfut_frame_type_get_name (header->type),
              header->call, header->attempt, header->slot, header->length);
}

G_END_DECLS
