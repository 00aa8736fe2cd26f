/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "process-support.h"

/* Workers that die, and what becomes of their calls. */

static CfutSubmitOptions *
with_retries (guint retries)
{
  CfutSubmitOptions *options = cfut_submit_options_new ();

  cfut_submit_options_set_retries (options, retries);

  return options;
}

/* ---- Names. */

static void
test_name_of_call (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

  g_test_summary ("A call with a name of its own is called by it");

  process_test_begin (&test, 1);
  cfut_submit_options_set_name (options, "thumbnail 7");
  process_expect_error (process_submit_full (&test, options, "die", "(is)", SIGKILL, ""),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "\"thumbnail 7\"");
  process_test_end (&test);
}

/* ---- The other calls. */

static void
test_others_go_on (void)
{
  ProcessTest test;
  CfutFuture *futures[100];

  g_test_summary ("Only the call that had started is lost; those sent ahead, and queued, are run in order");

  process_test_begin (&test, 1);
  for (gint64 i = 0; i < 200; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  for (guint i = 0; i < 100; i++)
    futures[i] = i % 10 == 0 ? process_submit (&test, "die", "(is)", SIGKILL, "")
                             : process_submit (&test, "square", "(x)", (gint64) i);
  for (guint i = 0; i < 100; i++)
    {
      if (i % 10 == 0)
        process_expect_error (futures[i], CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "\"die\"");
      else
        process_expect_done (futures[i]);
    }
  process_test_end (&test);
}

static void
test_order_is_kept (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *futures[21];

  g_test_summary ("Calls that move on keep their order");

  gate_init (&gate);
  process_test_begin (&test, 1);
  for (gint64 i = 0; i < 200; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  futures[0] = process_submit (&test, "die", "(is)", SIGKILL, "");
  for (int i = 1; i <= 20; i++)
    futures[i] = gate_submit (&gate, &test, "note", i);
  for (int i = 1; i <= 20; i++)
    g_assert_cmpint (gate_next (&gate).id, ==, i);
  process_expect_error (futures[0], CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "");
  for (int i = 1; i <= 20; i++)
    process_expect_done (futures[i]);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_idle_worker_killed (void)
{
  guint n_rounds = test_scale (50);
  ProcessTest test;

  g_test_summary ("A worker that is killed while it is idle costs nothing");

  process_test_begin (&test, 1);
  for (guint i = 0; i < n_rounds; i++)
    {
      int pid = process_get_pid (&test);

      kill (pid, SIGKILL);
      if (i % 2 == 0)
        process_await_exit (pid);
    }
  g_assert_cmpint (process_get_pid (&test), >, 0);
  process_test_end (&test);
}

/* ---- Retries. */

static void
test_retries (void)
{
  ProcessTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = with_retries (3);
  CfutFuture *future;

  g_test_summary ("A call is run again, as the next attempt, and may well succeed");

  gate_init (&gate);
  process_test_begin (&test, 1);
  future = process_submit_full (&test, options, "die-until", "(@(iii)i)", gate_arguments (&gate, 0), 4);
  for (int i = 1; i <= 4; i++)
    g_assert_cmpint (gate_next (&gate).attempt, ==, i);
  process_expect_int (future, 4);

  future = process_submit_full (&test, options, "die-until", "(@(iii)i)", gate_arguments (&gate, 0), 5);
  process_expect_error (future, CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 9");
  for (int i = 1; i <= 4; i++)
    g_assert_cmpint (gate_next (&gate).attempt, ==, i);
  g_assert_false (gate_has_next (&gate));
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_poison (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = with_retries (30);
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("A poison call ends after as many deaths as it has retries, and one; the pool is well");

  process_test_begin (&test, 1);
  process_expect_error (process_submit_full (&test, options, "abort-until", "(i)", 1000),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "signal 6");
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, 31);
  g_assert_cmpuint (cfut_stats_get_n_retried (stats), ==, 30);
  g_assert_cmpint (process_get_pid (&test), >, 0);
  process_expect_int (process_submit_full (&test, options, "abort-until", "(i)", 20), 20);
  process_test_end (&test);
}

static void
test_poison_for_ever (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = with_retries (CFUT_RETRY_FOREVER);

  g_test_summary ("A poison call that is retried for ever ends in a broken executor");

  process_test_begin (&test, 1);
  process_expect_error (process_submit_full (&test, options, "abort-until", "(i)", 1000000),
                        CFUT_ERROR, CFUT_ERROR_BROKEN, "signal 6");
  process_test_end (&test);
}

static void
test_chunk (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  GVariantBuilder items;
  guint n_done = 0, n_failed = 0;

  g_test_summary ("Of a chunk the calls that had run when the worker died are lost, the others are run");

  process_test_begin (&test, 1);
  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(i)"));
  for (guint i = 0; i < 64; i++)
    g_variant_builder_add (&items, "(i)", i == 21 ? 1000 : 1);
  cfut_map_options_set_chunk_size (options, 16);
  map = cfut_executor_map (test.executor, "abort-until", g_variant_builder_end (&items), options, NULL);
  while (!cfut_map_is_done (map))
    {
      g_autoptr(GVariant) result = NULL;
      g_autoptr(GError) error = NULL;
      guint64 index;

      if (cfut_map_next (map, &index, &result, &error))
        {
          n_done++;
        }
      else if (error != NULL)
        {
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
          n_failed++;
        }
    }
  g_assert_cmpuint (n_done + n_failed, ==, 64);
  /* From the first of its chunk to itself. */
  g_assert_cmpuint (n_failed, ==, 6);
  g_clear_object (&map);
  process_test_end (&test);
}

/* ---- Policy. */

static void
test_break_pool (gconstpointer data)
{
  guint max_calls = GPOINTER_TO_UINT (data);
  ProcessTest test;
  Gate gate;
  CfutFuture *dying, *running, *queued[3];
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;
  int pid;

  g_test_summary ("With crash-policy break-pool one death fails all that is unfinished, and all that comes");

  gate_init (&gate);
  process_test_begin (&test, 2);
  cfut_process_executor_set_crash_policy (PROCESS_EXECUTOR (&test), CFUT_CRASH_POLICY_BREAK_POOL);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), max_calls);
  running = gate_submit (&gate, &test, "hold", 0);
  gate_next (&gate);
  dying = gate_submit (&gate, &test, "hold", 1);
  pid = gate_next (&gate).pid;
  for (guint i = 0; i < 3; i++)
    queued[i] = gate_submit (&gate, &test, "hold", 2);
  kill (pid, SIGKILL);

  process_expect_error (dying, CFUT_ERROR, CFUT_ERROR_BROKEN, "signal 9");
  process_expect_error (running, CFUT_ERROR, CFUT_ERROR_BROKEN, "signal 9");
  for (guint i = 0; i < 3; i++)
    process_expect_error (queued[i], CFUT_ERROR, CFUT_ERROR_BROKEN, "signal 9");
  g_assert_null (cfut_executor_submit (test.executor, "pid", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  stats = cfut_executor_get_stats (test.executor);
  g_assert_cmpuint (cfut_stats_get_n_deaths (stats), ==, 1);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_break_pool_at_start (void)
{
  g_autofree char *starts = g_build_filename (g_get_tmp_dir (), "cfut-starts-XXXXXX", NULL);
  g_autofree char *script = NULL;
  g_autofree char *text = NULL;
  ProcessTest test;

  g_test_summary ("With crash-policy break-pool a worker killed before it is ready is not started again");

  g_close (g_mkstemp (starts), NULL);
  script = g_strdup_printf ("echo start >> %s; kill -TERM $$", starts);
  process_test_begin_argv (&test, 1, "/bin/sh", "-c", script, NULL);
  cfut_process_executor_set_crash_policy (PROCESS_EXECUTOR (&test), CFUT_CRASH_POLICY_BREAK_POOL);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "signal 15");
  process_test_end (&test);

  g_assert_true (g_file_get_contents (starts, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "start\n");
  g_unlink (starts);
}

/* ---- The last moment. */

static void
test_mixed_last_moment (void)
{
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("... and so do all that were given in one batch before it");

  process_test_begin (&test, 1);
  for (gint64 i = 0; i < 200; i++)
    process_expect_done (process_submit (&test, "square", "(x)", i));
  for (gint64 i = 0; i < 200; i++)
    g_ptr_array_add (futures, i % 20 == 19
                       ? process_submit (&test, "answer-and-die", "(tx)", (guint64) 10, G_GINT64_CONSTANT (0))
                       : process_submit (&test, "square", "(x)", i));
  for (guint i = 0; i < futures->len; i++)
    process_expect_done (futures->pdata[i]);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/death/name-of-call", test_name_of_call);
  g_test_add_func ("/death/others-go-on", test_others_go_on);
  g_test_add_func ("/death/order-is-kept", test_order_is_kept);
  g_test_add_func ("/death/idle-worker-killed", test_idle_worker_killed);
  g_test_add_func ("/death/retries", test_retries);
  g_test_add_func ("/death/poison", test_poison);
  g_test_add_func ("/death/poison-for-ever", test_poison_for_ever);
  g_test_add_func ("/death/chunk", test_chunk);
  g_test_add_data_func ("/death/break-pool", GUINT_TO_POINTER (0), test_break_pool);
  g_test_add_data_func ("/death/break-pool/last-call", GUINT_TO_POINTER (1), test_break_pool);
  g_test_add_func ("/death/break-pool/at-start", test_break_pool_at_start);
  g_test_add_func ("/death/mixed-last-moment", test_mixed_last_moment);

  return g_test_run ();
}
