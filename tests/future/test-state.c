/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fakes.h"

#include <math.h>
#include <string.h>

#define N_THREADS 8
#define N_ROUNDS 2000

typedef struct
{
  CfutWaiter waiter;
  GString *log; /* (nullable) */
  char letter;
  int n_told;   /* atomic */
  void (*then) (gpointer data, CfutState *state);
  gpointer data;
} Waiter;

static void
waiter_notify (CfutWaiter *waiter,
               CfutState  *state)
{
  Waiter *self = (Waiter *) waiter;

  g_assert_true (cfut_state_is_final (state));
  if (self->log != NULL)
    g_string_append_c (self->log, self->letter);
  g_atomic_int_inc (&self->n_told);
  if (self->then != NULL)
    self->then (self->data, state);
}

static void
waiter_init (Waiter  *self,
             GString *log,
             char     letter)
{
  *self = (Waiter) { .waiter.notify = waiter_notify, .log = log, .letter = letter };
}

/* What can be done to a state. FALSE if it was refused. */
static gboolean
act (FakeState *fake,
     char       action)
{
  CfutState *state = &fake->state;

  switch (action)
    {
    case 'S':
      return cfut_state_start (state);

    case 'R':
      return cfut_state_restart (state);

    case 'P':
      if (!cfut_state_claim_pending (state))
        return FALSE;
      cfut_state_publish_variant (state, g_variant_new_int32 (0));
      return TRUE;

    case 'D':
      if (!cfut_state_claim (state))
        return FALSE;
      cfut_state_publish_variant (state, g_variant_new_int32 (0));
      return TRUE;

    case 'F':
      if (!cfut_state_claim (state))
        return FALSE;
      cfut_state_publish_error (state, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "x"));
      return TRUE;

    case 'C':
      if (!cfut_state_claim_pending_to_cancel (state))
        return FALSE;
      cfut_state_publish_error (state, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "x"));
      return TRUE;

    default:
      g_assert_not_reached ();
    }
}

static void
test_every_transition (void)
{
  const char actions[] = "SRPDFC";
  const struct
  {
    const char *way; /* actions that lead there */
    CfutFutureState phase;
    const char *next; /* the phase after each action; '-' if refused */
  } phases[] = {
    { "", CFUT_FUTURE_STATE_PENDING, "1-2234" },
    { "S", CFUT_FUTURE_STATE_RUNNING, "-0-23-" },
    { "SR", CFUT_FUTURE_STATE_PENDING, "1-2234" },
    { "D", CFUT_FUTURE_STATE_DONE, "------" },
    { "SD", CFUT_FUTURE_STATE_DONE, "------" },
    { "F", CFUT_FUTURE_STATE_FAILED, "------" },
    { "C", CFUT_FUTURE_STATE_CANCELLED, "------" },
  };

  g_test_summary ("Each action leads from each phase where it should, or is refused");

  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    for (guint j = 0; actions[j] != '\0'; j++)
      {
        FakeState *fake = fake_state_new (NULL);
        CfutFutureState expected = phases[i].phase;
        gboolean accepted = phases[i].next[j] != '-';

        for (const char *way = phases[i].way; *way != '\0'; way++)
          g_assert_true (act (fake, *way));
        g_assert_cmpint (cfut_state_get_phase (&fake->state), ==, expected);

        if (accepted)
          expected = g_ascii_digit_value (phases[i].next[j]);
        g_assert_cmpint (act (fake, actions[j]), ==, accepted);
        g_assert_cmpint (cfut_state_get_phase (&fake->state), ==, expected);
        g_assert_cmpint (cfut_state_is_final (&fake->state), ==, expected >= CFUT_FUTURE_STATE_DONE);

        cfut_state_set_observed (&fake->state);
        cfut_state_unref (&fake->state);
      }
}

