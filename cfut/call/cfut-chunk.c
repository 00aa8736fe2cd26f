/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-chunk-private.h"

#include "call/cfut-call-private.h"
#include "cfut-error-private.h"

GVariantType *
cfut_chunk_get_result_type (const GVariantType *result_type)
{
  g_autofree char *result = g_variant_type_dup_string (result_type);
  g_autofree char *type = g_strdup_printf ("(a%sa" CFUT_CHUNK_FAILURE ")", result);

  return g_variant_type_new (type);
}

/* The most that an exception itself may take: there may be one for each item. */
#define MAX_PAYLOAD_LENGTH (64 << 10)

static void
add_failure (GVariantBuilder *failures,
             guint            index,
             const GError    *error)
{
  GVariant *fields[1 + CFUT_ERROR_N_FIELDS] = { g_variant_new_uint32 (index) };

  cfut_error_get_fields (error, MAX_PAYLOAD_LENGTH, fields + 1);
  g_variant_builder_add_value (failures, g_variant_new_tuple (fields, G_N_ELEMENTS (fields)));
}

GError *
cfut_chunk_read_failure (GVariant *failure,
                         guint    *index)
{
  g_autoptr(GVariant) last = g_variant_get_child_value (failure, CFUT_ERROR_N_FIELDS);
  g_autoptr(GBytes) payload = g_variant_get_data_as_bytes (last);
  const char *domain, *message, *name, *traceback;
  guint32 at;
  gint32 code;

  g_variant_get (failure, "(u&si&s&s&s@ay)", &at, &domain, &code, &message, &name, &traceback, NULL);
  *index = at;

  return cfut_error_new_received (domain, code, message, name, traceback, payload);
}

void
cfut_chunk_init (CfutChunk          *self,
                 const CfutFunction *function,
                 GVariant           *items)
{
  self->function = function;
  self->items = g_variant_ref (items);
  self->n_items = g_variant_n_children (items);
  self->n_started = 0;
  self->results = g_ptr_array_new_full (self->n_items, (GDestroyNotify) g_variant_unref);
  g_variant_builder_init (&self->failures, G_VARIANT_TYPE ("a" CFUT_CHUNK_FAILURE));
}

void
cfut_chunk_clear (CfutChunk *self)
{
  g_clear_pointer (&self->results, g_ptr_array_unref);
  g_clear_pointer (&self->items, g_variant_unref);
  g_variant_builder_clear (&self->failures);
}

/* Fails the items that were not started. */
static void
fail_rest (CfutChunk    *self,
           const GError *error)
{
  for (; self->n_started < self->n_items; self->n_started++)
    add_failure (&self->failures, self->n_started, error);
}

gboolean
cfut_chunk_start_next (CfutChunk *self,
                       CfutCall  *call)
{
  g_autoptr(GVariant) item = NULL;
  g_autoptr(GError) error = NULL;

  if (self->n_started == self->n_items)
    return FALSE;

  if (cfut_call_set_error_if_cancelled (call, &error))
    {
      fail_rest (self, error);
      return FALSE;
    }

  item = g_variant_get_child_value (self->items, self->n_started++);
  cfut_call_set_arguments (call, item);

  return TRUE;
}

void
cfut_chunk_end_item (CfutChunk    *self,
                     GVariant     *result,
                     const GError *error)
{
  g_assert (self->n_started > 0);

  if (result != NULL)
    g_ptr_array_add (self->results, result);
  else
    add_failure (&self->failures, self->n_started - 1, error);
}

GVariant *
cfut_chunk_dup_result (CfutChunk *self)
{
  GVariant *children[2];

  g_assert (self->n_started == self->n_items);

  children[0] = g_variant_new_array (self->function->result_type,
                                     (GVariant * const *) self->results->pdata,
                                     self->results->len);
  children[1] = g_variant_builder_end (&self->failures);

  return g_variant_ref_sink (g_variant_new_tuple (children, 2));
}

GVariant *
cfut_chunk_run (const CfutFunction *function,
                CfutCall           *call,
                GVariant           *items,
                CfutChunkItemFunc   started,
                gpointer            user_data)
{
  CfutChunk self;
  GVariant *result;

  cfut_chunk_init (&self, function, items);

  while (cfut_chunk_start_next (&self, call))
    {
      g_autoptr(GError) error = NULL;

      if (started != NULL)
        started (user_data, self.n_started - 1);

      result = cfut_function_run (function, call, cfut_call_get_arguments (call), &error);
      cfut_chunk_end_item (&self, result, error);
    }

  result = cfut_chunk_dup_result (&self);
  cfut_chunk_clear (&self);

  return result;
}
