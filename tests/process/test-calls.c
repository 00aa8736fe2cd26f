/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process-support.h"

/* What goes to workers and comes back. */

/* ---- Values. */

/* Texts of values of process_echo_types, several of most. */
static const char * const echo_values[] = {
  "b true", "b false", "y 0x00", "y 0xff", "n -32768", "q 65535", "i -2147483648", "u 4294967295",
  "x -9223372036854775808", "t 18446744073709551615", "h 3", "d 1.5", "d -0.0",
  "s ''", "s 'gr\xc3\xbc\xc3\x9f\xe2\x82\xac'", "o '/a/b'", "g 'a{sv}'", "g ''",
  "v <<5>>", "v <@a{sv} {}>", "ay @ay []", "ay [byte 0x01]", "as @as []", "as ['', 'a', 'bc']",
  "aay [@ay [], [0x01, 0x02]]", "mb nothing", "mb true", "ms nothing", "ms ''", "m(is) (1, 'a')",
  "mmi nothing", "mmi just nothing", "mmi 1", "() ()", "(b) (true,)", "(iy) (1, 0x02)", "(yi) (0x01, 2)",
  "(sas) ('x', ['y', ''])", "(ybiqxd) (0x01, true, 2, 3, 4, 5.5)", "a(si) [('a', 1), ('', -1)]", "a(si) @a(si) []",
  "a{sv} {'a': <1>, 'b': <'x'>}", "a{ii} {1: 2, 3: 4}", "{sv} {'k', <@as []>}",
  "(a{sas}m(dd)av) ({'a': ['b']}, (1.0, 2.0), [<1>, <'x'>])", "aaai [[@ai []], @aai [], [[1, 2], [3]]]",
};

static void
test_types (void)
{
  ProcessTest test;

  g_test_summary ("Values of every type go there and come back as they were");

  process_test_begin (&test, 1);
  for (guint i = 0; i < G_N_ELEMENTS (echo_values); i++)
    {
      g_auto(GStrv) words = g_strsplit (echo_values[i], " ", 2);
      g_autofree char *name = g_strdup_printf ("echo-%s", words[0]);
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) value = g_variant_parse (G_VARIANT_TYPE (words[0]), words[1], NULL, NULL, &error);
      g_autoptr(GVariant) result = NULL;
      g_autoptr(CfutFuture) future = NULL;

      g_assert_no_error (error);
      future = cfut_executor_submit (test.executor, name, g_variant_new_tuple (&value, 1), NULL, &error);
      g_assert_no_error (error);
      result = process_result (future);
      g_assert_cmpvariant (result, value);
      g_assert_true (g_variant_is_normal_form (result));
    }
  process_test_end (&test);
}

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 7, 8, 40, 4096, 65535, 65536, 65537, 300000, 8 * 1024 * 1024 };
  ProcessTest test;

  g_test_summary ("Bodies of all sizes go there and come back, several at once too");

  process_test_begin (&test, 2);
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

      for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
        {
          guint8 *data = g_malloc (sizes[i] + 1);
          GVariant *bytes;

          for (gsize k = 0; k < sizes[i]; k++)
            data[k] = k + 7;
          bytes = g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, sizes[i], TRUE, g_free, data);
          g_ptr_array_add (futures, process_submit (&test, "echo-ay", "(@ay)", bytes));
          g_ptr_array_add (futures, process_submit (&test, "make-bytes", "(t)", (guint64) sizes[i]));
        }

      for (guint i = 0; i < futures->len; i++)
        {
          g_autoptr(GVariant) result = process_result (futures->pdata[i]);
          gsize n;
          const guint8 *data = g_variant_get_fixed_array (result, &n, 1);

          g_assert_cmpuint (n, ==, sizes[i / 2]);
          for (gsize k = 0; k < n; k++)
            if (data[k] != (guint8) (k + 7))
              g_error ("Byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is wrong", k, n);
        }
    }
  process_test_end (&test);
}

