/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-worker-info-private.h"

typedef struct
{
  GMainContext *context;
  CfutWorkerInfo *info;
  GString *log;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->context = g_main_context_new ();
  fixture->info = cfut_worker_info_new (3, 4711, fixture->context);
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->info);
  g_string_free (fixture->log, TRUE);
  g_main_context_unref (fixture->context);
}

static void
notify_cb (CfutWorkerInfo *info,
           GParamSpec     *pspec,
           Fixture        *fixture)
{
  g_string_append_printf (fixture->log, "%s ", pspec->name);
}

static void
assert_told (Fixture    *fixture,
             const char *expected)
{
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_cmpstr (g_strchomp (fixture->log->str), ==, expected);
  g_string_truncate (fixture->log, 0);
}

static void
test_properties (Fixture       *fixture,
                 gconstpointer  data)
{
  CfutWorkerState state;
  guint id;
  int pid;
  guint64 n_calls;
  gint64 busy_time, cpu_time;

  g_test_summary ("What was stored is read back, as properties too");

  g_assert_cmpuint (cfut_worker_info_get_id (fixture->info), ==, 3);
  g_assert_cmpint (cfut_worker_info_get_pid (fixture->info), ==, 4711);
  g_assert_cmpint (cfut_worker_info_get_state (fixture->info), ==, CFUT_WORKER_STATE_STARTING);

  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_BUSY, 5, 600, 70);
  g_assert_cmpint (cfut_worker_info_get_state (fixture->info), ==, CFUT_WORKER_STATE_BUSY);
  g_assert_cmpuint (cfut_worker_info_get_n_calls (fixture->info), ==, 5);
  g_assert_cmpint (cfut_worker_info_get_busy_time (fixture->info), ==, 600);
  g_assert_cmpint (cfut_worker_info_get_cpu_time (fixture->info), ==, 70);

  g_object_get (fixture->info,
                "id", &id,
                "pid", &pid,
                "state", &state,
                "n-calls", &n_calls,
                "busy-time", &busy_time,
                "cpu-time", &cpu_time,
                NULL);
  g_assert_cmpuint (id, ==, 3);
  g_assert_cmpint (pid, ==, 4711);
  g_assert_cmpint (state, ==, CFUT_WORKER_STATE_BUSY);
  g_assert_cmpuint (n_calls, ==, 5);
  g_assert_cmpint (busy_time, ==, 600);
  g_assert_cmpint (cpu_time, ==, 70);
}

static void
test_notify (Fixture       *fixture,
             gconstpointer  data)
{
  g_test_summary ("Listeners are told in the context, once for several updates");

  g_signal_connect (fixture->info, "notify", G_CALLBACK (notify_cb), fixture);

  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_BUSY, 0, 0, 0);
  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_IDLE, 1, 100, 0);
  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_BUSY, 1, 100, 0);
  g_assert_cmpstr (fixture->log->str, ==, "");
  assert_told (fixture, "state n-calls busy-time");

  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_BUSY, 1, 100, 0);
  assert_told (fixture, "");
  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_BUSY, 1, 100, 50);
  assert_told (fixture, "cpu-time");
}

static void
update_cb (CfutWorkerInfo *info,
           GParamSpec     *pspec,
           Fixture        *fixture)
{
  if (cfut_worker_info_get_n_calls (info) < 3)
    cfut_worker_info_update (info, CFUT_WORKER_STATE_IDLE,
                             cfut_worker_info_get_n_calls (info) + 1, 0, 0);
}

static void
test_update_in_handler (Fixture       *fixture,
                        gconstpointer  data)
{
  g_test_summary ("An update that comes while listeners are told is told after that");

  g_signal_connect (fixture->info, "notify", G_CALLBACK (notify_cb), fixture);
  g_signal_connect (fixture->info, "notify", G_CALLBACK (update_cb), fixture);
  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_IDLE, 0, 0, 0);
  assert_told (fixture, "state n-calls n-calls n-calls");
}

static void
test_nobody_listens (Fixture       *fixture,
                     gconstpointer  data)
{
  g_test_summary ("If nobody listens nothing is queued, and the info can go");

  cfut_worker_info_update (fixture->info, CFUT_WORKER_STATE_GONE, 1, 2, 3);
  g_assert_false (g_main_context_pending (fixture->context));
}

#define ADD(path, func) g_test_add ("/worker-info/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("properties", test_properties);
  ADD ("notify", test_notify);
  ADD ("update-in-handler", test_update_in_handler);
  ADD ("nobody-listens", test_nobody_listens);

  return g_test_run ();
}
