/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-lender-private.h"

/* ---- Out. */

typedef struct
{
  const CfutLender *lender;
  gpointer data;
  guint64 call;
  CfutLentBytes lent[CFUT_LENDING_MAX];
  guint n_lent;
} Lending;

static gboolean
take_cb (gpointer  data,
         guint32   leaf,
         GVariant *bytes)
{
  Lending *self = data;
  CfutLentBytes lent = { 0 };

  if (self->n_lent == CFUT_LENDING_MAX ||
      !self->lender->lend (self->data, self->call, bytes, &lent))
    return FALSE;

  self->lent[self->n_lent++] = (CfutLentBytes) {
    .leaf = GUINT32_TO_LE (leaf),
    .index = GUINT32_TO_LE (lent.index),
    .source = GUINT64_TO_LE (lent.source),
    .offset = GUINT64_TO_LE (lent.offset),
    .length = GUINT64_TO_LE (lent.length),
  };

  return TRUE;
}

/* Runs in: the thread that sends. */
GByteArray *
cfut_lender_make_body (const CfutLender *self,
                       gpointer          data,
                       guint64           call,
                       GVariant         *value)
{
  Lending lending = { .lender = self, .data = data, .call = call };
  g_autoptr(GVariant) rest = cfut_lending_take_out (value, take_cb, &lending);
  guint32 head[2] = { GUINT32_TO_LE (lending.n_lent), 0 };
  GByteArray *body;
  guint table_end;

  if (rest == NULL)
    return NULL;

  body = g_byte_array_new ();
  g_byte_array_append (body, (const guint8 *) head, sizeof head);
  g_byte_array_append (body, (const guint8 *) lending.lent, lending.n_lent * sizeof *lending.lent);
  table_end = body->len;
  g_byte_array_set_size (body, table_end + g_variant_get_size (rest));
  if (body->len > table_end)
    g_variant_store (rest, body->data + table_end);

  return body;
}

/* ---- In. */

/* Runs in: the thread that receives. */
int
cfut_lender_read_table (const guint8   *body,
                        gsize           length,
                        CfutLentBytes   lent[CFUT_LENDING_MAX],
                        gsize          *table_size,
                        GError        **error)
{
  guint32 head[2] = { 0, 1 };
  guint32 n_lent;

  if (length >= sizeof head)
    memcpy (head, body, sizeof head);
  n_lent = GUINT32_FROM_LE (head[0]);

  if (n_lent == 0 || n_lent > CFUT_LENDING_MAX || head[1] != 0 ||
      length - sizeof head < n_lent * sizeof *lent)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                           "A frame has a bad table of what is lent");
      return -1;
    }

  for (guint i = 0; i < n_lent; i++)
    {
      CfutLentBytes wire;

      memcpy (&wire, body + sizeof head + i * sizeof wire, sizeof wire);
      lent[i] = (CfutLentBytes) {
        .leaf = GUINT32_FROM_LE (wire.leaf),
        .index = GUINT32_FROM_LE (wire.index),
        .source = GUINT64_FROM_LE (wire.source),
        .offset = GUINT64_FROM_LE (wire.offset),
        .length = GUINT64_FROM_LE (wire.length),
      };
    }
  *table_size = sizeof head + n_lent * sizeof *lent;

  return n_lent;
}

typedef struct
{
  const CfutLender *lender;
  gpointer data;
  guint64 call;
  const CfutLentBytes *lent;
  guint n_lent;
  guint n_put;
  GError *error; /* (owned) (nullable) */
} Filling;

static GVariant *
put_cb (gpointer data,
        guint32  leaf)
{
  Filling *self = data;
  g_autoptr(GBytes) bytes = NULL;

  if (self->error != NULL || self->n_put == self->n_lent || self->lent[self->n_put].leaf != leaf)
    return NULL;

  bytes = self->lender->borrow (self->data, self->call, &self->lent[self->n_put++], &self->error);
  if (bytes == NULL)
    return NULL;

  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

/* Runs in: the thread that receives. */
GVariant *
cfut_lender_fill_value (const CfutLender     *self,
                        gpointer              data,
                        guint64               call,
                        GVariant             *value,
                        const CfutLentBytes  *lent,
                        guint                 n_lent,
                        GError              **error)
{
  Filling filling = {
    .lender = self, .data = data, .call = call, .lent = lent, .n_lent = n_lent
  };
  g_autoptr(GVariant) filled = cfut_lending_put_in (value, put_cb, &filling);

  for (guint i = filling.n_put; i < n_lent; i++)
    self->give_back (data, &lent[i]);

  if (filling.error == NULL && filling.n_put < n_lent)
    g_set_error_literal (&filling.error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                         "A frame lends bytes for which its value has no place");
  if (filling.error == NULL)
    return g_steal_pointer (&filled);

  g_propagate_error (error, filling.error);
  return NULL;
}
