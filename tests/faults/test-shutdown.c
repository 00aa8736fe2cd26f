/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "killer.h"
#include "process/cfut-process-executor-private.h"

/* F62 to F67: shutdown, and the end of what has work outstanding. */

/* ---- Workers that cannot be killed, as in an uninterruptible sleep: this takes
 * the place of the function that GLib calls. */
static gint unkillable; /* atomic: such a pid */

typedef int (*Kill) (pid_t pid,
                     int   signum);

int
kill (pid_t pid,
      int   signum)
{
  Kill real_kill = (Kill) dlsym (RTLD_NEXT, "kill");

  /* Nor with its group. */
  return ABS (pid) == g_atomic_int_get (&unkillable) && signum == SIGKILL ? 0 : real_kill (pid, signum);
}

/* ---- F62: every way, in every state. */

typedef enum
{
  STATE_UNUSED,
  STATE_IDLE,
  STATE_QUEUED,
  STATE_RUNNING,
  STATE_STARTING,
  STATE_DEAD,
  STATE_BROKEN,
} State;

static const char * const state_names[] = {
  "unused", "idle", "queued", "running", "starting", "dead", "broken",
};

static const char * const flag_names[] = { "none", "wait", "cancel", "wait-and-cancel" };

G_STATIC_ASSERT ((CFUT_SHUTDOWN_WAIT | CFUT_SHUTDOWN_CANCEL) == 3);

static void
submit_held (FaultTest *test,
             Gate      *gate,
             guint      n_calls,
             guint      n_running)
{
  for (guint i = 0; i < n_calls; i++)
    g_object_unref (fault_track (test, gate_submit (gate, &test->process, "hold", i)));
  for (guint i = 0; i < n_running; i++)
    gate_next (gate);
}

static void
begin_in_state (FaultTest *test,
                Gate      *gate,
                State      state)
{
  if (state != STATE_STARTING)
    fault_begin (test, 2);

  switch (state)
    {
    case STATE_IDLE:
      process_prestart (&test->process);
      break;

    case STATE_QUEUED:
      submit_held (test, gate, 20, 2);
      break;

    case STATE_RUNNING:
      submit_held (test, gate, 2, 2);
      break;

    case STATE_STARTING:
      fault_begin_evil (test, 2, "never-ready");
      PROCESS_EXECUTOR (&test->process)->manager->start_us = 100 * 1000;
      for (guint i = 0; i < 5; i++)
        fault_submit_only (test, NULL, "pid", "()");
      process_await_workers (&test->process, 2);
      break;

    case STATE_DEAD:
      submit_held (test, gate, 20, 2);
      kill_workers (test);
      break;

    case STATE_BROKEN:
      cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test->process), "fail",
                                             g_variant_new ("(sis)", "g-io-error-quark", 0, "No"));
      fault_submit_only (test, NULL, "pid", "()");
      fault_await_all (test);
      break;

    case STATE_UNUSED:
    default:
      break;
    }
}

