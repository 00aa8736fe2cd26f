/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process-support.h"

/* Large bodies, which travel in memory that is shared with the worker. */

#define MIB ((gsize) 1 << 20)

/* As "make-bytes" makes them. */
static GVariant *
make_bytes (gsize n,
            guint first)
{
  guint8 *data = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    data[i] = i + first;

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, n, TRUE, g_free, data);
}

static void
assert_bytes (GVariant *value,
              gsize     n,
              guint     first)
{
  g_autoptr(GVariant) expected = g_variant_ref_sink (make_bytes (n, first));

  g_assert_true (g_variant_equal (value, expected));
}

static gboolean
is_given_back (gpointer user_data)
{
  return process_get_shared () < MIB;
}

static void
test_memory (void)
{
  ProcessTest test;

  g_test_summary ("Memory for bodies is used again for the next, and given back when the worker is idle");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (8 * MIB, i));

      assert_bytes (result, 8 * MIB, i);
      g_assert_cmpuint (process_get_shared (), <, 40 * MIB);
    }
  process_await (is_given_back, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (8 * MIB, i));

      assert_bytes (result, 8 * MIB, i);
    }
  process_test_end (&test);
}

static guint64
get_rss (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", pid);
  g_autofree char *contents = NULL;
  guint64 size, resident;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpint (sscanf (contents, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &size, &resident), ==, 2);

  return resident * sysconf (_SC_PAGESIZE);
}

static void
test_max_rss (void)
{
  ProcessTest test;
  int pid;

  g_test_summary ("A worker is not replaced for the memory that bodies take");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  cfut_process_executor_set_max_worker_rss (PROCESS_EXECUTOR (&test), get_rss (pid) + 20 * MIB);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (16 * MIB, i));

      assert_bytes (result, 16 * MIB, i);
      g_assert_cmpint (process_get_pid (&test), ==, pid);
    }
  process_test_end (&test);
}

static void
test_shared (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *holding, *large;

  g_test_summary ("A large body is in shared memory while it is on its way");

  gate_init (&gate);
  process_test_begin (&test, 1);
  holding = gate_submit (&gate, &test, "hold", 1);
  gate_next (&gate);
  g_assert_cmpuint (process_get_shared (), <, MIB);
  large = process_submit (&test, "hold-bytes", "(@(iii)@ay)", gate_arguments (&gate, 2), make_bytes (4 * MIB, 0));
  gate_let_through (&gate, 1);
  gate_next (&gate);
  g_assert_cmpuint (process_get_shared (), >=, 4 * MIB);
  gate_let_through (&gate, 1);
  process_expect_done (holding);
  process_expect_done (large);
  gate_clear (&gate);
  process_test_end (&test);
}

static void
test_too_large_for_it (void)
{
  ProcessTest test;
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  guint64 limit = G_GUINT64_CONSTANT (1) << 40;

  g_test_summary ("What is larger than the shared memory comes through the socket; "
                  "where a worker has few addresses that is small");

  if (test_is_sanitized ())
    {
      g_test_skip ("It needs more addresses than this leaves");
      return;
    }

  process_test_begin (&test, 1);
  cfut_worker_setup_add_rlimit (setup, RLIMIT_AS, limit, limit);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test), setup);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (40 * MIB, i));

      assert_bytes (result, 40 * MIB, i);
      g_assert_cmpuint (process_get_shared (), <, MIB);
    }
  process_test_end (&test);
}

static void
test_very_large (void)
{
  ProcessTest test;

  g_test_summary ("64 MiB have room, twice in each direction");

  process_test_begin (&test, 1);
  {
    g_autoptr(GVariant) kept = process_call (&test, "echo-ay", "(@ay)", make_bytes (64 * MIB, 1));

    for (guint i = 0; i < 2; i++)
      {
        g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (64 * MIB, i));

        assert_bytes (result, 64 * MIB, i);
        g_assert_cmpuint (process_get_shared (), >=, 128 * MIB);
        g_assert_cmpuint (process_get_shared (), <, 258 * MIB);
      }
    assert_bytes (kept, 64 * MIB, 1);
  }
  process_await (is_given_back, NULL);
  process_test_end (&test);
}

static void
test_in_place (gconstpointer data)
{
  ProcessTest test;
  g_autoptr(GVariant) bytes = NULL;
  g_autoptr(GVariant) text = NULL;
  g_autofree char *long_text = g_strnfill (MIB, 'x');
  g_autoptr(GError) error = NULL;

  g_test_summary ("Bytes from a worker that is trusted are not copied, and outlive it; all else is copied");

  process_test_begin (&test, 1);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), GPOINTER_TO_UINT (data));
  g_object_unref (process_submit (&test, "pid", "()"));
  bytes = process_call (&test, "echo-ay", "(@ay)", make_bytes (MIB, 3));
  text = process_call (&test, "echo-s", "(s)", long_text);
  g_assert_true (process_is_shared (bytes));
  g_assert_false (process_is_shared (text));
  cfut_process_executor_kill_workers (PROCESS_EXECUTOR (&test));
  process_test_end (&test);
  assert_bytes (bytes, MIB, 3);
  g_assert_cmpstr (g_variant_get_string (text, NULL), ==, long_text);
}

