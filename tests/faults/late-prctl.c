/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * To be preloaded into a worker: it asks for its parent's death to be its own
 * only when the parent is dead; or never, if CFUT_TEST_PRCTL says so.
 */
static pid_t parent;
static int is_never;

__attribute__ ((constructor)) static void
look_for_parent (void)
{
  const char *identity = getenv ("CFUT_WORKER"); /* "1:PID" */
  const char *when = getenv ("CFUT_TEST_PRCTL");

  is_never = when != NULL && strcmp (when, "never") == 0;
  if (identity != NULL && strchr (identity, ':') != NULL)
    parent = atoi (strchr (identity, ':') + 1);
}

int
prctl (int option,
       ...)
{
  unsigned long arguments[4];
  va_list list;

  va_start (list, option);
  for (int i = 0; i < 4; i++)
    arguments[i] = va_arg (list, unsigned long);
  va_end (list);

  if (option == PR_SET_PDEATHSIG && is_never)
    return 0;
  if (option == PR_SET_PDEATHSIG)
    for (int i = 0; i < 60 * 1000 && getppid () == parent; i++)
      usleep (1000);

  return syscall (SYS_prctl, option, arguments[0], arguments[1], arguments[2], arguments[3]);
}
