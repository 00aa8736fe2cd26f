/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

#include <string.h>

/* Calls whose arguments and results are bytes, on each executor. */

typedef struct
{
  const char *name;
  CfutExecutor *(*create) (guint max_workers);
} Kind;

typedef struct
{
  TestCensus census;
  CfutExecutor *executor;
} Fixture;

static CfutExecutor *
create_inline (guint max_workers)
{
  return cfut_inline_executor_new ();
}

static const Kind kinds[] = {
  { "inline", create_inline },
  { "threads", cfut_thread_executor_new },
  { "processes", cfut_process_executor_new },
};

static const gsize sizes[] = { 0, 1, 7, 8, 4096, 65535, 65536, 65537, 3 * 1024 * 1024 };

/* The very arguments. */
static GVariant *
echo (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  return g_variant_ref (arguments);
}

static GVariant *
tell_length (CfutCall  *call,
             GVariant  *arguments,
             gpointer   user_data,
             GError   **error)
{
  return g_variant_new_uint64 (g_variant_get_size (arguments));
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const Kind *kind = data;

  test_census_take (&fixture->census);
  fixture->executor = kind->create (2);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_true (cfut_executor_shutdown (fixture->executor, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_assert_finalize_object (fixture->executor);
  test_census_check (&fixture->census);
}

static GBytes *
make_bytes (gsize size)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = i + 7;

  return g_bytes_new_take (data, size);
}

/* Waits, too. */
static void
assert_data (CfutFuture *future,
             GBytes     *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  const guint8 *data;
  gsize length;

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, &error));
  g_assert_no_error (error);
  data = cfut_future_get_data (future, &length);
  g_assert_nonnull (data);
  g_assert_cmpmem (data, length, g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
  bytes = cfut_future_dup_bytes (future);
  g_assert_true (g_bytes_equal (bytes, expected));
}

static void
test_data (Fixture       *fixture,
           gconstpointer  data)
{
  g_test_summary ("Bytes of any size go there, copied, and come back");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GBytes) bytes = make_bytes (sizes[i]);
      g_autofree guint8 *own = g_memdup2 (g_bytes_get_data (bytes, NULL), sizes[i]);
      g_autoptr(CfutFuture) future = NULL;
      g_autoptr(GError) error = NULL;

      future = cfut_executor_submit_data (fixture->executor, "echo", own, sizes[i], NULL, &error);
      g_assert_no_error (error);
      if (own != NULL)
        memset (own, 0, sizes[i]);
      assert_data (future, bytes);
    }
}

static void
test_bytes (Fixture       *fixture,
            gconstpointer  data)
{
  const Kind *kind = data;

  g_test_summary ("Bytes of any size go there and come back, within a process without a copy");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GBytes) bytes = make_bytes (sizes[i]);
      g_autoptr(CfutFuture) future = NULL;
      g_autoptr(GError) error = NULL;
      gsize length;

      future = cfut_executor_submit_bytes (fixture->executor, "echo", bytes, NULL, &error);
      g_assert_no_error (error);
      assert_data (future, bytes);
      if (sizes[i] > 0 && kind->create != cfut_process_executor_new)
        g_assert_true (cfut_future_get_data (future, &length) == g_bytes_get_data (bytes, NULL));
    }
}

static void
test_gathered (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GBytes) large = make_bytes (3 * 1024 * 1024);
  g_autoptr(GBytes) none = NULL;
  g_autoptr(GBytes) gathered = NULL;
  g_autoptr(GBytes) expected = NULL;
  g_autoptr(GByteArray) joined = g_byte_array_new ();
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GError) error = NULL;
  const GOutputVector vectors[] = {
    { "one", 3 }, { NULL, 0 }, { g_bytes_get_data (large, NULL), g_bytes_get_size (large) }, { "three", 5 },
  };

  g_test_summary ("Bytes that lie in pieces are sent as one");

  none = cfut_gather_bytes (NULL, 0);
  g_assert_cmpuint (g_bytes_get_size (none), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    g_byte_array_append (joined, vectors[i].buffer, vectors[i].size);
  expected = g_bytes_new (joined->data, joined->len);
  gathered = cfut_gather_bytes ((const guint8 *) vectors, sizeof vectors);
  g_assert_true (g_bytes_equal (gathered, expected));

  future = cfut_executor_submit_bytes (fixture->executor, "echo", gathered, NULL, &error);
  g_assert_no_error (error);
  assert_data (future, expected);
}

static void
test_options (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("Options go with bytes, and the result need not be bytes");

  cfut_submit_options_set_name (options, "length of four");
  future = cfut_executor_submit_data (fixture->executor, "tell-length", (const guint8 *) "four", 4,
                                      options, NULL);
  name = cfut_future_dup_name (future);
  g_assert_cmpstr (name, ==, "length of four");
  result = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, NULL);
  g_assert_cmpuint (g_variant_get_uint64 (result), ==, 4);
}

static void
test_wrong_type (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GBytes) bytes = make_bytes (3);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A function that takes no bytes is given none");

  g_assert_null (cfut_executor_submit_data (fixture->executor, "in-a-tuple", NULL, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cfut_executor_submit_bytes (fixture->executor, "in-a-tuple", bytes, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

#define ADD(title, func) \
  do \
    { \
      g_autofree char *path = g_strdup_printf ("/data/%s/%s", kinds[i].name, title); \
      g_test_add (path, Fixture, &kinds[i], set_up, func, tear_down); \
    } \
  while (0)

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("echo", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING,
                          echo, NULL, NULL);
  cfut_register_function ("tell-length", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_UINT64,
                          tell_length, NULL, NULL);
  cfut_register_function ("in-a-tuple", G_VARIANT_TYPE ("(ay)"), G_VARIANT_TYPE ("(ay)"),
                          echo, NULL, NULL);

  /* A worker process serves calls, and no more. */
  cfut_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      ADD ("data", test_data);
      ADD ("bytes", test_bytes);
      ADD ("gathered", test_gathered);
      ADD ("options", test_options);
      ADD ("wrong-type", test_wrong_type);
    }

  return g_test_run ();
}
