/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cfut-error-private.h"

#include <string.h>

/*
 * Errors on their way from a worker process. What comes from there is a worker's
 * word: its strings are cut and made valid, not trusted.
 */
#define MAX_MESSAGE_LENGTH   4096
#define MAX_DOMAIN_LENGTH    255
#define MAX_NAME_LENGTH      255
#define MAX_TRACEBACK_LENGTH (64 << 10)

/* A domain becomes a GQuark, which is never freed, so a worker may bring only so
 * many that this process does not know. */
#define MAX_NEW_DOMAINS 1024

/* At most @max bytes of @text, cut between characters, as valid UTF-8. */
static char *
make_text (const char *text,
           gsize       max)
{
  g_autofree char *valid = NULL;
  gsize end = strnlen (text, max + 1);

  if (end <= max)
    return g_utf8_make_valid (text, end);

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
  return g_variant_new_take_string (make_text (text != NULL ? text : "", max));
}

/* A payload that there is no room for is left out: the error matters more. */
static GVariant *
new_payload (GBytes *payload,
             gsize   max)
{
  if (payload == NULL || g_bytes_get_size (payload) > max)
    return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0, TRUE, NULL, NULL);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, payload, TRUE);
}

/* Runs in: any thread. Locks: none. */
void
cfut_error_get_fields (const GError *self,
                       gsize         max_payload,
                       GVariant     *fields[CFUT_ERROR_N_FIELDS])
{
  fields[0] = g_variant_new_string (self->domain != 0 ? g_quark_to_string (self->domain) : "");
  fields[1] = g_variant_new_int32 (self->code);
  fields[2] = new_text (self->message, MAX_MESSAGE_LENGTH);
  fields[3] = new_text (cfut_error_get_remote_name (self), MAX_NAME_LENGTH);
  fields[4] = new_text (cfut_error_get_remote_traceback (self), MAX_TRACEBACK_LENGTH);
  fields[5] = new_payload (cfut_error_get_remote_payload (self), max_payload);
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

/* Runs in: any thread. Locks: none. */
GError *
cfut_error_new_received (const char *domain,
                         int         code,
                         const char *message,
                         const char *name,
                         const char *traceback,
                         GBytes     *payload)
{
  g_autofree char *valid_message = make_text (message, MAX_MESSAGE_LENGTH);
  g_autofree char *valid_name = NULL;
  g_autofree char *valid_traceback = NULL;
  GQuark quark = get_domain (domain);
  GError *self;

  if (quark == 0)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, valid_message);

  self = g_error_new_literal (quark, code, valid_message);
  if (quark != CFUT_ERROR)
    return self;

  valid_name = make_text (name, MAX_NAME_LENGTH);
  valid_traceback = make_text (traceback, MAX_TRACEBACK_LENGTH);
  cfut_error_set_remote (self, valid_name, valid_traceback, payload);

  return self;
}
