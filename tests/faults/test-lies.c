/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <signal.h>
#include <time.h>

#include "oracle.h"
#include "process/cfut-process-executor-private.h"
#include "wire/cfut-arena-private.h"

/*
 * F37 to F52, all lies that evil-worker.c knows, for what they cost the program: the
 * calls of other workers, memory, and its main loop.
 *
 * How long the main loop was held is told in processor time of its thread from one
 * poll to the next, which nobody else on the machine makes longer. The longest in
 * real time is in the log.
 */

/* What is shared with two workers that are not trusted, and a copy of the largest
 * result that can lie there. What a heap takes to settle is less than that. */
#define N_WORKERS  2
#define MAX_GROWTH (N_WORKERS * CFUT_ARENA_SIZE (CFUT_ARENA_CAPACITY) + CFUT_ARENA_CAPACITY)
#define MAX_LEFT   (16 * 1024 * 1024)
#define MAX_HELD_US 5000

/* Where it can be had without a launcher. This worker has nothing from cfut that
 * would filter anything. */
#ifdef HAVE_SECCOMP
#define LEVEL CFUT_SANDBOX_SECCOMP
#else
#define LEVEL CFUT_SANDBOX_LIMITS
#endif

/* ---- What it costs. */

typedef struct
{
  gsize memory;      /* the most */
  gint64 held_us;    /* the longest in processor time of the main loop's thread */
  gint64 gap_us;     /* the same in real time */
  gint64 cpu_at;     /* when the loop was given back last */
  gint64 real_at;
} Costs;

static Costs costs; /* of the main thread */

static gint64
get_thread_time (void)
{
  struct timespec time;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time), ==, 0);

  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void
begin_turn (void)
{
  costs.cpu_at = get_thread_time ();
  costs.real_at = g_get_monotonic_time ();
}

static void
end_turn (void)
{
  costs.held_us = MAX (costs.held_us, get_thread_time () - costs.cpu_at);
  costs.gap_us = MAX (costs.gap_us, g_get_monotonic_time () - costs.real_at);
}

/* The poll of the default context. */
static gint
poll_and_look (GPollFD *fds,
               guint    n_fds,
               gint     timeout)
{
  gint n_ready;

  end_turn ();
  costs.memory = MAX (costs.memory, test_get_memory ());
  n_ready = g_poll (fds, n_fds, timeout);
  begin_turn ();

  return n_ready;
}

static void
begin_costs (void)
{
  costs = (Costs) { .memory = test_get_memory () };
  begin_turn ();
}

/* ---- Lies. */

typedef struct
{
  const char *mode;
  guint number;
  const char *worker; /* the mode of the worker itself */
} Lie;

static const Lie lies[] = {
  { "magic" }, { "version" }, { "type" }, { "parents-type" }, { "flags" }, { "too-large" }, { "chunk-flag" },
  { "unknown-call" }, { "call-zero" }, { "other-attempt" }, { "twice" }, { "ready-twice" },
  { "wrong-size" }, { "empty" }, { "error-garbage" }, { "error-zero" }, { "long-error" }, { "unclaimed" },
  { "silent-body" }, { "silent-header" }, { "flood" },
  { "progress-unknown" }, { "progress-garbage" }, { "progress-nan" }, { "lie-duration" },
  { "torn", 9 }, { "torn", 500000 }, { "flip", 3 }, { "flip", 90 }, { "mutate", 1 }, { "random", 1 },
  { "length", 0xffffffff }, { "length", 1 << 30 }, { "drip" },
  { "rude-error", 100 }, { "rude-error", 15 * 1024 * 1024 },
  { "bomb", 0, "type:a(ss)" }, { "bomb", 0, "type:av" }, { "bomb", 1, "type:v" }, { "bomb", 2, "type:v" },
  { "bomb", 3, "type:aas" },
  { "lend-twice", 40 * 1024 * 1024, "type:ay" }, { "descriptors", 20 }, { "claims", 0 }, { "claims", 1 }, { "claims", 2 }, { "claims", 3 },
  { "text", 3, "type:as" }, { "unread" },
  { "shared-beyond" }, { "shared-too-long" }, { "shared-wraps" }, { "shared-index" }, { "shared-hole" },
  { "shared-all" }, { "shared-all", 0, "type:ay" }, { "shared-all", 0, "type:a(ss)" },
  { "shared-short-place" }, { "shared-ready" }, { "shared-error-garbage" },
  { "skip" }, { "hang" }, { "exit" },
  { "others-call", 1 }, { "others-call", (guint) -1 }, { "repeat" },
  { "long-progress" }, { "late-progress" }, { "murmur", 500 }, { "murmur", 100000 },
  { "zeros", 3 }, { "zeros", 8 * 1024 * 1024, "type:ay" }, { "zeros", 8 * 1024 * 1024, "type:a(ss)" },
  { "shared-zeros", 8 * 1024 * 1024, "type:ay" }, { "shared-zeros", 8 * 1024 * 1024, "type:av" },
  { "nest", 60, "type:v" }, { "nest", 80, "type:v" }, { "laden-error", 8 * 1024 * 1024 },
  { "lend", 2 }, { "lend", 2, "type:ay" },
  { "odd-descriptors" }, { "babble-to-control" },
  { "raise-within", SIGSEGV }, { "raise-within", SIGSTOP }, { "raise-within", SIGTERM },
  { "become-sleep" }, { "become-echo" }, { "late-answer", 100 }, { "truth" },
  { "change-group" }, { "leave-daemon" }, { "be-traced" }, { "close-output" },
  { "deaf" }, { "babble-and-shut" },
};

