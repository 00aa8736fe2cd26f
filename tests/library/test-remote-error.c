/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <cfut/cfut.h>

#include "cfut-error-private.h"

/* Exceptions of other languages, as errors. */

static void
test_carries (void)
{
  g_autoptr(GBytes) payload = g_bytes_new_static ("pickle", 6);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) copy = NULL;
  g_autoptr(GError) propagated = NULL;

  g_test_summary ("An error carries name, traceback and payload, and so does a copy");

  error = cfut_error_new_remote ("ValueError", "not a number", "Traceback …", payload);
  g_assert_error (error, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "ValueError: not a number");

  copy = g_error_copy (error);
  g_clear_error (&error);
  g_prefix_error (&copy, "Failed to start: ");
  copy->code = CFUT_ERROR_BROKEN;
  g_propagate_error (&propagated, g_steal_pointer (&copy));

  g_assert_error (propagated, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (propagated->message, ==, "Failed to start: ValueError: not a number");
  g_assert_cmpstr (cfut_error_get_remote_name (propagated), ==, "ValueError");
  g_assert_cmpstr (cfut_error_get_remote_traceback (propagated), ==, "Traceback …");
  g_assert_true (cfut_error_get_remote_payload (propagated) == payload);
}

static void
assert_carries_nothing (const GError *error)
{
  g_assert_null (cfut_error_get_remote_name (error));
  g_assert_null (cfut_error_get_remote_traceback (error));
  g_assert_null (cfut_error_get_remote_payload (error));
}

static void
test_carries_nothing (void)
{
  g_autoptr(GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr(GError) other = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "Other");
  g_autoptr(GError) plain = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_REMOTE, "Plain");
  g_autoptr(GError) emptied = cfut_error_new_remote ("", "message", "", empty);

  g_test_summary ("Other errors carry nothing, and what is empty is nothing");

  assert_carries_nothing (other);
  assert_carries_nothing (plain);
  assert_carries_nothing (emptied);
}

static void
test_messages (void)
{
  static const struct { const char *name, *message, *expected; } cases[] = {
    { "Error", "text", "Error: text" },
    { "Error", "", "Error" },
    { "Error", NULL, "Error" },
    { "", "text", "text" },
    { NULL, "text", "text" },
    { NULL, NULL, "" },
  };

  g_test_summary ("The message is made of name and message, as far as they are there");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = cfut_error_new_remote (cases[i].name, cases[i].message, NULL, NULL);

      g_assert_cmpstr (error->message, ==, cases[i].expected);
    }
}

static void
test_broken (void)
{
  g_autoptr(GBytes) payload = g_bytes_new_static ("pickle", 6);
  g_autoptr(GError) reason = cfut_error_new_remote ("KeyError", "'a'", "line 1", payload);
  g_autoptr(GError) plain = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "Other");
  g_autoptr(GError) broken = cfut_error_new_broken ("Failed: ", reason);
  g_autoptr(GError) broken_plainly = cfut_error_new_broken ("Failed: ", plain);

  g_test_summary ("What breaks an executor is carried on");

  g_assert_error (broken, CFUT_ERROR, CFUT_ERROR_BROKEN);
  g_assert_cmpstr (broken->message, ==, "Failed: KeyError: 'a'");
  g_assert_cmpstr (cfut_error_get_remote_name (broken), ==, "KeyError");
  g_assert_cmpstr (cfut_error_get_remote_traceback (broken), ==, "line 1");
  g_assert_true (cfut_error_get_remote_payload (broken) == payload);

  g_assert_cmpstr (broken_plainly->message, ==, "Failed: Other");
  assert_carries_nothing (broken_plainly);
}

static void
test_set_again (void)
{
  g_autoptr(GError) error = cfut_error_new_remote ("A", "message", "old", NULL);

  g_test_summary ("What an error carries can be replaced");

  cfut_error_set_remote (error, "B", NULL, NULL);
  g_assert_cmpstr (cfut_error_get_remote_name (error), ==, "B");
  g_assert_null (cfut_error_get_remote_traceback (error));
}

int
main (int    argc,
      char **argv)
{
  GError *by_name;

  /* Before anybody has asked for the domain, as a binding may do it. */
  by_name = g_error_new_literal (g_quark_from_string ("cfut-error-quark"), CFUT_ERROR_BROKEN, "By name");
  g_assert_error (by_name, CFUT_ERROR, CFUT_ERROR_BROKEN);
  assert_carries_nothing (by_name);
  g_error_free (by_name);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/remote-error/carries", test_carries);
  g_test_add_func ("/remote-error/carries-nothing", test_carries_nothing);
  g_test_add_func ("/remote-error/messages", test_messages);
  g_test_add_func ("/remote-error/broken", test_broken);
  g_test_add_func ("/remote-error/set-again", test_set_again);

  return g_test_run ();
}
