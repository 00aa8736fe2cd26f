/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "call/cfut-program-private.h"
#include "worker/cfut-init.h"
#include "worker/cfut-worker-private.h"

static void G_GNUC_NORETURN
die (const GError *error)
{
  /* There is nobody to read it. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    _exit (EXIT_FAILURE);

  fprintf (stderr, "%s: cfut worker: %s\n",
           g_get_prgname () != NULL ? g_get_prgname () : "cfut", error->message);
  exit (EXIT_FAILURE);
}

static void G_GNUC_NORETURN
serve (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CfutWorker) worker = cfut_worker_new (&error);

  if (worker == NULL || !cfut_worker_run (worker, &error))
    {
      g_clear_object (&worker);
      die (error);
    }

  /* Whoever is left by its parent does not tidy up. */
  if (!cfut_worker_was_shut_down (worker))
    _exit (EXIT_SUCCESS);

  exit (EXIT_SUCCESS);
}

/**
 * cfut_init:
 * @argc: (inout) (nullable): the `argc` of `main()`
 * @argv: (inout) (array length=argc) (nullable): the `argv` of `main()`
 *
 * Lets this program be its own worker.
 *
 * A [class@Cfut.ProcessExecutor] runs calls in processes of the program that uses
 * it. Such a process comes here as the program does; this then serves calls until
 * the executor needs no more, and ends the process. In the program itself it
 * returns at once and changes nothing.
 *
 * Call it early in `main()`, after the functions are registered, and before
 * anything that a worker should not do: opening windows or displays, parsing
 * arguments, starting threads.
 *
 * ```c
 * int
 * main (int argc, char **argv)
 * {
 *   cfut_register_function ("pi", G_VARIANT_TYPE ("(x)"),
 *                           G_VARIANT_TYPE_DOUBLE, pi, NULL, NULL);
 *   cfut_init (&argc, &argv);
 *   …
 * }
 * ```
 *
 * A worker that was shut down ends by `exit(0)`, so that handlers of `atexit()`
 * run. One whose parent is gone ends at once. One that could not begin says why
 * on its standard error and exits with 1.
 *
 * Since: 1.0
 */
void
cfut_init (int    *argc,
           char ***argv)
{
  const char *program = NULL;

  if (argc != NULL && argv != NULL && *argc > 0 && *argv != NULL)
    program = (*argv)[0];

  /* A worker's functions may have executors too. */
  cfut_init_set_program (program);

  if (cfut_worker_is_requested ())
    serve ();
}
