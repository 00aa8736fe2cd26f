/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <dlfcn.h>

#include "cfut-paths.h"

/**
 * cfut_get_library_path:
 *
 * The file that this library was loaded from.
 *
 * A worker in another language loads the same one, be it installed or not. In a
 * program that has the library built in, it is the program's file.
 *
 * Returns: (transfer full) (type filename): an absolute path
 *
 * Since: 1.0
 */
char *
cfut_get_library_path (void)
{
  /* Something that is in here and nowhere else; a program may have an entry for
   * a function of ours that it calls. */
  static const char here;
  Dl_info info;
  int found = dladdr (&here, &info);

  g_assert (found != 0);

  return g_canonicalize_filename (info.dli_fname, NULL);
}

/**
 * cfut_get_worker_dir:
 *
 * The directory of the programs and scripts that come with cfut to be workers.
 *
 * The environment variable `CFUT_WORKER_DIR` says where it is for programs that
 * run from a build directory.
 *
 * Returns: (transfer full) (type filename): an absolute path
 *
 * Since: 1.0
 */
char *
cfut_get_worker_dir (void)
{
  const char *directory = g_getenv ("CFUT_WORKER_DIR");

  if (directory != NULL && directory[0] != '\0')
    return g_canonicalize_filename (directory, NULL);

  return g_strdup (CFUT_LIBEXECDIR);
}
