/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include "oracle.h"

/* F58 to F61: memory. */

#define MIB (1024 * 1024)

/* ---- F58, F59: workers that grow. */

static void
test_leak (void)
{
  guint n_calls = fault_scale (100, 1000);
  g_autoptr(GHashTable) pids = g_hash_table_new (NULL, NULL);
  FaultTest test;

  g_test_summary ("A worker that has grown too large is replaced after its call, whose result is kept");

  fault_begin (&test, 2);
  cfut_process_executor_set_max_worker_rss (PROCESS_EXECUTOR (&test.process), 100 * MIB);
  for (guint i = 0; i < n_calls; i++)
    {
      g_autoptr(CfutFuture) future = fault_submit (&test, NULL, "leak", "(t)", (guint64) 10 * MIB);

      g_hash_table_add (pids, GINT_TO_POINTER (process_int (future)));
    }
  g_test_message ("%u workers", g_hash_table_size (pids));
  g_assert_cmpuint (g_hash_table_size (pids), >=, n_calls / 13);
  g_assert_cmpuint (g_hash_table_size (pids), <=, n_calls / 4);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  fault_end (&test);
}

static void
test_leak_together (void)
{
  guint n_calls = fault_scale (60, 1000);
  guint n_most = 0;
  FaultTest test;

  g_test_summary ("Workers that grow too large at the same time are never all gone, nor are there ever many more");

  fault_begin (&test, 4);
  cfut_process_executor_set_max_worker_rss (PROCESS_EXECUTOR (&test.process), 30 * MIB);
  process_prestart (&test.process);
  for (guint i = 0; i < n_calls; i++)
    fault_submit_only (&test, NULL, "leak", "(t)", (guint64) 10 * MIB);
  for (guint i = 0; i < n_calls; i++)
    {
      process_int (test.futures->pdata[i]);
      n_most = MAX (n_most, process_count_workers (&test.process));
    }
  g_test_message ("At most %u workers", n_most);
  g_assert_cmpuint (n_most, <=, 2 * 4 + 1);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 0);
  fault_end (&test);
}

/* ---- F60: a limit of address space. */

static void
test_address_space (void)
{
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  FaultTest test;

  g_test_summary ("A call that wants more memory than there may be costs the worker, which aborts, and no other call");

  fault_begin (&test, 2);
  cfut_worker_setup_add_rlimit (setup, RLIMIT_AS, 1024 * MIB, 1024 * MIB);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test.process), setup);
  fault_assert_serves (&test, 10);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(CfutFuture) future = fault_submit (&test, NULL, "allocate", "(t)", (guint64) 4096 * MIB);
      g_autoptr(GError) error = process_error (future);

      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      g_test_message ("%s", error->message);
      fault_assert_serves (&test, 10);
    }
  g_assert_cmpuint (fault_get_n_failed (&test), ==, 3);
  fault_end (&test);
}

/* ---- F61: too large a result for the parent. */

static void
test_large_results (void)
{
  guint n_rounds = fault_scale (5, 100);
  FaultTest test;
  gsize before;

  g_test_summary ("Results that are large, and dropped, leave no memory behind");

  fault_begin (&test, 2);
  g_variant_unref (process_call (&test.process, "make-bytes", "(t)", (guint64) 32 * MIB));
  before = test_get_memory ();
  for (guint i = 0; i < n_rounds; i++)
    {
      g_autoptr(GVariant) result = process_call (&test.process, "make-bytes", "(t)", (guint64) 32 * MIB);

      g_assert_cmpuint (g_variant_get_size (result), ==, 32 * MIB);
    }
  g_assert_cmpuint (test_get_memory (), <, before + 40 * MIB);
  fault_end (&test);
}

/* ---- F61: no memory for it. */

static gint is_lacking; /* atomic: there is none for a MiB or more */

typedef gpointer (*TryRealloc) (gpointer memory,
                                gsize    size);

/* Takes the place of the function that the library calls. */
gpointer
g_try_realloc (gpointer memory,
               gsize    size)
{
  TryRealloc try_realloc = (TryRealloc) dlsym (RTLD_NEXT, "g_try_realloc");

  return g_atomic_int_get (&is_lacking) && size >= MIB ? NULL : try_realloc (memory, size);
}

/* A call whose result is copied: in shared memory, or by the socket. */
static CfutFuture *
submit_large (FaultTest         *test,
              CfutSubmitOptions *options,
              gboolean           shared)
{
  g_autofree char *text = shared ? g_strnfill (8 * MIB, 'x') : NULL;

  return shared ? fault_submit (test, options, "echo-s", "(s)", text)
                : fault_submit (test, options, "make-bytes", "(t)", (guint64) 40 * MIB);
}

static void
test_no_memory (gconstpointer data)
{
  gboolean shared = GPOINTER_TO_INT (data);
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (1);
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  FaultTest test;

  g_test_summary ("A result that there is no memory for fails its call, and nothing else");

  fault_begin (&test, 1);
  /* With a limit of addresses less of them is shared, so that 40 MiB do not fit. */
  cfut_worker_setup_add_rlimit (setup, RLIMIT_AS, 1024 * MIB, 1024 * MIB);
  if (!shared)
    cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test.process), setup);
  fault_assert_serves (&test, 10);
  g_atomic_int_set (&is_lacking, TRUE);
  process_expect_error (submit_large (&test, NULL, shared),
                        G_IO_ERROR, G_IO_ERROR_NO_SPACE, "There is no memory");
  process_expect_error (submit_large (&test, options, shared),
                        G_IO_ERROR, G_IO_ERROR_NO_SPACE, "There is no memory");
  fault_assert_serves (&test, 10);
  g_assert_cmpuint (fault_get_n_retried (&test), ==, 1);

  g_atomic_int_set (&is_lacking, FALSE);
  process_expect_done (submit_large (&test, NULL, shared));
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F58/leak", test_leak);
  g_test_add_func ("/faults/F59/leak-together", test_leak_together);
  /* Sanitizers take far more addresses than are left to a worker there. */
  if (!test_is_sanitized () && !test_is_under_valgrind ())
    g_test_add_func ("/faults/F60/address-space", test_address_space);
  g_test_add_func ("/faults/F61/large-results", test_large_results);
  g_test_add_data_func ("/faults/F61/no-memory/shared", GINT_TO_POINTER (TRUE), test_no_memory);
  if (!test_is_sanitized () && !test_is_under_valgrind ())
    g_test_add_data_func ("/faults/F61/no-memory/socket", GINT_TO_POINTER (FALSE), test_no_memory);

  return g_test_run ();
}
