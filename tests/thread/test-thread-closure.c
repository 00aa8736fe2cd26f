/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "calls.h"

/* What a thread closure works on. */
typedef struct
{
  gboolean serves;
  const char *reason;
  int n_begun;    /* atomic */
  int n_ended;    /* atomic */
  int n_released; /* atomic */
  GThread *released_in;
} Stay;

static GPrivate inside = G_PRIVATE_INIT (NULL);

static char *
stay_around (guint    number,
             gpointer user_data)
{
  Stay *self = user_data;

  g_assert_cmpuint (number, >=, 1);
  g_atomic_int_inc (&self->n_begun);
  g_private_set (&inside, self);
  if (self->serves)
    {
      cfut_thread_executor_serve ();
      cfut_thread_executor_serve ();
    }
  g_private_set (&inside, NULL);
  g_atomic_int_inc (&self->n_ended);

  return g_strdup (self->reason);
}

static void
stay_released (gpointer  data,
               GClosure *closure)
{
  Stay *self = data;

  self->released_in = g_thread_self ();
  g_atomic_int_inc (&self->n_released);
}

static CfutExecutor *
executor_within (Stay *stay)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_thread_executor_set_thread_closure (
      CFUT_THREAD_EXECUTOR (executor),
      g_cclosure_new (G_CALLBACK (stay_around), stay, stay_released), &error));
  g_assert_no_error (error);

  return executor;
}

static gboolean
return_inside (CfutCall  *call,
               GValue    *result,
               gpointer   user_data,
               GError   **error)
{
  g_value_init (result, G_TYPE_POINTER);
  g_value_set_pointer (result, g_private_get (&inside));

  return TRUE;
}

/* The stay that a call was run within. */
static Stay *
call_inside (CfutExecutor *executor)
{
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;

  future = cfut_thread_executor_submit_func (CFUT_THREAD_EXECUTOR (executor), return_inside,
                                             NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);

  return g_value_get_pointer (cfut_future_get_value (future));
}

static void
test_around (void)
{
  Stay stay = { TRUE };
  CfutExecutor *executor = executor_within (&stay);

  g_test_summary ("A thread runs all its calls within its closure, once");

  for (guint i = 0; i < 100; i++)
    g_assert_true (call_inside (executor) == &stay);
  g_assert_cmpint (g_atomic_int_get (&stay.n_begun), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&stay.n_ended), ==, 0);

  end_executor (executor);
  g_assert_cmpint (g_atomic_int_get (&stay.n_ended), ==, 1);
  test_iterate_until_set (NULL, &stay.n_released);
  g_assert_true (stay.released_in == g_thread_self ());
}

static void
test_does_not_serve (void)
{
  Stay stay = { FALSE };
  CfutExecutor *executor = executor_within (&stay);

  g_test_summary ("A closure that does not serve is followed by the calls");

  for (guint i = 0; i < 100; i++)
    g_assert_null (call_inside (executor));
  g_assert_cmpint (g_atomic_int_get (&stay.n_begun), ==, 1);

  end_executor (executor);
  test_iterate_until_set (NULL, &stay.n_released);
}

static void
test_leaves (void)
{
  Stay stay = { TRUE };
  CfutExecutor *executor = executor_within (&stay);

  g_test_summary ("No call is lost on a thread that is just leaving its closure");

  cfut_thread_executor_set_idle_timeout (CFUT_THREAD_EXECUTOR (executor), 0);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (call_inside (executor) == &stay);

  end_executor (executor);
  g_assert_cmpint (stay.n_begun, ==, stay.n_ended);
  test_iterate_until_set (NULL, &stay.n_released);
}

static void
test_reason (void)
{
  Stay stay = { FALSE, "No licence" };
  CfutExecutor *executor = executor_within (&stay);

  g_test_summary ("A closure that returns a reason breaks the executor");

  assert_error (cfut_executor_submit (executor, "nothing", NULL, NULL, NULL), CFUT_ERROR, CFUT_ERROR_BROKEN,
                "Failed to initialize a thread: No licence");
  g_assert_cmpint (g_atomic_int_get (&stay.n_begun), ==, 1);

  end_executor (executor);
  test_iterate_until_set (NULL, &stay.n_released);
}

static void
test_second (void)
{
  Stay stay = { TRUE };
  Stay second = { TRUE };
  CfutExecutor *executor = executor_within (&stay);
  g_autoptr(GError) error = NULL;

  g_test_summary ("There is one closure for the life of an executor");

  g_assert_false (cfut_thread_executor_set_thread_closure (
      CFUT_THREAD_EXECUTOR (executor),
      g_cclosure_new (G_CALLBACK (stay_around), &second, stay_released), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_cmpint (second.n_released, ==, 1);

  end_executor (executor);
  test_iterate_until_set (NULL, &stay.n_released);
}

static void
test_elsewhere (void)
{
  g_test_summary ("Serving anywhere else does nothing");

  cfut_thread_executor_serve ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  calls_register ();

  add_test ("/thread-closure/around", test_around);
  add_test ("/thread-closure/does-not-serve", test_does_not_serve);
  add_test ("/thread-closure/leaves", test_leaves);
  add_test ("/thread-closure/reason", test_reason);
  add_test ("/thread-closure/second", test_second);
  add_test ("/thread-closure/elsewhere", test_elsewhere);

  return g_test_run ();
}
