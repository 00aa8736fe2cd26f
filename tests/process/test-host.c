/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "process-support.h"

/* Workers that are hosts: they take their calls, and are not called. */

static void
begin (ProcessTest *test,
       guint        max_workers)
{
  g_autofree char *program = process_build_path ("process/host-worker");

  process_test_begin_argv (test, max_workers, program, NULL);
}

static void
test_bytes (void)
{
  ProcessTest test;

  g_test_summary ("Bytes come back from a host, from many calls at once");

  begin (&test, 2);
  for (guint round = 0; round < 20; round++)
    {
      g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

      for (guint i = 0; i < 100; i++)
        {
          g_autofree char *text = g_strdup_printf ("call %u of round %u", i, round);
          g_autoptr(GError) error = NULL;

          g_ptr_array_add (futures,
                           cfut_executor_submit_data (test.executor, "echo", (guint8 *) text,
                                                      strlen (text), NULL, &error));
          g_assert_no_error (error);
        }

      for (guint i = 0; i < 100; i++)
        {
          g_autofree char *text = g_strdup_printf ("call %u of round %u", i, round);
          CfutFuture *future = g_ptr_array_index (futures, i);
          const guint8 *data;
          gsize length;

          g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
          data = cfut_future_get_data (future, &length);
          g_assert_cmpmem (data, length, text, strlen (text));
        }
    }
  process_test_end (&test);
}

static void
assert_exception (CfutFuture *future,
                  const char *name)
{
  g_autofree char *found = cfut_future_dup_remote_name (future);
  g_autofree char *traceback = cfut_future_dup_remote_traceback (future);
  g_autoptr(GBytes) data = cfut_future_dup_remote_data (future);
  gsize length;

  g_assert_cmpstr (found, ==, name);
  g_assert_cmpstr (traceback, ==, "at the end of the world");
  g_assert_nonnull (data);
  g_assert_cmpmem (g_bytes_get_data (data, &length), length, "exception", 9);
}

static void
test_exception (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) bad = NULL;
  g_autoptr(CfutFuture) good = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("A host's exception fails its call, with all that it carries, and no other");

  begin (&test, 1);
  bad = process_submit (&test, "divide", "(xx)", G_GINT64_CONSTANT (1), G_GINT64_CONSTANT (0));
  good = process_submit (&test, "divide", "(xx)", G_GINT64_CONSTANT (12), G_GINT64_CONSTANT (3));

  error = process_error (bad);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "ZeroDivisionError: division by zero");
  assert_exception (bad, "ZeroDivisionError");
  result = process_result (good);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 4);

  g_clear_object (&bad);
  g_clear_object (&good);
  process_test_end (&test);
}

static void
test_map (void)
{
  ProcessTest test;
  g_autoptr(GVariant) items = NULL;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Of a map in chunks the item that fails is the one that raises");

  begin (&test, 1);
  cfut_map_options_set_chunk_size (options, 4);
  items = g_variant_ref_sink (g_variant_new_parsed ("[(int64 60, int64 1), (60, 2), (60, 0), (60, 4), (60, 5)]"));
  map = cfut_executor_map (test.executor, "divide", items, options, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr(GVariant) result = NULL;
      g_autoptr(GError) item_error = NULL;
      guint64 index;
      gboolean found = cfut_map_next (map, &index, &result, &item_error);

      if (i == 2)
        {
          g_assert_false (found);
          g_assert_error (item_error, CFUT_ERROR, CFUT_ERROR_REMOTE);
          g_assert_nonnull (strstr (item_error->message, "division by zero"));
          continue;
        }
      g_assert_no_error (item_error);
      g_assert_true (found);
      g_assert_cmpuint (index, ==, i);
      g_assert_cmpint (g_variant_get_int64 (result), ==, 60 / (i + 1));
    }

  g_clear_object (&map);
  process_test_end (&test);
}

static gboolean
has_progress (gpointer user_data)
{
  return cfut_future_get_progress (user_data) == 0.5;
}

