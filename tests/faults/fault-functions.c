/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fault-functions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/process-support.h"

/*
 * What workers of these tests can do, beyond what process-functions.c has.
 */
#define FUNCTION(name) \
  static GVariant * \
  name (CfutCall  *call, \
        GVariant  *arguments, \
        gpointer   user_data, \
        GError   **error)

/* ---- Death. */

static void
exit_otherwise (void)
{
  _exit (7);
}

/* Exits in order, and a handler makes another end of it. */
FUNCTION (die_at_exit)
{
  atexit (exit_otherwise);
  exit (EXIT_SUCCESS);
}

/* Has no channel any more, but lives. */
FUNCTION (close_channel)
{
  GateEnd gate;

  gate_end_open (&gate, arguments);
  gate_end_note (&gate, call);
  close (3);
  gate_end_pass (&gate);
  gate_end_close (&gate);

  return NULL;
}

/* The rest of a process whose first thread has exited: it closes the channel, and
 * takes its time. */
static gpointer
exit_late_thread (gpointer unused)
{
  while (process_get_run_state (getpid ()) != 'Z')
    g_usleep (1000);
  close (3);
  g_usleep (200 * 1000);
  _exit (9);
}

/* Exits, but not at once. */
FUNCTION (die_late)
{
  g_thread_unref (g_thread_new ("late", exit_late_thread, NULL));
  syscall (SYS_exit, 0);
  g_assert_not_reached ();
}

/* Traces @pid, and lets it go after a while without having looked at it. */
static void
trace (int pid,
       int told)
{
  char answer = ptrace (PTRACE_SEIZE, pid, NULL, NULL) == 0;

  if (write (told, &answer, 1) == 1 && answer)
    g_usleep (100 * 1000);
  _exit (EXIT_SUCCESS);
}

/* Dies while it is traced; FALSE if that cannot be. */
FUNCTION (die_traced)
{
  int pid = getpid ();
  char answer = FALSE;
  int ends[2];

  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  g_assert_cmpint (pipe (ends), ==, 0);
  if (fork () == 0)
    trace (pid, ends[1]);
  g_assert_cmpint (read (ends[0], &answer, 1), ==, 1);
  if (answer)
    _exit (7);

  return g_variant_new_boolean (FALSE);
}

/* ---- Sockets. */

/* From now on no more is written at once. */
FUNCTION (shrink_channel)
{
  int size;

  g_variant_get (arguments, "(i)", &size);
  g_assert_cmpint (setsockopt (3, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), ==, 0);

  return NULL;
}

/* ---- Memory. */

/* Takes so many bytes, all of which it writes to, and gives them back. */
FUNCTION (allocate)
{
  guint64 n;
  gpointer data;

  g_variant_get (arguments, "(t)", &n);
  data = g_malloc (n);
  memset (data, 1, n);
  g_free (data);

  return g_variant_new_int32 (getpid ());
}

/* ---- Input. */

/* How many bytes there are. */
FUNCTION (read_input)
{
  char bytes[100];

  return g_variant_new_int32 (read (STDIN_FILENO, bytes, sizeof bytes));
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
  { "die-at-exit", NULL, NULL, die_at_exit },
  { "close-channel", "(iii)", "i", close_channel },
  { "die-late", NULL, NULL, die_late },
  { "die-traced", NULL, "b", die_traced },
  { "shrink-channel", "(i)", NULL, shrink_channel },
  { "allocate", "(t)", "i", allocate },
  { "read-input", NULL, "i", read_input },
};

void
fault_register_functions (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (registrations); i++)
    {
      const Registration *r = &registrations[i];

      cfut_register_function (r->name, (const GVariantType *) r->parameter_type,
                              (const GVariantType *) r->result_type, r->func, NULL, NULL);
    }
}