static void
test_without (void)
{
  struct rlimit limit, small;
  ProcessTest test;

  g_test_summary ("Where there can be no shared memory all comes through the socket");

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = MIB;
  process_test_begin (&test, 1);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "echo-ay", "(@ay)", make_bytes (2 * MIB, i));

      assert_bytes (result, 2 * MIB, i);
      g_assert_cmpuint (process_get_shared (), <, MIB);
    }
  process_test_end (&test);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_kept_arguments (void)
{
  ProcessTest test;

  g_test_summary ("Arguments that a function keeps stay what they were, however many follow");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr(GVariant) result = NULL;

      process_expect_done (process_submit (&test, "keep", "(@ay)", make_bytes (2 * MIB, i)));
      result = process_call (&test, "echo-ay", "(@ay)", make_bytes (2 * MIB, i + 1));
      assert_bytes (result, 2 * MIB, i + 1);
    }
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "kept", "(u)", i);

      assert_bytes (result, 2 * MIB, i);
    }
  process_test_end (&test);
}

static void
test_retry (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutFuture *future;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("A large body goes to the next worker, too, when the first dies");

  process_test_begin (&test, 1);
  cfut_submit_options_set_retries (options, 3);
  future = process_submit_full (&test, options, "abort-with-until", "(i@ay)", 3, make_bytes (3 * MIB, 1));
  result = process_result (future);
  assert_bytes (result, 3 * MIB, 1);
  g_object_unref (future);
  process_test_end (&test);
}

static void
test_error (void)
{
  ProcessTest test;
  g_autofree char *text = g_strnfill (2000, 'x');

  g_test_summary ("Errors come back between large bodies");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 10; i++)
    {
      CfutFuture *large = process_submit (&test, "echo-ay", "(@ay)", make_bytes (MIB, i));
      CfutFuture *failing = process_submit (&test, "fail", "(sis)", "test-domain", 7, text);
      g_autoptr(GVariant) result = process_result (large);

      assert_bytes (result, MIB, i);
      g_object_unref (large);
      process_expect_error (failing, g_quark_from_string ("test-domain"), 7, text);
    }
  process_test_end (&test);
}

static void
test_cancelled (void)
{
  ProcessTest test;
  guint n_rounds = test_scale (100);

  g_test_summary ("Calls that are taken back leave no memory behind");

  process_test_begin (&test, 1);
  for (guint i = 0; i < n_rounds; i++)
    process_expect_done (process_submit (&test, "echo-ay", "(@ay)", make_bytes (40000, i)));
  for (guint i = 0; i < n_rounds; i++)
    {
      CfutFuture *future = process_submit (&test, "echo-ay", "(@ay)", make_bytes (40000, i));

      cfut_future_cancel (future);
      process_forget (future);
    }
  process_expect_done (process_submit (&test, "pid", "()"));
  process_await (is_given_back, NULL);
  process_test_end (&test);
}

static void
test_map (void)
{
  ProcessTest test;
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  GVariantBuilder items;

  g_test_summary ("Chunks of large items go there and come back");

  process_test_begin (&test, 2);
  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(ay)"));
  for (guint i = 0; i < 60; i++)
    g_variant_builder_add (&items, "(@ay)", make_bytes (100000 + i, i));
  map = cfut_executor_map (test.executor, "echo-ay", g_variant_builder_end (&items), NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 60; i++)
    {
      g_autoptr(GVariant) result = NULL;

      g_assert_true (cfut_map_next (map, NULL, &result, &error));
      assert_bytes (result, 100000 + i, i);
    }
  g_clear_object (&map);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/large/memory", test_memory);
  g_test_add_func ("/large/max-rss", test_max_rss);
  g_test_add_func ("/large/shared", test_shared);
  g_test_add_func ("/large/too-large-for-it", test_too_large_for_it);
  g_test_add_func ("/large/very-large", test_very_large);
  g_test_add_data_func ("/large/in-place/none", GUINT_TO_POINTER (CFUT_SANDBOX_NONE), test_in_place);
  g_test_add_data_func ("/large/in-place/limits", GUINT_TO_POINTER (CFUT_SANDBOX_LIMITS), test_in_place);
  g_test_add_func ("/large/without", test_without);
  g_test_add_func ("/large/kept-arguments", test_kept_arguments);
  g_test_add_func ("/large/retry", test_retry);
  g_test_add_func ("/large/error", test_error);
  g_test_add_func ("/large/cancelled", test_cancelled);
  g_test_add_func ("/large/map", test_map);

  return g_test_run ();
}
