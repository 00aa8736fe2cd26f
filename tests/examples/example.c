/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include "test-support.h"

typedef struct
{
  ExampleRun *run;
  gint done;
} Communication;

static void
communicate_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  Communication *self = user_data;
  g_autoptr(GError) error = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (object),
                                        result,
                                        &self->run->out,
                                        &self->run->err,
                                        &error);
  g_assert_no_error (error);
  g_atomic_int_set (&self->done, TRUE);
}

ExampleRun *
example_run_argv (const char * const *argv)
{
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autoptr(GError) error = NULL;
  Communication communication = { 0 };
  ExampleRun *self = g_new0 (ExampleRun, 1);

  subprocess = g_subprocess_newv (argv,
                                  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                                  &error);
  g_assert_no_error (error);

  communication.run = self;
  g_subprocess_communicate_utf8_async (subprocess, NULL, NULL, communicate_cb, &communication);
  test_iterate_until_set (NULL, &communication.done);

  if (!g_subprocess_get_if_exited (subprocess))
    g_error ("%s was killed by signal %d:\n%s", argv[0], g_subprocess_get_term_sig (subprocess), self->err);

  self->exit_status = g_subprocess_get_exit_status (subprocess);
  g_test_message ("%s: exit status %d\n%s%s", argv[0], self->exit_status, self->out, self->err);

  return self;
}

ExampleRun *
example_run (const char *name,
             ...)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *path = example_path (name);
  const char *argument = path;
  va_list arguments;

  va_start (arguments, name);
  for (; argument != NULL; argument = va_arg (arguments, const char *))
    g_ptr_array_add (argv, (gpointer) argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  return example_run_argv ((const char * const *) argv->pdata);
}

void
example_run_free (ExampleRun *self)
{
  g_free (self->out);
  g_free (self->err);
  g_free (self);
}

char *
example_path (const char *name)
{
  return g_test_build_filename (G_TEST_BUILT, "..", "examples", name, NULL);
}

GPtrArray *
example_match (const char *text,
               const char *pattern)
{
  g_autoptr(GRegex) regex = NULL;
  g_autoptr(GMatchInfo) match = NULL;
  g_autoptr(GError) error = NULL;
  GPtrArray *matches = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, &error);
  g_assert_no_error (error);

  for (g_regex_match (regex, text, 0, &match);
       g_match_info_matches (match);
       g_match_info_next (match, NULL))
    g_ptr_array_add (matches, g_match_info_fetch_all (match));

  return matches;
}
