/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process-support.h"

/* Buffers, which worker processes read where they are. */

#define MIB ((gsize) 1 << 20)

static CfutBuffer *
make_buffer (gsize  size,
             guint8 value)
{
  g_autoptr(GError) error = NULL;
  CfutBuffer *buffer = cfut_buffer_new (size, &error);

  g_assert_no_error (error);
  memset (cfut_buffer_get_data (buffer, NULL), value, size);

  return buffer;
}

static GVariant *
make_variant (gsize  size,
              guint8 value)
{
  g_autoptr(CfutBuffer) buffer = make_buffer (size, value);

  return cfut_buffer_dup_variant (buffer);
}

static void
assert_filled (GVariant *value,
               gsize     size,
               guint8    with)
{
  const guint8 *data = g_variant_get_data (value);

  g_assert_cmpuint (g_variant_get_size (value), ==, size);
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] != with)
        g_error ("Byte %" G_GSIZE_FORMAT " is %u and not %u", i, data[i], with);
    }
}

/* It takes addresses, and no memory. */
static GVariant *
make_untouched (gsize size)
{
  g_autoptr(CfutBuffer) buffer = cfut_buffer_new (size, NULL);

  g_assert_true (cfut_buffer_is_shared (buffer));

  return cfut_buffer_dup_variant (buffer);
}

/* Whether a process has a segment mapped. */
static gboolean
has_segments (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/maps", pid);
  g_autofree char *maps = NULL;

  return g_file_get_contents (path, &maps, NULL, NULL) && strstr (maps, "cfut-segment") != NULL;
}

static gboolean
has_none (gpointer user_data)
{
  return !has_segments (GPOINTER_TO_INT (user_data));
}

/* ---- Functions. */

static GVariant *
echo_bytes (CfutCall  *call,
            GVariant  *arguments,
            gpointer   user_data,
            GError   **error)
{
  return g_variant_ref (arguments);
}

/* The sum of the bytes: each of them is read. */
static GVariant *
sum (CfutCall  *call,
     GVariant  *arguments,
     gpointer   user_data,
     GError   **error)
{
  g_autoptr(GVariant) bytes = g_variant_get_child_value (arguments, 0);
  const guint8 *data = g_variant_get_data (bytes);
  guint64 result = 0;

  for (gsize i = 0; i < g_variant_get_size (bytes); i++)
    result += data[i];

  return g_variant_new_uint64 (result);
}

static GVariant *
write_to (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  g_autoptr(GVariant) bytes = g_variant_get_child_value (arguments, 0);
  guint8 *data = (guint8 *) g_variant_get_data (bytes);

  signal (SIGSEGV, SIG_DFL);
  data[0]++;

  return NULL;
}

/* The bytes in the middle of those it gets. */
static GVariant *
middle (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (arguments);
  g_autoptr(GBytes) part = g_bytes_new_from_bytes (bytes, 100, g_bytes_get_size (bytes) - 200);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, part, TRUE);
}

/* Buffers that are kept, and filled with their numbers. */
static GPtrArray *kept;

/* A new buffer: (how large, what with, whether it is kept). */
static GVariant *
make (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  g_autoptr(CfutBuffer) buffer = NULL;
  gboolean keep;
  guint64 size;
  guint8 value;

  g_variant_get (arguments, "(tyb)", &size, &value, &keep);
  buffer = make_buffer (size, value);
  if (keep)
    {
      if (kept == NULL)
        kept = g_ptr_array_new ();
      g_ptr_array_add (kept, cfut_buffer_ref (buffer));
    }

  return cfut_buffer_dup_variant (buffer);
}

/* The @n-th that was kept, or a part of it. */
static GVariant *
give_kept (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) part = NULL;
  guint32 n, skipped;

  g_variant_get (arguments, "(uu)", &n, &skipped);
  bytes = cfut_buffer_dup_bytes (kept->pdata[n]);
  part = g_bytes_new_from_bytes (bytes, skipped, g_bytes_get_size (bytes) - skipped);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, part, TRUE);
}

static GVariant *
drop_kept (CfutCall  *call,
           GVariant  *arguments,
           gpointer   user_data,
           GError   **error)
{
  for (guint i = 0; kept != NULL && i < kept->len; i++)
    cfut_buffer_unref (kept->pdata[i]);
  g_clear_pointer (&kept, g_ptr_array_unref);

  return NULL;
}

/* Takes all descriptors there are. */
static GVariant *
take_fds (CfutCall  *call,
          GVariant  *arguments,
          gpointer   user_data,
          GError   **error)
{
  struct rlimit limit = { 20, 20 };

  setrlimit (RLIMIT_NOFILE, &limit);
  while (dup (1) >= 0)
    ;

  return NULL;
}

