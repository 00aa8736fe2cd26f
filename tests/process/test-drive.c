/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <signal.h>

#include "process-support.h"

/*
 * Calls that are the only one under way, which those who submit and wait for them
 * send and read themselves; and all that may come between. What is shown holds
 * whether or not the manager was faster.
 */

#define ROUNDS 20

/* A thread that waits for a future, and takes it. */
typedef struct
{
  GThread *thread;
  TestLatch begun;
  CfutFuture *future;
  GError *error;
} Waiter;

static gpointer
waiter_thread (gpointer data)
{
  Waiter *self = data;
  g_autoptr(GVariant) result = NULL;

  test_latch_open (&self->begun);
  result = cfut_future_dup_result (self->future, CFUT_WAIT_FOREVER, &self->error);

  return NULL;
}

static void
waiter_start (Waiter     *self,
              CfutFuture *future)
{
  self->future = future;
  self->error = NULL;
  test_latch_init (&self->begun);
  self->thread = g_thread_new ("waiter", waiter_thread, self);
  test_latch_wait (&self->begun);
}

static void
waiter_end (Waiter *self)
{
  g_thread_join (self->thread);
  test_latch_clear (&self->begun);
  g_clear_object (&self->future);
}

static void
test_one_at_a_time (void)
{
  ProcessTest test;

  g_test_summary ("Each of many calls, one after the other, gets its result");

  process_test_begin (&test, 2);
  for (gint64 i = 0; i < 3000; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "square", "(x)", i);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
    }
  process_test_end (&test);
}

static void
test_others (void)
{
  ProcessTest test;

  g_test_summary ("While a thread waits for a call others are submitted, and end");

  process_test_begin (&test, 2);
  process_prestart (&test);
  for (guint round = 0; round < ROUNDS; round++)
    {
      Gate gate;
      Waiter waiter;

      gate_init (&gate);
      waiter_start (&waiter, gate_submit (&gate, &test, "hold", 0));
      gate_next (&gate);
      for (gint64 i = 0; i < 5; i++)
        {
          g_autoptr(GVariant) result = process_call (&test, "square", "(x)", i);

          g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
        }
      g_assert_false (cfut_future_is_done (waiter.future));
      gate_open (&gate);
      waiter_end (&waiter);
      g_assert_no_error (waiter.error);
      gate_clear (&gate);
    }
  process_test_end (&test);
}

static void
test_cancelled (void)
{
  ProcessTest test;

  g_test_summary ("A wait ends when its call is cancelled");

  process_test_begin (&test, 1);
  process_prestart (&test);
  for (guint round = 0; round < ROUNDS; round++)
    {
      Gate gate;
      Waiter waiter;

      gate_init (&gate);
      waiter_start (&waiter, gate_submit (&gate, &test, "hold-politely", 0));
      gate_next (&gate);
      cfut_future_cancel (waiter.future);
      waiter_end (&waiter);
      g_assert_error (waiter.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&waiter.error);
      gate_clear (&gate);
    }
  process_test_end (&test);
}

