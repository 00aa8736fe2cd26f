/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * cfut-worker MODULE…: the worker process of a process executor that has
 * modules, for programs that cannot be their own worker. Each module exports
 * cfut_module_register(); see cfut_worker_load_module().
 */

#include <cfut/cfut.h>
#include <stdlib.h>

static int
fail (const GError *error)
{
  g_printerr ("cfut-worker: %s\n", error->message);

  return EXIT_FAILURE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(CfutWorker) worker = NULL;
  g_autoptr(GError) error = NULL;

  if (!cfut_worker_is_requested ())
    {
      g_printerr ("cfut-worker runs functions for a program that uses cfut, which starts it by itself.\n"
                  "There is nothing that it could do when it is started by hand.\n");
      return EXIT_FAILURE;
    }

  worker = cfut_worker_new (&error);
  if (worker == NULL)
    return fail (error);

  for (int i = 1; i < argc; i++)
    if (!cfut_worker_load_module (worker, argv[i], &error))
      {
        cfut_worker_fail (worker, error);
        return fail (error);
      }

  if (!cfut_worker_run (worker, &error))
    return fail (error);

  return EXIT_SUCCESS;
}