static void
test_claimed_looks_as_before (void)
{
  FakeState *fake = fake_state_new ("fake");

  g_test_summary ("Until the outcome is out, a claimed state looks as it did");

  g_assert_false (cfut_state_is_claimed (&fake->state));
  g_assert_true (cfut_state_start (&fake->state));
  g_assert_true (cfut_state_claim (&fake->state));
  g_assert_true (cfut_state_is_claimed (&fake->state));
  g_assert_false (cfut_state_is_final (&fake->state));
  g_assert_cmpint (cfut_state_get_phase (&fake->state), ==, CFUT_FUTURE_STATE_RUNNING);

  g_assert_false (cfut_state_claim (&fake->state));
  g_assert_false (cfut_state_restart (&fake->state));
  cfut_state_set_progress (&fake->state, 0.5, NULL);
  g_assert_cmpfloat (cfut_state_get_progress (&fake->state, NULL), ==, -1);

  /* The producer is not asked any more. */
  g_assert_false (cfut_state_cancel (&fake->state));
  g_assert_cmpint (fake->n_cancels, ==, 0);

  cfut_state_publish_variant (&fake->state, g_variant_new_int32 (1));
  g_assert_true (cfut_state_is_final (&fake->state));
  g_assert_true (cfut_state_is_claimed (&fake->state));
  cfut_state_unref (&fake->state);

  fake = fake_state_new ("fake");
  g_assert_true (cfut_state_claim_to_cancel (&fake->state));
  g_assert_true (cfut_state_cancel (&fake->state));
  cfut_state_publish_error (&fake->state, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "x"));
  g_assert_true (cfut_state_cancel (&fake->state));
  g_assert_cmpint (fake->n_cancels, ==, 0);
  cfut_state_unref (&fake->state);
}

static void
test_marks_stay (void)
{
  FakeState *fake = fake_state_new (NULL);
  CfutState *state = &fake->state;

  g_test_summary ("What the producer notes on a state is there in every phase");

  g_assert_cmpuint (cfut_state_get_note (state), ==, 0);
  cfut_state_set_note (state, 3);
  cfut_state_set_note (state, CFUT_STATE_MAX_NOTE);
  g_assert_cmpint (cfut_state_get_phase (state), ==, CFUT_FUTURE_STATE_PENDING);
  g_assert_false (cfut_state_is_asked_to_stop (state));
  g_assert_true (cfut_state_ask_to_stop (state));

  for (const char *way = "SRSD"; *way != '\0'; way++)
    {
      g_assert_true (act (fake, *way));
      g_assert_cmpuint (cfut_state_get_note (state), ==, CFUT_STATE_MAX_NOTE);
      g_assert_true (cfut_state_is_asked_to_stop (state));
      cfut_state_ensure_extra (state);
      g_assert_cmpuint (cfut_state_get_note (state), ==, CFUT_STATE_MAX_NOTE);
    }

  g_assert_false (cfut_state_ask_to_stop (state));
  cfut_state_unref (state);
}

static void
test_extra_has_waiters (void)
{
  FakeState *fake = fake_state_new (NULL);
  CfutState *state = &fake->state;
  g_autoptr(GString) log = g_string_new (NULL);
  CfutStateExtra *extra;
  Waiter waiters[4];

  g_test_summary ("Who waits is told, whether he came before or after the extra");

  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    waiter_init (&waiters[i], log, 'a' + i);

  g_assert_null (cfut_state_get_extra (state));
  g_assert_true (cfut_state_add_waiter (state, &waiters[0].waiter));
  g_assert_true (cfut_state_add_waiter (state, &waiters[1].waiter));
  extra = cfut_state_ensure_extra (state);
  g_assert_true (cfut_state_get_extra (state) == extra);
  g_assert_true (cfut_state_ensure_extra (state) == extra);
  g_assert_true (cfut_state_add_waiter (state, &waiters[2].waiter));
  g_assert_true (cfut_state_remove_waiter (state, &waiters[0].waiter));
  fake_state_resolve (fake, 1);
  g_assert_cmpstr (log->str, ==, "bc");
  g_assert_false (cfut_state_add_waiter (state, &waiters[3].waiter));
  cfut_state_unref (state);

  fake = fake_state_new (NULL);
  fake_state_resolve (fake, 1);
  cfut_state_ensure_extra (&fake->state);
  g_assert_false (cfut_state_add_waiter (&fake->state, &waiters[3].waiter));
  cfut_state_unref (&fake->state);
}