/* ---- Arguments. */

static GVariant *
call_bytes (ProcessTest *test,
            const char  *function,
            GVariant    *bytes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutFuture) future = cfut_executor_submit (test->executor, function, bytes, NULL, &error);

  g_assert_no_error (error);

  return process_result (future);
}

static void
test_in_place (void)
{
  ProcessTest test;
  const gsize sizes[] = { 0, 1, 32 * 1024 - 1, 32 * 1024, MIB, 64 * MIB };

  g_test_summary ("What goes there and comes back in a buffer is the same memory, and was never copied");

  process_test_begin (&test, 2);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GVariant) bytes = make_variant (sizes[i], i + 1);
      g_autoptr(GVariant) alone = call_bytes (&test, "echo-bytes", bytes);
      g_autoptr(GVariant) in_tuple = process_call (&test, "echo-ay", "(@ay)", bytes);
      g_autoptr(GVariant) in_variant = process_call (&test, "echo-v", "(v)", bytes);
      g_autoptr(GVariant) inner = g_variant_get_variant (in_variant);
      gboolean shared = sizes[i] >= 32 * 1024;

      assert_filled (alone, sizes[i], i + 1);
      assert_filled (in_tuple, sizes[i], i + 1);
      assert_filled (inner, sizes[i], i + 1);
      if (shared)
        {
          g_assert_true (g_variant_get_data (alone) == g_variant_get_data (bytes));
          g_assert_true (g_variant_get_data (in_tuple) == g_variant_get_data (bytes));
          g_assert_true (g_variant_get_data (inner) == g_variant_get_data (bytes));
        }
    }
  process_test_end (&test);
  g_assert_false (has_segments (getpid ()));
}

static void
test_parts (void)
{
  ProcessTest test;
  g_autoptr(CfutBuffer) buffer = make_buffer (MIB, 1);
  g_autoptr(GBytes) bytes = cfut_buffer_dup_bytes (buffer);
  g_autoptr(GBytes) part = g_bytes_new_from_bytes (bytes, 12345, 500000);
  g_autoptr(GVariant) value = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) total = NULL;

  g_test_summary ("A part of a buffer is as good as the whole, there and back");

  process_test_begin (&test, 1);
  memset (cfut_buffer_get_data (buffer, NULL) + 12345, 2, 500000);
  value = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, part, TRUE));
  total = process_call (&test, "sum", "(@ay)", value);
  g_assert_cmpuint (g_variant_get_uint64 (total), ==, 2 * 500000);
  result = call_bytes (&test, "middle", value);
  assert_filled (result, 500000 - 200, 2);
  g_assert_true (g_variant_get_data (result) == cfut_buffer_get_data (buffer, NULL) + 12345 + 100);
  process_test_end (&test);
}

static void
test_many_calls (void)
{
  ProcessTest test;
  g_autoptr(CfutExecutor) other = NULL;
  g_autoptr(GVariant) bytes = make_variant (64 * MIB, 3);
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("One buffer goes to any number of calls of several executors, and waits in queues as if it were small");

  process_test_begin (&test, 2);
  other = cfut_process_executor_new (1);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr(GError) error = NULL;

      g_ptr_array_add (futures, process_submit (&test, "echo-ay", "(@ay)", bytes));
      g_ptr_array_add (futures, cfut_executor_submit (other, "echo-bytes", bytes, NULL, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GVariant) result = process_result (futures->pdata[i]);

      g_assert_true (g_variant_get_data (result) == g_variant_get_data (bytes));
      g_object_unref (futures->pdata[i]);
    }
  g_assert_true (cfut_executor_shutdown (other, CFUT_SHUTDOWN_WAIT, CFUT_WAIT_FOREVER, NULL));
  g_clear_object (&other);
  process_test_end (&test);
}

static void
test_many_buffers (void)
{
  ProcessTest test;
  guint n = test_scale (2000);
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("Thousands of buffers at once, and one after the other, take few descriptors and leave no memory");

  process_test_begin (&test, 2);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) bytes = make_variant (32 * 1024 + i, i);

      g_ptr_array_add (futures, process_submit (&test, "sum", "(@ay)", bytes));
    }
  g_assert_cmpuint (test_count_fds (), <, test.census.n_fds + 100);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) result = process_result (futures->pdata[i]);

      g_assert_cmpuint (g_variant_get_uint64 (result), ==, (32 * 1024 + i) * (guint64) (guint8) i);
      g_object_unref (futures->pdata[i]);
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) bytes = make_variant (50000, i);
      g_autoptr(GVariant) result = process_call (&test, "sum", "(@ay)", bytes);

      g_assert_cmpuint (g_variant_get_uint64 (result), ==, 50000 * (guint64) (guint8) i);
    }
  process_await (has_none, GINT_TO_POINTER (getpid ()));
  process_test_end (&test);
}

