/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "killer.h"

/* F01 to F12: death of workers. */

/* ---- F01 to F03: kills at random. */

/* An array of @size bytes that tell one call from another. */
static GVariant *
make_payload (guint id,
              gsize size)
{
  guint8 *bytes = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    bytes[i] = (id + i) * 31 >> 3;

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, bytes, size, TRUE, g_free, bytes);
}

/* Every second call takes a moment, the others carry @size bytes both ways. */
static void
submit_some (FaultTest         *test,
             CfutSubmitOptions *options,
             guint              n_calls,
             gsize              size)
{
  for (guint i = 0; i < n_calls; i++)
    {
      guint id = test->futures->len;

      if (id % 2 == 0)
        fault_submit_only (test, options, "spin", "(x)", (gint64) (200 + id % 400));
      else
        fault_submit_only (test, options, "echo-ay", "(@ay)", make_payload (id, size));
    }
}

static void
check_result (guint     id,
              gsize     size,
              GVariant *result)
{
  g_autoptr(GVariant) expected = NULL;

  if (id % 2 == 0)
    expected = g_variant_ref_sink (g_variant_new_int64 (200 + id % 400));
  else
    expected = g_variant_ref_sink (make_payload (id, size));
  g_assert_true (g_variant_equal (result, expected));
}

static guint
check_results (FaultTest *test,
               gsize      size)
{
  guint n_failed = 0;

  for (guint id = 0; id < test->futures->len; id++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = cfut_future_dup_result (test->futures->pdata[id], 0, &error);

      if (result != NULL)
        check_result (id, size, result);
      else
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      n_failed += result == NULL;
    }

  return n_failed;
}

typedef struct
{
  guint n_calls;
  guint n_kills; /* at least */
  gsize size;
  gint64 interval_us;
  guint retries;
} Storm;

static void
run_storm (const Storm *storm)
{
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (storm->retries);
  guint n_failed, n_kills;
  FaultTest test;
  Killer killer;

  fault_begin (&test, 4);
  cfut_executor_set_max_pending_bytes (test.process.executor, G_MAXUINT64);
  killer_begin (&killer, &test, storm->interval_us);
  do
    {
      submit_some (&test, options, storm->n_calls, storm->size);
      fault_await_all (&test);
    }
  while ((guint) g_atomic_int_get (&killer.n_kills) < storm->n_kills);
  n_kills = killer_end (&killer);

  n_failed = check_results (&test, storm->size);
  g_test_message ("%u calls, %u kills, %u failed", test.futures->len, n_kills, n_failed);
  if (storm->retries == CFUT_RETRY_FOREVER)
    g_assert_cmpuint (n_failed, ==, 0);
  else
    g_assert_cmpuint (n_failed, <=, n_kills);
  fault_end (&test);
}

static void
test_kills (void)
{
  g_test_summary ("While workers are killed at random each call that may be retried has its result, once");

  run_storm (&(Storm) { fault_scale (1500, 10000), 1, 64, 5000, CFUT_RETRY_FOREVER });
}

static void
test_kills_many (void)
{
  g_test_summary ("... and so with eight thousand kills, one each millisecond");

  run_storm (&(Storm) { 100000, 8000, 64, 1000, CFUT_RETRY_FOREVER });
}

static void
test_kills_large (void)
{
  g_test_summary ("... and so with arguments and results that do not fit in a socket");

  run_storm (&(Storm) { fault_scale (200, 2000), 1, 200 * 1000, 5000, CFUT_RETRY_FOREVER });
}

static void
test_kills_no_retry (void)
{
  g_test_summary ("A kill costs at most one call that may not be retried");

  run_storm (&(Storm) { fault_scale (1500, 10000), 1, 64, 5000, 0 });
}

/* ---- F04, F05: in the middle of an answer. */