static void
test_no_arguments (void)
{
  ProcessTest test;
  CfutFuture *future;
  g_autoptr(GError) error = NULL;

  g_test_summary ("No arguments at all stand for the unit value");

  process_test_begin (&test, 1);
  future = cfut_executor_submit (test.executor, "pid", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (process_int (future), !=, getpid ());
  g_object_unref (future);
  process_test_end (&test);
}

/* ---- Errors. */

static void
test_errors (void)
{
  ProcessTest test;

  g_test_summary ("An error comes back with domain, code and message, and the worker goes on");

  process_test_begin (&test, 1);
  process_expect_error (process_submit (&test, "fail", "(sis)", "g-file-error-quark", G_FILE_ERROR_NOSPC, "No room for gr\xc3\xbc\xc3\x9f"),
                        G_FILE_ERROR, G_FILE_ERROR_NOSPC, "No room for gr\xc3\xbc\xc3\x9f");
  process_expect_error (process_submit (&test, "fail", "(sis)", "never-heard-of-it", -7, ""),
                        g_quark_from_string ("never-heard-of-it"), -7, "");
  process_expect_cancelled (process_submit (&test, "fail", "(sis)", "g-io-error-quark", G_IO_ERROR_CANCELLED, "I gave up"));
  process_expect_error (process_submit (&test, "fail", "(sis)", "g-io-error-quark", G_IO_ERROR_TIMED_OUT, "x"),
                        G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "x");
  g_assert_cmpint (process_get_pid (&test), >, 0);
  g_assert_cmpuint (process_count_workers (&test), ==, 1);
  process_test_end (&test);
}

static void
test_wrong_result (void)
{
  ProcessTest test;

  g_test_summary ("A result of another type than declared, or none, is an error that says so");

  process_test_begin (&test, 1);
  process_expect_error (process_submit (&test, "return-string", "()"), G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "\"s\", not \"i\"");
  process_expect_error (process_submit (&test, "return-nothing", "()"), G_IO_ERROR, G_IO_ERROR_FAILED, "without saying why");
  process_test_end (&test);
}

static void
assert_refused (ProcessTest *test,
                const char  *function,
                GVariant    *arguments,
                GQuark       domain,
                int          code,
                const char  *text)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cfut_executor_submit (test->executor, function, arguments, NULL, &error));
  g_assert_error (error, domain, code);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" is not in \"%s\"", text, error->message);
}

static void
test_wrong_arguments (void)
{
  ProcessTest test;

  g_test_summary ("Wrong arguments and unknown functions are refused at submit, and no worker is started");

  process_test_begin (&test, 1);
  assert_refused (&test, "square", g_variant_new ("(i)", 1), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"(x)\", not \"(i)\"");
  assert_refused (&test, "square", NULL, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"(x)\", not \"()\"");
  assert_refused (&test, "no-such-function", NULL, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "no-such-function");
  assert_refused (&test, "../etc/passwd", NULL, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "cfut_register_function()");
  g_assert_cmpuint (process_count_workers (&test), ==, 0);
  process_test_end (&test);
}

static GVariant *
late (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  return NULL;
}

static void
test_unknown_in_worker (void)
{
  ProcessTest test;

  g_test_summary ("A function that only this program has fails its calls with what to do, and no other");

  process_test_begin (&test, 1);
  process_expect_error (process_submit (&test, "late", "()"), CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "before cfut_init()");
  g_assert_cmpint (process_get_pid (&test), >, 0);
  process_expect_error (process_submit (&test, "late", "()"), CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "\"late\"");
  process_test_end (&test);
}

static void
test_cancelled_while_unknown (void)
{
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();

  g_test_summary ("Cancelling calls that no worker has ends them once");

  process_test_begin (&test, 2);
  for (guint i = 0; i < 200; i++)
    {
      g_ptr_array_add (futures, process_submit (&test, "late", "()"));
      if (i % 2 == 0)
        cfut_future_cancel (futures->pdata[i]);
    }
  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(CfutFuture) future = futures->pdata[i];
      g_autoptr(GError) error = process_error (future);

      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
    }
  process_test_end (&test);
}

/* ---- What functions print. */

/* Catches what this process and its workers write to @fd. */
typedef struct
{
  int fd;
  int real;
  int in;
  GThread *reader;
  GString *text;
  gint n_bytes; /* atomic; of @text */
} Capture;

static gpointer
capture_thread (gpointer data)
{
  Capture *self = data;
  char chunk[4096];
  gssize n;

  while ((n = read (self->in, chunk, sizeof chunk)) > 0)
    {
      g_string_append_len (self->text, chunk, n);
      g_atomic_int_add (&self->n_bytes, n);
    }

  return NULL;
}

