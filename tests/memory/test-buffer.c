/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <string.h>
#include <sys/resource.h>

#include "test-support.h"

#define MIB ((gsize) 1 << 20)

static CfutBuffer *
make_filled (gsize  size,
             guint8 value)
{
  g_autoptr(GError) error = NULL;
  CfutBuffer *buffer = cfut_buffer_new (size, &error);
  gsize length;

  g_assert_no_error (error);
  g_assert_cmpuint (cfut_buffer_get_size (buffer), ==, size);
  g_assert_nonnull (cfut_buffer_get_data (buffer, &length));
  g_assert_cmpuint (length, ==, size);
  memset (cfut_buffer_get_data (buffer, NULL), value, size);

  return buffer;
}

static void
test_views (void)
{
  TestCensus census;
  const gsize sizes[] = { 0, 1, 32 * 1024 - 1, 32 * 1024, MIB, 40 * MIB };

  g_test_summary ("Bytes and values of a buffer are its memory, and outlive it; of whatever size");

  test_census_take (&census);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      CfutBuffer *buffer = make_filled (sizes[i], i);
      guint8 *data = cfut_buffer_get_data (buffer, NULL);
      g_autoptr(GBytes) bytes = cfut_buffer_dup_bytes (buffer);
      g_autoptr(GVariant) variant = cfut_buffer_dup_variant (buffer);

      g_assert_true (cfut_buffer_is_shared (buffer) == (sizes[i] >= 32 * 1024));
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, sizes[i]);
      g_assert_cmpuint (g_variant_get_size (variant), ==, sizes[i]);
      g_assert_true (g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING));
      g_assert_false (g_variant_is_floating (variant));
      if (sizes[i] > 0)
        {
          g_assert_true (g_bytes_get_data (bytes, NULL) == data);
          g_assert_true (g_variant_get_data (variant) == data);
        }

      cfut_buffer_unref (buffer);
      for (gsize k = 0; k < sizes[i]; k += 1000)
        g_assert_cmpuint (data[k], ==, i);
    }
  test_census_check (&census);
}

static void
test_copy (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutBuffer) buffer = cfut_buffer_new_copy ((const guint8 *) "hello", 5, &error);
  g_autoptr(CfutBuffer) empty = cfut_buffer_new_copy (NULL, 0, &error);
  gpointer boxed;

  g_test_summary ("A buffer can be made of other bytes, and is a boxed value");

  g_assert_no_error (error);
  g_assert_cmpmem (cfut_buffer_get_data (buffer, NULL), cfut_buffer_get_size (buffer), "hello", 5);
  g_assert_cmpuint (cfut_buffer_get_size (empty), ==, 0);
  boxed = g_boxed_copy (CFUT_TYPE_BUFFER, buffer);
  g_assert_true (boxed == buffer);
  g_boxed_free (CFUT_TYPE_BUFFER, boxed);
}

static void
test_too_large (void)
{
  const gsize sizes[] = { G_MAXSIZE, G_MAXSSIZE, G_MAXSIZE / 2 - 4096 };

  g_test_summary ("A buffer for which there is no memory is an error");

  if (test_is_sanitized () || test_is_under_valgrind ())
    {
      g_test_skip ("They report what cannot be allocated");
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (cfut_buffer_new (sizes[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    }
}

static void
test_many (void)
{
  TestCensus census;
  g_autoptr(GPtrArray) buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) cfut_buffer_unref);

  g_test_summary ("Thousands of buffers take few descriptors, and leave none");

  test_census_take (&census);
  for (guint i = 0; i < 3000; i++)
    g_ptr_array_add (buffers, make_filled (32 * 1024 + i, i));
  g_assert_cmpuint (test_count_fds (), <, census.n_fds + 64);
  for (guint i = 0; i < buffers->len; i++)
    {
      guint8 *data = cfut_buffer_get_data (buffers->pdata[i], NULL);

      g_assert_true (cfut_buffer_is_shared (buffers->pdata[i]));
      g_assert_cmpuint (data[0], ==, (guint8) i);
      g_assert_cmpuint (data[32 * 1024 + i - 1], ==, (guint8) i);
    }
  g_ptr_array_set_size (buffers, 0);
  test_census_check (&census);
}

static void
test_no_descriptors (void)
{
  struct rlimit limit, small;
  CfutBuffer *buffer;

  g_test_summary ("Where there are no descriptors, or no large files, a buffer is the program's own");

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &small), ==, 0);
  buffer = make_filled (MIB, 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_false (cfut_buffer_is_shared (buffer));
  cfut_buffer_unref (buffer);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = MIB;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  buffer = make_filled (2 * MIB, 1);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (cfut_buffer_is_shared (buffer));
  cfut_buffer_unref (buffer);
}

static GVariant *
get_address (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  return g_variant_new_uint64 (GPOINTER_TO_SIZE (g_variant_get_data (arguments)));
}

static void
test_threads (void)
{
  g_autoptr(CfutExecutor) executor = cfut_thread_executor_new (2);
  g_autoptr(CfutBuffer) buffer = make_filled (MIB, 5);
  g_autoptr(GBytes) bytes = cfut_buffer_dup_bytes (buffer);
  g_autoptr(GError) error = NULL;

  g_test_summary ("On threads a buffer is just passed, and does not fill the queue");

  cfut_executor_set_max_pending_bytes (executor, MIB);
  cfut_executor_set_overflow (executor, CFUT_OVERFLOW_FAIL);
  {
    g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

    for (guint i = 0; i < 100; i++)
      {
        CfutFuture *future = cfut_executor_submit_bytes (executor, "get-address", bytes, NULL, &error);

        g_assert_no_error (error);
        g_ptr_array_add (futures, future);
      }
    for (guint i = 0; i < futures->len; i++)
      {
        g_autoptr(GVariant) result = cfut_future_dup_result (futures->pdata[i], CFUT_WAIT_FOREVER, &error);

        g_assert_no_error (error);
        g_assert_true (GSIZE_TO_POINTER (g_variant_get_uint64 (result)) == cfut_buffer_get_data (buffer, NULL));
      }
  }
  g_assert_true (cfut_executor_shutdown (executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, &error));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  cfut_register_function ("get-address", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_UINT64, get_address, NULL, NULL);

  g_test_add_func ("/buffer/views", test_views);
  g_test_add_func ("/buffer/copy", test_copy);
  g_test_add_func ("/buffer/too-large", test_too_large);
  g_test_add_func ("/buffer/many", test_many);
  g_test_add_func ("/buffer/no-descriptors", test_no_descriptors);
  g_test_add_func ("/buffer/threads", test_threads);

  return g_test_run ();
}
