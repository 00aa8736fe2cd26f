/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* What a closure works on: it notes which thread freed it. */
typedef struct
{
  gboolean (*run) (CfutCall  *call,
                   GValue    *result,
                   gpointer   data,
                   GError   **error);
  gpointer data;
  GThread *ran_in;
  GThread *freed_in;
  int freed; /* atomic */
} Work;

static gboolean
work_run (CfutCall  *call,
          GValue    *result,
          gpointer   user_data,
          GError   **error)
{
  Work *self = user_data;

  self->ran_in = g_thread_self ();

  return self->run (call, result, self->data, error);
}

static void
work_free (gpointer data)
{
  Work *self = data;

  self->freed_in = g_thread_self ();
  g_assert_cmpint (g_atomic_int_add (&self->freed, 1), ==, 0);
}

static CfutFuture *
submit_work (CfutExecutor *executor,
             Work         *work)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), work_run,
                                             work, work_free, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (future);

  return future;
}

static void
await (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
}

static gboolean
return_object (CfutCall  *call,
               GValue    *result,
               gpointer   data,
               GError   **error)
{
  g_assert_null (cfut_call_get_arguments (call));
  g_value_init (result, G_TYPE_OBJECT);
  g_value_take_object (result, g_object_new (G_TYPE_OBJECT, NULL));

  return TRUE;
}

static void
test_object (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Work work = { return_object };
  CfutFuture *future = submit_work (executor, &work);
  g_autoptr(GError) error = NULL;
  GObject *object;

  g_test_summary ("A result may be an object, which lives as long as the future");

  await (future);
  g_assert_true (work.ran_in != g_thread_self ());
  object = g_value_get_object (cfut_future_get_value (future));
  g_assert_true (G_IS_OBJECT (object));
  g_object_add_weak_pointer (object, (gpointer *) &object);

  g_assert_null (cfut_future_dup_result (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

  g_object_unref (future);
  end_executor (executor);
  g_assert_null (object);
}

static gboolean
return_variant (CfutCall  *call,
                GValue    *result,
                gpointer   data,
                GError   **error)
{
  g_value_init (result, G_TYPE_VARIANT);
  g_value_set_variant (result, g_variant_new_uint64 (11));

  return TRUE;
}

static void
test_variant (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Work work = { return_variant };

  g_test_summary ("A GValue that holds a GVariant is that variant");

  assert_result (submit_work (executor, &work), 11);
  end_executor (executor);
}

static gboolean
return_nothing (CfutCall  *call,
                GValue    *result,
                gpointer   data,
                GError   **error)
{
  return TRUE;
}

static void
test_no_result (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Work work = { return_nothing };
  g_autoptr(CfutFuture) future = submit_work (executor, &work);
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = cfut_future_dup_name (future);

  g_test_summary ("A closure without a result gives the unit value");

  result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (result), ==, "()");
  g_assert_cmpstr (name, ==, "closure");

  end_executor (executor);
}

static gboolean
fail_with_reason (CfutCall  *call,
                  GValue    *result,
                  gpointer   data,
                  GError   **error)
{
  g_value_init (result, G_TYPE_STRING);
  g_value_set_static_string (result, "not looked at");
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Busy");

  return FALSE;
}

static gboolean
fail_without_reason (CfutCall  *call,
                     GValue    *result,
                     gpointer   data,
                     GError   **error)
{
  return FALSE;
}

static gboolean
succeed_and_fail (CfutCall  *call,
                  GValue    *result,
                  gpointer   data,
                  GError   **error)
{
  fail_with_reason (call, result, data, error);

  return TRUE;
}

static void
test_failures (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Work reason = { fail_with_reason };
  Work no_reason = { fail_without_reason };
  Work both = { succeed_and_fail };

  g_test_summary ("A closure may fail; an error wins over a result");

  assert_error (submit_work (executor, &reason), G_IO_ERROR, G_IO_ERROR_BUSY, "Busy");
  assert_error (submit_work (executor, &no_reason), G_IO_ERROR, G_IO_ERROR_FAILED,
                "*\"closure\" failed without saying why");
  assert_error (submit_work (executor, &both), G_IO_ERROR, G_IO_ERROR_BUSY, "Busy");

  end_executor (executor);
}

static void
fail_and_return (CfutCall *call,
                 gpointer  user_data)
{
}

/* A GClosure that fails, and returns its exception. */
static void
raise_marshal (GClosure     *closure,
               GValue       *result,
               guint         n_params,
               const GValue *params,
               gpointer      hint,
               gpointer      data)
{
  cfut_call_fail (g_value_get_object (&params[0]), "KeyError", "'first'", NULL);
  cfut_call_fail (g_value_get_object (&params[0]), "KeyError", "'a'", "line 1");
  if (result != NULL)
    g_value_set_static_string (result, "the exception");
}

static CfutFuture *
submit_raise (CfutExecutor *executor,
              GType         result_type)
{
  GClosure *closure = g_cclosure_new (G_CALLBACK (fail_and_return), NULL, NULL);
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  g_closure_set_marshal (closure, raise_marshal);
  future = cfut_thread_executor_submit_closure (CFUT_THREAD_EXECUTOR (executor), closure,
                                                result_type, NULL, &error);
  g_assert_no_error (error);
  await (future);

  return future;
}

static void
test_exception (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *future = submit_raise (executor, G_TYPE_STRING);
  g_autofree char *name = cfut_future_dup_remote_name (future);
  g_autoptr(GError) error = cfut_future_dup_error (future);

  g_test_summary ("A GClosure may fail with an exception, which it returns");

  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "KeyError: 'a'");
  g_assert_cmpstr (name, ==, "KeyError");
  g_assert_cmpstr (g_value_get_string (cfut_future_get_remote_value (future)), ==, "the exception");
  g_assert_null (cfut_future_get_value (future));
  g_assert_finalize_object (future);

  future = submit_raise (executor, G_TYPE_NONE);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_null (cfut_future_get_remote_value (future));
  g_assert_finalize_object (future);

  end_executor (executor);
}

