/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process-support.h"

/*
 * What the workers of the tests can do.
 */
#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

/* ---- Values. */

FUNCTION (echo)
{
  return g_variant_get_child_value (arguments, 0);
}

FUNCTION (square)
{
  gint64 x;

  g_variant_get (arguments, "(x)", &x);

  return g_variant_new_int64 (x * x);
}

/* An array of @n bytes, each the sum of its index and 7. */
FUNCTION (make_bytes)
{
  guint64 n;
  guint8 *bytes;

  g_variant_get (arguments, "(t)", &n);
  bytes = g_malloc (n);
  for (guint64 i = 0; i < n; i++)
    bytes[i] = i + 7;

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, bytes, n, TRUE, g_free, bytes);
}

FUNCTION (fail)
{
  const char *domain, *message;
  int code;

  g_variant_get (arguments, "(&si&s)", &domain, &code, &message);
  g_set_error_literal (error, g_quark_from_string (domain), code, message);

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

/* ---- The process. */

FUNCTION (get_pid)
{
  return g_variant_new_int32 (getpid ());
}

/* How many calls of this function this process has run. */
FUNCTION (count)
{
  static int n;

  return g_variant_new ("(ii)", (int) getpid (), ++n);
}

FUNCTION (get_environment)
{
  const char *variable;

  g_variant_get (arguments, "(&s)", &variable);

  return g_variant_new ("ms", g_getenv (variable));
}

FUNCTION (get_cwd)
{
  return g_variant_new_take_string (g_get_current_dir ());
}

FUNCTION (get_rlimit)
{
  struct rlimit limit;
  guint32 resource;

  g_variant_get (arguments, "(u)", &resource);
  g_assert_cmpint (getrlimit (resource, &limit), ==, 0);

  return g_variant_new ("(tt)", (guint64) limit.rlim_cur, (guint64) limit.rlim_max);
}

FUNCTION (read_file)
{
  g_autofree char *contents = NULL;
  const char *path;

  g_variant_get (arguments, "(&s)", &path);
  if (!g_file_get_contents (path, &contents, NULL, error))
    return NULL;

  return g_variant_new_string (contents);
}

/* The descriptors that are open. */
FUNCTION (list_fds)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, error);
  GVariantBuilder builder;
  const char *name;

  if (dir == NULL)
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("as"));
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      g_variant_builder_add (&builder, "s", target != NULL ? target : "");
    }

  return g_variant_builder_end (&builder);
}

FUNCTION (leak)
{
  static GSList *leaked;
  guint64 n;

  g_variant_get (arguments, "(t)", &n);
  leaked = g_slist_prepend (leaked, g_malloc (n));
  memset (leaked->data, 1, n);

  return g_variant_new_int32 (getpid ());
}

static char *initialized_with;

FUNCTION (initialize)
{
  const char *text;

  g_variant_get (arguments, "(&s)", &text);
  initialized_with = g_strdup (text);

  return NULL;
}

FUNCTION (get_initialized)
{
  return g_variant_new ("ms", initialized_with);
}

/* ---- Reports. */

FUNCTION (print)
{
  const char *out, *err;

  g_variant_get (arguments, "(&s&s)", &out, &err);
  fputs (out, stdout);
  fputs (err, stderr);

  return NULL;
}

/* So many lines of 64 bytes to each. */
FUNCTION (print_much)
{
  guint32 n;

  g_variant_get (arguments, "(u)", &n);
  for (guint32 i = 0; i < n; i++)
    {
      printf ("%62u\n", i);
      fprintf (stderr, "%62u\n", i);
    }

  return NULL;
}

/* Reports so often, the last time 1.0 and "last". */
FUNCTION (report)
{
  guint32 n;

  g_variant_get (arguments, "(u)", &n);
  for (guint32 i = 1; i <= n; i++)
    cfut_call_set_progress (call, (double) i / n, i == n ? "last" : NULL);

  return NULL;
}

FUNCTION (get_attempt)
{
  return g_variant_new_int32 (cfut_call_get_attempt (call));
}

FUNCTION (get_deadline)
{
  return g_variant_new_int64 (cfut_call_get_deadline (call));
}

/* ---- Gates. */

FUNCTION (note)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  gate_end_note (&gate, call);
  gate_end_close (&gate);

  return g_variant_new_int32 (getpid ());
}

/* Takes no notice of being cancelled. */
FUNCTION (hold)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  gate_end_note (&gate, call);
  gate_end_pass (&gate);
  gate_end_close (&gate);

  return g_variant_new_int32 (getpid ());
}

