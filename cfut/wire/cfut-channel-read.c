/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "cfut-error.h"
#include "wire/cfut-channel-parts-private.h"

/* Reads with descriptors. Each write that has one has one, so a read that had to
 * leave some out had to leave out one. */
static gssize
receive_with_fds (CfutChannel *self,
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
  gssize n_bytes = recvmsg (self->fd, &message, MSG_CMSG_CLOEXEC);
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

CfutChannelStatus
cfut_channel_read (CfutChannel *self,
                   gsize        budget)
{
  gsize space;
  guint8 *room = cfut_inbox_get_space (&self->inbox, &space);
  gssize n_bytes;

  g_assert (budget > 0);

  /* Frames are waiting to be taken. */
  if (space == 0)
    return CFUT_CHANNEL_OK;

  do
    n_bytes = self->fds != NULL ? receive_with_fds (self, room, MIN (space, budget))
                                : recv (self->fd, room, MIN (space, budget), 0);
  while (n_bytes < 0 && errno == EINTR);

  if (n_bytes > 0)
    {
      cfut_inbox_add (&self->inbox, n_bytes);
      self->n_read += n_bytes;
      return CFUT_CHANNEL_OK;
    }

  return n_bytes < 0 && errno == EAGAIN ? CFUT_CHANNEL_BLOCKED : CFUT_CHANNEL_CLOSED;
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
      cfut_channel_poll (self, POLLIN, -1);
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
      if (cfut_channel_poll (self, POLLIN, 0))
        return TRUE;
    }
  while (g_get_monotonic_time () < until);

  return FALSE;
}