static void
test_freed_in_loop (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Work work = { return_nothing };
  CfutFuture *future = submit_work (executor, &work);

  g_test_summary ("With a main loop the data is freed in the submitter's context");

  test_iterate_until_set (NULL, &work.freed);
  g_assert_true (work.freed_in == g_thread_self ());
  await (future);
  g_object_unref (future);

  end_executor (executor);
}

static void
test_freed_by_wait (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Work work = { return_nothing };
  CfutFuture *future = submit_work (executor, &work);

  g_test_summary ("Without a loop the data is freed by a blocking wait, in the waiting thread");

  await (future);
  g_assert_cmpint (g_atomic_int_get (&work.freed), ==, 1);
  g_assert_true (work.freed_in == g_thread_self ());
  g_object_unref (future);

  end_executor (executor);
}

typedef struct
{
  CfutExecutor *executor;
  Work work;
} OwnContext;

static gpointer
own_context_thread (gpointer user_data)
{
  OwnContext *self = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  g_object_unref (submit_work (self->executor, &self->work));
  test_iterate_until_set (context, &self->work.freed);
  g_assert_true (self->work.freed_in == g_thread_self ());
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_freed_in_own_context (void)
{
  OwnContext self = { .executor = cfut_thread_executor_new (1), .work = { return_nothing } };

  g_test_summary ("The data of a thread with a context of its own is freed there, without the future");

  g_thread_join (g_thread_new ("submitter", own_context_thread, &self));
  end_executor (self.executor);
}

/* Waits for what does not come, in a worker thread. */
static gboolean
wait_in_vain (CfutCall  *call,
              GValue    *result,
              gpointer   data,
              GError   **error)
{
  g_autoptr(CfutPromise) promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);

  g_assert_false (cfut_future_wait (future, 1, NULL));
  cfut_future_cancel (future);

  return TRUE;
}

static void
test_not_freed_by_worker (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Work first = { return_nothing };
  Work second = { wait_in_vain };
  CfutFuture *futures[2];

  g_test_summary ("A wait in a worker thread frees nothing that belongs to the main thread");

  futures[0] = submit_work (executor, &first);
  futures[1] = submit_work (executor, &second);

  await (futures[1]);
  g_assert_true (first.freed_in == g_thread_self ());
  g_assert_true (second.freed_in == g_thread_self ());
  g_object_unref (futures[0]);
  g_object_unref (futures[1]);

  end_executor (executor);
}

static void
test_freed_when_not_run (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  Gate gate = GATE_INIT;
  CfutFuture *occupied = occupy (executor, &gate);
  Work cancelled = { return_nothing };
  Work refused = { return_nothing };
  CfutFuture *future = submit_work (executor, &cancelled);
  g_autoptr(GError) error = NULL;

  g_test_summary ("The data of a call that never runs is freed in the submitter's context");

  g_assert_true (cfut_future_cancel (future));
  assert_cancelled (future);
  test_iterate_until_set (NULL, &cancelled.freed);
  g_assert_true (cancelled.freed_in == g_thread_self ());
  g_assert_null (cancelled.ran_in);

  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  g_assert_null (cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), work_run,
                                                   &refused, work_free, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  test_iterate_until_set (NULL, &refused.freed);
  g_assert_null (refused.ran_in);

  release (occupied, &gate);
  end_executor (executor);
}

/* ---- GClosures. */

static guint64
closure_square (CfutCall *call,
                gpointer  user_data)
{
  guint64 *n = user_data;

  g_assert_true (CFUT_IS_CALL (call));

  return *n * *n;
}