static void
test_outcomes (void)
{
  FakeState *fake;
  GValue value = G_VALUE_INIT;
  GVariant *variant = g_variant_new_int32 (1);
  GError *error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "x");

  g_test_summary ("An outcome is of one kind, and is consumed");

  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_claim (&fake->state));
  cfut_state_publish_variant (&fake->state, variant);
  g_assert_true (cfut_state_peek_variant (&fake->state) == variant);
  g_assert_false (g_variant_is_floating (variant));
  g_assert_null (cfut_state_peek_value (&fake->state));
  g_assert_null (cfut_state_peek_error (&fake->state));
  cfut_state_unref (&fake->state);

  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_claim (&fake->state));
  cfut_state_publish_error (&fake->state, error);
  g_assert_null (cfut_state_peek_variant (&fake->state));
  g_assert_null (cfut_state_peek_value (&fake->state));
  g_assert_true (cfut_state_peek_error (&fake->state) == error);
  cfut_state_unref (&fake->state);

  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_claim (&fake->state));
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "moved");
  cfut_state_publish_value (&fake->state, &value);
  g_assert_false (G_IS_VALUE (&value));
  g_assert_null (cfut_state_peek_variant (&fake->state));
  g_assert_cmpstr (g_value_get_string (cfut_state_peek_value (&fake->state)), ==, "moved");
  g_assert_null (cfut_state_peek_error (&fake->state));
  cfut_state_unref (&fake->state);

  /* A variant in a value is a variant, unless there is none. */
  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_claim (&fake->state));
  g_value_init (&value, G_TYPE_VARIANT);
  g_value_set_variant (&value, g_variant_new_int32 (2));
  cfut_state_publish_value (&fake->state, &value);
  g_assert_false (G_IS_VALUE (&value));
  g_assert_cmpint (g_variant_get_int32 (cfut_state_peek_variant (&fake->state)), ==, 2);
  g_assert_null (cfut_state_peek_value (&fake->state));
  cfut_state_unref (&fake->state);

  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_claim (&fake->state));
  g_value_init (&value, G_TYPE_VARIANT);
  cfut_state_publish_value (&fake->state, &value);
  g_assert_null (cfut_state_peek_variant (&fake->state));
  g_assert_nonnull (cfut_state_peek_value (&fake->state));
  cfut_state_unref (&fake->state);
}

static void
test_progress (void)
{
  FakeState *fake = fake_state_new (NULL);
  const double fractions[][2] = {
    { 0, 0 }, { 0.5, 0.5 }, { 1, 1 }, { 1.5, 1 }, { -1, -1 }, { -0.5, -1 }, { NAN, -1 }, { INFINITY, 1 },
  };
  char *message = (char *) "untouched";

  g_test_summary ("Progress is a fraction or unknown, whatever is reported");

  g_assert_cmpfloat (cfut_state_get_progress (&fake->state, &message), ==, -1);
  g_assert_null (message);

  for (guint i = 0; i < G_N_ELEMENTS (fractions); i++)
    {
      cfut_state_set_progress (&fake->state, fractions[i][0], "words");
      g_assert_cmpfloat (cfut_state_get_progress (&fake->state, &message), ==, fractions[i][1]);
      g_assert_cmpstr (message, ==, "words");
      g_clear_pointer (&message, g_free);
    }

  cfut_state_set_progress (&fake->state, 0.5, NULL);
  g_assert_cmpfloat (cfut_state_get_progress (&fake->state, &message), ==, 0.5);
  g_assert_null (message);

  fake_state_resolve (fake, 1);
  cfut_state_set_progress (&fake->state, 0.75, "late");
  g_assert_cmpfloat (cfut_state_get_progress (&fake->state, &message), ==, 0.5);
  g_assert_null (message);

  cfut_state_unref (&fake->state);
}

static void
test_waiters_in_order (void)
{
  FakeState *fake = fake_state_new (NULL);
  g_autoptr(GString) log = g_string_new (NULL);
  Waiter waiters[6];

  g_test_summary ("Waiters are told in order, without those that were removed");

  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiter_init (&waiters[i], log, 'a' + i);
      g_assert_true (cfut_state_add_waiter (&fake->state, &waiters[i].waiter));
    }

  /* The first, the last, one between; the new last is known as such. */
  g_assert_true (cfut_state_remove_waiter (&fake->state, &waiters[0].waiter));
  g_assert_true (cfut_state_remove_waiter (&fake->state, &waiters[5].waiter));
  g_assert_true (cfut_state_remove_waiter (&fake->state, &waiters[2].waiter));
  g_assert_false (cfut_state_remove_waiter (&fake->state, &waiters[2].waiter));
  g_assert_true (cfut_state_add_waiter (&fake->state, &waiters[5].waiter));

  fake_state_resolve (fake, 1);
  g_assert_cmpstr (log->str, ==, "bdef");

  g_assert_false (cfut_state_remove_waiter (&fake->state, &waiters[1].waiter));
  g_assert_false (cfut_state_add_waiter (&fake->state, &waiters[0].waiter));
  g_assert_cmpstr (log->str, ==, "bdef");

  cfut_state_unref (&fake->state);
}

