/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process-support.h"

/*
 * A worker as a host of another language has it: it registers nothing, but takes
 * calls and answers them. What test-host.c runs.
 */
#define HOST(name) \
  static void \
  name (CfutWorker *worker, \
        CfutCall   *call)

HOST (echo)
{
  gsize length;
  const guint8 *data = cfut_call_get_data (call, &length);

  cfut_worker_answer_data (worker, call, data, length, NULL);
}

static void
raise_exception (CfutWorker *worker,
                 CfutCall   *call,
                 const char *name,
                 const char *message)
{
  cfut_worker_answer_exception (worker, call, name, message, "at the end of the world",
                                (const guint8 *) "exception", 9);
}

HOST (divide)
{
  gint64 a, b;

  g_variant_get (cfut_call_get_arguments (call), "(xx)", &a, &b);
  if (b == 0)
    raise_exception (worker, call, "ZeroDivisionError", "division by zero");
  else
    cfut_worker_answer (worker, call, g_variant_new_int64 (a / b), NULL);
}

HOST (report)
{
  cfut_call_set_progress (call, 0.5, "half of it");
  cfut_worker_answer (worker, call, NULL, NULL);
}

static volatile sig_atomic_t interrupted;

static void
signal_handler (int number)
{
  interrupted = TRUE;
}

/* Comes to a gate, and waits until a signal says that it is cancelled. */
HOST (wait_for_signal)
{
  sigset_t blocked, before;
  GateEnd gate;

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGUSR1);
  pthread_sigmask (SIG_BLOCK, &blocked, &before);

  interrupted = FALSE;
  gate_end_open (&gate, cfut_call_get_arguments (call));
  gate_end_note (&gate, call);
  while (!interrupted)
    ppoll (NULL, 0, NULL, &before);
  gate_end_close (&gate);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  raise_exception (worker, call, "KeyboardInterrupt", NULL);
}

HOST (hold)
{
  GateEnd gate;

  gate_end_open (&gate, cfut_call_get_arguments (call));
  gate_end_note (&gate, call);
  gate_end_pass (&gate);
  gate_end_close (&gate);
  cfut_worker_answer (worker, call, g_variant_new_int32 (getpid ()), NULL);
}

/* Dies once it is let through. */
HOST (hold_and_die)
{
  GateEnd gate;

  gate_end_open (&gate, cfut_call_get_arguments (call));
  gate_end_note (&gate, call);
  gate_end_pass (&gate);
  raise (SIGKILL);
}

HOST (initialize)
{
  const char *how;

  g_variant_get (cfut_call_get_arguments (call), "(&s)", &how);
  if (g_str_equal (how, "badly"))
    raise_exception (worker, call, "ImportError", "no such module");
  else
    cfut_worker_answer (worker, call, NULL, NULL);
}

/* Functions that nobody has declared: "any.sum…" of all numbers that it is
 * given, and "any.kind…", the type of its arguments. */
HOST (run_any)
{
  GVariant *arguments = cfut_call_get_arguments (call);
  g_autoptr(GVariant) inner = NULL;
  const char *name;

  g_assert_cmpstr (cfut_call_get_function (call), ==, "*");
  g_variant_get (arguments, "(&sv)", &name, &inner);

  if (g_str_has_prefix (name, "any.sum"))
    {
      gint64 sum = 0;

      for (gsize i = 0; i < g_variant_n_children (inner); i++)
        {
          g_autoptr(GVariant) child = g_variant_get_child_value (inner, i);

          sum += g_variant_get_int64 (child);
        }
      cfut_worker_answer (worker, call, g_variant_new_variant (g_variant_new_int64 (sum)), NULL);
    }
  else if (g_str_has_prefix (name, "any.kind"))
    {
      const char *type = g_variant_get_type_string (inner);

      cfut_worker_answer (worker, call, g_variant_new_variant (g_variant_new_string (type)), NULL);
    }
  else
    {
      raise_exception (worker, call, "ImportError", name);
    }
}

static const struct
{
  const char *name;
  const char *parameter_type;
  const char *result_type;
  void (*run) (CfutWorker *worker,
               CfutCall   *call);
} functions[] = {
  { "*", "(sv)", "v", run_any },
  { "divide", "(xx)", "x", divide },
  { "echo", "ay", "ay", echo },
  { "host-hold", "(iii)", "i", hold },
  { "host-hold-and-die", "(iii)", "i", hold_and_die },
  { "host-initialize", "(s)", "()", initialize },
  { "host-report", "()", "()", report },
  { "wait-for-signal", "(iii)", "i", wait_for_signal },
};

/* As "host-worker any" it takes the calls of all names, too. */
int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutWorker) worker = cfut_worker_new (&error);
  CfutCall *call;

  g_assert_no_error (error);

  for (guint i = argc > 1 ? 0 : 1; i < G_N_ELEMENTS (functions); i++)
    cfut_worker_add_function (worker, functions[i].name,
                              G_VARIANT_TYPE (functions[i].parameter_type),
                              G_VARIANT_TYPE (functions[i].result_type));
  signal (SIGUSR1, signal_handler);
  cfut_worker_set_cancel_signal (worker, SIGUSR1);

  while ((call = cfut_worker_next (worker, &error)) != NULL)
    {
      guint i = 0;

      while (!g_str_equal (functions[i].name, cfut_call_get_function (call)))
        i++;
      functions[i].run (worker, call);
      g_object_unref (call);
    }

  return error != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
