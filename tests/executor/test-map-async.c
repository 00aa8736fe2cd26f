/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "manual-executor.h"
#include "test-support.h"

/* A map that is iterated from a main loop. */

typedef struct
{
  TestManualExecutor *manual;
  CfutMapOptions *options;
  CfutMap *map;

  /* What the last next came to. */
  gint n_returned;
  gboolean got;
  guint64 index;
  GVariant *result;
  GError *error;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->manual = test_manual_executor_new (2);
  fixture->options = cfut_map_options_new ();
}

static void
clear_outcome (Fixture *fixture)
{
  g_clear_pointer (&fixture->result, g_variant_unref);
  g_clear_error (&fixture->error);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  clear_outcome (fixture);
  g_assert_finalize_object (fixture->map);
  cfut_map_options_free (fixture->options);
  g_assert_finalize_object (fixture->manual);
}

static void
start_map (Fixture      *fixture,
           CfutExecutor *executor,
           guint         n_items)
{
  g_autoptr(GError) error = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < n_items; i++)
    g_variant_builder_add (&builder, "(x)", i);

  fixture->map = cfut_executor_map (executor, "tenfold", g_variant_builder_end (&builder),
                                    fixture->options, &error);
  g_assert_no_error (error);
}

static void
start_manual_map (Fixture *fixture,
                  guint    n_items)
{
  start_map (fixture, CFUT_EXECUTOR (fixture->manual), n_items);
}

static void
next_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (object == G_OBJECT (fixture->map));
  clear_outcome (fixture);
  fixture->index = G_MAXUINT64;
  fixture->got = cfut_map_next_finish (fixture->map, result, &fixture->index,
                                       &fixture->result, &fixture->error);
  g_assert_true (fixture->got == (fixture->result != NULL));
  fixture->n_returned++;
}

static void
next (Fixture      *fixture,
      GCancellable *cancellable)
{
  int n_before = fixture->n_returned;

  cfut_map_next_async (fixture->map, cancellable, next_cb, fixture);
  g_assert_cmpint (fixture->n_returned, ==, n_before); /* never inline */
}

static gboolean
has_returned (gpointer user_data)
{
  return ((Fixture *) user_data)->n_returned > 0;
}

static void
await_return (Fixture *fixture)
{
  test_iterate_until (NULL, has_returned, fixture);
  g_assert_cmpint (fixture->n_returned, ==, 1);
  fixture->n_returned = 0;
}

static void
assert_item (Fixture *fixture,
             guint64  index)
{
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->got);
  g_assert_cmpuint (fixture->index, ==, index);
  g_assert_cmpuint (cfut_map_get_index (fixture->map), ==, index);
  g_assert_cmpint (g_variant_get_int64 (fixture->result), ==, 10 * (gint64) index);
}

static void
assert_failed (Fixture *fixture,
               guint64  index,
               GQuark   domain,
               int      code)
{
  g_assert_false (fixture->got);
  g_assert_error (fixture->error, domain, code);
  g_assert_cmpuint (fixture->index, ==, index);
}

static void
assert_end (Fixture *fixture)
{
  g_assert_false (fixture->got);
  g_assert_no_error (fixture->error);
  g_assert_true (cfut_map_is_done (fixture->map));
}

static void
iterate_all (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_order (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("A next returns when the item in turn is there, not before");

  start_manual_map (fixture, 3);

  next (fixture, NULL);
  iterate_all ();
  test_manual_executor_resolve (fixture->manual, 1);
  iterate_all ();
  g_assert_cmpint (fixture->n_returned, ==, 0);
  test_manual_executor_resolve (fixture->manual, 0);
  await_return (fixture);
  assert_item (fixture, 0);

  next (fixture, NULL);
  await_return (fixture);
  assert_item (fixture, 1);

  test_manual_executor_reject (fixture->manual, 2, G_IO_ERROR, G_IO_ERROR_BUSY);
  next (fixture, NULL);
  await_return (fixture);
  assert_failed (fixture, 2, G_IO_ERROR, G_IO_ERROR_BUSY);

  next (fixture, NULL);
  await_return (fixture);
  assert_end (fixture);
}

static gpointer
resolve_thread (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 4; i > 0; i--)
    test_manual_executor_resolve (fixture->manual, i - 1);

  return NULL;
}

