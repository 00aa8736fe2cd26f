/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "cfut-error.h"
#include "future/cfut-completed-iterator.h"

#define N 4

typedef struct
{
  FakeState *states[N];
  CfutFuture *futures[N];
} Futures;

static void
futures_init (Futures *self)
{
  for (guint i = 0; i < N; i++)
    self->futures[i] = fake_future_new (&self->states[i]);
}

static void
futures_clear (Futures *self)
{
  for (guint i = 0; i < N; i++)
    {
      cfut_future_cancel (self->futures[i]);
      g_assert_false (cfut_state_has_waiters (&self->states[i]->state));
      g_assert_finalize_object (self->futures[i]);
    }
}

static void
assert_next (CfutCompletedIterator *iterator,
             CfutFuture            *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutFuture) future = cfut_completed_iterator_next (iterator, &error);

  g_assert_no_error (error);
  g_assert_true (future == expected);
  if (future != NULL)
    g_assert_true (cfut_future_is_done (future));
}

static void
assert_timed_out (CfutCompletedIterator *iterator)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_completed_iterator_next (iterator, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, 0);
  assert_next (iterator, NULL);
}

static void
test_order (void)
{
  CfutCompletedIterator *iterator;
  Futures self;

  g_test_summary ("First come those that have resolved, in order, then the others as they do");

  futures_init (&self);
  fake_state_fail (self.states[2], "x");
  fake_state_resolve (self.states[1], 1);

  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, N);
  fake_state_resolve (self.states[3], 1);
  assert_next (iterator, self.futures[1]);
  fake_state_resolve (self.states[0], 1);
  assert_next (iterator, self.futures[2]);
  assert_next (iterator, self.futures[3]);
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, 1);
  assert_next (iterator, self.futures[0]);
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, 0);
  assert_next (iterator, NULL);
  assert_next (iterator, NULL);

  g_assert_null (cfut_future_dup_result (self.futures[2], 0, NULL));
  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static void
test_keeps_nothing (void)
{
  CfutCompletedIterator *iterator;
  CfutFuture *weak[N];
  Futures self;

  g_test_summary ("The iterator keeps what it has not given out, and no more");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  for (guint i = 0; i < N; i++)
    {
      weak[i] = self.futures[i];
      g_object_add_weak_pointer (G_OBJECT (weak[i]), (gpointer *) &weak[i]);
      g_object_unref (self.futures[i]);
    }

  fake_state_resolve (self.states[1], 1);
  g_assert_nonnull (weak[1]);
  g_object_unref (cfut_completed_iterator_next (iterator, NULL));
  g_assert_null (weak[1]);
  fake_state_resolve (self.states[0], 1);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (weak[i] != NULL, ==, i != 1);

  /* One has resolved and two have not. */
  g_assert_finalize_object (iterator);
  for (guint i = 0; i < N; i++)
    g_assert_null (weak[i]);
}

static void
test_time_out (void)
{
  CfutCompletedIterator *iterator;
  gint64 start;
  Futures self;

  g_test_summary ("The time is that of the whole iteration; what came in time is given out");

  futures_init (&self);
  fake_state_resolve (self.states[1], 1);
  iterator = cfut_as_completed (self.futures, N, 0);
  assert_next (iterator, self.futures[1]);
  assert_timed_out (iterator);
  g_assert_finalize_object (iterator);
  futures_clear (&self);

  futures_init (&self);
  start = g_get_monotonic_time ();
  iterator = cfut_as_completed (self.futures, N, 20000);
  fake_state_resolve (self.states[3], 1);
  assert_next (iterator, self.futures[3]);
  assert_timed_out (iterator);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);

  /* Too late. */
  fake_state_resolve (self.states[2], 1);
  assert_next (iterator, NULL);
  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static void
