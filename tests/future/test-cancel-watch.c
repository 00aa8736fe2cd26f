/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "future/cfut-cancel-watch-private.h"

#define N 4

typedef struct
{
  CfutCancelWatch watch;
  int n_told; /* atomic */
  GCancellable *cancellable;
  CfutCancelWatch *to_remove;
} Watch;

static void
watch_cancelled (CfutCancelWatch *watch)
{
  Watch *self = (Watch *) watch;

  g_atomic_int_inc (&self->n_told);
  if (self->to_remove != NULL)
    g_assert_true (cfut_cancel_watch_remove (self->cancellable, self->to_remove));
}

static void
watches_init (Watch        *self,
              GCancellable *cancellable)
{
  for (guint i = 0; i < N; i++)
    self[i] = (Watch) { { watch_cancelled }, 0, cancellable };
}

static void
test_told (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  Watch watches[N];

  g_test_summary ("All watches are told, without those that were removed");

  for (guint removed = 0; removed < N; removed++)
    {
      watches_init (watches, cancellable);
      for (guint i = 0; i < N; i++)
        g_assert_true (cfut_cancel_watch_add (cancellable, &watches[i].watch));

      g_assert_true (cfut_cancel_watch_remove (cancellable, &watches[removed].watch));
      g_assert_false (cfut_cancel_watch_remove (cancellable, &watches[removed].watch));

      g_cancellable_cancel (cancellable);
      for (guint i = 0; i < N; i++)
        {
          g_assert_cmpint (watches[i].n_told, ==, i != removed);
          g_assert_false (cfut_cancel_watch_remove (cancellable, &watches[i].watch));
        }

      /* Too late; and once more. */
      g_assert_false (cfut_cancel_watch_add (cancellable, &watches[removed].watch));
      g_assert_cmpint (watches[removed].n_told, ==, 0);
      g_cancellable_reset (cancellable);
    }

  g_assert_finalize_object (cancellable);
}

static void
test_remove_while_told (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  Watch watches[N];

  g_test_summary ("A watch may remove another while it is told");

  watches_init (watches, cancellable);
  for (guint i = 0; i < N; i++)
    g_assert_true (cfut_cancel_watch_add (cancellable, &watches[i].watch));

  /* The newest is told first. */
  watches[N - 1].to_remove = &watches[1].watch;
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (watches[i].n_told, ==, i != 1);

  g_assert_finalize_object (cancellable);
}

typedef struct
{
  GCancellable *cancellable;
  Watch watches[N];
  int n_removed;   /* atomic */
  int n_not_added; /* atomic */
} Race;

static void
race_renew (Race *self)
{
  self->cancellable = g_cancellable_new ();
  watches_init (self->watches, self->cancellable);
  self->n_removed = self->n_not_added = 0;
}

static void
watch_in_race (guint    thread,
               gpointer user_data)
{
  Race *self = user_data;
  CfutCancelWatch *watch = &self->watches[thread].watch;

  if (thread == 0)
    g_cancellable_cancel (self->cancellable);
  else if (!cfut_cancel_watch_add (self->cancellable, watch))
    g_atomic_int_inc (&self->n_not_added);
  else if (thread == 1 && cfut_cancel_watch_remove (self->cancellable, watch))
    g_atomic_int_inc (&self->n_removed);
}

static void
after_watches (guint    round,
               gpointer user_data)
{
  Race *self = user_data;
  int n_told = 0;

  for (guint i = 0; i < N; i++)
    n_told += self->watches[i].n_told;
  g_assert_cmpint (n_told + self->n_removed + self->n_not_added, ==, N - 1);

  g_assert_finalize_object (self->cancellable);
  race_renew (self);
}

static void
test_race (void)
{
  Race self;

  g_test_summary ("A watch is told, or removed, or refused, and only one of them");

  race_renew (&self);
  race (N, 2000, watch_in_race, after_watches, &self);
  g_assert_finalize_object (self.cancellable);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cancel-watch/told", test_told);
  g_test_add_func ("/cancel-watch/remove-while-told", test_remove_while_told);
  g_test_add_func ("/cancel-watch/race", test_race);

  return g_test_run ();
}