static void
capture_begin (Capture *self,
               int      fd)
{
  int ends[2];

  g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
  fflush (stdout);
  self->fd = fd;
  self->real = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  self->in = ends[0];
  self->text = g_string_new (NULL);
  self->n_bytes = 0;
  dup2 (ends[1], fd);
  close (ends[1]);
  self->reader = g_thread_new ("capture", capture_thread, self);
}

/* Drops what GLib remarks in a test: that valgrind knows no pidfd_open(). */
static char *
without_remarks (const char *text)
{
  g_autoptr(GRegex) remark = g_regex_new ("^# GLib-DEBUG: .*\n", G_REGEX_MULTILINE, 0, NULL);

  return g_regex_replace_literal (remark, text, -1, 0, "", 0, NULL);
}

/* All who write to it must have ended. */
static char *
capture_end (Capture *self)
{
  g_autofree char *text = NULL;

  fflush (stdout);
  dup2 (self->real, self->fd);
  close (self->real);
  g_thread_join (self->reader);
  close (self->in);

  text = g_string_free (self->text, FALSE);

  return without_remarks (text);
}

static void
test_prints (void)
{
  Capture out, err;
  ProcessTest test;
  g_autofree char *out_text = NULL;
  g_autofree char *err_text = NULL;

  g_test_summary ("What a function prints reaches this program's stdout and stderr");

  capture_begin (&out, STDOUT_FILENO);
  capture_begin (&err, STDERR_FILENO);
  process_test_begin (&test, 1);
  process_expect_done (process_submit (&test, "print", "(ss)", "to stdout, no newline", "to stderr"));
  g_assert_finalize_object (test.executor);
  process_test_check (&test);
  out_text = capture_end (&out);
  err_text = capture_end (&err);

  g_assert_cmpstr (out_text, ==, "to stdout, no newline");
  g_assert_cmpstr (err_text, ==, "to stderr");
}

#define MUCH (16 * 10000 * 63)

static gboolean
has_much (gpointer user_data)
{
  Capture *capture = user_data;

  return g_atomic_int_get (&capture->n_bytes) >= MUCH;
}

static void
test_prints_much (void)
{
  Capture out, err;
  ProcessTest test;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  g_autofree char *out_text = NULL;
  g_autofree char *err_text = NULL;

  g_test_summary ("Ten megabytes of prints disturb no result");

  capture_begin (&out, STDOUT_FILENO);
  capture_begin (&err, STDERR_FILENO);
  process_test_begin (&test, 2);
  for (gint64 i = 0; i < 16; i++)
    {
      g_ptr_array_add (futures, process_submit (&test, "print-much", "(u)", 10000u));
      g_ptr_array_add (futures, process_submit (&test, "square", "(x)", i));
    }
  for (guint i = 0; i < futures->len; i++)
    process_expect_done (futures->pdata[i]);
  /* What a worker has left behind when it ends is not waited for. */
  process_await (has_much, &err);
  g_assert_finalize_object (test.executor);
  process_test_check (&test);
  out_text = capture_end (&out);
  err_text = capture_end (&err);

  g_assert_cmpuint (strlen (out_text), ==, MUCH);
  g_assert_cmpuint (strlen (err_text), ==, MUCH);
}

