/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "policy/cfut-window-private.h"

/* Everything that can happen to a window. */
typedef enum
{
  EVENT_TINY,   /* 1 ns */
  EVENT_SHORT,  /* 10 us */
  EVENT_MEDIUM, /* 150 us */
  EVENT_LONG,   /* 10 s */
  EVENT_LIE,    /* nonsense from a worker */
  EVENT_STALL,
  N_EVENTS,
} Event;

static const gint64 durations[] = {
  1, 10 * 1000, 150 * 1000, G_GINT64_CONSTANT (10000000000), G_MAXINT64,
};

static void
apply (CfutWindow *window,
       Event       event)
{
  CfutWindow before = *window;

  if (event == EVENT_STALL)
    {
      cfut_window_stalled (window);
      g_assert_cmpuint (window->depth, ==, 1);
      return;
    }

  cfut_window_measured (window, durations[event]);
  g_assert_cmpint (window->mean_ns, >, 0);
  g_assert_cmpuint (window->depth, >=, 1);
  g_assert_cmpuint (window->depth, <=, CFUT_WINDOW_MAX_DEPTH);

  /* Wider in steps only; and never so wide that the mean call would wait longer
   * than the span. */
  g_assert_cmpuint (window->depth, <=, 2 * before.depth);
  if (window->depth > 1)
    g_assert_cmpint (window->mean_ns * window->depth, <=, CFUT_WINDOW_SPAN_US * 1000);

  /* A call that is longer than all the mean allows for closes it at once. */
  if (event == EVENT_LONG || event == EVENT_LIE)
    g_assert_cmpuint (window->depth, ==, 1);
}

static void
walk (CfutWindow window,
      guint      depth)
{
  if (depth == 0)
    return;

  for (Event event = 0; event < N_EVENTS; event++)
    {
      CfutWindow next = window;

      apply (&next, event);
      walk (next, depth - 1);
    }
}

static void
test_walk (void)
{
  CfutWindow window;

  g_test_summary ("Whatever happens the depth is in bounds, grows in steps and shrinks at once");

  cfut_window_init (&window);
  g_assert_cmpuint (window.depth, ==, 1);
  walk (window, 7);
}

static void
test_settles (void)
{
  CfutWindow window;

  g_test_summary ("The depth settles on what fits into the span");

  cfut_window_init (&window);
  for (guint i = 0; i < 100; i++)
    cfut_window_measured (&window, 10 * 1000);
  g_assert_cmpuint (window.depth, ==, CFUT_WINDOW_SPAN_US / 10);

  for (guint i = 0; i < 100; i++)
    cfut_window_measured (&window, 1);
  g_assert_cmpuint (window.depth, ==, CFUT_WINDOW_MAX_DEPTH);

  for (guint i = 0; i < 100; i++)
    cfut_window_measured (&window, 2 * CFUT_WINDOW_SPAN_US * 1000);
  g_assert_cmpuint (window.depth, ==, 1);
}

static void
test_interrupted (void)
{
  CfutWindow window;

  g_test_summary ("One long call among short ones does not close the window for long");

  cfut_window_init (&window);
  for (guint i = 0; i < 100; i++)
    cfut_window_measured (&window, 500);

  cfut_window_stalled (&window);
  cfut_window_measured (&window, 4 * 1000 * 1000);
  g_assert_cmpuint (window.depth, ==, 1);
  for (guint i = 0; i < 20; i++)
    cfut_window_measured (&window, 500);
  g_assert_cmpuint (window.depth, ==, CFUT_WINDOW_MAX_DEPTH);

  /* But as many long ones do. */
  for (guint i = 0; i < 20; i++)
    cfut_window_measured (&window, 400 * 1000);
  g_assert_cmpuint (window.depth, <=, 2);
}

static void
test_first_call (void)
{
  CfutWindow window;

  g_test_summary ("Nothing is sent ahead before a call was measured");

  cfut_window_init (&window);
  g_assert_true (cfut_window_has_room (&window, 0, 0, 10));
  g_assert_false (cfut_window_has_room (&window, 1, 10, 10));
}

static void
test_has_room (void)
{
  CfutWindow window;

  g_test_summary ("An idle worker takes any call; a busy one within depth and bytes");

  cfut_window_init (&window);
  window.depth = 4;

  g_assert_true (cfut_window_has_room (&window, 0, 0, G_MAXSIZE));
  g_assert_true (cfut_window_has_room (&window, 3, 3, 1));
  g_assert_false (cfut_window_has_room (&window, 4, 4, 1));
  g_assert_true (cfut_window_has_room (&window, 1, 1, CFUT_WINDOW_MAX_BYTES - 1));
  g_assert_false (cfut_window_has_room (&window, 1, 1, CFUT_WINDOW_MAX_BYTES));
  g_assert_false (cfut_window_has_room (&window, 1, 1, G_MAXSIZE));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/window/walk", test_walk);
  g_test_add_func ("/window/settles", test_settles);
  g_test_add_func ("/window/interrupted", test_interrupted);
  g_test_add_func ("/window/first-call", test_first_call);
  g_test_add_func ("/window/has-room", test_has_room);

  return g_test_run ();
}