static void
test_shutdown (gconstpointer data)
{
  State state = GPOINTER_TO_UINT (data) / 4;
  CfutShutdownFlags flags = GPOINTER_TO_UINT (data) % 4;
  g_autoptr(GError) error = NULL;
  FaultTest test;
  Gate gate;

  g_test_summary ("Whatever the executor was about, it ends, and all calls with it");

  gate_init (&gate);
  begin_in_state (&test, &gate, state);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 20 * 1000);
  if (!cfut_executor_shutdown (test.process.executor, flags, 50 * 1000, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (cfut_executor_submit (test.process.executor, "pid", NULL, NULL, &error));
  if (state == STATE_BROKEN)
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  else if (state != STATE_STARTING)
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  /* Without either flag what runs may take as long as it wants. */
  gate_open (&gate);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_stays (void)
{
  FaultTest test;

  g_test_summary ("A worker that does not leave when it is told so is killed");

  fault_begin_evil (&test, 2, "stay");
  PROCESS_EXECUTOR (&test.process)->manager->leave_us = 50 * 1000;
  fault_assert_serves (&test, 100);
  fault_end (&test);
}

/* ---- F63: at a bad moment. */

static void
test_while_crashing (void)
{
  guint n_rounds = fault_scale (50, 1000);

  g_test_summary ("A shutdown while workers die ends");

  for (guint i = 0; i < n_rounds; i++)
    {
      FaultTest test;

      fault_begin (&test, 2);
      for (guint k = 0; k < 10; k++)
        fault_submit_only (&test, NULL, "die", "(is)", SIGKILL, "");
      if (i % 2 == 0)
        cfut_future_wait (test.futures->pdata[0], CFUT_WAIT_FOREVER, NULL);
      cfut_executor_shutdown (test.process.executor, i % 4, 0, NULL);
      fault_end (&test);
    }
}

static void
test_while_spawning (void)
{
  guint n_rounds = fault_scale (50, 1000);

  g_test_summary ("A shutdown while workers are started ends");

  for (guint i = 0; i < n_rounds; i++)
    {
      FaultTest test;

      fault_begin (&test, 4);
      for (guint k = 0; k < 4; k++)
        fault_submit_only (&test, NULL, "pid", "()");
      if (i % 8 >= 4)
        g_usleep (g_test_rand_int_range (0, 3000));
      cfut_executor_shutdown (test.process.executor, i % 4, 0, NULL);
      fault_end (&test);
    }
}

static gpointer
shutdown_thread (gpointer user_data)
{
  CfutExecutor *executor = user_data;

  for (guint i = 0; i < 4; i++)
    cfut_executor_shutdown (executor, i, i < 2 ? 1000 : 0, NULL);

  return NULL;
}

static void
test_many_times (void)
{
  guint n_rounds = fault_scale (50, 1000);

  g_test_summary ("Shutdowns from several threads, each several times, end");

  for (guint i = 0; i < n_rounds; i++)
    {
      GThread *threads[3];
      FaultTest test;

      fault_begin (&test, 2);
      for (guint k = 0; k < 10; k++)
        fault_submit_only (&test, NULL, "spin", "(x)", G_GINT64_CONSTANT (100));
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        threads[k] = g_thread_new ("shutdown", shutdown_thread, test.process.executor);
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        g_thread_join (threads[k]);
      fault_end (&test);
    }
}

/* ---- F64, F65: the last reference. */

static void
test_last_reference (gconstpointer data)
{
  guint max_calls = GPOINTER_TO_UINT (data);
  guint n_rounds = fault_scale (30, 1000);

  g_test_summary ("Futures resolve though nobody has their executor, be its workers recycled or not");

  for (guint i = 0; i < n_rounds; i++)
    {
      FaultTest test;

      fault_begin (&test, 2);
      cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test.process), max_calls);
      for (gint64 k = 0; k < 20; k++)
        fault_submit_only (&test, NULL, "square", "(x)", k);
      if (i % 2 == 0)
        cfut_future_wait (test.futures->pdata[10], CFUT_WAIT_FOREVER, NULL);
      g_clear_object (&test.process.executor);
      fault_end (&test);
    }
}

/* Drops the last reference but those of futures. */
static void
drop_cb (CfutFuture *future,
         gpointer    user_data)
{
  FaultTest *test = user_data;

  g_clear_object (&test->process.executor);
}

static gboolean
is_dropped (gpointer user_data)
{
  FaultTest *test = user_data;

  return test->process.executor == NULL;
}

static void
test_in_callback (void)
{
  guint n_rounds = fault_scale (30, 1000);

  g_test_summary ("An executor may be dropped in a callback of its own");

  for (guint i = 0; i < n_rounds; i++)
    {
      FaultTest test;

      fault_begin (&test, 2);
      for (gint64 k = 0; k < 10; k++)
        fault_submit_only (&test, NULL, "square", "(x)", k);
      cfut_future_add_done_callback (test.futures->pdata[i % 10], drop_cb, &test, NULL);
      test_iterate_until (NULL, is_dropped, &test);
      fault_end (&test);
    }
}

typedef struct
{
  CfutExecutor *executor; /* (owned) */
  TestLatch go;
} Dropper;

/* Runs in: a thread of the executor, of which this has the last reference. */
static gboolean
drop_in_worker (CfutCall  *call,
                GValue    *result,
                gpointer   user_data,
                GError   **error)
{
  Dropper *self = user_data;

  test_latch_wait (&self->go);
  g_clear_object (&self->executor);

  return TRUE;
}

