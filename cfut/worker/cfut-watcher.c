/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/cfut-line-lender-private.h"

/*
 * The watcher thread. It sleeps until the parent has something to say that
 * cannot wait for the call that runs, or until something that was said waits for
 * too long:
 *
 * - CANCEL on the control socket triggers the running call's cancellable, whose
 *   handlers then run here.
 * - SEGMENT there brings memory of the parent's that a call is about to need, or says
 *   that it is not needed any more.
 * - The end of the control socket means that the parent is gone, and this process
 *   ends at once, whatever runs in it. The kernel's signal at the parent's death
 *   does the same; but it has a hole, as it is tied to the thread that spawned,
 *   and so has this, as another process may hold the other end of the socket.
 * - The timer of the output says that answers or progress are due.
 */

static void
handle_segment (CfutLine        *self,
                const CfutFrame *frame)
{
  CfutFrameSegment segment;
  guint64 id, size;

  memcpy (&segment, frame->body, sizeof segment);
  id = GUINT64_FROM_LE (segment.id);
  size = GUINT64_FROM_LE (segment.size);

  if (size > 0)
    cfut_mappings_add_take_fd (&self->mappings, id, size, cfut_channel_steal_fd (self->control));
  else
    cfut_mappings_remove (&self->mappings, id);
}

static void
handle_control (CfutLine *self)
{
  g_autoptr(GError) error = NULL;
  CfutChannelStatus status = cfut_channel_read (self->control, G_MAXSSIZE);
  CfutFrame frame;

  /* No handlers that the program has set up for its end: it did not come to it. */
  if (status == CFUT_CHANNEL_CLOSED)
    _exit (EXIT_SUCCESS);

  while ((status = cfut_channel_next (self->control, &frame, &error)) == CFUT_CHANNEL_OK)
    {
      if (frame.header.type == CFUT_FRAME_CANCEL)
        cfut_running_cancel (&self->running, frame.header.call, frame.header.attempt);
      else if (frame.header.type == CFUT_FRAME_SEGMENT)
        handle_segment (self, &frame);
    }

  if (status == CFUT_CHANNEL_FAILED)
    {
      fprintf (stderr, "cfut worker: %s\n", error->message);
      _exit (EXIT_FAILURE);
    }
}

static gpointer
watcher_thread (gpointer data)
{
  g_autoptr(CfutLine) self = data;
  gboolean blocked = FALSE;

  while (!g_atomic_int_get (&self->stopped))
    {
      struct pollfd fds[] = {
        { .fd = cfut_channel_peek_fd (self->control), .events = POLLIN },
        { .fd = self->output.timer_fd, .events = POLLIN },
        { .fd = blocked ? cfut_channel_peek_fd (self->channel) : -1, .events = POLLOUT },
      };

      /* No signal is delivered to this thread, so this ends for a reason. */
      poll (fds, G_N_ELEMENTS (fds), -1);

      if (fds[0].revents != 0)
        handle_control (self);
      if (fds[1].revents != 0 || fds[2].revents != 0)
        blocked = cfut_output_tick (&self->output);
    }

  return NULL;
}

/* Runs in: worker's main thread. */
gboolean
cfut_line_watch (CfutLine  *self,
                 GError   **error)
{
  sigset_t all, before;
  GThread *thread;

  cfut_line_start_lending (self);

  /* The program's signal handlers are to run in a thread of its own. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_try_new ("cfut-watcher", watcher_thread, cfut_line_ref (self), error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  if (thread == NULL)
    {
      cfut_line_unref (self);
      return FALSE;
    }

  g_thread_unref (thread);
  return TRUE;
}

/* Runs in: any thread. */
void
cfut_line_stop (CfutLine *self)
{
  g_atomic_int_set (&self->stopped, TRUE);
  cfut_output_wake (&self->output);
}
