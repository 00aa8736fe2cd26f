/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <unistd.h>

#include <gio/gio.h>

/* The least program that uses GIO: it says one word and ends. */
int
main (int    argc,
      char **argv)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  return write (STDOUT_FILENO, ".", 1) == 1 && !g_cancellable_is_cancelled (cancellable) ? 0 : 1;
}
