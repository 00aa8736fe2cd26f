/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "soak-functions.h"

#include <cfut/cfut.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FD_CHANNEL  3
#define FD_CLAIMS   5
#define HEADER_SIZE 48

static GVariant *
echo (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  return g_variant_ref (arguments);
}

/* All that fits; the channel does not block. */
static void
say (gconstpointer data,
     gsize         size)
{
  if (write (FD_CHANNEL, data, size) < 0)
    _exit (1);
}

/* A frame of this type and length, for a call that there is not. */
static void
say_header (guint8  type,
            guint32 length)
{
  guint8 header[HEADER_SIZE] = { 0x63, 0x46, 1, type };

  length = GUINT32_TO_LE (length);
  memcpy (header + 8, &length, sizeof length);
  memset (header + 16, 0x55, 8);
  say (header, sizeof header);
}

static GVariant *
lie (CfutCall  *call,
     GVariant  *arguments,
     gpointer   user_data,
     GError   **error)
{
  guint8 bytes[8192];

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = g_random_int ();

  switch (g_variant_get_uint32 (arguments) % SOAK_N_LIES)
    {
    case 0: /* noise */
      say (bytes, sizeof bytes);
      break;

    case 1: /* a result for nobody */
      say_header (4, 0);
      break;

    case 2: /* a body of which nothing comes */
      say_header (4, 1024 * 1024 * 1024);
      break;

    case 3: /* a part of a header, and then no more */
      say ("cF\1\4", 4);
      pause ();
      break;

    case 4: /* no channel any more */
      close (FD_CHANNEL);
      break;

    case 5: /* nothing that is shared is as it was */
    default:
      if (pwrite (FD_CLAIMS, bytes, 4096, 0) < 0)
        _exit (1);
      break;
    }

  return g_variant_new_uint32 (0);
}

static GVariant *
poison (CfutCall  *call,
        GVariant  *arguments,
        gpointer   user_data,
        GError   **error)
{
  abort ();
}

static GVariant *
hang (CfutCall  *call,
      GVariant  *arguments,
      gpointer   user_data,
      GError   **error)
{
  while (TRUE)
    pause ();

  return NULL;
}

void
soak_register_functions (void)
{
  cfut_register_function ("echo", G_VARIANT_TYPE_BYTESTRING, G_VARIANT_TYPE_BYTESTRING, echo, NULL, NULL);
  cfut_register_function ("lie", G_VARIANT_TYPE_UINT32, G_VARIANT_TYPE_UINT32, lie, NULL, NULL);
  cfut_register_function ("poison", NULL, NULL, poison, NULL, NULL);
  cfut_register_function ("hang", NULL, NULL, hang, NULL, NULL);
}
