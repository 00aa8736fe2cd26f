/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "executor/cfut-pool-map-private.h"

#include "cfut-error-private.h"
#include "manual-executor.h"

/*
 * What a map does with chunks, on an executor whose calls are ended by hand.
 * The linker puts the functions here, __wrap_..., in the place of those by which
 * a map hands chunks to an executor.
 */

gboolean    __wrap_cfut_executor_takes_chunks (CfutExecutor       *self);
CfutFuture *__wrap_cfut_executor_submit_chunk (CfutExecutor       *self,
                                               const char         *function,
                                               GVariant           *items,
                                               gsize               n_items,
                                               CfutSubmitOptions  *options,
                                               gboolean            may_block,
                                               GError            **error);
CfutFuture *__wrap_cfut_executor_try_submit   (CfutExecutor       *self,
                                               const char         *function,
                                               GVariant           *arguments,
                                               CfutSubmitOptions  *options,
                                               GError            **error);
gint64      __wrap_cfut_future_get_run_time   (CfutFuture         *future);
gsize       __wrap_cfut_future_get_n_started  (CfutFuture         *future);

static gboolean takes_chunks;
static gint64 run_time_ns;
static gsize n_started;
static guint n_refusals; /* so many submits find the queue full */

gboolean
__wrap_cfut_executor_takes_chunks (CfutExecutor *self)
{
  return takes_chunks;
}

CfutFuture *
__wrap_cfut_executor_try_submit (CfutExecutor       *self,
                                 const char         *function,
                                 GVariant           *arguments,
                                 CfutSubmitOptions  *options,
                                 GError            **error)
{
  if (n_refusals > 0)
    {
      n_refusals--;
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_QUEUE_FULL, "Full");
      return NULL;
    }

  return cfut_executor_submit_full (self, function, arguments, options, error);
}

/* To the manual executor, a chunk is a call whose arguments are an array. */
CfutFuture *
__wrap_cfut_executor_submit_chunk (CfutExecutor       *self,
                                   const char         *function,
                                   GVariant           *items,
                                   gsize               n_items,
                                   CfutSubmitOptions  *options,
                                   gboolean            may_block,
                                   GError            **error)
{
  g_assert_true (takes_chunks);
  g_assert_true (g_variant_is_of_type (items, G_VARIANT_TYPE_ARRAY));
  g_assert_cmpuint (g_variant_n_children (items), ==, n_items);
  g_assert_cmpuint (n_items, >, 1);
  g_assert_false (may_block);

  return __wrap_cfut_executor_try_submit (self, function, items, options, error);
}

gint64
__wrap_cfut_future_get_run_time (CfutFuture *future)
{
  return run_time_ns;
}

gsize
__wrap_cfut_future_get_n_started (CfutFuture *future)
{
  return n_started;
}

typedef struct
{
  TestManualExecutor *manual;
  CfutMapOptions *options;
  CfutMap *map;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  takes_chunks = TRUE;
  run_time_ns = -1;
  n_started = 0;
  n_refusals = 0;
  fixture->manual = test_manual_executor_new (1);
  fixture->options = cfut_map_options_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->map);
  cfut_map_options_free (fixture->options);
  g_assert_finalize_object (fixture->manual);
}

static void
start_map (Fixture *fixture,
           guint    n_items)
{
  g_autoptr(GError) error = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < n_items; i++)
    g_variant_builder_add (&builder, "(x)", i);

  fixture->map = cfut_executor_map (CFUT_EXECUTOR (fixture->manual), "anything",
                                    g_variant_builder_end (&builder), fixture->options, &error);
  g_assert_no_error (error);
}

/* Asserts that the call is a chunk (or a single item) from @first on. */
static void
assert_call (Fixture *fixture,
             guint    call,
             gint64   first,
             guint    n_items)
{
  GVariant *arguments = test_manual_executor_arguments (fixture->manual, call);
  gint64 x;

  if (n_items == 1)
    {
      g_variant_get (arguments, "(x)", &x);
      g_assert_cmpint (x, ==, first);
      return;
    }

  g_assert_cmpstr (g_variant_get_type_string (arguments), ==, "a(x)");
  g_assert_cmpuint (g_variant_n_children (arguments), ==, n_items);
  for (guint i = 0; i < n_items; i++)
    {
      g_variant_get_child (arguments, i, "(x)", &x);
      g_assert_cmpint (x, ==, first + i);
    }
}

