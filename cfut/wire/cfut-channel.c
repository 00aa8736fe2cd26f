/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/cfut-channel-parts-private.h"

static gboolean
is_stream_socket (int fd)
{
  int type;
  socklen_t size = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

CfutChannel *
cfut_channel_new_take_fd (int               fd,
                          CfutFrameOrigin   peer,
                          GError          **error)
{
  CfutChannel *self;

  if (!is_stream_socket (fd))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Descriptor %d is not a stream socket", fd);
      close (fd);
      return NULL;
    }

  if (!g_unix_set_fd_nonblocking (fd, TRUE, error))
    {
      close (fd);
      return NULL;
    }

  self = g_new0 (CfutChannel, 1);
  self->fd = fd;
  self->peer = peer;
  cfut_inbox_init (&self->inbox, peer);
  cfut_outbox_init (&self->outbox);
  self->noted = TRUE;

  return self;
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

void
cfut_channel_free (CfutChannel *self)
{
  cfut_channel_drop_last (self);
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
  close (self->fd);
  g_free (self);
}

int
cfut_channel_peek_fd (CfutChannel *self)
{
  return self->fd;
}

gboolean
cfut_channel_poll (CfutChannel *self,
                   short        events,
                   int          timeout_ms)
{
  struct pollfd poll_fd = { self->fd, events, 0 };
  int result;

  do
    result = poll (&poll_fd, 1, timeout_ms);
  while (result < 0 && errno == EINTR);

  return result > 0;
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
cfut_channel_set_max_result (CfutChannel *self,
                             guint64      max_size)
{
  cfut_inbox_set_max_result (&self->inbox, max_size);
}

void
cfut_channel_set_budget (CfutChannel *self,
                         CfutBudget  *budget,
                         guint64      max_held)
{
  cfut_inbox_set_budget (&self->inbox, budget, max_held);
}

void
cfut_channel_set_lender (CfutChannel      *self,
                         const CfutLender *lender,
                         gpointer          data)
{
  self->lender = lender;
  self->lender_data = data;
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
cfut_channel_is_mid_frame (CfutChannel *self)
{
  return cfut_inbox_is_mid_frame (&self->inbox);
}
