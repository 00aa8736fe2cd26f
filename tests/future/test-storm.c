/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

/*
 * A hundred thousand completions in a program with a window: a main loop whose
 * frames are drawn at the priority at which GTK draws them, and must be.
 */
#define N_FUTURES 100000
#define N_THREADS 4
#define FRAME_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

typedef struct
{
  CfutPromise *promises[N_FUTURES];
  guint8 n_called[N_FUTURES];
  guint n_completed;
  guint n_frames;
  GThread *thread;
} Storm;

static Storm storm;

static void
completed_cb (CfutFuture *future,
              gpointer    user_data)
{
  g_assert_true (g_thread_self () == storm.thread);
  g_assert_true (cfut_future_is_done (future));
  storm.n_called[GPOINTER_TO_UINT (user_data)]++;
  storm.n_completed++;
}

static void
notify_cb (CfutFuture *future,
           GParamSpec *pspec,
           gpointer    user_data)
{
  completed_cb (future, user_data);
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GVariant) variant = cfut_future_result_finish (CFUT_FUTURE (source), result, NULL);

  g_assert_cmpuint (g_variant_get_uint32 (variant), ==, GPOINTER_TO_UINT (user_data));
  completed_cb (CFUT_FUTURE (source), user_data);
}

static gboolean
frame_cb (gpointer user_data)
{
  storm.n_frames++;

  return G_SOURCE_CONTINUE;
}

/* Each thread resolves every fourth. */
static gpointer
resolve_thread (gpointer user_data)
{
  for (guint i = GPOINTER_TO_UINT (user_data); i < N_FUTURES; i += N_THREADS)
    cfut_promise_resolve_variant (storm.promises[i], g_variant_new_uint32 (i));

  return NULL;
}

static void
storm_begin (void)
{
  memset (&storm, 0, sizeof storm);
  storm.thread = g_thread_self ();

  /* All ways to be told, mixed. */
  for (guint i = 0; i < N_FUTURES; i++)
    {
      CfutFuture *future;

      storm.promises[i] = cfut_promise_new ();
      future = cfut_promise_get_future (storm.promises[i]);
      if (i % 8 == 0)
        g_signal_connect (future, "notify::state", G_CALLBACK (notify_cb), GUINT_TO_POINTER (i));
      else if (i % 8 == 1)
        cfut_future_result_async (future, NULL, result_cb, GUINT_TO_POINTER (i));
      else
        cfut_future_add_done_callback (future, completed_cb, GUINT_TO_POINTER (i), NULL);
    }
}

static void
storm_end (void)
{
  g_assert_cmpuint (storm.n_completed, ==, N_FUTURES);
  for (guint i = 0; i < N_FUTURES; i++)
    {
      g_assert_cmpuint (storm.n_called[i], ==, 1);
      g_assert_finalize_object (storm.promises[i]);
    }
  g_assert_false (g_main_context_pending (NULL));
}

static void
test_frames_between (void)
{
  GSource *frame = g_idle_source_new ();
  GThread *threads[N_THREADS];
  guint n_batches = 0;
  gint64 longest = 0;

  g_test_summary ("Completions come in batches, with a frame between each two");

  storm_begin ();
  g_source_set_callback (frame, frame_cb, NULL, NULL);
  g_source_set_priority (frame, FRAME_PRIORITY);
  g_source_attach (frame, NULL);

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("test-resolve", resolve_thread, GUINT_TO_POINTER (i));
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  while (storm.n_completed < N_FUTURES)
    {
      guint n_completed = storm.n_completed;
      gint64 begin = g_get_monotonic_time ();

      g_assert_true (g_main_context_iteration (NULL, FALSE));
      longest = MAX (longest, g_get_monotonic_time () - begin);
      if (storm.n_completed > n_completed)
        n_batches++;
    }

  g_test_message ("%u batches, %u frames; the longest iteration took %.1f ms",
                  n_batches, storm.n_frames, longest / 1000.0);
  g_assert_cmpuint (n_batches, <, N_FUTURES / 2);
  g_assert_cmpuint (storm.n_frames + 1, >=, n_batches);

  g_source_destroy (frame);
  g_source_unref (frame);
  storm_end ();
}

static void
test_while_running (void)
{
  GThread *threads[N_THREADS];
  guint n_iterations = 0;

  g_test_summary ("A loop that sleeps between completions of many threads misses none");

  storm_begin ();
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("test-resolve", resolve_thread, GUINT_TO_POINTER (i));

  while (storm.n_completed < N_FUTURES)
    {
      g_main_context_iteration (NULL, TRUE);
      n_iterations++;
    }

  g_test_message ("%u iterations", n_iterations);
  g_assert_cmpuint (n_iterations, <, N_FUTURES / 2);

  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  storm_end ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/storm/frames-between", test_frames_between);
  g_test_add_func ("/storm/while-running", test_while_running);

  return g_test_run ();
}
