/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "oracle.h"
#include "process/cfut-process-executor-private.h"

/*
 * More of F05, F09, F12, F38, F40, F43, F45, F50 and F54: workers that mean it. They
 * keep to the letter of the protocol, or hide in how processes work.
 */

#define KIB 1024
#define MIB (1024 * KIB)

static CfutFuture *
submit_lie (FaultTest  *test,
            const char *lie,
            guint       number)
{
  return fault_submit (test, NULL, "lie", "(su)", lie, number);
}

/* What is not finished is not waited for as long as otherwise. */
static void
begin_impatient (FaultTest  *test,
                 guint       max_workers,
                 const char *mode)
{
  fault_begin_evil (test, max_workers, mode);
  PROCESS_EXECUTOR (&test->process)->manager->frame_us = 20 * 1000;
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test->process), 10 * 1000);
}

/* The only worker. */
static int
get_worker_pid (FaultTest *test)
{
  g_autofree int *pids = NULL;
  gsize n_pids;

  fault_assert_serves (test, 1);
  pids = cfut_process_executor_dup_worker_pids (PROCESS_EXECUTOR (&test->process), &n_pids);
  g_assert_cmpuint (n_pids, ==, 1);

  return pids[0];
}

/* ---- F38: results that are allowed, and too many. */

typedef struct
{
  const char *name;
  const char *lie;
} Heap;

static const Heap heaps[] = {
  { "socket", "zeros" },
  { "shared", "shared-zeros" },
  { "errors", "laden-error" },
};

/* Those that are not refused, of @n. */
static guint
count_taken (FaultTest  *test,
             const char *lie,
             guint       n)
{
  guint n_taken = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CfutFuture) future = submit_lie (test, lie, MIB);
      g_autoptr(GError) error = NULL;

      g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
      error = cfut_future_dup_error (future);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
        g_assert_nonnull (strstr (error->message, "no more than 8388608 may be"));
      else
        n_taken++;
    }

  return n_taken;
}

static void
test_heap (gconstpointer data)
{
  const Heap *heap = data;
  guint n_calls = fault_scale (30, 300);
  FaultTest test;
  gsize before;
  guint n_taken;

  g_test_summary ("Results that nobody drops are taken until they are as many as may be, and again when they are dropped");

  fault_begin_evil (&test, 2, "type:ay");
  cfut_process_executor_set_max_held_bytes (PROCESS_EXECUTOR (&test.process), 8 * MIB);
  fault_assert_serves (&test, 5);
  fault_end_calls (&test);
  for (guint round = 0; round < 3; round++)
    {
      before = test_get_memory ();
      n_taken = count_taken (&test, heap->lie, n_calls);
      /* An error has a little more than what it carries. */
      g_assert_cmpuint (n_taken, >=, 7);
      g_assert_cmpuint (n_taken, <=, 8);
      g_assert_cmpuint (test_get_memory (), <, before + 16 * MIB);

      /* Who has small ones is not concerned. */
      g_assert_cmpuint (fault_get_n_deaths (&test), ==, (round + 1) * (n_calls - n_taken));
      fault_assert_serves (&test, 20);
      process_expect_done (submit_lie (&test, "zeros", 60 * KIB));
      fault_end_calls (&test);
    }
  fault_end (&test);
}

static void
test_held_values (void)
{
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  FaultTest test;

  g_test_summary ("A result that the program has taken out of its future counts, and so does a part of it");

  fault_begin_evil (&test, 1, "type:ay");
  cfut_process_executor_set_max_held_bytes (PROCESS_EXECUTOR (&test.process), 2 * MIB);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(CfutFuture) future = submit_lie (&test, "zeros", MIB);
      g_autoptr(GVariant) value = process_result (future);

      g_ptr_array_add (values, g_variant_get_child_value (value, 1000));
    }
  fault_end_calls (&test);
  process_expect_error (submit_lie (&test, "zeros", MIB), G_IO_ERROR, G_IO_ERROR_NO_SPACE, "2097152 bytes are there");
  fault_end_calls (&test);

  g_ptr_array_remove_index (values, 0);
  process_expect_done (submit_lie (&test, "zeros", MIB));
  fault_end (&test);
}

/* ---- F40: what others were asked. */

