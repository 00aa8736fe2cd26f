/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "oracle.h"
#include "thread-limit.h"

/* F68 to F72: re-entrancy, threads, and limits of the system. */

/* ---- F68: callbacks that do all that they may. */

typedef struct
{
  FaultTest *test;
  CfutFuture *victim; /* (unowned) queued behind what ends */
  guint n_left;
  guint n_called;
} Acts;

static void
count_cb (CfutFuture *future,
          gpointer    user_data)
{
  ((Acts *) user_data)->n_called++;
}

/* What would wait for ever if a lock were held. */
static void
look_around (Acts *self)
{
  fault_get_n_deaths (self->test);
  cfut_executor_get_n_pending (self->test->process.executor);
  cfut_executor_get_n_running (self->test->process.executor);
  g_assert_cmpint (cfut_future_get_state (self->victim), !=, -1);
}

static void
act_submit (CfutFuture *future,
            gpointer    user_data)
{
  Acts *self = user_data;
  g_autoptr(CfutFuture) next = NULL;

  self->n_called++;
  look_around (self);
  if (--self->n_left == 0)
    return;
  next = fault_submit (self->test, NULL, "square", "(x)", (gint64) self->n_left);
  cfut_future_add_done_callback (next, act_submit, self, NULL);
}

static void
act_cancel (CfutFuture *future,
            gpointer    user_data)
{
  Acts *self = user_data;

  self->n_called++;
  cfut_future_cancel (self->victim);
  cfut_future_cancel (future);
  look_around (self);
}

static void
act_add_and_remove (CfutFuture *future,
                    gpointer    user_data)
{
  Acts *self = user_data;
  guint id;

  cfut_future_add_done_callback (future, count_cb, self, NULL);
  id = cfut_future_add_done_callback (self->victim, count_cb, self, NULL);
  g_assert_true (cfut_future_remove_done_callback (self->victim, id));
  look_around (self);
}

static void
act_shut_down (CfutFuture *future,
               gpointer    user_data)
{
  Acts *self = user_data;
  g_autoptr(GError) error = NULL;

  self->n_called++;
  look_around (self);
  g_assert_true (cfut_executor_shutdown (self->test->process.executor, CFUT_SHUTDOWN_CANCEL, 0, NULL));
  g_assert_null (cfut_executor_submit (self->test->process.executor, "pid", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
}

typedef struct
{
  const char *name;
  CfutFutureCallback act;
} Act;

static const Act acts[] = {
  { "submit", act_submit },
  { "cancel", act_cancel },
  { "add-and-remove", act_add_and_remove },
  { "shut-down", act_shut_down },
};

static gboolean
acts_are_over (gpointer user_data)
{
  Acts *self = user_data;

  return self->n_left == 0 || self->n_called > 0;
}

static void
test_acts (gconstpointer data)
{
  const Act *act = data;
  guint n_rounds = fault_scale (10, 500);

  g_test_summary ("A callback may do anything with the executor and its futures");

  for (guint i = 0; i < n_rounds; i++)
    {
      FaultTest test;
      Acts self = { &test, NULL, 20, 0 };
      g_autoptr(CfutFuture) first = NULL;

      fault_begin (&test, 1);
      first = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (1));
      self.victim = fault_submit (&test, NULL, "spin", "(x)", G_GINT64_CONSTANT (100));
      cfut_future_add_done_callback (first, act->act, &self, NULL);
      g_clear_object (&first);
      test_iterate_until (NULL, acts_are_over, &self);
      while (act->act == act_submit && self.n_left > 0)
        g_main_context_iteration (NULL, TRUE);
      g_object_unref (self.victim);
      fault_end (&test);
    }
}

/* ---- F69: waits that would never end. */

static gboolean
wait_in_loop_cb (gpointer user_data)
{
  CfutFuture *future = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_wait_in_loop (void)
{
  FaultTest test;
  Gate gate;
  CfutFuture *future;
  GSource *source;

  g_test_summary ("A wait in a callback of the context in which the future completes is an error at once");

  gate_init (&gate);
  fault_begin (&test, 1);
  future = fault_track (&test, gate_submit (&gate, &test.process, "hold", 0));
  gate_next (&gate);
  source = g_idle_source_new ();
  g_source_set_callback (source, wait_in_loop_cb, future, NULL);
  g_source_attach (source, NULL);
  while (!g_source_is_destroyed (source))
    g_main_context_iteration (NULL, TRUE);
  g_source_unref (source);
  gate_open (&gate);
  process_expect_done (future);
  fault_end (&test);
  gate_clear (&gate);
}

typedef struct
{
  CfutExecutor *executor;
  CfutFuture *self; /* (nullable) the call's own */
  TestLatch told;
} Nested;

static gboolean
wait_for_other (CfutCall  *call,
                GValue    *result,
                gpointer   user_data,
                GError   **error)
{
  Nested *nested = user_data;
  g_autoptr(CfutFuture) inner = NULL;

  inner = cfut_executor_submit (nested->executor, "square", g_variant_new ("(x)", G_GINT64_CONSTANT (3)), NULL, error);

  return inner != NULL && cfut_future_wait (inner, CFUT_WAIT_FOREVER, error);
}

static gboolean
wait_for_self (CfutCall  *call,
               GValue    *result,
               gpointer   user_data,
               GError   **error)
{
  Nested *nested = user_data;

  test_latch_wait (&nested->told);

  return cfut_future_wait (nested->self, CFUT_WAIT_FOREVER, error);
}

static void
test_wait_in_thread (void)
{
  guint n_rounds = fault_scale (20, 1000);

  g_test_summary ("In the only thread of a pool a wait for another call runs it, and one for itself is an error");

  for (guint i = 0; i < n_rounds; i++)
    {
      g_autoptr(GError) error = NULL;
      Nested nested = { 0 };
      FaultTest test;

      fault_begin_bare (&test);
      nested.executor = test.process.executor = cfut_thread_executor_new (1);
      process_expect_done (fault_track (&test, cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (nested.executor), wait_for_other,
                                                                                 &nested, NULL, NULL, &error)));
      nested.self = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (nested.executor), wait_for_self,
                                                      &nested, NULL, NULL, &error);
      test_latch_open (&nested.told);
      process_expect_error (fault_track (&test, nested.self), CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK, "");
      fault_end (&test);
    }
}

