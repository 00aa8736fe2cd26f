/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a worker does that is no frame: as a process, or to its sockets. */

/* ---- Descriptors. */

#define MAX_SENT 253 /* as many as fit */

/* Sends @data with the first @n of @fds. */
static void
send_with_fds (int           socket,
               gconstpointer data,
               gsize         size,
               const int    *fds,
               guint         n)
{
  struct iovec vector = { (gpointer) data, size };
  union { struct cmsghdr header; char room[CMSG_SPACE (MAX_SENT * sizeof (int))]; } control = { 0 };
  struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = CMSG_SPACE (n * sizeof (int)) };
  struct pollfd poll_fd = { socket, POLLOUT, 0 };

  control.header = (struct cmsghdr) { CMSG_LEN (n * sizeof (int)), SOL_SOCKET, SCM_RIGHTS };
  memcpy (CMSG_DATA (&control.header), fds, n * sizeof (int));
  while (sendmsg (socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EAGAIN)
    poll (&poll_fd, 1, -1);
}

/* A report, sent with descriptors. */
static void
send_progress_with_fds (Evil                  *self,
                        const CfutFrameHeader *answer,
                        const int             *fds,
                        guint                  n)
{
  CfutFrameHeader header = *answer;
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, "1234567"));
  guint8 bytes[CFUT_FRAME_HEADER_SIZE + 16] = { 0 };

  g_assert_cmpuint (g_variant_get_size (body), ==, 16);
  header.type = CFUT_FRAME_PROGRESS;
  header.flags = 0;
  header.length = 16;
  cfut_frame_encode (&header, bytes);
  memcpy (bytes + CFUT_FRAME_HEADER_SIZE, g_variant_get_data (body), 16);
  evil_flush (self);
  send_with_fds (cfut_channel_peek_fd (self->channel), bytes, sizeof bytes, fds, n);
}

/* Sends @number times as many descriptors as fit. */
EVIL_ACT (send_descriptors)
{
  int fds[MAX_SENT];

  for (guint i = 0; i < MAX_SENT; i++)
    fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  for (guint i = 0; i < number; i++)
    send_progress_with_fds (self, answer, fds, MAX_SENT);
  for (guint i = 0; i < MAX_SENT; i++)
    close (fds[i]);
  evil_send_pid (self, answer);
}

/* Descriptors of all kinds, its own socket among them, by the channel, and by the
 * control socket, to which it has nothing to say. */
EVIL_ACT (send_odd_descriptors)
{
  int sealed = memfd_create ("odd", MFD_CLOEXEC);
  int fds[] = {
    open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    open ("/dev/zero", O_RDWR | O_CLOEXEC),
    open ("/etc/passwd", O_PATH | O_CLOEXEC),
    open ("/proc/self/mem", O_RDWR | O_CLOEXEC),
    sealed,
    memfd_create ("huge", MFD_CLOEXEC | MFD_HUGETLB),
    epoll_create1 (EPOLL_CLOEXEC),
    eventfd (0, EFD_CLOEXEC),
    syscall (SYS_pidfd_open, getppid (), 0),
    CFUT_FD_CHANNEL,
    CFUT_FD_CONTROL,
    CFUT_FD_CLAIMS,
  };

  g_assert_cmpint (ftruncate (sealed, 1024), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      /* Not everything is there everywhere. */
      if (fds[i] < 0)
        continue;
      send_progress_with_fds (self, answer, &fds[i], 1);
      send_with_fds (CFUT_FD_CONTROL, "?", 1, &fds[i], 1);
      if (fds[i] > CFUT_FD_CLAIMS && fds[i] != sealed)
        close (fds[i]);
    }
  g_assert_cmpint (ftruncate (sealed, 0), ==, 0);
  evil_send_pid (self, answer);
}

/* As much as goes into the control socket, to which nobody listens. */
EVIL_ACT (babble_to_control)
{
  guint8 bytes[1000] = { 0 };

  while (send (CFUT_FD_CONTROL, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
    continue;
  evil_send_pid (self, answer);
}

/* ---- Ends. */

static void
send_half (Evil                  *self,
           const CfutFrameHeader *answer)
{
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  cfut_frame_encode (answer, bytes);
  evil_send_raw (self, bytes, sizeof bytes / 2);
}

/* In the midst of a frame comes the signal @number. If that is not the end it has
 * nothing more to say. */
EVIL_ACT (raise_within)
{
  send_half (self, answer);
  signal (number, SIG_DFL);
  raise (number);
}

/* In the midst of a frame it becomes another program, which keeps its sockets. */
EVIL_ACT (become_sleep)
{
  send_half (self, answer);
  for (int fd = CFUT_FD_CHANNEL; fd <= CFUT_FD_CLAIMS; fd++)
    fcntl (fd, F_SETFD, 0);
  execlp ("sleep", "sleep", "1000", NULL);
}

/* It becomes a program that sends back whatever it is sent. */
EVIL_ACT (become_echo)
{
  int fd = cfut_channel_peek_fd (self->channel);

  fcntl (fd, F_SETFL, 0);
  dup2 (fd, STDIN_FILENO);
  dup2 (fd, STDOUT_FILENO);
  execlp ("cat", "cat", NULL);
}

/* Dies when there is something to read, which it has not read. */
EVIL_ACT (die_with_unread)
{
  struct pollfd poll_fd = { cfut_channel_peek_fd (self->channel), POLLIN, 0 };

  poll (&poll_fd, 1, 50);
  evil_send_pid (self, answer);
  _exit (EXIT_SUCCESS);
}

/* ---- Lives on, in some way. */

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

/* The truth, after @number milliseconds. */
EVIL_ACT (answer_late)
{
  g_usleep (number * 1000);
  evil_send_pid (self, answer);
}

/* Joins the group of its parent, so that it is not killed with its own, and breaks the
 * protocol. */
EVIL_ACT (change_group)
{
  setpgid (0, getpgid (getppid ()));
  evil_send_raw (self, "That is no frame, but has the length of one, more or less", 57);
  hang (self, call, answer, number);
}

/* Dies, and leaves a child in another session that has all that it had, as long as there is
 * somebody at the other end. */
EVIL_ACT (leave_daemon)
{
  struct pollfd poll_fd = { cfut_channel_peek_fd (self->channel), 0, 0 };

  if (fork () == 0)
    {
      setsid ();
      poll (&poll_fd, 1, -1);
      _exit (EXIT_SUCCESS);
    }
  evil_send_pid (self, answer);
  _exit (EXIT_SUCCESS);
}

/* Says that its parent traces it, and stops for that. */
EVIL_ACT (be_traced)
{
  ptrace (PTRACE_TRACEME, 0, NULL, NULL);
  raise (SIGUSR1);
}

EVIL_ACT (close_output)
{
  close (STDOUT_FILENO);
  close (STDERR_FILENO);
  evil_send_pid (self, answer);
}

EVIL_ACT (leave)
{
  _exit (5);
}

const EvilMode evil_process_modes[] = {
  { "truth", tell_the_truth },
  { "descriptors", send_descriptors },
  { "odd-descriptors", send_odd_descriptors },
  { "babble-to-control", babble_to_control },
  { "raise-within", raise_within },
  { "become-sleep", become_sleep },
  { "become-echo", become_echo },
  { "late-answer", answer_late },
  { "change-group", change_group },
  { "leave-daemon", leave_daemon },
  { "be-traced", be_traced },
  { "close-output", close_output },
  { "unread", die_with_unread },
  { "hang", hang },
  { "deaf", turn_deaf },
  { "babble-and-shut", babble_and_shut },
  { "exit", leave },
  { NULL, NULL },
};
