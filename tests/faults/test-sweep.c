/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "oracle.h"

/*
 * F79: system calls that are interrupted, have nothing to do, do a part of what
 * was asked for, or lose the connection.
 *
 * This program is run again and again with the same load and the same oracle.
 * In the n-th run the n-th call of each thread has it, as does every 50th after
 * that; so all of the first 200 calls, and more, have had it after 50 runs, and
 * between one and the next there is time to get over it.
 */
#define STRIDE 50

/* ---- The load: more than 200 steps of each thread, and one of all that there is. */

static void
submit_bytes (FaultTest         *test,
              CfutSubmitOptions *options,
              gsize              size)
{
  g_autofree guint8 *bytes = g_malloc0 (size);
  GVariant *array = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, size, 1);

  process_expect_done (fault_submit (test, options, "echo-ay", "(@ay)", array));
}

static void
test_load (void)
{
  enum { N_STEPS = 220 };
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (CFUT_RETRY_FOREVER);
  FaultTest test;

  g_test_summary ("What surrounds it is no matter to any of these calls");

  fault_begin (&test, 2);
  for (gint64 i = 0; i < N_STEPS; i++)
    {
      g_autoptr(CfutFuture) future = fault_submit (&test, options, "square", "(x)", i);
      g_autoptr(GVariant) result = process_result (future);

      g_assert_cmpint (g_variant_get_int64 (result), ==, i * i);
      if (i % 20 == 0)
        submit_bytes (&test, options, 1 << i / 20);
      if (i % 50 == 0)
        submit_bytes (&test, options, 300000);
      if (i % 70 == 0)
        fault_submit_only (&test, options, "abort-until", "(i)", 2);
      if (i % 30 == 0)
        fault_submit_only (&test, options, "report", "(u)", 20);
      if (i % 40 == 0)
        {
          CfutFuture *cancelled = fault_submit (&test, options, "spin", "(x)", (gint64) 10000);

          cfut_future_cancel (cancelled);
          process_forget (cancelled);
        }
      if (i % 60 == 0)
        fault_submit_only (&test, options, "print-much", "(u)", 10);
    }
  fault_await_all (&test);
  fault_end (&test);
}

/* ---- Runs. */

typedef struct
{
  guint n_running;
} Runs;

typedef struct
{
  Runs *runs;
  char *what; /* (owned) */
} Run;

static void
run_ended_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  GSubprocess *process = G_SUBPROCESS (source);
  Run *run = user_data;
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;

  g_subprocess_communicate_utf8_finish (process, result, &output, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("%s: %s", run->what, output);

  run->runs->n_running--;
  g_free (run->what);
  g_free (run);
}

/* Runs the load, as many at once as there are processors.
 * @through: (nullable): arguments of a program that runs it.
 * @what: (transfer full): what is done to it. */
static void
start_run (Runs                *self,
           GSubprocessLauncher *launcher,
           const char * const  *through,
           char                *what)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "test-faults-sweep", NULL);
  const char * const load[] = { program, "-p", "/faults/F79/load", NULL };
  g_autoptr(GStrvBuilder) argv = g_strv_builder_new ();
  g_auto(GStrv) strv = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  Run *run = g_new (Run, 1);

  while (self->n_running >= g_get_num_processors ())
    g_main_context_iteration (NULL, TRUE);

  if (through != NULL)
    g_strv_builder_addv (argv, (const char **) through);
  g_strv_builder_addv (argv, (const char **) load);
  strv = g_strv_builder_end (argv);

  *run = (Run) { self, what };
  process = g_subprocess_launcher_spawnv (launcher, (const char * const *) strv, &error);
  g_assert_no_error (error);
  self->n_running++;
  g_subprocess_communicate_utf8_async (process, NULL, NULL, run_ended_cb, run);
}

static void
await_runs (Runs *self)
{
  while (self->n_running > 0)
    g_main_context_iteration (NULL, TRUE);
}

static GSubprocessLauncher *
make_launcher (void)
{
  return g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
}

/* ---- Errors. */

typedef struct
{
  const char *name;
  const char *call;
  const char *error;
  guint first; /* the calls before it are not of this world: see below */
} Injection;

