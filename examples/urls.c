/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Urls: pages fetched side by side, each printed when it is there.
 *
 * The fetches wait on the network, so threads suit them. An overall time-out
 * ends the program's patience with slow servers, and the fetch with it: the
 * call's cancellable is libsoup's as well.
 *
 *   $ urls --timeout 5 https://www.gnome.org/ https://www.gnome.org/nothing http://localhost:1/
 *   http://localhost:1/: Could not connect to localhost: Connection refused
 *   https://www.gnome.org/nothing: 404 Not Found
 *   https://www.gnome.org/: 38201 bytes
 */

#include <cfut/cfut.h>
#include <libsoup/soup.h>
#include <locale.h>

static GVariant *
fetch (CfutCall  *call,
       GVariant  *arguments,
       gpointer   user_data,
       GError   **error)
{
  SoupSession *session = user_data; /* Since 3.2 any thread may send with it. */
  g_autoptr(SoupMessage) message = NULL;
  g_autoptr(GBytes) page = NULL;
  const char *url;

  g_variant_get (arguments, "(&s)", &url);

  message = soup_message_new ("GET", url);
  if (message == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "Not the URL of a page");
      return NULL;
    }

  page = soup_session_send_and_read (session,
                                     message,
                                     cfut_call_get_cancellable (call),
                                     error);
  if (page == NULL)
    return NULL;

  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%u %s",
                   soup_message_get_status (message),
                   soup_message_get_reason_phrase (message));
      return NULL;
    }

  return g_variant_new_uint64 (g_bytes_get_size (page));
}

static CfutFuture *
submit_fetch (CfutExecutor  *executor,
              const char    *url,
              GError       **error)
{
  g_autoptr(CfutSubmitOptions) options = cfut_submit_options_new ();

  cfut_submit_options_set_name (options, url);

  return cfut_executor_submit_full (executor,
                                    "fetch",
                                    g_variant_new ("(s)", url),
                                    options,
                                    error);
}

static gboolean
print_page (CfutFuture *future)
{
  g_autoptr(GVariant) length = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *url = cfut_future_dup_name (future);

  length = cfut_future_dup_result (future, CFUT_WAIT_FOREVER, &error);
  if (length == NULL)
    {
      g_print ("%s: %s\n", url, error->message);
      return FALSE;
    }

  g_print ("%s: %" G_GUINT64_FORMAT " bytes\n", url, g_variant_get_uint64 (length));
  return TRUE;
}

/* Prints the pages as they come, and last those that did not come in time. */
static gboolean
print_pages (GPtrArray *futures,
             gint64     timeout_us)
{
  g_autoptr(CfutCompletedIterator) iterator = NULL;
  g_autoptr(GError) error = NULL;
  CfutFuture *future;
  gboolean success = TRUE;

  iterator = cfut_as_completed ((CfutFuture **) futures->pdata,
                                futures->len,
                                timeout_us);

  while ((future = cfut_completed_iterator_next (iterator, &error)) != NULL)
    {
      success &= print_page (future);
      g_ptr_array_remove_fast (futures, future);
      g_object_unref (future);
    }

  for (guint i = 0; i < futures->len; i++)
    {
      cfut_future_cancel (g_ptr_array_index (futures, i));
      success &= print_page (g_ptr_array_index (futures, i));
    }

  return success;
}

int
main (int    argc,
      char **argv)
{
  double timeout = 10;
  g_auto(GStrv) urls = NULL;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &timeout, "Seconds to wait for all pages", "SECONDS" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &urls, NULL, "URL..." },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(CfutExecutor) executor = NULL;
  g_autoptr(GError) error = NULL;
  SoupSession *session;

  setlocale (LC_ALL, ""); /* error messages are in UTF-8 */

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("urls: %s\n", error->message);
      return 2;
    }

  if (urls == NULL)
    {
      g_printerr ("Usage: urls [--timeout SECONDS] URL...\n");
      return 2;
    }

  executor = cfut_thread_executor_new (0);
  session = soup_session_new_with_options ("max-conns", cfut_executor_get_max_workers (executor),
                                           "max-conns-per-host", cfut_executor_get_max_workers (executor),
                                           NULL);
  cfut_register_function ("fetch",
                          G_VARIANT_TYPE ("(s)"), G_VARIANT_TYPE_UINT64,
                          fetch, session, g_object_unref);

  for (guint i = 0; urls[i] != NULL; i++)
    {
      CfutFuture *future = submit_fetch (executor, urls[i], &error);

      if (future == NULL)
        {
          g_printerr ("urls: %s\n", error->message);
          return 1;
        }

      g_ptr_array_add (futures, future);
    }

  return print_pages (futures, timeout * G_USEC_PER_SEC) ? 0 : 1;
}