static void
test_given_back (void)
{
  ProcessTest test;
  int pid;

  g_test_summary ("When a buffer is dropped its memory is gone here, and in the worker");

  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GVariant) bytes = make_variant (40 * MIB, 1);
      g_autoptr(GVariant) result = process_call (&test, "sum", "(@ay)", bytes);

      g_assert_cmpuint (g_variant_get_uint64 (result), ==, 40 * MIB);
      g_assert_true (has_segments (pid));
      g_clear_pointer (&bytes, g_variant_unref);
      process_await (has_none, GINT_TO_POINTER (getpid ()));
      process_await (has_none, GINT_TO_POINTER (pid));
      g_assert_cmpint (process_get_pid (&test), ==, pid);
    }
  process_test_end (&test);
}

static void
test_kept_by_worker (void)
{
  ProcessTest test;
  guint n = 10;

  g_test_summary ("What a worker keeps of a buffer stays as it was, whatever becomes of the buffer");

  process_test_begin (&test, 1);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) bytes = make_variant (MIB, i);

      process_expect_done (process_submit (&test, "keep", "(@ay)", bytes));
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) others = make_variant (MIB, 100);
      g_autoptr(GVariant) result = process_call (&test, "kept", "(u)", i);

      assert_filled (result, MIB, i);
      process_expect_done (process_submit (&test, "sum", "(@ay)", others));
    }
  process_test_end (&test);
  g_assert_false (has_segments (getpid ()));
}

static void
test_read_only (void)
{
  ProcessTest test;
  g_autoptr(GVariant) bytes = make_variant (MIB, 7);

  g_test_summary ("A worker that writes to a buffer of its arguments dies, and the buffer is as it was");

  process_test_begin (&test, 1);
  process_expect_error (process_submit (&test, "write-to", "(@ay)", bytes),
                        CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "");
  assert_filled (bytes, MIB, 7);
  process_test_end (&test);
}

static void
test_killed (void)
{
  ProcessTest test;
  Gate gate;
  GateRecord record;
  CfutFuture *future;
  g_autoptr(GVariant) bytes = make_variant (2 * MIB, 7);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A worker that is killed with a buffer takes nothing with it");

  gate_init (&gate);
  process_test_begin (&test, 1);
  for (guint i = 0; i < 5; i++)
    {
      future = process_submit (&test, "hold-bytes", "(@(iii)@ay)", gate_arguments (&gate, i), bytes);
      record = gate_next (&gate);
      kill (record.pid, SIGKILL);
      process_expect_error (future, CFUT_ERROR, CFUT_ERROR_WORKER_DIED, "");
      assert_filled (bytes, 2 * MIB, 7);
    }
  g_clear_pointer (&bytes, g_variant_unref);
  process_await (has_none, GINT_TO_POINTER (getpid ()));
  gate_clear (&gate);
  process_test_end (&test);
}

static void
test_retry (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GVariant) bytes = make_variant (3 * MIB, 9);
  const guint8 *data = g_variant_get_data (bytes);
  CfutFuture *future;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("A call that is retried finds the same bytes, though the buffer is dropped by its maker");

  process_test_begin (&test, 1);
  cfut_submit_options_set_retries (options, 3);
  future = process_submit_full (&test, options, "abort-with-until", "(i@ay)", 3, bytes);
  g_clear_pointer (&bytes, g_variant_unref);
  result = process_result (future);
  assert_filled (result, 3 * MIB, 9);
  g_assert_true (g_variant_get_data (result) == data);
  g_object_unref (future);
  process_test_end (&test);
}

static void
test_cancelled (void)
{
  ProcessTest test;
  Gate gate;
  guint n = test_scale (300);

  g_test_summary ("Calls that are taken back on their way let go of their buffers");

  gate_init (&gate);
  process_test_begin (&test, 1);
  for (guint i = 0; i < n; i++)
    process_expect_done (process_submit (&test, "pid", "()"));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GVariant) bytes = make_variant (40000, i);
      CfutFuture *future = process_submit (&test, "echo-ay", "(@ay)", bytes);

      cfut_future_cancel (future);
      process_forget (future);
    }
  process_expect_done (process_submit (&test, "pid", "()"));
  process_await (has_none, GINT_TO_POINTER (getpid ()));
  gate_clear (&gate);
  process_test_end (&test);
}

