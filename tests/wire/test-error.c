/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "cfut-error-private.h"
#include "wire/cfut-frame-private.h"

static GError *
send_over (const GError *sent)
{
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (sent, CFUT_FRAME_MAX_ERROR);
  g_autoptr(GError) error = NULL;
  GError *received;

  g_assert_cmpstr (g_variant_get_type_string (body), ==, "(sisssay)");
  received = cfut_frame_error_from_body (g_variant_get_data (body), g_variant_get_size (body), &error);
  g_assert_no_error (error);
  g_assert_nonnull (received);

  return received;
}

static void
test_round_trip (void)
{
  g_autoptr(GError) sent = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "Kein Platz für „%s“", "x");
  g_autoptr(GError) received = send_over (sent);

  g_test_summary ("An error keeps its domain, code and message");

  g_assert_error (received, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_cmpstr (received->message, ==, sent->message);
}

static void
test_odd_errors (void)
{
  GError no_domain = { 0, 5, (char *) "no domain" };
  GError no_message = { G_IO_ERROR, 5, NULL };
  GError not_utf8 = { G_IO_ERROR, 5, (char *) "bad \xff byte" };
  g_autoptr(GError) received = NULL;

  g_test_summary ("Errors that break the rules of GError are made into some that do not");

  received = send_over (&no_domain);
  g_assert_error (received, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (received->message, ==, "no domain");
  g_clear_error (&received);

  received = send_over (&no_message);
  g_assert_cmpstr (received->message, ==, "");
  g_clear_error (&received);

  received = send_over (&not_utf8);
  g_assert_cmpstr (received->message, ==, "bad \xef\xbf\xbd byte");
}

static void
test_exceptions (void)
{
  g_autoptr(GBytes) payload = g_bytes_new_static ("a\0b", 3);
  g_autoptr(GError) sent = cfut_error_new_remote ("Näme", "message", "first\nlast", payload);
  g_autoptr(GError) plain = g_error_new_literal (CFUT_ERROR, CFUT_ERROR_REMOTE, "message");
  g_autoptr(GError) received = send_over (sent);

  g_test_summary ("An error of cfut keeps what it carries, and nothing stays nothing");

  g_assert_error (received, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpstr (received->message, ==, "Näme: message");
  g_assert_cmpstr (cfut_error_get_remote_name (received), ==, "Näme");
  g_assert_cmpstr (cfut_error_get_remote_traceback (received), ==, "first\nlast");
  g_assert_true (g_bytes_equal (cfut_error_get_remote_payload (received), payload));
  g_clear_error (&received);

  received = send_over (plain);
  g_assert_null (cfut_error_get_remote_name (received));
  g_assert_null (cfut_error_get_remote_traceback (received));
  g_assert_null (cfut_error_get_remote_payload (received));
}

static void
test_large_exceptions (void)
{
  static const guint64 max_results[] = { 0, 1 << 20, CFUT_FRAME_MAX_BODY };

  g_test_summary ("An exception that is too large for its frame is left out, and the rest is there");

  for (guint i = 0; i < G_N_ELEMENTS (max_results); i++)
    {
      guint64 max_error = cfut_frame_get_max_error (max_results[i]);
      g_autofree char *text = g_strnfill (100000, 'x');
      g_autoptr(GBytes) payload = g_bytes_new_take (g_malloc0 (max_error), max_error);
      g_autoptr(GError) sent = cfut_error_new_remote ("Name", text, text, payload);
      g_autoptr(GVariant) body = cfut_frame_error_to_variant (sent, max_error);
      g_autoptr(GError) received = NULL;

      g_assert_cmpuint (g_variant_get_size (body), <=, max_error);
      received = cfut_frame_error_from_body (g_variant_get_data (body), g_variant_get_size (body), NULL);
      g_assert_error (received, CFUT_ERROR, CFUT_ERROR_REMOTE);
      g_assert_cmpstr (cfut_error_get_remote_name (received), ==, "Name");
      g_assert_null (cfut_error_get_remote_payload (received));
    }
}

/* Texts are given with their final zeros. */
static GError *
receive_body (const char *domain,
              gint32      code,
              const char *message,
              gsize       message_length,
              const char *name,
              gsize       name_length,
              const char *traceback,
              gsize       traceback_length)
{
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GError) error = NULL;
  GError *received;

  body = g_variant_ref_sink (g_variant_new ("(@ayi@ay@ay@ay@ay)",
                                            g_variant_new_bytestring (domain),
                                            code,
                                            g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                                       message, message_length, 1),
                                            g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                                       name, name_length, 1),
                                            g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                                       traceback, traceback_length, 1),
                                            g_variant_new_bytestring ("payload")));
  received = cfut_frame_error_from_body (g_variant_get_data (body), g_variant_get_size (body), &error);
  if (received == NULL)
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
  else
    g_assert_no_error (error);

  return received;
}

static GError *
receive (const char *domain,
         gint32      code,
         const char *message,
         gsize       message_length)
{
  return receive_body (domain, code, message, message_length, "", 1, "", 1);
}

