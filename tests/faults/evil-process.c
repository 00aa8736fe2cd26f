/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a worker does that is no frame: as a process, or to its sockets. */

/* Sends @number times as many descriptors as fit, with a frame of progress each. */
EVIL_ACT (send_descriptors)
{
  CfutFrameHeader header = *answer;
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, "1234567"));
  guint8 bytes[CFUT_FRAME_HEADER_SIZE + 16] = { 0 };
  struct iovec data = { bytes, sizeof bytes };
  union { struct cmsghdr header; char room[CMSG_SPACE (253 * sizeof (int))]; } control = { 0 };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int *fds = (int *) CMSG_DATA (&control.header);

  g_assert_cmpuint (g_variant_get_size (body), ==, 16);
  header.type = CFUT_FRAME_PROGRESS;
  header.flags = 0;
  header.length = 16;
  cfut_frame_encode (&header, bytes);
  memcpy (bytes + CFUT_FRAME_HEADER_SIZE, g_variant_get_data (body), 16);

  control.header = (struct cmsghdr) { CMSG_LEN (253 * sizeof (int)), SOL_SOCKET, SCM_RIGHTS };
  for (guint i = 0; i < 253; i++)
    fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  evil_flush (self);
  for (guint i = 0; i < number; i++)
    while (sendmsg (cfut_channel_peek_fd (self->channel), &message, MSG_NOSIGNAL) < 0)
      cfut_channel_write_wait (self->channel);
  for (guint i = 0; i < 253; i++)
    close (fds[i]);
  evil_send_pid (self, answer);
}

/* Dies when there is something to read, which it has not read. */
EVIL_ACT (die_with_unread)
{
  struct pollfd poll_fd = { cfut_channel_peek_fd (self->channel), POLLIN, 0 };

  poll (&poll_fd, 1, 50);
  evil_send_pid (self, answer);
  _exit (EXIT_SUCCESS);
}

EVIL_ACT (hang)
{
  while (TRUE)
    pause ();
}

/* Before the next call can be sent. */
EVIL_ACT (turn_deaf)
{
  shutdown (cfut_channel_peek_fd (self->channel), SHUT_RD);
  evil_send_pid (self, answer);
  hang (self, call, answer, number);
}

/* What is no frame, more of that, and the end: its socket stays readable for whoever
 * does not look at it any more. */
EVIL_ACT (babble_and_shut)
{
  guint8 bytes[10000];

  memset (bytes, 'x', sizeof bytes);
  evil_send_raw (self, bytes, sizeof bytes);
  shutdown (cfut_channel_peek_fd (self->channel), SHUT_WR);
}

EVIL_ACT (tell_the_truth)
{
  evil_send_pid (self, answer);
}

EVIL_ACT (leave)
{
  _exit (5);
}

const EvilMode evil_process_modes[] = {
  { "truth", tell_the_truth },
  { "descriptors", send_descriptors },
  { "unread", die_with_unread },
  { "hang", hang },
  { "deaf", turn_deaf },
  { "babble-and-shut", babble_and_shut },
  { "exit", leave },
  { NULL, NULL },
};
