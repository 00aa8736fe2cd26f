/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "completion-fixture.h"

#include "manual-executor.h"

#include <poll.h>

Fixture *current;
TestLatch *gate;

const Kind manual = { "manual", NULL };

static GVariant *
tenfold (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);
  if (x >= 0)
    return g_variant_new_int64 (10 * x);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%" G_GINT64_FORMAT " is negative", x);

  return NULL;
}

static GVariant *
wait_for_gate (CfutCall  *call,
               GVariant  *arguments,
               gpointer   user_data,
               GError   **error)
{
  test_latch_wait (gate);

  return NULL;
}

/* Opens the gate, and waits to be cancelled. */
static GVariant *
hang (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);

  test_wait_for_cancel (cancellable, gate);
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return NULL;
}

void
register_functions (void)
{
  cfut_register_function ("tenfold", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);
  cfut_register_function ("wait-for-gate", NULL, NULL, wait_for_gate, NULL, NULL);
  cfut_register_function ("hang", NULL, NULL, hang, NULL, NULL);
}

/* Of a call that is done. */
void
check_completion (CfutCompletion *completion,
                  guint64         tag,
                  gint64          result)
{
  g_assert_cmpuint (cfut_completion_get_tag (completion), ==, tag);
  g_assert_cmpint (cfut_completion_get_state (completion), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_null (cfut_completion_get_error (completion));
  g_assert_cmpint (g_variant_get_int64 (cfut_completion_get_result (completion)), ==, result);
}

CfutCompletion *
drain_one (CfutCompletionQueue *queue)
{
  gsize n_completions = 99;
  g_autofree CfutCompletion **completions = cfut_completion_queue_drain (queue, 1, &n_completions);

  g_assert_cmpuint (n_completions, ==, 1);

  return completions[0];
}

void
assert_empty (CfutCompletionQueue *queue)
{
  gsize n_completions = 99;
  g_autofree CfutCompletion **completions = cfut_completion_queue_drain (queue, 0, &n_completions);

  g_assert_cmpuint (n_completions, ==, 0);
  g_assert_nonnull (completions);
}

void
push (Fixture    *fixture,
      const char *function,
      GVariant   *arguments,
      guint64     tag)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_push (fixture->queue, fixture->executor, function, arguments,
                                             NULL, tag, &error));
  g_assert_no_error (error);
}

void
wait_for_one (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_completion_queue_wait (fixture->queue, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
}

gboolean
is_readable (int fd)
{
  struct pollfd entry = { .fd = fd, .events = POLLIN };

  return poll (&entry, 1, 0) == 1;
}

void
poll_for_one (int fd)
{
  struct pollfd entry = { .fd = fd, .events = POLLIN };

  g_assert_cmpint (poll (&entry, 1, 120 * 1000), ==, 1);
}

void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const Kind *kind = data;

  test_census_take (&fixture->census);
  current = fixture;
  fixture->queue = cfut_completion_queue_new ();
  if (kind->create != NULL)
    fixture->executor = kind->create ();
  else
    fixture->executor = CFUT_EXECUTOR (test_manual_executor_new (1));
  gate = g_new0 (TestLatch, 1);
  test_latch_init (gate);
}

void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->queue != NULL)
    g_assert_finalize_object (fixture->queue);
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_latch_clear (gate);
  g_free (gate);
  test_census_check (&fixture->census);
}