static void
test_no_descriptors (void)
{
  ProcessTest test;
  g_autoptr(GVariant) small = make_variant (1000, 1);
  g_autoptr(GVariant) bytes = make_variant (MIB, 1);
  struct rlimit limit, few;
  g_autoptr(GArray) taken = g_array_new (FALSE, FALSE, sizeof (int));
  int fd;

  g_test_summary ("Without descriptors here a buffer is copied; without descriptors there its call fails, and says why");

  process_test_begin (&test, 1);
  process_expect_done (process_submit (&test, "pid", "()"));
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  few = limit;
  few.rlim_cur = 100;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  while ((fd = dup (1)) >= 0)
    g_array_append_val (taken, fd);
  process_expect_done (process_submit (&test, "sum", "(@ay)", bytes));
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  process_expect_done (process_submit (&test, "take-fds", "()"));
  process_expect_error (process_submit (&test, "sum", "(@ay)", bytes),
                        G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, "map a buffer");
  process_expect_done (process_submit (&test, "sum", "(@ay)", small));
  process_test_end (&test);
}

static void
test_no_addresses (void)
{
  ProcessTest test;
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_autoptr(GVariant) bytes = make_variant (MIB, 1);
  g_autoptr(GVariant) large = NULL;

  g_test_summary ("A buffer that finds no addresses in a worker fails its call; a smaller one is fine");

  if (test_is_sanitized () || test_is_under_valgrind ())
    {
      g_test_skip ("They need more addresses than this leaves");
      return;
    }

  large = make_untouched (700 * MIB);
  process_test_begin (&test, 1);
  cfut_worker_setup_add_rlimit (setup, RLIMIT_AS, 600 * MIB, 600 * MIB);
  cfut_process_executor_set_worker_setup (PROCESS_EXECUTOR (&test), setup);
  process_expect_done (process_submit (&test, "sum", "(@ay)", bytes));
  process_expect_error (process_submit (&test, "sum", "(@ay)", large),
                        G_IO_ERROR, G_IO_ERROR_NO_SPACE, "map a buffer");
  process_expect_done (process_submit (&test, "sum", "(@ay)", bytes));
  process_test_end (&test);
}

static void
test_max_rss (void)
{
  ProcessTest test;
  g_autoptr(GVariant) bytes = NULL;
  int pid;

  g_test_summary ("A worker is not replaced for the buffers that it reads");

  if (test_is_sanitized () || test_is_under_valgrind ())
    {
      g_test_skip ("They take memory of their own for all that is read");
      return;
    }

  bytes = make_variant (60 * MIB, 1);
  process_test_begin (&test, 1);
  pid = process_get_pid (&test);
  cfut_process_executor_set_max_worker_rss (PROCESS_EXECUTOR (&test), 50 * MIB);
  for (guint i = 0; i < 5; i++)
    {
      process_expect_done (process_submit (&test, "sum", "(@ay)", bytes));
      g_assert_cmpint (process_get_pid (&test), ==, pid);
    }
  process_test_end (&test);
}

/* ---- Results. */

static void
test_results (void)
{
  ProcessTest test;
  const gsize sizes[] = { 0, 1, 40000, MIB, 64 * MIB };

  g_test_summary ("What a worker puts into a buffer is read where it is");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 10; i++)
    for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
      {
        g_autoptr(GVariant) result = process_call (&test, "make", "(tyb)", (guint64) sizes[k], i, FALSE);

        assert_filled (result, sizes[k], i);
        g_assert_true (process_is_shared (result) == (sizes[k] >= 32 * 1024));
      }
  process_test_end (&test);
}

/* Bytes that are in no buffer. */
static GVariant *
make_plain (gsize size)
{
  guint8 *data = g_malloc0 (size);

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, size, TRUE, g_free, data);
}

static gboolean
is_trimmed (gpointer user_data)
{
  return process_get_shared () < 20 * MIB;
}

