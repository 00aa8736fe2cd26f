/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static CfutPromise *
promise_new (CfutFuture **future)
{
  CfutPromise *promise = cfut_promise_new ();

  *future = g_object_ref (cfut_promise_get_future (promise));

  return promise;
}

static void
reject (CfutPromise *promise,
        int          code)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, code, "as told");

  g_assert_true (cfut_promise_reject (promise, error));
}

static void
test_unresolved (void)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A future that has not resolved has nothing to give");

  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (cfut_future_is_done (future));
      g_assert_null (cfut_future_get_value (future));
      g_assert_null (cfut_future_dup_error (future));
      g_assert_cmpfloat (cfut_future_get_progress (future), ==, -1);
      g_assert_null (cfut_future_dup_progress_message (future));
      g_assert_null (cfut_future_dup_name (future));
      g_assert_null (cfut_future_dup_executor (future));
      g_assert_null (cfut_future_dup_result (future, 0, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_clear_error (&error);

      g_assert_cmpint (cfut_promise_start (promise), ==, i == 0);
    }

  g_assert_true (cfut_future_cancel (future));
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_done (void)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);
  const GValue *value;

  g_test_summary ("A future that is done gives its result as often as asked");

  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_string ("yes")));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GVariant) result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (g_variant_get_string (result, NULL), ==, "yes");

      value = cfut_future_get_value (future);
      g_assert_true (G_VALUE_HOLDS_VARIANT (value));
      g_assert_true (g_value_get_variant (value) == result);
    }

  g_assert_null (cfut_future_dup_error (future));
  g_assert_true (cfut_future_is_done (future));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_false (cfut_future_cancel (future));
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_DONE);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_failed (void)
{
  const struct
  {
    int code;
    CfutFutureState state;
  } cases[] = {
    { G_IO_ERROR_NOT_FOUND, CFUT_FUTURE_STATE_FAILED },
    { G_IO_ERROR_CANCELLED, CFUT_FUTURE_STATE_CANCELLED },
  };

  g_test_summary ("A future that failed or was cancelled gives its error, unchanged");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CfutFuture *future;
      CfutPromise *promise = promise_new (&future);

      reject (promise, cases[i].code);
      g_assert_cmpint (cfut_future_get_state (future), ==, cases[i].state);

      for (guint j = 0; j < 2; j++)
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(GError) copy = cfut_future_dup_error (future);

          g_assert_error (copy, G_IO_ERROR, cases[i].code);
          g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
          g_assert_error (error, G_IO_ERROR, cases[i].code);
          g_assert_cmpstr (error->message, ==, "as told");
        }

      /* Nobody has to want the error. */
      g_assert_null (cfut_future_dup_result (future, 0, NULL));
      g_assert_null (cfut_future_get_value (future));
      g_assert_true (cfut_future_is_done (future));
      g_assert_cmpint (cfut_future_cancel (future), ==, cases[i].state == CFUT_FUTURE_STATE_CANCELLED);

      g_assert_finalize_object (promise);
      g_assert_finalize_object (future);
    }
}

static void
test_value (void)
{
  g_autoptr(GError) error = NULL;
  GValue value = G_VALUE_INIT;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A result may be an object; who wants a variant is told where it is");

  g_value_init (&value, G_TYPE_OBJECT);
  g_value_set_object (&value, object);
  g_assert_true (cfut_promise_resolve_value (promise, &value));
  g_assert_false (cfut_promise_resolve_value (promise, &value));
  g_value_unset (&value);

  g_assert_null (cfut_future_dup_result (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "GObject"));
  g_assert_nonnull (strstr (error->message, "cfut_future_get_value()"));

  g_assert_true (g_value_get_object (cfut_future_get_value (future)) == object);
  g_assert_cmpuint (object->ref_count, ==, 2);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
  g_assert_finalize_object (object);
}

