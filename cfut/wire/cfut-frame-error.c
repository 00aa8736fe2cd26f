/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-frame-private.h"

/*
 * Errors on the wire. What comes from a worker is a worker's word: its strings
 * are cut and made valid, not trusted.
 */
#define MAX_MESSAGE_LENGTH 4096
#define MAX_DOMAIN_LENGTH  255

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
  return g_strconcat (valid, "…", NULL);
}

/* Runs in: any thread. Locks: none. */
GVariant *
cfut_frame_error_to_variant (const GError *error)
{
  const char *text = error->message != NULL ? error->message : "";
  g_autofree char *message = make_text (text, strlen (text), MAX_MESSAGE_LENGTH);

  return g_variant_ref_sink (g_variant_new ("(siss)",
                                            error->domain != 0 ? g_quark_to_string (error->domain) : "",
                                            error->code,
                                            message,
                                            ""));
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

/* The string at @index of a tuple of byte strings; NULL if it has no end. */
static const char *
get_string (GVariant *strings,
            gsize     index,
            gsize    *length)
{
  g_autoptr(GVariant) child = g_variant_get_child_value (strings, index);
  const char *text = g_variant_get_fixed_array (child, length, 1);

  if (*length == 0 || memchr (text, '\0', *length) != text + *length - 1)
    return NULL;

  *length -= 1;
  return text; /* within the data of @strings */
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
  const char *domain, *message;
  gsize domain_length, message_length, detail_length;
  GQuark quark;
  gint32 code;

  /*
   * (siss) is read as (ayiayay), which is laid out the same: a string that is
   * not UTF-8 must not cost its message. The normal form is not checked, as all
   * that is taken out is looked at by itself.
   */
  body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(ayiayay)"), bytes, FALSE));

  domain = get_string (body, 0, &domain_length);
  message = get_string (body, 2, &message_length);
  if (domain == NULL || message == NULL || get_string (body, 3, &detail_length) == NULL)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "The body of an ERROR frame is not an error");
      return NULL;
    }

  g_variant_get_child (body, 1, "i", &code);
  valid_message = make_text (message, message_length, MAX_MESSAGE_LENGTH);

  quark = get_domain (domain);
  if (quark == 0)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, valid_message);

  return g_error_new_literal (quark, code, valid_message);
}
