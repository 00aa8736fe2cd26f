/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "worker/cfut-line-lender-private.h"

CfutLine *
cfut_line_new_take_fds (int      channel_fd,
                        int      control_fd,
                        int      claims_fd,
                        GError **error)
{
  g_autoptr(CfutChannel) channel = NULL;
  g_autoptr(CfutChannel) control = NULL;
  g_autoptr(CfutClaims) claims = NULL;
  CfutOutput output;
  CfutLine *self;

  /* All three are taken, be it only to close them; the first error counts. */
  channel = cfut_channel_new_take_fd (channel_fd, CFUT_FRAME_FROM_PARENT, error);
  control = cfut_channel_new_take_fd (control_fd, CFUT_FRAME_FROM_PARENT,
                                      channel != NULL ? error : NULL);
  claims = cfut_claims_new_take_fd (claims_fd,
                                    channel != NULL && control != NULL ? error : NULL);
  if (channel == NULL || control == NULL || claims == NULL)
    return NULL;

  if (!cfut_output_init (&output, channel, error))
    return NULL;

  self = g_atomic_rc_box_new0 (CfutLine);
  self->channel = g_steal_pointer (&channel);
  self->control = g_steal_pointer (&control);
  self->claims = g_steal_pointer (&claims);
  self->output = output;
  cfut_channel_set_journal (self->channel, cfut_claims_get_journal (self->claims));
  cfut_running_init (&self->running);
  cfut_mappings_init (&self->mappings);
  self->arena = cfut_claims_dup_arena (self->claims, CFUT_FRAME_FROM_PARENT);
  cfut_channel_set_arena (self->channel, self->arena);

  return self;
}

CfutLine *
cfut_line_ref (CfutLine *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
line_clear (gpointer data)
{
  CfutLine *self = data;

  cfut_line_stop_lending (self);
  cfut_mappings_clear (&self->mappings);
  cfut_running_clear (&self->running);
  cfut_output_clear (&self->output);
  cfut_channel_free (self->control);
  cfut_channel_free (self->channel);
  g_clear_pointer (&self->arena, cfut_arena_unref);
  cfut_claims_free (self->claims); /* the channel notes in its journal */
}

void
cfut_line_unref (CfutLine *self)
{
  g_atomic_rc_box_release_full (self, line_clear);
}
