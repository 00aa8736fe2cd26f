/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "oracle.h"

/* F28 to F36: queues and flow. */

#define KIB 1024
#define MIB (1024 * KIB)

/* A worker that cannot be killed: this takes the place of the function that GLib
 * calls. */
static gint unkillable; /* atomic: a pid */
static gint was_to_die; /* atomic */

typedef int (*Kill) (pid_t pid,
                     int   signum);

int
kill (pid_t pid,
      int   signum)
{
  Kill real_kill = (Kill) dlsym (RTLD_NEXT, "kill");

  /* Nor with its group. */
  if (ABS (pid) != g_atomic_int_get (&unkillable) || signum != SIGKILL)
    return real_kill (pid, signum);

  g_atomic_int_set (&was_to_die, TRUE);

  return 0;
}

/* @size bytes, of which the first ones tell it from others. */
static GVariant *
make_bytes (guint id,
            gsize size)
{
  guint8 *bytes = g_malloc0 (size);

  if (size > 0)
    memcpy (bytes, &id, MIN (size, sizeof id));

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, bytes, size, TRUE, g_free, bytes);
}

/* Has them echoed; all must come back as they were. */
static void
submit_echo (FaultTest *test,
             guint      id,
             gsize      size)
{
  fault_submit_only (test, NULL, "echo-ay", "(@ay)", make_bytes (id, size));
}

static void
check_echo (FaultTest *test,
            guint      id,
            gsize      size)
{
  g_autoptr(GVariant) result = process_result (test->futures->pdata[id]);
  g_autoptr(GVariant) expected = g_variant_ref_sink (make_bytes (id, size));

  g_assert_true (g_variant_equal (result, expected));
}

/* ---- F28: more calls than there is room for. */

/* Not tracked: the calls themselves are what would take memory. */
static void
flood (FaultTest *test,
       guint      n_calls)
{
  for (guint i = 0; i < n_calls; i++)
    {
      g_object_unref (process_submit (&test->process, "count", "()"));
      if (i % 256 == 0)
        g_assert_cmpuint (cfut_executor_get_n_pending (test->process.executor), <=, 1000);
    }
}

static void
test_flood (void)
{
  g_autoptr(GVariant) last = NULL;
  FaultTest test;
  guint n_calls = fault_scale (20000, 1000000);
  gsize before, after;
  int n_run;

  g_test_summary ("Calls beyond the limit wait outside, and each is run once: memory does not grow with them");

  fault_begin (&test, 1);
  cfut_executor_set_max_pending (test.process.executor, 1000);
  flood (&test, n_calls / 4);
  before = test_get_memory ();
  flood (&test, n_calls - n_calls / 4);
  after = test_get_memory ();
  g_test_message ("Memory went from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " KiB", before / 1024, after / 1024);
  g_assert_cmpuint (after, <, before + 2 * MIB);

  last = process_call (&test.process, "count", "()");
  g_variant_get (last, "(ii)", NULL, &n_run);
  g_assert_cmpint (n_run, ==, n_calls + 1);
  fault_end (&test);
}

/* ---- F29: bytes. */

static void
test_bytes (void)
{
  g_autoptr(GVariant) arguments = NULL;
  g_autoptr(GError) error = NULL;
  FaultTest test;
  Gate gate;
  guint n_accepted = 0;

  g_test_summary ("No more bytes wait than there may be, however few calls they are");

  gate_init (&gate);
  fault_begin (&test, 1);
  cfut_executor_set_max_pending_bytes (test.process.executor, 64 * MIB);
  cfut_executor_set_overflow (test.process.executor, CFUT_OVERFLOW_FAIL);
  g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "hold", 0)));
  gate_next (&gate);

  arguments = g_variant_ref_sink (g_variant_new ("(@ay)", make_bytes (0, 10 * MIB)));
  for (guint i = 0; i < 100; i++)
    {
      CfutFuture *future = cfut_executor_submit (test.process.executor, "echo-ay", arguments, NULL, &error);

      if (future == NULL)
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL);
      else
        g_object_unref (fault_track (&test, future));
      n_accepted += future != NULL;
      g_clear_error (&error);
      g_assert_cmpuint (fault_get_stat (&test, cfut_stats_get_pending_bytes), <=, 64 * MIB);
    }
  g_assert_cmpuint (n_accepted, ==, 6);
  gate_open (&gate);
  g_assert_cmpuint (fault_count_failed (&test, CFUT_ERROR, 0), ==, 0);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_accounts (void)
{
  guint n_calls = fault_scale (3000, 100000);
  FaultTest test;

  g_test_summary ("After any order of submits, cancels and ends no byte is left in the books");

  fault_begin (&test, 2);
  for (guint i = 0; i < n_calls; i++)
    {
      submit_echo (&test, i, g_test_rand_int_range (0, 2000));
      if (i % 3 == 0)
        cfut_future_cancel (test.futures->pdata[g_test_rand_int_range (0, test.futures->len)]);
      if (i % 100 == 0)
        while (g_main_context_iteration (NULL, FALSE))
          continue;
    }
  fault_end (&test);
}

