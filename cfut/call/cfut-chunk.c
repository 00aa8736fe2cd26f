/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "call/cfut-chunk-private.h"

#include "call/cfut-call-private.h"
#include "cfut-error-private.h"
#include "cfut-layout-private.h"

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

static CfutChunkArray *
cfut_chunk_array_new (const CfutFunction *function,
                      GVariant           *items)
{
  CfutChunkArray *self = g_new0 (CfutChunkArray, 1);

  self->items = g_variant_get_data (items);
  self->item_size = cfut_layout_get (function->parameter_type).size;
  self->result_size = cfut_layout_get (function->result_type).size;
  self->results = g_try_malloc0_n (g_variant_n_children (items), self->result_size);

  return self;
}

static void
cfut_chunk_array_free (CfutChunkArray *self)
{
  g_free (self->results);
  g_free (self);
}

void
cfut_chunk_init (CfutChunk          *self,
                 const CfutFunction *function,
                 GVariant           *items)
{
  *self = (CfutChunk) { .function = function, .items = g_variant_ref (items) };
  self->n_items = g_variant_n_children (items);
  if (function->array_func != NULL)
    self->array = cfut_chunk_array_new (function, items);
  else
    self->results = g_ptr_array_new_full (self->n_items, (GDestroyNotify) g_variant_unref);
  g_variant_builder_init (&self->failures, G_VARIANT_TYPE ("a" CFUT_CHUNK_FAILURE));
}

void
cfut_chunk_clear (CfutChunk *self)
{
  g_clear_pointer (&self->results, g_ptr_array_unref);
  g_clear_pointer (&self->array, cfut_chunk_array_free);
  g_clear_pointer (&self->items, g_variant_unref);
  g_variant_builder_clear (&self->failures);
}

static void
cfut_chunk_fail_item (CfutChunk    *self,
                      guint         index,
                      const GError *error)
{
  add_failure (&self->failures, index, error);
  self->n_failed++;
}

/* Fails the items that were not started. */
static void
cfut_chunk_fail_rest (CfutChunk    *self,
                      const GError *error)
{
  for (; self->n_started < self->n_items; self->n_started++)
    cfut_chunk_fail_item (self, self->n_started, error);
}

gboolean
cfut_chunk_start_next (CfutChunk *self,
                       CfutCall  *call)
{
  g_autoptr(GVariant) item = NULL;
  g_autoptr(GError) error = NULL;

  if (self->n_started == self->n_items)
    return FALSE;

  if (self->array != NULL && self->array->results == NULL)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                 "There is no memory for the results of %u calls of function \"%s\"",
                 self->n_items, self->function->name);
  else
    cfut_call_set_error_if_cancelled (call, &error);

  if (error != NULL)
    {
      cfut_chunk_fail_rest (self, error);
      return FALSE;
    }

  self->n_running = 1;
  if (self->array != NULL)
    self->n_running = MIN (CFUT_CHUNK_RANGE, self->n_items - self->n_started);
  self->n_started += self->n_running;

  if (self->array == NULL)
    {
      item = g_variant_get_child_value (self->items, self->n_started - 1);
      cfut_call_set_arguments (call, item);
    }

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
    cfut_chunk_fail_item (self, self->n_started - 1, error);
}

/* Runs several items. The results of those that do not fail are put one behind
 * the other. */
static void
cfut_chunk_run_range (CfutChunk *self,
                      CfutCall  *call)
{
  CfutChunkArray *array = self->array;
  guint i = self->n_started - self->n_running;

  while (i < self->n_started)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) cancelled = NULL;
      gsize n_done = cfut_function_run_array (self->function, call,
                                              array->items + i * array->item_size,
                                              self->n_started - i,
                                              array->results + array->n_results * array->result_size,
                                              &error);

      array->n_results += n_done;
      i += n_done;

      if (error != NULL)
        cfut_chunk_fail_item (self, i++, error);

      if (i < self->n_started && cfut_call_set_error_if_cancelled (call, &cancelled))
        while (i < self->n_started)
          cfut_chunk_fail_item (self, i++, cancelled);
    }
}

void
cfut_chunk_run_started (CfutChunk *self,
                        CfutCall  *call)
{
  g_autoptr(GError) error = NULL;
  GVariant *result;

  if (self->array != NULL)
    {
      cfut_chunk_run_range (self, call);
      return;
    }

  result = cfut_function_run (self->function, call, cfut_call_get_arguments (call), &error);
  cfut_chunk_end_item (self, result, error);
}

/* The results of those that have not failed, floating. */
static GVariant *
cfut_chunk_take_array (CfutChunk *self)
{
  g_autoptr(GVariantType) type = g_variant_type_new_array (self->function->result_type);
  CfutChunkArray *array = self->array;
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_steal_pointer (&array->results),
                                              array->n_results * array->result_size);

  return g_variant_new_from_bytes (type, bytes, TRUE);
}

GVariant *
cfut_chunk_dup_result (CfutChunk *self)
{
  GVariant *children[2];

  g_assert (self->n_started == self->n_items);

  if (self->array != NULL)
    children[0] = cfut_chunk_take_array (self);
  else
    children[0] = g_variant_new_array (self->function->result_type,
                                       (GVariant * const *) self->results->pdata,
                                       self->results->len);

  if (self->n_failed == 0)
    return g_variant_ref_sink (children[0]);

  children[1] = g_variant_builder_end (&self->failures);

  return g_variant_ref_sink (g_variant_new_tuple (children, 2));
}

GVariant *
cfut_chunk_dup_results (GVariant *result)
{
  if (g_variant_is_of_type (result, G_VARIANT_TYPE_ARRAY))
    return g_variant_ref (result);

  return g_variant_get_child_value (result, 0);
}

gsize
cfut_chunk_count_failures (GVariant *result)
{
  g_autoptr(GVariant) failures = NULL;

  if (g_variant_is_of_type (result, G_VARIANT_TYPE_ARRAY))
    return 0;

  failures = g_variant_get_child_value (result, 1);

  return g_variant_n_children (failures);
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
      if (started != NULL)
        started (user_data, self.n_started - self.n_running);

      cfut_chunk_run_started (&self, call);
    }

  result = cfut_chunk_dup_result (&self);
  cfut_chunk_clear (&self);

  return result;
}
