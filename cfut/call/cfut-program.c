/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-program-private.h"

/*
 * What cfut_init() leaves behind for the process executor. It is here so that
 * the executor need not know the worker's side, nor the other way round.
 */
static GMutex program_lock;

/* All below: protected by program_lock. */
static gboolean was_called;
static char *program; /* (owned) (nullable) once set, stays */

/* Only the first call counts. Runs in: any thread. Locks: takes program_lock. */
void
cfut_init_set_program (const char *argv0)
{
  g_mutex_lock (&program_lock);
  was_called = TRUE;
  if (program == NULL)
    program = g_strdup (argv0);
  g_mutex_unlock (&program_lock);
}

/* Runs in: any thread. Locks: takes program_lock. */
gboolean
cfut_init_was_called (void)
{
  gboolean result;

  g_mutex_lock (&program_lock);
  result = was_called;
  g_mutex_unlock (&program_lock);

  return result;
}

/* Runs in: any thread. Locks: takes program_lock. */
const char *
cfut_init_get_program (void)
{
  const char *result;

  g_mutex_lock (&program_lock);
  result = program;
  g_mutex_unlock (&program_lock);

  return result;
}
