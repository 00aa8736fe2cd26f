/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-inbox-private.h"

#define BASE_CAPACITY ((gsize) 64 << 10)

static gsize
get_total (const CfutFrameHeader *header)
{
  return CFUT_FRAME_HEADER_SIZE + CFUT_FRAME_PADDED (header->length);
}

void
cfut_inbox_init (CfutInbox       *self,
                 CfutFrameOrigin  peer)
{
  memset (self, 0, sizeof *self);
  self->peer = peer;
  self->max_result = self->free_size = CFUT_FRAME_MAX_BODY;
}

void
cfut_inbox_clear (CfutInbox *self)
{
  g_clear_pointer (&self->data, g_free);
  g_clear_pointer (&self->budget, cfut_budget_unref);
  g_clear_error (&self->fault);
}

void
cfut_inbox_set_max_result (CfutInbox *self,
                           guint64    max_size)
{
  self->max_result = max_size;
  self->free_size = MIN (self->free_size, max_size);
}

void
cfut_inbox_set_budget (CfutInbox  *self,
                       CfutBudget *budget,
                       guint64     max_held)
{
  g_assert (self->budget == NULL);

  self->budget = cfut_budget_ref (budget);
  self->max_held = max_held;
  self->free_size = MIN (self->free_size, CFUT_BUDGET_MIN_SIZE - 1);
}

static void
put_slack (CfutInbox *self,
           gsize      at)
{
  g_assert (!self->has_slack);
  g_assert (at <= self->capacity);

  memcpy (self->covered, self->data + at, CFUT_FRAME_SLACK);
  memset (self->data + at, 0, CFUT_FRAME_SLACK);
  self->slack_at = at;
  self->has_slack = TRUE;
}

static void
remove_slack (CfutInbox *self)
{
  if (!self->has_slack)
    return;

  memcpy (self->data + self->slack_at, self->covered, CFUT_FRAME_SLACK);
  self->has_slack = FALSE;
}

/* Without memory that is the end: what is there is not touched. */
static void
set_capacity (CfutInbox *self,
              gsize      capacity)
{
  guint8 *data = cfut_frame_try_realloc (self->data, capacity + CFUT_FRAME_SLACK, &self->fault);

  if (data == NULL)
    return;

  self->data = data;
  self->capacity = capacity;
}

guint8 *
cfut_inbox_get_space (CfutInbox *self,
                      gsize     *space)
{
  gsize total = self->has_header ? get_total (&self->header) : 0;

  remove_slack (self);

  if (self->fault != NULL)
    {
      *space = 0;
      return self->data;
    }

  if (self->start == self->end)
    {
      self->start = self->end = 0;

      /* What a large frame needed is given back. */
      if (self->capacity > BASE_CAPACITY)
        {
          g_clear_pointer (&self->data, g_free);
          self->capacity = 0;
        }
    }
  else if (self->start > 0)
    {
      memmove (self->data, self->data + self->start, self->end - self->start);
      self->end -= self->start;
      self->start = 0;
    }

  if (self->data == NULL)
    set_capacity (self, BASE_CAPACITY);

  if (total <= BASE_CAPACITY)
    {
      *space = self->capacity - self->end;
      return self->data + self->end;
    }

  if (self->end == self->capacity)
    set_capacity (self, MIN (total, 2 * self->capacity));

  *space = MIN (total, self->capacity) - self->end;
  return self->data + self->end;
}

void
cfut_inbox_add (CfutInbox *self,
                gsize      n_bytes)
{
  g_assert (n_bytes <= self->capacity - self->end);

  self->end += n_bytes;
}

/* Whether @size bytes more may be there. */
static gboolean
check_held (CfutInbox     *self,
            CfutFrameType  type,
            guint64        size)
{
  guint64 held;

  if (self->budget == NULL || size < CFUT_BUDGET_MIN_SIZE ||
      (type != CFUT_FRAME_RESULT && type != CFUT_FRAME_ERROR))
    return TRUE;

  held = cfut_budget_get_held (self->budget);
  if (size <= self->max_held && held <= self->max_held - size)
    return TRUE;

  g_assert (self->fault == NULL);
  g_set_error (&self->fault, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               "It sent %s of %" G_GUINT64_FORMAT " bytes while results of %" G_GUINT64_FORMAT
               " bytes are there already, and no more than %" G_GUINT64_FORMAT " may be",
               cfut_frame_type_get_name (type), size, held, self->max_held);

  return FALSE;
}