/* Ends a chunk: items divisible by @bad fail. */
static void
end_chunk_of (TestManualExecutor *manual,
              guint               call,
              gint64              bad)
{
  GVariant *arguments = test_manual_executor_arguments (manual, call);
  GVariantBuilder values, failures;

  g_variant_builder_init (&values, G_VARIANT_TYPE ("ax"));
  g_variant_builder_init (&failures, G_VARIANT_TYPE ("a(usisssay)"));
  for (guint i = 0; i < g_variant_n_children (arguments); i++)
    {
      gint64 x;

      g_variant_get_child (arguments, i, "(x)", &x);
      if (bad > 0 && x % bad == 0)
        g_variant_builder_add (&failures, "(usisss@ay)", i, "g-io-error-quark",
                               (gint32) G_IO_ERROR_BUSY, "Busy", "", "",
                               g_variant_new_bytestring (""));
      else
        g_variant_builder_add (&values, "x", 10 * x);
    }

  cfut_promise_resolve_variant (test_manual_executor_promise (manual, call),
                                g_variant_new ("(axa(usisssay))", &values, &failures));
}

static void
end_chunk (Fixture *fixture,
           guint    call,
           gint64   bad)
{
  end_chunk_of (fixture->manual, call, bad);
}

static guint
get_size (TestManualExecutor *manual,
          guint               call)
{
  GVariant *arguments = test_manual_executor_arguments (manual, call);

  return g_variant_is_of_type (arguments, G_VARIANT_TYPE_ARRAY) ? g_variant_n_children (arguments) : 1;
}

static void
answer_well (TestManualExecutor *manual,
             guint               call)
{
  if (get_size (manual, call) == 1)
    test_manual_executor_resolve (manual, call);
  else
    end_chunk_of (manual, call, 0);
}

static void
answer_with_death (TestManualExecutor *manual,
                   guint               call)
{
  test_manual_executor_reject (manual, call, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
}

static guint largest_chunk;

static void
answer_with_nonsense (TestManualExecutor *manual,
                      guint               call)
{
  largest_chunk = MAX (largest_chunk, get_size (manual, call));
  cfut_promise_resolve_variant (test_manual_executor_promise (manual, call),
                                g_variant_new_boolean (TRUE));
}

static void
assert_item (Fixture *fixture,
             guint64  index)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  guint64 got_index;

  g_assert_true (cfut_map_next (fixture->map, &got_index, &result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (got_index, ==, index);
  g_assert_cmpint (g_variant_get_int64 (result), ==, 10 * (gint64) index);
}

static void
assert_failed (Fixture *fixture,
               guint64  index,
               GQuark   domain,
               int      code)
{
  g_autoptr(GError) error = NULL;
  guint64 got_index;

  g_assert_false (cfut_map_next (fixture->map, &got_index, NULL, &error));
  g_assert_error (error, domain, code);
  g_assert_cmpuint (got_index, ==, index);
}

static void
assert_end (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cfut_map_next (fixture->map, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (cfut_map_is_done (fixture->map));
}

static void
test_given_size (Fixture       *fixture,
                 gconstpointer  data)
{
  g_test_summary ("Chunks of the given size, and what is left over at the end");

  cfut_map_options_set_chunk_size (fixture->options, 3);
  start_map (fixture, 7);

  /* One worker: a chunk that runs and one that waits. */
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 2);
  assert_call (fixture, 0, 0, 3);
  assert_call (fixture, 1, 3, 3);

  end_chunk (fixture, 1, 0);
  end_chunk (fixture, 0, 2);
  assert_failed (fixture, 0, G_IO_ERROR, G_IO_ERROR_BUSY);
  assert_item (fixture, 1);
  assert_failed (fixture, 2, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 2);
  assert_item (fixture, 3);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 3);
  assert_call (fixture, 2, 6, 1);
  test_manual_executor_resolve (fixture->manual, 2);
  assert_item (fixture, 4);
  assert_item (fixture, 5);
  assert_item (fixture, 6);
  g_assert_true (cfut_map_is_done (fixture->map));
  assert_end (fixture);
}

static void
test_no_larger_than_buffer (Fixture       *fixture,
                            gconstpointer  data)
{
  g_test_summary ("A chunk is no larger than the buffer");

  cfut_map_options_set_chunk_size (fixture->options, 10);
  cfut_map_options_set_buffer_size (fixture->options, 4);
  start_map (fixture, 6);

  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 1);
  assert_call (fixture, 0, 0, 4);
}

