/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cfut-error.h"
#include "wire/cfut-frame-private.h"
#include "worker/cfut-surroundings-private.h"

#define PROTOCOL_VERSION "1"

/* Closes what was inherited by accident: a descriptor that is not ours and that
 * survives an exec. What this process has opened itself is not told apart from
 * that later on, so it is done when the library is loaded, before main(). */
static void
close_inherited (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  struct dirent *entry;

  if (dir == NULL)
    return;

  while ((entry = readdir (dir)) != NULL)
    {
      int fd = atoi (entry->d_name);
      int flags;

      if (fd <= CFUT_FD_CLAIMS || fd == dirfd (dir))
        continue;

      flags = fcntl (fd, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
        close (fd);
    }

  closedir (dir);
}

__attribute__ ((constructor)) static void
close_inherited_at_start (void)
{
  if (getenv (CFUT_WORKER_ENVIRONMENT) != NULL)
    close_inherited ();
}

gboolean
cfut_surroundings_read_environment (CfutIdentity  *identity,
                                    GError       **error)
{
  const char *value = g_getenv (CFUT_WORKER_ENVIRONMENT);
  g_auto(GStrv) fields = NULL;
  guint64 pid;
  guint n_fields;

  if (value == NULL)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                           "This process was not started as a worker");
      return FALSE;
    }

  fields = g_strsplit (value, ":", -1);
  n_fields = g_strv_length (fields);
  g_unsetenv (CFUT_WORKER_ENVIRONMENT);

  if (n_fields < 2 || n_fields > 3 || (n_fields == 3 && !g_str_equal (fields[2], "limits")))
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                           "The environment variable " CFUT_WORKER_ENVIRONMENT
                           " is not as a process executor sets it");
      return FALSE;
    }

  if (!g_str_equal (fields[0], PROTOCOL_VERSION))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                   "The process that started this worker speaks version \"%s\" of the "
                   "protocol and not version " PROTOCOL_VERSION, fields[0]);
      return FALSE;
    }

  if (!g_ascii_string_to_unsigned (fields[1], 10, 0, G_MAXINT32, &pid, NULL))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                   "The environment variable " CFUT_WORKER_ENVIRONMENT
                   " names no process, but \"%s\"", fields[1]);
      return FALSE;
    }

  identity->parent = pid;
  identity->limits = n_fields == 3;
  return TRUE;
}

/* What a parent blocks or ignores is inherited. What this process has set up
 * itself, handlers, is left. */
static void
settle_signals (void)
{
  sigset_t none;

  sigemptyset (&none);
  pthread_sigmask (SIG_SETMASK, &none, NULL);

  for (int number = 1; number < NSIG; number++)
    {
      struct sigaction action;

      if (sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal (number, SIG_DFL);
    }

  /* Ctrl-C may come here too: what to do about it is the parent's to say. */
  signal (SIGINT, SIG_IGN);

  /* As GSocket does when it is the first in the process. So a function that writes
   * to a broken pipe gets an error, and goes on. */
  signal (SIGPIPE, SIG_IGN);
}

/* Has @fd refer to /dev/null. */
static gboolean
open_null (int      fd,
           int      flags,
           GError **error)
{
  int null = open ("/dev/null", flags | O_CLOEXEC);

  if (null < 0)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                   "Failed to open /dev/null: %s", g_strerror (errno));
      return FALSE;
    }

  if (null == fd)
    {
      fcntl (fd, F_SETFD, 0);
      return TRUE;
    }

  dup2 (null, fd);
  close (null);
  return TRUE;
}

static gboolean
settle_descriptors (GError **error)
{
  if (!open_null (STDIN_FILENO, O_RDONLY, error))
    return FALSE;

  for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0 && !open_null (fd, O_WRONLY, error))
      return FALSE;

  /* What is printed is seen at the end of its line, and in any case before the
   * call's result. */
  setvbuf (stdout, NULL, _IOLBF, 0);

  for (int fd = CFUT_FD_CHANNEL; fd <= CFUT_FD_CLAIMS; fd++)
    if (fcntl (fd, F_SETFD, FD_CLOEXEC) < 0)
      {
        g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
                     "A worker is given descriptors %d to %d, but %d is not open",
                     CFUT_FD_CHANNEL, CFUT_FD_CLAIMS, fd);
        return FALSE;
      }

  return TRUE;
}

/* Asks for the parent's death to be this one's, and then looks whether it was
 * already too late for that. If something is between, its death is all that can be
 * asked for; and that the parent is gone the watcher finds. */
static gboolean
settle_parent (pid_t    parent,
               GError **error)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);

  if (parent == 0 || getppid () == parent)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       "The process that started this worker is gone");
  return FALSE;
}

static gboolean
set_errno_error (GError     **error,
                 const char  *what)
{
  g_set_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED,
               "Failed to %s: %s", what, g_strerror (errno));
  return FALSE;
}

/* A process group of its own: Ctrl-C does not reach it, and the parent can end it
 * as a whole. To a terminal it is in the background, and a terminal stops whoever
 * reads from there, or prints if it is set up so. With these signals ignored to
 * read is an error, and to print is fine. */
static gboolean
settle_group (GError **error)
{
  if (getpgrp () != getpid () && setpgid (0, 0) != 0)
    return set_errno_error (error, "have a process group");

  signal (SIGTTIN, SIG_IGN);
  signal (SIGTTOU, SIG_IGN);
  return TRUE;
}

/* Only what no program needs. A core dump would keep a dead worker from being
 * dead; it is the soft limit, so that the user can ask for one nevertheless. */
static gboolean
settle_limits (GError **error)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_CORE, &limit) != 0)
    return set_errno_error (error, "get a resource limit");

  limit.rlim_cur = 0;
  if (setrlimit (RLIMIT_CORE, &limit) != 0)
    return set_errno_error (error, "set a resource limit");

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return set_errno_error (error, "give up new privileges");

  return TRUE;
}

gboolean
cfut_surroundings_settle (const CfutIdentity  *identity,
                          GError             **error)
{
  if (!settle_parent (identity->parent, error))
    return FALSE;

  settle_signals ();
  if (identity->limits && (!settle_group (error) || !settle_limits (error)))
    return FALSE;

  return settle_descriptors (error);
}
