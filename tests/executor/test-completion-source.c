/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "completion-fixture.h"

static void
test_fd (Fixture       *fixture,
         gconstpointer  data)
{
  int fd;

  g_test_summary ("The descriptor is readable from the first completion until the last is drained");

  fd = cfut_completion_queue_get_fd (fixture->queue);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (is_readable (fd));

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < 3; i++)
        push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);

      for (guint i = 0; i < 3; i++)
        {
          g_autoptr(CfutCompletion) completion = NULL;

          poll_for_one (fd);
          completion = drain_one (fixture->queue);
          g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
        }
      g_assert_false (is_readable (fd));
    }

  g_assert_cmpint (cfut_completion_queue_get_fd (fixture->queue), ==, fd);
}

static gboolean
count_cb (CfutCompletionQueue *queue,
          gpointer             user_data)
{
  gint *n_left = user_data;
  g_autoptr(CfutCompletion) completion = drain_one (queue);

  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);

  return --*n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
is_zero (gpointer user_data)
{
  return *(gint *) user_data == 0;
}

static void
test_source (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSource) source = cfut_completion_queue_create_source (fixture->queue);
  gint n_left = 20;

  g_test_summary ("A source is dispatched as long as there is something to drain");

  g_source_set_callback (source, G_SOURCE_FUNC (count_cb), &n_left, NULL);
  g_source_attach (source, context);
  g_assert_false (g_main_context_iteration (context, FALSE));

  for (guint i = 0; i < 20; i++)
    push (fixture, "tenfold", g_variant_new ("(x)", (gint64) i), i);
  test_iterate_until (context, is_zero, &n_left);

  g_assert_true (g_source_is_destroyed (source));
  assert_empty (fixture->queue);
}

static void
closure_func (void)
{
}

static void
count_marshal (GClosure     *closure,
               GValue       *result,
               guint         n_parameters,
               const GValue *parameters,
               gpointer      hint,
               gpointer      marshal_data)
{
  g_assert_cmpuint (n_parameters, ==, 1);
  g_value_set_boolean (result, count_cb (g_value_get_object (&parameters[0]), closure->data));
}

static void
test_source_closure (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  GSource *source = cfut_completion_queue_create_source (fixture->queue);
  gint n_left = 2;
  GClosure *closure = g_cclosure_new (closure_func, &n_left, NULL);

  g_test_summary ("A source takes a closure, and keeps the queue alive");

  g_closure_set_marshal (closure, count_marshal);
  g_source_set_closure (source, closure);
  g_source_attach (source, context);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 2), 2);
  g_object_unref (g_steal_pointer (&fixture->queue));
  test_iterate_until (context, is_zero, &n_left);
  g_source_unref (source);
}

static void
fail_marshal (GClosure     *closure,
              GValue       *result,
              guint         n_parameters,
              const GValue *parameters,
              gpointer      hint,
              gpointer      marshal_data)
{
  ++*(guint *) closure->data;
}

static void
test_source_closure_fails (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GSource) source = cfut_completion_queue_create_source (fixture->queue);
  guint n_calls = 0;
  GClosure *closure = g_cclosure_new (closure_func, &n_calls, NULL);

  g_test_summary ("A source whose closure answers nothing, as after an exception, is removed");

  g_closure_set_marshal (closure, fail_marshal);
  g_source_set_closure (source, closure);
  g_source_attach (source, context);

  push (fixture, "tenfold", g_variant_new ("(x)", (gint64) 1), 1);
  while (!g_source_is_destroyed (source))
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (n_calls, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  register_functions ();

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_KINDS; i++)
    {
      ADD ("fd", &kinds[i], test_fd);
      ADD ("source", &kinds[i], test_source);
    }
  ADD ("source-closure", &kinds[KIND_THREAD], test_source_closure);
  ADD ("source-closure-fails", &kinds[KIND_THREAD], test_source_closure_fails);

  return g_test_run ();
}