/* Nanoseconds that the manager thread has run. */
static guint64
get_manager_time (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint64 total = 0;

  while ((task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *comm_path = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *stat_path = g_build_filename ("/proc/self/task", task, "schedstat", NULL);
      g_autofree char *comm = NULL;
      g_autofree char *stat = NULL;

      if (g_file_get_contents (comm_path, &comm, NULL, NULL) &&
          g_str_has_prefix (comm, "cfut-manager") &&
          g_file_get_contents (stat_path, &stat, NULL, NULL))
        total += g_ascii_strtoull (stat, NULL, 10);
    }

  return total;
}

static void
test_prints_to_nobody (void)
{
  ProcessTest test;
  Gate gate;
  Capture out, err;
  g_autoptr(CfutFuture) printer = NULL;
  g_autoptr(CfutFuture) holder = NULL;
  g_autofree char *out_text = NULL;
  g_autofree char *err_text = NULL;
  char chunk[4096] = { 0 };
  int ends[2], real_stderr;
  gboolean held, stuck;
  guint64 before, after;

  g_test_summary ("A terminal that takes nothing stops the worker that prints, no other, and keeps nobody busy");

  process_test_begin (&test, 2);
  gate_init (&gate);
  capture_begin (&out, STDOUT_FILENO);
  g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (ends[1], TRUE, NULL));
  while (write (ends[1], chunk, sizeof chunk) > 0)
    continue;
  g_assert_true (g_unix_set_fd_nonblocking (ends[1], FALSE, NULL));
  real_stderr = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  process_prestart (&test);
  dup2 (ends[1], STDERR_FILENO);
  close (ends[1]);

  holder = gate_submit (&gate, &test, "hold", 1);
  gate_next (&gate);
  printer = process_submit (&test, "print", "(ss)", "", "unheard");
  process_expect_done (g_steal_pointer (&printer));
  printer = process_submit (&test, "print-much", "(u)", 10000u);

  /* The printer is stuck now, or will be; meanwhile nothing goes on. */
  before = get_manager_time ();
  held = !cfut_future_wait (holder, G_USEC_PER_SEC / 2, NULL);
  after = get_manager_time ();
  stuck = !cfut_future_is_done (printer);

  gate_open (&gate);
  cfut_future_wait (holder, CFUT_WAIT_FOREVER, NULL);

  /* Somebody takes it again: what is in the pipe, and all that follows. */
  capture_begin (&err, STDERR_FILENO);
  cfut_future_wait (printer, CFUT_WAIT_FOREVER, NULL);
  process_expect_done (g_steal_pointer (&holder));
  process_expect_done (g_steal_pointer (&printer));
  process_test_end_calls (&test);
  err_text = capture_end (&err);
  out_text = capture_end (&out);
  dup2 (real_stderr, STDERR_FILENO);
  close (real_stderr);
  close (ends[0]);
  gate_clear (&gate);
  process_test_check (&test);

  g_test_message ("The manager ran for %" G_GUINT64_FORMAT " us of 500000", (after - before) / 1000);
  g_assert_true (held);
  g_assert_true (stuck);
  g_assert_cmpuint (after - before, <, 50 * 1000 * 1000);
  g_assert_true (g_str_has_suffix (err_text, " 9999\n"));
}

/* ---- Progress. */

typedef struct
{
  guint n_notified;
  double last;
} ProgressSeen;

static void
progress_cb (CfutFuture   *future,
             GParamSpec   *pspec,
             ProgressSeen *seen)
{
  double progress = cfut_future_get_progress (future);

  g_assert_cmpfloat (progress, >=, seen->last);
  seen->last = progress;
  seen->n_notified++;
}

static gboolean
future_is_done (gpointer user_data)
{
  return cfut_future_is_done (user_data);
}

static void
test_progress (void)
{
  ProcessTest test;
  ProgressSeen seen = { 0, 0 };
  g_autoptr(CfutFuture) future = NULL;
  g_autofree char *message = NULL;

  g_test_summary ("A million reports come as few, in order, and the last one comes for certain");

  process_test_begin (&test, 1);
  future = process_submit (&test, "report", "(u)", 1000000u);
  g_signal_connect (future, "notify::progress", G_CALLBACK (progress_cb), &seen);
  test_iterate_until (NULL, future_is_done, future);
  while (g_main_context_iteration (NULL, FALSE))
    continue;

  message = cfut_future_dup_progress_message (future);
  g_assert_cmpfloat (cfut_future_get_progress (future), ==, 1.0);
  g_assert_cmpstr (message, ==, "last");
  g_assert_cmpuint (seen.n_notified, >=, 1);
  g_assert_cmpuint (seen.n_notified, <, 2000);
  g_assert_cmpfloat (seen.last, ==, 1.0);
  g_signal_handlers_disconnect_by_data (future, &seen);
  g_clear_object (&future);
  process_test_end (&test);
}

static gboolean
has_progress (gpointer user_data)
{
  return cfut_future_get_progress (user_data) == 0.5;
}

static void
test_progress_while_running (void)
{
  ProcessTest test;
  Gate gate;
  g_autoptr(CfutFuture) future = NULL;
  g_autofree char *message = NULL;

  g_test_summary ("Progress is seen while the call runs");

  gate_init (&gate);
  process_test_begin (&test, 1);
  future = gate_submit (&gate, &test, "hold-politely", 1);
  gate_next (&gate);
  process_await (has_progress, future);
  message = cfut_future_dup_progress_message (future);
  g_assert_cmpstr (message, ==, "holding");
  g_assert_cmpint (cfut_future_get_state (future), ==, CFUT_FUTURE_STATE_RUNNING);
  gate_open (&gate);
  process_expect_done (g_steal_pointer (&future));
  process_test_end (&test);
  gate_clear (&gate);
}

