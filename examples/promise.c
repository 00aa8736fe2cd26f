/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Promise: a future for something that cfut does not run.
 *
 * A callback API, here GFile's, becomes one that returns a future: whoever does
 * the work keeps the promise, resolves or rejects it, and gets from it the
 * cancellable to work with. Futures from everywhere can then be combined.
 *
 *   $ promise /etc/hostname /etc/passwd
 *   3 bytes
 *   1286 bytes
 *   $ promise /etc/hostname /nothing
 *   Error when getting information for file “/nothing”: No such file or directory
 */

#include <cfut/cfut.h>
#include <locale.h>

static void
query_info_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(CfutPromise) promise = user_data;
  g_autoptr(GFileInfo) info = NULL;
  g_autoptr(GError) error = NULL;

  info = g_file_query_info_finish (G_FILE (object), result, &error);
  if (info == NULL)
    cfut_promise_reject (promise, error);
  else
    cfut_promise_resolve_variant (promise, g_variant_new_int64 (g_file_info_get_size (info)));
}

static CfutFuture *
get_file_size (GFile *file)
{
  CfutPromise *promise = cfut_promise_new ();
  CfutFuture *future = g_object_ref (cfut_promise_get_future (promise));

  g_file_query_info_async (file,
                           G_FILE_ATTRIBUTE_STANDARD_SIZE,
                           G_FILE_QUERY_INFO_NONE,
                           G_PRIORITY_DEFAULT,
                           cfut_promise_get_cancellable (promise),
                           query_info_cb,
                           promise);

  return future;
}

static void
all_cb (GObject      *object,
        GAsyncResult *result,
        gpointer      user_data)
{
  GMainLoop *loop = user_data;
  g_autoptr(GVariant) sizes = NULL;
  g_autoptr(GError) error = NULL;
  GVariantIter iter;
  GVariant *size;

  g_main_loop_quit (loop);

  sizes = cfut_future_result_finish (CFUT_FUTURE (object), result, &error);
  if (sizes == NULL)
    {
      g_print ("%s\n", error->message);
      return;
    }

  g_variant_iter_init (&iter, sizes);
  while (g_variant_iter_loop (&iter, "v", &size))
    g_print ("%" G_GINT64_FORMAT " bytes\n", g_variant_get_int64 (size));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(CfutFuture) all = NULL;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  for (int i = 1; i < argc; i++)
    {
      g_autoptr(GFile) file = g_file_new_for_commandline_arg (argv[i]);

      g_ptr_array_add (futures, get_file_size (file));
    }

  all = cfut_future_all ((CfutFuture **) futures->pdata, futures->len);
  cfut_future_result_async (all, NULL, all_cb, loop);
  g_main_loop_run (loop);

  return cfut_future_get_state (all) == CFUT_FUTURE_STATE_DONE ? 0 : 1;
}