static void
test_other_thread (Fixture       *fixture,
                   gconstpointer  data)
{
  GThread *thread;

  g_test_summary ("Results that come in another thread are returned in the context of the next");

  cfut_map_options_set_ordered (fixture->options, FALSE);
  start_manual_map (fixture, 4);
  next (fixture, NULL);
  thread = g_thread_new ("resolve", resolve_thread, fixture);

  for (guint i = 4; i > 0; i--)
    {
      await_return (fixture);
      assert_item (fixture, i - 1);
      next (fixture, NULL);
    }
  await_return (fixture);
  assert_end (fixture);

  g_thread_join (thread);
}

static void
test_cancel_wait (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("Cancelling a next ends the wait, and nothing else");

  start_manual_map (fixture, 1);
  next (fixture, cancellable);
  iterate_all ();
  g_cancellable_cancel (cancellable);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (cfut_map_is_done (fixture->map));

  /* Even when the item is there. */
  test_manual_executor_resolve (fixture->manual, 0);
  next (fixture, cancellable);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  next (fixture, NULL);
  await_return (fixture);
  assert_item (fixture, 0);
}

static void
test_cancel_after (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("An item that was taken is not lost to a late cancellation");

  start_manual_map (fixture, 1);
  test_manual_executor_resolve (fixture->manual, 0);
  next (fixture, cancellable);
  g_cancellable_cancel (cancellable);
  await_return (fixture);
  assert_item (fixture, 0);
}

static void
test_timeout (Fixture       *fixture,
              gconstpointer  data)
{
  g_test_summary ("The time of the iteration ends a pending next");

  cfut_map_options_set_timeout (fixture->options, 10 * 1000);
  start_manual_map (fixture, 1);
  next (fixture, NULL);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (g_cancellable_is_cancelled (cfut_promise_get_cancellable (
    test_manual_executor_promise (fixture->manual, 0))));

  next (fixture, NULL);
  await_return (fixture);
  assert_end (fixture);
}

static void
test_close (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("Closing cancels at once and ends a pending next");

  start_manual_map (fixture, 1);
  next (fixture, NULL);
  cfut_map_close (fixture->map);
  g_assert_true (g_cancellable_is_cancelled (cfut_promise_get_cancellable (
    test_manual_executor_promise (fixture->manual, 0))));
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_pending (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A second next, of either form, fails with PENDING");

  start_manual_map (fixture, 1);
  next (fixture, NULL);
  next (fixture, NULL);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_PENDING);

  g_assert_false (cfut_map_next (fixture->map, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);

  test_manual_executor_resolve (fixture->manual, 0);
  await_return (fixture);
  assert_item (fixture, 0);
}

/* Each callback begins the next one. */
typedef struct
{
  guint64 n_items;
  GThread *thread;
  gint done;
} Chain;

static void
chain_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  CfutMap *map = CFUT_MAP (object);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) value = NULL;
  Chain *chain = user_data;
  guint64 index;

  g_assert_true (chain->thread == g_thread_self ());

  if (cfut_map_next_finish (map, result, &index, &value, &error))
    {
      g_assert_cmpuint (index, ==, chain->n_items);
      g_assert_cmpint (g_variant_get_int64 (value), ==, 10 * (gint64) index);
      chain->n_items++;
      cfut_map_next_async (map, NULL, chain_cb, chain);
      return;
    }

  g_assert_no_error (error);
  g_atomic_int_set (&chain->done, TRUE);
}

static void
test_chain (Fixture       *fixture,
            gconstpointer  data)
{
  CfutExecutor *executor = cfut_thread_executor_new (2);
  Chain chain = { 0, g_thread_self (), FALSE };

  g_test_summary ("Thousands of items on threads, each callback beginning the next next");

  cfut_map_options_set_timeout (fixture->options, 120 * G_USEC_PER_SEC);
  start_map (fixture, executor, 5000);
  cfut_map_next_async (fixture->map, NULL, chain_cb, &chain);
  test_iterate_until_set (NULL, &chain.done);
  g_assert_cmpuint (chain.n_items, ==, 5000);

  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_object_unref (executor);
}

static TestLatch blocked;
static TestLatch blocker;

static GVariant *
block (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  test_latch_open (&blocked);
  test_latch_wait (&blocker);

  return NULL;
}

static GVariant *
tenfold (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);

  return g_variant_new_int64 (10 * x);
}

/* An executor whose one worker is held up, and whose queue is full. */
static CfutExecutor *
make_full (CfutFuture *futures[2])
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  g_autoptr(GError) error = NULL;

  test_latch_init (&blocked);
  test_latch_init (&blocker);
  cfut_executor_set_max_pending (executor, 1);
  cfut_executor_set_overflow (executor, CFUT_OVERFLOW_FAIL);

  futures[0] = cfut_executor_submit (executor, "block", NULL, NULL, &error);
  g_assert_no_error (error);
  test_latch_wait (&blocked);
  futures[1] = cfut_executor_submit (executor, "block", NULL, NULL, &error);
  g_assert_no_error (error);

  return executor;
}