/* As above, beside something large. */
FUNCTION (hold_bytes)
{
  g_autoptr(GVariant) gate = g_variant_get_child_value (arguments, 0);

  return hold (call, gate, user_data, error);
}

/* Reports half of its progress, then waits to be cancelled or let through. */
FUNCTION (hold_politely)
{
  GCancellable *cancellable = cfut_call_get_cancellable (call);
  struct pollfd poll_fds[2] = { 0 };
  GPollFD cancel_fd;
  GateEnd gate;

  gate_end_open (&gate, arguments);
  cfut_call_set_progress (call, 0.5, "holding");
  gate_end_note (&gate, call);

  g_assert_true (g_cancellable_make_pollfd (cancellable, &cancel_fd));
  poll_fds[0] = (struct pollfd) { gate.passes, POLLIN, 0 };
  poll_fds[1] = (struct pollfd) { cancel_fd.fd, POLLIN, 0 };
  while (poll (poll_fds, 2, -1) < 0 && errno == EINTR)
    continue;
  g_cancellable_release_fd (cancellable);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      gate_end_close (&gate);
      return NULL;
    }
  gate_end_pass (&gate);
  gate_end_close (&gate);

  return g_variant_new_int32 (getpid ());
}

/* As hold(), with every signal blocked and ignored. */
FUNCTION (hold_deaf)
{
  sigset_t all;

  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);
  signal (SIGTERM, SIG_IGN);

  return hold (call, arguments, user_data, error);
}

/* Computes for ever. */
FUNCTION (spin_forever)
{
  static volatile guint64 n;
  GateEnd gate;

  gate_end_open (&gate, arguments);
  gate_end_note (&gate, call);
  gate_end_close (&gate);
  while (TRUE)
    n++;

  return NULL;
}

/* Computes for so many microseconds. */
FUNCTION (spin)
{
  gint64 x, end;

  g_variant_get (arguments, "(x)", &x);
  end = g_get_monotonic_time () + x;
  while (g_get_monotonic_time () < end)
    continue;

  return g_variant_new_int64 (x);
}

/* ---- Death. */

static void
raise_for_good (int signum)
{
  signal (signum, SIG_DFL);
  raise (signum);
}

/* A positive number is a signal; one below is an exit status of _exit(), and
 * from -1000 one of exit(). */
FUNCTION (die)
{
  const char *last_words;
  int how;

  g_variant_get (arguments, "(i&s)", &how, &last_words);
  fputs (last_words, stderr);
  if (how > 0)
    raise_for_good (how);
  if (how <= -1000)
    exit (-1000 - how);
  _exit (-how);
}

/* Notes each attempt, and dies of SIGKILL in all before the last argument. */
FUNCTION (die_until)
{
  g_autoptr(GVariant) gate_arguments = NULL;
  GateEnd gate;
  int last;

  g_variant_get (arguments, "(@(iii)i)", &gate_arguments, &last);
  gate_end_open (&gate, gate_arguments);
  gate_end_note (&gate, call);
  gate_end_close (&gate);
  if ((int) cfut_call_get_attempt (call) < last)
    raise_for_good (SIGKILL);

  return g_variant_new_int32 (cfut_call_get_attempt (call));
}

/* As above, but by SIGABRT. */
FUNCTION (abort_until)
{
  int last;

  g_variant_get (arguments, "(i)", &last);
  if ((int) cfut_call_get_attempt (call) < last)
    raise_for_good (SIGABRT);

  return g_variant_new_int32 (cfut_call_get_attempt (call));
}

/* As above, and returns what it was given. */
FUNCTION (abort_with_until)
{
  g_autoptr(GVariant) bytes = NULL;
  int last;

  g_variant_get (arguments, "(i@ay)", &last, &bytes);
  if ((int) cfut_call_get_attempt (call) < last)
    raise_for_good (SIGABRT);

  return g_steal_pointer (&bytes);
}

/* Keeps what it is given for as long as the process lives. */
static GPtrArray *kept;

FUNCTION (keep)
{
  if (kept == NULL)
    kept = g_ptr_array_new ();
  g_ptr_array_add (kept, g_variant_ref (arguments));

  return g_variant_new_uint32 (kept->len);
}

/* What came as the @n-th. */
FUNCTION (get_kept)
{
  guint32 n;

  g_variant_get (arguments, "(u)", &n);

  return g_variant_get_child_value (kept->pdata[n], 0);
}

static void
kill_self (gpointer data)
{
  g_free (data);
  raise (SIGKILL);
}

/* Returns so many zero bytes after so many microseconds, and is dead as soon as
 * they are freed: a large result when it is written, a small one when it is
 * queued. */