/* An interrupted call means nothing, nor does one that finds nothing to do; with
 * the connection a worker is lost, and its calls are run again by another.
 *
 * Files are read without interruption, by the dynamic linker as well, so reads are
 * counted from where only pipes and the like are read. A worker that loses its connection
 * before it is ready is one that cannot start, and so are all others then. A futex that did
 * not wake because it was not let is no fault of this world at all. */
static const Injection injections[] = {
  { "poll-EINTR", "poll,ppoll", "EINTR", 1 },
  { "read-EINTR", "read", "EINTR", 40 },
  { "write-EINTR", "write", "EINTR", 1 },
  { "waitid-EINTR", "waitid,wait4", "EINTR", 1 },
  { "recvfrom-EINTR", "recvfrom", "EINTR", 1 },
  { "recvfrom-EAGAIN", "recvfrom", "EAGAIN", 1 },
  { "recvfrom-ECONNRESET", "recvfrom", "ECONNRESET", 5 },
  { "recvmsg-EINTR", "recvmsg", "EINTR", 1 },
  { "recvmsg-EAGAIN", "recvmsg", "EAGAIN", 1 },
  { "recvmsg-ECONNRESET", "recvmsg", "ECONNRESET", 5 },
  { "sendto-EINTR", "sendto", "EINTR", 1 },
  { "sendto-EAGAIN", "sendto", "EAGAIN", 1 },
  { "sendto-ECONNRESET", "sendto", "ECONNRESET", 5 },
  { "sendmsg-EINTR", "sendmsg", "EINTR", 1 },
  { "sendmsg-EAGAIN", "sendmsg", "EAGAIN", 1 },
  { "sendmsg-ECONNRESET", "sendmsg", "ECONNRESET", 5 },
};

static void
test_injection (gconstpointer data)
{
  const Injection *injection = data;
  g_autofree char *strace = g_find_program_in_path ("strace");
  g_autofree char *trace = g_strdup_printf ("trace=%s", injection->call);
  g_autoptr(GSubprocessLauncher) launcher = make_launcher ();
  Runs runs = { 0 };

  g_test_summary ("A system call that was interrupted, or has nothing to do, has no effect, and one whose connection is lost costs the worker");

  if (strace == NULL)
    {
      g_test_skip ("There is no strace");
      return;
    }

  for (guint n = injection->first; n < injection->first + STRIDE; n++)
    {
      char *inject = g_strdup_printf ("inject=%s:error=%s:when=%u+%u", injection->call, injection->error, n, STRIDE);

      start_run (&runs, launcher,
                 (const char *[]) { strace, "-f", "-o", "/dev/null", "-e", trace, "-e", inject, NULL },
                 inject);
    }
  await_runs (&runs);
}

/* ---- Less than was asked for. */

static void
test_short (gconstpointer function)
{
  g_autofree char *shim = g_test_build_filename (G_TEST_BUILT, "faults", "libshort-io.so", NULL);
  g_autoptr(GSubprocessLauncher) launcher = make_launcher ();
  Runs runs = { 0 };
  guint step = g_test_slow () ? 1 : STRIDE / 5;

  g_test_summary ("Less read or written than was asked for has no effect");

  if (test_is_sanitized ())
    {
      g_test_skip ("A sanitizer wants to be the first to be loaded");
      return;
    }

  g_subprocess_launcher_setenv (launcher, "LD_PRELOAD", shim, TRUE);
  for (guint n = 1; n <= STRIDE; n += step)
    {
      char *what = g_strdup_printf ("%s %u %u", (const char *) function, n, STRIDE);

      g_subprocess_launcher_setenv (launcher, "CFUT_TEST_SHORT", what, TRUE);
      start_run (&runs, launcher, NULL, what);
    }
  await_runs (&runs);
}

int
main (int    argc,
      char **argv)
{
  static const char * const functions[] = { "read", "write", "recv", "send", "recvmsg", "sendmsg" };

  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F79/load", test_load);
  for (guint i = 0; i < G_N_ELEMENTS (injections) && g_test_slow (); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F79/%s", injections[i].name);

      g_test_add_data_func (path, &injections[i], test_injection);
    }
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F79/short-%s", functions[i]);

      g_test_add_data_func (path, functions[i], test_short);
    }

  return g_test_run ();
}
