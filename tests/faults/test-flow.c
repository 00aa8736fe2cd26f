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

#include "executor/cfut-job-private.h"
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

typedef struct
{
  CfutFuture *future; /* (owned) */
  guint64 size;
} Booked;

static void
booked_clear (gpointer data)
{
  g_clear_object (&((Booked *) data)->future);
}

/* Submits a call of random size, or cancels one; returns what that adds to the books. */
static gint64
change_books (FaultTest *test,
              GArray    *booked)
{
  Booked new = { 0 };
  gint64 change;

  if (booked->len > 0 && (booked->len == 500 || g_test_rand_int_range (0, 5) < 2))
    {
      guint i = g_test_rand_int_range (0, booked->len);

      g_assert_true (cfut_future_cancel (g_array_index (booked, Booked, i).future));
      change = -(gint64) g_array_index (booked, Booked, i).size;
      g_array_remove_index_fast (booked, i);
      return change;
    }

  new.size = g_test_rand_int_range (0, 2000);
  new.future = process_submit (&test->process, "echo-ay", "(@ay)", make_bytes (0, new.size));
  new.size += CFUT_JOB_OVERHEAD;
  g_array_append_val (booked, new);

  return new.size;
}

static void
test_books (void)
{
  guint n_changes = fault_scale (20000, 1000000);
  g_autoptr(GArray) booked = g_array_new (FALSE, FALSE, sizeof (Booked));
  guint64 n_bytes = 0;
  FaultTest test;
  Gate gate;

  g_test_summary ("While calls are submitted and cancelled the books are right to the byte");

  g_array_set_clear_func (booked, booked_clear);
  gate_init (&gate);
  fault_begin (&test, 1);
  g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "hold", 0)));
  gate_next (&gate);
  for (guint i = 0; i < n_changes; i++)
    {
      n_bytes += change_books (&test, booked);
      g_assert_cmpuint (fault_get_stat (&test, cfut_stats_get_pending_bytes), ==, n_bytes);
      if (i % 100 == 0)
        while (g_main_context_iteration (NULL, FALSE))
          continue;
    }
  for (guint i = 0; i < booked->len; i++)
    fault_track (&test, g_array_index (booked, Booked, i).future);
  g_array_set_size (booked, 0);
  gate_open (&gate);
  fault_end (&test);
  gate_clear (&gate);
}

static void
test_accounts (void)
{
  guint n_batches = fault_scale (1, 20);
  FaultTest test;

  g_test_summary ("After any order of submits, cancels and ends no byte is left in the books");

  fault_begin (&test, 2);
  for (guint batch = 0; batch < n_batches; batch++)
    {
      for (guint i = 0; i < 5000; i++)
        {
          submit_echo (&test, i, g_test_rand_int_range (0, 2000));
          if (i % 3 == 0)
            cfut_future_cancel (test.futures->pdata[g_test_rand_int_range (0, test.futures->len)]);
          if (i % 100 == 0)
            while (g_main_context_iteration (NULL, FALSE))
              continue;
        }
      fault_end_calls (&test);
    }
  fault_end (&test);
}

/* ---- F30: a worker that does not read. */

/* All but one: the next call of a worker is its own for a while. */
static gboolean
all_but_one_have_ended (gpointer user_data)
{
  const FaultTest *test = user_data;

  return test->n_ended + 1 >= test->futures->len;
}

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
  test_iterate_until (NULL, all_but_one_have_ended, &test);
  g_assert_cmpint (process_get_run_state (pids[0]), ==, 'T');
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

/* All that there are here, and those of the workers. */
static void
shrink_sockets (FaultTest *test)
{
  const int size = 4096;

  /* It fails for what is no socket. */
  for (int fd = 3; fd < 256; fd++)
    setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  process_expect_done (fault_submit (test, NULL, "shrink-channel", "(i)", size));
}

static void
test_small_buffers (gconstpointer data)
{
  gboolean shared = GPOINTER_TO_INT (data);
  guint n_calls = fault_scale (1000, 50000);
  g_autofree guint *sizes = g_new (guint, n_calls);
  struct rlimit limit, no_arena;
  FaultTest test;

  g_test_summary ("Whatever is written in how many pieces, it comes whole");

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  no_arena = (struct rlimit) { MIB, limit.rlim_max };
  fault_begin (&test, 1);
  cfut_executor_set_max_pending_bytes (test.process.executor, G_MAXUINT64);
  if (!shared)
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &no_arena), ==, 0);
  process_prestart (&test.process);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  shrink_sockets (&test);
  for (guint i = 0; i < n_calls; i++)
    {
      sizes[i] = g_test_rand_int_range (1, i % 50 == 0 ? MIB : 20 * KIB);
      submit_echo (&test, 1 + i, sizes[i]);
    }
  for (guint i = 0; i < n_calls; i++)
    check_echo (&test, 1 + i, sizes[i]);
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

static void
test_readable_socket (void)
{
  FaultTest test;
  CfutFuture *future;
  gint64 began_at, before, spent_us;
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
  future = fault_submit (&test, NULL, "lie", "(su)", "babble-and-shut", 0);
  test_iterate_until_set (NULL, &was_to_die);

  began_at = g_get_monotonic_time ();
  before = fault_get_manager_time ();
  g_usleep (G_USEC_PER_SEC / 2);
  spent_us = fault_get_manager_time () - before;
  g_test_message ("%" G_GINT64_FORMAT " us", spent_us);
  /* Valgrind takes its time. */
  if (!test_is_under_valgrind ())
    g_assert_cmpint (spent_us, <, (g_get_monotonic_time () - began_at) / 100);

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
  g_test_add_func ("/faults/F29/books", test_books);
  g_test_add_func ("/faults/F29/accounts", test_accounts);
  g_test_add_func ("/faults/F30/stopped-reader", test_stopped_reader);
  g_test_add_func ("/faults/F31/both-ways", test_both_ways);
  g_test_add_data_func ("/faults/F32/small-buffers", GINT_TO_POINTER (FALSE), test_small_buffers);
  g_test_add_data_func ("/faults/F32/small-buffers-and-memory", GINT_TO_POINTER (TRUE), test_small_buffers);
  g_test_add_func ("/faults/F33/busy-loop", test_busy_loop);
  /* Which makes a fork of a vfork. */
  if (!test_is_under_valgrind ())
    g_test_add_func ("/faults/F34/large-parent", test_large_parent);
  g_test_add_func ("/faults/F35/readable-socket", test_readable_socket);
  g_test_add_func ("/faults/F36/floods", test_floods);

  return g_test_run ();
}
