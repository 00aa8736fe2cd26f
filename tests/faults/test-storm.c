/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "killer.h"

/*
 * F02 with F68: workers are killed each millisecond while callbacks of the calls
 * submit more of them, cancel some, drop their futures, and shut the executor down.
 */

typedef struct
{
  FaultTest test;
  CfutSubmitOptions *options;
  GRand *rand;
  guint n_calls;     /* after so many all is shut down */
  guint n_submitted;
  guint n_cancelled; /* that were told they will be */
  guint n_refused;   /* after the shutdown */
  guint n_unseen;    /* of which nobody kept the future */
  guint n_dropped;   /* of these, those whose callback was freed */
  gboolean is_shut_down;
} Storm;

static void submit_some (Storm *self,
                         guint  n);

static void
cancel_any (Storm *self)
{
  CfutFuture *future = self->test.futures->pdata[g_rand_int_range (self->rand, 0, self->test.futures->len)];

  self->n_cancelled += cfut_future_cancel (future);
}

static void
count_dropped (gpointer user_data)
{
  ((Storm *) user_data)->n_dropped++;
}

static void
unseen_cb (CfutFuture *future,
           gpointer    user_data)
{
  g_assert_cmpint (cfut_future_get_state (future), >=, CFUT_FUTURE_STATE_DONE);
}

/* One of which only its callback is left. */
static void
submit_unseen (Storm *self)
{
  g_autoptr(CfutFuture) future = cfut_executor_submit_full (self->test.process.executor, "spin",
                                                            g_variant_new ("(x)", G_GINT64_CONSTANT (20)),
                                                            self->options, NULL);

  if (future == NULL)
    return;

  self->n_unseen++;
  cfut_future_add_done_callback (future, unseen_cb, self, count_dropped);
}

static void
shut_down (Storm *self)
{
  self->is_shut_down = TRUE;
  g_assert_true (cfut_executor_shutdown (self->test.process.executor, CFUT_SHUTDOWN_CANCEL, 0, NULL));
}

static void
done_cb (CfutFuture *future,
         gpointer    user_data)
{
  Storm *self = user_data;

  g_assert_cmpint (cfut_future_get_state (future), >=, CFUT_FUTURE_STATE_DONE);
  if (!self->is_shut_down && self->n_submitted >= self->n_calls)
    shut_down (self);

  switch (g_rand_int_range (self->rand, 0, 8))
    {
    case 0:
      cancel_any (self);
      submit_some (self, 2);
      break;
    case 1:
      submit_unseen (self);
      submit_some (self, 1);
      break;
    default:
      submit_some (self, 1);
      break;
    }
}

static void
submit_some (Storm *self,
             guint  n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CfutFuture) future = NULL;
      gint64 number = self->test.futures->len;

      future = cfut_executor_submit_full (self->test.process.executor, "square",
                                          g_variant_new ("(x)", number), self->options, &error);
      if (future == NULL)
        {
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);
          g_assert_true (self->is_shut_down);
          self->n_refused++;
          return;
        }
      self->n_submitted++;
      fault_track (&self->test, future);
      cfut_future_add_done_callback (future, done_cb, self, NULL);
    }
}

/* Each has its own result, or was cancelled. */
static guint
count_done (Storm *self)
{
  guint n_done = 0;

  for (guint i = 0; i < self->test.futures->len; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) result = cfut_future_dup_result (self->test.futures->pdata[i], 0, &error);

      if (result != NULL)
        g_assert_cmpint (g_variant_get_int64 (result), ==, (gint64) i * i);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      n_done += result != NULL;
    }

  return n_done;
}

static gboolean
all_were_dropped (gpointer user_data)
{
  Storm *self = user_data;

  return self->n_dropped == self->n_unseen;
}

static void
test_callbacks (void)
{
  Storm self = { .n_calls = fault_scale (3000, 100000) };
  guint n_kills, n_done;
  Killer killer;

  g_test_summary ("While workers are killed, callbacks submit, cancel, drop futures and shut down, and each call has one end");

  fault_begin (&self.test, 4);
  cfut_executor_set_max_pending (self.test.process.executor, G_MAXUINT);
  self.options = fault_with_retries (CFUT_RETRY_FOREVER);
  self.rand = g_rand_new_with_seed (g_test_rand_int ());

  killer_begin (&killer, &self.test, fault_scale (5000, 1000));
  submit_some (&self, self.n_calls / 6);
  fault_await_all (&self.test);
  test_iterate_until (NULL, all_were_dropped, &self);
  n_kills = killer_end (&killer);

  n_done = count_done (&self);
  g_test_message ("%u calls, %u kills, %u done, %u told that they are cancelled, %u refused, %u not kept",
                  self.test.futures->len, n_kills, n_done, self.n_cancelled, self.n_refused, self.n_unseen);
  g_assert_true (self.is_shut_down);
  g_assert_cmpuint (self.test.futures->len, >=, self.n_calls);
  g_assert_cmpuint (n_done, >, 0);
  g_assert_cmpuint (n_kills, >, 0);
  cfut_submit_options_free (self.options);
  g_rand_free (self.rand);
  fault_end (&self.test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F02/callbacks", test_callbacks);

  return g_test_run ();
}
