/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "future/cfut-delivery-private.h"

/*
 * How many completions a main loop gets at a time, by a clock that only goes on
 * as the callbacks say.
 */
#define N_FUTURES 100000
#define FRAME_PRIORITY (G_PRIORITY_HIGH_IDLE + 20) /* at which GTK draws */

gint64 __wrap_g_get_monotonic_time (void);

static gint64 now;

gint64
__wrap_g_get_monotonic_time (void)
{
  return now;
}

typedef struct
{
  CfutPromise *promises[N_FUTURES];
  GThread *thread;
  gint64 cost_us; /* of each callback */
  guint n_called;
  guint n_frames;
} Loop;

static Loop loop;

static void
completed_cb (CfutFuture *future,
              gpointer    user_data)
{
  g_assert_true (g_thread_self () == loop.thread);
  g_assert_true (cfut_future_is_done (future));
  g_assert_cmpuint (GPOINTER_TO_UINT (user_data), ==, loop.n_called);
  loop.n_called++;
  now += loop.cost_us;
}

static gboolean
frame_cb (gpointer user_data)
{
  loop.n_frames++;

  return G_SOURCE_CONTINUE;
}

static gpointer
resolve_thread (gpointer user_data)
{
  for (guint i = 0; i < N_FUTURES; i++)
    cfut_promise_resolve_variant (loop.promises[i], g_variant_new_uint32 (i));

  return NULL;
}

static void
complete_all (gint64 cost_us)
{
  loop.thread = g_thread_self ();
  loop.cost_us = cost_us;
  loop.n_called = 0;
  loop.n_frames = 0;
  for (guint i = 0; i < N_FUTURES; i++)
    {
      loop.promises[i] = cfut_promise_new ();
      cfut_future_add_done_callback (cfut_promise_get_future (loop.promises[i]), completed_cb,
                                     GUINT_TO_POINTER (i), NULL);
    }
  g_thread_join (g_thread_new ("test-resolve", resolve_thread, NULL));
}

static void
test_batches (gconstpointer data)
{
  GSource *frame = g_idle_source_new ();
  gint64 cost_us = GPOINTER_TO_INT (data);
  guint n_at_most = (CFUT_DELIVERY_BUDGET_US + cost_us - 1) / cost_us;
  guint n_batches = 0;

  g_test_summary ("No iteration runs more callbacks than the budget has time for, and a frame follows");

  g_source_set_callback (frame, frame_cb, NULL, NULL);
  g_source_set_priority (frame, FRAME_PRIORITY);
  g_source_attach (frame, NULL);
  complete_all (cost_us);

  while (loop.n_called < N_FUTURES)
    {
      guint n_before = loop.n_called;

      g_assert_true (g_main_context_iteration (NULL, FALSE));
      g_assert_cmpuint (loop.n_called - n_before, <=, n_at_most);
      if (loop.n_called > n_before)
        n_batches++;
      g_assert_cmpuint (loop.n_frames + 1, >=, n_batches);
    }
  g_assert_cmpuint (n_batches, ==, (N_FUTURES + n_at_most - 1) / n_at_most);

  g_source_destroy (frame);
  g_source_unref (frame);
  g_assert_false (g_main_context_pending (NULL));
  for (guint i = 0; i < N_FUTURES; i++)
    g_assert_finalize_object (loop.promises[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/budget/quick-callbacks", GINT_TO_POINTER (1), test_batches);
  g_test_add_data_func ("/budget/callbacks", GINT_TO_POINTER (150), test_batches);
  g_test_add_data_func ("/budget/slow-callbacks", GINT_TO_POINTER (CFUT_DELIVERY_BUDGET_US), test_batches);
  g_test_add_data_func ("/budget/very-slow-callbacks", GINT_TO_POINTER (100000), test_batches);

  return g_test_run ();
}