/* ---- F30: a worker that does not read. */

static void
test_stopped_reader (void)
{
  enum { N_CALLS = 40, SIZE = 1 * MIB };
  FaultTest test;
  Gate gate;
  int pids[2];

  g_test_summary ("What was sent to a worker that reads no more is run by the others");

  gate_init (&gate);
  fault_begin (&test, 2);
  for (guint i = 0; i < 2; i++)
    g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "hold", i)));
  for (guint i = 0; i < 2; i++)
    pids[i] = gate_next (&gate).pid;
  gate_open (&gate);
  fault_await_all (&test);

  kill (pids[0], SIGSTOP);
  process_await_run_state (pids[0], 'T');
  for (guint i = 0; i < N_CALLS; i++)
    submit_echo (&test, 2 + i, SIZE);
  /* All but one: what it has started, as far as anyone can tell, is its own. */
  for (guint i = 0; i < N_CALLS; i++)
    if (!cfut_future_wait (test.futures->pdata[2 + i], i == 0 ? 0 : 2 * G_USEC_PER_SEC, NULL))
      g_test_message ("Call %u waits for the worker", i);
  kill (pids[0], SIGCONT);
  for (guint i = 0; i < N_CALLS; i++)
    check_echo (&test, 2 + i, SIZE);
  fault_end (&test);
  gate_clear (&gate);
}

/* ---- F31, F32: much, both ways. */

static void
test_both_ways (void)
{
  guint n_calls = fault_scale (20, 100);
  FaultTest test;

  g_test_summary ("Large arguments and large results at the same time block nobody");

  fault_begin (&test, 2);
  cfut_executor_set_max_pending_bytes (test.process.executor, G_MAXUINT64);
  for (guint i = 0; i < n_calls; i++)
    submit_echo (&test, i, 4 * MIB);
  for (guint i = 0; i < n_calls; i++)
    check_echo (&test, i, 4 * MIB);
  fault_end (&test);
}

