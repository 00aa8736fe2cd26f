/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <unistd.h>

#include "oracle.h"

/* The oracle itself: it must tell of each thing that is wrong. */

typedef struct
{
  void (*sin) (FaultTest *test);
  const char *verdict;
} Sin;

static void
leak_descriptor (FaultTest *test)
{
  g_assert_cmpint (open ("/dev/null", O_RDONLY | O_CLOEXEC), >=, 0);
}

static void
leave_child (FaultTest *test)
{
  if (fork () == 0)
    execlp ("sleep", "sleep", "2", NULL);
}

static void
leave_zombie (FaultTest *test)
{
  if (fork () == 0)
    _exit (0);
}

static gpointer
sleeper_thread (gpointer user_data)
{
  g_usleep (10 * G_USEC_PER_SEC);

  return NULL;
}

static void
leave_thread (FaultTest *test)
{
  g_thread_unref (g_thread_new ("sleeper", sleeper_thread, NULL));
}

/* The executor knows nothing of it. */
static void
resolve_never (FaultTest *test)
{
  fault_track (test, cfut_promise_get_future (cfut_promise_new ()));
}

static void
resolve_twice (FaultTest *test)
{
  fault_assert_serves (test, 1);
  fault_await_all (test);
  g_array_index (test->n_resolved, guint, 0)++;
}

static void
be_critical (FaultTest *test)
{
  cfut_future_cancel (NULL);
}

static const Sin sins[] = {
  { leak_descriptor, "*began with*descriptors*" },
  { leave_child, "*began with*children*" },
  { leave_zombie, "*began with*children*" },
  { leave_thread, "*began with*threads*" },
  { resolve_never, "*watchdog barks: */faults/oracle/*" },
  { resolve_twice, "*ERROR*" },
  { be_critical, "*CRITICAL*" },
};

static void
test_sin (gconstpointer data)
{
  const Sin *sin = data;
  FaultTest test;

  g_test_summary ("The oracle sees what is wrong");

  if (g_test_subprocess ())
    {
      /* What GLib does once, and behind our back, is done then. */
      fault_begin (&test, 1);
      fault_assert_serves (&test, 1);
      fault_end (&test);

      fault_patience_us = G_USEC_PER_SEC / 5;
      if (sin->sin == resolve_never)
        fault_watchdog_us = G_USEC_PER_SEC / 2;
      fault_begin (&test, 1);
      sin->sin (&test);
      fault_end (&test);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (sin->verdict);
}

static void
test_innocence (void)
{
  FaultTest test;

  g_test_summary ("... and nothing else");

  fault_begin (&test, 2);
  fault_assert_serves (&test, 10);
  process_expect_error (fault_submit (&test, NULL, "fail", "(sis)", "g-io-error-quark", G_IO_ERROR_FAILED, "No"),
                        G_IO_ERROR, G_IO_ERROR_FAILED, "No");
  g_assert_cmpuint (fault_count_failed (&test, G_IO_ERROR, G_IO_ERROR_FAILED), ==, 1);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  static const char * const names[] = {
    "descriptor", "child", "zombie", "thread", "never-resolved", "twice-resolved", "critical",
  };

  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/oracle/innocence", test_innocence);
  /* Which would report each abort as an error. */
  for (guint i = 0; i < G_N_ELEMENTS (sins) && !test_is_under_valgrind (); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/oracle/%s", names[i]);

      g_test_add_data_func (path, &sins[i], test_sin);
    }

  return g_test_run ();
}