test_none_and_twice (void)
{
  CfutCompletedIterator *iterator;
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  CfutFuture *futures[] = { future, future };

  g_test_summary ("No futures end at once, and the same twice comes twice");

  iterator = cfut_as_completed (NULL, 0, CFUT_WAIT_FOREVER);
  assert_next (iterator, NULL);
  g_assert_finalize_object (iterator);

  iterator = g_object_new (CFUT_TYPE_COMPLETED_ITERATOR, NULL);
  assert_next (iterator, NULL);
  g_assert_finalize_object (iterator);

  iterator = cfut_as_completed (futures, 2, CFUT_WAIT_FOREVER);
  fake_state_resolve (fake, 1);
  assert_next (iterator, future);
  assert_next (iterator, future);
  assert_next (iterator, NULL);
  g_assert_finalize_object (iterator);
  g_assert_finalize_object (future);
}

static gpointer
resolve_thread (gpointer user_data)
{
  Futures *self = user_data;
  const guint order[] = { 2, 0, 3, 1 };

  for (guint i = 0; i < N; i++)
    {
      /* Opened by the help that is offered to this one before it blocks. */
      test_latch_wait (self->states[order[i]]->data);
      fake_state_resolve (self->states[order[i]], 1);
    }

  return NULL;
}

static void
test_blocks (void)
{
  const guint order[] = { 2, 0, 3, 1 };
  TestLatch latches[N] = { 0 };
  CfutCompletedIterator *iterator;
  GThread *thread;
  Futures self;

  g_test_summary ("It blocks for the next, without a main loop, and offers help once to each");

  futures_init (&self);
  for (guint i = 0; i < N; i++)
    {
      self.states[i]->help = fake_help_opens;
      self.states[i]->data = &latches[i];
    }

  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  thread = g_thread_new ("test-resolve", resolve_thread, &self);
  for (guint i = 0; i < N; i++)
    assert_next (iterator, self.futures[order[i]]);
  assert_next (iterator, NULL);

  g_thread_join (thread);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (self.states[i]->n_helps, <=, 1);
  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static gpointer
next_thread (gpointer user_data)
{
  return cfut_completed_iterator_next (user_data, NULL);
}

static void
test_help (void)
{
  g_autoptr(GError) error = NULL;
  CfutCompletedIterator *iterator;
  CfutFuture *future;
  GThread *thread;
  Futures self;

  g_test_summary ("Help gives the next future, and no hope for any is an error");

  futures_init (&self);
  for (guint i = 0; i < N; i++)
    self.states[i]->help = i < 2 ? fake_help_hopeless : fake_help_resolves;

  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  assert_next (iterator, self.futures[2]);
  assert_next (iterator, self.futures[3]);
  g_assert_cmpint (self.states[0]->n_helps, ==, 1);

  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (cfut_completed_iterator_next (iterator, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
      g_clear_error (&error);
      g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, 2);
    }

  /* Another thread may have more luck. */
  self.states[0]->help = fake_help_resolves;
  thread = g_thread_new ("test-next", next_thread, iterator);
  future = g_thread_join (thread);
  g_assert_true (future == self.futures[0]);
  g_object_unref (future);

  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

typedef struct
{
  GThread *thread;
  gboolean called;
  CfutFuture *future;
  GError *error;
} Answer;

static void
next_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Answer *self = user_data;

  g_assert_false (self->called);
  g_assert_true (g_thread_self () == self->thread);
  self->called = TRUE;
  self->future = cfut_completed_iterator_next_finish (CFUT_COMPLETED_ITERATOR (source),
                                                      result, &self->error);
}

static void
next_async (CfutCompletedIterator *iterator,
            GCancellable          *cancellable,
            Answer                *answer)
{
  *answer = (Answer) { g_thread_self () };
  cfut_completed_iterator_next_async (iterator, cancellable, next_cb, answer);
  g_assert_false (answer->called);
}

static void
assert_answer (Answer     *answer,
               CfutFuture *expected)
{
  drain_default_context ();
  g_assert_true (answer->called);
  g_assert_no_error (answer->error);
  g_assert_true (answer->future == expected);
  g_clear_object (&answer->future);
}

static void
assert_error (Answer *answer,
              int     code)
{
  drain_default_context ();
  g_assert_true (answer->called);
  g_assert_error (answer->error, G_IO_ERROR, code);
  g_assert_null (answer->future);
  g_clear_error (&answer->error);
}

static void
test_async (void)
{
  CfutCompletedIterator *iterator;
  Answer answer;
  Futures self;

  g_test_summary ("The next future also comes without blocking, never inline, to the end");

  futures_init (&self);
  fake_state_resolve (self.states[3], 1);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);

  next_async (iterator, NULL, &answer);
  assert_answer (&answer, self.futures[3]);

  next_async (iterator, NULL, &answer);
  drain_default_context ();
  g_assert_false (answer.called);
  fake_state_resolve (self.states[1], 1);
  fake_state_resolve (self.states[2], 1);
  g_assert_false (answer.called);
  assert_answer (&answer, self.futures[1]);

  next_async (iterator, NULL, &answer);
  assert_answer (&answer, self.futures[2]);

  next_async (iterator, NULL, &answer);
  g_assert_true (cfut_future_cancel (self.futures[0]));
  assert_answer (&answer, self.futures[0]);

  next_async (iterator, NULL, &answer);
  assert_answer (&answer, NULL);

  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static void
test_async_one_at_a_time (void)
{
  g_autoptr(GError) error = NULL;
  CfutCompletedIterator *iterator;
  Answer first, second;
  Futures self;

  g_test_summary ("While one wait is on, another is refused");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  next_async (iterator, NULL, &first);
  next_async (iterator, NULL, &second);
  assert_error (&second, G_IO_ERROR_PENDING);

  g_assert_null (cfut_completed_iterator_next (iterator, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);

  fake_state_resolve (self.states[0], 1);
  assert_answer (&first, self.futures[0]);

  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static void
test_async_cancel (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  CfutCompletedIterator *iterator;
  Answer answer;
  Futures self;

  g_test_summary ("A cancelled wait loses no future, and the next goes on");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);

  /* While waiting; and before a future that then comes. */
  next_async (iterator, cancellable, &answer);
  g_cancellable_cancel (cancellable);
  fake_state_resolve (self.states[2], 1);
  assert_error (&answer, G_IO_ERROR_CANCELLED);

  /* Before it began. */
  next_async (iterator, cancellable, &answer);
  assert_error (&answer, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, N);

  g_cancellable_reset (cancellable);
  next_async (iterator, cancellable, &answer);
  assert_answer (&answer, self.futures[2]);

  /* Too late: the future has been taken for this wait. */
  next_async (iterator, cancellable, &answer);
  fake_state_resolve (self.states[0], 1);
  g_cancellable_cancel (cancellable);
  assert_answer (&answer, self.futures[0]);

  g_assert_finalize_object (iterator);
  g_assert_finalize_object (cancellable);
  futures_clear (&self);
}

static void
test_async_time_out (void)
{
  CfutCompletedIterator *iterator;
  gint64 start = g_get_monotonic_time ();
  Answer answer;
  Futures self;

  g_test_summary ("The time of the iteration also ends a wait that does not block");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, 20000);
  next_async (iterator, NULL, &answer);
  while (!answer.called)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);
  assert_error (&answer, G_IO_ERROR_TIMED_OUT);

  next_async (iterator, NULL, &answer);
  assert_answer (&answer, NULL);
  g_assert_finalize_object (iterator);

  /* There is one in spite of that. */
  fake_state_resolve (self.states[0], 1);
  iterator = cfut_as_completed (self.futures, N, 0);
  next_async (iterator, NULL, &answer);
  assert_answer (&answer, self.futures[0]);
  g_assert_finalize_object (iterator);

  futures_clear (&self);
}

