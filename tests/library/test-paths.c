/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <dlfcn.h>

static void
test_library_path (void)
{
  g_autofree char *path = cfut_get_library_path ();
  void *library;

  g_test_summary ("The path of the library is absolute, and names the one that is loaded");

  g_assert_true (g_path_is_absolute (path));
  library = dlopen (path, RTLD_NOW | RTLD_NOLOAD);
  g_assert_nonnull (library);
  g_assert_true (dlsym (library, "cfut_get_library_path") == (gpointer) cfut_get_library_path);
  dlclose (library);
}

static void
test_worker_dir (void)
{
  g_autofree char *before = g_strdup (g_getenv ("CFUT_WORKER_DIR"));
  g_autofree char *installed = NULL;
  g_autofree char *empty = NULL;
  g_autofree char *other = NULL;

  g_test_summary ("The directory of workers is where they are installed, or where a variable says");

  g_unsetenv ("CFUT_WORKER_DIR");
  installed = cfut_get_worker_dir ();
  g_assert_true (g_path_is_absolute (installed));
  g_assert_true (g_str_has_suffix (installed, "/cfut-1"));

  g_setenv ("CFUT_WORKER_DIR", "", TRUE);
  empty = cfut_get_worker_dir ();
  g_assert_cmpstr (empty, ==, installed);

  g_setenv ("CFUT_WORKER_DIR", "/some/../where", TRUE);
  other = cfut_get_worker_dir ();
  g_assert_cmpstr (other, ==, "/where");

  if (before != NULL)
    g_setenv ("CFUT_WORKER_DIR", before, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/paths/library", test_library_path);
  g_test_add_func ("/paths/worker-dir", test_worker_dir);

  return g_test_run ();
}