static void
add_waiter (gpointer   data,
            CfutState *state)
{
  g_assert_true (cfut_state_add_waiter (state, data));
}

static void
remove_waiter (gpointer   data,
               CfutState *state)
{
  g_assert_true (cfut_state_remove_waiter (state, data));
}

static void
test_waiters_while_told (void)
{
  FakeState *fake = fake_state_new (NULL);
  g_autoptr(GString) log = g_string_new (NULL);
  Waiter a, b, c, d;

  g_test_summary ("Who comes while others are told is told last; who goes is not");

  waiter_init (&a, log, 'a');
  waiter_init (&b, log, 'b');
  waiter_init (&c, log, 'c');
  waiter_init (&d, log, 'd');
  a.then = add_waiter;
  a.data = &d.waiter;
  b.then = remove_waiter;
  b.data = &c.waiter;

  cfut_state_add_waiter (&fake->state, &a.waiter);
  cfut_state_add_waiter (&fake->state, &b.waiter);
  cfut_state_add_waiter (&fake->state, &c.waiter);
  fake_state_resolve (fake, 1);
  g_assert_cmpstr (log->str, ==, "abd");

  cfut_state_unref (&fake->state);
}

typedef struct
{
  FakeState *fake;
  Waiter waiters[N_THREADS];
  int n_winners;     /* atomic */
  int n_cancels;     /* atomic */
  int n_removed;     /* atomic */
  int n_not_added;   /* atomic */
  int n_finalized;   /* atomic */
} RaceState;

static void
race_state_renew (RaceState *self)
{
  if (self->fake != NULL)
    {
      cfut_state_set_observed (&self->fake->state);
      cfut_state_unref (&self->fake->state);
    }

  self->fake = fake_state_new (NULL);
  self->fake->n_finalized = &self->n_finalized;
  for (guint i = 0; i < N_THREADS; i++)
    waiter_init (&self->waiters[i], NULL, '\0');
  self->n_winners = self->n_cancels = self->n_removed = self->n_not_added = 0;
}

/* Some start it, some send it back, most want to resolve it. */
static void
claim_in_race (guint    thread,
               gpointer user_data)
{
  RaceState *self = user_data;
  CfutState *state = cfut_state_ref (&self->fake->state);

  if (thread % 4 == 0)
    {
      cfut_state_start (state);
      cfut_state_restart (state);
    }

  if (thread % 4 == 1)
    {
      if (cfut_state_cancel (state))
        g_atomic_int_inc (&self->n_cancels);
    }
  else if (thread % 4 == 2 ? cfut_state_claim_pending (state) : cfut_state_claim (state))
    {
      g_atomic_int_inc (&self->n_winners);
      cfut_state_publish_variant (state, g_variant_new_uint32 (thread));
    }

  cfut_state_unref (state);
}

static void
after_claims (guint    round,
              gpointer user_data)
{
  RaceState *self = user_data;

  g_assert_true (cfut_state_is_final (&self->fake->state));

  /* All cancels are told the same. */
  if (self->n_cancels == 0)
    g_assert_cmpint (self->n_winners, ==, 1);
  else
    g_assert_cmpint (self->n_winners, ==, 0);
  if (self->n_cancels != 0)
    g_assert_cmpint (self->n_cancels, ==, N_THREADS / 4);

  race_state_renew (self);
}

static void
test_claim_race (void)
{
  RaceState self = { 0 };

  g_test_summary ("Of many threads that resolve or cancel a state one wins");

  race_state_renew (&self);
  race (N_THREADS, N_ROUNDS, claim_in_race, after_claims, &self);
  g_assert_cmpint (self.n_finalized, ==, N_ROUNDS);

  fake_state_resolve (self.fake, 1);
  cfut_state_unref (&self.fake->state);
}