static void
test_after_result (void)
{
  static const guint64 sizes[] = { 1, 100, 20000, 300000, 3000000, 40000000 };
  guint n_rounds = 2 * fault_scale (5, 100);
  FaultTest test;

  g_test_summary ("A result that was given before the worker died counts, however small, large, quick or slow");

  fault_begin (&test, 1);
  for (guint round = 0; round < n_rounds; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
        {
          g_autoptr(CfutFuture) future = NULL;
          g_autoptr(GVariant) result = NULL;

          future = fault_submit (&test, NULL, "answer-and-die", "(tx)", sizes[i], (gint64) (round % 2 * 200));
          result = process_result (future);
          g_assert_cmpuint (g_variant_get_size (result), ==, sizes[i]);
        }
    }
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  g_assert_cmpuint (fault_get_n_retried (&test), ==, 0);
  fault_end (&test);
}

static void
test_torn (gconstpointer data)
{
  guint n_bytes = GPOINTER_TO_UINT (data);
  guint n_rounds = fault_scale (20, 200);
  FaultTest test;

  g_test_summary ("What is left of a torn result is dropped, its call fails, and the next worker is well");

  fault_begin_evil (&test, 1, "");
  for (guint i = 0; i < n_rounds; i++)
    {
      process_expect_error (fault_submit (&test, NULL, "lie", "(su)", "torn", n_bytes),
                            CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 9");
      fault_assert_serves (&test, 1);
    }
  g_assert_cmpuint (fault_get_n_failed (&test), ==, n_rounds);
  fault_end (&test);
}

/* ---- F06: causes. */

typedef struct
{
  const char *name;
  int how;
  const char *text;
} Cause;

static const Cause causes[] = {
  { "segv", SIGSEGV, "was killed by signal 11 (" },
  { "abrt", SIGABRT, "was killed by signal 6 (" },
  { "bus", SIGBUS, "was killed by signal 7 (" },
  { "ill", SIGILL, "was killed by signal 4 (" },
  { "sys", SIGSYS, "was killed by signal 31 (" },
  { "kill", SIGKILL, "was killed by signal 9 (" },
  { "_exit-0", 0, "exited with status 0" },
  { "_exit-3", -3, "exited with status 3" },
  { "exit-0", -1000, "exited with status 0" },
  { "exit-1", -1001, "exited with status 1" },
};

static void
test_cause (gconstpointer data)
{
  guint n_rounds = fault_scale (5, 100);
  const Cause *cause = data;
  g_autoptr(CfutStats) stats = NULL;
  FaultTest test;

  g_test_summary ("The error names the process, the cause, the function and the last words; the next call is well");

  fault_begin (&test, 1);
  for (guint i = 0; i < n_rounds; i++)
    {
      g_autofree char *start = g_strdup_printf ("Worker %d ", process_get_pid (&test.process));
      g_autoptr(CfutFuture) future = fault_submit (&test, NULL, "die", "(is)", cause->how, "Farewell\n");
      g_autoptr(GError) error = process_error (future);

      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      g_assert_true (g_str_has_prefix (error->message, start));
      g_assert_nonnull (strstr (error->message, cause->text));
      g_assert_nonnull (strstr (error->message, "while running \"die\""));
      g_assert_true (g_str_has_suffix (error->message, "; its last words were:\nFarewell"));
    }
  fault_assert_serves (&test, 1);
  stats = cfut_executor_get_stats (test.process.executor);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, n_rounds);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, n_rounds);
  g_assert_cmpint (cfut_stats_get_busy_time (stats), <, 60 * G_USEC_PER_SEC);
  fault_end (&test);
}

static void
test_at_exit (void)
{
  guint n_rounds = fault_scale (5, 100);
  FaultTest test;

  g_test_summary ("An exit that a handler of the program makes another is told as it was");

  fault_begin (&test, 1);
  for (guint i = 0; i < n_rounds; i++)
    process_expect_error (fault_submit (&test, NULL, "die-at-exit", "()"),
                          CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "exited with status 7 while running");
  fault_end (&test);
}

/* ---- F07: with calls unread in the socket. */

static void
test_unread (void)
{
  guint n_rounds = fault_scale (20, 1000);
  FaultTest test;

  g_test_summary ("A worker that dies with calls unread has given its result, and they are run by another");

  fault_begin_evil (&test, 1, "unread");
  fault_assert_serves (&test, 300);
  for (guint i = 0; i < n_rounds; i++)
    {
      CfutFuture *last = fault_submit (&test, NULL, "pid", "()");

      fault_assert_serves (&test, 5);
      g_assert_cmpint (process_int (last), >, 0);
      g_object_unref (last);
    }
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  g_assert_cmpuint (fault_get_n_retried (&test), ==, 0);
  fault_end (&test);
}

