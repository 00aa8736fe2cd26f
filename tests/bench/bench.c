/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bench.h"

/* The environment tells workers which file is the gate. */
#define GATE_VARIABLE "CFUT_BENCH_GATE"

static int gate_fd = -1;

int bench_n_counted;

static gint64
empty (gint64 argument)
{
  return 0;
}

static gint64
increment (gint64 argument)
{
  return argument + 1;
}

/* The sum of 1/k^2 is pi^2/6. */
static gint64
pi (gint64 argument)
{
  double sum = 0;

  for (gint64 k = 1; k <= argument; k++)
    sum += 1.0 / ((double) k * k);

  return (gint64) (sqrt (6 * sum) * 1e9);
}

/* A lock of a file, as it works between threads and between processes. */
static gint64
hold (gint64 argument)
{
  int fd = open (g_getenv (GATE_VARIABLE), O_RDONLY | O_CLOEXEC);

  while (flock (fd, LOCK_SH) < 0 && errno == EINTR)
    ;
  close (fd);

  return 0;
}

static gint64
count (gint64 argument)
{
  g_atomic_int_inc (&bench_n_counted);

  return 0;
}

const BenchWork bench_empty = { "empty", empty };
const BenchWork bench_increment = { "increment", increment };
const BenchWork bench_pi = { "pi", pi };
const BenchWork bench_hold = { "hold", hold };
const BenchWork bench_count = { "count", count };

const BenchWork *bench_works[] = {
  &bench_empty, &bench_increment, &bench_pi, &bench_hold, &bench_count, NULL,
};

void
bench_gate_shut (void)
{
  g_autofree char *path = NULL;

  gate_fd = g_file_open_tmp ("cfut-bench-XXXXXX", &path, NULL);
  g_assert (gate_fd >= 0 && flock (gate_fd, LOCK_EX) == 0);
  g_setenv (GATE_VARIABLE, path, TRUE);
}

void
bench_gate_open (void)
{
  g_unlink (g_getenv (GATE_VARIABLE));
  close (gate_fd);
}

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

gint64
bench_cpu_ns (gboolean of_children)
{
  struct rusage usage;

  getrusage (of_children ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage);

  return 1000 * (1000000 * (gint64) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

gsize
bench_resident (void)
{
  g_autofree char *statm = NULL;

  g_assert (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL));

  return g_ascii_strtoull (strchr (statm, ' '), NULL, 10) * sysconf (_SC_PAGESIZE);
}

void
bench_print (const char *name,
             double      value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_print ("%s %s\n", name, g_ascii_formatd (text, sizeof text, "%.6g", value));
}

static int
compare_samples (const void *a,
                 const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

void
bench_print_percentiles (gint64 *samples_ns,
                         guint   n)
{
  qsort (samples_ns, n, sizeof *samples_ns, compare_samples);
  bench_print ("median_us", samples_ns[n / 2] / 1e3);
  bench_print ("p99_us", samples_ns[n - 1 - n / 100] / 1e3);
}

static int burning; /* (atomic) */
static GThread *burners[64];

static gpointer
burner_thread (gpointer data)
{
  while (g_atomic_int_get (&burning))
    ;

  return NULL;
}

void
bench_burn_start (void)
{
  g_atomic_int_set (&burning, TRUE);
  for (guint i = 0; i < MIN (g_get_num_processors (), G_N_ELEMENTS (burners)); i++)
    burners[i] = g_thread_new ("burner", burner_thread, NULL);
}

void
bench_burn_stop (void)
{
  g_atomic_int_set (&burning, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (burners) && burners[i] != NULL; i++)
    g_thread_join (g_steal_pointer (&burners[i]));
}

static const BenchMeasure *
find_measure (const BenchMeasure *measures,
              const char         *name)
{
  for (; measures != NULL && measures->name != NULL; measures++)
    {
      if (strcmp (measures->name, name) == 0)
        return measures;
    }

  return NULL;
}

int
bench_main (int                  argc,
            char               **argv,
            const BenchPeer     *peers,
            const BenchMeasure  *own)
{
  const BenchMeasure *measure;

  if (argc != 5)
    {
      g_printerr ("Usage: %s PEER MEASURE WORKERS SIZE\n", argv[0]);
      return 2;
    }

  measure = find_measure (own, argv[2]);
  if (measure == NULL)
    measure = find_measure (bench_measures, argv[2]);

  while (peers->name != NULL && strcmp (peers->name, argv[1]) != 0)
    peers++;

  if (measure == NULL || peers->name == NULL)
    {
      g_printerr ("%s: no such peer or measure\n", argv[0]);
      return 2;
    }

  measure->run (peers, strtoul (argv[3], NULL, 10), strtoul (argv[4], NULL, 10));

  return 0;
}