FUNCTION (answer_and_die)
{
  gint64 x, end;
  guint64 n;
  gpointer data;

  g_variant_get (arguments, "(tx)", &n, &x);
  end = g_get_monotonic_time () + x;
  while (g_get_monotonic_time () < end)
    continue;
  data = g_malloc0 (n);

  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, n, TRUE, kill_self, data);
}

/* Says no more, but lives. */
FUNCTION (shut_channel)
{
  shutdown (3, SHUT_WR);

  return hold (call, arguments, user_data, error);
}

FUNCTION (become_sleep)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  gate_end_note (&gate, call);
  gate_end_close (&gate);
  execlp ("sleep", "sleep", "1000", NULL);
  _exit (127);
}

/* Leaves a process behind that holds all it has open, and dies. */
FUNCTION (fork_and_die)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  if (fork () == 0)
    {
      gate_end_note (&gate, call);
      gate_end_pass (&gate);
      _exit (0);
    }
  raise_for_good (SIGKILL);

  return NULL;
}

FUNCTION (stop_self)
{
  raise (SIGSTOP);

  return g_variant_new_int32 (getpid ());
}

/* ---- The table. */

typedef struct
{
  const char *name;
  const char *parameter_type;
  const char *result_type;
  CfutFunc func;
} Registration;

static const Registration registrations[] = {
  { "square", "(x)", "x", square },
  { "make-bytes", "(t)", "ay", make_bytes },
  { "fail", "(sis)", NULL, fail },
  { "return-string", NULL, "i", return_string },
  { "return-nothing", NULL, "i", return_nothing },
  { "pid", NULL, "i", get_pid },
  { "count", NULL, "(ii)", count },
  { "environment", "(s)", "ms", get_environment },
  { "cwd", NULL, "s", get_cwd },
  { "rlimit", "(u)", "(tt)", get_rlimit },
  { "read-file", "(s)", "s", read_file },
  { "list-fds", NULL, "as", list_fds },
  { "leak", "(t)", "i", leak },
  { "initialize", "(s)", NULL, initialize },
  { "initialized", NULL, "ms", get_initialized },
  { "print", "(ss)", NULL, print },
  { "print-much", "(u)", NULL, print_much },
  { "report", "(u)", NULL, report },
  { "attempt", NULL, "i", get_attempt },
  { "deadline", NULL, "x", get_deadline },
  { "note", "(iii)", "i", note },
  { "hold", "(iii)", "i", hold },
  { "hold-bytes", "((iii)ay)", "i", hold_bytes },
  { "hold-politely", "(iii)", "i", hold_politely },
  { "hold-deaf", "(iii)", "i", hold_deaf },
  { "spin-forever", "(iii)", "i", spin_forever },
  { "spin", "(x)", "x", spin },
  { "die", "(is)", NULL, die },
  { "die-until", "((iii)i)", "i", die_until },
  { "abort-until", "(i)", "i", abort_until },
  { "abort-with-until", "(iay)", "ay", abort_with_until },
  { "keep", "(ay)", "u", keep },
  { "kept", "(u)", "ay", get_kept },
  { "answer-and-die", "(tx)", "ay", answer_and_die },
  { "shut-channel", "(iii)", "i", shut_channel },
  { "become-sleep", "(iii)", "i", become_sleep },
  { "fork-and-die", "(iii)", "i", fork_and_die },
  { "stop-self", NULL, "i", stop_self },
};

const char * const process_echo_types[] = {
  "b", "y", "n", "q", "i", "u", "x", "t", "h", "d", "s", "o", "g", "v", "ay", "as", "aay",
  "mb", "ms", "m(is)", "mmi", "()", "(b)", "(iy)", "(yi)", "(sas)", "(ybiqxd)", "a(si)", "a{sv}", "a{ii}",
  "{sv}", "(a{sas}m(dd)av)", "aaai", NULL
};

void
process_register_functions (void)
{
  const struct rlimit no_core = { 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (registrations); i++)
    {
      const Registration *r = &registrations[i];

      cfut_register_function (r->name, (const GVariantType *) r->parameter_type,
                              (const GVariantType *) r->result_type, r->func, NULL, NULL);
    }

  for (guint i = 0; process_echo_types[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("echo-%s", process_echo_types[i]);
      g_autofree char *parameter_type = g_strdup_printf ("(%s)", process_echo_types[i]);

      cfut_register_function (name, G_VARIANT_TYPE (parameter_type),
                              G_VARIANT_TYPE (process_echo_types[i]), echo, NULL, NULL);
    }

  /* Workers are to die here, and nobody wants to look into them. */
  setrlimit (RLIMIT_CORE, &no_core);
}
