/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "worker/cfut-mappings-private.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

struct _CfutMapping
{
  guint8 *memory; /* (owned) (nullable) mapped */
  gsize size;
  int code;       /* errno if it is not */
};

void
cfut_mappings_init (CfutMappings *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->added_cond);
  self->table = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                       (GDestroyNotify) cfut_mapping_unref);
}

void
cfut_mappings_clear (CfutMappings *self)
{
  g_hash_table_unref (self->table);
  g_cond_clear (&self->added_cond);
  g_mutex_clear (&self->lock);
}

static void
mapping_clear (gpointer data)
{
  CfutMapping *self = data;

  if (self->memory != NULL)
    munmap (self->memory, self->size);
}

void
cfut_mapping_unref (CfutMapping *self)
{
  g_atomic_rc_box_release_full (self, mapping_clear);
}

void
cfut_mappings_add_take_fd (CfutMappings *self,
                           guint64       id,
                           gsize         size,
                           int           fd)
{
  CfutMapping *mapping = g_atomic_rc_box_new0 (CfutMapping);
  gpointer memory = MAP_FAILED;

  /* Why there is no descriptor nobody tells: there was no room for it. */
  errno = EMFILE;
  if (fd >= 0)
    memory = mmap (NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  mapping->code = errno;
  mapping->size = size;
  if (memory != MAP_FAILED)
    mapping->memory = memory;
  if (fd >= 0)
    close (fd);

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->table, g_memdup2 (&id, sizeof id), mapping);
  g_cond_broadcast (&self->added_cond);
  g_mutex_unlock (&self->lock);
}

void
cfut_mappings_remove (CfutMappings *self,
                      guint64       id)
{
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->table, &id);
  g_mutex_unlock (&self->lock);
}

const guint8 *
cfut_mappings_find (CfutMappings  *self,
                    guint64        id,
                    gsize          offset,
                    gsize          length,
                    CfutMapping  **mapping,
                    GError       **error)
{
  CfutMapping *found;

  g_mutex_lock (&self->lock);
  while ((found = g_hash_table_lookup (self->table, &id)) == NULL)
    g_cond_wait (&self->added_cond, &self->lock);
  g_atomic_rc_box_acquire (found);
  g_mutex_unlock (&self->lock);

  if (found->memory != NULL && offset <= found->size && length <= found->size - offset)
    {
      *mapping = found;
      return found->memory + offset;
    }

  if (found->memory == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (found->code),
                 "Failed to map a buffer of the arguments: %s", g_strerror (found->code));
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                         "A buffer of the arguments is not as large as was said");
  cfut_mapping_unref (found);

  return NULL;
}
