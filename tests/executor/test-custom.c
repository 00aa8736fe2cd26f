/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/* An executor of a third party's own kind, made of promises: each call is one
 * idle source in the main context of the submitter. */
#define TEST_TYPE_IDLE_EXECUTOR (test_idle_executor_get_type ())
G_DECLARE_FINAL_TYPE (TestIdleExecutor, test_idle_executor, TEST, IDLE_EXECUTOR, CfutExecutor)

struct _TestIdleExecutor
{
  CfutExecutor parent_instance;

  gboolean is_shut_down;
  CfutShutdownFlags flags;
};

G_DEFINE_FINAL_TYPE (TestIdleExecutor, test_idle_executor, CFUT_TYPE_EXECUTOR)

typedef struct
{
  CfutPromise *promise;
  guint64 argument;
} IdleCall;

static void
idle_call_free (gpointer data)
{
  IdleCall *self = data;

  g_object_unref (self->promise);
  g_free (self);
}

static gboolean
idle_call_cb (gpointer user_data)
{
  IdleCall *self = user_data;

  if (cfut_promise_start (self->promise))
    cfut_promise_resolve_variant (self->promise, g_variant_new_uint64 (self->argument * 2));

  return G_SOURCE_REMOVE;
}

static CfutFuture *
test_idle_executor_submit_full (CfutExecutor       *executor,
                                const char         *function,
                                GVariant           *arguments,
                                CfutSubmitOptions  *options,
                                GError            **error)
{
  TestIdleExecutor *self = TEST_IDLE_EXECUTOR (executor);
  g_autoptr(GSource) source = NULL;
  IdleCall *call;

  if (self->is_shut_down)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN, "It was shut down");
      return NULL;
    }
  if (!g_str_equal (function, "twice"))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "What is \"%s\"?", function);
      return NULL;
    }
  g_assert_false (g_variant_is_floating (arguments));

  call = g_new0 (IdleCall, 1);
  call->promise = cfut_promise_new ();
  g_variant_get (arguments, "(t)", &call->argument);
  source = g_idle_source_new ();
  g_source_set_callback (source, idle_call_cb, call, idle_call_free);
  g_source_attach (source, g_main_context_get_thread_default ());

  return g_object_ref (cfut_promise_get_future (call->promise));
}

static gboolean
test_idle_executor_shutdown (CfutExecutor       *executor,
                             CfutShutdownFlags   flags,
                             gint64              timeout_us,
                             GError            **error)
{
  TestIdleExecutor *self = TEST_IDLE_EXECUTOR (executor);

  self->is_shut_down = TRUE;
  self->flags = flags;
  if (timeout_us != 0)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "That is too soon");

  return FALSE;
}

static void
test_idle_executor_class_init (TestIdleExecutorClass *klass)
{
  CFUT_EXECUTOR_CLASS (klass)->submit_full = test_idle_executor_submit_full;
  CFUT_EXECUTOR_CLASS (klass)->shutdown = test_idle_executor_shutdown;
}

static void
test_idle_executor_init (TestIdleExecutor *self)
{
}

typedef struct
{
  GAsyncResult *result;
  int done;
} Answer;

static void
answer_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *self = user_data;

  self->result = g_object_ref (result);
  self->done = TRUE;
}

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static CfutExecutor *
executor_new (void)
{
  return g_object_new (TEST_TYPE_IDLE_EXECUTOR, "name", "idle", "max-workers", 1, NULL);
}

static GVariant *
argument (guint64 n)
{
  return g_variant_new ("(t)", n);
}

static void
test_submit (void)
{
  CfutExecutor *executor = executor_new ();
  GVariant *floating = argument (5);
  g_autoptr(GVariant) watched = g_variant_ref (floating);
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutStats) stats = NULL;

  g_test_summary ("submit() of an executor of one's own gives its futures and its errors");

  g_assert_null (cfut_executor_submit (executor, "thrice", floating, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_false (g_variant_is_floating (watched));
  g_clear_error (&error);

  future = cfut_executor_submit (executor, "twice", argument (21), NULL, &error);
  g_assert_no_error (error);
  drain ();
  result = cfut_future_dup_result (future, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 42);

  g_assert_cmpstr (cfut_executor_get_name (executor), ==, "idle");
  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_workers (stats), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (cfut_executor_get_workers (executor)), ==, 0);

  g_assert_finalize_object (executor);
}

