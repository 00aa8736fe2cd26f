/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error-private.h"
#include "wire/cfut-frame-private.h"

/*
 * Errors on the wire. What comes from a worker is a worker's word: its strings
 * are cut and made valid, not trusted.
 */
#define MAX_MESSAGE_LENGTH   4096
#define MAX_DOMAIN_LENGTH    255
#define MAX_NAME_LENGTH      255
#define MAX_TRACEBACK_LENGTH (64 << 10)

/* What is left of a frame when the strings are in it. */
#define MAX_PAYLOAD_LENGTH (CFUT_FRAME_MAX_BODY - (256 << 10))

/* A domain becomes a GQuark, which is never freed, so a worker may bring only so
 * many that this process does not know. */
#define MAX_NEW_DOMAINS 1024

/* At most @max bytes of @text, cut between characters, as valid UTF-8. */
static char *
make_text (const char *text,
           gsize       length,
           gsize       max)
{
  g_autofree char *valid = NULL;
  gsize end = length;

  if (length <= max)
    return g_utf8_make_valid (text, length);

  end = max;
  while (end > 0 && ((guchar) text[end] & 0xc0) == 0x80)
    end--;

  valid = g_utf8_make_valid (text, end);
  return g_strconcat (valid, "...", NULL);
}

/* As a string in a variant; @text may be NULL. */
static GVariant *
new_text (const char *text,
          gsize       max)
{
  return g_variant_new_take_string (make_text (text != NULL ? text : "",
                                               text != NULL ? strlen (text) : 0,
                                               max));
}

/* A payload that no frame can hold is left out: the error matters more. */
static GVariant *
new_payload (GBytes *payload)
{
  if (payload == NULL || g_bytes_get_size (payload) > MAX_PAYLOAD_LENGTH)
    return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0, TRUE, NULL, NULL);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, payload, TRUE);
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_frame_error_to_variant (const GError *error)
{
  GVariant *fields[] = {
    g_variant_new_string (error->domain != 0 ? g_quark_to_string (error->domain) : ""),
    g_variant_new_int32 (error->code),
    new_text (error->message, MAX_MESSAGE_LENGTH),
    new_text (cfut_error_get_remote_name (error), MAX_NAME_LENGTH),
    new_text (cfut_error_get_remote_traceback (error), MAX_TRACEBACK_LENGTH),
    new_payload (cfut_error_get_remote_payload (error)),
  };

  return g_variant_ref_sink (g_variant_new_tuple (fields, G_N_ELEMENTS (fields)));
}

/* The quark of @name, or 0 if a worker may not bring it. */
static GQuark
get_domain (const char *name)
{
  static int n_new_domains; /* atomic */
  GQuark domain = g_quark_try_string (name);

  if (domain != 0 || name[0] == '\0' || strlen (name) > MAX_DOMAIN_LENGTH ||
      !g_str_is_ascii (name))
    return domain;

  if (g_atomic_int_add (&n_new_domains, 1) >= MAX_NEW_DOMAINS)
    {
      g_atomic_int_add (&n_new_domains, -1);
      return 0;
    }

  return g_quark_from_string (name);
}

/* One of the strings of a body, within its data. */
typedef struct
{
  const char *text; /* (unowned) */
  gsize length;
} Text;

/* The string at @index of a tuple of byte strings; FALSE if it has no end. */
static gboolean
get_text (GVariant *strings,
          gsize     index,
          Text     *text)
{
  g_autoptr(GVariant) child = g_variant_get_child_value (strings, index);
  gsize size;

  text->text = g_variant_get_fixed_array (child, &size, 1);
  if (size == 0 || memchr (text->text, '\0', size) != text->text + size - 1)
    return FALSE;

  text->length = size - 1;
  return TRUE;
}

/* Gives @error what a function of another language put into @body. */
static void
set_remote (GError     *error,
            const Text *name,
            const Text *traceback,
            GVariant   *body)
{
  g_autofree char *valid_name = make_text (name->text, name->length, MAX_NAME_LENGTH);
  g_autofree char *valid_traceback = make_text (traceback->text, traceback->length,
                                                MAX_TRACEBACK_LENGTH);
  g_autoptr(GVariant) child = g_variant_get_child_value (body, 5);
  g_autoptr(GBytes) payload = g_variant_get_data_as_bytes (child);

  cfut_error_set_remote (error, valid_name, valid_traceback, payload);
}

/* Runs in: any thread. Locks: none. */
GError *
cfut_frame_error_from_body (const guint8  *data,
                            gsize          length,
                            GError       **error)
{
  g_autoptr(GBytes) bytes = cfut_frame_copy_body (data, length);
  g_autoptr(GVariant) body = NULL;
  g_autofree char *valid_message = NULL;
  Text domain, message, name, traceback;
  GError *received;
  GQuark quark;
  gint32 code;

  /*
   * (sisssay) is read as (ayiayayayay), which is laid out the same: a string
   * that is not UTF-8 must not cost its message. The normal form is not checked,
   * as all that is taken out is looked at by itself.
   */
  body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(ayiayayayay)"), bytes, FALSE));

  if (!get_text (body, 0, &domain) || !get_text (body, 2, &message) ||
      !get_text (body, 3, &name) || !get_text (body, 4, &traceback))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "The body of an ERROR frame is not an error");
      return NULL;
    }

  g_variant_get_child (body, 1, "i", &code);
  valid_message = make_text (message.text, message.length, MAX_MESSAGE_LENGTH);

  quark = get_domain (domain.text);
  if (quark == 0)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, valid_message);

  received = g_error_new_literal (quark, code, valid_message);
  if (quark == CFUT_ERROR)
    set_remote (received, &name, &traceback, body);

  return received;
}
