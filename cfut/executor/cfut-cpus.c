/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-cpus-private.h"

#include <math.h>

/*
 * A container that may use two CPUs of sixty-four often has all of them in its
 * affinity mask and a quota: so many µs of CPU in each period of so many. The
 * kernel's documents are admin-guide/cgroup-v2.rst (cpu.max) and
 * scheduler/sched-bwc.rst (cpu.cfs_quota_us). A group is also held to the
 * quotas of all groups above it.
 */

#define CFUT_CPUS_MAX_FILE 4096

static char *
read_small_file (const char *directory,
                 const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  char *contents = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &contents, &length, NULL))
    return NULL;

  if (length > CFUT_CPUS_MAX_FILE)
    g_clear_pointer (&contents, g_free);

  return contents;
}

static double
parse_quota (const char *quota,
             const char *period)
{
  gint64 quota_us = 0;
  gint64 period_us = 0;

  /* "max", or -1 in version 1, for no quota. */
  if (!g_ascii_string_to_signed (quota, 10, 1, G_MAXINT64, &quota_us, NULL) ||
      !g_ascii_string_to_signed (period, 10, 1, G_MAXINT64, &period_us, NULL))
    return 0.0;

  return (double) quota_us / (double) period_us;
}

/* The quota of one group, of either version; 0.0 for none. */
static double
read_group_quota (const char *directory)
{
  g_autofree char *cpu_max = read_small_file (directory, "cpu.max");
  g_autofree char *quota = NULL;
  g_autofree char *period = NULL;

  if (cpu_max != NULL)
    {
      g_auto(GStrv) words = g_strsplit (g_strstrip (cpu_max), " ", -1);

      return g_strv_length (words) == 2 ? parse_quota (words[0], words[1]) : 0.0;
    }

  quota = read_small_file (directory, "cpu.cfs_quota_us");
  period = read_small_file (directory, "cpu.cfs_period_us");
  if (quota == NULL || period == NULL)
    return 0.0;

  return parse_quota (g_strstrip (quota), g_strstrip (period));
}

/* The tightest quota of @group and of the groups above it. */
static double
read_path_quota (const char *mount,
                 const char *group)
{
  g_autofree char *path = g_strdup (group);
  double tightest = 0.0;

  while (TRUE)
    {
      g_autofree char *directory = g_build_filename (mount, path, NULL);
      double quota = read_group_quota (directory);
      char *slash;

      if (quota > 0.0 && (tightest <= 0.0 || quota < tightest))
        tightest = quota;

      slash = strrchr (path, '/');
      if (slash == NULL)
        return tightest;
      *slash = '\0';
    }
}

double
cfut_cpus_read_quota (const char *membership,
                      const char *root)
{
  g_auto(GStrv) lines = g_strsplit (membership, "\n", -1);
  double tightest = 0.0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      /* ID:CONTROLLERS:GROUP; version 2 has no controllers. */
      g_auto(GStrv) fields = g_strsplit (lines[i], ":", 3);
      g_auto(GStrv) controllers = NULL;
      g_autofree char *mount = NULL;
      double quota;

      if (g_strv_length (fields) != 3)
        continue;

      controllers = g_strsplit (fields[1], ",", -1);
      if (fields[1][0] == '\0')
        mount = g_strdup (root);
      else if (g_strv_contains ((const char * const *) controllers, "cpu"))
        mount = g_build_filename (root, fields[1], NULL);
      else
        continue;

      quota = read_path_quota (mount, fields[2]);
      if (quota > 0.0 && (tightest <= 0.0 || quota < tightest))
        tightest = quota;
    }

  return tightest;
}

static guint
count_usable (void)
{
  guint n_cpus = MAX (g_get_num_processors (), 1);
  g_autofree char *membership = NULL;
  double quota;

  if (!g_file_get_contents ("/proc/self/cgroup", &membership, NULL, NULL))
    return n_cpus;

  quota = cfut_cpus_read_quota (membership, "/sys/fs/cgroup");
  if (quota > 0.0 && ceil (quota) < n_cpus)
    n_cpus = (guint) ceil (quota);

  return n_cpus;
}

guint
cfut_cpus_get_usable (void)
{
  static gsize n_usable = 0;

  if (g_once_init_enter (&n_usable))
    g_once_init_leave (&n_usable, count_usable ());

  return (guint) n_usable;
}
