/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "memory/cfut-buffer-private.h"

#include <string.h>

#include "memory/cfut-segment-private.h"

/**
 * CfutBuffer:
 *
 * Bytes that worker processes can read where they are.
 *
 * Arguments and results are copied on their way to a worker process and back. For
 * many megabytes that is most of the work. A buffer is memory that the program shares
 * with its workers: fill it once, and give it to any number of calls.
 *
 * ```c
 * g_autoptr(CfutBuffer) buffer = cfut_buffer_new (64 * 1024 * 1024, &error);
 * g_autoptr(GBytes) bytes = NULL;
 * g_autoptr(CfutFuture) sum = NULL;
 *
 * memset (cfut_buffer_get_data (buffer, NULL), 1, cfut_buffer_get_size (buffer));
 * bytes = cfut_buffer_dup_bytes (buffer);
 * sum = cfut_executor_submit_bytes (executor, "sum", bytes, NULL, &error);
 * ```
 *
 * There is nothing to be done at the other end. The function gets an `ay` as ever, and
 * that lies in the buffer. So it does wherever it stands in the arguments: in a tuple, as
 * in `(@ay i)`, or in a variant; and so does a part of it, as
 * [method@GLib.Bytes.new_from_bytes] makes it. On a thread executor it is just passed.
 *
 * A worker that makes a buffer, and returns [method@Cfut.Buffer.dup_variant], has its
 * result read where it is, too, while there is room; and a function that returns its
 * arguments, or a part of them, returns what it was given.
 *
 * Nobody writes to a buffer, nor through its bytes, once it was submitted or returned:
 * others are reading it then. In a worker the memory of arguments cannot be written to.
 *
 * The memory lasts as long as the buffer, its bytes and values in this process, and
 * whatever a worker keeps of it. Buffers of less than 32 KiB, and those for which the
 * system has no shared memory, are the program's own; they work in the same way, and are
 * copied. See [Large data](large-data.html).
 *
 * A buffer may be used in any thread; its contents are yours to guard while you fill it.
 *
 * Since: 1.0
 */
struct _CfutBuffer
{
  /* Set at construction, never changed. */
  guint8 *data;
  gsize size;
  gboolean shared;
  CfutExtent extent;        /* (owned) in a segment, if that is set */
  GDestroyNotify free_func; /* (nullable) */
  gpointer free_data;
};

G_DEFINE_BOXED_TYPE (CfutBuffer, cfut_buffer, cfut_buffer_ref, cfut_buffer_unref)

static CfutBufferAllocate source_allocate;
static gpointer source_data;

void
cfut_buffer_set_source (CfutBufferAllocate allocate,
                        gpointer           source)
{
  source_data = source;
  g_atomic_pointer_set (&source_allocate, allocate);
}

/* Memory that can be shared; FALSE if there is none. */
static gboolean
buffer_share (CfutBuffer *self)
{
  CfutBufferAllocate allocate = g_atomic_pointer_get (&source_allocate);

  if (self->size < CFUT_SEGMENT_MIN_EXTENT)
    return FALSE;

  if (allocate != NULL)
    {
      self->data = allocate (source_data, self->size, &self->free_func, &self->free_data);
      return self->data != NULL;
    }

  if (!cfut_segment_allocate (self->size, &self->extent))
    return FALSE;

  self->data = self->extent.data;
  return TRUE;
}

/**
 * cfut_buffer_new:
 * @size: the number of bytes, which may be 0
 * @error: return location for an error
 *
 * Makes a buffer.
 *
 * What is in it is undefined: the memory may have been another buffer's.
 *
 * It fails with %G_IO_ERROR_NO_SPACE if there is no memory.
 *
 * Returns: (transfer full): a buffer, or %NULL with @error set
 *
 * Since: 1.0
 */
CfutBuffer *
cfut_buffer_new (gsize    size,
                 GError **error)
{
  CfutBuffer *self;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_atomic_rc_box_new0 (CfutBuffer);
  self->size = size;
  self->shared = buffer_share (self);

  if (!self->shared)
    {
      self->data = size <= G_MAXSSIZE ? g_try_malloc (MAX (size, 1)) : NULL;
      self->free_func = g_free;
      self->free_data = self->data;
    }

  if (self->data != NULL)
    return self;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               "Failed to make a buffer of %" G_GSIZE_FORMAT " bytes: there is no memory", size);
  cfut_buffer_unref (self);

  return NULL;
}