static void
wait_in_race (guint    thread,
              gpointer user_data)
{
  RaceState *self = user_data;
  CfutState *state = &self->fake->state;
  CfutWaiter *waiter = &self->waiters[thread].waiter;

  /* What few states have takes the waiters over. */
  if (thread % 3 == 1)
    cfut_state_ensure_extra (state);

  if (thread == 0)
    fake_state_resolve (self->fake, 1);
  else if (!cfut_state_add_waiter (state, waiter))
    g_atomic_int_inc (&self->n_not_added);
  else if (thread % 2 == 0 && cfut_state_remove_waiter (state, waiter))
    g_atomic_int_inc (&self->n_removed);
}

static void
after_waits (guint    round,
             gpointer user_data)
{
  RaceState *self = user_data;
  int n_told = 0;

  for (guint i = 0; i < N_THREADS; i++)
    n_told += self->waiters[i].n_told;
  g_assert_cmpint (n_told + self->n_removed + self->n_not_added, ==, N_THREADS - 1);

  race_state_renew (self);
}

static void
test_waiter_race (void)
{
  RaceState self = { 0 };

  g_test_summary ("A waiter is told, or removed, or refused, and only one of them");

  race_state_renew (&self);
  race (N_THREADS, N_ROUNDS, wait_in_race, after_waits, &self);

  fake_state_resolve (self.fake, 1);
  cfut_state_unref (&self.fake->state);
}

static void
test_home (void)
{
  GMainContext *context = g_main_context_new ();
  FakeState *fake;

  g_test_summary ("The home of a state is the thread-default context it was made in");

  fake = fake_state_new (NULL);
  g_assert_true (cfut_state_get_home (&fake->state) == g_main_context_default ());
  fake_state_resolve (fake, 1);
  cfut_state_unref (&fake->state);

  g_main_context_push_thread_default (context);
  fake = fake_state_new (NULL);
  g_main_context_pop_thread_default (context);
  g_assert_true (cfut_state_get_home (&fake->state) == context);
  fake_state_resolve (fake, 1);
  cfut_state_unref (&fake->state);

  g_main_context_unref (context);
}

/* The writer of the test below. */
typedef struct
{
  guint n_warnings;
  char *call;
  char *domain;
  char *message;
} Warning;

static GLogWriterOutput
record_warning (GLogLevelFlags   level,
                const GLogField *fields,
                gsize            n_fields,
                gpointer         user_data)
{
  Warning *self = user_data;

  if (level & G_LOG_LEVEL_WARNING)
    {
      self->n_warnings++;
      for (gsize i = 0; i < n_fields; i++)
        if (g_str_equal (fields[i].key, "CFUT_CALL"))
          self->call = g_strdup (fields[i].value);
        else if (g_str_equal (fields[i].key, "CFUT_ERROR_DOMAIN"))
          self->domain = g_strdup (fields[i].value);
        else if (g_str_equal (fields[i].key, "MESSAGE"))
          self->message = g_strdup (fields[i].value);
    }

  return G_LOG_WRITER_HANDLED;
}

static void
test_unobserved_subprocess (void)
{
  const char *names[] = { "pi", NULL };
  gboolean quiet = g_getenv ("CFUT_DEBUG") != NULL;
  Warning warning = { 0 };

  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_writer_func (record_warning, &warning, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      FakeState *fake = fake_state_new (names[i]);

      fake_state_fail (fake, "Out of luck");
      cfut_state_unref (&fake->state);

      if (quiet)
        {
          g_assert_cmpuint (warning.n_warnings, ==, 0);
          continue;
        }

      g_assert_cmpuint (warning.n_warnings, ==, i + 1);
      g_assert_cmpstr (warning.call, ==, names[i] != NULL ? names[i] : "");
      g_assert_cmpstr (warning.domain, ==, "g-io-error-quark");
      g_assert_true (g_str_has_prefix (warning.message, names[i] != NULL ? "Call \"pi\" failed" : "A call failed"));
      g_assert_nonnull (strstr (warning.message, "Out of luck"));
      g_assert_nonnull (strstr (warning.message, "CFUT_DEBUG=unobserved"));
      g_clear_pointer (&warning.call, g_free);
      g_clear_pointer (&warning.domain, g_free);
      g_clear_pointer (&warning.message, g_free);
    }
}