/* ---- F70: cancels that meet starts and ends. */

typedef struct
{
  CfutExecutor *executor;
  guint n_rounds;
  guint32 seed;
} Race;

static gpointer
race_thread (gpointer user_data)
{
  const Race *self = user_data;
  g_autoptr(GRand) rand = g_rand_new_with_seed (self->seed);
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (gint64 i = 0; i < self->n_rounds; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) outcome = NULL;
      g_autoptr(GVariant) result = NULL;
      g_autoptr(CfutFuture) future = NULL;
      gint64 end;

      future = cfut_executor_submit (self->executor, "square", g_variant_new ("(x)", i), NULL, &error);
      g_assert_no_error (error);
      end = g_get_monotonic_time () + g_rand_int_range (rand, 0, 300);
      while (g_get_monotonic_time () < end)
        continue;
      if (i % 4 != 0)
        cfut_future_cancel (future);
      result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &outcome);
      if (result != NULL)
        g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
      else
        g_assert_error (outcome, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (cfut_future_get_state (future), ==,
                       result != NULL ? CFUT_FUTURE_STATE_DONE : CFUT_FUTURE_STATE_CANCELLED);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_race (gconstpointer data)
{
  gboolean with_processes = GPOINTER_TO_INT (data);
  guint n_rounds = fault_scale (500, 25000);
  g_autoptr(CfutStats) stats = NULL;
  GThread *threads[8];
  Race races[8];
  FaultTest test;

  g_test_summary ("Of cancel, start and end one wins, and all count it the same");

  fault_begin_bare (&test);
  test.process.executor = with_processes ? cfut_process_executor_new (2) : cfut_thread_executor_new (2);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      races[i] = (Race) { test.process.executor, n_rounds, g_test_rand_int () };
      threads[i] = g_thread_new ("race", race_thread, &races[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  stats = cfut_executor_get_stats (test.process.executor);
  g_test_message ("%u of %u were cancelled", (guint) cfut_stats_get_n_cancelled (stats), 8 * n_rounds);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 8 * n_rounds);
  g_assert_cmpuint (cfut_stats_get_n_failed (stats), ==, 0);
  g_assert_cmpuint (cfut_stats_get_n_cancelled (stats), >, 0);
  fault_end (&test);
}

/* ---- F71: no more threads. */

static void
assert_submit_fails (FaultTest *test)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_executor_submit (test->process.executor, "square", g_variant_new ("(x)", G_GINT64_CONSTANT (2)), NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_START_FAILED);
  g_test_message ("Error: %s", error->message);
}

static void
test_no_threads (gconstpointer data)
{
  gboolean with_processes = GPOINTER_TO_INT (data);
  FaultTest test;

  g_test_summary ("Without threads an executor can be made, a submit fails and never runs, and a later one works");

  fault_begin_bare (&test);
  thread_limit_begin ();
  test.process.executor = with_processes ? cfut_process_executor_new (2) : cfut_thread_executor_new (2);
  for (guint i = 0; i < 3; i++)
    assert_submit_fails (&test);
  thread_limit_end ();

  fault_assert_serves (&test, 10);
  g_assert_cmpuint (fault_get_stat (&test, cfut_stats_get_n_submitted), ==, 10);
  fault_end (&test);
}

/* A call that cannot run yet, since no worker can be had, does when one can. */
static void
assert_recovers (CfutFuture *future,
                 void      (*end_limit) (void))
{
  /* Long after it would have given up on workers that die. */
  g_assert_false (cfut_future_wait (future, G_USEC_PER_SEC / 2, NULL));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_PENDING);
  end_limit ();
  process_expect_done (g_object_ref (future));
}

static void
test_no_thread_of_glib (void)
{
  g_autoptr(CfutFuture) future = NULL;
  FaultTest test;

  g_test_summary ("At the limit with the manager's thread, the thread that GLib makes with the first worker is waited for");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  fault_begin (&test, 1);
  thread_limit_leave (1);
  future = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (3));
  assert_recovers (future, thread_limit_end);
  g_clear_object (&future);
  fault_end (&test);
}