static void
test_kept_results (void)
{
  ProcessTest test;
  GVariant *results[6];

  g_test_summary ("A buffer that a worker keeps stays what it is, however often, and in what parts, it is a result");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 3; i++)
    results[i] = process_call (&test, "make", "(tyb)", (guint64) MIB, i, TRUE);
  for (guint i = 0; i < 3; i++)
    results[3 + i] = process_call (&test, "give-kept", "(uu)", i, 5000);
  for (guint i = 0; i < 3; i++)
    {
      assert_filled (results[i], MIB, i);
      assert_filled (results[3 + i], MIB - 5000, i);
      g_variant_unref (results[i]);
      g_variant_unref (results[3 + i]);
    }

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GVariant) other = process_call (&test, "make", "(tyb)", (guint64) MIB, 100, FALSE);
      g_autoptr(GVariant) result = process_call (&test, "give-kept", "(uu)", i % 3, i);

      assert_filled (result, MIB - i, i % 3);
      g_assert_true (process_is_shared (result));
    }

  /* Not even a worker that has nothing to do for a while loses them. */
  process_expect_done (process_submit (&test, "sum", "(@ay)", make_plain (30 * MIB)));
  process_await (is_trimmed, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GVariant) result = process_call (&test, "give-kept", "(uu)", i, 0);

      assert_filled (result, MIB, i);
    }
  process_expect_done (process_submit (&test, "drop-kept", "()"));
  process_test_end (&test);
}

static void
test_held_results (void)
{
  ProcessTest test;
  g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  g_test_summary ("Results that are kept here stay what they are, and outlive their workers");

  process_test_begin (&test, 1);
  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (results, process_call (&test, "make", "(tyb)", (guint64) 2 * MIB, i, FALSE));
  cfut_process_executor_kill_workers (PROCESS_EXECUTOR (&test));
  for (guint i = 0; i < 100; i++)
    assert_filled (results->pdata[i], 2 * MIB, i);
  g_ptr_array_set_size (results, 0);
  process_test_end (&test);
}

static void
test_untrusted (void)
{
  ProcessTest test;
  const char *launcher[] = { "env", NULL };
  g_autoptr(GVariant) bytes = make_variant (MIB, 5);
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) made = NULL;

  g_test_summary ("A worker that is not trusted gets copies, and gives some");

  process_test_begin (&test, 1);
  cfut_process_executor_set_sandbox (PROCESS_EXECUTOR (&test), CFUT_SANDBOX_LAUNCHER);
  cfut_process_executor_set_sandbox_launcher (PROCESS_EXECUTOR (&test), launcher);
  result = call_bytes (&test, "echo-bytes", bytes);
  assert_filled (result, MIB, 5);
  g_assert_true (g_variant_get_data (result) != g_variant_get_data (bytes));
  g_assert_false (process_is_shared (result));
  g_assert_false (has_segments (process_get_pid (&test)));
  made = process_call (&test, "make", "(tyb)", (guint64) MIB, 6, FALSE);
  assert_filled (made, MIB, 6);
  g_assert_false (process_is_shared (made));
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  cfut_register_function ("echo-bytes", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, echo_bytes, NULL, NULL);
  cfut_register_function ("sum", G_VARIANT_TYPE ("(ay)"), G_VARIANT_TYPE_UINT64, sum, NULL, NULL);
  cfut_register_function ("write-to", G_VARIANT_TYPE ("(ay)"), NULL, write_to, NULL, NULL);
  cfut_register_function ("middle", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, middle, NULL, NULL);
  cfut_register_function ("make", G_VARIANT_TYPE ("(tyb)"), G_VARIANT_TYPE_BYTESTRING, make, NULL, NULL);
  cfut_register_function ("give-kept", G_VARIANT_TYPE ("(uu)"), G_VARIANT_TYPE_BYTESTRING, give_kept, NULL, NULL);
  cfut_register_function ("drop-kept", NULL, NULL, drop_kept, NULL, NULL);
  cfut_register_function ("take-fds", NULL, NULL, take_fds, NULL, NULL);
  process_test_init (&argc, &argv);

  g_test_add_func ("/buffers/in-place", test_in_place);
  g_test_add_func ("/buffers/parts", test_parts);
  g_test_add_func ("/buffers/many-calls", test_many_calls);
  g_test_add_func ("/buffers/many-buffers", test_many_buffers);
  g_test_add_func ("/buffers/given-back", test_given_back);
  g_test_add_func ("/buffers/kept-by-worker", test_kept_by_worker);
  g_test_add_func ("/buffers/read-only", test_read_only);
  g_test_add_func ("/buffers/killed", test_killed);
  g_test_add_func ("/buffers/retry", test_retry);
  g_test_add_func ("/buffers/cancelled", test_cancelled);
  g_test_add_func ("/buffers/no-descriptors", test_no_descriptors);
  g_test_add_func ("/buffers/no-addresses", test_no_addresses);
  g_test_add_func ("/buffers/max-rss", test_max_rss);
  g_test_add_func ("/buffers/results", test_results);
  g_test_add_func ("/buffers/kept-results", test_kept_results);
  g_test_add_func ("/buffers/held-results", test_held_results);
  g_test_add_func ("/buffers/untrusted", test_untrusted);

  return g_test_run ();
}
