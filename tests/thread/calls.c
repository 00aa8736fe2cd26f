/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* ---- Functions. */

static GVariant *
square (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  guint64 n;

  g_variant_get (arguments, "(t)", &n);

  return g_variant_new_uint64 (n * n);
}

static GVariant *
fail (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  guint64 n;

  g_variant_get (arguments, "(t)", &n);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               "No such thing as %" G_GUINT64_FORMAT, n);

  return NULL;
}

static GVariant *
nothing (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  return NULL;
}

static GVariant *
number_of_thread (CfutCall  *call,
                  GVariant  *arguments,
                  gpointer   user_data,
                  GError   **error)
{
  return g_variant_new_uint64 ((guintptr) g_thread_self ());
}

GVariant *
gate_argument (Gate *gate)
{
  return g_variant_new ("(t)", (guint64) (guintptr) gate);
}

static Gate *
gate_from_arguments (GVariant *arguments)
{
  guint64 address;

  g_variant_get (arguments, "(t)", &address);

  return (Gate *) (guintptr) address;
}

static GVariant *
gate (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  Gate *self = gate_from_arguments (arguments);
  int n_runs = g_atomic_int_add (&self->n_runs, 1) + 1;

  test_latch_open (&self->started);
  test_latch_wait (&self->go);

  return g_variant_new_uint64 ((guint64) n_runs);
}

static void
await_cancel (CfutCall *call,
              Gate     *self)
{
  g_atomic_int_inc (&self->n_runs);
  test_wait_for_cancel (cfut_call_get_cancellable (call), &self->started);
  test_latch_open (&self->stopped);
}

static GVariant *
stops (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  await_cancel (call, gate_from_arguments (arguments));
  g_cancellable_set_error_if_cancelled (cfut_call_get_cancellable (call), error);

  return NULL;
}

static GVariant *
lingers (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  Gate *self = gate_from_arguments (arguments);

  await_cancel (call, self);
  test_latch_wait (&self->go);

  return g_variant_new_uint64 (1);
}

void
calls_register (void)
{
  const GVariantType *number = G_VARIANT_TYPE ("(t)");

  cfut_register_function ("square", number, G_VARIANT_TYPE_UINT64, square, NULL, NULL);
  cfut_register_function ("fail", number, G_VARIANT_TYPE_UINT64, fail, NULL, NULL);
  cfut_register_function ("gate", number, G_VARIANT_TYPE_UINT64, gate, NULL, NULL);
  cfut_register_function ("stops", number, G_VARIANT_TYPE_UINT64, stops, NULL, NULL);
  cfut_register_function ("lingers", number, G_VARIANT_TYPE_UINT64, lingers, NULL, NULL);
  cfut_register_function ("thread", number, G_VARIANT_TYPE_UINT64, number_of_thread, NULL, NULL);
  cfut_register_function ("nothing", NULL, NULL, nothing, NULL, NULL);
}

/* ---- Submitting. */

CfutFuture *
submit_with (CfutExecutor      *executor,
             const char        *function,
             guint64            argument,
             CfutSubmitOptions *options)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  future = cfut_executor_submit_full (executor, function, g_variant_new ("(t)", argument),
                                      options, &error);
  g_assert_no_error (error);
  g_assert_true (CFUT_IS_FUTURE (future));

  return future;
}

CfutFuture *
submit (CfutExecutor *executor,
        const char   *function,
        guint64       argument)
{
  return submit_with (executor, function, argument, NULL);
}

CfutFuture *
submit_gate (CfutExecutor *executor,
             const char   *function,
             Gate         *gate)
{
  return submit (executor, function, (guintptr) gate);
}

CfutFuture *
occupy (CfutExecutor *executor,
        Gate         *self)
{
  CfutFuture *future = submit_gate (executor, "gate", self);

  test_latch_wait (&self->started);

  return future;
}

void
release (CfutFuture *future,
         Gate       *self)
{
  test_latch_open (&self->go);
  assert_result (future, 1);
}

/* ---- Looking. */

void
assert_result (CfutFuture *future,
               guint64     expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);

  g_assert_no_error (error);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, expected);
  g_object_unref (future);
}

void
assert_error (CfutFuture *future,
              GQuark      domain,
              int         code,
              const char *pattern)
{
  g_autoptr(GError) error = NULL;
  gboolean cancelled = domain == G_IO_ERROR && code == G_IO_ERROR_CANCELLED;

  g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, domain, code);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("The message is \"%s\"", error->message);
  g_assert_cmpint (cfut_future_get_state (future), ==,
                   cancelled ? CFUT_FUTURE_STATE_CANCELLED : CFUT_FUTURE_STATE_FAILED);
  g_object_unref (future);
}

void
end_executor (CfutExecutor *executor)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (executor);
}

/* ---- The census. */

static gboolean
threads_are_back (gpointer user_data)
{
  g_thread_pool_stop_unused_threads ();

  return test_count_threads () <= *(guint *) user_data;
}

static void
run_with_census (gconstpointer data)
{
  void (*func) (void) = data;
  TestCensus census;
  guint n_threads;

  test_census_take (&census);
  n_threads = test_count_threads ();

  func ();

  test_iterate_until (NULL, threads_are_back, &n_threads);
  test_census_check (&census);
}

void
add_test (const char  *path,
          void       (*func) (void))
{
  g_test_add_data_func (path, func, run_with_census);
}

/* ---- What is asynchronous. */

void
answer_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *self = user_data;

  g_assert_null (self->result);
  self->result = g_object_ref (result);
  self->thread = g_thread_self ();
  g_atomic_int_set (&self->done, TRUE);
}

void
answer_await (Answer *self)
{
  test_iterate_until_set (NULL, &self->done);
}

void
answer_clear (Answer *self)
{
  g_clear_object (&self->result);
  self->done = FALSE;
}