static void
test_in_worker (void)
{
  guint n_rounds = fault_scale (30, 1000);

  g_test_summary ("An executor may be dropped in one of its own threads");

  for (guint i = 0; i < n_rounds; i++)
    {
      Dropper dropper = { .executor = cfut_thread_executor_new (1) };
      g_autoptr(GError) error = NULL;
      FaultTest test;

      fault_begin_bare (&test);
      g_object_unref (fault_track (&test, cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (dropper.executor),
                                                                            drop_in_worker, &dropper, NULL, NULL, &error)));
      g_assert_no_error (error);
      test_latch_open (&dropper.go);
      fault_end (&test);
    }
}

/* ---- F66: the end of the program: this one, run again. */

static int
run_program (const char *end)
{
  g_autofree int *pids = NULL;
  gsize n_pids;
  ProcessTest test;
  Gate gate;

  gate_init (&gate);
  process_test_begin (&test, 3);
  process_prestart (&test);
  gate_submit (&gate, &test, "spin-forever", 0);
  gate_next (&gate);
  gate_submit (&gate, &test, "hold-deaf", 0);
  gate_next (&gate);
  for (gint64 i = 0; i < 100; i++)
    process_submit (&test, "spin", "(x)", G_GINT64_CONSTANT (1000000));

  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test), &n_pids);
  for (gsize i = 0; i < n_pids; i++)
    printf ("%d\n", pids[i]);
  fflush (stdout);

  if (g_str_equal (end, "exit"))
    exit (EXIT_SUCCESS);
  if (g_str_equal (end, "_exit"))
    _exit (EXIT_SUCCESS);
  if (g_str_equal (end, "abort"))
    abort ();

  return EXIT_SUCCESS;
}

static void
test_end_of_program (gconstpointer end)
{
  g_autoptr(GSubprocess) program = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *output = NULL;
  g_auto(GStrv) lines = NULL;
  FaultTest test;

  g_test_summary ("A program that ends while calls run does so at once, and its workers with it");

  fault_begin_bare (&test);
  program = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "program", end, NULL);
  g_assert_no_error (error);
  /* Until the last of them has closed its end. */
  g_assert_true (g_subprocess_communicate_utf8 (program, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);

  lines = g_strsplit (g_strchomp (output), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  for (guint i = 0; i < 3; i++)
    process_await_exit (atoi (lines[i]));
  g_clear_object (&program);
  fault_end (&test);
}

/* ---- F67: workers that cannot be killed. */

static void
shut_down_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  GError **error = user_data;

  g_assert_false (cfut_executor_shutdown_finish (CFUT_EXECUTOR (object), result, error));
}

static gboolean
is_set (gpointer user_data)
{
  return *(gpointer *) user_data != NULL;
}

static void
shut_down_in_vain (CfutExecutor  *executor,
                   gboolean       async,
                   GError       **error)
{
  if (async)
    {
      cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, 50 * 1000, NULL, shut_down_cb, error);
      test_iterate_until (NULL, is_set, error);
    }
  else
    g_assert_false (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, 50 * 1000, error));
}

static void
test_unkillable (gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  CfutFuture *queued;
  FaultTest test;
  Gate gate;
  int pid;

  g_test_summary ("A shutdown with a deadline returns though a worker cannot be killed, and what it had not started ends");

  gate_init (&gate);
  fault_begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 0);
  g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "hold-deaf", 0)));
  pid = gate_next (&gate).pid;
  queued = fault_submit (&test, NULL, "pid", "()");

  g_atomic_int_set (&unkillable, pid);
  shut_down_in_vain (test.process.executor, GPOINTER_TO_INT (data), &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "2 calls unfinished"));
  text = g_strdup_printf ("left behind: %d", pid);
  g_assert_nonnull (strstr (error->message, text));
  process_expect_cancelled (queued);
  g_assert_true (process_exists (pid));

  g_atomic_int_set (&unkillable, 0);
  kill (pid, SIGKILL);
  fault_end (&test);
  gate_clear (&gate);
}

/* A worker that holds a call, and cannot be killed from now on. */
static void
begin_unkillable (FaultTest         *test,
                  Gate              *gate,
                  CfutSubmitOptions *options)
{
  gate_init (gate);
  fault_begin (test, 1);
  PROCESS_EXECUTOR (&test->process)->manager->abandon_us = 20 * 1000;
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test->process), 0);
  g_object_unref (fault_track (test, gate_submit_full (gate, &test->process, options, "hold-deaf", 0)));
  g_atomic_int_set (&unkillable, gate_next (gate).pid);
}

