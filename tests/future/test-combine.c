/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include "cfut-error.h"
#include "future/cfut-promise.h"

#define N 3

typedef CfutFuture *(*Combine) (CfutFuture **futures,
                                gsize        n_futures);

typedef struct
{
  CfutPromise *promises[N];
  CfutFuture *futures[N];
} Children;

static void
children_init (Children *self)
{
  for (guint i = 0; i < N; i++)
    {
      self->promises[i] = cfut_promise_new ();
      self->futures[i] = g_object_ref (cfut_promise_get_future (self->promises[i]));
    }
}

static void
children_clear (Children *self)
{
  for (guint i = 0; i < N; i++)
    {
      g_assert_finalize_object (self->promises[i]);
      g_assert_finalize_object (self->futures[i]);
    }
}

static void
resolve (Children *self,
         guint     index)
{
  g_assert_true (cfut_promise_resolve_variant (self->promises[index],
                                               g_variant_new_uint32 (index)));
}

static void
fail (Children *self,
      guint     index)
{
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "child %u", index);

  g_assert_true (cfut_promise_reject (self->promises[index], error));
}

static void
assert_result (CfutFuture *future,
               const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = cfut_future_dup_result (future, 0, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (result, TRUE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_failed (CfutFuture *future,
               const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_future_dup_result (future, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, message);
}

/* Has the children settle in the order of the digits in @order (a capital F
 * before a digit: it fails), the first @n_before of them before they are
 * combined. */
static CfutFuture *
play (Children   *children,
      Combine     combine,
      const char *order,
      guint       n_before)
{
  CfutFuture *future = NULL;

  children_init (children);

  for (guint n = 0;; n++)
    {
      gboolean fails;
      guint index;

      if (n == n_before)
        {
          future = combine (children->futures, N);
          g_assert_cmpint (cfut_future_get_state (future), !=, CFUT_FUTURE_STATE_PENDING);
        }

      if (*order == '\0')
        break;

      fails = *order == 'F';
      order += fails;
      index = g_ascii_digit_value (*order++);
      if (fails)
        fail (children, index);
      else
        resolve (children, index);
    }

  return future;
}

static void
test_all_done (void)
{
  const char *orders[] = { "012", "021", "102", "120", "201", "210" };

  g_test_summary ("The results of all are in order, whoever settles last");

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    for (guint n_before = 0; n_before <= N; n_before++)
      {
        Children children;
        CfutFuture *future = play (&children, cfut_future_all, orders[i], n_before);

        assert_result (future, "[<uint32 0>, <uint32 1>, <uint32 2>]");
        g_assert_finalize_object (future);
        children_clear (&children);
      }
}

static void
test_all_failed (void)
{
  g_test_summary ("All fails as soon as one fails, as the first in order");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future = play (&children, cfut_future_all, "0F2F1", n_before);

      assert_failed (future, n_before == N ? "child 1" : "child 2");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_any_done (void)
{
  g_test_summary ("Any is the first success");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future = play (&children, cfut_future_any, "F021", n_before);

      assert_result (future, n_before == N ? "uint32 1" : "uint32 2");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_any_failed (void)
{
  const char *orders[] = { "F0F1F2", "F0F2F1", "F1F0F2", "F1F2F0", "F2F0F1", "F2F1F0" };

  g_test_summary ("If none succeeds, any fails as the first in order");

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    for (guint n_before = 0; n_before <= N; n_before++)
      {
        Children children;
        CfutFuture *future = play (&children, cfut_future_any, orders[i], n_before);

        assert_failed (future, "All 3 futures failed, the first with: child 0");
        g_assert_finalize_object (future);
        children_clear (&children);
      }
}

static void
test_race (void)
{
  g_test_summary ("Race is whoever settles first, done or failed");

  for (guint n_before = 0; n_before <= N; n_before++)
    {
      Children children;
      CfutFuture *future;

      future = play (&children, cfut_future_race, "2F01", n_before);
      if (n_before < 2)
        assert_result (future, "uint32 2");
      else
        assert_failed (future, "child 0");
      g_assert_finalize_object (future);
      children_clear (&children);

      future = play (&children, cfut_future_race, "F210", n_before);
      if (n_before < 2)
        assert_failed (future, "child 2");
      else
        assert_result (future, n_before == 2 ? "uint32 1" : "uint32 0");
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_none (void)
{
  const Combine combines[] = { cfut_future_any, cfut_future_race };
  CfutFuture *future = cfut_future_all (NULL, 0);

  g_test_summary ("All of nothing is nothing; there is no choice among nothing");

  assert_result (future, "@av []");
  g_assert_finalize_object (future);

  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    {
      g_autoptr(GError) error = NULL;

      future = combines[i] (NULL, 0);
      g_assert_null (cfut_future_dup_result (future, 0, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_finalize_object (future);
    }
}

static void
test_name (void)
{
  const Combine combines[] = { cfut_future_all, cfut_future_any, cfut_future_race };
  const char *names[] = { "all of 3 futures", "any of 3 futures", "race of 3 futures" };

  g_test_summary ("A combined future has a name, and runs while it waits");

  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    {
      Children children;
      CfutFuture *future = play (&children, combines[i], "", 0);
      g_autofree char *name = cfut_future_dup_name (future);

      g_assert_cmpstr (name, ==, names[i]);
      g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);

      g_assert_true (cfut_future_cancel (future));
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_values (void)
{
  GValue value = G_VALUE_INIT;
  GValue nothing = G_VALUE_INIT;
  const GValue *result;
  GValueArray *array;
  Children children;
  CfutFuture *future;

  g_test_summary ("Results that are no variants come in an array of values");

  children_init (&children);
  future = cfut_future_all (children.futures, N);
  resolve (&children, 0);
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "text");
  g_assert_true (cfut_promise_resolve_value (children.promises[1], &value));
  g_value_unset (&value);
  g_value_init (&nothing, G_TYPE_VARIANT);
  g_assert_true (cfut_promise_resolve_value (children.promises[2], &nothing));

  result = cfut_future_get_value (future);
  array = g_value_get_boxed (result);
  g_assert_cmpuint (array->n_values, ==, N);
  g_assert_cmpuint (g_variant_get_uint32 (g_value_get_variant (&array->values[0])), ==, 0);
  g_assert_cmpstr (g_value_get_string (&array->values[1]), ==, "text");
  g_assert_null (g_value_get_variant (&array->values[2]));
  g_assert_null (cfut_future_dup_result (future, 0, NULL));
  g_assert_finalize_object (future);

  /* One that wins is taken as it is. */
  future = cfut_future_any (&children.futures[1], 1);
  g_assert_cmpstr (g_value_get_string (cfut_future_get_value (future)), ==, "text");
  g_assert_finalize_object (future);

  children_clear (&children);
}

static void
test_cancel (void)
{
  const Combine combines[] = { cfut_future_all, cfut_future_any, cfut_future_race };

  g_test_summary ("A cancel goes on to the children that have not resolved");

  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    {
      Children children;
      CfutFuture *future = play (&children, combines[i], i == 0 ? "1" : i == 1 ? "F1" : "", 0);

      g_assert_true (cfut_future_cancel (future));
      g_assert_true (cfut_future_cancel (future));
      g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
      g_assert_cmpint (cfut_future_get_state (children.futures[0]), ==, CFUT_FUTURE_STATE_CANCELLED);
      g_assert_cmpint (cfut_future_get_state (children.futures[2]), ==, CFUT_FUTURE_STATE_CANCELLED);
      if (i < 2)
        g_assert_cmpint (cfut_future_get_state (children.futures[1]), !=, CFUT_FUTURE_STATE_CANCELLED);

      g_assert_finalize_object (future);
      children_clear (&children);
    }

  /* And the other way round. */
  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    {
      Children children;
      CfutFuture *future = play (&children, combines[i], "", 0);

      for (guint j = 0; j < N; j++)
        g_assert_true (cfut_future_cancel (children.futures[j]));
      g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_CANCELLED);
      g_assert_finalize_object (future);
      children_clear (&children);
    }
}

static void
test_lets_go (void)
{
  const Combine combines[] = { cfut_future_all, cfut_future_any, cfut_future_race };
  const char *orders[] = { "F1", "1", "1" };

  g_test_summary ("Once the outcome is known no child is kept, and no waiter left in it");

  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    for (guint n_before = 0; n_before <= 1; n_before++)
      {
        Children children;
        CfutFuture *future = play (&children, combines[i], orders[i], n_before);

        g_assert_true (cfut_future_is_done (future));
        for (guint j = 0; j < N; j++)
          g_assert_false (cfut_state_has_waiters (cfut_future_get_cfut_state (children.futures[j])));

        g_assert_cmpint (cfut_future_cancel (future), ==, FALSE);
        g_assert_false (cfut_future_is_done (children.futures[0]));
        cfut_future_cancel (children.futures[0]);
        cfut_future_cancel (children.futures[2]);
        children_clear (&children);
        g_assert_finalize_object (future);
      }
}

static void
test_children_kept_as_needed (void)
{
  int n_finalized = 0;
  FakeState *states[N];
  CfutFuture *futures[N];
  CfutFuture *future;

  g_test_summary ("A child that has settled is let go at once; one that has not is not");

  for (guint i = 0; i < N; i++)
    {
      futures[i] = fake_future_new (&states[i]);
      states[i]->n_finalized = &n_finalized;
    }

  future = cfut_future_all (futures, N);
  for (guint i = 0; i < N; i++)
    g_assert_finalize_object (futures[i]);
  g_assert_cmpint (n_finalized, ==, 0);

  for (guint i = 0; i < N; i++)
    {
      CfutState *state = cfut_state_ref (&states[i]->state);

      fake_state_resolve (states[i], i);
      cfut_state_unref (state);
      g_assert_cmpint (n_finalized, ==, i + 1);
    }

  assert_result (future, "[<0>, <1>, <2>]");
  g_assert_finalize_object (future);
}

typedef struct
{
  CfutWaiter waiter;
  FakeState *other;
} FailsOther;

static void
fail_other (CfutWaiter *waiter,
            CfutState  *state)
{
  fake_state_fail (((FailsOther *) waiter)->other, "second");
}

static void
test_failed_but_not_told (void)
{
  g_autoptr(GError) error = NULL;
  FakeState *states[2];
  CfutFuture *futures[2] = { fake_future_new (&states[0]), fake_future_new (&states[1]) };
  FailsOther waiter = { { fail_other }, states[1] };
  CfutFuture *future;

  g_test_summary ("All fails as the first in order, also if it hears of the second before");

  /* It is told first that the first child has failed, and fails the second. */
  g_assert_true (cfut_state_add_waiter (&states[0]->state, &waiter.waiter));
  future = cfut_future_all (futures, 2);
  fake_state_fail (states[0], "first");

  g_assert_null (cfut_future_dup_result (future, 0, &error));
  g_assert_cmpstr (error->message, ==, "first");

  g_assert_finalize_object (future);
  g_assert_finalize_object (futures[0]);
  g_assert_finalize_object (futures[1]);
}

static void
test_dropped (void)
{
  Children children;
  CfutFuture *future = play (&children, cfut_future_all, "", 0);

  g_test_summary ("A combined future may be dropped before its children settle");

  g_assert_finalize_object (future);
  for (guint i = 0; i < N; i++)
    resolve (&children, i);
  children_clear (&children);
}

static void
test_same_twice (void)
{
  Children children;
  CfutFuture *futures[2];
  CfutFuture *future;

  g_test_summary ("The same future twice gives its result twice");

  children_init (&children);
  futures[0] = futures[1] = children.futures[0];
  future = cfut_future_all (futures, 2);
  resolve (&children, 0);
  assert_result (future, "[<uint32 0>, <uint32 0>]");
  resolve (&children, 1);
  resolve (&children, 2);

  g_assert_finalize_object (future);
  children_clear (&children);
}

static void
test_help (void)
{
  const Combine combines[] = { cfut_future_all, cfut_future_any, cfut_future_race };

  g_test_summary ("Who waits for a combined future helps its children");

  for (guint i = 0; i < G_N_ELEMENTS (combines); i++)
    for (guint n_hopeless = 0; n_hopeless <= N; n_hopeless++)
      {
        g_autoptr(GError) error = NULL;
        FakeState *states[N];
        CfutFuture *futures[N];
        CfutFuture *future;
        gboolean hope = i == 0 ? n_hopeless == 0 : n_hopeless < N;

        for (guint j = 0; j < N; j++)
          {
            futures[j] = fake_future_new (&states[j]);
            states[j]->help = j < n_hopeless ? fake_help_hopeless : fake_help_resolves;
          }

        future = combines[i] (futures, N);
        g_assert_cmpint (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error), ==, hope);
        if (!hope)
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_WOULD_DEADLOCK);
        if (i > 0 && n_hopeless == 0)
          g_assert_cmpint (states[1]->n_helps, ==, 0);

        cfut_future_cancel (future);
        g_assert_finalize_object (future);
        for (guint j = 0; j < N; j++)
          {
            cfut_future_cancel (futures[j]);
            g_assert_finalize_object (futures[j]);
          }
      }

  /* Those that have settled are not asked. */
  {
    FakeState *states[2];
    CfutFuture *futures[2] = { fake_future_new (&states[0]), fake_future_new (&states[1]) };
    CfutFuture *future = cfut_future_all (futures, 2);

    fake_state_resolve (states[0], 1);
    g_assert_false (cfut_future_wait (future, 1, NULL));
    g_assert_cmpint (states[0]->n_helps, ==, 0);
    g_assert_cmpint (states[1]->n_helps, ==, 1);
    g_assert_true (cfut_future_cancel (future));
    g_assert_finalize_object (future);
    g_assert_finalize_object (futures[0]);
    g_assert_finalize_object (futures[1]);
  }
}

#define N_ROUNDS 1000

typedef struct
{
  Combine combine;
  FakeState *states[N];
  CfutFuture *futures[N];
  CfutFuture *future;
  guint n_rounds;
} Race;

static void
race_renew (Race *self)
{
  const Combine combines[] = { cfut_future_all, cfut_future_any, cfut_future_race };

  self->combine = combines[self->n_rounds++ % G_N_ELEMENTS (combines)];
  for (guint i = 0; i < N; i++)
    self->futures[i] = fake_future_new (&self->states[i]);
  self->future = NULL;
}

/* Thread 0 combines while the others resolve the children; the last one fails,
 * or is cancelled through the combined future. */
static void
combine_in_race (guint    thread,
                 gpointer user_data)
{
  Race *self = user_data;

  if (thread == 0)
    {
      self->future = self->combine (self->futures, N);
      if (self->n_rounds % 2 == 0)
        cfut_future_cancel (self->future);
    }
  else if (thread < N)
    {
      CfutState *state = &self->states[thread]->state;

      if (cfut_state_claim (state))
        cfut_state_publish_variant (state, g_variant_new_int32 (thread));
    }
  else
    {
      CfutState *state = &self->states[0]->state;

      if (cfut_state_claim (state))
        cfut_state_publish_error (state, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "x"));
    }
}

static void
after_combining (guint    round,
                 gpointer user_data)
{
  Race *self = user_data;
  CfutFutureState state = cfut_future_get_state (self->future);

  g_assert_cmpint (state, >=, CFUT_FUTURE_STATE_DONE);
  if (self->combine == cfut_future_all)
    g_assert_cmpint (state, !=, CFUT_FUTURE_STATE_DONE);
  if (self->combine == cfut_future_any && self->n_rounds % 2 == 1)
    g_assert_cmpint (state, ==, CFUT_FUTURE_STATE_DONE);

  for (guint i = 0; i < N; i++)
    {
      g_assert_false (cfut_state_has_waiters (&self->states[i]->state));
      g_assert_finalize_object (self->futures[i]);
    }
  g_assert_finalize_object (self->future);
  race_renew (self);
}

static void
test_race_of_threads (void)
{
  Race self = { NULL };

  g_test_summary ("Children may settle while they are combined, and while that is cancelled");

  race_renew (&self);
  race (N + 1, N_ROUNDS, combine_in_race, after_combining, &self);
  for (guint i = 0; i < N; i++)
    g_assert_finalize_object (self.futures[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/combine/all-done", test_all_done);
  g_test_add_func ("/combine/all-failed", test_all_failed);
  g_test_add_func ("/combine/any-done", test_any_done);
  g_test_add_func ("/combine/any-failed", test_any_failed);
  g_test_add_func ("/combine/race", test_race);

  g_test_add_func ("/combine/none", test_none);
  g_test_add_func ("/combine/name", test_name);
  g_test_add_func ("/combine/values", test_values);
  g_test_add_func ("/combine/cancel", test_cancel);
  g_test_add_func ("/combine/lets-go", test_lets_go);
  g_test_add_func ("/combine/children-kept-as-needed", test_children_kept_as_needed);
  g_test_add_func ("/combine/failed-but-not-told", test_failed_but_not_told);
  g_test_add_func ("/combine/dropped", test_dropped);
  g_test_add_func ("/combine/same-twice", test_same_twice);
  g_test_add_func ("/combine/help", test_help);
  g_test_add_func ("/combine/race-of-threads", test_race_of_threads);

  return g_test_run ();
}
