/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

/*
 * Runs a fuzz target with the inputs of its corpus, as a test: each file of each
 * directory that is given, and an input of nothing.
 */

static void
replay (gconstpointer data)
{
  const char *path = data;
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  gsize size = 0;

  if (path != NULL)
    g_file_get_contents (path, &contents, &size, &error);
  g_assert_no_error (error);

  LLVMFuzzerTestOneInput ((const guint8 *) (contents != NULL ? contents : ""), size);
}

static void
add_directory (const char *path)
{
  g_autoptr(GDir) directory = NULL;
  g_autoptr(GError) error = NULL;
  const char *name;

  directory = g_dir_open (path, 0, &error);
  g_assert_no_error (error);

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *test = g_strconcat ("/corpus/", name, NULL);

      g_test_add_data_func_full (test, g_build_filename (path, name, NULL), replay, g_free);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/nothing", NULL, replay);
  for (int i = 1; i < argc; i++)
    add_directory (argv[i]);

  return g_test_run ();
}
