/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Words: functions that the program does not have, only its workers.
 *
 * The workers are cfut-worker processes, which load a module (words-module.c);
 * this program need not be able to serve calls and does not call cfut_init().
 * So can do a program in Python, or one that a plug-in must not crash.
 *
 *   $ words ./words.so /etc/passwd /etc/hostname
 *   36 /etc/passwd
 *   1 /etc/hostname
 */

#include <cfut/cfut.h>
#include <locale.h>

int
main (int    argc,
      char **argv)
{
  const char *modules[] = { NULL, NULL };
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(CfutExecutor) executor = NULL;
  gboolean success = TRUE;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  if (argc < 3)
    {
      g_printerr ("Usage: %s MODULE FILE...\n", argv[0]);
      return 2;
    }

  executor = cfut_process_executor_new (2);
  modules[0] = argv[1];
  cfut_process_executor_set_modules (CFUT_PROCESS_EXECUTOR (executor), modules);

  for (int i = 2; i < argc; i++)
    {
      g_autoptr(GError) error = NULL;
      CfutFuture *future = cfut_executor_submit (executor,
                                                 "count-words",
                                                 g_variant_new ("(^ay)", argv[i]),
                                                 NULL,
                                                 &error);

      if (future == NULL)
        {
          g_printerr ("%s: %s\n", argv[0], error->message);
          return 1;
        }

      g_ptr_array_add (futures, future);
    }

  for (guint i = 0; i < futures->len; i++)
    {
      g_autoptr(GVariant) n_words = NULL;
      g_autoptr(GError) error = NULL;

      n_words = cfut_future_dup_result (g_ptr_array_index (futures, i),
                                        CFUT_WAIT_FOREVER,
                                        &error);
      if (n_words != NULL)
        {
          g_print ("%" G_GUINT64_FORMAT " %s\n", g_variant_get_uint64 (n_words), argv[i + 2]);
          continue;
        }

      g_print ("%s\n", error->message);
      success = FALSE;
    }

  return success ? 0 : 1;
}
