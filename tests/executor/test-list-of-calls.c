/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "test-support.h"

static GVariant *
nothing (CfutCall  *call,
         GVariant  *arguments,
         gpointer   user_data,
         GError   **error)
{
  return NULL;
}

static gboolean
is_gone (gpointer user_data)
{
  gpointer *weak = user_data;

  return *weak == NULL;
}

static gboolean
has_one (gpointer user_data)
{
  return g_list_model_get_n_items (user_data) == 1;
}

static void
test_let_go (void)
{
  CfutExecutor *executor = cfut_thread_executor_new (1);
  CfutFuture *future;
  gpointer weak;

  g_test_summary ("The list keeps ended calls as long as the executor lives, and no longer");

  cfut_executor_get_calls (executor);
  future = cfut_executor_submit (executor, "nothing", NULL, NULL, NULL);
  weak = future;
  g_object_add_weak_pointer (G_OBJECT (future), &weak);

  g_assert_true (cfut_future_wait (future, CFUT_WAIT_FOREVER, NULL));
  test_iterate_until (NULL, has_one, cfut_executor_get_calls (executor));
  g_object_unref (future);
  g_assert_nonnull (weak);

  g_assert_finalize_object (executor);
  test_iterate_until (NULL, is_gone, &weak);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  cfut_register_function ("nothing", NULL, NULL, nothing, NULL, NULL);

  g_test_add_func ("/list-of-calls/let-go", test_let_go);

  return g_test_run ();
}