static void
test_automatic_size (Fixture       *fixture,
                     gconstpointer  data)
{
  guint n_items = 0;

  g_test_summary ("Chunks of quick items grow, and shrink when the items get slow");

  run_time_ns = 1000;
  start_map (fixture, 40000);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 2);

  for (guint call = 0; call < 30; call++)
    {
      guint size = get_size (fixture->manual, call);

      assert_call (fixture, call, n_items, size);
      answer_well (fixture->manual, call);
      for (guint i = 0; i < size; i++)
        assert_item (fixture, n_items++);

      /* Then they take a second each. */
      if (call == 25)
        run_time_ns = size * G_GINT64_CONSTANT (1000000000);
      if (call == 23)
        g_assert_cmpuint (size, >=, 512);
      if (call == 29)
        g_assert_cmpuint (size, ==, 1);
    }
}

static void
test_automatic_size_in_buffer (Fixture       *fixture,
                               gconstpointer  data)
{
  guint n_items = 0;

  g_test_summary ("Automatic chunks leave room for two chunks a worker in the buffer");

  run_time_ns = 0;
  cfut_map_options_set_buffer_size (fixture->options, 9);
  start_map (fixture, 100);

  for (guint call = 0; n_items < 60; call++)
    {
      guint size = get_size (fixture->manual, call);

      g_assert_cmpuint (size, <=, 4);
      answer_well (fixture->manual, call);
      for (guint i = 0; i < size; i++)
        assert_item (fixture, n_items++);
    }
}

static void
test_single_items (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) submit_options = cfut_submit_options_new ();

  g_test_summary ("No chunks for foreign executors, nor against a time limit unless asked for");

  cfut_map_options_set_buffer_size (fixture->options, 8);
  cfut_map_options_set_chunk_size (fixture->options, 4);
  takes_chunks = FALSE;
  start_map (fixture, 8);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 8);
  g_assert_finalize_object (fixture->map);

  takes_chunks = TRUE;
  cfut_submit_options_set_timeout (submit_options, G_USEC_PER_SEC);
  cfut_map_options_set_submit_options (fixture->options, submit_options);
  start_map (fixture, 8);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 10);
  g_assert_finalize_object (fixture->map);

  run_time_ns = 0;
  cfut_map_options_set_chunk_size (fixture->options, 0);
  start_map (fixture, 8);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 18);
  test_manual_executor_resolve (fixture->manual, 10);
  assert_item (fixture, 0);
}

/* Items of several types: the type changes with each item whose number is a
 * multiple of 3. */
static gboolean
give_mixed (GVariant **item,
            gpointer   user_data)
{
  gint64 *n = user_data;

  if (*n == 9)
    return FALSE;

  if (*n % 3 == 2)
    *item = g_variant_new ("(s)", "two");
  else
    *item = g_variant_new ("(x)", *n);
  (*n)++;

  return TRUE;
}

static void
test_mixed_types (Fixture       *fixture,
                  gconstpointer  data)
{
  gint64 n = 0;

  g_test_summary ("The items of a chunk are of one type");

  cfut_map_options_set_chunk_size (fixture->options, 4);
  cfut_map_options_set_buffer_size (fixture->options, 100);
  fixture->map = cfut_executor_map_source (CFUT_EXECUTOR (fixture->manual), "anything",
                                           give_mixed, &n, NULL, fixture->options, NULL);

  test_manual_executor_refuse (fixture->manual, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  for (guint i = 0; i < 9; i++)
    assert_failed (fixture, i, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_end (fixture);
}

static gboolean
give_large (GVariant **item,
            gpointer   user_data)
{
  guint *n = user_data;
  static const char zeros[100 * 1024];

  (*n)++;
  *item = g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, zeros, sizeof zeros, 1));

  return TRUE;
}