static void
test_progress (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("A host's progress is its call's");

  begin (&test, 1);
  future = process_submit (&test, "host-report", "()");
  result = process_result (future);
  process_await (has_progress, future);

  g_clear_object (&future);
  process_test_end (&test);
}

static void
test_death (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *victim;
  CfutFuture *others[8];

  g_test_summary ("A host that dies fails the call it had taken; those sent ahead run elsewhere");

  gate_init (&gate);
  begin (&test, 1);
  victim = gate_submit (&gate, &test, "host-hold-and-die", 1);
  gate_next (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = process_submit (&test, "divide", "(xx)", (gint64) i, G_GINT64_CONSTANT (1));
  gate_let_through (&gate, 1);

  process_expect_error (victim, CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "host-hold-and-die");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    process_expect_done (others[i]);

  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_cancel_running (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *future;
  int pid;

  g_test_summary ("A call that a host runs is interrupted by a cancel, and the host goes on");

  gate_init (&gate);
  begin (&test, 1);
  cfut_process_executor_set_grace (PROCESS_EXECUTOR (&test), -1);
  future = gate_submit (&gate, &test, "wait-for-signal", 1);
  pid = gate_next (&gate).pid;

  g_assert_true (cfut_future_cancel (future));
  process_expect_cancelled (future);

  gate_open (&gate);
  process_expect_int (gate_submit (&gate, &test, "host-hold", 2), pid);

  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_cancel_sent_ahead (void)
{
  ProcessTest test;
  Gate gate;
  CfutFuture *running, *ahead;
  GateRecord record;

  g_test_summary ("A call that was cancelled before a host took it never comes to the host");

  gate_init (&gate);
  begin (&test, 1);
  running = gate_submit (&gate, &test, "host-hold", 1);
  gate_next (&gate);
  ahead = gate_submit (&gate, &test, "host-hold", 2);
  g_assert_true (cfut_future_cancel (ahead));
  process_expect_cancelled (ahead);
  gate_open (&gate);
  process_expect_done (running);
  process_expect_done (gate_submit (&gate, &test, "host-hold", 3));
  record = gate_next (&gate);
  g_assert_cmpint (record.id, ==, 3);

  process_test_end (&test);
  gate_clear (&gate);
}

static void
set_initializer (ProcessTest *test,
                 const char  *how)
{
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (test), "host-initialize",
                                         g_variant_new ("(s)", how));
}

static void
test_initializer (void)
{
  ProcessTest test;

  g_test_summary ("An initializer may be a host's function");

  begin (&test, 1);
  set_initializer (&test, "well");
  process_expect_done (process_submit (&test, "divide", "(xx)", G_GINT64_CONSTANT (1), G_GINT64_CONSTANT (1)));
  process_test_end (&test);
}

static void
test_initializer_fails (void)
{
  ProcessTest test;
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) later = NULL;

  g_test_summary ("An initializer that raises breaks the executor, with its exception");

  begin (&test, 1);
  set_initializer (&test, "badly");
  future = process_submit (&test, "divide", "(xx)", G_GINT64_CONSTANT (1), G_GINT64_CONSTANT (1));

  error = process_error (future);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_nonnull (strstr (error->message, "ImportError: no such module"));
  assert_exception (future, "ImportError");

  g_assert_false (cfut_executor_describe (test.executor, "divide", NULL, NULL, &later));
  g_assert_error (later, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_nonnull (strstr (later->message, "ImportError: no such module"));

  g_clear_object (&future);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/host/bytes", test_bytes);
  g_test_add_func ("/host/exception", test_exception);
  g_test_add_func ("/host/map", test_map);
  g_test_add_func ("/host/progress", test_progress);
  g_test_add_func ("/host/death", test_death);
  g_test_add_func ("/host/cancel-running", test_cancel_running);
  g_test_add_func ("/host/cancel-sent-ahead", test_cancel_sent_ahead);
  g_test_add_func ("/host/initializer", test_initializer);
  g_test_add_func ("/host/initializer-fails", test_initializer_fails);

  return g_test_run ();
}