gboolean
cfut_inbox_check_size (CfutInbox     *self,
                       CfutFrameType  type,
                       guint64        size)
{
  guint64 max_size = type == CFUT_FRAME_RESULT ? self->max_result
                   : type == CFUT_FRAME_ERROR ? cfut_frame_get_max_error (self->max_result)
                   : G_MAXUINT64;

  /* What no frame can have breaks the protocol, as is found elsewhere. */
  if (size <= max_size || self->max_result == CFUT_FRAME_MAX_BODY)
    return check_held (self, type, size);

  g_assert (self->fault == NULL);
  g_set_error (&self->fault, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "It sent %s of %" G_GUINT64_FORMAT " bytes, and no more than %" G_GUINT64_FORMAT
               " are taken", cfut_frame_type_get_name (type), size, max_size);

  return FALSE;
}

static CfutChannelStatus
fail (CfutInbox  *self,
      GError    **error)
{
  if (error != NULL)
    *error = g_error_copy (self->fault);

  return CFUT_CHANNEL_FAILED;
}

static gboolean
padding_is_zero (const guint8 *padding,
                 gsize         length)
{
  guint8 sum = 0;

  for (gsize i = 0; i < length; i++)
    sum |= padding[i];

  return sum == 0;
}

CfutChannelStatus
cfut_inbox_next (CfutInbox  *self,
                 CfutFrame  *frame,
                 GError    **error)
{
  gsize length, padded;
  guint8 *body;

  if (self->fault != NULL)
    return fail (self, error);

  remove_slack (self);

  if (!self->has_header)
    {
      if (self->end - self->start < CFUT_FRAME_HEADER_SIZE)
        return CFUT_CHANNEL_BLOCKED;

      if (!cfut_frame_decode (self->data + self->start, self->peer, &self->header, &self->fault))
        return fail (self, error);

      /* Whatever is too large for its type, or counted, is more than this. */
      if (self->header.length > self->free_size &&
          !cfut_inbox_check_size (self, self->header.type, self->header.length))
        return fail (self, error);

      self->has_header = TRUE;
    }

  if (self->end - self->start < get_total (&self->header))
    return CFUT_CHANNEL_BLOCKED;

  length = self->header.length;
  padded = CFUT_FRAME_PADDED (length);
  body = self->data + self->start + CFUT_FRAME_HEADER_SIZE;

  if (!padding_is_zero (body + length, padded - length))
    {
      g_set_error (&self->fault, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A %s frame has a bad padding",
                   cfut_frame_type_get_name (self->header.type));
      return fail (self, error);
    }

  self->has_header = FALSE;
  self->start += CFUT_FRAME_HEADER_SIZE + padded;
  put_slack (self, (body - self->data) + length);

  frame->header = self->header;
  frame->body = body;

  return CFUT_CHANNEL_OK;
}

void
cfut_inbox_take_fault (CfutInbox *self,
                       GError    *fault)
{
  g_assert (self->fault == NULL);

  self->fault = fault;
}

GBytes *
cfut_inbox_take_body (CfutInbox       *self,
                      const CfutFrame *frame)
{
  gsize length = frame->header.length;
  guint8 *data;

  if (self->capacity <= BASE_CAPACITY)
    return cfut_frame_copy_body (frame->body, length, NULL);

  /* A large frame has the buffer for itself. */
  g_assert (frame->body == self->data + CFUT_FRAME_HEADER_SIZE);
  g_assert (self->start == self->end);

  data = g_steal_pointer (&self->data);
  self->capacity = self->start = self->end = 0;
  self->has_slack = FALSE;

  return g_bytes_new_with_free_func (frame->body, length, g_free, data);
}

GBytes *
cfut_inbox_charge (CfutInbox *self,
                   GBytes    *bytes)
{
  if (self->budget == NULL || g_bytes_get_size (bytes) < CFUT_BUDGET_MIN_SIZE)
    return bytes;

  return cfut_budget_charge (self->budget, bytes);
}

gboolean
cfut_inbox_is_mid_frame (CfutInbox *self)
{
  return self->start != self->end;
}
