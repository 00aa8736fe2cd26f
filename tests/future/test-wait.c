/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "cfut-error.h"
#include "future/cfut-wait.h"

#define N 3

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
      g_assert_finalize_object (self->futures[i]);
    }
}

static void
test_poll (void)
{
  g_autoptr(GError) error = NULL;
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);

  g_test_summary ("A wait of no time only looks, and asks nobody to help");

  g_assert_false (cfut_future_wait (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (fake->n_helps, ==, 0);

  fake_state_resolve (fake, 1);
  g_assert_true (cfut_future_wait (future, 0, NULL));
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (fake->n_helps, ==, 0);

  g_assert_finalize_object (future);
}

static void
test_time_out (void)
{
  g_autoptr(GError) error = NULL;
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("A wait lasts as long as it may, and no state is left with a waiter");

  g_assert_false (cfut_future_wait (future, 20000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);
  g_assert_nonnull (strstr (error->message, "0.02 s"));
  g_assert_false (cfut_state_has_waiters (&fake->state));
  g_assert_cmpint (fake->n_helps, ==, 1);

  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);
}

static void
test_try (void)
{
  g_autoptr(GError) error = NULL;
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  gboolean holds = TRUE;

  g_test_summary ("To try to wait tells a time-out without an error, and no other error so");

  g_assert_true (cfut_try_wait (&future, 1, CFUT_RETURN_WHEN_ALL_COMPLETED, 1, &holds, &error));
  g_assert_no_error (error);
  g_assert_false (holds);

  fake->help = fake_help_hopeless;
  g_assert_false (cfut_try_wait (&future, 1, CFUT_RETURN_WHEN_ALL_COMPLETED, 1, &holds, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
  g_clear_error (&error);

  fake_state_resolve (fake, 1);
  g_assert_true (cfut_try_wait (&future, 1, CFUT_RETURN_WHEN_ALL_COMPLETED, 0, &holds, &error));
  g_assert_no_error (error);
  g_assert_true (holds);
  g_assert_finalize_object (future);
}

static gpointer
resolve_thread (gpointer user_data)
{
  FakeState *fake = user_data;

  /* Opened by the help: the other thread is about to block. */
  test_latch_wait (fake->data);
  fake_state_resolve (fake, 5);

  return NULL;
}

static void
test_blocks (void)
{
  const gint64 timeouts[] = { CFUT_WAIT_FOREVER, -7, G_MAXINT64, 100 * G_USEC_PER_SEC };

  g_test_summary ("A wait without a main loop ends when another thread resolves the future");

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = NULL;
      TestLatch latch = { 0 };
      FakeState *fake;
      CfutFuture *future = fake_future_new (&fake);
      GThread *thread;

      fake->help = fake_help_opens;
      fake->data = &latch;
      thread = g_thread_new ("test-resolve", resolve_thread, fake);
      result = cfut_future_dup_result (future, timeouts[i], &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int32 (result), ==, 5);

      g_thread_join (thread);
      g_assert_finalize_object (future);
    }
}

static void
test_help (void)
{
  g_autoptr(GError) error = NULL;
  FakeState *fake;
  CfutFuture *future;

  g_test_summary ("The producer may resolve the future, or say that there is no hope");

  future = fake_future_new (&fake);
  fake->help = fake_help_resolves;
  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (future);

  future = fake_future_new (&fake);
  fake->help = fake_help_hopeless;
  g_assert_false (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
  g_assert_cmpstr (error->message, ==, "No hope");
  fake_state_resolve (fake, 1);
  g_assert_finalize_object (future);
}

static gboolean
wait_in_loop_cb (gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future = user_data;
  CfutFuture *futures[] = { future };

  if (cfut_future_is_done (future))
    {
      g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
      return G_SOURCE_REMOVE;
    }

  g_assert_false (cfut_future_wait (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);

  g_assert_null (cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
  g_assert_nonnull (strstr (error->message, "cfut_future_result_async()"));
  g_clear_error (&error);

  g_assert_false (cfut_wait (futures, 1, CFUT_RETURN_WHEN_FIRST_COMPLETED, 1, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);

  return G_SOURCE_REMOVE;
}

static void
test_in_loop (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);

  g_test_summary ("A callback of the home context must not wait for the future, and is told");

  g_idle_add (wait_in_loop_cb, future);
  drain_default_context ();
  g_assert_cmpint (fake->n_helps, ==, 0);

  fake_state_resolve (fake, 1);
  g_idle_add (wait_in_loop_cb, future);
  drain_default_context ();

  g_assert_finalize_object (future);
}

static gboolean
wait_elsewhere_cb (gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cfut_future_wait (user_data, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);

  return G_SOURCE_REMOVE;
}

static gpointer
make_thread (gpointer user_data)
{
  GMainContext *context = g_main_context_new ();
  CfutFuture *future;

  g_main_context_push_thread_default (context);
  future = fake_future_new (user_data);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);

  return future;
}

static void
test_in_other_loop (void)
{
  TestLatch latch = { 0 };
  FakeState *fake;
  CfutFuture *future = g_thread_join (g_thread_new ("test-make", make_thread, &fake));
  GThread *thread;

  g_test_summary ("A callback may wait for a future that is at home elsewhere");

  fake->help = fake_help_opens;
  fake->data = &latch;
  thread = g_thread_new ("test-resolve", resolve_thread, fake);
  g_idle_add (wait_elsewhere_cb, future);
  drain_default_context ();

  g_thread_join (thread);
  g_assert_finalize_object (future);
}

/* d, f, c: that future is done, failed, cancelled; a dot: unresolved. */
static void
test_return_when (void)
{
  const struct
  {
    const char *states;
    gboolean holds[3]; /* by CfutReturnWhen */
  } cases[] = {
    { "...", { FALSE, FALSE, FALSE } },
    { "d..", { FALSE, TRUE, FALSE } },
    { "..f", { FALSE, TRUE, TRUE } },
    { ".c.", { FALSE, TRUE, TRUE } },
    { "dd.", { FALSE, TRUE, FALSE } },
    { "d.f", { FALSE, TRUE, TRUE } },
    { "ddd", { TRUE, TRUE, TRUE } },
    { "dfc", { TRUE, TRUE, TRUE } },
  };

  g_test_summary ("Each of the three conditions holds when it should");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint when = 0; when < 3; when++)
      for (gint64 timeout = 0; timeout <= 1; timeout++)
        {
          g_autoptr(GError) error = NULL;
          Futures self;

          futures_init (&self);
          for (guint j = 0; j < N; j++)
            if (cases[i].states[j] == 'd')
              fake_state_resolve (self.states[j], 1);
            else if (cases[i].states[j] == 'f')
              fake_state_fail (self.states[j], "x");
            else if (cases[i].states[j] == 'c')
              g_assert_true (cfut_future_cancel (self.futures[j]));

          g_assert_cmpint (cfut_wait (self.futures, N, when, timeout, &error), ==,
                           cases[i].holds[when]);
          if (!cases[i].holds[when])
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
          else
            g_assert_no_error (error);

          futures_clear (&self);
        }
}

typedef struct
{
  Futures futures;
  const char *order;
  TestLatch about_to_block;
} Play;

static gpointer
play_thread (gpointer user_data)
{
  Play *self = user_data;

  test_latch_wait (&self->about_to_block);

  for (const char *letter = self->order; *letter != '\0'; letter++)
    if (g_ascii_isdigit (*letter))
      fake_state_resolve (self->futures.states[g_ascii_digit_value (*letter)], 1);
    else
      fake_state_fail (self->futures.states[*letter - 'a'], "x");

  return NULL;
}

static void
test_wakes (void)
{
  const struct
  {
    const char *order; /* 0, 1, 2 are done; a, b, c fail */
    CfutReturnWhen when;
  } cases[] = {
    { "1", CFUT_RETURN_WHEN_FIRST_COMPLETED },
    { "c", CFUT_RETURN_WHEN_FIRST_COMPLETED },
    { "0c", CFUT_RETURN_WHEN_FIRST_EXCEPTION },
    { "10c", CFUT_RETURN_WHEN_FIRST_EXCEPTION },
    { "b", CFUT_RETURN_WHEN_FIRST_EXCEPTION },
    { "201", CFUT_RETURN_WHEN_FIRST_EXCEPTION },
    { "201", CFUT_RETURN_WHEN_ALL_COMPLETED },
    { "abc", CFUT_RETURN_WHEN_ALL_COMPLETED },
  };

  g_test_summary ("A wait ends with the future that makes its condition hold");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      Play self = { .order = cases[i].order };
      GThread *thread;

      futures_init (&self.futures);
      self.futures.states[2]->help = fake_help_opens;
      self.futures.states[2]->data = &self.about_to_block;
      thread = g_thread_new ("test-play", play_thread, &self);

      g_assert_true (cfut_wait (self.futures.futures, N, cases[i].when, CFUT_WAIT_FOREVER, &error));
      g_assert_no_error (error);

      g_thread_join (thread);
      futures_clear (&self.futures);
    }
}

static void
test_help_many (void)
{
  g_test_summary ("All are offered help, until the condition holds; one hopeless may be too many");

  for (guint when = 0; when < 3; when++)
    {
      g_autoptr(GError) error = NULL;
      Futures self;

      /* The second resolves itself. */
      futures_init (&self);
      self.states[1]->help = fake_help_resolves;
      g_assert_cmpint (cfut_wait (self.futures, N, when, 1, &error), ==,
                       when == CFUT_RETURN_WHEN_FIRST_COMPLETED);
      g_assert_cmpint (self.states[0]->n_helps, ==, 1);
      g_assert_cmpint (self.states[1]->n_helps, ==, 1);
      g_assert_cmpint (self.states[2]->n_helps, ==, when != CFUT_RETURN_WHEN_FIRST_COMPLETED);
      futures_clear (&self);
      g_clear_error (&error);

      /* The first has no hope. */
      futures_init (&self);
      self.states[0]->help = fake_help_hopeless;
      g_assert_false (cfut_wait (self.futures, N, when, 1, &error));
      if (when == CFUT_RETURN_WHEN_ALL_COMPLETED)
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      futures_clear (&self);
      g_clear_error (&error);

      /* None has. */
      futures_init (&self);
      for (guint i = 0; i < N; i++)
        self.states[i]->help = fake_help_hopeless;
      g_assert_false (cfut_wait (self.futures, N, when, CFUT_WAIT_FOREVER, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
      futures_clear (&self);
    }
}

static void
test_none_and_twice (void)
{
  FakeState *fake;
  CfutFuture *future = fake_future_new (&fake);
  CfutFuture *futures[] = { future, future };

  g_test_summary ("No futures are nothing to wait for, and the same twice is as good as once");

  for (guint when = 0; when < 3; when++)
    g_assert_true (cfut_wait (NULL, 0, when, CFUT_WAIT_FOREVER, NULL));

  g_assert_false (cfut_wait (futures, 2, CFUT_RETURN_WHEN_ALL_COMPLETED, 1, NULL));
  fake->help = fake_help_resolves;
  g_assert_true (cfut_wait (futures, 2, CFUT_RETURN_WHEN_ALL_COMPLETED, CFUT_WAIT_FOREVER, NULL));
  g_assert_cmpint (fake->n_helps, ==, 3);

  g_assert_finalize_object (future);
}

typedef struct
{
  FakeState *fake;
  CfutFuture *future;
  int n_ended; /* atomic */
} Impatient;

static void
impatient_renew (Impatient *self)
{
  self->future = fake_future_new (&self->fake);
  self->n_ended = 0;
}

static void
wait_impatiently (guint    thread,
                  gpointer user_data)
{
  Impatient *self = user_data;

  if (thread == 0)
    fake_state_resolve (self->fake, 1);
  else if (cfut_future_wait (self->future, thread, NULL))
    g_atomic_int_inc (&self->n_ended);
}

static void
after_impatience (guint    round,
                  gpointer user_data)
{
  Impatient *self = user_data;

  g_assert_false (cfut_state_has_waiters (&self->fake->state));
  g_assert_finalize_object (self->future);
  impatient_renew (self);
}

static void
test_time_out_race (void)
{
  Impatient self;

  g_test_summary ("A wait may time out while the future resolves");

  impatient_renew (&self);
  race (4, 2000, wait_impatiently, after_impatience, &self);
  fake_state_resolve (self.fake, 1);
  g_assert_finalize_object (self.future);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait/poll", test_poll);
  g_test_add_func ("/wait/time-out", test_time_out);
  g_test_add_func ("/wait/try", test_try);
  g_test_add_func ("/wait/blocks", test_blocks);
  g_test_add_func ("/wait/help", test_help);
  g_test_add_func ("/wait/in-loop", test_in_loop);
  g_test_add_func ("/wait/in-other-loop", test_in_other_loop);
  g_test_add_func ("/wait/return-when", test_return_when);
  g_test_add_func ("/wait/wakes", test_wakes);
  g_test_add_func ("/wait/help-many", test_help_many);
  g_test_add_func ("/wait/none-and-twice", test_none_and_twice);
  g_test_add_func ("/wait/time-out-race", test_time_out_race);

  return g_test_run ();
}