static void
test_others_call (gconstpointer data)
{
  int offset = GPOINTER_TO_INT (data);
  guint n_rounds = fault_scale (5, 50);
  FaultTest test;

  g_test_summary ("An answer to a call that another worker runs costs the liar, and the call has its own answer");

  fault_begin_evil (&test, 2, "");
  process_prestart (&test.process);
  for (guint i = 0; i < n_rounds; i++)
    {
      CfutFuture *rightful, *liar;
      g_autoptr(GVariant) result = NULL;
      gint32 pid;

      if (offset > 0)
        {
          liar = submit_lie (&test, "others-call", offset);
          rightful = submit_lie (&test, "late-answer", 20);
        }
      else
        {
          rightful = submit_lie (&test, "late-answer", 20);
          liar = submit_lie (&test, "others-call", offset);
        }
      process_expect_error (liar, CFUT_ERROR, CFUT_ERROR_PROTOCOL, "which it does not have");
      result = process_result (rightful);
      pid = g_variant_get_int32 (result);
      g_assert_true (process_exists (pid));
      g_object_unref (rightful);
      process_prestart (&test.process);
    }
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, n_rounds);
  fault_end (&test);
}

/* The first answer counts, and what comes behind it condemns. */
static void
test_more_than_asked (gconstpointer lie)
{
  FaultTest test;

  g_test_summary ("What is said of a call that was answered changes nothing of it, and condemns");

  fault_begin_evil (&test, 1, "");
  for (guint i = 0; i < 5; i++)
    {
      int pid = get_worker_pid (&test);
      CfutFuture *future = submit_lie (&test, lie, 0);

      process_expect_int (future, pid);
      process_await_exit (pid);
    }
  fault_assert_serves (&test, 5);
  /* The only worker serves, so the last one is known to be dead. */
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 5);
  fault_end (&test);
}

/* ---- F43: much of little. */

