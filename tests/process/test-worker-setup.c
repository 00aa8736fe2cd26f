/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <sys/resource.h>

#include "process/cfut-worker-setup-private.h"

static char **
apply (CfutWorkerSetup *setup)
{
  return cfut_worker_setup_apply_environment (setup, g_strsplit ("KEPT=1 CHANGED=1 REMOVED=1", " ", -1));
}

static GVariant *
make_body (CfutWorkerSetup *setup)
{
  g_auto(GVariantDict) body = G_VARIANT_DICT_INIT (NULL);

  cfut_worker_setup_add_to_body (setup, &body);

  return g_variant_ref_sink (g_variant_dict_end (&body));
}

static void
assert_body (CfutWorkerSetup *setup,
             const char      *expected)
{
  g_autoptr(GVariant) body = make_body (setup);
  g_autofree char *text = g_variant_print (body, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_empty (void)
{
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_auto(GStrv) envp = apply (setup);

  g_test_summary ("A new set-up changes nothing");

  g_assert_cmpuint (g_strv_length (envp), ==, 3);
  assert_body (setup, "{}");
}

static void
test_environment (void)
{
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();
  g_auto(GStrv) envp = NULL;

  g_test_summary ("Variables are added, replaced and removed; the last word counts");

  cfut_worker_setup_set_environment (setup, "ADDED", "wrong");
  cfut_worker_setup_set_environment (setup, "ADDED", "a=b");
  cfut_worker_setup_set_environment (setup, "CHANGED", "");
  cfut_worker_setup_set_environment (setup, "REMOVED", "2");
  cfut_worker_setup_set_environment (setup, "REMOVED", NULL);
  cfut_worker_setup_set_environment (setup, "NEVER_THERE", NULL);
  envp = apply (setup);

  g_assert_cmpuint (g_strv_length (envp), ==, 3);
  g_assert_cmpstr (g_environ_getenv (envp, "KEPT"), ==, "1");
  g_assert_cmpstr (g_environ_getenv (envp, "CHANGED"), ==, "");
  g_assert_cmpstr (g_environ_getenv (envp, "ADDED"), ==, "a=b");
  g_assert_null (g_environ_getenv (envp, "REMOVED"));
  assert_body (setup, "{}");
}

static void
test_body (void)
{
  g_autoptr(CfutWorkerSetup) setup = cfut_worker_setup_new ();

  g_test_summary ("Directory and limits are what the worker is told");

  cfut_worker_setup_set_cwd (setup, "/wrong");
  cfut_worker_setup_set_cwd (setup, "/tmp");
  assert_body (setup, "{'cwd': <b'/tmp'>}");

  cfut_worker_setup_set_cwd (setup, NULL);
  cfut_worker_setup_add_rlimit (setup, RLIMIT_NOFILE, 64, 128);
  cfut_worker_setup_add_rlimit (setup, RLIMIT_CPU, 0, RLIM_INFINITY);
  assert_body (setup, "{'rlimits': <[(uint32 7, uint64 64, uint64 128), (0, 0, 18446744073709551615)]>}");
}

static void
test_copy (void)
{
  CfutWorkerSetup *setup = cfut_worker_setup_new ();
  CfutWorkerSetup *copy;
  g_auto(GStrv) envp = NULL;
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GVariant) rlimits = NULL;
  const char *cwd;

  g_test_summary ("A copy is one of its own");

  cfut_worker_setup_set_environment (setup, "ADDED", "1");
  cfut_worker_setup_set_environment (setup, "REMOVED", NULL);
  cfut_worker_setup_set_cwd (setup, "/tmp");
  cfut_worker_setup_add_rlimit (setup, RLIMIT_NOFILE, 64, 128);

  copy = g_boxed_copy (CFUT_TYPE_WORKER_SETUP, setup);
  cfut_worker_setup_set_environment (setup, "ADDED", "2");
  cfut_worker_setup_set_cwd (setup, "/");
  cfut_worker_setup_add_rlimit (setup, RLIMIT_CPU, 0, 0);
  g_boxed_free (CFUT_TYPE_WORKER_SETUP, setup);

  envp = apply (copy);
  g_assert_cmpstr (g_environ_getenv (envp, "ADDED"), ==, "1");
  g_assert_null (g_environ_getenv (envp, "REMOVED"));
  body = make_body (copy);
  g_assert_cmpuint (g_variant_n_children (body), ==, 2);
  g_assert_true (g_variant_lookup (body, "cwd", "^&ay", &cwd));
  g_assert_cmpstr (cwd, ==, "/tmp");
  g_assert_true (g_variant_lookup (body, "rlimits", "@a(utt)", &rlimits));
  g_assert_cmpuint (g_variant_n_children (rlimits), ==, 1);
  cfut_worker_setup_free (copy);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-setup/empty", test_empty);
  g_test_add_func ("/worker-setup/environment", test_environment);
  g_test_add_func ("/worker-setup/body", test_body);
  g_test_add_func ("/worker-setup/copy", test_copy);

  return g_test_run ();
}
