/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/* Callbacks write what happens: a letter when called, its capital when their
 * data is freed. */
typedef struct
{
  GString *log;
  char letter;
  GThread *thread;
  void (*act) (CfutFuture *future);
} Callback;

static void
callback_cb (CfutFuture *future,
             gpointer    user_data)
{
  Callback *self = user_data;

  g_assert_true (cfut_future_is_done (future));
  g_assert_true (g_thread_self () == self->thread);
  g_string_append_c (self->log, self->letter);
  if (self->act != NULL)
    self->act (future);
}

static void
callback_free (gpointer data)
{
  Callback *self = data;

  g_assert_true (g_thread_self () == self->thread);
  g_string_append_c (self->log, g_ascii_toupper (self->letter));
  g_free (self);
}

static guint
add (CfutFuture *future,
     GString    *log,
     char        letter,
     void      (*act) (CfutFuture *future))
{
  Callback *self = g_new0 (Callback, 1);

  self->log = log;
  self->letter = letter;
  self->thread = g_thread_self ();
  self->act = act;

  return cfut_future_add_done_callback (future, callback_cb, self, callback_free);
}

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
resolve (CfutPromise *promise)
{
  g_assert_true (cfut_promise_resolve_variant (promise, g_variant_new_int32 (1)));
}

static gpointer
resolve_thread (gpointer user_data)
{
  resolve (user_data);

  return NULL;
}

static void
append_cb (CfutFuture *future,
           gpointer    user_data)
{
  g_string_append_c (user_data, '-');
}

static void
test_in_order (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  g_autoptr(GString) log = g_string_new (NULL);
  guint first, second;

  g_test_summary ("Callbacks come in order, in the home context, and their data goes there");

  first = add (future, log, 'a', NULL);
  second = add (future, log, 'b', NULL);
  g_assert_cmpuint (first, !=, 0);
  g_assert_cmpuint (second, !=, first);
  cfut_future_add_done_callback (future, append_cb, log, NULL);
  add (future, log, 'c', NULL);

  drain ();
  g_thread_join (g_thread_new ("test-resolve", resolve_thread, promise));
  add (future, log, 'd', NULL);
  g_assert_cmpstr (log->str, ==, "");

  drain ();
  g_assert_cmpstr (log->str, ==, "aAbB-cCdD");

  g_assert_finalize_object (promise);
}

static void
test_after_done (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  g_autoptr(GString) log = g_string_new (NULL);

  g_test_summary ("A callback that comes too late is called all the same, and never inline");

  resolve (promise);
  add (future, log, 'a', NULL);
  g_assert_cmpstr (log->str, ==, "");
  drain ();
  g_assert_cmpstr (log->str, ==, "aA");

  g_assert_finalize_object (promise);
}

static void
test_home (void)
{
  GMainContext *context = g_main_context_new ();
  CfutPromise *promise;
  g_autoptr(GString) log = g_string_new (NULL);

  g_test_summary ("The home context is where the future was made, not where the callback was added");

  g_main_context_push_thread_default (context);
  promise = cfut_promise_new ();
  g_main_context_pop_thread_default (context);

  add (cfut_promise_get_future (promise), log, 'a', NULL);
  resolve (promise);
  drain ();
  g_assert_cmpstr (log->str, ==, "");
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpstr (log->str, ==, "aA");

  g_assert_finalize_object (promise);
  g_main_context_unref (context);
}

static void
test_remove (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  g_autoptr(GString) log = g_string_new (NULL);
  guint a, b, c;

  g_test_summary ("A callback that was removed is not called, and its data is freed at home");

  g_assert_false (cfut_future_remove_done_callback (future, 1));

  a = add (future, log, 'a', NULL);
  b = add (future, log, 'b', NULL);
  c = add (future, log, 'c', NULL);
  g_assert_true (cfut_future_remove_done_callback (future, b));
  g_assert_false (cfut_future_remove_done_callback (future, b));
  g_assert_cmpstr (log->str, ==, "");
  drain ();
  g_assert_cmpstr (log->str, ==, "B");

  /* On its way already. */
  resolve (promise);
  g_assert_true (cfut_future_remove_done_callback (future, c));
  g_assert_false (cfut_future_remove_done_callback (future, c));
  g_assert_cmpstr (log->str, ==, "B");
  drain ();
  g_assert_cmpstr (log->str, ==, "BaAC");

  g_assert_false (cfut_future_remove_done_callback (future, a));
  g_assert_finalize_object (promise);
}

