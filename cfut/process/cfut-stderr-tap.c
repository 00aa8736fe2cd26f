/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-stderr-tap-private.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* How much of a worker's last words a message repeats. */
#define CFUT_TAIL_SIZE 2048

/* At most what a pipe takes without blocking once it is writable at all: see
 * PIPE_BUF in pipe(7). */
#define CFUT_TAP_CHUNK 4096

/* The most that one pump passes on. */
#define CFUT_TAP_BUDGET (16 * CFUT_TAP_CHUNK)

void
cfut_stderr_tap_init (CfutStderrTap *self,
                      int            fd)
{
  self->fd = fd;
  self->tail = g_string_new (NULL);
}

void
cfut_stderr_tap_clear (CfutStderrTap *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  if (self->tail != NULL)
    g_string_free (g_steal_pointer (&self->tail), TRUE);
}

static void
cfut_stderr_tap_keep (CfutStderrTap *self,
                      const char    *data,
                      gsize          size)
{
  g_string_append_len (self->tail, data, size);
  if (self->tail->len > CFUT_TAIL_SIZE)
    g_string_erase (self->tail, 0, self->tail->len - CFUT_TAIL_SIZE);
}

static gboolean
stderr_is_writable (void)
{
  struct pollfd poll_fd = { STDERR_FILENO, POLLOUT, 0 };

  /* A stderr that is closed or broken takes everything. */
  return poll (&poll_fd, 1, 0) != 0;
}

/* What cannot be written is lost to the terminal, not to the tail. */
static void
write_to_stderr (const char *data,
                 gsize       size)
{
  while (size > 0)
    {
      gssize n_bytes = write (STDERR_FILENO, data, size);

      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes <= 0)
        return;
      data += n_bytes;
      size -= n_bytes;
    }
}

CfutTapStatus
cfut_stderr_tap_pump (CfutStderrTap *self)
{
  char chunk[CFUT_TAP_CHUNK];

  for (gsize done = 0; self->fd >= 0 && done < CFUT_TAP_BUDGET; done += sizeof chunk)
    {
      gssize n_bytes;

      if (!stderr_is_writable ())
        return CFUT_TAP_STALLED;

      n_bytes = read (self->fd, chunk, sizeof chunk);
      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes < 0 && errno == EAGAIN)
        return CFUT_TAP_OPEN;
      if (n_bytes <= 0)
        {
          close (self->fd);
          self->fd = -1;
          break;
        }

      cfut_stderr_tap_keep (self, chunk, n_bytes);
      write_to_stderr (chunk, n_bytes);
    }

  return self->fd >= 0 ? CFUT_TAP_OPEN : CFUT_TAP_ENDED;
}

char *
cfut_stderr_tap_dup_tail (CfutStderrTap *self)
{
  g_autofree char *valid = NULL;
  GString *tail = g_string_new (NULL);

  valid = g_utf8_make_valid (self->tail->str, self->tail->len);
  g_strstrip (valid);
  if (valid[0] == '\0')
    {
      g_string_free (tail, TRUE);
      return NULL;
    }

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' || c == '\t' || !g_unichar_iscntrl (c))
        g_string_append_unichar (tail, c);
      else
        g_string_append_printf (tail, "\\x%02x", c);
    }

  return g_string_free (tail, FALSE);
}
