/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <gio/gio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/cfut-channel-parts-private.h"

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
  g_object_unref (self->connection);
  g_free (self);
}

int
cfut_channel_peek_fd (CfutChannel *self)
{
  return g_socket_get_fd (self->socket);
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
  self->inbox.max_result = max_size;
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
