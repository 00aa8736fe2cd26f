/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-private.h"

#include <sys/epoll.h>
#include <unistd.h>

/*
 * What a channel is watched for.
 *
 * The manager sleeps in a poll() that covers all channels. A thread that has the
 * manager's turn waits for one of them itself, and that must not wake the manager
 * as well. So an epoll instance with the channel in it stands for the channel in
 * the manager's context: what that waits for is changed without waking anybody.
 * Where there is no such instance the context watches the channel, and nobody but
 * the manager waits for it.
 */

G_STATIC_ASSERT ((int) G_IO_IN == (int) EPOLLIN);
G_STATIC_ASSERT ((int) G_IO_OUT == (int) EPOLLOUT);

/* Runs in: manager thread. */
void
cfut_process_add_channel (CfutProcess *self)
{
  struct epoll_event event = { .events = EPOLLIN };
  int fd = cfut_channel_peek_fd (self->channel);

  self->channel_condition = G_IO_IN;
  self->watch_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->watch_fd >= 0 && epoll_ctl (self->watch_fd, EPOLL_CTL_ADD, fd, &event) == 0)
    fd = self->watch_fd;
  else
    cfut_process_close_watch (self);

  self->channel_tag = g_source_add_unix_fd (self->source, fd, G_IO_IN);
}

void
cfut_process_close_watch (CfutProcess *self)
{
  if (self->watch_fd >= 0)
    close (self->watch_fd);
  self->watch_fd = -1;
}

/* That the other end is gone is told in any case. Runs in: whoever has the
 * manager's turn. */
void
cfut_process_watch_channel (CfutProcess  *self,
                            GIOCondition  condition)
{
  struct epoll_event event = { .events = condition };

  if (self->channel_tag == NULL || condition == self->channel_condition)
    return;

  if (self->watch_fd >= 0)
    epoll_ctl (self->watch_fd, EPOLL_CTL_MOD, cfut_channel_peek_fd (self->channel), &event);
  else
    g_source_modify_unix_fd (self->source, self->channel_tag, condition);
  self->channel_condition = condition;
}