static void
shrink_sockets (void)
{
  const int size = 4096;

  /* It fails for what is no socket. */
  for (int fd = 3; fd < 256; fd++)
    {
      setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
      setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

static void
test_small_buffers (void)
{
  guint n_calls = fault_scale (1000, 100000);
  g_autofree guint *sizes = g_new (guint, n_calls);
  FaultTest test;

  g_test_summary ("Whatever is written in how many pieces, it comes whole");

  fault_begin (&test, 2);
  cfut_executor_set_max_pending_bytes (test.process.executor, G_MAXUINT64);
  process_prestart (&test.process);
  shrink_sockets ();
  for (guint i = 0; i < n_calls; i++)
    {
      sizes[i] = g_test_rand_int_range (0, i % 50 == 0 ? MIB : 40 * KIB);
      submit_echo (&test, i, sizes[i]);
    }
  for (guint i = 0; i < n_calls; i++)
    check_echo (&test, i, sizes[i]);
  fault_end (&test);
}

/* ---- F33, F34: the main loop. */

static void
test_busy_loop (void)
{
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (20 * 1000);
  FaultTest test;

  g_test_summary ("While the main loop is not run calls time out, and workers are killed and replaced, all the same");

  fault_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 0);
  cfut_process_executor_set_min_workers (PROCESS_EXECUTOR (&test.process), 1);
  for (int i = 0; i < 3; i++)
    fault_submit_only (&test, options, "spin-forever", "(iii)", i, -1, -1);
  while (fault_get_stat (&test, cfut_stats_get_n_kills) < 3)
    continue;
  g_assert_cmpuint (test.n_ended, ==, 0);
  fault_assert_serves (&test, 10);
  g_assert_cmpuint (fault_count_failed (&test, G_IO_ERROR, G_IO_ERROR_TIMED_OUT), ==, 3);
  fault_end (&test);
}

static long
write_pages (guint8 *pages,
             gsize   size)
{
  struct rusage before, after;

  getrusage (RUSAGE_SELF, &before);
  for (gsize i = 0; i < size; i += 4096)
    pages[i]++;
  getrusage (RUSAGE_SELF, &after);

  return after.ru_minflt - before.ru_minflt;
}

static void
test_large_parent (void)
{
  const gsize size = (gsize) fault_scale (64, 1024) * MIB;
  guint n_rounds = fault_scale (5, 30);
  guint8 *pages = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FaultTest test;
  long n_faults;

  g_test_summary ("The start of a worker does not copy the program, however large it is");

  g_assert_true (pages != MAP_FAILED);
  madvise (pages, size, MADV_NOHUGEPAGE);
  /* Which forks, once. */
  fault_begin (&test, 1);
  write_pages (pages, size);
  for (guint i = 0; i < n_rounds; i++)
    {
      kill (process_get_pid (&test.process), SIGKILL);
      fault_assert_serves (&test, 1);
    }
  /* A fork would have taken each page's right to be written. */
  n_faults = write_pages (pages, size);
  g_test_message ("%ld faults", n_faults);
  g_assert_cmpint (n_faults, <, size / 4096 / 10);
  fault_end (&test);
  munmap (pages, size);
}

/* ---- F35: a socket that stays readable. */

/* Of the manager thread, in ticks of the clock. */
static long
get_manager_time (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  long ticks = -1;

  while ((task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", task, "stat", NULL);
      g_autofree char *stat = NULL;
      unsigned long user, system;

      if (g_file_get_contents (path, &stat, NULL, NULL) && strstr (stat, "(cfut-manager)") != NULL &&
          sscanf (strrchr (stat, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
        ticks = user + system;
    }
  g_assert_cmpint (ticks, >=, 0);

  return ticks;
}

static void
test_readable_socket (void)
{
  FaultTest test;
  CfutFuture *future;
  long before, after;
  int pid;

  g_test_summary ("A manager that waits for a condemned worker's death does not spin on its socket");

  fault_begin_evil (&test, 1, "");
  /* Which is ready, so it has a number. */
  fault_assert_serves (&test, 1);
  {
    g_autofree int *pids = NULL;
    gsize n_pids;

    pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test.process), &n_pids);
    g_assert_cmpuint (n_pids, ==, 1);
    pid = pids[0];
  }
  g_atomic_int_set (&unkillable, pid);
  future = fault_submit (&test, NULL, "lie", "(su)", "magic", 0);
  test_iterate_until_set (NULL, &was_to_die);

  before = get_manager_time ();
  g_usleep (G_USEC_PER_SEC / 2);
  after = get_manager_time ();
  g_test_message ("%ld ticks", after - before);
  g_assert_cmpint (after - before, <=, 5);

  g_atomic_int_set (&unkillable, 0);
  kill (pid, SIGKILL);
  process_expect_error (future, CFUT_ERROR, CFUT_ERROR_PROTOCOL, "");
  fault_end (&test);
}

/* ---- F36: floods from several. */

static void
test_floods (void)
{
  gsize before;
  FaultTest test;

  g_test_summary ("Several workers that flood the manager take no memory, and do not keep it from another");

  fault_begin_evil (&test, 4, "");
  process_prestart (&test.process);
  fault_assert_serves (&test, 20);
  before = test_get_memory ();
  for (guint i = 0; i < 3; i++)
    fault_submit_only (&test, NULL, "lie", "(su)", "flood", 0);
  fault_assert_serves (&test, 200);
  g_assert_cmpuint (fault_count_failed (&test, CFUT_ERROR, CFUT_ERROR_PROTOCOL), ==, 3);
  g_assert_cmpuint (test_get_memory (), <, before + 16 * MIB);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F28/flood", test_flood);
  g_test_add_func ("/faults/F29/bytes", test_bytes);
  g_test_add_func ("/faults/F29/accounts", test_accounts);
  g_test_add_func ("/faults/F30/stopped-reader", test_stopped_reader);
  g_test_add_func ("/faults/F31/both-ways", test_both_ways);
  g_test_add_func ("/faults/F32/small-buffers", test_small_buffers);
  g_test_add_func ("/faults/F33/busy-loop", test_busy_loop);
  /* Which makes a fork of a vfork. */
  if (!test_is_under_valgrind ())
    g_test_add_func ("/faults/F34/large-parent", test_large_parent);
  g_test_add_func ("/faults/F35/readable-socket", test_readable_socket);
  g_test_add_func ("/faults/F36/floods", test_floods);

  return g_test_run ();
}