static void
end_full (CfutExecutor *executor,
          CfutFuture   *futures[2])
{
  test_latch_open (&blocker);
  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_clear_object (&futures[0]);
  g_clear_object (&futures[1]);
  g_object_unref (executor);
  test_latch_clear (&blocked);
  test_latch_clear (&blocker);
}

static void
test_full (Fixture       *fixture,
           gconstpointer  data)
{
  CfutFuture *futures[2];
  CfutExecutor *executor = make_full (futures);

  g_test_summary ("While the queue is full a next waits for room, without blocking");

  start_map (fixture, executor, 3);
  next (fixture, NULL);
  iterate_all ();
  g_assert_cmpint (fixture->n_returned, ==, 0);
  test_latch_open (&blocker);
  for (guint i = 0; i < 3; i++)
    {
      await_return (fixture);
      assert_item (fixture, i);
      next (fixture, NULL);
    }
  await_return (fixture);
  assert_end (fixture);

  end_full (executor, futures);
}

static void
test_full_cancel (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  CfutFuture *futures[2];
  CfutExecutor *executor = make_full (futures);

  g_test_summary ("A wait for room can be cancelled, and begun again");

  start_map (fixture, executor, 2);
  next (fixture, cancellable);
  iterate_all ();
  g_cancellable_cancel (cancellable);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  next (fixture, NULL);
  iterate_all ();
  test_latch_open (&blocker);
  await_return (fixture);
  assert_item (fixture, 0);
  next (fixture, NULL);
  await_return (fixture);
  assert_item (fixture, 1);

  end_full (executor, futures);
}

static void
test_full_timeout (Fixture       *fixture,
                   gconstpointer  data)
{
  CfutFuture *futures[2];
  CfutExecutor *executor = make_full (futures);

  g_test_summary ("The time of the iteration ends a wait for room");

  cfut_map_options_set_timeout (fixture->options, 10 * 1000);
  start_map (fixture, executor, 2);
  next (fixture, NULL);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  end_full (executor, futures);
}

static void
test_full_close (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CfutStats) stats = NULL;
  CfutFuture *futures[2];
  CfutExecutor *executor = make_full (futures);

  g_test_summary ("Closing ends a wait for room, and nothing is submitted later");

  start_map (fixture, executor, 2);
  next (fixture, NULL);
  iterate_all ();
  cfut_map_close (fixture->map);
  await_return (fixture);
  assert_failed (fixture, G_MAXUINT64, G_IO_ERROR, G_IO_ERROR_CLOSED);

  test_latch_open (&blocker);
  g_assert_true (cfut_future_wait (futures[1], CFUT_WAIT_FOREVER, NULL));
  stats = cfut_executor_get_stats (executor);
  g_assert_cmpuint (cfut_stats_get_n_submitted (stats), ==, 2);

  end_full (executor, futures);
}

static void
test_full_shutdown (Fixture       *fixture,
                    gconstpointer  data)
{
  CfutFuture *futures[2];
  CfutExecutor *executor = make_full (futures);

  g_test_summary ("A shutdown ends a wait for room with the reason");

  start_map (fixture, executor, 2);
  next (fixture, NULL);
  iterate_all ();
  cfut_executor_shutdown (executor, CFUT_SHUTDOWN_NONE, 0, NULL);
  await_return (fixture);
  assert_failed (fixture, 0, CFUT_ERROR, CFUT_ERROR_SHUTDOWN);

  end_full (executor, futures);
}

#define ADD(path, func) g_test_add ("/map-async/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  cfut_register_function ("block", NULL, NULL, block, NULL, NULL);
  cfut_register_function ("tenfold", G_VARIANT_TYPE ("(x)"), G_VARIANT_TYPE_INT64, tenfold, NULL, NULL);

  ADD ("order", test_order);
  ADD ("other-thread", test_other_thread);
  ADD ("cancel-wait", test_cancel_wait);
  ADD ("cancel-after", test_cancel_after);
  ADD ("timeout", test_timeout);
  ADD ("close", test_close);
  ADD ("pending", test_pending);
  ADD ("chain", test_chain);
  ADD ("full", test_full);
  ADD ("full-cancel", test_full_cancel);
  ADD ("full-timeout", test_full_timeout);
  ADD ("full-close", test_full_close);
  ADD ("full-shutdown", test_full_shutdown);

  return g_test_run ();
}