/* ---- F72: no more descriptors. */

#define MAX_FDS 256

static struct rlimit fds_before;
static GArray *taken_fds; /* of int */

/* Takes all that there may be. A limit below what is open would not do: poll()
 * takes no more than that. */
static void
begin_fd_limit (void)
{
  int fd;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &fds_before), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &(struct rlimit) { MAX_FDS, fds_before.rlim_max }), ==, 0);
  taken_fds = g_array_new (FALSE, FALSE, sizeof fd);
  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    g_array_append_val (taken_fds, fd);
  g_assert_cmpint (errno, ==, EMFILE);
}

static void
end_fd_limit (void)
{
  for (guint i = 0; i < taken_fds->len; i++)
    close (g_array_index (taken_fds, int, i));
  g_array_unref (taken_fds);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &fds_before), ==, 0);
}

static void
test_no_fds_at_construction (void)
{
  FaultTest test;

  g_test_summary ("Without descriptors an executor can be made, a submit fails, and a later one works");

  fault_begin_bare (&test);
  begin_fd_limit ();
  test.process.executor = cfut_process_executor_new (2);
  for (guint i = 0; i < 3; i++)
    assert_submit_fails (&test);
  end_fd_limit ();

  fault_assert_serves (&test, 10);
  fault_end (&test);
}

static void
test_no_fds_at_submit (void)
{
  FaultTest test;
  CfutFuture *future;

  g_test_summary ("Without descriptors no worker can be started; the executor says so when it gives up");

  fault_begin (&test, 2);
  fault_assert_serves (&test, 1);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test.process), 0);
  process_await_workers (&test.process, 0);
  begin_fd_limit ();
  future = fault_submit (&test, NULL, "pid", "()");
  process_expect_error (future, CFUT_ERROR, CFUT_ERROR_BROKEN, "Too many open files");
  end_fd_limit ();
  fault_end (&test);
}

static void
test_no_fds_for_a_while (void)
{
  g_autoptr(CfutFuture) future = NULL;
  FaultTest test;

  g_test_summary ("A call waits for descriptors that come back, though there is no worker");

  fault_begin (&test, 2);
  fault_assert_serves (&test, 1);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test.process), 0);
  process_await_workers (&test.process, 0);
  begin_fd_limit ();
  future = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (3));
  assert_recovers (future, end_fd_limit);
  g_clear_object (&future);
  fault_end (&test);
}

static void
test_no_fds_at_restart (void)
{
  FaultTest test;
  int pids[2];
  Gate gate;

  g_test_summary ("A worker that cannot be replaced for want of descriptors is when they come back");

  gate_init (&gate);
  fault_begin (&test, 2);
  cfut_process_executor_set_min_workers (PROCESS_EXECUTOR (&test.process), 2);
  for (guint i = 0; i < 2; i++)
    g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "hold", i)));
  /* In whatever order they come. */
  for (guint i = 0; i < 2; i++)
    {
      GateRecord record = gate_next (&gate);

      pids[record.id] = record.pid;
    }

  begin_fd_limit ();
  /* What the dead one leaves is too little for another. */
  kill (pids[0], SIGKILL);
  cfut_future_wait (test.futures->pdata[0], CFUT_WAIT_FOREVER, NULL);
  gate_open (&gate);
  /* The other one goes on meanwhile. */
  for (gint64 i = 0; i < 100; i++)
    {
      g_autoptr(CfutFuture) future = fault_submit (&test, NULL, "square", "(x)", i);

      g_variant_unref (process_result (future));
    }
  end_fd_limit ();

  process_await_workers (&test.process, 2);
  fault_assert_serves (&test, 10);
  fault_end (&test);
  gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (acts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F68/%s", acts[i].name);

      g_test_add_data_func (path, &acts[i], test_acts);
    }
  g_test_add_func ("/faults/F69/wait-in-loop", test_wait_in_loop);
  g_test_add_func ("/faults/F69/wait-in-thread", test_wait_in_thread);
  g_test_add_data_func ("/faults/F70/threads", GINT_TO_POINTER (FALSE), test_race);
  g_test_add_data_func ("/faults/F70/processes", GINT_TO_POINTER (TRUE), test_race);
  g_test_add_data_func ("/faults/F71/threads", GINT_TO_POINTER (FALSE), test_no_threads);
  g_test_add_data_func ("/faults/F71/processes", GINT_TO_POINTER (TRUE), test_no_threads);
  g_test_add_func ("/faults/F71/of-glib", test_no_thread_of_glib);
  g_test_add_func ("/faults/F72/at-construction", test_no_fds_at_construction);
  /* Valgrind has a limit of its own, below the program's. */
  if (!test_is_under_valgrind ())
    {
      g_test_add_func ("/faults/F72/at-submit", test_no_fds_at_submit);
      g_test_add_func ("/faults/F72/for-a-while", test_no_fds_for_a_while);
    }
  g_test_add_func ("/faults/F72/at-restart", test_no_fds_at_restart);

  return g_test_run ();
}
