/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "oracle.h"

/* F28 to F36: queues and flow. */

/* ---- F28: more calls than there is room for. */

/* Not tracked: the calls themselves are what would take memory. */
static void
flood (FaultTest *test,
       guint      n_calls)
{
  for (guint i = 0; i < n_calls; i++)
    {
      g_object_unref (process_submit (&test->process, "count", "()"));
      if (i % 256 == 0)
        g_assert_cmpuint (cfut_executor_get_n_pending (test->process.executor), <=, 1000);
    }
}

static void
test_flood (void)
{
  g_autoptr(GVariant) last = NULL;
  FaultTest test;
  guint n_calls = fault_scale (20000, 1000000);
  gsize before, after;
  int n_run;

  g_test_summary ("Calls beyond the limit wait outside, and each is run once: memory does not grow with them");

  fault_begin (&test, 1);
  cfut_executor_set_max_pending (test.process.executor, 1000);
  flood (&test, n_calls / 4);
  before = test_get_memory ();
  flood (&test, n_calls - n_calls / 4);
  after = test_get_memory ();
  g_test_message ("Memory went from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " KiB", before / 1024, after / 1024);
  g_assert_cmpuint (after, <, before + 2 * 1024 * 1024);

  last = process_call (&test.process, "count", "()");
  g_variant_get (last, "(ii)", NULL, &n_run);
  g_assert_cmpint (n_run, ==, n_calls + 1);
  fault_end (&test);
}

int
main (int    argc,
      char **argv)
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/F28/flood", test_flood);

  return g_test_run ();
}
