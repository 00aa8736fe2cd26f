/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "wire/cfut-channel-parts-private.h"

#define MAX_VECTORS 16

gboolean
cfut_channel_is_noted (CfutChannel *self)
{
  return self->noted;
}

/* Notes a frame that was queued. Once one does not fit none is noted until all
 * is written, since what is noted has no gaps. */
static void
note_frame (CfutChannel           *self,
            const CfutFrameHeader *header,
            gconstpointer          body)
{
  gsize padding = CFUT_FRAME_PADDED (header->length) - header->length;
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  self->n_queued += sizeof bytes + header->length + padding;
  if (self->journal == NULL || !self->noted)
    return;

  cfut_frame_encode (header, bytes);
  self->noted = cfut_journal_append (self->journal, bytes, sizeof bytes,
                                     body, header->length, padding);
}

/* Room for the body of a frame in the arena; NULL if it is to go with the
 * frame. */
static guint8 *
reserve_shared (CfutChannel           *self,
                const CfutFrameHeader *header,
                gsize                  length,
                CfutArenaPlace        *place)
{
  if (self->arena == NULL || length < CFUT_ARENA_MIN_BODY ||
      (header->type != CFUT_FRAME_CALL && header->type != CFUT_FRAME_RESULT &&
       header->type != CFUT_FRAME_ERROR))
    return NULL;

  return cfut_arena_reserve (self->arena, length, place);
}

/* Queues a frame whose body of @length bytes is at @place. */
static void
queue_shared (CfutChannel          *self,
              CfutFrameHeader      *header,
              gsize                 length,
              const CfutArenaPlace *place)
{
  CfutFrameHeader shared = *header;

  shared.flags |= CFUT_FRAME_FLAG_SHARED;
  cfut_outbox_add (&self->outbox, &shared, place, sizeof *place);
  note_frame (self, &shared, place);

  header->length = length;
  cfut_channel_log (self, "queued in shared memory", header);
}

void
cfut_channel_queue (CfutChannel     *self,
                    CfutFrameHeader *header,
                    gconstpointer    body,
                    gsize            length)
{
  CfutArenaPlace place;
  guint8 *room;

  if (self->closed)
    return;

  room = reserve_shared (self, header, length, &place);
  if (room != NULL)
    {
      memcpy (room, body, length);
      queue_shared (self, header, length, &place);
      return;
    }

  cfut_outbox_add (&self->outbox, header, body, length);
  note_frame (self, header, body);
  cfut_channel_log (self, "queued", header);
}

/* Queues what is left of a body when others of its bytes are lent. FALSE if none are. */
static gboolean
queue_lent (CfutChannel     *self,
            CfutFrameHeader *header,
            GVariant        *body,
            gsize            length)
{
  g_autoptr(GByteArray) rest = NULL;
  CfutFrameHeader lent = *header;

  if (self->lender == NULL || length < CFUT_ARENA_MIN_BODY ||
      (header->type != CFUT_FRAME_CALL && header->type != CFUT_FRAME_RESULT) ||
      !self->lender->is_ready (self->lender_data))
    return FALSE;

  rest = cfut_lender_make_body (self->lender, self->lender_data, header->call, body);
  if (rest == NULL)
    return FALSE;

  lent.flags |= CFUT_FRAME_FLAG_LENT;
  cfut_channel_queue (self, &lent, rest->data, rest->len);
  header->length = rest->len;

  return TRUE;
}

void
cfut_channel_queue_variant (CfutChannel     *self,
                            CfutFrameHeader *header,
                            GVariant        *body)
{
  gsize length = g_variant_get_size (body);
  gconstpointer data = NULL;
  CfutArenaPlace place;
  guint8 *room;

  if (self->closed || queue_lent (self, header, body, length))
    return;

  room = reserve_shared (self, header, length, &place);
  if (room != NULL)
    {
      g_variant_store (body, room);
      queue_shared (self, header, length, &place);
      return;
    }

  /* Serialised here, it is only copied below. */
  if (self->journal != NULL)
    data = g_variant_get_data (body);

  cfut_outbox_add_variant (&self->outbox, header, body);
  note_frame (self, header, data);
  cfut_channel_log (self, "queued", header);
}

static void
copy_vectors (guint8              *room,
              const GOutputVector *vectors,
              guint                n_vectors)
{
  for (guint i = 0; i < n_vectors; i++)
    {
      if (vectors[i].size > 0)
        memcpy (room, vectors[i].buffer, vectors[i].size);
      room += vectors[i].size;
    }
}

void
cfut_channel_queue_vectors (CfutChannel         *self,
                            CfutFrameHeader     *header,
                            const GOutputVector *vectors,
                            guint                n_vectors)
{
  CfutArenaPlace place;
  gsize length = 0;
  guint8 *room, *joined;

  if (self->closed)
    return;

  if (n_vectors == 1)
    {
      cfut_channel_queue (self, header, vectors[0].buffer, vectors[0].size);
      return;
    }

  for (guint i = 0; i < n_vectors; i++)
    length += vectors[i].size;

  room = reserve_shared (self, header, length, &place);
  if (room != NULL)
    {
      copy_vectors (room, vectors, n_vectors);
      queue_shared (self, header, length, &place);
      return;
    }

  joined = g_malloc (length);
  copy_vectors (joined, vectors, n_vectors);
  cfut_channel_queue (self, header, joined, length);
  g_free (joined);
}

/* All that was queued is written. */
static void
restart_journal (CfutChannel *self)
{
  if (self->journal == NULL)
    return;

  cfut_journal_restart (self->journal, self->n_queued);
  self->noted = TRUE;
}

gsize
cfut_channel_get_queued (CfutChannel *self)
{
  return self->outbox.queued;
}

/* A dead peer is an answer and not a SIGPIPE. */
static gssize
send_vectors (CfutChannel  *self,
              struct iovec *vectors,
              guint         n_vectors)
{
  struct msghdr message = { .msg_iov = vectors, .msg_iovlen = n_vectors };
  gssize n_bytes;

  do
    n_bytes = sendmsg (self->fd, &message, MSG_NOSIGNAL);
  while (n_bytes < 0 && errno == EINTR);

  return n_bytes;
}

CfutChannelStatus
cfut_channel_flush (CfutChannel *self)
{
  while (!self->closed && self->outbox.queued > 0)
    {
      struct iovec vectors[MAX_VECTORS];
      guint n_vectors = cfut_outbox_get_vectors (&self->outbox, vectors, MAX_VECTORS);
      gssize n_bytes = 0, n_written;

      for (guint i = 0; i < n_vectors; i++)
        n_bytes += vectors[i].iov_len;

      n_written = send_vectors (self, vectors, n_vectors);
      if (n_written < 0 && errno == EAGAIN)
        return CFUT_CHANNEL_BLOCKED;

      if (n_written < 0)
        {
          self->closed = TRUE;
          /* Who has stopped to listen may talk on, or be silent, for ever. What it
           * has said is still there to read, and then the end. */
          shutdown (self->fd, SHUT_RDWR);
          cfut_outbox_clear (&self->outbox);
          break;
        }

      cfut_outbox_remove (&self->outbox, n_written);
      if (n_written < n_bytes)
        return CFUT_CHANNEL_BLOCKED;
    }

  restart_journal (self);

  return self->closed ? CFUT_CHANNEL_CLOSED : CFUT_CHANNEL_OK;
}

void
cfut_channel_write_wait (CfutChannel *self)
{
  cfut_channel_poll (self, POLLOUT, -1);
}