/* ---- F08, F09, F12: deaths that are hard to see. */

static void
test_silent_worker (gconstpointer function)
{
  FaultTest test;
  Gate gate;
  CfutFuture *future;
  g_autoptr(GError) error = NULL;
  int pid;

  g_test_summary ("A worker that has closed its channel and lives on is killed, and its call ends");

  gate_init (&gate);
  fault_begin (&test, 1);
  future = fault_track (&test, gate_submit (&gate, &test.process, function, 0));
  pid = gate_next (&gate).pid;
  error = process_error (future);
  g_object_unref (future);
  g_assert_cmpint (error->domain, ==, CFUT_ERROR);
  g_assert_nonnull (strstr (error->message, "It has closed its channel"));
  process_await_exit (pid);
  fault_assert_serves (&test, 1);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_deaf_worker (void)
{
  FaultTest test;

  g_test_summary ("A worker that does not read any more, and lives on, is killed when there is something to read");

  fault_begin_evil (&test, 1, "");
  process_expect_done (fault_submit (&test, NULL, "lie", "(su)", "deaf", 0));
  fault_assert_serves (&test, 5);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 1);
  fault_end (&test);
}

static void
test_grandchild (void)
{
  FaultTest test;
  Gate gate;
  int grandchild;

  g_test_summary ("A worker's death is seen though a child of it holds all its sockets");

  gate_init (&gate);
  fault_begin (&test, 1);
  process_expect_error (fault_track (&test, gate_submit (&gate, &test.process, "fork-and-die", 0)),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 9");
  grandchild = gate_next (&gate).pid;
  g_assert_true (process_exists (grandchild));
  fault_assert_serves (&test, 1);
  fault_end (&test);
  g_assert_true (process_exists (grandchild));
  gate_open (&gate);
  process_await_exit (grandchild);
  gate_clear (&gate);
}

/* ---- F10: all at once. */

static void
test_all_at_once (void)
{
  guint n_rounds = fault_scale (50, 1000);
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (CFUT_RETRY_FOREVER);
  FaultTest test;

  g_test_summary ("All workers are killed at once, again and again, and no call is lost");

  fault_begin (&test, 4);
  for (guint round = 0; round < n_rounds; round++)
    {
      process_expect_done (fault_submit (&test, options, "spin", "(x)", (gint64) 50));
      for (guint i = 0; i < 40; i++)
        fault_submit_only (&test, options, "spin", "(x)", (gint64) 50);
      kill_workers (&test);
      fault_await_all (&test);
    }
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  fault_end (&test);
}

/* ---- F11: out of memory. */

#define MIB (1024 * 1024)

/* Where this test may make a cgroup whose memory is bounded: what the environment
 * names, or the root of the hierarchy, of either version. */
static const char * const cgroup_parents[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup" };

/* Of the second version of cgroups, and of the first. */
static const char * const memory_limits[] = { "memory.max", "memory.limit_in_bytes" };

static gboolean
write_file (const char *dir,
            const char *name,
            const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  FILE *file = fopen (path, "r+e");
  gboolean written;

  if (file == NULL)
    return FALSE;

  written = fputs (text, file) >= 0;

  return fclose (file) == 0 && written;
}

/* NULL if it cannot be made there. */
static char *
make_cgroup_in (const char *parent,
                const char *limit)
{
  g_autofree char *dir = g_strdup_printf ("%s/cfut-faults-%d", parent, (int) getpid ());

  if (g_mkdir (dir, 0700) != 0)
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (memory_limits); i++)
    if (write_file (dir, memory_limits[i], limit))
      return g_steal_pointer (&dir);

  g_assert_cmpint (g_rmdir (dir), ==, 0);

  return NULL;
}

static char *
make_cgroup (const char *limit)
{
  const char *parent = g_getenv ("CFUT_TEST_CGROUP");
  char *dir = parent != NULL ? make_cgroup_in (parent, limit) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cgroup_parents) && dir == NULL; i++)
    dir = make_cgroup_in (cgroup_parents[i], limit);

  return dir;
}