static void
test_murmur (void)
{
  FaultTest test;

  g_test_summary ("Reports that are small are counted, too");

  fault_begin_evil (&test, 1, "");
  process_expect_done (submit_lie (&test, "murmur", 500));
  process_expect_error (submit_lie (&test, "murmur", 1000000), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "bytes of progress");
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F50: as deep as can be. */

static void
test_nest (void)
{
  enum { MAX_DEPTH = 65 };
  FaultTest test;

  g_test_summary ("Variants in each other are taken as deep as in D-Bus, and no deeper");

  fault_begin_evil (&test, 1, "type:v");
  process_expect_done (submit_lie (&test, "nest", MAX_DEPTH - 1));
  for (guint depth = MAX_DEPTH + 1; depth < 4 * MAX_DEPTH; depth *= 2)
    process_expect_error (submit_lie (&test, "nest", depth), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "is not a value of type");
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F45: descriptors, and the control socket. */

static void
test_is_not_taken (gconstpointer lie)
{
  guint n_fds;
  FaultTest test;

  g_test_summary ("Whatever kind of descriptor comes, and by whichever socket, nobody takes it");

  fault_begin_evil (&test, 1, "");
  fault_assert_serves (&test, 5);
  n_fds = test_count_fds ();
  for (guint i = 0; i < 5; i++)
    process_expect_done (submit_lie (&test, lie, 0));
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);

  /* It can be cancelled, and told to leave, all the same. */
  process_expect_done (submit_lie (&test, "late-answer", 1));
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F05, F12: the midst of a frame. */

static void
test_signal_within (void)
{
  FaultTest test;

  g_test_summary ("Whatever signal comes within a frame, it is told, or the frame is not waited for any longer");

  begin_impatient (&test, 1, "");
  for (int signum = 1; signum <= SIGRTMAX; signum++)
    {
      g_autofree char *text = g_strdup_printf ("by signal %d (", signum);
      g_autoptr(CfutFuture) future = NULL;
      g_autoptr(GError) error = NULL;
      gboolean is_its_end;

      /* Which are the C library's own. */
      if (signum > SIGSYS && signum < SIGRTMIN)
        continue;

      future = submit_lie (&test, "raise-within", signum);
      error = process_error (future);
      is_its_end = g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      if (is_its_end)
        g_assert_nonnull (strstr (error->message, text));
      else
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      g_assert_cmpint (is_its_end, ==, signum != SIGSTOP && signum != SIGTSTP && signum != SIGTTIN &&
                                       signum != SIGTTOU && signum != SIGCONT && signum != SIGCHLD &&
                                       signum != SIGURG && signum != SIGWINCH);
      fault_assert_serves (&test, 1);
    }
  fault_end (&test);
}

static void
test_becomes (gconstpointer lie)
{
  FaultTest test;
  int pid;

  g_test_summary ("A worker that becomes another program within a frame, with its sockets, is killed");

  begin_impatient (&test, 1, "");
  pid = get_worker_pid (&test);
  process_expect_error (submit_lie (&test, lie, 0), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "It did not finish a frame");
  process_await_exit (pid);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_echo (void)
{
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (100 * 1000);
  CfutFuture *echoing, *echoed;
  FaultTest test;

  g_test_summary ("What was sent to a worker is nothing that it may say");

  begin_impatient (&test, 1, "");
  PROCESS_EXECUTOR (&test.process)->manager->claim_us = 20 * 1000;
  fault_assert_serves (&test, 300);
  echoing = fault_submit (&test, options, "lie", "(su)", "become-echo", 0);
  echoed = fault_submit (&test, NULL, "square", "(x)", G_GINT64_CONSTANT (3));
  process_forget (echoing);
  process_expect_done (echoed);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

/* ---- F09, F54: processes that hide. */

static void
test_other_group (void)
{
  FaultTest test;

  g_test_summary ("A worker that has left its group is killed all the same, and nobody with it");

  fault_begin_evil (&test, 1, "");
  for (guint i = 0; i < 5; i++)
    {
      int pid = get_worker_pid (&test);

      process_expect_error (submit_lie (&test, "change-group", 0), CFUT_ERROR, CFUT_ERROR_PROTOCOL, "begins with");
      process_await_exit (pid);
    }
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_daemon (void)
{
  FaultTest test;

  g_test_summary ("A worker that leaves a child in a session of its own, with all its sockets, is seen to be dead");

  fault_begin_evil (&test, 1, "");
  for (guint i = 0; i < 5; i++)
    {
      int pid = get_worker_pid (&test);

      process_expect_int (submit_lie (&test, "leave-daemon", 0), pid);
      process_await_exit (pid);
      fault_assert_serves (&test, 5);
    }
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 5);
  fault_end (&test);
}

static void
test_traced (void)
{
  g_autoptr(CfutSubmitOptions) options = fault_with_timeout (100 * 1000);
  FaultTest test;

  g_test_summary ("A worker that has us trace it, and stops, is killed, be it at once or in time");

  begin_impatient (&test, 1, "");
  for (guint i = 0; i < 4; i++)
    {
      int pid = get_worker_pid (&test);
      g_autoptr(CfutFuture) future = fault_submit (&test, i % 2 == 0 ? options : NULL, "lie", "(su)", "be-traced", 0);
      g_autoptr(GError) error = NULL;

      /* A child of ours that dies has GLib look at all others. */
      process_await_run_state (pid, 't');
      if (i % 2 == 1)
        {
          g_spawn_command_line_sync ("true", NULL, NULL, NULL, &error);
          g_assert_no_error (error);
          cfut_future_wait (future, 200 * 1000, NULL);
          cfut_future_cancel (future);
        }
      error = process_error (future);

      /* Without pidfds it cannot be told from one that has died. */
      if (g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED))
        g_assert_nonnull (strstr (error->message, "by signal 9"));
      else if (i % 2 == 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_test_message ("Error: %s", error->message);
      process_await_exit (pid);
      fault_assert_serves (&test, 5);
    }
  fault_end (&test);
}

static void
test_close_output (void)
{
  FaultTest test;

  g_test_summary ("A worker without standard output and error serves on");

  fault_begin_evil (&test, 1, "");
  process_expect_done (submit_lie (&test, "close-output", 0));
  fault_assert_serves (&test, 20);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F05/signal-within", test_signal_within);
  g_test_add_func ("/faults/F09/daemon", test_daemon);
  g_test_add_data_func ("/faults/F12/becomes-sleep", "become-sleep", test_becomes);
  g_test_add_func ("/faults/F12/becomes-echo", test_echo);
  for (guint i = 0; i < G_N_ELEMENTS (heaps); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F38/heap/%s", heaps[i].name);

      g_test_add_data_func (path, &heaps[i], test_heap);
    }
  g_test_add_func ("/faults/F38/held-values", test_held_values);
  g_test_add_data_func ("/faults/F40/later-call", GINT_TO_POINTER (1), test_others_call);
  g_test_add_data_func ("/faults/F40/earlier-call", GINT_TO_POINTER (-1), test_others_call);
  g_test_add_data_func ("/faults/F40/repeat", "repeat", test_more_than_asked);
  g_test_add_data_func ("/faults/F40/late-progress", "late-progress", test_more_than_asked);
  g_test_add_func ("/faults/F43/murmur", test_murmur);
  g_test_add_func ("/faults/F50/nest", test_nest);
  g_test_add_data_func ("/faults/F45/odd-descriptors", "odd-descriptors", test_is_not_taken);
  g_test_add_data_func ("/faults/F45/control", "babble-to-control", test_is_not_taken);
  g_test_add_func ("/faults/F54/other-group", test_other_group);
  g_test_add_func ("/faults/F54/traced", test_traced);
  g_test_add_func ("/faults/F74/close-output", test_close_output);

  return g_test_run ();
}
