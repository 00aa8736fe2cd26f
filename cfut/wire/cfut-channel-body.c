/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-channel-parts-private.h"

void
cfut_channel_drop_last (CfutChannel *self)
{
  g_clear_pointer (&self->shared, g_bytes_unref);

  for (guint i = 0; i < self->n_lent; i++)
    self->lender->give_back (self->lender_data, &self->lent[i]);
  self->n_lent = 0;
}

/* The body of @frame, which is in the arena. */
static GBytes *
take_shared (CfutChannel      *self,
             const CfutFrame  *frame,
             GError          **error)
{
  CfutArenaPlace place;

  if (self->arena == NULL)
    {
      g_set_error_literal (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                           "A frame names shared memory where there is none");
      return NULL;
    }

  memcpy (&place, frame->body, sizeof place);
  self->mutable = self->peer == CFUT_FRAME_FROM_WORKER && self->borrows &&
                  frame->header.type == CFUT_FRAME_RESULT &&
                  (frame->header.flags & CFUT_FRAME_FLAG_LENT) == 0 &&
                  cfut_arena_may_borrow (self->arena, &place);

  if (self->peer == CFUT_FRAME_FROM_PARENT || self->mutable)
    return cfut_arena_borrow (self->arena, &place, error);

  return cfut_arena_copy (self->arena, &place, error);
}

/* Makes of a frame that says where its body is one that has it. */
static CfutChannelStatus
resolve_shared (CfutChannel  *self,
                CfutFrame    *frame,
                GError      **error)
{
  GError *fault = NULL;
  CfutArenaPlace place;
  gsize length;

  memcpy (&place, frame->body, sizeof place);
  if (!cfut_inbox_check_size (&self->inbox, frame->header.type, GUINT32_FROM_LE (place.length)))
    return cfut_inbox_next (&self->inbox, frame, error);

  self->shared = take_shared (self, frame, &fault);
  if (self->shared == NULL)
    {
      cfut_inbox_take_fault (&self->inbox, fault);
      return cfut_inbox_next (&self->inbox, frame, error);
    }

  frame->header.flags &= ~CFUT_FRAME_FLAG_SHARED;
  frame->body = g_bytes_get_data (self->shared, &length);
  frame->header.length = length;
  if (self->mutable)
    frame->body = NULL;

  return CFUT_CHANNEL_OK;
}

/* What the value takes that is in the body and what is lent to it, at the least: what
 * is behind a place may be padded there, and not in the value. */
static gsize
get_lent_size (CfutChannel *self,
               gsize        body_size)
{
  gsize size = body_size - MIN (body_size, 8 * self->n_lent);

  for (guint i = 0; i < self->n_lent; i++)
    size += MIN (self->lent[i].length, CFUT_FRAME_MAX_BODY);

  return size;
}

/* Takes the table off the body of a frame that has one. */
static CfutChannelStatus
resolve_lent (CfutChannel  *self,
              CfutFrame    *frame,
              GError      **error)
{
  GError *fault = NULL;
  gsize table_size;
  int n_lent = -1;

  if (self->lender == NULL)
    g_set_error_literal (&fault, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                         "A frame lends bytes where nothing is lent");
  else
    n_lent = cfut_lender_read_table (frame->body, frame->header.length, self->lent, &table_size, &fault);

  if (n_lent < 0)
    {
      g_clear_pointer (&self->shared, g_bytes_unref);
      cfut_inbox_take_fault (&self->inbox, fault);
      return cfut_inbox_next (&self->inbox, frame, error);
    }

  self->n_lent = n_lent;
  if (!cfut_inbox_check_size (&self->inbox, frame->header.type,
                              get_lent_size (self, frame->header.length - table_size)))
    {
      cfut_channel_drop_last (self);
      return cfut_inbox_next (&self->inbox, frame, error);
    }

  frame->body += table_size;
  frame->header.length -= table_size;

  return CFUT_CHANNEL_OK;
}

CfutChannelStatus
cfut_channel_next (CfutChannel  *self,
                   CfutFrame    *frame,
                   GError      **error)
{
  CfutChannelStatus status;

  cfut_channel_drop_last (self);
  status = cfut_inbox_next (&self->inbox, frame, error);

  if (status == CFUT_CHANNEL_OK && (frame->header.flags & CFUT_FRAME_FLAG_SHARED) != 0)
    status = resolve_shared (self, frame, error);

  if (status == CFUT_CHANNEL_OK && (frame->header.flags & CFUT_FRAME_FLAG_LENT) != 0)
    status = resolve_lent (self, frame, error);

  if (status == CFUT_CHANNEL_OK)
    cfut_channel_log (self, "got", &frame->header);

  return status;
}

/* The value of a frame of which some bytes are lent. The rest is small. */
static GVariant *
take_lent (CfutChannel         *self,
           const CfutFrame     *frame,
           const GVariantType  *type,
           gboolean             trusted,
           GError             **error)
{
  g_autoptr(GVariant) rest = cfut_frame_body_to_variant (type, frame->body, frame->header.length,
                                                         trusted, error);
  guint n_lent = self->n_lent;

  if (rest == NULL)
    return NULL;

  self->n_lent = 0;

  return cfut_lender_fill_value (self->lender, self->lender_data, frame->header.call, rest,
                                 self->lent, n_lent, error);
}

GVariant *
cfut_channel_take_variant (CfutChannel         *self,
                           const CfutFrame     *frame,
                           const GVariantType  *type,
                           gboolean             trusted,
                           GError             **error)
{
  g_autoptr(GBytes) bytes = NULL;

  if (self->n_lent > 0)
    return take_lent (self, frame, type, trusted, error);

  bytes = g_steal_pointer (&self->shared);
  if (bytes == NULL)
    bytes = cfut_inbox_take_body (&self->inbox, frame);
  else if (self->mutable && !cfut_frame_type_is_plain (type))
    {
      g_autoptr(GBytes) borrowed = g_steal_pointer (&bytes);

      bytes = cfut_frame_copy_body (g_bytes_get_data (borrowed, NULL), g_bytes_get_size (borrowed), error);
      if (bytes == NULL)
        return NULL;
    }
  bytes = cfut_inbox_charge (&self->inbox, g_steal_pointer (&bytes));

  return cfut_frame_bytes_to_variant (type, bytes, trusted, error);
}

GError *
cfut_channel_take_error (CfutChannel      *self,
                         const CfutFrame  *frame,
                         GError          **error)
{
  g_autoptr(GBytes) bytes = g_steal_pointer (&self->shared);

  if (bytes == NULL)
    bytes = cfut_inbox_take_body (&self->inbox, frame);
  bytes = cfut_inbox_charge (&self->inbox, g_steal_pointer (&bytes));

  return cfut_frame_error_from_bytes (bytes, error);
}

gboolean
cfut_channel_take_small (CfutChannel         *self,
                         const CfutFrame     *frame,
                         const GVariantType  *type,
                         CfutSmall           *small,
                         GError             **error)
{
  g_autoptr(GVariant) variant = NULL;

  if (self->n_lent == 0 && frame->body != NULL)
    return cfut_frame_body_to_small (type, frame->body, frame->header.length, small, error);

  /* Nobody sends so little in such a way who does not have to. */
  variant = cfut_channel_take_variant (self, frame, type, FALSE, error);
  if (variant == NULL)
    return FALSE;

  *small = cfut_small_pack (variant);

  return TRUE;
}
