/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "wire/cfut-outbox-private.h"

#define BLOCK_CAPACITY ((gsize) 64 << 10)

/* From here on a body is not copied. */
#define LARGE_BODY ((gsize) 16 << 10)

struct _CfutOutboxBlock
{
  CfutOutboxBlock *next; /* (owned) (nullable) */
  GBytes *bytes;         /* (owned) (nullable) a large body */
  const guint8 *data;    /* of @bytes, or @room */
  gsize start;           /* what is before it is written */
  gsize end;
  gsize capacity;        /* of @room; 0 with @bytes */
  guint64 room[];        /* for alignment */
};

static CfutOutboxBlock *
block_new (gsize   capacity,
           GBytes *bytes)
{
  CfutOutboxBlock *block = g_malloc (sizeof *block + capacity);

  block->next = NULL;
  block->bytes = bytes;
  block->data = bytes != NULL ? g_bytes_get_data (bytes, NULL) : (const guint8 *) block->room;
  block->start = 0;
  block->end = bytes != NULL ? g_bytes_get_size (bytes) : 0;
  block->capacity = capacity;

  return block;
}

static void
block_free (CfutOutboxBlock *block)
{
  g_clear_pointer (&block->bytes, g_bytes_unref);
  g_free (block);
}

void
cfut_outbox_init (CfutOutbox *self)
{
  memset (self, 0, sizeof *self);
}

void
cfut_outbox_clear (CfutOutbox *self)
{
  while (self->head != NULL)
    {
      CfutOutboxBlock *block = self->head;

      self->head = block->next;
      block_free (block);
    }

  g_clear_pointer (&self->spare, block_free);
  self->tail = NULL;
  self->queued = 0;
}

static void
append_block (CfutOutbox      *self,
              CfutOutboxBlock *block)
{
  if (self->tail != NULL)
    self->tail->next = block;
  else
    self->head = block;

  self->tail = block;
}

/* Room for @size bytes, which is a multiple of 8, at the end of the queue. */
static guint8 *
reserve (CfutOutbox *self,
         gsize       size)
{
  CfutOutboxBlock *block = self->tail;
  guint8 *room;

  if (block == NULL || block->bytes != NULL || block->capacity - block->end < size)
    {
      if (self->spare != NULL && size <= BLOCK_CAPACITY)
        block = g_steal_pointer (&self->spare);
      else
        block = block_new (MAX (size, BLOCK_CAPACITY), NULL);
      append_block (self, block);
    }

  room = (guint8 *) block->room + block->end;
  block->end += size;
  self->queued += size;

  return room;
}

/* Room for a frame with its header in place; returns that for the body. */
static guint8 *
reserve_frame (CfutOutbox      *self,
               CfutFrameHeader *header,
               gsize            length)
{
  gsize padded = CFUT_FRAME_PADDED (length);
  guint8 *room = reserve (self, CFUT_FRAME_HEADER_SIZE + padded);

  header->length = length;
  cfut_frame_encode (header, room);
  memset (room + CFUT_FRAME_HEADER_SIZE + length, 0, padded - length);

  return room + CFUT_FRAME_HEADER_SIZE;
}

void
cfut_outbox_add (CfutOutbox      *self,
                 CfutFrameHeader *header,
                 gconstpointer    body,
                 gsize            length)
{
  guint8 *room;

  g_assert (length <= CFUT_FRAME_MAX_BODY);

  room = reserve_frame (self, header, length);
  if (length > 0)
    memcpy (room, body, length);
}

void
cfut_outbox_add_variant (CfutOutbox      *self,
                         CfutFrameHeader *header,
                         GVariant        *body)
{
  gsize length = g_variant_get_size (body);
  gsize padded = CFUT_FRAME_PADDED (length);

  g_assert (length <= CFUT_FRAME_MAX_BODY);

  if (length < LARGE_BODY)
    {
      g_variant_store (body, reserve_frame (self, header, length));
      return;
    }

  header->length = length;
  cfut_frame_encode (header, reserve (self, CFUT_FRAME_HEADER_SIZE));

  append_block (self, block_new (0, g_variant_get_data_as_bytes (body)));
  self->queued += length;

  /* A block of its own, so that what is in ours stays aligned. */
  if (padded > length)
    {
      static const guint8 zeros[8];

      append_block (self, block_new (0, g_bytes_new_static (zeros, padded - length)));
      self->queued += padded - length;
    }
}

guint
cfut_outbox_get_vectors (CfutOutbox    *self,
                         struct iovec  *vectors,
                         guint          max_vectors)
{
  guint n_vectors = 0;

  for (CfutOutboxBlock *block = self->head;
       block != NULL && n_vectors < max_vectors;
       block = block->next)
    {
      vectors[n_vectors].iov_base = (gpointer) (block->data + block->start);
      vectors[n_vectors].iov_len = block->end - block->start;
      n_vectors++;
    }

  return n_vectors;
}

/* Keeps one ordinary block, so that a batch needs no allocation. */
static void
recycle (CfutOutbox      *self,
         CfutOutboxBlock *block)
{
  if (self->spare != NULL || block->capacity != BLOCK_CAPACITY)
    {
      block_free (block);
      return;
    }

  block->next = NULL;
  block->start = block->end = 0;
  self->spare = block;
}

void
cfut_outbox_remove (CfutOutbox *self,
                    gsize       n_bytes)
{
  g_assert (n_bytes <= self->queued);

  self->queued -= n_bytes;

  while (self->head != NULL)
    {
      CfutOutboxBlock *block = self->head;
      gsize n = MIN (n_bytes, block->end - block->start);

      block->start += n;
      n_bytes -= n;
      if (block->start < block->end)
        return;

      self->head = block->next;
      if (self->head == NULL)
        self->tail = NULL;
      recycle (self, block);
    }
}