static void
test_variant_in_value (void)
{
  g_autoptr(GVariant) result = NULL;
  GValue value = G_VALUE_INIT;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A variant in a value is as good as a variant");

  g_value_init (&value, G_TYPE_VARIANT);
  g_value_set_variant (&value, g_variant_new_int32 (7));
  g_assert_true (cfut_promise_resolve_value (promise, &value));
  g_value_unset (&value);

  result = cfut_future_dup_result (future, 0, NULL);
  g_assert_cmpint (g_variant_get_int32 (result), ==, 7);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_properties (void)
{
  CfutFutureState state;
  double progress;
  g_autofree char *message = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GObject) executor = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("The properties say what the getters say");

  cfut_promise_start (promise);
  cfut_promise_set_progress (promise, 0.25, "Reading");
  g_object_get (future,
                "state", &state,
                "progress", &progress,
                "progress-message", &message,
                "name", &name,
                "executor", &executor,
                NULL);

  g_assert_cmpint (state, ==, CFUT_FUTURE_STATE_RUNNING);
  g_assert_cmpfloat (progress, ==, 0.25);
  g_assert_cmpstr (message, ==, "Reading");
  g_assert_null (name);
  g_assert_null (executor);

  g_assert_true (cfut_future_cancel (future));
  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_enums (void)
{
  const char *states[] = { "pending", "running", "done", "failed", "cancelled" };
  const char *whens[] = { "all-completed", "first-completed", "first-exception" };
  g_autoptr(GEnumClass) state_class = g_type_class_ref (CFUT_TYPE_FUTURE_STATE);
  g_autoptr(GEnumClass) when_class = g_type_class_ref (CFUT_TYPE_RETURN_WHEN);

  g_test_summary ("The enumerations have their nicks");

  g_assert_cmpuint (state_class->n_values, ==, G_N_ELEMENTS (states));
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpstr (g_enum_get_value (state_class, i)->value_nick, ==, states[i]);

  g_assert_cmpuint (when_class->n_values, ==, G_N_ELEMENTS (whens));
  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    g_assert_cmpstr (g_enum_get_value (when_class, i)->value_nick, ==, whens[i]);
}

typedef struct
{
  GThread *thread;
  GMainContext *context;
  guint n_state;
  guint n_progress;
  guint n_message;
  guint n_other;
} Heard;

static void
notify_cb (CfutFuture *future,
           GParamSpec *pspec,
           Heard      *self)
{
  g_assert_true (g_thread_self () == self->thread);
  g_assert_true (g_main_context_is_owner (self->context));

  if (g_str_equal (pspec->name, "state"))
    self->n_state++;
  else if (g_str_equal (pspec->name, "progress"))
    self->n_progress++;
  else if (g_str_equal (pspec->name, "progress-message"))
    self->n_message++;
  else
    self->n_other++;
}

static gpointer
work_thread (gpointer user_data)
{
  CfutPromise *promise = user_data;

  cfut_promise_start (promise);
  for (guint i = 0; i <= 1000; i++)
    cfut_promise_set_progress (promise, i / 1000.0, i < 500 ? "first half" : "second half");
  cfut_promise_resolve_variant (promise, g_variant_new_int32 (1));

  return NULL;
}

static void
test_notify (void)
{
  GMainContext *context = g_main_context_new ();
  Heard heard = { g_thread_self (), context };
  CfutFuture *future;
  CfutPromise *promise;

  g_test_summary ("Notify comes in the home context, once for many changes");

  g_main_context_push_thread_default (context);
  promise = promise_new (&future);
  g_main_context_pop_thread_default (context);
  g_signal_connect (future, "notify", G_CALLBACK (notify_cb), &heard);

  g_thread_join (g_thread_new ("test-work", work_thread, promise));
  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (heard.n_state + heard.n_progress + heard.n_message, ==, 0);

  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpuint (heard.n_state, ==, 1);
  g_assert_cmpuint (heard.n_progress, ==, 1);
  g_assert_cmpuint (heard.n_message, ==, 1);
  g_assert_cmpuint (heard.n_other, ==, 0);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
  g_main_context_unref (context);
}

static void
test_notify_each (void)
{
  Heard heard = { g_thread_self (), g_main_context_default () };
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("Notify tells what has changed, and only that");

  g_signal_connect (future, "notify", G_CALLBACK (notify_cb), &heard);

  cfut_promise_start (promise);
  drain ();
  g_assert_cmpuint (heard.n_state, ==, 1);

  cfut_promise_set_progress (promise, 0.5, NULL);
  drain ();
  g_assert_cmpuint (heard.n_progress, ==, 1);

  cfut_promise_set_progress (promise, 0.5, "half");
  drain ();
  g_assert_cmpuint (heard.n_message, ==, 1);

  cfut_promise_set_progress (promise, 0.5, "half");
  g_assert_false (g_main_context_pending (NULL));

  cfut_promise_resolve_variant (promise, g_variant_new_int32 (1));
  drain ();
  g_assert_cmpuint (heard.n_state, ==, 2);
  g_assert_cmpuint (heard.n_progress, ==, 1);
  g_assert_cmpuint (heard.n_message, ==, 1);
  g_assert_cmpuint (heard.n_other, ==, 0);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_no_listener (void)
{
  Heard heard = { g_thread_self (), g_main_context_default () };
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);
  gulong id = g_signal_connect (future, "notify::state", G_CALLBACK (notify_cb), &heard);

  g_test_summary ("Nothing is queued for a future that nobody listens to");

  g_signal_handler_disconnect (future, id);
  work_thread (promise);
  g_assert_false (g_main_context_pending (NULL));

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

static void
test_notify_does_not_keep (void)
{
  Heard heard = { g_thread_self (), g_main_context_default () };
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A notify on its way does not keep the future, which then has nobody to tell");

  g_signal_connect (future, "notify", G_CALLBACK (notify_cb), &heard);
  cfut_promise_resolve_variant (promise, g_variant_new_int32 (1));
  g_object_add_weak_pointer (G_OBJECT (future), (gpointer *) &future);

  g_object_unref (future);
  g_assert_finalize_object (promise);
  g_assert_null (future);
  drain ();
  g_assert_cmpuint (heard.n_state, ==, 0);
}

static void
test_looks (void)
{
  g_test_summary ("Each look at a failure counts: there is no warning (which would be fatal)");

  for (guint look = 0; look < 8; look++)
    {
      CfutFuture *future;
      CfutPromise *promise = promise_new (&future);
      g_autoptr(CfutFuture) other = NULL;
      g_autoptr(GError) error = NULL;
      CfutFutureState state;

      if (look == 6)
        g_assert_true (cfut_future_cancel (future));
      else
        reject (promise, G_IO_ERROR_FAILED);

      switch (look)
        {
        case 0:
          g_assert_null (cfut_future_dup_result (future, 0, NULL));
          break;

        case 1:
          g_assert_null (cfut_future_get_value (future));
          break;

        case 2:
          error = cfut_future_dup_error (future);
          break;

        case 3:
          g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_FAILED);
          break;

        case 4:
          g_object_get (future, "state", &state, NULL);
          break;

        case 5:
          other = cfut_future_all (&future, 1);
          g_assert_cmpint (cfut_future_get_state (other), ==, CFUT_FUTURE_STATE_FAILED);
          break;

        case 7:
          g_assert_false (cfut_future_cancel (future));
          break;
        }

      g_clear_object (&other);
      g_assert_finalize_object (promise);
      g_assert_finalize_object (future);
    }
}

static void
test_made_directly (void)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future = g_object_new (CFUT_TYPE_FUTURE, NULL);

  g_test_summary ("A future that was made by g_object_new() is broken, and says so");

  g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_FAILED);
  g_assert_false (cfut_future_cancel (future));
  g_assert_null (cfut_future_dup_name (future));
  g_assert_finalize_object (future);

  future = g_object_new (CFUT_TYPE_FUTURE, NULL);
  g_assert_finalize_object (future);
}