static void
test_unobserved (void)
{
  g_test_summary ("A failure that nobody saw is told of when the state goes away");

  if (g_test_subprocess ())
    {
      test_unobserved_subprocess ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();

  g_setenv ("CFUT_DEBUG", "unobserved", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_unsetenv ("CFUT_DEBUG");
  g_test_trap_assert_passed ();
}

static void
test_quiet_ends (void)
{
  FakeState *fake;

  g_test_summary ("Nothing is said of a cancel, of a result, of an unresolved state");

  fake = fake_state_new ("fake");
  g_assert_true (cfut_state_cancel (&fake->state));
  cfut_state_unref (&fake->state);

  fake = fake_state_new ("fake");
  fake_state_resolve (fake, 1);
  cfut_state_unref (&fake->state);

  fake = fake_state_new ("fake");
  cfut_state_unref (&fake->state);
}

static FakeState *
resolve_small (gint32 result)
{
  FakeState *fake = fake_state_new ("fake");
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_int32 (result));

  g_assert_true (cfut_state_claim (&fake->state));
  cfut_state_publish_small (&fake->state, cfut_small_pack (value));

  return fake;
}

static void
test_small (void)
{
  FakeState *fake = resolve_small (7);
  g_autoptr(GVariant) before = NULL;
  g_autoptr(GVariant) after = NULL;
  GVariant *borrowed;

  g_test_summary ("A small result is made a value for whoever looks, and stays where it is borrowed");

  g_assert_cmpint (cfut_state_get_phase (&fake->state), ==, CFUT_FUTURE_STATE_DONE);
  g_assert_null (cfut_state_peek_error (&fake->state));
  g_assert_null (cfut_state_peek_value (&fake->state));

  before = cfut_state_dup_variant (&fake->state);
  borrowed = cfut_state_peek_variant (&fake->state);
  after = cfut_state_dup_variant (&fake->state);
  g_assert_true (cfut_state_peek_variant (&fake->state) == borrowed);
  g_assert_true (after == borrowed);
  g_assert_cmpint (g_variant_get_int32 (before), ==, 7);
  g_assert_cmpint (g_variant_get_int32 (borrowed), ==, 7);
  g_assert_false (g_variant_is_floating (before));

  cfut_state_unref (&fake->state);
  g_assert_cmpint (g_variant_get_int32 (after), ==, 7);
}

static void
look_at_small (guint    thread,
               gpointer user_data)
{
  FakeState *fake = *(FakeState **) user_data;
  g_autoptr(GVariant) value = NULL;

  if (thread % 2 == 0)
    value = cfut_state_dup_variant (&fake->state);
  else
    value = g_variant_ref (cfut_state_peek_variant (&fake->state));
  g_assert_cmpint (g_variant_get_int32 (value), ==, 7);
}

static void
next_small (guint    round,
            gpointer user_data)
{
  FakeState **fake = user_data;

  cfut_state_unref (&(*fake)->state);
  *fake = resolve_small (7);
}

static void
test_small_race (void)
{
  FakeState *fake = resolve_small (7);

  g_test_summary ("Threads that look at a small result at the same time all see it");

  race (N_THREADS, N_ROUNDS, look_at_small, next_small, &fake);
  cfut_state_unref (&fake->state);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* First, for it sets the environment, and others start threads. */
  g_test_add_func ("/state/unobserved", test_unobserved);
  g_test_add_func ("/state/every-transition", test_every_transition);
  g_test_add_func ("/state/claimed-looks-as-before", test_claimed_looks_as_before);
  g_test_add_func ("/state/marks-stay", test_marks_stay);
  g_test_add_func ("/state/extra-has-waiters", test_extra_has_waiters);
  g_test_add_func ("/state/outcomes", test_outcomes);
  g_test_add_func ("/state/small", test_small);
  g_test_add_func ("/state/small-race", test_small_race);
  g_test_add_func ("/state/progress", test_progress);
  g_test_add_func ("/state/waiters-in-order", test_waiters_in_order);
  g_test_add_func ("/state/waiters-while-told", test_waiters_while_told);
  g_test_add_func ("/state/claim-race", test_claim_race);
  g_test_add_func ("/state/waiter-race", test_waiter_race);
  g_test_add_func ("/state/home", test_home);
  g_test_add_func ("/state/quiet-ends", test_quiet_ends);

  return g_test_run ();
}
