/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>
#include <sys/mman.h>

#include "executor/cfut-pool-private.h"
#include "process-support.h"
#include "wire/cfut-frame-private.h"

/* What is larger than a frame may be. It is never touched, so it takes no
 * memory, and it is never sent. */

typedef struct
{
  void *data;
  gsize size;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *self = data;

  munmap (self->data, self->size);
  g_free (self);
}

/* An array of @n bytes, which are zero; NULL if there is no room for it. */
static GVariant *
make_sparse (guint64 n)
{
  Mapping *mapping = g_new0 (Mapping, 1);

  mapping->size = n;
  mapping->data = mmap (NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping->data == MAP_FAILED)
    {
      g_free (mapping);
      return NULL;
    }

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, mapping->data, n, TRUE,
                                  mapping_free, mapping);
}

/* (t) -> ay: in the worker. */
static GVariant *
sparse (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  GVariant *result;
  guint64 n;

  g_variant_get (arguments, "(t)", &n);
  result = make_sparse (n);
  if (result == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "No room for it");

  return result;
}

/* Arguments of echo-ay that are a little too large; NULL if there is no room. */
static GVariant *
make_too_large (void)
{
  GVariant *bytes = make_sparse (CFUT_FRAME_MAX_BODY + 1);

  if (bytes == NULL)
    {
      g_test_skip ("No room for 1 GiB of addresses");
      return NULL;
    }

  return g_variant_ref_sink (g_variant_new_tuple (&bytes, 1));
}

/* The message says how large it is, how large it may be, and what to do. */
static void
assert_too_large (const GError *error)
{
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "1073741825 bytes"));
  g_assert_nonnull (strstr (error->message, "1073741824"));
  g_assert_nonnull (strstr (error->message, "in parts"));
}

static void
test_submit (void)
{
  ProcessTest test;
  g_autoptr(GVariant) arguments = make_too_large ();
  g_autoptr(CfutCompletionQueue) queue = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A submit of arguments that no frame can hold fails, and says why");

  if (arguments == NULL)
    return;

  process_test_begin (&test, 1);

  g_assert_null (cfut_executor_submit (test.executor, "echo-ay", arguments, NULL, &error));
  assert_too_large (error);
  g_clear_error (&error);

  g_assert_null (cfut_executor_submit_full (test.executor, "echo-ay", arguments, NULL, &error));
  assert_too_large (error);
  g_clear_error (&error);

  queue = cfut_completion_queue_new ();
  g_assert_false (cfut_completion_queue_push (queue, test.executor, "echo-ay", arguments, NULL, 1, &error));
  assert_too_large (error);
  g_assert_cmpuint (cfut_completion_queue_get_n_pending (queue), ==, 0);

  /* Nothing has happened to the executor. */
  process_expect_int (process_submit (&test, "pid", "()"), process_get_pid (&test));
  g_clear_object (&queue);
  process_test_end (&test);
}

typedef struct
{
  GError *error;
  int ended;
} AsyncEnd;

static void
submitted_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  AsyncEnd *end = user_data;

  g_assert_null (cfut_executor_submit_finish (CFUT_EXECUTOR (object), result, &end->error));
  g_atomic_int_set (&end->ended, TRUE);
}

static void
test_submit_async (void)
{
  ProcessTest test;
  g_autoptr(GVariant) arguments = make_too_large ();
  AsyncEnd end = { NULL, FALSE };

  g_test_summary ("An asynchronous submit of such arguments fails in its callback");

  if (arguments == NULL)
    return;

  process_test_begin (&test, 1);
  cfut_executor_submit_async (test.executor, "echo-ay", arguments, NULL, NULL, submitted_cb, &end);
  test_iterate_until_set (NULL, &end.ended);
  assert_too_large (end.error);
  g_clear_error (&end.error);
  process_test_end (&test);
}

static void
test_map (void)
{
  ProcessTest test;
  g_autoptr(GVariant) large = make_too_large ();
  g_autoptr(GVariant) small = g_variant_ref_sink (g_variant_new_parsed ("(@ay [1, 2],)"));
  GVariant *items[] = { small, large, small };
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("An item of a map that is too large fails, and no other does");

  if (large == NULL)
    return;

  process_test_begin (&test, 1);
  map = cfut_executor_map (test.executor, "echo-ay",
                           g_variant_new_array (G_VARIANT_TYPE ("(ay)"), items, G_N_ELEMENTS (items)),
                           NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      g_autoptr(GVariant) result = NULL;

      cfut_map_next (map, NULL, &result, &error);
      if (i != 1)
        {
          g_assert_no_error (error);
          g_assert_cmpuint (g_variant_get_size (result), ==, 2);
          continue;
        }
      assert_too_large (error);
      g_clear_error (&error);
    }
  g_clear_object (&map);
  process_test_end (&test);
}

