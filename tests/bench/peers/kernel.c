/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "../bench.h"

/*
 * What the kernel itself takes, for scale: a byte through a pair of sockets to
 * another process and back, a program that is started by posix_spawn() until its
 * first word, and two programs that compute side by side.
 *
 * And what any library of this kind takes with GLib, so that it is known what is left:
 * the values and the object of a call, made and freed; the same within a round trip;
 * and bytes that are copied into memory that is shared, and once more on the way back.
 */

extern char **environ;

/* An argument or a result, made, read, and freed. */
static void
make_value (gint64 number)
{
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_int64 (number));

  g_assert_cmpint (g_variant_get_int64 (value), ==, number);
}

/* What a worker makes for a call, and the program, which has a future. */
static void
make_values (gboolean has_future,
             gint64   number)
{
  g_autoptr(GObject) future = has_future ? g_object_new (G_TYPE_OBJECT, NULL) : NULL;

  make_value (number);
  make_value (number + 1);
}

static void
run_round_trips (guint    size,
                 guint    rest_us,
                 gboolean with_values)
{
  g_autofree gint64 *samples = g_new (gint64, size);
  char frame[64] = "";
  int fds[2];
  pid_t pid;

  g_assert (socketpair (AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  pid = fork ();
  if (pid == 0)
    {
      close (fds[0]);
      while (read (fds[1], frame, sizeof frame) > 0)
        {
          if (with_values)
            make_values (FALSE, size);
          g_assert (write (fds[1], frame, sizeof frame) == sizeof frame);
        }
      _exit (0);
    }
  close (fds[1]);

  for (guint i = 0; i < size; i++)
    {
      gint64 begin;

      if (rest_us > 0)
        g_usleep (rest_us);
      begin = bench_now_ns ();
      if (with_values)
        make_values (TRUE, i);
      g_assert (write (fds[0], frame, sizeof frame) == sizeof frame);
      g_assert (read (fds[0], frame, sizeof frame) == sizeof frame);
      samples[i] = bench_now_ns () - begin;
    }
  close (fds[0]);
  waitpid (pid, NULL, 0);

  bench_print_percentiles (samples, size);
}

static void
run_dense (const BenchPeer *peer,
           guint            n_workers,
           guint            size)
{
  run_round_trips (size, 0, FALSE);
}

static void
run_asleep (const BenchPeer *peer,
            guint            n_workers,
            guint            size)
{
  run_round_trips (size, 2000, FALSE);
}

static void
run_busy (const BenchPeer *peer,
          guint            n_workers,
          guint            size)
{
  bench_burn_start ();
  run_round_trips (size, 0, FALSE);
  bench_burn_stop ();
}

static void
run_asleep_values (const BenchPeer *peer,
                   guint            n_workers,
                   guint            size)
{
  run_round_trips (size, 2000, TRUE);
}

static void
run_values (const BenchPeer *peer,
            guint            n_workers,
            guint            size)
{
  gint64 begin = bench_now_ns (), middle;

  for (guint i = 0; i < size; i++)
    make_values (TRUE, i);
  middle = bench_now_ns ();
  for (guint i = 0; i < size; i++)
    make_values (FALSE, i);

  bench_print ("program_ns", (double) (middle - begin) / size);
  bench_print ("worker_ns", (double) (bench_now_ns () - middle) / size);
}

#define N_COPIES 8

/* Into pages that are touched for the first time, and then into the same again. */
static void
run_copy (const BenchPeer *peer,
          guint            n_workers,
          guint            size)
{
  g_autofree char *data = g_malloc (size);
  int fd = memfd_create ("bench", MFD_CLOEXEC);
  gint64 first = 0, best = G_MAXINT64;
  char *shared;

  memset (data, 'x', size);
  g_assert (ftruncate (fd, 2 * (off_t) size) == 0);
  shared = mmap (NULL, 2 * (gsize) size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert (shared != MAP_FAILED);

  for (guint i = 0; i < N_COPIES; i++)
    {
      gint64 begin = bench_now_ns ();

      memcpy (shared, data, size);
      memcpy (shared + size, shared, size);
      first = i == 0 ? bench_now_ns () - begin : first;
      best = MIN (best, bench_now_ns () - begin);
    }

  munmap (shared, 2 * (gsize) size);
  close (fd);

  bench_print ("first_gb_per_s", (double) size / first);
  bench_print ("best_gb_per_s", (double) size / best);
}

/* A program that uses GIO and says one word; it lies beside this one. */
static void
run_ready (const BenchPeer *peer,
           guint            n_workers,
           guint            size)
{
  g_autofree char *ballast = g_malloc (size * (gsize) 1024 * 1024 + 1);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *directory = g_path_get_dirname (self);
  g_autofree char *program = g_build_filename (directory, "bench-gio-program", NULL);
  char *argv[] = { program, NULL };
  posix_spawn_file_actions_t actions;
  gint64 begin, end;
  int fds[2];
  pid_t pid;
  char word;

  memset (ballast, 1, size * (gsize) 1024 * 1024);

  begin = bench_now_ns ();
  g_assert (pipe (fds) == 0);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, fds[1], 1);
  g_assert (posix_spawn (&pid, program, &actions, NULL, argv, environ) == 0);
  g_assert (read (fds[0], &word, 1) == 1);
  end = bench_now_ns ();
  waitpid (pid, NULL, 0);
  posix_spawn_file_actions_destroy (&actions);

  bench_print ("ready_us", (end - begin) / 1e3);
}

#define N_CALLS 8
#define N_ROUNDS 5

static gint64
compute_in (guint n_processes,
            guint size)
{
  gint64 begin = bench_now_ns ();

  for (guint i = 0; i < n_processes; i++)
    {
      if (fork () == 0)
        {
          for (guint call = 0; call < N_CALLS / n_processes; call++)
            bench_pi.func (size);
          _exit (0);
        }
    }
  while (wait (NULL) > 0)
    ;

  return bench_now_ns () - begin;
}

static void
run_scaling (const BenchPeer *peer,
             guint            n_workers,
             guint            size)
{
  gint64 best_one = G_MAXINT64, best_two = G_MAXINT64;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      best_one = MIN (best_one, compute_in (1, size));
      best_two = MIN (best_two, compute_in (2, size));
    }

  bench_print ("speed_up", (double) best_one / best_two);
  bench_print ("one_ms", best_one / 1e6);
  bench_print ("two_ms", best_two / 1e6);
}

static const BenchPeer peers[] = {
  { .name = "kernel" },
  { NULL },
};

static const BenchMeasure measures[] = {
  { "dense", run_dense },
  { "asleep", run_asleep },
  { "asleep-values", run_asleep_values },
  { "busy", run_busy },
  { "values", run_values },
  { "copy", run_copy },
  { "ready", run_ready },
  { "scaling", run_scaling },
  { NULL },
};

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, peers, measures);
}
