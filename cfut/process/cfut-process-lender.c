/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-private.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "memory/cfut-segment-private.h"
#include "process/cfut-manager-private.h"

/*
 * What the program lends to a worker process, and the other way round. Runs in:
 * manager thread.
 *
 * A segment is sent once to each worker that gets something of it, over the control
 * socket, by a descriptor that can be used to read only. What cannot be sent, as the
 * socket is full or there are no descriptors left, is copied. No descriptor is ever
 * taken from a worker.
 *
 * A worker that is not trusted gets no segment, in which there is what others
 * were given, and what it lends is copied.
 */

/* Sends a SEGMENT frame, with @fd if that is not -1. */
static gboolean
cfut_process_send_segment (CfutProcess *self,
                           guint64      id,
                           gsize        size,
                           int          fd)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_SEGMENT, .length = sizeof (CfutFrameSegment) };
  CfutFrameSegment segment = { GUINT64_TO_LE (id), GUINT64_TO_LE (size) };
  guint8 frame[CFUT_FRAME_HEADER_SIZE + sizeof segment];
  union
  {
    struct cmsghdr header;
    guint8 bytes[CMSG_SPACE (sizeof (int))];
  } control = { .bytes = { 0 } };
  struct iovec vector = { frame, sizeof frame };
  struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

  cfut_frame_encode (&header, frame);
  memcpy (frame + CFUT_FRAME_HEADER_SIZE, &segment, sizeof segment);

  if (fd >= 0)
    {
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (sizeof fd);
      memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
      message.msg_control = &control;
      message.msg_controllen = sizeof control;
    }

  return sendmsg (self->control_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof frame;
}

/* Whether the worker has the segment, or will have it. */
static gboolean
cfut_process_share_segment (CfutProcess *self,
                            guint64      id)
{
  gboolean sent;
  gsize size;
  int fd;

  if (g_hash_table_contains (self->segments, &id))
    return TRUE;

  fd = cfut_segment_dup_fd (id, &size);
  if (fd < 0)
    return FALSE;

  sent = cfut_process_send_segment (self, id, size, fd);
  close (fd);
  if (!sent)
    {
      CFUT_DEBUG (PROTOCOL, "worker %d: a segment could not be sent", self->pid);
      return FALSE;
    }

  g_hash_table_add (self->segments, g_memdup2 (&id, sizeof id));
  self->segment_bytes += size;

  return TRUE;
}

static gboolean
is_gone (gpointer key,
         gpointer value,
         gpointer user_data)
{
  CfutProcess *self = user_data;
  guint64 id = *(guint64 *) key;

  /* What cannot be said now is said later. */
  return !cfut_segment_exists (id) && cfut_process_send_segment (self, id, 0, -1);
}

gboolean
cfut_process_forget_segments (CfutProcess *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_foreach_remove (self->segments, is_gone, self);

  g_hash_table_iter_init (&iter, self->segments);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (!cfut_segment_exists (*(guint64 *) key))
        return FALSE;
    }

  return TRUE;
}

static gboolean
process_lender_is_ready (gpointer data)
{
  CfutProcess *self = data;

  return self->trusted && cfut_segment_exist_any ();
}

static gboolean
process_lender_lend (gpointer       data,
                     guint64        call,
                     GVariant      *bytes,
                     CfutLentBytes *lent)
{
  CfutProcess *self = data;
  gsize size = g_variant_get_size (bytes);
  g_autoptr(GBytes) kept = NULL;
  gsize offset;
  guint64 id = cfut_segment_find (g_variant_get_data (bytes), size, &offset);

  if (id == 0 || !cfut_process_share_segment (self, id))
    return FALSE;

  kept = g_variant_get_data_as_bytes (bytes);
  if (!cfut_arena_lend (self->arena, call, kept, &lent->index))
    return FALSE;

  lent->source = id;
  lent->offset = offset;
  lent->length = size;

  return TRUE;
}

static GBytes *
refuse (GError **error)
{
  g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                       "A frame lends bytes that cannot be there");
  return NULL;
}

/* Of a region of the arena: the beginning of that is at the beginning of a page. */
static GBytes *
cfut_process_borrow_region (CfutProcess          *self,
                            const CfutLentBytes  *lent,
                            GError              **error)
{
  gsize skipped = lent->offset % CFUT_ARENA_GRANULARITY;
  g_autoptr(GBytes) region = NULL;
  CfutArenaPlace place;

  if (lent->offset > G_MAXUINT32 || lent->length > G_MAXUINT32 - skipped)
    return refuse (error);

  place = (CfutArenaPlace) {
    .offset = GUINT32_TO_LE ((guint32) (lent->offset - skipped)),
    .length = GUINT32_TO_LE ((guint32) (lent->length + skipped)),
    .index = GUINT32_TO_LE (lent->index),
  };
  if (self->trusted && cfut_arena_may_borrow (self->arena, &place))
    region = cfut_arena_borrow (self->arena, &place, error);
  else
    region = cfut_arena_copy (self->arena, &place, error);
  if (region == NULL)
    return NULL;

  return g_bytes_new_from_bytes (region, skipped, lent->length);
}

static GBytes *
process_lender_borrow (gpointer              data,
                       guint64               call,
                       const CfutLentBytes  *lent,
                       GError              **error)
{
  CfutProcess *self = data;
  GBytes *bytes;

  if (lent->source == CFUT_LENT_BY_ARENA)
    return cfut_process_borrow_region (self, lent, error);

  bytes = lent->source == CFUT_LENT_BY_CALL ? cfut_arena_get_lent (self->arena, call, lent->index) : NULL;
  if (bytes == NULL || lent->offset > g_bytes_get_size (bytes) ||
      lent->length > g_bytes_get_size (bytes) - lent->offset)
    return refuse (error);

  return g_bytes_new_from_bytes (bytes, lent->offset, lent->length);
}

static void
process_lender_give_back (gpointer             data,
                          const CfutLentBytes *lent)
{
  CfutProcess *self = data;

  if (lent->source == CFUT_LENT_BY_ARENA && lent->index < CFUT_ARENA_MAX_REGIONS)
    cfut_arena_give_back (self->arena, lent->index);
}

static const CfutLender process_lender = {
  .is_ready = process_lender_is_ready,
  .lend = process_lender_lend,
  .borrow = process_lender_borrow,
  .give_back = process_lender_give_back,
};

void
cfut_process_start_lending (CfutProcess *self)
{
  cfut_channel_set_arena (self->channel, self->arena);
  cfut_channel_set_borrows (self->channel, self->trusted);
  if (self->arena != NULL)
    cfut_channel_set_lender (self->channel, &process_lender, self);
}
