/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cfut/cfut.h>

#include "fake-parent.h"

/*
 * What the workers of the tests can do.
 */
#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

static char *initialized_with;

FUNCTION (add)
{
  gint64 a, b;

  g_variant_get (arguments, "(xx)", &a, &b);
  return g_variant_new_int64 (a + b);
}

FUNCTION (fail)
{
  const char *message;

  g_variant_get (arguments, "(&s)", &message);
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, message);
  return NULL;
}

FUNCTION (return_string)
{
  return g_variant_new_string ("not a number");
}

FUNCTION (return_nothing)
{
  return NULL;
}

FUNCTION (echo)
{
  return g_variant_ref (arguments);
}

FUNCTION (halve)
{
  gint64 n = g_variant_get_int64 (arguments);

  cfut_call_set_progress (call, 0.5, "halving");
  if (n % 2 != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%d is odd", (int) n);
      return NULL;
    }
  return g_variant_new_int64 (n / 2);
}

/* Returns when the gate opens. */
FUNCTION (wait_for_gate)
{
  const char *path;
  int fd;

  g_variant_get (arguments, "(&s)", &path);
  if (path[0] == '\0')
    return NULL;

  fd = open (path, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  return NULL;
}

/* Says that it has started, and ends when it is cancelled. */
FUNCTION (wait_for_cancel)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  cfut_call_set_progress (call, 0, "started");
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (cancellable);

  g_cancellable_set_error_if_cancelled (cancellable, error);
  return NULL;
}

FUNCTION (report_much)
{
  for (int i = 1; i <= 10000; i++)
    {
      g_autofree char *message = g_strdup_printf ("step %d", i);

      cfut_call_set_progress (call, i / 10000.0, message);
    }

  return NULL;
}

/* The second report waits with nobody to push it but the worker itself. */
FUNCTION (report_and_wait)
{
  cfut_call_set_progress (call, 0.1, "first");
  cfut_call_set_progress (call, 0.2, "second");
  return wait_for_gate (call, arguments, user_data, error);
}

FUNCTION (report_long)
{
  g_autofree char *message = g_strnfill (3000, 'x');

  /* A character that would be cut in the middle. */
  memcpy (message + 1023, "\xe2\x82\xac", 3);
  cfut_call_set_progress (call, 0.5, message);
  return NULL;
}

FUNCTION (describe_call)
{
  return g_variant_new ("(sxu)", cfut_call_get_function (call),
                        cfut_call_get_deadline (call), cfut_call_get_attempt (call));
}

FUNCTION (print)
{
  const char *text;

  g_variant_get (arguments, "(&s)", &text);
  fputs (text, stdout);
  fputs (text, stderr);
  return NULL;
}

/* What each descriptor from 0 on refers to. */
FUNCTION (list_fds)
{
  g_autoptr(GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a{us}"));

  for (guint fd = 0; fd < 1024; fd++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/fd/%u", fd);
      char target[256] = { 0, };

      if (readlink (path, target, sizeof target - 1) > 0)
        g_variant_builder_add (builder, "{us}", fd, target);
    }

  return g_variant_builder_end (builder);
}

FUNCTION (read_status)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, error));
  return g_variant_new_string (status);
}

FUNCTION (read_stdin)
{
  char byte;

  return g_variant_new_int64 (read (STDIN_FILENO, &byte, 1));
}

FUNCTION (get_cwd)
{
  g_autofree char *cwd = g_get_current_dir ();

  return g_variant_new_string (cwd);
}

FUNCTION (get_rlimit)
{
  struct rlimit limit;
  guint32 resource;

  g_variant_get (arguments, "(u)", &resource);
  g_assert_cmpint (getrlimit (resource, &limit), ==, 0);
  return g_variant_new ("(tt)", (guint64) limit.rlim_cur, (guint64) limit.rlim_max);
}

FUNCTION (initialize)
{
  const char *what;

  g_variant_get (arguments, "(&s)", &what);
  if (g_str_equal (what, "badly"))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No %s database", what);
      return NULL;
    }
  initialized_with = g_strdup (what);
  return NULL;
}

FUNCTION (get_initialized)
{
  return g_variant_new_string (initialized_with != NULL ? initialized_with : "");
}

/* A loop that does not look up. */
FUNCTION (spin)
{
  static volatile guint counter;

  cfut_call_set_progress (call, 0, "spinning");
  while (TRUE)
    counter++;

  return NULL;
}

FUNCTION (raise_signal)
{
  guint32 number;

  g_variant_get (arguments, "(u)", &number);
  kill (getpid (), number);
  return NULL;
}

FUNCTION (get_environment)
{
  const char *name;
  const char *value;

  g_variant_get (arguments, "(&s)", &name);
  value = g_getenv (name);
  return g_variant_new_string (value != NULL ? value : "(unset)");
}

FUNCTION (hold_for_ever)
{
  static GPtrArray *held;

  if (held == NULL)
    held = g_ptr_array_new ();
  g_ptr_array_add (held, g_object_ref (call));
  cfut_call_set_progress (call, 0.5, NULL);
  return NULL;
}

void
register_functions (void)
{
#define T(type) G_VARIANT_TYPE (type)
  const struct
  {
    const char *name;
    const GVariantType *parameter_type;
    const GVariantType *result_type;
    CfutFunc func;
  } functions[] = {
    { "add", T ("(xx)"), T ("x"), add },
    { "describe-call", NULL, T ("(sxu)"), describe_call },
    { "echo", T ("(ay)"), T ("(ay)"), echo },
    { "fail", T ("(s)"), T ("x"), fail },
    { "get-cwd", NULL, T ("s"), get_cwd },
    { "get-environment", T ("(s)"), T ("s"), get_environment },
    { "get-initialized", NULL, T ("s"), get_initialized },
    { "get-rlimit", T ("(u)"), T ("(tt)"), get_rlimit },
    { "halve", T ("x"), T ("x"), halve },
    { "hold-for-ever", NULL, NULL, hold_for_ever },
    { "initialize", T ("(s)"), NULL, initialize },
    { "list-fds", NULL, T ("a{us}"), list_fds },
    { "nothing", NULL, NULL, return_nothing },
    { "print", T ("(s)"), NULL, print },
    { "raise-signal", T ("(u)"), NULL, raise_signal },
    { "read-status", NULL, T ("s"), read_status },
    { "read-stdin", NULL, T ("x"), read_stdin },
    { "report-and-wait", T ("(s)"), NULL, report_and_wait },
    { "report-long", NULL, NULL, report_long },
    { "report-much", NULL, NULL, report_much },
    { "silent", NULL, T ("x"), return_nothing },
    { "spin", NULL, NULL, spin },
    { "wait-for-cancel", NULL, NULL, wait_for_cancel },
    { "wait-for-gate", T ("(s)"), NULL, wait_for_gate },
    { "wrong-type", NULL, T ("x"), return_string },
  };
#undef T

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    cfut_register_function (functions[i].name, functions[i].parameter_type,
                            functions[i].result_type, functions[i].func, NULL, NULL);
}
