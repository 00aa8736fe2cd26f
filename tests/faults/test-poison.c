/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "executor/cfut-cpus-private.h"
#include "oracle.h"
#include "process/cfut-process-executor-private.h"

/* F13 to F18: poison, loops of deaths, and starting. */

/* ---- F13, F14: calls that kill whoever runs them. */

static void
test_poison (void)
{
  guint n_poison = fault_scale (10, 20);
  guint n_calls = 100 * n_poison;
  FaultTest test;
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (2);

  g_test_summary ("One call in a hundred is poison: each ends after three deaths, all others are done");

  fault_begin (&test, 2);
  for (guint i = 0; i < n_calls; i++)
    {
      if (i % 100 == 7)
        fault_submit_only (&test, options, "abort-until", "(i)", 1000);
      else
        fault_submit_only (&test, options, "square", "(x)", (gint64) i);
    }
  g_assert_cmpuint (fault_count_failed (&test, CFUT_ERROR, CFUT_ERROR_WORKER_DIED), ==, n_poison);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 3 * n_poison);
  g_assert_cmpuint (fault_get_n_retried (&test), ==, 2 * n_poison);
  fault_end (&test);
}

static void
test_poison_first (void)
{
  enum { N_OTHERS = 50, N_ATTEMPTS = 4 };
  FaultTest test;
  Gate gate;
  g_autoptr(CfutSubmitOptions) options = fault_with_retries (N_ATTEMPTS - 1);

  g_test_summary ("A poison call before all others is run again behind them");

  gate_init (&gate);
  fault_begin (&test, 1);
  fault_submit_only (&test, options, "die-until", "(@(iii)i)", gate_arguments (&gate, -1), 1000);
  for (int i = 0; i < N_OTHERS; i++)
    g_object_unref (fault_track (&test, gate_submit (&gate, &test.process, "note", i)));

  g_assert_cmpint (gate_next (&gate).id, ==, -1);
  for (int i = 0; i < N_OTHERS; i++)
    g_assert_cmpint (gate_next (&gate).id, ==, i);
  for (int i = 2; i <= N_ATTEMPTS; i++)
    {
      GateRecord record = gate_next (&gate);

      g_assert_cmpint (record.id, ==, -1);
      g_assert_cmpint (record.attempt, ==, i);
    }
  g_assert_cmpuint (fault_count_failed (&test, CFUT_ERROR, CFUT_ERROR_WORKER_DIED), ==, 1);
  fault_end (&test);
  gate_clear (&gate);
}

/* ---- F15, F16: workers that never come up. */

/* What is submitted before the executor is broken fails with this; what comes
 * after it is refused. */
static void
assert_all_fail (FaultTest  *test,
                 int         code,
                 const char *text)
{
  g_autoptr(GError) error = NULL;
  CfutFuture *future = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_clear_error (&error);
      future = cfut_executor_submit (test->process.executor, "pid", NULL, NULL, &error);
      if (future == NULL)
        break;
      g_object_unref (fault_track (test, future));
    }
  if (future == NULL)
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);

  g_assert_cmpuint (fault_count_failed (test, CFUT_ERROR, code), ==, test->futures->len);
  for (guint i = 0; i < test->futures->len; i++)
    {
      g_autoptr(GError) outcome = cfut_future_dup_error (test->futures->pdata[i]);

      if (i == 0)
        g_test_message ("Error: %s", outcome->message);
      if (strstr (outcome->message, text) == NULL)
        g_error ("\"%s\" is not in \"%s\"", text, outcome->message);
    }

  g_clear_error (&error);
  g_assert_null (cfut_executor_submit (test->process.executor, "pid", NULL, NULL, &error));
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_BROKEN);
}

/* A script that notes each start. */
typedef struct
{
  char *notes;
  char *script;
} Starts;

static void
starts_init (Starts     *self,
             const char *then)
{
  g_autoptr(GError) error = NULL;
  int fd = g_file_open_tmp ("cfut-starts-XXXXXX", &self->notes, &error);

  g_assert_no_error (error);
  close (fd);
  self->script = g_strdup_printf ("printf x >> %s; %s", self->notes, then);
}

/* How many there were. */
static guint
starts_clear (Starts *self)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (self->notes, &text, NULL, NULL));
  g_unlink (self->notes);
  g_free (self->notes);
  g_free (self->script);

  return strlen (text);
}

static void
test_never_comes_up (gconstpointer then)
{
  FaultTest test;
  Starts starts;
  guint n_starts;

  g_test_summary ("A worker that never comes up is started a few times, and all calls fail with the last reason");

  starts_init (&starts, then);
  fault_begin_program (&test, 2, (const char * const []) { "/bin/sh", "-c", starts.script, NULL });
  assert_all_fail (&test, CFUT_ERROR_BROKEN, "workers in a row had come to nothing");
  fault_end (&test);

  n_starts = starts_clear (&starts);
  g_test_message ("%u starts", n_starts);
  g_assert_cmpuint (n_starts, >=, 2);
  g_assert_cmpuint (n_starts, <=, 51);
}

typedef struct
{
  const char *name;
  const char *program;
  const char *text;
} Missing;

static const Missing missing[] = {
  { "no-file", "/no/such/program", "\"/no/such/program\": No such file or directory; is it installed" },
  { "not-in-path", "no-such-program", "no-such-program" },
  { "not-executable", "/etc/passwd", "/etc/passwd" },
  { "directory", "/etc", "/etc" },
};