static void
test_run_dispose (void)
{
  Heard heard = { g_thread_self (), g_main_context_default () };
  g_autoptr(GVariant) result = NULL;
  CfutFuture *future;
  CfutPromise *promise = promise_new (&future);

  g_test_summary ("A future that was disposed of by force still has its result");

  g_signal_connect (future, "notify", G_CALLBACK (notify_cb), &heard);
  g_object_run_dispose (G_OBJECT (future));
  cfut_promise_start (promise);
  cfut_promise_resolve_variant (promise, g_variant_new_int32 (1));
  drain ();
  g_assert_cmpuint (heard.n_state, ==, 0);

  result = cfut_future_dup_result (future, 0, NULL);
  g_assert_nonnull (result);

  g_assert_finalize_object (promise);
  g_assert_finalize_object (future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/future/unresolved", test_unresolved);
  g_test_add_func ("/future/done", test_done);
  g_test_add_func ("/future/failed", test_failed);
  g_test_add_func ("/future/value", test_value);
  g_test_add_func ("/future/variant-in-value", test_variant_in_value);
  g_test_add_func ("/future/properties", test_properties);
  g_test_add_func ("/future/enums", test_enums);
  g_test_add_func ("/future/notify", test_notify);
  g_test_add_func ("/future/notify-each", test_notify_each);
  g_test_add_func ("/future/no-listener", test_no_listener);
  g_test_add_func ("/future/notify-does-not-keep", test_notify_does_not_keep);
  g_test_add_func ("/future/looks", test_looks);
  g_test_add_func ("/future/made-directly", test_made_directly);
  g_test_add_func ("/future/run-dispose", test_run_dispose);

  return g_test_run ();
}