static void
test_large_items (Fixture       *fixture,
                  gconstpointer  data)
{
  guint n = 0;

  g_test_summary ("Automatic chunks are bounded in bytes as well");

  run_time_ns = 0;
  largest_chunk = 0;
  test_manual_executor_set_answer (fixture->manual, answer_with_nonsense);
  fixture->map = cfut_executor_map_source (CFUT_EXECUTOR (fixture->manual), "anything",
                                           give_large, &n, NULL, fixture->options, NULL);

  for (guint i = 0; i < 100; i++)
    cfut_map_next (fixture->map, NULL, NULL, NULL);
  g_assert_cmpuint (largest_chunk, ==, 3);
}

static void
die (Fixture *fixture,
     guint    call)
{
  test_manual_executor_reject (fixture->manual, call, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
}

static void
test_death (Fixture       *fixture,
            gconstpointer  data)
{
  g_test_summary ("Of a chunk that died, those that had started fail, the others go in singly");

  cfut_map_options_set_chunk_size (fixture->options, 4);
  cfut_map_options_set_buffer_size (fixture->options, 8);
  start_map (fixture, 8);

  n_started = 2;
  die (fixture, 0);
  end_chunk (fixture, 1, 0);

  assert_failed (fixture, 0, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  assert_failed (fixture, 1, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 4);
  assert_call (fixture, 2, 2, 1);
  assert_call (fixture, 3, 3, 1);

  test_manual_executor_resolve (fixture->manual, 3);
  test_manual_executor_resolve (fixture->manual, 2);
  for (guint i = 2; i < 8; i++)
    assert_item (fixture, i);
  assert_end (fixture);
}

static void
test_death_as_completed (Fixture       *fixture,
                         gconstpointer  data)
{
  g_test_summary ("The same without order; a single item that dies is not tried again");

  cfut_map_options_set_ordered (fixture->options, FALSE);
  cfut_map_options_set_chunk_size (fixture->options, 3);
  start_map (fixture, 3);

  n_started = 0;
  die (fixture, 0);
  test_manual_executor_set_answer (fixture->manual, answer_with_death);
  for (guint i = 0; i < 3; i++)
    assert_failed (fixture, i, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  assert_end (fixture);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 4);
}

static void
test_death_when_automatic (Fixture       *fixture,
                           gconstpointer  data)
{
  guint n_items = 0;
  guint call;

  g_test_summary ("After a death automatic chunks are single items again");

  run_time_ns = 1000;
  start_map (fixture, 40000);
  for (call = 0; get_size (fixture->manual, call) < 8; call++)
    {
      guint size = get_size (fixture->manual, call);

      answer_well (fixture->manual, call);
      for (guint i = 0; i < size; i++)
        assert_item (fixture, n_items++);
    }

  run_time_ns = -1;
  n_started = 1;
  die (fixture, call);
  assert_failed (fixture, n_items++, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  test_manual_executor_set_answer (fixture->manual, answer_well);
  for (guint i = call + 1; i < test_manual_executor_n_calls (fixture->manual); i++)
    answer_well (fixture->manual, i);
  call = test_manual_executor_n_calls (fixture->manual);
  for (guint i = 0; i < 50; i++)
    assert_item (fixture, n_items++);
  for (; call < test_manual_executor_n_calls (fixture->manual); call++)
    g_assert_cmpuint (get_size (fixture->manual, call), ==, 1);
}

static void
test_full_queue (Fixture       *fixture,
                 gconstpointer  data)
{
  g_test_summary ("A chunk that finds the queue full waits, and goes in by single items if need be");

  cfut_map_options_set_chunk_size (fixture->options, 3);
  n_refusals = 1;
  start_map (fixture, 9);
  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 0);

  /* Nothing is in flight: waits for room for an item. The next two submits are
   * refused while it is, and are no more than put off. */
  n_refusals = 2;
  test_manual_executor_set_answer (fixture->manual, answer_well);
  for (guint i = 0; i < 9; i++)
    assert_item (fixture, i);
  assert_end (fixture);

  assert_call (fixture, 0, 0, 1);
  assert_call (fixture, 1, 1, 2);
  assert_call (fixture, 2, 3, 3);
}

static void
test_death_all_started (Fixture       *fixture,
                        gconstpointer  data)
{
  g_test_summary ("If all had started all fail");

  cfut_map_options_set_chunk_size (fixture->options, 3);
  start_map (fixture, 3);
  n_started = 3;
  die (fixture, 0);
  for (guint i = 0; i < 3; i++)
    assert_failed (fixture, i, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  assert_end (fixture);
}

static void
test_death_with_retries (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) submit_options = cfut_submit_options_new ();

  g_test_summary ("With retries all go in singly, so that a poison item fails alone");

  cfut_submit_options_set_retries (submit_options, 2);
  cfut_map_options_set_submit_options (fixture->options, submit_options);
  cfut_map_options_set_chunk_size (fixture->options, 4);
  cfut_map_options_set_ordered (fixture->options, FALSE);
  start_map (fixture, 5);
  assert_call (fixture, 1, 4, 1);

  n_started = 3;
  die (fixture, 0);
  test_manual_executor_resolve (fixture->manual, 1);
  assert_item (fixture, 4);

  g_assert_cmpuint (test_manual_executor_n_calls (fixture->manual), ==, 6);
  for (guint i = 0; i < 4; i++)
    assert_call (fixture, 2 + i, i, 1);

  test_manual_executor_resolve (fixture->manual, 3);
  die (fixture, 4);
  test_manual_executor_resolve (fixture->manual, 5);
  test_manual_executor_resolve (fixture->manual, 2);
  assert_item (fixture, 1);
  assert_failed (fixture, 2, CFUT_ERROR, CFUT_ERROR_WORKER_DIED);
  assert_item (fixture, 3);
  assert_item (fixture, 0);
  assert_end (fixture);
}

static void
test_failed_chunk (Fixture       *fixture,
                   gconstpointer  data)
{
  g_test_summary ("A chunk that fails in another way fails all its items");

  cfut_map_options_set_chunk_size (fixture->options, 2);
  start_map (fixture, 4);
  test_manual_executor_reject (fixture->manual, 0, CFUT_ERROR, CFUT_ERROR_BROKEN);
  cfut_future_cancel (cfut_promise_get_future (test_manual_executor_promise (fixture->manual, 1)));

  assert_failed (fixture, 0, CFUT_ERROR, CFUT_ERROR_BROKEN);
  assert_failed (fixture, 1, CFUT_ERROR, CFUT_ERROR_BROKEN);
  assert_failed (fixture, 2, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_failed (fixture, 3, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_end (fixture);
}

static void
test_bad_results (Fixture       *fixture,
                  gconstpointer  data)
{
  static const char * const bad[] = {
    "int64 5",                                         /* no chunk's result */
    "([int64 1, 2, 3], @a(usisssay) [])",                  /* too many */
    "([int64 1], @a(usisssay) [])",                        /* too few */
    "([int64 1, 2], [(uint32 0, 'x', 1, 'y', '', '', @ay [])])",
    "([int64 1], [(uint32 2, 'x', 1, 'y', '', '', @ay [])])",          /* no such item */
    "(@ax [], [(uint32 0, 'x', 1, 'y', '', '', @ay []), (0, 'x', 1, 'y', '', '', @ay [])])", /* twice */
    "(@ax [], [(uint32 1, 'x', 1, 'y', '', '', @ay []), (0, 'x', 1, 'y', '', '', @ay [])])", /* out of order */
  };

  g_test_summary ("Results that do not fit the chunk are a protocol error of each item");

  cfut_map_options_set_chunk_size (fixture->options, 2);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      if (fixture->map != NULL)
        g_assert_finalize_object (fixture->map);
      start_map (fixture, 2);
      cfut_promise_resolve_variant (test_manual_executor_promise (fixture->manual, i),
                                    g_variant_new_parsed (bad[i]));
      assert_failed (fixture, 0, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      assert_failed (fixture, 1, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
      assert_end (fixture);
    }
}

static void
test_no_domain (Fixture       *fixture,
                gconstpointer  data)
{
  g_test_summary ("An error without a domain, which a worker may send, is still an error");

  cfut_map_options_set_chunk_size (fixture->options, 2);
  start_map (fixture, 2);
  cfut_promise_resolve_variant (test_manual_executor_promise (fixture->manual, 0),
                                g_variant_new_parsed ("([int64 10], [(uint32 0, '', 1, '', '', '', @ay [])])"));
  assert_failed (fixture, 0, G_IO_ERROR, G_IO_ERROR_FAILED);
  assert_item (fixture, 1);
}

static void
test_remote (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("What an exception of another language carries comes with its item");

  cfut_map_options_set_chunk_size (fixture->options, 2);
  start_map (fixture, 2);
  cfut_promise_resolve_variant (test_manual_executor_promise (fixture->manual, 0),
                                g_variant_new_parsed ("([int64 10], [(uint32 0, 'cfut-error-quark', %i, 'No: way', 'No', 'line 7', [byte 1, 2])])",
                                                      CFUT_ERROR_REMOTE));
  g_assert_false (cfut_map_next (fixture->map, NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "No: way");
  g_assert_cmpstr (cfut_error_get_remote_name (error), ==, "No");
  g_assert_cmpstr (cfut_error_get_remote_traceback (error), ==, "line 7");
  g_assert_cmpuint (g_bytes_get_size (cfut_error_get_remote_payload (error)), ==, 2);
  assert_item (fixture, 1);
}

static void
test_domains (Fixture       *fixture,
              gconstpointer  data)
{
  enum { N_DOMAINS = 1500 };
  GVariantBuilder failures;
  guint n_known = 0;

  g_test_summary ("A chunk brings only so many domains that nobody knows, which are never freed");

  g_variant_builder_init (&failures, G_VARIANT_TYPE ("a(usisssay)"));
  for (guint i = 0; i < N_DOMAINS; i++)
    {
      g_autofree char *domain = g_strdup_printf ("nobody-knows-%u", i);

      g_variant_builder_add (&failures, "(usisss@ay)", i, domain, (gint32) 5, "Who?", "", "",
                             g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0));
    }
  cfut_map_options_set_chunk_size (fixture->options, N_DOMAINS);
  start_map (fixture, N_DOMAINS);
  cfut_promise_resolve_variant (test_manual_executor_promise (fixture->manual, 0),
                                g_variant_new ("(@axa(usisssay))", g_variant_new_array (G_VARIANT_TYPE_INT64, NULL, 0), &failures));
  for (guint i = 0; i < N_DOMAINS; i++)
    {
      g_autofree char *domain = g_strdup_printf ("nobody-knows-%u", i);
      gboolean is_known;

      is_known = g_quark_try_string (domain) != 0;
      n_known += is_known;
    }
  g_assert_cmpuint (n_known, <=, 1024);
}

#define ADD(path, func) g_test_add ("/map-chunks/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("given-size", test_given_size);
  ADD ("no-larger-than-buffer", test_no_larger_than_buffer);
  ADD ("automatic-size", test_automatic_size);
  ADD ("automatic-size-in-buffer", test_automatic_size_in_buffer);
  ADD ("single-items", test_single_items);
  ADD ("mixed-types", test_mixed_types);
  ADD ("large-items", test_large_items);
  ADD ("death", test_death);
  ADD ("death-as-completed", test_death_as_completed);
  ADD ("death-when-automatic", test_death_when_automatic);
  ADD ("full-queue", test_full_queue);
  ADD ("death-all-started", test_death_all_started);
  ADD ("death-with-retries", test_death_with_retries);
  ADD ("failed-chunk", test_failed_chunk);
  ADD ("bad-results", test_bad_results);
  ADD ("no-domain", test_no_domain);
  ADD ("remote", test_remote);
  ADD ("domains", test_domains);

  return g_test_run ();
}
