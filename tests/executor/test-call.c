/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "kinds.h"
#include "test-support.h"

/* cfut_executor_call(). */

static TestLatch running_latch;

static GVariant *
square (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  gint64 n;

  g_variant_get (arguments, "(x)", &n);

  return g_variant_new_int64 (n * n);
}

static GVariant *
fail (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Busy");

  return NULL;
}

/* Until it is cancelled. */
static GVariant *
hang (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);

  test_wait_for_cancel (cancellable, &running_latch);
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return NULL;
}

static void
end_executor (CfutExecutor *executor)
{
  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (executor);
}

static void
test_result (void)
{
  g_test_summary ("A call returns the result, and the errors of the submit and of the call");

  for (int i = 0; i < N_KINDS; i++)
    {
      CfutExecutor *executor = kinds[i].create ();
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = NULL;

      result = cfut_executor_call (executor, "square", g_variant_new ("(x)", G_GINT64_CONSTANT (12)),
                                   NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (result), ==, 144);

      g_assert_null (cfut_executor_call (executor, "square", g_variant_new ("(s)", "x"), NULL, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);

      g_assert_null (cfut_executor_call (executor, "fail", NULL, NULL, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);

      end_executor (executor);
    }
}

static gpointer
cancel_when_running (gpointer cancellable)
{
  test_latch_wait (&running_latch);
  g_cancellable_cancel (cancellable);

  return NULL;
}

static void
test_cancel (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GCancellable) other = g_cancellable_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_test_summary ("The cancellable cancels the call, in place of that of the options");

  cfut_submit_options_set_cancellable (options, other);
  g_cancellable_cancel (other);
  thread = g_thread_new ("canceller", cancel_when_running, cancellable);
  g_assert_null (cfut_executor_call (executor, "hang", NULL, options, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_thread_join (thread);

  g_assert_null (cfut_executor_call (executor, "hang", NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  end_executor (executor);
}

typedef struct
{
  CfutExecutor *executor;
  int done; /* atomic */
} Callback;

static gboolean
call_cb (gpointer user_data)
{
  Callback *self = user_data;
  g_autoptr(CfutStats) stats = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_executor_call (self->executor, "square", g_variant_new ("(x)", (gint64) 7), NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  stats = cfut_executor_get_stats (self->executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 0);
  g_atomic_int_set (&self->done, TRUE);

  return G_SOURCE_REMOVE;
}

static void
test_deadlock (gconstpointer user_data)
{
  const Kind *kind = user_data;
  Callback callback = { kind->create (), FALSE };
  g_autoptr(GSource) source = g_idle_source_new ();

  g_test_summary ("In a callback of its main context a call is refused, even one that would end at once");

  g_source_set_callback (source, call_cb, &callback, NULL);
  g_source_attach (source, NULL);
  test_iterate_until_set (NULL, &callback.done);
  end_executor (callback.executor);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("square", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, square, NULL, NULL);
  cfut_register_function ("fail", NULL, NULL, fail, NULL, NULL);
  cfut_register_function ("hang", NULL, NULL, hang, NULL, NULL);
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/call/result", test_result);
  g_test_add_func ("/call/cancel", test_cancel);
  for (int i = 0; i < N_KINDS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/call/deadlock/%s", kinds[i].name);

      g_test_add_data_func (path, &kinds[i], test_deadlock);
    }

  return g_test_run ();
}