/* The kernel may not have let go of the dead yet. */
static gboolean
cgroup_is_removed (gpointer dir)
{
  return g_rmdir (dir) == 0 || errno != EBUSY;
}

static void
test_out_of_memory (void)
{
  g_autofree char *dir = make_cgroup ("67108864");
  g_autofree char *pid = NULL;
  FaultTest test;

  g_test_summary ("A worker that the kernel kills for its memory costs its call, and no other");

  if (dir == NULL)
    {
      g_test_skip ("No cgroup with a memory controller can be made here, nor in what CFUT_TEST_CGROUP names");
      return;
    }

  fault_begin (&test, 1);
  pid = g_strdup_printf ("%d", process_get_pid (&test.process));
  g_assert_true (write_file (dir, "cgroup.procs", pid));
  process_expect_error (fault_submit (&test, NULL, "allocate", "(t)", (guint64) 1024 * MIB),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 9");
  fault_assert_serves (&test, 99);
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 1);
  fault_end (&test);
  process_await (cgroup_is_removed, dir);
  g_assert_false (g_file_test (dir, G_FILE_TEST_EXISTS));
}

/* ---- F12: one that closes its channel since it dies. */

static void
test_late_death (void)
{
  FaultTest test;

  g_test_summary ("A worker that takes its time to exit is told of by its status, and not as one that has closed its channel");

  fault_begin (&test, 1);
  process_expect_error (fault_submit (&test, NULL, "die-late", "()"),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "exited with status 9");
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 1);
  fault_assert_serves (&test, 10);
  fault_end (&test);
}

/* ---- F06: one that is somebody else's first. */

static void
test_traced (void)
{
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  FaultTest test;

  g_test_summary ("A worker that dies while it is traced leaves no zombie, and its status is known");

  fault_begin (&test, 1);
  future = fault_submit (&test, NULL, "die-traced", "()");
  result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
  if (result != NULL)
    {
      g_test_skip ("No process may be traced here");
    }
  else
    {
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      g_assert_nonnull (strstr (error->message, "exited with status 7"));
      fault_assert_serves (&test, 10);
    }
  g_clear_object (&future);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F01/kills", test_kills);
  if (g_test_slow ())
    g_test_add_func ("/faults/F02/many-kills", test_kills_many);
  g_test_add_func ("/faults/F02/large", test_kills_large);
  g_test_add_func ("/faults/F03/kills-without-retries", test_kills_no_retry);
  g_test_add_func ("/faults/F04/after-result", test_after_result);
  g_test_add_data_func ("/faults/F05/torn-header", GUINT_TO_POINTER (9), test_torn);
  g_test_add_data_func ("/faults/F05/torn-body", GUINT_TO_POINTER (500000), test_torn);
  for (guint i = 0; i < G_N_ELEMENTS (causes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F06/cause/%s", causes[i].name);

      g_test_add_data_func (path, &causes[i], test_cause);
    }
  g_test_add_func ("/faults/F06/cause/at-exit", test_at_exit);
  /* Valgrind does not let go of what is traced. */
  if (!test_is_under_valgrind ())
    g_test_add_func ("/faults/F06/traced", test_traced);
  g_test_add_func ("/faults/F07/unread", test_unread);
  g_test_add_data_func ("/faults/F08/shut-channel", "shut-channel", test_silent_worker);
  g_test_add_func ("/faults/F08/deaf", test_deaf_worker);
  g_test_add_func ("/faults/F09/grandchild", test_grandchild);
  g_test_add_func ("/faults/F10/all-at-once", test_all_at_once);
  g_test_add_func ("/faults/F11/out-of-memory", test_out_of_memory);
  g_test_add_data_func ("/faults/F12/becomes-another", "become-sleep", test_silent_worker);
  g_test_add_data_func ("/faults/F12/closes-channel", "close-channel", test_silent_worker);
  g_test_add_func ("/faults/F12/late-death", test_late_death);

  return g_test_run ();
}
