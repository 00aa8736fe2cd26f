/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "wire/cfut-channel-private.h"
#include "wire/cfut-inbox-private.h"
#include "wire/cfut-outbox-private.h"

/*
 * The socket is a GSocketConnection, whose streams write with MSG_NOSIGNAL, so
 * a dead peer is an answer and not a SIGPIPE. Used in batches they cost what
 * bare system calls cost: a round trip of one small frame takes 8.9 µs by
 * poll() and recv(), 9.4 µs by a blocking recv(), and 10 µs through the streams
 * (two processes on one core). Writing that would block says so without a
 * GError. Reading has no such form, and pays 0.1 µs for one; it is done when
 * something is there, so that is rare.
 */
#define MAX_VECTORS 16

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

CfutChannel *
cfut_channel_new_take_fd (int               fd,
                          CfutFrameOrigin   peer,
                          GError          **error)
{
  g_autoptr(GSocket) socket = g_socket_new_from_fd (fd, error);
  CfutChannel *self;

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_STREAM)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Descriptor %d is not a stream socket", fd);
      return NULL;
    }

  g_socket_set_blocking (socket, FALSE);

  self = g_new0 (CfutChannel, 1);
  self->connection = g_socket_connection_factory_create_connection (socket);
  self->socket = socket;
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (self->connection)));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)));
  self->peer = peer;
  cfut_inbox_init (&self->inbox, peer);
  cfut_outbox_init (&self->outbox);
  self->noted = TRUE;

  return self;
}

/* Gives back what nobody has taken of the last frame. */
static void
drop_last (CfutChannel *self)
{
  g_clear_pointer (&self->shared, g_bytes_unref);

  for (guint i = 0; i < self->n_lent; i++)
    self->lender->give_back (self->lender_data, &self->lent[i]);
  self->n_lent = 0;
}

void
cfut_channel_free (CfutChannel *self)
{
  drop_last (self);
  g_clear_pointer (&self->arena, cfut_arena_unref);
  if (self->fds != NULL)
    {
      int fd_left;

      while (self->fds->len > 0)
        if ((fd_left = cfut_channel_steal_fd (self)) >= 0)
          close (fd_left);
      g_array_unref (self->fds);
    }
  cfut_inbox_clear (&self->inbox);
  cfut_outbox_clear (&self->outbox);
  g_object_unref (self->connection);
  g_free (self);
}

int
cfut_channel_peek_fd (CfutChannel *self)
{
  return g_socket_get_fd (self->socket);
}

static void
log_frame (CfutChannel           *self,
           const char            *verb,
           const CfutFrameHeader *header)
{
  CFUT_DEBUG (PROTOCOL, "Channel %d: %s %s, call %" G_GUINT64_FORMAT ", attempt %u, slot %u, %u bytes",
              cfut_channel_peek_fd (self), verb, cfut_frame_type_get_name (header->type),
              header->call, header->attempt, header->slot, header->length);
}

void
cfut_channel_set_journal (CfutChannel *self,
                          CfutJournal *journal)
{
  g_assert (self->n_queued == 0);

  self->journal = journal;
}

void
cfut_channel_set_arena (CfutChannel *self,
                        CfutArena   *arena)
{
  if (arena != NULL)
    cfut_arena_ref (arena);
  g_clear_pointer (&self->arena, cfut_arena_unref);
  self->arena = arena;
}

void
cfut_channel_set_lender (CfutChannel      *self,
                         const CfutLender *lender,
                         gpointer          data)
{
  self->lender = lender;
  self->lender_data = data;
}

void
cfut_channel_take_fds (CfutChannel *self)
{
  if (self->fds == NULL)
    self->fds = g_array_new (FALSE, FALSE, sizeof (int));
}

int
cfut_channel_steal_fd (CfutChannel *self)
{
  int fd = -1;

  if (self->fds != NULL && self->fds->len > 0)
    {
      fd = g_array_index (self->fds, int, 0);
      g_array_remove_index (self->fds, 0);
    }

  return fd;
}

gboolean
cfut_channel_has_arena (CfutChannel *self)
{
  return self->arena != NULL;
}

void
cfut_channel_set_borrows (CfutChannel *self,
                          gboolean     borrows)
{
  self->borrows = borrows;
}

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