static void
test_dies (void)
{
  ProcessTest test;

  g_test_summary ("A wait ends when the worker dies");

  process_test_begin (&test, 1);
  for (guint round = 0; round < ROUNDS; round++)
    {
      Gate gate;
      Waiter waiter;

      process_get_pid (&test);
      gate_init (&gate);
      waiter_start (&waiter, gate_submit (&gate, &test, "hold", 0));
      kill (gate_next (&gate).pid, SIGKILL);
      waiter_end (&waiter);
      g_assert_error (waiter.error, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
      g_clear_error (&waiter.error);
      gate_clear (&gate);
    }
  process_test_end (&test);
}

static void
test_out_of_patience (void)
{
  static const gint64 timeouts_us[] = { 0, 1, 500, 1500, 5000 };
  ProcessTest test;
  Gate gate;
  CfutFuture *future;

  g_test_summary ("A wait ends in its time, and the call goes on");

  gate_init (&gate);
  process_test_begin (&test, 1);
  process_prestart (&test);
  future = gate_submit (&gate, &test, "hold", 0);
  for (guint i = 0; i < G_N_ELEMENTS (timeouts_us); i++)
    {
      g_autoptr(GError) error = NULL;
      gint64 begin = g_get_monotonic_time ();

      g_assert_false (cfut_future_wait (future, timeouts_us[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_cmpint (g_get_monotonic_time () - begin, >=, timeouts_us[i]);
    }
  gate_open (&gate);
  process_expect_done (future);
  process_test_end (&test);
  gate_clear (&gate);
}

static void
test_shutdown (void)
{
  g_test_summary ("A shutdown ends while a thread waits");

  for (guint round = 0; round < ROUNDS; round++)
    {
      ProcessTest test;
      Gate gate;
      Waiter waiter;
      gboolean ended;

      gate_init (&gate);
      process_test_begin (&test, 1);
      process_prestart (&test);
      waiter_start (&waiter, gate_submit (&gate, &test, "hold-politely", 0));
      gate_next (&gate);
      ended = cfut_executor_shutdown (test.executor, CFUT_SHUTDOWN_WAIT | CFUT_SHUTDOWN_CANCEL,
                                      CFUT_WAIT_FOREVER, NULL);
      g_assert_true (ended);
      waiter_end (&waiter);
      g_assert_nonnull (waiter.error);
      g_clear_error (&waiter.error);
      process_test_end (&test);
      gate_clear (&gate);
    }
}

static void
test_idle (void)
{
  ProcessTest test;

  g_test_summary ("A worker that is idle after such calls leaves in its time");

  process_test_begin (&test, 1);
  cfut_process_executor_set_idle_timeout (PROCESS_EXECUTOR (&test), 5000);
  for (guint round = 0; round < ROUNDS; round++)
    {
      process_get_pid (&test);
      process_get_pid (&test);
      process_await_workers (&test, 0);
    }
  process_test_end (&test);
}

static void
test_recycled (void)
{
  ProcessTest test;
  int last = 0;

  g_test_summary ("Workers that are recycled are replaced between such calls");

  process_test_begin (&test, 1);
  cfut_process_executor_set_max_calls_per_worker (PROCESS_EXECUTOR (&test), 2);
  for (guint round = 0; round < ROUNDS; round++)
    {
      int pid = process_get_pid (&test);

      g_assert_cmpint (pid, !=, last);
      g_assert_cmpint (process_get_pid (&test), ==, pid);
      last = pid;
    }
  process_test_end (&test);
}

/* Threads that submit and wait, so that each is in the way of the others. */
static gpointer
crowd_thread (gpointer data)
{
  ProcessTest *test = data;

  for (gint64 i = 0; i < 500; i++)
    {
      g_autoptr(GVariant) result = process_call (test, "square", "(x)", i);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
    }

  return NULL;
}

static void
test_crowd (void)
{
  ProcessTest test;
  GThread *threads[4];

  g_test_summary ("Threads that wait at the same time all get their results");

  process_test_begin (&test, 2);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("crowd", crowd_thread, &test);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  process_test_end (&test);
}

/* ---- Waits for what is in a completion queue, by its tag. */

static void
push (CfutCompletionQueue *queue,
      ProcessTest         *test,
      const char          *function,
      gint64               value,
      guint64              tag)
{
  g_autoptr(GError) error = NULL;

  cfut_completion_queue_push (queue, test->executor, function, g_variant_new ("(x)", value),
                              NULL, tag, &error);
  g_assert_no_error (error);
}

/* Waits for ever, but @slice_us at a time. */
static void
take (CfutCompletionQueue *queue,
      guint64              tag,
      gint64               slice_us)
{
  g_autofree guint8 *record = NULL;

  while (record == NULL)
    {
      g_autoptr(GError) error = NULL;
      gsize length;

      record = cfut_completion_queue_take_data (queue, tag, slice_us, &length, &error);
      if (record == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      else
        g_assert_cmpuint (*(guint64 *) record, ==, tag);
    }
}

static void
test_taken (void)
{
  static const gint64 slices_us[] = { CFUT_WAIT_FOREVER, 1, 1500 };
  g_autoptr(CfutCompletionQueue) queue = cfut_completion_queue_new ();
  ProcessTest test;

  g_test_summary ("Each of many calls, one after the other, is taken by its tag");

  process_test_begin (&test, 2);
  for (guint64 tag = 1; tag <= 1000; tag++)
    {
      push (queue, &test, "square", tag, tag);
      take (queue, tag, slices_us[tag % G_N_ELEMENTS (slices_us)]);
    }
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (queue), ==, 0);
  process_test_end (&test);
}

typedef struct
{
  ProcessTest *test;
  CfutCompletionQueue *queue;
  guint64 first_tag;
} Taker;

static gpointer
taker_thread (gpointer data)
{
  Taker *self = data;

  for (guint64 tag = self->first_tag; tag < self->first_tag + 500; tag++)
    {
      push (self->queue, self->test, "square", tag, tag);
      take (self->queue, tag, CFUT_WAIT_FOREVER);
    }

  return NULL;
}

static void
test_takers (void)
{
  g_autoptr(CfutCompletionQueue) queue = cfut_completion_queue_new ();
  ProcessTest test;
  Taker takers[4];
  GThread *threads[G_N_ELEMENTS (takers)];

  g_test_summary ("Threads that take at the same time all get theirs");

  process_test_begin (&test, 2);
  for (guint i = 0; i < G_N_ELEMENTS (takers); i++)
    {
      takers[i] = (Taker) { &test, queue, i * 1000 + 1 };
      threads[i] = g_thread_new ("taker", taker_thread, &takers[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (takers); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (queue), ==, 0);
  process_test_end (&test);
}

int
main (int   argc,
      char *argv[])
{
  process_test_init (&argc, &argv);

  g_test_add_func ("/process/drive/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/process/drive/others", test_others);
  g_test_add_func ("/process/drive/cancelled", test_cancelled);
  g_test_add_func ("/process/drive/dies", test_dies);
  g_test_add_func ("/process/drive/out-of-patience", test_out_of_patience);
  g_test_add_func ("/process/drive/shutdown", test_shutdown);
  g_test_add_func ("/process/drive/idle", test_idle);
  g_test_add_func ("/process/drive/recycled", test_recycled);
  g_test_add_func ("/process/drive/crowd", test_crowd);
  g_test_add_func ("/process/drive/taken", test_taken);
  g_test_add_func ("/process/drive/takers", test_takers);

  return g_test_run ();
}