/* ---- Chunks. */

static void
run_map (ProcessTest *test,
         guint        chunk_size,
         guint        n_items,
         gboolean     ordered)
{
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree gboolean *seen = g_new0 (gboolean, n_items);
  GVariantBuilder items;
  guint n = 0;

  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(x)"));
  for (guint i = 0; i < n_items; i++)
    g_variant_builder_add (&items, "(x)", (gint64) i);

  cfut_map_options_set_chunk_size (options, chunk_size);
  cfut_map_options_set_ordered (options, ordered);
  map = cfut_executor_map (test->executor, "square", g_variant_builder_end (&items), options, &error);
  g_assert_no_error (error);

  while (TRUE)
    {
      g_autoptr(GVariant) result = NULL;
      guint64 index;

      if (!cfut_map_next (map, &index, &result, &error))
        break;
      g_assert_no_error (error);
      g_assert_cmpint (g_variant_get_int64 (result), ==, index * index);
      g_assert_false (seen[index]);
      if (ordered)
        g_assert_cmpuint (index, ==, n);
      seen[index] = TRUE;
      n++;
    }
  g_assert_true (cfut_map_is_done (map));
  g_assert_cmpuint (n, ==, n_items);
}

static void
test_map (void)
{
  ProcessTest test;

  g_test_summary ("A map gives each item its result, in order or as completed, chunks or not");

  process_test_begin (&test, 2);
  run_map (&test, 0, 20000, TRUE);
  run_map (&test, 1, 500, FALSE);
  run_map (&test, 7, 1000, TRUE);
  run_map (&test, 64, 1000, FALSE);
  process_test_end (&test);
}

/* ---- Functions that only the worker knows. */

static void
begin_modules (ProcessTest *test,
               guint        max_workers,
               const char  *module)
{
  g_autofree char *path = process_build_path (module);
  const char * const modules[] = { path, NULL };

  process_test_begin (test, max_workers);
  cfut_process_executor_set_modules (PROCESS_EXECUTOR (test), modules);
}

static void
test_module (void)
{
  ProcessTest test;
  g_autoptr(GVariant) result = NULL;
  g_auto(GStrv) modules = NULL;

  g_test_summary ("Functions of a module, which this program does not know, run in cfut-worker, checked there");

  begin_modules (&test, 1, "worker/libtest-module.so");
  modules = cfut_process_executor_dup_modules (PROCESS_EXECUTOR (&test));
  g_assert_cmpuint (g_strv_length (modules), ==, 1);
  g_assert_false (cfut_has_function ("module.square"));
  result = process_call (&test, "module.square", "(x)", G_GINT64_CONSTANT (12));
  g_assert_cmpint (g_variant_get_int64 (result), ==, 144);
  process_expect_error (process_submit (&test, "module.square", "(s)", "x"),
                        G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"(x)\", not \"(s)\"");
  process_expect_error (process_submit (&test, "module.no-such", "()"),
                        CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "module.no-such");
  /* This program's own are not known there. */
  process_expect_error (process_submit (&test, "pid", "()"), CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION, "\"pid\"");
  process_test_end (&test);
}

static void
test_module_chunks (void)
{
  ProcessTest test;
  g_autoptr(CfutMapOptions) options = cfut_map_options_new ();
  g_autoptr(CfutMap) map = NULL;
  g_autoptr(GError) error = NULL;
  GVariantBuilder items;
  gint64 n = 0;

  g_test_summary ("Chunks of a function that only the worker knows have its types");

  begin_modules (&test, 1, "worker/libtest-module.so");
  g_variant_builder_init (&items, G_VARIANT_TYPE ("a(x)"));
  for (gint64 i = 0; i < 100; i++)
    g_variant_builder_add (&items, "(x)", i);
  cfut_map_options_set_chunk_size (options, 16);
  map = cfut_executor_map (test.executor, "module.square", g_variant_builder_end (&items), options, &error);
  g_assert_no_error (error);

  while (TRUE)
    {
      g_autoptr(GVariant) result = NULL;

      if (!cfut_map_next (map, NULL, &result, &error))
        break;
      g_assert_cmpint (g_variant_get_int64 (result), ==, n * n);
      n++;
    }
  g_assert_cmpint (n, ==, 100);
  g_clear_object (&map);
  process_test_end (&test);
}

