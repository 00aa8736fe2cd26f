/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdio.h>

#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "worker/cfut-filter-private.h"
#include "worker/cfut-server-private.h"
#include "worker/cfut-setup-private.h"

/*
 * The worker's loop. The parent speaks first, by SETUP; READY answers it and
 * gives each function its index; from then on calls come, one RESULT or ERROR
 * for each, in the order of the calls. A call that was taken back before it
 * started gets no answer at all.
 *
 * A step ends where a host is to run a call, and the next one goes on from there.
 */

CfutServer *
cfut_server_new (CfutLine  *line,
                 GPtrArray *hosted)
{
  CfutServer *self = g_new0 (CfutServer, 1);

  self->line = cfut_line_ref (line);
  self->hosted = g_ptr_array_ref (hosted);
  self->max_result = CFUT_FRAME_MAX_BODY;

  return self;
}

void
cfut_server_free (CfutServer *self)
{
  if (self->call != NULL)
    cfut_server_leave_call (self);

  g_clear_object (&self->spare);
  g_clear_error (&self->refused);
  g_free (self->functions);
  g_ptr_array_unref (self->hosted);
  cfut_line_unref (self->line);
  g_free (self);
}

/* The table of functions, in the order of their indices. */
static void
queue_ready (CfutServer *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_READY };
  g_autoptr(GVariant) table = NULL;
  GVariantBuilder builder;

  if (!cfut_channel_has_arena (self->line->channel))
    header.flags |= CFUT_FRAME_FLAG_NO_ARENA;

  self->functions = cfut_function_list_with (self->hosted);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (const CfutFunction **function = self->functions; *function != NULL; function++)
    {
      GVariant *fields[] = {
        g_variant_new_string ((*function)->name),
        g_variant_new_take_string (g_variant_type_dup_string ((*function)->parameter_type)),
        g_variant_new_take_string (g_variant_type_dup_string ((*function)->result_type)),
      };

      g_variant_builder_add_value (&builder, g_variant_new_tuple (fields, G_N_ELEMENTS (fields)));
      self->n_functions++;
    }

  table = g_variant_ref_sink (g_variant_builder_end (&builder));
  cfut_output_add (&self->line->output, &header, table);
  CFUT_DEBUG (WORKERS, "Worker ready with %u functions", self->n_functions);
}

void
cfut_server_refuse (CfutServer   *self,
                    const GError *reason)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_ERROR };
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (reason, CFUT_FRAME_MIN_ERROR);

  fflush (stdout);
  cfut_output_add (&self->line->output, &header, body);
  cfut_output_flush (&self->line->output);
}

/* The filter is for good, and so is what it notes in. */
static CfutLine *filtered_line;

/* A host's interpreter needs more than functions in C do. */
static gboolean
install_filter (CfutServer  *self,
                GError     **error)
{
  if (self->hosted->len == 0)
    {
      filtered_line = cfut_line_ref (self->line);
      return cfut_filter_install (cfut_claims_get_journal (filtered_line->claims), error);
    }

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "The filter of system calls is for functions in C, and the worker has others; "
                       "CFUT_SANDBOX_LAUNCHER is for all");
  return FALSE;
}

void
cfut_server_get_ready (CfutServer *self)
{
  if (self->filter && !install_filter (self, &self->refused))
    cfut_server_refuse (self, self->refused);
  else
    queue_ready (self);
}

/* Does what SETUP asks for; TRUE if a host is to run the initializer. */
static gboolean
set_up (CfutServer      *self,
        const CfutFrame *frame)
{
  g_autofree char *initializer = NULL;
  g_autoptr(GVariant) arguments = NULL;

  if (!cfut_setup_apply (self->line, frame, &initializer, &arguments, &self->filter,
                         &self->n_cpus, &self->max_result, &self->refused))
    {
      cfut_server_refuse (self, self->refused);
      return FALSE;
    }

  if (initializer != NULL)
    return cfut_server_begin_initializer (self, frame, initializer, arguments);

  cfut_server_get_ready (self);
  return FALSE;
}

