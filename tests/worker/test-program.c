/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>
#include <stdlib.h>
#include <string.h>

#include "fake-parent.h"

/* The program cfut-worker, and modules. */

static const char *
get_program (void)
{
  const char *program = g_getenv ("CFUT_WORKER_PROGRAM");

  g_assert_nonnull (program);
  return program;
}

static char *
get_module (const char *name)
{
  g_autofree char *file = g_strdup_printf ("lib%s.so", name);

  return g_test_build_filename (G_TEST_BUILT, "worker", file, NULL);
}

static void
test_by_hand (void)
{
  g_autoptr(GSubprocess) process = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Started by hand, it says what it is for and fails");

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_PIPE, &error, get_program (), NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &text, &error));
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "starts it by itself"));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

static void
test_modules (void)
{
  g_autofree char *one = get_module ("test-module");
  const char *argv[] = { get_program (), one, NULL };
  FakeParent parent;
  g_autoptr(GVariant) result = NULL;

  g_test_summary ("It serves the functions of its modules");

  fake_parent_start (&parent, argv, NULL, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (&parent, NULL);
  g_assert_cmpuint (g_variant_n_children (parent.table), ==, 1);
  result = fake_parent_call (&parent, "module.square", g_variant_new ("(x)", G_GINT64_CONSTANT (12)), "x");
  g_assert_cmpint (g_variant_get_int64 (result), ==, 144);
  fake_parent_end (&parent);
}

static void
test_no_modules (void)
{
  const char *argv[] = { get_program (), NULL };
  FakeParent parent;

  g_test_summary ("Without modules it serves nothing");

  fake_parent_start (&parent, argv, NULL, G_SUBPROCESS_FLAGS_NONE);
  fake_parent_set_up (&parent, NULL);
  g_assert_cmpuint (g_variant_n_children (parent.table), ==, 0);
  fake_parent_end (&parent);
}

/* Frees @module. */
static void
assert_refuses (char       *module,
                const char *text)
{
  const char *argv[] = { get_program (), module, NULL };
  FakeParent parent;
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;

  fake_parent_start (&parent, argv, NULL, G_SUBPROCESS_FLAGS_STDERR_PIPE);

  error = fake_parent_get_error (&parent, 0);
  g_assert_nonnull (strstr (error->message, "Failed to load module"));
  g_assert_nonnull (strstr (error->message, text));

  message = fake_parent_read_stderr (&parent);
  g_assert_nonnull (strstr (message, text));
  g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
  g_free (module);
}

static void
test_bad_modules (void)
{
  g_test_summary ("A module that cannot be loaded or fails is told to the parent and on stderr");

  assert_refuses (g_strdup ("/no/such/module.so"), "/no/such/module.so");
  assert_refuses (get_module ("test-module-empty"), "no function cfut_module_register()");
  assert_refuses (get_module ("test-module-failing"), "No licence");
  assert_refuses (get_module ("test-module-silent"), "without saying why");
}

static void
test_wrong_environment (void)
{
  const char *argv[] = { get_program (), NULL };
  FakeParent parent;
  g_autofree char *message = NULL;

  g_test_summary ("A marker that no executor sets is told on stderr");

  fake_parent_start (&parent, argv, "what", G_SUBPROCESS_FLAGS_STDERR_PIPE);
  message = fake_parent_read_stderr (&parent);
  g_assert_nonnull (strstr (message, "CFUT_WORKER"));
  g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
}

static void
test_bad_setup (void)
{
  const char *argv[] = { get_program (), NULL };
  FakeParent parent;
  g_autoptr(GError) error = NULL;

  g_test_summary ("It fails as any other worker does when it cannot be set up");

  fake_parent_start (&parent, argv, NULL, G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  fake_parent_send_setup (&parent, g_variant_new_parsed ("{'initializer': <'module.square'>}"));
  error = fake_parent_get_error (&parent, 0);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION);
  g_assert_cmpint (fake_parent_wait (&parent), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-program/by-hand", test_by_hand);
  g_test_add_func ("/worker-program/modules", test_modules);
  g_test_add_func ("/worker-program/no-modules", test_no_modules);
  g_test_add_func ("/worker-program/bad-modules", test_bad_modules);
  g_test_add_func ("/worker-program/wrong-environment", test_wrong_environment);
  g_test_add_func ("/worker-program/bad-setup", test_bad_setup);

  return g_test_run ();
}