/* What becomes of the call that was lied about: as there are true answers among
 * the lies, the outcome may be one. */
static gboolean
is_outcome_of_lie (CfutFuture *future)
{
  g_autoptr(GError) error = cfut_future_dup_error (future);

  return error == NULL ||
         g_error_matches (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL) ||
         g_error_matches (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED) ||
         g_error_matches (error, CFUT_ERROR, CFUT_ERROR_REMOTE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

/* Among calls that may be run again. */
static void
tell_lie (FaultTest *test,
          const Lie *lie)
{
  enum { N_SQUARES = 40, N_BEFORE = 20 };
  g_autoptr(CfutSubmitOptions) in_time = fault_with_timeout (50 * 1000);
  g_autoptr(CfutSubmitOptions) again = fault_with_retries (CFUT_RETRY_FOREVER);
  g_autoptr(CfutFuture) told = NULL;
  CfutFuture *squares[N_SQUARES];

  for (gint64 i = 0; i < N_SQUARES; i++)
    {
      squares[i] = fault_submit (test, again, "square", "(x)", i);
      if (i == N_BEFORE)
        told = fault_submit (test, in_time, "lie", "(su)", lie->mode, lie->number);
    }

  /* To submit is no turn of the loop. */
  begin_turn ();
  fault_await_all (test);
  end_turn ();

  for (gint64 i = 0; i < N_SQUARES; i++)
    {
      g_autoptr(CfutFuture) future = squares[i];
      g_autoptr(GVariant) result = process_result (future);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
    }
  g_assert_true (is_outcome_of_lie (told));
}

/* What is shared with a worker that lives on is when that has been idle for a while. */
static gboolean
memory_is_given_back (gpointer user_data)
{
  const gsize *before = user_data;

  return test_get_memory () < *before + MAX_LEFT;
}

static void
test_costs (gconstpointer data)
{
  const Lie *lie = data;
  guint n_rounds = fault_scale (2, 20);
  FaultTest test;
  gsize before;

  g_test_summary ("A lie costs its worker, bounded memory, and no time of the main loop; what others do, or may be run again, goes on");

  fault_begin_evil (&test, N_WORKERS, lie->worker != NULL ? lie->worker : "");
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test.process), LEVEL);
  PROCESS_EXECUTOR (&test.process)->manager->frame_us = 50 * 1000;
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test.process), 50 * 1000);
  fault_assert_serves (&test, 20);
  fault_await_all (&test);
  before = test_get_memory ();
  begin_costs ();
  for (guint i = 0; i < n_rounds; i++)
    {
      tell_lie (&test, lie);
      /* A result may be large, and is not to stay. */
      fault_end_calls (&test);
    }

  g_test_message ("%s %u: %" G_GSIZE_FORMAT " KiB at most, %" G_GINT64_FORMAT " us of processor time, %" G_GINT64_FORMAT " us",
                  lie->mode, lie->number, (MAX (costs.memory, before) - before) / 1024, costs.held_us, costs.gap_us);
  g_assert_cmpuint (costs.memory, <, before + MAX_GROWTH);
  if (!test_is_sanitized () && !test_is_under_valgrind ())
    g_assert_cmpint (costs.held_us, <, MAX_HELD_US);
  test_iterate_until (NULL, memory_is_given_back, &before);
  fault_assert_serves (&test, 5);
  fault_end (&test);
}

static void
test_all_are_there (void)
{
  g_autofree char *program = process_build_path ("faults/evil-worker");
  g_autofree char *output = NULL;
  g_auto(GStrv) modes = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("There is no lie of which the costs are not known");

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "list", NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  modes = g_strsplit (g_strchomp (output), "\n", -1);
  g_assert_cmpuint (g_strv_length (modes), >, 50);
  for (guint i = 0; modes[i] != NULL; i++)
    {
      guint k = 0;

      while (k < G_N_ELEMENTS (lies) && !g_str_equal (lies[k].mode, modes[i]))
        k++;
      if (k == G_N_ELEMENTS (lies))
        g_error ("Nobody has tried \"%s\"", modes[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);
  g_main_context_set_poll_func (NULL, poll_and_look);

  g_test_add_func ("/faults/F37/costs/all-are-there", test_all_are_there);
  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F37/costs/%u-%s", i, lies[i].mode);

      g_test_add_data_func (path, &lies[i], test_costs);
    }

  return g_test_run ();
}