static guint to_remove;

static void
remove_act (CfutFuture *future)
{
  g_assert_true (cfut_future_remove_done_callback (future, to_remove));
}

static GString *act_log;

static void
add_act (CfutFuture *future)
{
  add (future, act_log, 'y', NULL);
}

static void
cancel_act (CfutFuture *future)
{
  g_assert_false (cfut_future_cancel (future));
}

static void
wait_act (CfutFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
}

static void
unref_act (CfutFuture *future)
{
  g_object_unref (future);
}

static void
loop_act (CfutFuture *future)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_acts (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = g_object_ref (cfut_promise_get_future (promise));
  g_autoptr(GString) log = g_string_new (NULL);

  g_test_summary ("A callback may add, remove, cancel, wait, unref, and run the loop");

  act_log = log;
  add (future, log, 'a', remove_act);
  to_remove = add (future, log, 'b', NULL);
  add (future, log, 'c', add_act);
  add (future, log, 'd', cancel_act);
  add (future, log, 'e', wait_act);
  add (future, log, 'f', loop_act);
  add (future, log, 'g', unref_act);
  add (future, log, 'h', NULL);

  resolve (promise);
  g_assert_finalize_object (promise);
  drain ();

  /* Those behind f are called inside of it. */
  g_assert_cmpstr (log->str, ==, "aABcCdDeEfgGhHyYF");
}

static void
test_keeps_future (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  g_autoptr(GString) log = g_string_new (NULL);

  g_test_summary ("A callback keeps the future until it was called");

  add (future, log, 'a', NULL);
  g_object_add_weak_pointer (G_OBJECT (future), (gpointer *) &future);
  resolve (promise);
  g_assert_finalize_object (promise);
  g_assert_nonnull (future);
  drain ();
  g_assert_null (future);
  g_assert_cmpstr (log->str, ==, "aA");
}

static void
test_without_loop (void)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = cfut_promise_get_future (promise);
  CfutPromise *other = cfut_promise_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) log = g_string_new (NULL);

  g_test_summary ("Where no loop runs the data of removed callbacks goes after a wait");

  g_assert_true (cfut_future_remove_done_callback (future, add (future, log, 'a', NULL)));
  g_assert_false (cfut_future_wait (cfut_promise_get_future (other), 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (log->str, ==, "A");

  g_assert_true (cfut_future_cancel (future));
  g_assert_true (cfut_future_cancel (cfut_promise_get_future (other)));
  drain ();
  g_assert_finalize_object (promise);
  g_assert_finalize_object (other);
}

#define N_ROUNDS 1000

static int n_called;

static void
count_cb (CfutFuture *future,
          gpointer    user_data)
{
  n_called++;
}

static void
count_freed (gpointer data)
{
  *(int *) data += 1;
}

static void
test_remove_race (void)
{
  int n_freed = 0;
  int n_removed = 0;

  g_test_summary ("A callback is called or was removed, and only one of them");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      CfutPromise *promise = cfut_promise_new ();
      CfutFuture *future = cfut_promise_get_future (promise);
      guint id = cfut_future_add_done_callback (future, count_cb, &n_freed, count_freed);
      GThread *thread = g_thread_new ("test-resolve", resolve_thread, promise);

      if (i % 3 == 0)
        drain ();
      if (cfut_future_remove_done_callback (future, id))
        n_removed++;

      g_thread_join (thread);
      drain ();
      g_assert_cmpint (n_called + n_removed, ==, i + 1);
      g_assert_cmpint (n_freed, ==, i + 1);
      g_assert_finalize_object (promise);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/callbacks/in-order", test_in_order);
  g_test_add_func ("/callbacks/after-done", test_after_done);
  g_test_add_func ("/callbacks/home", test_home);
  g_test_add_func ("/callbacks/remove", test_remove);
  g_test_add_func ("/callbacks/acts", test_acts);
  g_test_add_func ("/callbacks/keeps-future", test_keeps_future);
  g_test_add_func ("/callbacks/without-loop", test_without_loop);
  g_test_add_func ("/callbacks/remove-race", test_remove_race);

  return g_test_run ();
}