static void
closure_count (CfutCall *call,
               gpointer  user_data)
{
  ++*(guint64 *) user_data;
}

static void
closure_freed (gpointer  data,
               GClosure *closure)
{
  work_free (data);
}

static void
test_gclosure (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  guint64 n = 12;
  Work work = { NULL };
  GClosure *closure = g_cclosure_new (G_CALLBACK (closure_square), &n, NULL);
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  g_test_summary ("A GClosure runs with the call, and is released in the submitter's context");

  g_closure_add_finalize_notifier (closure, &work, closure_freed);
  future = cfut_thread_executor_submit_closure (CFUT_THREAD_EXECUTOR (executor), closure,
                                                G_TYPE_UINT64, NULL, &error);
  g_assert_no_error (error);
  await (future);
  g_assert_cmpuint (g_value_get_uint64 (cfut_future_get_value (future)), ==, 144);
  g_assert_true (work.freed_in == g_thread_self ());
  g_object_unref (future);

  closure = g_cclosure_new (G_CALLBACK (closure_count), &n, NULL);
  future = cfut_thread_executor_submit_closure (CFUT_THREAD_EXECUTOR (executor), closure,
                                                G_TYPE_NONE, NULL, &error);
  g_assert_no_error (error);
  await (future);
  g_assert_cmpuint (n, ==, 13);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_object_unref (future);

  end_executor (executor);
}

static void
count_release (gpointer  data,
               GClosure *closure)
{
  ++*(guint *) data;
}

static void
test_gclosures_in_script (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  guint n_released = 0;

  g_test_summary ("Without a loop and without a wait, closures that have run go with the next submit");

  for (guint i = 0; i < 100; i++)
    {
      GClosure *closure = g_cclosure_new (G_CALLBACK (fail_and_return), NULL, NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(CfutFuture) future = NULL;

      g_closure_add_finalize_notifier (closure, &n_released, count_release);
      future = cfut_thread_executor_submit_closure (CFUT_THREAD_EXECUTOR (executor), closure,
                                                    G_TYPE_NONE, NULL, &error);
      g_assert_no_error (error);
      while (!cfut_future_is_done (future))
        g_thread_yield ();
    }
  g_assert_cmpuint (n_released, >=, 90);

  end_executor (executor);
}

static void
test_gclosure_refused (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  guint64 n = 12;
  Work work = { NULL };
  GClosure *closure = g_cclosure_new (G_CALLBACK (closure_square), &n, NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A floating GClosure is consumed when it is refused, too");

  g_closure_add_finalize_notifier (closure, &work, closure_freed);
  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  g_assert_null (cfut_thread_executor_submit_closure (CFUT_THREAD_EXECUTOR (executor), closure,
                                                      G_TYPE_UINT64, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
  test_iterate_until_set (NULL, &work.freed);

  end_executor (executor);
}

/* ---- A call that is kept. */

static gboolean
keep_call (CfutCall  *call,
           GValue    *result,
           gpointer   data,
           GError   **error)
{
  CfutCall **kept = data;

  *kept = g_object_ref (call);

  return TRUE;
}

static void
test_kept_call (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  CfutCall *kept = NULL;
  Work work = { keep_call, &kept };
  g_autoptr(GError) error = NULL;
  CfutFuture *future;

  g_test_summary ("A call that a closure keeps outlives its future");

  cfut_submit_options_set_name (options, "a name that goes away");
  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), work_run,
                                             &work, work_free, options, &error);
  g_assert_no_error (error);
  await (future);
  g_object_unref (future);
  end_executor (executor);

  g_assert_null (cfut_call_get_function (kept));
  cfut_call_set_progress (kept, 0.5, "too late");
  g_assert_false (g_cancellable_is_cancelled (cfut_call_get_cancellable (kept)));
  g_assert_finalize_object (kept);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/closures/object", test_object);
  add_test ("/closures/variant", test_variant);
  add_test ("/closures/no-result", test_no_result);
  add_test ("/closures/failures", test_failures);
  add_test ("/closures/exception", test_exception);
  add_test ("/closures/freed-in-loop", test_freed_in_loop);
  add_test ("/closures/freed-by-wait", test_freed_by_wait);
  add_test ("/closures/freed-in-own-context", test_freed_in_own_context);
  add_test ("/closures/not-freed-by-worker", test_not_freed_by_worker);
  add_test ("/closures/freed-when-not-run", test_freed_when_not_run);
  add_test ("/closures/gclosure", test_gclosure);
  add_test ("/closures/gclosures-in-script", test_gclosures_in_script);
  add_test ("/closures/gclosure-refused", test_gclosure_refused);
  add_test ("/closures/kept-call", test_kept_call);

  return g_test_run ();
}