/* All that was queued is written. */
static void
restart_journal (CfutChannel *self)
{
  if (self->journal == NULL)
    return;

  cfut_journal_restart (self->journal, self->n_queued);
  self->noted = TRUE;
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
  log_frame (self, "queued in shared memory", header);
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
  log_frame (self, "queued", header);
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
  log_frame (self, "queued", header);
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

gsize
cfut_channel_get_queued (CfutChannel *self)
{
  return self->outbox.queued;
}

CfutChannelStatus
cfut_channel_flush (CfutChannel *self)
{
  while (!self->closed && self->outbox.queued > 0)
    {
      GOutputVector vectors[MAX_VECTORS];
      guint n_vectors = cfut_outbox_get_vectors (&self->outbox, vectors, MAX_VECTORS);
      gsize n_bytes = 0, n_written = 0;
      GPollableReturn result;

      for (guint i = 0; i < n_vectors; i++)
        n_bytes += vectors[i].size;

      result = g_pollable_output_stream_writev_nonblocking (self->output,
                                                            vectors, n_vectors,
                                                            &n_written, NULL, NULL);
      if (result == G_POLLABLE_RETURN_WOULD_BLOCK)
        return CFUT_CHANNEL_BLOCKED;

      if (result == G_POLLABLE_RETURN_FAILED)
        {
          self->closed = TRUE;
          /* Who has stopped to listen may talk on, or be silent, for ever. What it
           * has said is still there to read, and then the end. */
          shutdown (cfut_channel_peek_fd (self), SHUT_RDWR);
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

/* Reads with descriptors. Each write that has one has one, so a read that had to
 * leave some out had to leave out one. */
static gssize
receive (CfutChannel *self,
         guint8      *room,
         gsize        space)
{
  union
  {
    struct cmsghdr header;
    guint8 bytes[CMSG_SPACE (sizeof (int))];
  } control;
  struct iovec vector = { room, space };
  struct msghdr message = {
    .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  gssize n_bytes = recvmsg (cfut_channel_peek_fd (self), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  struct cmsghdr *header;
  int fd = -1;

  if (n_bytes <= 0)
    return n_bytes;

  header = CMSG_FIRSTHDR (&message);
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy (&fd, CMSG_DATA (header), sizeof fd);
  if (fd >= 0 || (message.msg_flags & MSG_CTRUNC) != 0)
    g_array_append_val (self->fds, fd);

  return n_bytes;
}

static CfutChannelStatus
read_with_fds (CfutChannel *self,
               guint8      *room,
               gsize        space)
{
  gssize n_bytes = receive (self, room, space);

  if (n_bytes > 0)
    {
      cfut_inbox_add (&self->inbox, n_bytes);
      self->n_read += n_bytes;
      return CFUT_CHANNEL_OK;
    }

  return n_bytes < 0 && (errno == EAGAIN || errno == EINTR) ? CFUT_CHANNEL_BLOCKED
                                                             : CFUT_CHANNEL_CLOSED;
}

CfutChannelStatus
cfut_channel_read (CfutChannel *self,
                   gsize        budget)
{
  g_autoptr(GError) error = NULL;
  gsize space;
  guint8 *room = cfut_inbox_get_space (&self->inbox, &space);
  gssize n_bytes;

  g_assert (budget > 0);

  /* Frames are waiting to be taken. */
  if (space == 0)
    return CFUT_CHANNEL_OK;

  if (self->fds != NULL)
    return read_with_fds (self, room, MIN (space, budget));

  n_bytes = g_pollable_input_stream_read_nonblocking (self->input, room, MIN (space, budget), NULL, &error);

  if (n_bytes > 0)
    {
      cfut_inbox_add (&self->inbox, n_bytes);
      self->n_read += n_bytes;
      return CFUT_CHANNEL_OK;
    }

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return CFUT_CHANNEL_BLOCKED;

  return CFUT_CHANNEL_CLOSED;
}

guint64
cfut_channel_get_n_read (CfutChannel *self)
{
  return self->n_read;
}

gsize
cfut_channel_feed (CfutChannel  *self,
                   const guint8 *data,
                   gsize         size)
{
  gsize space;
  guint8 *room = cfut_inbox_get_space (&self->inbox, &space);
  gsize n_bytes = MIN (space, size);

  memcpy (room, data, n_bytes);
  cfut_inbox_add (&self->inbox, n_bytes);
  self->n_read += n_bytes;

  return n_bytes;
}

CfutChannelStatus
cfut_channel_read_wait (CfutChannel *self,
                        gsize        budget)
{
  CfutChannelStatus status;

  do
    {
      g_socket_condition_wait (self->socket, G_IO_IN, NULL, NULL);
      status = cfut_channel_read (self, budget);
    }
  while (status == CFUT_CHANNEL_BLOCKED);

  return status;
}

gboolean
cfut_channel_look (CfutChannel *self,
                   gint64       until)
{
  do
    {
      if (g_socket_condition_check (self->socket, G_IO_IN) != 0)
        return TRUE;
    }
  while (g_get_monotonic_time () < until);

  return FALSE;
}

void
cfut_channel_write_wait (CfutChannel *self)
{
  g_socket_condition_wait (self->socket, G_IO_OUT, NULL, NULL);
}

/* The body of @frame, which is in the arena. */
static GBytes *
take_shared (CfutChannel      *self,
             const CfutFrame  *frame,
             GError          **error)
{
  CfutArenaPlace place;

  if (self->arena == NULL)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                           "A frame names shared memory where there is none");
      return NULL;
    }

  memcpy (&place, frame->body, sizeof place);
  self->mutable = self->peer == CFUT_FRAME_FROM_WORKER && self->borrows &&
                  frame->header.type == CFUT_FRAME_RESULT &&
                  (frame->header.flags & CFUT_FRAME_FLAG_LENT) == 0 &&
                  cfut_arena_may_borrow (self->arena, &place);

  if (self->peer == CFUT_FRAME_FROM_PARENT || self->mutable)
    return cfut_arena_borrow (self->arena, &place, error);

  return cfut_arena_copy (self->arena, &place, error);
}

/* Makes of a frame that says where its body is one that has it. */
static CfutChannelStatus
resolve_shared (CfutChannel  *self,
                CfutFrame    *frame,
                GError      **error)
{
  GError *fault = NULL;
  gsize length;

  self->shared = take_shared (self, frame, &fault);
  if (self->shared == NULL)
    {
      cfut_inbox_take_fault (&self->inbox, fault);
      return cfut_inbox_next (&self->inbox, frame, error);
    }

  frame->header.flags &= ~CFUT_FRAME_FLAG_SHARED;
  frame->body = g_bytes_get_data (self->shared, &length);
  frame->header.length = length;
  if (self->mutable)
    frame->body = NULL;

  return CFUT_CHANNEL_OK;
}

/* Takes the table off the body of a frame that has one. */
static CfutChannelStatus
resolve_lent (CfutChannel  *self,
              CfutFrame    *frame,
              GError      **error)
{
  GError *fault = NULL;
  gsize table_size;
  int n_lent = -1;

  if (self->lender == NULL)
    g_set_error_literal (&fault, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                         "A frame lends bytes where nothing is lent");
  else
    n_lent = cfut_lender_read_table (frame->body, frame->header.length, self->lent, &table_size, &fault);

  if (n_lent < 0)
    {
      g_clear_pointer (&self->shared, g_bytes_unref);
      cfut_inbox_take_fault (&self->inbox, fault);
      return cfut_inbox_next (&self->inbox, frame, error);
    }

  self->n_lent = n_lent;
  frame->body += table_size;
  frame->header.length -= table_size;

  return CFUT_CHANNEL_OK;
}

CfutChannelStatus
cfut_channel_next (CfutChannel  *self,
                   CfutFrame    *frame,
                   GError      **error)
{
  CfutChannelStatus status;

  drop_last (self);
  status = cfut_inbox_next (&self->inbox, frame, error);

  if (status == CFUT_CHANNEL_OK && (frame->header.flags & CFUT_FRAME_FLAG_SHARED) != 0)
    status = resolve_shared (self, frame, error);

  if (status == CFUT_CHANNEL_OK && (frame->header.flags & CFUT_FRAME_FLAG_LENT) != 0)
    status = resolve_lent (self, frame, error);

  if (status == CFUT_CHANNEL_OK)
    log_frame (self, "got", &frame->header);

  return status;
}

/* The value of a frame of which some bytes are lent. The rest is small. */
static GVariant *
take_lent (CfutChannel         *self,
           const CfutFrame     *frame,
           const GVariantType  *type,
           gboolean             trusted,
           GError             **error)
{
  g_autoptr(GVariant) rest = cfut_frame_body_to_variant (type, frame->body, frame->header.length,
                                                         trusted, error);
  guint n_lent = self->n_lent;

  if (rest == NULL)
    return NULL;

  self->n_lent = 0;

  return cfut_lender_fill_value (self->lender, self->lender_data, frame->header.call, rest,
                                 self->lent, n_lent, error);
}

GVariant *
cfut_channel_take_variant (CfutChannel         *self,
                           const CfutFrame     *frame,
                           const GVariantType  *type,
                           gboolean             trusted,
                           GError             **error)
{
  g_autoptr(GBytes) bytes = NULL;

  if (self->n_lent > 0)
    return take_lent (self, frame, type, trusted, error);

  bytes = g_steal_pointer (&self->shared);
  if (bytes == NULL)
    bytes = cfut_inbox_take_body (&self->inbox, frame);
  else if (self->mutable && !cfut_frame_type_is_plain (type))
    {
      g_autoptr(GBytes) borrowed = g_steal_pointer (&bytes);

      bytes = cfut_frame_copy_body (g_bytes_get_data (borrowed, NULL), g_bytes_get_size (borrowed), error);
      if (bytes == NULL)
        return NULL;
    }

  return cfut_frame_bytes_to_variant (type, bytes, trusted, error);
}

gboolean
cfut_channel_is_mid_frame (CfutChannel *self)
{
  return cfut_inbox_is_mid_frame (&self->inbox);
}