static void
test_missing (gconstpointer data)
{
  const Missing *program = data;
  FaultTest test;

  g_test_summary ("A program that cannot be run is told at once, by its name, and not tried again");

  fault_begin_program (&test, 2, (const char * const []) { program->program, "argument", NULL });
  assert_all_fail (&test, CFUT_ERROR_START_FAILED, program->text);
  fault_end (&test);
}

static void
test_wrong_architecture (void)
{
  /* What is enough of an ELF file to be refused for its machine. */
  char elf[64] = "\177ELF\2\1\1";
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;
  FaultTest test;

  g_test_summary ("A program of another architecture breaks the executor with a reason");

  elf[16] = 2;
  elf[18] = 0x7f;
  elf[19] = 0x7f;
  close (g_file_open_tmp ("cfut-program-XXXXXX", &path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, elf, sizeof elf, NULL));
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);

  fault_begin_program (&test, 1, (const char * const []) { path, NULL });
  assert_all_fail (&test, CFUT_ERROR_BROKEN, "workers in a row had come to nothing");
  fault_end (&test);
  g_unlink (path);
}

/* ---- F17: ready too late, or just in time. */

static void
test_never_ready (void)
{
  FaultTest test;

  g_test_summary ("A worker that does not become ready in time is killed, and after three the executor is broken");

  fault_begin_evil (&test, 1, "never-ready");
  PROCESS_EXECUTOR (&test.process)->manager->start_us = 100 * 1000;
  process_expect_error (fault_submit (&test, NULL, "pid", "()"), CFUT_ERROR, CFUT_ERROR_BROKEN,
                        "Gave up after 3 workers in a row had come to nothing");
  fault_end (&test);
}

static void
test_late_ready (void)
{
  FaultTest test;

  g_test_summary ("A worker that becomes ready late, but in time, serves");

  fault_begin_evil (&test, 1, "late-ready");
  fault_assert_serves (&test, 10);
  g_assert_cmpuint (fault_get_n_deaths (&test), ==, 0);
  fault_end (&test);
}

static void
test_long_initializer (void)
{
  FaultTest test;
  Gate gate;
  CfutFuture *future;

  g_test_summary ("An initializer may take longer than a worker that has none");

  gate_init (&gate);
  fault_begin (&test, 1);
  PROCESS_EXECUTOR (&test.process)->manager->start_us = 1000;
  cfut_process_executor_set_initializer (PROCESS_EXECUTOR (&test.process), "hold", gate_arguments (&gate, 0));
  future = fault_submit (&test, NULL, "pid", "()");
  gate_next (&gate);
  g_assert_false (cfut_future_wait (future, 100 * 1000, NULL));
  gate_open (&gate);
  process_expect_done (future);
  fault_end (&test);
  gate_clear (&gate);
}

/* ---- F18: many at once. */

static guint
count_starting (FaultTest *test)
{
  CfutManager *manager = PROCESS_EXECUTOR (&test->process)->manager;
  guint n;

  g_mutex_lock (&manager->pool->lock);
  n = cfut_manager_count (manager, CFUT_PROCESS_STARTING);
  g_mutex_unlock (&manager->pool->lock);

  return n;
}

static guint
count_serving (FaultTest *test)
{
  CfutManager *manager = PROCESS_EXECUTOR (&test->process)->manager;
  guint n;

  g_mutex_lock (&manager->pool->lock);
  n = cfut_manager_count (manager, CFUT_PROCESS_SERVING);
  g_mutex_unlock (&manager->pool->lock);

  return n;
}

typedef struct
{
  FaultTest *test;
  guint n_workers;
  guint max_starting;
} Crowd;

static gboolean
crowd_is_there (gpointer user_data)
{
  Crowd *self = user_data;

  self->max_starting = MAX (self->max_starting, count_starting (self->test));

  return count_serving (self->test) == self->n_workers;
}

static void
test_crowd (void)
{
  FaultTest test;
  Crowd crowd = { &test, fault_scale (16, 64), 0 };

  g_test_summary ("However many workers are wanted, no more start at the same time than there are CPUs");

  fault_begin_evil (&test, crowd.n_workers, "late-ready");
  cfut_process_executor_prestart (PROCESS_EXECUTOR (&test.process));
  process_await (crowd_is_there, &crowd);
  g_assert_cmpuint (crowd.max_starting, >, 0);
  g_assert_cmpuint (crowd.max_starting, <=, cfut_cpus_get_usable ());
  fault_assert_serves (&test, 100);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F13/poison", test_poison);
  g_test_add_func ("/faults/F14/poison-first", test_poison_first);
  g_test_add_data_func ("/faults/F15/aborts-before-ready", "kill -ABRT $$", test_never_comes_up);
  g_test_add_data_func ("/faults/F16/exits-127", "exit 127", test_never_comes_up);
  /* It makes a fork of a vfork, and the error of exec is lost in there. */
  for (guint i = 0; i < G_N_ELEMENTS (missing) && !test_is_under_valgrind (); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/F16/missing/%s", missing[i].name);

      g_test_add_data_func (path, &missing[i], test_missing);
    }
  if (!test_is_under_valgrind ())
    g_test_add_func ("/faults/F16/wrong-architecture", test_wrong_architecture);
  g_test_add_func ("/faults/F17/never-ready", test_never_ready);
  g_test_add_func ("/faults/F17/late-ready", test_late_ready);
  g_test_add_func ("/faults/F17/long-initializer", test_long_initializer);
  g_test_add_func ("/faults/F18/crowd", test_crowd);

  return g_test_run ();
}