static void
test_disposed_by_force (void)
{
  CfutCompletedIterator *iterator;
  Answer answer;
  Futures self;

  g_test_summary ("An iterator that is disposed of by force ends the wait");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  next_async (iterator, NULL, &answer);
  g_object_run_dispose (G_OBJECT (iterator));
  assert_answer (&answer, NULL);
  assert_next (iterator, NULL);

  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

static gboolean
next_in_loop_cb (gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_completed_iterator_next (user_data, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_in_loop (void)
{
  CfutCompletedIterator *iterator;
  Futures self;

  g_test_summary ("A callback of the home context must not block, and is told");

  futures_init (&self);
  iterator = cfut_as_completed (self.futures, N, CFUT_WAIT_FOREVER);
  g_idle_add (next_in_loop_cb, iterator);
  drain_default_context ();
  g_assert_cmpuint (cfut_completed_iterator_get_n_left (iterator), ==, N);

  g_assert_finalize_object (iterator);
  futures_clear (&self);
}

#define N_THREADS 4
#define N_ROUNDS 1000

typedef struct
{
  FakeState *states[N_THREADS];
  CfutFuture *futures[N_THREADS];
  CfutCompletedIterator *iterator;
  guint n_given;
} Race;

static void
race_renew (Race *self)
{
  for (guint i = 0; i < N_THREADS; i++)
    self->futures[i] = fake_future_new (&self->states[i]);
  self->iterator = cfut_as_completed (self->futures, N_THREADS, CFUT_WAIT_FOREVER);
  self->n_given = 0;
}

/* One thread takes a few of them and then drops the iterator. */
static void
iterate_in_race (guint    thread,
                 gpointer user_data)
{
  Race *self = user_data;

  if (thread > 0)
    {
      fake_state_resolve (self->states[thread], 1);
      return;
    }

  for (guint i = 0; i < N_THREADS / 2; i++)
    {
      g_autoptr(CfutFuture) future = cfut_completed_iterator_next (self->iterator, NULL);

      g_assert_nonnull (future);
      self->n_given++;
    }
  g_object_unref (self->iterator);
}

static void
after_iteration (guint    round,
                 gpointer user_data)
{
  Race *self = user_data;

  g_assert_cmpuint (self->n_given, ==, N_THREADS / 2);
  fake_state_resolve (self->states[0], 1);
  for (guint i = 0; i < N_THREADS; i++)
    g_assert_finalize_object (self->futures[i]);
  race_renew (self);
}

static void
test_race (void)
{
  Race self;

  g_test_summary ("Futures may resolve while the iterator is dropped");

  race_renew (&self);
  race (N_THREADS, N_ROUNDS, iterate_in_race, after_iteration, &self);

  g_assert_finalize_object (self.iterator);
  for (guint i = 0; i < N_THREADS; i++)
    g_assert_finalize_object (self.futures[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/completed-iterator/order", test_order);
  g_test_add_func ("/completed-iterator/keeps-nothing", test_keeps_nothing);
  g_test_add_func ("/completed-iterator/time-out", test_time_out);
  g_test_add_func ("/completed-iterator/none-and-twice", test_none_and_twice);
  g_test_add_func ("/completed-iterator/blocks", test_blocks);
  g_test_add_func ("/completed-iterator/help", test_help);
  g_test_add_func ("/completed-iterator/async", test_async);
  g_test_add_func ("/completed-iterator/async-one-at-a-time", test_async_one_at_a_time);
  g_test_add_func ("/completed-iterator/async-cancel", test_async_cancel);
  g_test_add_func ("/completed-iterator/async-time-out", test_async_time_out);
  g_test_add_func ("/completed-iterator/disposed-by-force", test_disposed_by_force);
  g_test_add_func ("/completed-iterator/in-loop", test_in_loop);
  g_test_add_func ("/completed-iterator/race", test_race);

  return g_test_run ();
}
