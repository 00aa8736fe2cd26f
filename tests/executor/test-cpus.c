/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-cpus-private.h"

#include <glib/gstdio.h>

typedef struct
{
  char *root;
  GPtrArray *made; /* (element-type filename) files and directories, in order */
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture->root = g_dir_make_tmp ("cfut-cpus-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->made = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  for (guint i = fixture->made->len; i > 0; i--)
    g_assert_cmpint (g_remove (g_ptr_array_index (fixture->made, i - 1)), ==, 0);
  g_ptr_array_unref (fixture->made);
  g_assert_cmpint (g_rmdir (fixture->root), ==, 0);
  g_free (fixture->root);
}

static void
make_group (Fixture    *fixture,
            const char *path)
{
  char *directory = g_build_filename (fixture->root, path, NULL);

  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_ptr_array_add (fixture->made, directory);
}

static void
set_file (Fixture    *fixture,
          const char *path,
          const char *contents)
{
  g_autoptr(GError) error = NULL;
  char *file = g_build_filename (fixture->root, path, NULL);

  g_file_set_contents (file, contents, -1, &error);
  g_assert_no_error (error);
  g_ptr_array_add (fixture->made, file);
}

static void
test_usable (void)
{
  g_test_summary ("There is at least one usable CPU, and no more than there are");

  g_assert_cmpuint (cfut_cpus_get_usable (), >=, 1);
  g_assert_cmpuint (cfut_cpus_get_usable (), <=, g_get_num_processors ());
}

static void
test_no_quota (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("Without a quota, or without sense in it, there is none");

  make_group (fixture, "a");
  make_group (fixture, "b");
  make_group (fixture, "c");
  set_file (fixture, "a/cpu.max", "max 100000\n");
  set_file (fixture, "b/cpu.max", "nonsense");
  set_file (fixture, "c/cpu.max", "1 0\n");

  g_assert_cmpfloat (cfut_cpus_read_quota ("", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("no colons\n", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/\n", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/a\n", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/b\n", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/c\n", fixture->root), ==, 0.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/gone\n", fixture->root), ==, 0.0);
}

static void
test_tightest (Fixture       *fixture,
               gconstpointer  data)
{
  g_test_summary ("The tightest quota on the way up is the one that counts");

  make_group (fixture, "a");
  make_group (fixture, "a/b");
  make_group (fixture, "a/b/c");
  set_file (fixture, "a/cpu.max", "300000 100000\n");
  set_file (fixture, "a/b/cpu.max", "150000 100000\n");
  set_file (fixture, "a/b/c/cpu.max", "max 100000\n");

  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/a\n", fixture->root), ==, 3.0);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/a/b\n", fixture->root), ==, 1.5);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/a/b/c\n", fixture->root), ==, 1.5);

  /* As in a container, where the root is the group itself. */
  set_file (fixture, "cpu.max", "50000 100000\n");
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/\n", fixture->root), ==, 0.5);
  g_assert_cmpfloat (cfut_cpus_read_quota ("0::/a/b/c\n", fixture->root), ==, 0.5);
}

static void
test_version_1 (Fixture       *fixture,
                gconstpointer  data)
{
  const char *membership =
    "5:memory:/x\n"
    "4:cpu,cpuacct:/x\n"
    "0::/\n";

  g_test_summary ("Version 1 has a hierarchy for the CPU and two files");

  make_group (fixture, "cpu,cpuacct");
  make_group (fixture, "cpu,cpuacct/x");
  set_file (fixture, "cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  set_file (fixture, "cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  g_assert_cmpfloat (cfut_cpus_read_quota (membership, fixture->root), ==, 0.0);

  set_file (fixture, "cpu,cpuacct/x/cpu.cfs_quota_us", "400000\n");
  set_file (fixture, "cpu,cpuacct/x/cpu.cfs_period_us", "200000\n");
  g_assert_cmpfloat (cfut_cpus_read_quota (membership, fixture->root), ==, 2.0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cpus/usable", test_usable);
  g_test_add ("/cpus/no-quota", Fixture, NULL, set_up, test_no_quota, tear_down);
  g_test_add ("/cpus/tightest", Fixture, NULL, set_up, test_tightest, tear_down);
  g_test_add ("/cpus/version-1", Fixture, NULL, set_up, test_version_1, tear_down);

  return g_test_run ();
}