/**
 * cfut_buffer_new_copy:
 * @data: (array length=length) (element-type guint8) (nullable): what is to be in it
 * @length: the number of bytes
 * @error: return location for an error
 *
 * Makes a buffer with a copy of some bytes in it.
 *
 * Apart from that it is [ctor@Cfut.Buffer.new].
 *
 * Returns: (transfer full): a buffer, or %NULL with @error set
 *
 * Since: 1.0
 */
CfutBuffer *
cfut_buffer_new_copy (const guint8  *data,
                      gsize          length,
                      GError       **error)
{
  CfutBuffer *self;

  g_return_val_if_fail (data != NULL || length == 0, NULL);

  self = cfut_buffer_new (length, error);
  if (self != NULL && length > 0)
    memcpy (self->data, data, length);

  return self;
}

/**
 * cfut_buffer_ref:
 * @self: a buffer
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
CfutBuffer *
cfut_buffer_ref (CfutBuffer *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
buffer_clear (gpointer data)
{
  CfutBuffer *self = data;

  if (self->extent.segment != NULL)
    cfut_segment_free (&self->extent);
  if (self->free_func != NULL)
    self->free_func (self->free_data);
}

/**
 * cfut_buffer_unref:
 * @self: (transfer full): a buffer
 *
 * Drops a reference.
 *
 * Bytes and values of the buffer have references of their own.
 *
 * Since: 1.0
 */
void
cfut_buffer_unref (CfutBuffer *self)
{
  g_atomic_rc_box_release_full (self, buffer_clear);
}

/**
 * cfut_buffer_get_size:
 * @self: a buffer
 *
 * Gets the size.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
gsize
cfut_buffer_get_size (CfutBuffer *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->size;
}

/**
 * cfut_buffer_get_data:
 * @self: a buffer
 * @length: (out) (optional): return location for the number of bytes
 *
 * Gets the memory, to be filled before the buffer is submitted or returned.
 *
 * In C it is the memory itself, at the beginning of a page if it is shared. Languages
 * that make a copy of an array have other ways to it: `memoryview (buffer)` in Python,
 * `buffer.toUint8Array ()` in JavaScript.
 *
 * Returns: (transfer none) (array length=length) (element-type guint8): the memory
 *
 * Since: 1.0
 */
guint8 *
cfut_buffer_get_data (CfutBuffer *self,
                      gsize      *length)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (length != NULL)
    *length = self->size;

  return self->data;
}

/**
 * cfut_buffer_is_shared:
 * @self: a buffer
 *
 * Whether the memory is shared.
 *
 * If not, which is so for small buffers and where there is no room, a call copies it.
 *
 * Returns: %TRUE if processes at the other end can read it where it is
 *
 * Since: 1.0
 */
gboolean
cfut_buffer_is_shared (CfutBuffer *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->shared;
}

/**
 * cfut_buffer_dup_bytes:
 * @self: a buffer
 *
 * Makes bytes that are the buffer's, without a copy.
 *
 * They are what [method@Cfut.Executor.submit_bytes] takes.
 *
 * Returns: (transfer full): bytes, which have a reference on the buffer
 *
 * Since: 1.0
 */
GBytes *
cfut_buffer_dup_bytes (CfutBuffer *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_bytes_new_with_free_func (self->data, self->size,
                                     (GDestroyNotify) cfut_buffer_unref, cfut_buffer_ref (self));
}

/**
 * cfut_buffer_dup_variant:
 * @self: a buffer
 *
 * Makes a value of type `ay` that is the buffer's bytes, without a copy.
 *
 * It can stand among arguments and in a result.
 *
 * Returns: (transfer full): a value, which has a reference on the buffer
 *
 * Since: 1.0
 */
GVariant *
cfut_buffer_dup_variant (CfutBuffer *self)
{
  g_autoptr(GBytes) bytes = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  bytes = cfut_buffer_dup_bytes (self);

  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}