static void
test_bad_module (void)
{
  ProcessTest test;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A module that cannot be loaded breaks the executor with what the worker says of it");

  begin_modules (&test, 1, "worker/no-such-module.so");
  process_expect_error (process_submit (&test, "f", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN, "no-such-module.so");
  g_assert_null (cfut_executor_submit (test.executor, "f", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_nonnull (strstr (error->message, "no-such-module.so"));
  process_test_end (&test);
}

/* ---- What a call knows. */

static void
test_call (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(CfutFuture) future = NULL;
  g_autoptr(GVariant) none = NULL;
  g_autoptr(GVariant) some = NULL;
  gint64 before, deadline;

  g_test_summary ("A function learns its attempt, and when its time is over");

  process_test_begin (&test, 1);
  process_expect_int (process_submit (&test, "attempt", "()"), 1);
  none = process_call (&test, "deadline", "()");
  g_assert_cmpint (g_variant_get_int64 (none), ==, -1);

  cfut_submit_options_set_timeout (options, 60 * G_USEC_PER_SEC);
  cfut_submit_options_set_deadline (options, 90 * G_USEC_PER_SEC);
  before = g_get_monotonic_time ();
  future = process_submit_full (&test, options, "deadline", "()");
  some = process_result (future);
  deadline = g_variant_get_int64 (some);
  g_assert_cmpint (deadline, >=, before + 60 * G_USEC_PER_SEC);
  g_assert_cmpint (deadline, <=, g_get_monotonic_time () + 60 * G_USEC_PER_SEC);
  g_clear_object (&future);
  process_test_end (&test);
}

static void
test_timeouts_ahead (void)
{
  ProcessTest test;
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 before = g_get_monotonic_time ();

  g_test_summary ("A function knows its time-out, too, if its call was sent before it could start");

  process_test_begin (&test, 1);
  cfut_submit_options_set_timeout (options, 60 * G_USEC_PER_SEC);
  for (guint i = 0; i < 500; i++)
    g_ptr_array_add (futures, process_submit_full (&test, options, "deadline", "()"));

  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GVariant) result = process_result (futures->pdata[i]);
      gint64 deadline = g_variant_get_int64 (result);

      g_assert_cmpint (deadline, >=, before + 60 * G_USEC_PER_SEC);
      g_assert_cmpint (deadline, <=, g_get_monotonic_time () + 60 * G_USEC_PER_SEC);
    }
  g_ptr_array_set_size (futures, 0);
  process_test_end (&test);
}

int
main (int    argc,
      char **argv)
{
  process_test_init (&argc, &argv);

  /* After cfut_init(), so that workers do not have it. */
  cfut_register_function ("late", NULL, NULL, late, NULL, NULL);

  g_test_add_func ("/calls/types", test_types);
  g_test_add_func ("/calls/sizes", test_sizes);
  g_test_add_func ("/calls/no-arguments", test_no_arguments);
  g_test_add_func ("/calls/errors", test_errors);
  g_test_add_func ("/calls/wrong-result", test_wrong_result);
  g_test_add_func ("/calls/wrong-arguments", test_wrong_arguments);
  g_test_add_func ("/calls/unknown-in-worker", test_unknown_in_worker);
  g_test_add_func ("/calls/cancelled-while-unknown", test_cancelled_while_unknown);
  g_test_add_func ("/calls/prints", test_prints);
  g_test_add_func ("/calls/prints-much", test_prints_much);
  g_test_add_func ("/calls/prints-to-nobody", test_prints_to_nobody);
  g_test_add_func ("/calls/progress", test_progress);
  g_test_add_func ("/calls/progress-while-running", test_progress_while_running);
  g_test_add_func ("/calls/map", test_map);
  g_test_add_func ("/calls/module", test_module);
  g_test_add_func ("/calls/module-chunks", test_module_chunks);
  g_test_add_func ("/calls/bad-module", test_bad_module);
  g_test_add_func ("/calls/call", test_call);
  g_test_add_func ("/calls/time-outs-ahead", test_timeouts_ahead);

  return g_test_run ();
}