static void
test_async (void)
{
  CfutExecutor *executor = executor_new ();
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  Answer submitted = { NULL }, called = { NULL }, refused = { NULL };

  g_test_summary ("submit_async() and call_async() are built on it");

  cfut_executor_submit_async (executor, "twice", argument (3), NULL, NULL, answer_cb, &submitted);
  cfut_executor_call_async (executor, "twice", argument (4), NULL, NULL, answer_cb, &called);
  cfut_executor_call_async (executor, "thrice", argument (4), NULL, NULL, answer_cb, &refused);
  test_iterate_until_set (NULL, &submitted.done);
  test_iterate_until_set (NULL, &called.done);
  test_iterate_until_set (NULL, &refused.done);

  future = cfut_executor_submit_finish (executor, submitted.result, &error);
  g_assert_no_error (error);
  drain ();
  result = cfut_future_dup_result (future, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 6);
  g_clear_pointer (&result, g_variant_unref);

  result = cfut_executor_call_finish (executor, called.result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 8);

  g_assert_null (cfut_executor_call_finish (executor, refused.result, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);

  g_object_unref (submitted.result);
  g_object_unref (called.result);
  g_object_unref (refused.result);
  g_assert_finalize_object (executor);
}

static void
test_shutdown (void)
{
  CfutExecutor *executor = executor_new ();
  g_autoptr(GError) error = NULL;
  Answer answers[2] = { 0 };

  g_test_summary ("shutdown() is its own, and shutdown_async() waits for it in another thread");

  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_CANCEL, CFUT_WAIT_FOREVER, NULL,
                                answer_cb, &answers[0]);
  test_iterate_until_set (NULL, &answers[0].done);
  g_assert_true (cfut_executor_shutdown_finish (executor, answers[0].result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (TEST_IDLE_EXECUTOR (executor)->flags, ==, CFUT_SHUTDOWN_CANCEL | CFUT_SHUTDOWN_WAIT);
  g_assert_null (cfut_executor_submit (executor, "twice", argument (1), NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  g_clear_error (&error);

  cfut_executor_shutdown_async (executor, CFUT_SHUTDOWN_NONE, 0, NULL, answer_cb, &answers[1]);
  test_iterate_until_set (NULL, &answers[1].done);
  g_assert_false (cfut_executor_shutdown_finish (executor, answers[1].result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  g_object_unref (answers[0].result);
  g_object_unref (answers[1].result);
  g_object_unref (executor);
}

static void
test_map (void)
{
  CfutExecutor *executor = executor_new ();
  g_autoptr(GVariantBuilder) items = g_variant_builder_new (G_VARIANT_TYPE ("a(t)"));
  CfutMap *map;
  g_autoptr(GError) error = NULL;
  guint64 sum = 0;

  g_test_summary ("A map over it submits each item");

  for (guint64 i = 0; i < 20; i++)
    g_variant_builder_add (items, "(t)", i);
  map = cfut_executor_map (executor, "twice", g_variant_builder_end (items), NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 20; i++)
    {
      Answer answer = { NULL };
      GVariant *result = NULL;

      cfut_map_next_async (map, NULL, answer_cb, &answer);
      test_iterate_until_set (NULL, &answer.done);
      g_assert_true (cfut_map_next_finish (map, answer.result, NULL, &result, &error));
      g_assert_no_error (error);
      sum += g_variant_get_uint64 (result);
      g_variant_unref (result);
      g_object_unref (answer.result);
    }
  g_assert_cmpuint (sum, ==, 380);

  g_object_unref (map);
  drain ();
  g_assert_finalize_object (executor);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/custom/submit", test_submit);
  g_test_add_func ("/custom/async", test_async);
  g_test_add_func ("/custom/shutdown", test_shutdown);
  g_test_add_func ("/custom/map", test_map);

  return g_test_run ();
}