static void
test_chunks (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  guint8 bytes[400] = { 0 };
  GVariantBuilder items;
  guint n_results = 0;

  g_test_summary ("A chunk of a given size is cut before it is too large");

  process_test_begin (&test, 1);
  cfut_executor_get_pool (test.executor)->max_arguments = 1000;
  cfut_map_options_set_chunk_size (options, 8);
  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(ay)"));
  for (guint i = 0; i < 16; i++)
    g_variant_builder_add (&items, "(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, sizeof bytes, 1));

  map = cfut_executor_map (test.executor, "echo-ay", g_variant_builder_end (&items), options, &error);
  g_assert_no_error (error);
  while (cfut_map_next (map, NULL, &result, &error))
    {
      g_assert_cmpuint (g_variant_get_size (result), ==, sizeof bytes);
      g_clear_pointer (&result, g_variant_unref);
      n_results++;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (n_results, ==, 16);
  g_clear_object (&map);
  process_test_end (&test);
}

static void
test_result (void)
{
  ProcessTest test;
  g_autoptr(GError) error = NULL;
  int pid;

  g_test_summary ("A result that no frame can hold fails its call, and the worker goes on");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  {
    g_autoptr(CfutFuture) future = process_submit (&test, "sparse", "(t)", CFUT_FRAME_MAX_BODY + 1);

    error = process_error (future);
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    g_test_skip ("No room for 1 GiB of addresses");
  else
    assert_too_large (error);
  g_assert_cmpint (process_get_pid (&test), ==, pid);
  process_test_end (&test);
}

static void
test_max_result (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  int pid;

  g_test_summary ("A result that is larger than it may be fails its call, alone or in a chunk, and the worker goes on");

  process_test_begin (&test, 1);
  cfut_process_executor_set_max_result_bytes (PROCESS_EXECUTOR (&test), 1000);
  g_assert_cmpuint (cfut_process_executor_get_max_result_bytes (PROCESS_EXECUTOR (&test)), ==, 1000);
  pid = process_get_pid (&test);
  {
    g_autoptr(CfutFuture) fits = process_submit (&test, "sparse", "(t)", (guint64) 1000);
    g_autoptr(CfutFuture) does_not = process_submit (&test, "sparse", "(t)", (guint64) 1001);

    result = process_result (fits);
    g_assert_cmpuint (g_variant_get_size (result), ==, 1000);
    g_clear_pointer (&result, g_variant_unref);
    error = process_error (does_not);
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
    g_assert_nonnull (strstr (error->message, "takes 1001 bytes, and a worker can send no more than 1000"));
    g_clear_error (&error);
  }

  cfut_map_options_set_chunk_size (options, 2);
  map = cfut_executor_map (test.executor, "sparse", g_variant_new_parsed ("[(@t 600,), (@t 600,)]"), options, &error);
  g_assert_no_error (error);
  cfut_map_next (map, NULL, &result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "smaller chunks"));
  g_clear_object (&map);

  g_assert_cmpint (process_get_pid (&test), ==, pid);
  process_test_end (&test);
}

static void
test_results_of_chunk (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  int pid;

  g_test_summary ("A chunk whose results no frame can hold fails, and the worker goes on");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  cfut_map_options_set_chunk_size (options, 2);
  map = cfut_executor_map (test.executor, "sparse",
                           g_variant_new_parsed ("[(@t 800000000,), (@t 800000000,)]"), options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 2; i++)
    {
      cfut_map_next (map, NULL, &result, &error);
      g_assert_null (result);
      if (error == NULL || error->code == G_IO_ERROR_NO_SPACE)
        {
          g_test_skip ("No room for 1 GiB of addresses");
          break;
        }
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
      g_assert_nonnull (strstr (error->message, "smaller chunks"));
      g_clear_error (&error);
    }
  g_clear_object (&map);
  g_assert_cmpint (process_get_pid (&test), ==, pid);
  process_test_end (&test);
}

static void
test_initializer (void)
{
  ProcessTest test;
  g_autoptr(GVariant) arguments = make_too_large ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("An initializer with such arguments fails the start of workers");

  if (arguments == NULL)
    return;

  process_test_begin (&test, 1);
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test), "echo-ay", arguments);
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_START_FAILED,
                        "no more than 1073741824");
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("sparse", G_VARIANT_TYPE ("(t)"), G_VARIANT_TYPE_BYTESTRING, sparse, NULL, NULL);
  process_test_init (&argc, &argv);

  g_test_add_func ("/too-large/submit", test_submit);
  g_test_add_func ("/too-large/submit-async", test_submit_async);
  g_test_add_func ("/too-large/item-of-map", test_map);
  g_test_add_func ("/too-large/chunk-is-cut", test_chunks);
  g_test_add_func ("/too-large/result", test_result);
  g_test_add_func ("/too-large/max-result", test_max_result);
  g_test_add_func ("/too-large/results-of-chunk", test_results_of_chunk);
  g_test_add_func ("/too-large/initializer", test_initializer);

  return g_test_run ();
}
