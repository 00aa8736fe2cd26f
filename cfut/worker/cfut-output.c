/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "worker/cfut-output-private.h"

#define MAX_BATCH             (32 * 1024) /* as much is gathered, in bytes */
#define BATCH_DELAY_US        1000
#define PROGRESS_INTERVAL_US  50000
#define MAX_PROGRESS_MESSAGE  1024

gboolean
cfut_output_init (CfutOutput   *self,
                  CfutChannel  *channel,
                  GError      **error)
{
  memset (self, 0, sizeof *self);
  self->channel = channel;
  self->timer_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->timer_fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "Failed to create a timer: %s", g_strerror (errno));
      return FALSE;
    }

  g_mutex_init (&self->lock);
  return TRUE;
}

void
cfut_output_clear (CfutOutput *self)
{
  close (self->timer_fd);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->message, g_free);
}

/* Has the watcher call cfut_output_tick() at @due. */
static void
arm_locked (CfutOutput *self,
            gint64      due)
{
  struct itimerspec spec = {
    .it_value = { .tv_sec = due / G_USEC_PER_SEC, .tv_nsec = due % G_USEC_PER_SEC * 1000 },
  };

  if (self->armed_for != 0 && self->armed_for <= due)
    return;

  timerfd_settime (self->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
  self->armed_for = due;
}

void
cfut_output_wake (CfutOutput *self)
{
  g_mutex_lock (&self->lock);
  arm_locked (self, 1); /* long past */
  g_mutex_unlock (&self->lock);
}

static CfutChannelStatus
flush_locked (CfutOutput *self)
{
  CfutChannelStatus status = cfut_channel_flush (self->channel);

  if (status != CFUT_CHANNEL_BLOCKED)
    self->batch_due = 0;

  return status;
}

/* Queues the progress that waits, if any. */
static void
queue_progress_locked (CfutOutput *self,
                       gint64      now)
{
  g_autoptr(GVariant) body = NULL;

  if (!self->has_progress)
    return;

  body = g_variant_ref_sink (g_variant_new ("(ds)", self->fraction,
                                            self->message != NULL ? self->message : ""));
  cfut_channel_queue_variant (self->channel, &self->progress, body);

  g_clear_pointer (&self->message, g_free);
  self->has_progress = FALSE;
  self->progress_free = now + PROGRESS_INTERVAL_US;
}

/* Whether what is queued is to be written before another call is run. */
static gboolean
is_full_locked (CfutOutput *self)
{
  return cfut_channel_get_queued (self->channel) > MAX_BATCH ||
         !cfut_channel_is_noted (self->channel);
}

/* Runs in: worker's main thread. Locks: takes the output's. */
gboolean
cfut_output_add (CfutOutput      *self,
                 CfutFrameHeader *header,
                 GVariant        *body)
{
  gboolean full;

  g_mutex_lock (&self->lock);
  if (self->has_progress)
    queue_progress_locked (self, g_get_monotonic_time ());
  cfut_channel_queue_variant (self->channel, header, body);
  self->busy = FALSE;
  full = is_full_locked (self);
  g_mutex_unlock (&self->lock);

  return full;
}

/* Runs in: worker's main thread. Locks: takes the output's. */
gboolean
cfut_output_add_vectors (CfutOutput          *self,
                         CfutFrameHeader     *header,
                         const GOutputVector *vectors,
                         gsize                n_vectors)
{
  gboolean full;

  g_mutex_lock (&self->lock);
  if (self->has_progress)
    queue_progress_locked (self, g_get_monotonic_time ());
  cfut_channel_queue_vectors (self->channel, header, vectors, n_vectors);
  self->busy = FALSE;
  full = is_full_locked (self);
  g_mutex_unlock (&self->lock);

  return full;
}

/* Runs in: worker's main thread. Locks: takes the output's. */
void
cfut_output_hold (CfutOutput *self,
                  gint64      now)
{
  g_mutex_lock (&self->lock);
  self->busy = TRUE;
  if (self->batch_due == 0 && cfut_channel_get_queued (self->channel) > 0)
    {
      self->batch_due = now + BATCH_DELAY_US;
      arm_locked (self, self->batch_due);
    }
  g_mutex_unlock (&self->lock);
}

/* Runs in: worker's main thread. Locks: takes the output's, not while waiting. */
gboolean
cfut_output_flush (CfutOutput *self)
{
  CfutChannelStatus status;

  while (TRUE)
    {
      g_mutex_lock (&self->lock);
      status = flush_locked (self);
      g_mutex_unlock (&self->lock);

      if (status != CFUT_CHANNEL_BLOCKED)
        return status == CFUT_CHANNEL_OK;

      cfut_channel_write_wait (self->channel);
    }
}

/* A copy of @message that is not too long, cut between characters. */
static char *
copy_message (const char *message)
{
  gsize end;

  if (message == NULL || strlen (message) <= MAX_PROGRESS_MESSAGE)
    return g_strdup (message);

  end = MAX_PROGRESS_MESSAGE;
  while (((guchar) message[end] & 0xc0) == 0x80)
    end--;

  return g_strndup (message, end);
}

/* Runs in: any thread. Locks: takes the output's. */
void
cfut_output_set_progress (CfutOutput            *self,
                          const CfutFrameHeader *header,
                          double                 fraction,
                          const char            *message)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);

  g_free (self->message);
  self->message = copy_message (message);
  self->fraction = fraction;
  self->progress = *header;
  self->has_progress = TRUE;

  if (now < self->progress_free)
    {
      arm_locked (self, self->progress_free);
    }
  else
    {
      queue_progress_locked (self, now);
      if (flush_locked (self) == CFUT_CHANNEL_BLOCKED)
        {
          self->batch_due = now;
          arm_locked (self, now);
        }
    }

  g_mutex_unlock (&self->lock);
}

/* Runs in: watcher thread. Locks: takes the output's. */
gboolean
cfut_output_tick (CfutOutput *self)
{
  gint64 now = g_get_monotonic_time ();
  gboolean blocked = FALSE;
  guint64 n_expired;

  g_mutex_lock (&self->lock);

  /* Never blocks; what it says does not matter. */
  if (read (self->timer_fd, &n_expired, sizeof n_expired) > 0)
    self->armed_for = 0;

  if (self->has_progress && self->progress_free <= now)
    {
      queue_progress_locked (self, now);
      self->batch_due = now;
    }

  if (self->batch_due != 0 && self->batch_due <= now)
    blocked = flush_locked (self) == CFUT_CHANNEL_BLOCKED;

  if (self->has_progress)
    arm_locked (self, self->progress_free);
  if (self->batch_due > now)
    arm_locked (self, self->batch_due);

  g_mutex_unlock (&self->lock);

  return blocked;
}