/* It dies at last, and whoever does then reaps it. */
static void
end_unkillable (FaultTest *test,
                Gate      *gate)
{
  int pid = g_atomic_int_get (&unkillable);

  g_atomic_int_set (&unkillable, 0);
  kill (pid, SIGKILL);
  process_await_exit (pid);
  fault_end (test);
  gate_clear (gate);
}

static void
test_unkillable_cancelled (void)
{
  FaultTest test;
  Gate gate;

  g_test_summary ("A call that is cancelled ends though its worker cannot be killed, and another worker serves");

  begin_unkillable (&test, &gate, NULL);
  g_assert_true (cfut_future_cancel (test.futures->pdata[0]));
  process_expect_cancelled (g_object_ref (test.futures->pdata[0]));
  fault_assert_serves (&test, 10);
  end_unkillable (&test, &gate);
}

static void
test_unkillable_timed_out (void)
{
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (10 * 1000);
  FaultTest test;
  Gate gate;

  g_test_summary ("A worker that cannot be killed after a time-out is replaced, and holds no shutdown");

  begin_unkillable (&test, &gate, options);
  process_expect_error (g_object_ref (test.futures->pdata[0]), G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timed out");
  fault_assert_serves (&test, 10);
  fault_end_calls (&test);
  g_assert_true (cfut_executor_shutdown (test.process.executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  end_unkillable (&test, &gate);
}

static void
test_unkillable_liar (void)
{
  FaultTest test;
  int pid;

  g_test_summary ("A worker that has broken the protocol and cannot be killed loses its calls, and is replaced");

  fault_begin_evil (&test, 1, "");
  PROCESS_EXECUTOR (&test.process)->manager->abandon_us = 20 * 1000;
  pid = process_get_pid (&test.process);
  g_atomic_int_set (&unkillable, pid);
  process_expect_error (fault_submit (&test, NULL, "lie", "(su)", "magic", 0),
                        CFUT_ERROR, CFUT_ERROR_PROTOCOL, "could not be killed, and was abandoned");
  g_assert_cmpint (process_get_pid (&test.process), !=, pid);
  fault_assert_serves (&test, 10);

  g_atomic_int_set (&unkillable, 0);
  kill (pid, SIGKILL);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  static const char * const ends[] = { "return", "exit", "_exit", "abort" };

  if (argc == 3 && g_str_equal (argv[1], "program"))
    {
      process_register_functions ();
      cfut_init (&argc, &argv);
      return run_program (argv[2]);
    }

  fault_test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (state_names) * G_N_ELEMENTS (flag_names); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F62/%s/%s", state_names[i / 4], flag_names[i % 4]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_shutdown);
    }
  g_test_add_func ("/faults/F62/stays", test_stays);
  g_test_add_func ("/faults/F63/while-crashing", test_while_crashing);
  g_test_add_func ("/faults/F63/while-spawning", test_while_spawning);
  g_test_add_func ("/faults/F63/many-times", test_many_times);
  g_test_add_data_func ("/faults/F64/last-reference", GUINT_TO_POINTER (0), test_last_reference);
  g_test_add_data_func ("/faults/F64/last-reference-recycled", GUINT_TO_POINTER (3), test_last_reference);
  g_test_add_func ("/faults/F65/in-callback", test_in_callback);
  g_test_add_func ("/faults/F65/in-worker", test_in_worker);
  /* A program that is started again as /proc/self/exe would be valgrind. */
  for (guint i = 0; !test_is_under_valgrind () && i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F66/%s", ends[i]);

      g_test_add_data_func (path, ends[i], test_end_of_program);
    }
  g_test_add_data_func ("/faults/F67/unkillable", GINT_TO_POINTER (FALSE), test_unkillable);
  g_test_add_data_func ("/faults/F67/unkillable-async", GINT_TO_POINTER (TRUE), test_unkillable);
  g_test_add_func ("/faults/F67/cancelled", test_unkillable_cancelled);
  g_test_add_func ("/faults/F67/timed-out", test_unkillable_timed_out);
  g_test_add_func ("/faults/F67/liar", test_unkillable_liar);

  return g_test_run ();
}