static CfutServeStatus
refuse_frame (const CfutFrame  *frame,
              const char       *when,
              GError          **error)
{
  g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
               "A %s frame came %s",
               cfut_frame_type_get_name (frame->header.type), when);
  return CFUT_SERVE_FAILED;
}

/* What a frame came to, if it came to anything. */
static gboolean
serve_frame (CfutServer       *self,
             const CfutFrame  *frame,
             CfutServeStatus  *status,
             GError          **error)
{
  switch (frame->header.type)
    {
    case CFUT_FRAME_SHUTDOWN:
      cfut_output_flush (&self->line->output);
      *status = CFUT_SERVE_SHUTDOWN;
      return TRUE;

    case CFUT_FRAME_SETUP:
      *status = CFUT_SERVE_CALL;
      if (self->functions == NULL)
        return set_up (self, frame);

      *status = refuse_frame (frame, "twice", error);
      return TRUE;

    case CFUT_FRAME_CALL:
      *status = CFUT_SERVE_CALL;
      self->n_calls++;
      if (self->functions != NULL)
        return cfut_server_begin_call (self, frame);

      *status = refuse_frame (frame, "before SETUP", error);
      return TRUE;

    case CFUT_FRAME_READY:
    case CFUT_FRAME_RESULT:
    case CFUT_FRAME_ERROR:
    case CFUT_FRAME_PROGRESS:
    case CFUT_FRAME_CANCEL:
    default:
      *status = refuse_frame (frame, "on the channel", error);
      return TRUE;
    }
}

/* Serves the frames that are here: TRUE if that came to anything. */
static gboolean
serve_frames (CfutServer       *self,
              CfutServeStatus  *status,
              GError          **error)
{
  CfutChannelStatus read_status = CFUT_CHANNEL_OK;
  CfutFrame frame;

  while (self->refused == NULL &&
         (read_status = cfut_channel_next (self->line->channel, &frame, error)) == CFUT_CHANNEL_OK)
    if (serve_frame (self, &frame, status, error))
      return TRUE;

  *status = CFUT_SERVE_FAILED;
  if (self->refused != NULL)
    g_propagate_error (error, g_error_copy (self->refused));

  return self->refused != NULL || read_status == CFUT_CHANNEL_FAILED;
}

/* Waits for frames; FALSE if no more can come. Between calls that come one at a time
 * it does not sleep at once: see CfutSpin. Where several come at once somebody else
 * has a use for the CPU, and who is woken for many is not woken often. */
static gboolean
await_frames (CfutServer *self)
{
  CfutChannel *channel = self->line->channel;
  CfutChannelStatus status;
  gboolean hit = FALSE;

  if (self->n_calls == 1 && cfut_spin_begin (&self->spin, 1, self->n_cpus))
    {
      hit = cfut_channel_look (channel, g_get_monotonic_time () + CFUT_SPIN_US);
      if (hit)
        cfut_spin_hit (&self->spin);
      else
        cfut_spin_missed (&self->spin);
    }
  self->n_calls = 0;

  status = hit ? cfut_channel_read (channel, G_MAXSSIZE) : CFUT_CHANNEL_BLOCKED;
  if (status == CFUT_CHANNEL_BLOCKED)
    status = cfut_channel_read_wait (channel, G_MAXSSIZE);

  return status != CFUT_CHANNEL_CLOSED;
}

CfutServeStatus
cfut_server_step (CfutServer  *self,
                  GError     **error)
{
  CfutServeStatus status;

  g_assert (!self->asked);

  if (self->call != NULL && cfut_server_resume_call (self))
    return CFUT_SERVE_CALL;

  while (!serve_frames (self, &status, error))
    {
      if (!cfut_output_flush (&self->line->output) || !await_frames (self))
        return CFUT_SERVE_CLOSED;

      self->now = cfut_server_get_time_ns ();
    }

  return status;
}