static void
test_long_messages (void)
{
  const gsize length = 16 << 20;
  g_autofree char *message = g_malloc (length);
  g_autoptr(GError) received = NULL;

  g_test_summary ("A message of 16 MiB is cut at 4 KiB, between two characters, and made valid");

  memset (message, 'x', length);
  message[length - 1] = '\0';
  received = receive ("g-io-error-quark", 1, message, length);
  g_assert_cmpuint (strlen (received->message), ==, 4096 + strlen ("..."));
  g_assert_true (g_str_has_suffix (received->message, "x..."));
  g_clear_error (&received);

  /* Three bytes a character: 1365 of them are 4095 bytes. */
  for (gsize i = 0; i + 3 < length; i += 3)
    memcpy (message + i, "\xe2\x82\xac", 3);
  received = receive ("g-io-error-quark", 1, message, length);
  g_assert_cmpuint (strlen (received->message), ==, 4095 + strlen ("..."));
  g_assert_true (g_utf8_validate (received->message, -1, NULL));
  g_clear_error (&received);

  /* No character begins anywhere. */
  memset (message, 0x80, length - 1);
  received = receive ("g-io-error-quark", 1, message, length);
  g_assert_cmpstr (received->message, ==, "...");
}

static void
test_hostile_exceptions (void)
{
  const gsize length = 16 << 20;
  g_autofree char *text = g_strnfill (length - 1, 'x');
  g_autoptr(GError) received = NULL;

  g_test_summary ("The name and the traceback of an exception are cut, and made valid");

  received = receive_body ("cfut-error-quark", CFUT_ERROR_REMOTE, "m", 2, text, length, text, length);
  g_assert_error (received, CFUT_ERROR, CFUT_ERROR_REMOTE);
  g_assert_cmpuint (strlen (cfut_error_get_remote_name (received)), ==, 255 + strlen ("…"));
  g_assert_cmpuint (strlen (cfut_error_get_remote_traceback (received)), ==, 65536 + strlen ("…"));
  g_assert_cmpmem (g_bytes_get_data (cfut_error_get_remote_payload (received), NULL),
                   g_bytes_get_size (cfut_error_get_remote_payload (received)), "payload", 8);
  g_clear_error (&received);

  received = receive_body ("cfut-error-quark", 77, "m", 2, "\xff", 2, "\xfe!", 3);
  g_assert_cmpint (received->code, ==, 77);
  g_assert_cmpstr (cfut_error_get_remote_name (received), ==, "\xef\xbf\xbd");
  g_assert_cmpstr (cfut_error_get_remote_traceback (received), ==, "\xef\xbf\xbd!");
  g_clear_error (&received);

  /* Errors of other domains carry nothing. */
  received = receive_body ("g-io-error-quark", 1, "m", 2, "name", 5, "traceback", 10);
  g_assert_error (received, G_IO_ERROR, 1);
  g_assert_null (cfut_error_get_remote_name (received));
}

static void
test_bad_bodies (void)
{
  const guint8 short_body[] = { 0, 0, 0 };

  g_test_summary ("A body that is not an error is a protocol error");

  g_assert_null (receive ("x", 1, "no end", 6));
  g_assert_null (receive ("x", 1, "two\0ends", 9));
  g_assert_null (receive ("x", 1, "", 0));
  g_assert_null (receive_body ("x", 1, "m", 2, "no end", 6, "", 1));
  g_assert_null (receive_body ("x", 1, "m", 2, "", 1, "", 0));

  g_assert_null (cfut_frame_error_from_body (short_body, sizeof short_body, NULL));
  g_assert_null (cfut_frame_error_from_body (short_body, 0, NULL));
}

static void
test_domains (void)
{
  g_autofree char *long_name = g_strnfill (256, 'x');
  g_autoptr(GError) received = NULL;
  guint n_kept = 0;

  g_test_summary ("A worker brings new domains, but only so many and only names");

  received = receive ("worker-only-quark", 7, "m", 2);
  g_assert_error (received, g_quark_try_string ("worker-only-quark"), 7);
  g_clear_error (&received);

  received = receive (long_name, 7, "m", 2);
  g_assert_error (received, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&received);

  received = receive ("\xff", 7, "m", 2);
  g_assert_error (received, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&received);

  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("flood-%u", i);

      received = receive (name, 7, "m", 2);
      if (received->domain != G_IO_ERROR)
        n_kept++;
      g_clear_error (&received);
    }
  g_assert_cmpuint (n_kept, ==, 1023);

  /* Those that are known still work. */
  received = receive ("worker-only-quark", 8, "m", 2);
  g_assert_error (received, g_quark_try_string ("worker-only-quark"), 8);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire-error/round-trip", test_round_trip);
  g_test_add_func ("/wire-error/exceptions", test_exceptions);
  g_test_add_func ("/wire-error/large-exceptions", test_large_exceptions);
  g_test_add_func ("/wire-error/odd-errors", test_odd_errors);
  g_test_add_func ("/wire-error/long-messages", test_long_messages);
  g_test_add_func ("/wire-error/hostile-exceptions", test_hostile_exceptions);
  g_test_add_func ("/wire-error/bad-bodies", test_bad_bodies);
  g_test_add_func ("/wire-error/domains", test_domains);

  return g_test_run ();
}
