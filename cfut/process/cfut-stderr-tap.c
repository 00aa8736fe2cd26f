/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-stderr-tap-private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
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
  self->cut = FALSE;
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
    {
      g_string_erase (self->tail, 0, self->tail->len - CFUT_TAIL_SIZE);
      self->cut = TRUE;
    }
}

static gboolean
stderr_is_writable (void)
{
  struct pollfd poll_fd = { STDERR_FILENO, POLLOUT, 0 };

  /* A stderr that is closed or broken takes everything. */
  return poll (&poll_fd, 1, 0) != 0;
}

/* What cannot be written is lost to the terminal, not to the tail. Nobody reads
 * it any more, perhaps: a signal of that is not this program's, which has written
 * nothing. */
static void
write_to_stderr (const char *data,
                 gsize       size)
{
  const struct timespec no_time = { 0, 0 };
  sigset_t sigpipe, before, pending;
  gssize n_bytes = 0;

  sigemptyset (&sigpipe);
  sigaddset (&sigpipe, SIGPIPE);
  sigpending (&pending);
  pthread_sigmask (SIG_BLOCK, &sigpipe, &before);

  while (size > 0)
    {
      n_bytes = write (STDERR_FILENO, data, size);
      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes <= 0)
        break;
      data += n_bytes;
      size -= n_bytes;
    }

  if (n_bytes < 0 && errno == EPIPE && !sigismember (&pending, SIGPIPE))
    sigtimedwait (&sigpipe, NULL, &no_time);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

/* Takes the next piece; FALSE if there is none. */
static gboolean
cfut_stderr_tap_take (CfutStderrTap *self,
                      gboolean       pass_on)
{
  char chunk[CFUT_TAP_CHUNK];
  gssize n_bytes;

  do
    n_bytes = read (self->fd, chunk, sizeof chunk);
  while (n_bytes < 0 && errno == EINTR);

  if (n_bytes < 0 && errno == EAGAIN)
    return FALSE;

  if (n_bytes <= 0)
    {
      close (self->fd);
      self->fd = -1;
      return FALSE;
    }

  cfut_stderr_tap_keep (self, chunk, n_bytes);
  if (pass_on)
    write_to_stderr (chunk, n_bytes);

  return TRUE;
}

CfutTapStatus
cfut_stderr_tap_pump (CfutStderrTap *self)
{
  for (gsize done = 0; self->fd >= 0 && done < CFUT_TAP_BUDGET; done += CFUT_TAP_CHUNK)
    {
      if (!stderr_is_writable ())
        return CFUT_TAP_STALLED;

      if (!cfut_stderr_tap_take (self, TRUE))
        break;
    }

  return self->fd >= 0 ? CFUT_TAP_OPEN : CFUT_TAP_ENDED;
}

void
cfut_stderr_tap_drain (CfutStderrTap *self)
{
  gsize done = 0;

  while (self->fd >= 0 && done < CFUT_TAP_BUDGET &&
         cfut_stderr_tap_take (self, stderr_is_writable ()))
    done += CFUT_TAP_CHUNK;
}

/* Where the first whole line begins; or, in one long line, the first whole
 * character. */
static const char *
cfut_stderr_tap_get_beginning (CfutStderrTap *self)
{
  const char *beginning = self->tail->str;
  const char *newline;

  if (!self->cut)
    return beginning;

  newline = memchr (beginning, '\n', self->tail->len);
  if (newline != NULL && newline[1] != '\0')
    return newline + 1;

  while ((*beginning & 0xc0) == 0x80)
    beginning++;

  return beginning;
}

char *
cfut_stderr_tap_dup_tail (CfutStderrTap *self)
{
  const char *beginning = cfut_stderr_tap_get_beginning (self);
  g_autofree char *valid = NULL;
  GString *tail = g_string_new (NULL);

  valid = g_utf8_make_valid (beginning, self->tail->str + self->tail->len - beginning);
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
