/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "example.h"

#include <libsoup/soup.h>

/*
 * The pages are served here, on loopback: one of 1000 bytes, one that is never
 * answered, and everything else is missing. Beside the server there is a port
 * that refuses: it is bound, and nobody listens on it.
 */
typedef struct
{
  SoupServer *server;
  GSocketService *service;
  char *base;
  GSocket *deaf;
  char *refusing;
  guint n_hanging;
} Fixture;

static void
page_cb (SoupServer        *server,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  g_autofree char *page = g_strnfill (1000, 'x');

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, page, 1000);
}

static void
hang_cb (SoupServer        *server,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  Fixture *fixture = user_data;

  fixture->n_hanging++;
  soup_server_message_pause (message);
}

/* The connections are accepted here, since SoupServer 3.2.3 loses the reference
 * to each socket that it accepts itself. */
static gboolean
incoming_cb (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             gpointer           user_data)
{
  Fixture *fixture = user_data;
  g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr(GError) error = NULL;

  soup_server_accept_iostream (fixture->server, G_IO_STREAM (connection), local, remote, &error);
  g_assert_no_error (error);

  return TRUE;
}

static char *
dup_url (GSocketAddress *address)
{
  return g_strdup_printf ("http://127.0.0.1:%u/",
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

static void
set_up (Fixture       *fixture,
        gconstpointer  user_data)
{
  g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr(GSocketAddress) any_port = g_inet_socket_address_new (loopback, 0);
  g_autoptr(GSocketAddress) service_address = NULL;
  g_autoptr(GSocketAddress) deaf_address = NULL;
  g_autoptr(GError) error = NULL;

  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, "/page", page_cb, fixture, NULL);
  soup_server_add_handler (fixture->server, "/hang", hang_cb, fixture, NULL);

  fixture->service = g_socket_service_new ();
  g_signal_connect (fixture->service, "incoming", G_CALLBACK (incoming_cb), fixture);
  g_socket_listener_add_address (G_SOCKET_LISTENER (fixture->service), any_port,
                                 G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                 NULL, &service_address, &error);
  g_assert_no_error (error);
  fixture->base = dup_url (service_address);

  fixture->deaf = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->deaf, any_port, FALSE, &error);
  g_assert_no_error (error);
  deaf_address = g_socket_get_local_address (fixture->deaf, &error);
  g_assert_no_error (error);
  fixture->refusing = dup_url (deaf_address);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  user_data)
{
  g_socket_service_stop (fixture->service);
  g_socket_listener_close (G_SOCKET_LISTENER (fixture->service));
  soup_server_disconnect (fixture->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_assert_finalize_object (fixture->service);
  g_assert_finalize_object (fixture->server);
  g_assert_finalize_object (fixture->deaf);
  g_free (fixture->base);
  g_free (fixture->refusing);
}

static void
assert_line (const char *out,
             const char *url,
             const char *end)
{
  g_autofree char *text = g_strdup_printf ("%s: %s", url, end);

  if (strstr (out, text) == NULL)
    g_error ("No line \"%s\" in:\n%s", text, out);
}

static void
test_all_there (Fixture       *fixture,
                gconstpointer  user_data)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) lines = NULL;
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("Twenty pages are fetched side by side from one server");

  g_ptr_array_add (argv, example_path ("urls"));
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (argv, g_strdup_printf ("%spage?%u", fixture->base, i));
  g_ptr_array_add (argv, NULL);

  run = example_run_argv ((const char * const *) argv->pdata);
  lines = example_match (run->out, "^http.*/page\\?\\d+: 1000 bytes$");
  g_assert_cmpint (run->exit_status, ==, 0);
  g_assert_cmpuint (lines->len, ==, 20);
}

static void
test_time_out (Fixture       *fixture,
               gconstpointer  user_data)
{
  g_autofree char *page = g_strconcat (fixture->base, "page", NULL);
  g_autofree char *hang = g_strconcat (fixture->base, "hang", NULL);
  g_autofree char *missing = g_strconcat (fixture->base, "missing", NULL);
  g_autoptr(ExampleRun) run = NULL;

  g_test_summary ("A server that hangs costs the time-out and its own page only, and its fetch ends");

  run = example_run ("urls", "--timeout", "2", hang, page, fixture->refusing, missing, "nonsense", NULL);
  g_assert_cmpint (run->exit_status, ==, 1);

  assert_line (run->out, page, "1000 bytes\n");
  assert_line (run->out, missing, "404 Not Found\n");
  assert_line (run->out, fixture->refusing, "Could not connect to 127.0.0.1: Connection refused\n");
  assert_line (run->out, "nonsense", "Not the URL of a page\n");
  assert_line (run->out, hang, "Call ");

  /* A call that runs is cancelled when it has ended, not before. */
  g_assert_true (g_str_has_suffix (run->out, " was cancelled\n"));
  g_assert_cmpuint (fixture->n_hanging, ==, 1);
}

static void
test_usage (void)
{
  g_autoptr(ExampleRun) none = example_run ("urls", NULL);
  g_autoptr(ExampleRun) wrong = example_run ("urls", "--timeout", "soon", "http://127.0.0.1/", NULL);

  g_test_summary ("Missing and wrong arguments are told");

  g_assert_cmpint (none->exit_status, ==, 2);
  g_assert_nonnull (strstr (none->err, "Usage"));
  g_assert_cmpint (wrong->exit_status, ==, 2);
  g_assert_nonnull (strstr (wrong->err, "soon"));
}

int
main (int    argc,
      char **argv)
{
  /* No proxy between the program and this test. */
  g_unsetenv ("http_proxy");
  g_unsetenv ("HTTP_PROXY");
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);

  g_test_init (&argc, &argv, NULL);

  g_test_add ("/examples/urls/all-there", Fixture, NULL, set_up, test_all_there, tear_down);
  g_test_add ("/examples/urls/time-out", Fixture, NULL, set_up, test_time_out, tear_down);
  g_test_add_func ("/examples/urls/usage", test_usage);

  return g_test_run ();
}
