/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <time.h>

#include "call/cfut-call-private.h"
#include "call/cfut-chunk-private.h"
#include "call/cfut-function-private.h"
#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "worker/cfut-serve-private.h"
#include "worker/cfut-setup-private.h"

/*
 * The worker's loop. The parent speaks first, by SETUP; READY answers it and
 * gives each function its index; from then on calls come, one RESULT or ERROR
 * for each, in the order of the calls. A call that was taken back before it
 * started gets no answer at all.
 *
 * Each call costs one look at the clock: where it ends the next one begins.
 */

/* An answer of a call that took longer is written at once. */
#define QUICK_NS G_GINT64_CONSTANT (50000)

typedef struct
{
  CfutLine *line;                 /* (unowned) */
  const CfutFunction **functions; /* (owned) (nullable) until READY; by their index */
  guint n_functions;
  gint64 now;                     /* monotonic ns */
} Server;

/* The call that runs, for its progress. */
typedef struct
{
  CfutLine *line;         /* (unowned) */
  CfutFrameHeader header; /* of a PROGRESS frame */
  guint32 slot;
  guint n_items;          /* of a chunk; else 1 */
  guint item;             /* atomic */
} Current;

static gint64
get_time_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Runs in: the function's thread, which may be any. */
static void
progress_cb (gpointer    target,
             double      fraction,
             const char *message)
{
  Current *self = target;

  if (fraction >= 0 && self->n_items > 1)
    fraction = (g_atomic_int_get (&self->item) + fraction) / self->n_items;

  cfut_output_set_progress (&self->line->output, &self->header, fraction, message);
}

static void
item_started_cb (gpointer user_data,
                 guint    index)
{
  Current *self = user_data;

  g_atomic_int_set (&self->item, index);
  cfut_claims_set_item (self->line->claims, self->slot, index + 1);
}

/* When the time of a call is over that starts at @now; -1: never. */
static gint64
get_deadline (const CfutFrameHeader *header,
              gint64                 now)
{
  gint64 end;

  if (header->timeout == 0)
    return header->time;

  end = header->timeout < G_MAXINT64 - now ? now + header->timeout : G_MAXINT64;

  return header->time >= 0 ? MIN (header->time, end) : end;
}

static GVariant *
run_in_call (Current             *current,
             const CfutFunction  *function,
             CfutCall            *call,
             GVariant            *arguments,
             gboolean             is_chunk,
             GError             **error)
{
  if (cfut_call_set_error_if_cancelled (call, error))
    return NULL;

  if (is_chunk)
    return cfut_chunk_run (function, call, arguments, item_started_cb, current);

  return cfut_function_run (function, call, arguments, error);
}

/* What does not fit in a frame is the failure of its call, or of all of its
 * chunk. */
static gboolean
check_size (const CfutFunction  *function,
            guint                n_items,
            GVariant            *result,
            GError             **error)
{
  gsize size = g_variant_get_size (result);

  if (size <= CFUT_FRAME_MAX_BODY)
    return TRUE;

  if (n_items > 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 "The results of %u calls of function \"%s\", which went in one chunk, take %"
                 G_GSIZE_FORMAT " bytes, and a worker can send no more than %" G_GUINT64_FORMAT
                 " at once; use smaller chunks",
                 n_items, function->name, size, CFUT_FRAME_MAX_BODY);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 "The result of function \"%s\" takes %" G_GSIZE_FORMAT
                 " bytes, and a worker can send no more than %" G_GUINT64_FORMAT
                 " at once; return it in parts, or in a file and its name",
                 function->name, size, CFUT_FRAME_MAX_BODY);

  return FALSE;
}

/* Runs the call of @frame; NULL with @error if it failed. */
static GVariant *
run_call (Server           *self,
          const CfutFrame  *frame,
          GError          **error)
{
  const CfutFrameHeader *header = &frame->header;
  gboolean is_chunk = (header->flags & CFUT_FRAME_FLAG_CHUNK) != 0;
  Current current = {
    .line = self->line,
    .header = {
      .type = CFUT_FRAME_PROGRESS,
      .slot = header->slot,
      .call = header->call,
      .attempt = header->attempt,
    },
    .slot = header->slot,
    .n_items = 1,
  };
  const CfutFunction *function;
  g_autoptr(GVariantType) chunk_type = NULL;
  g_autoptr(GVariant) arguments = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(CfutCall) call = NULL;

  if (header->aux >= self->n_functions)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                   "The worker has no function %u", header->aux);
      return NULL;
    }
  function = self->functions[header->aux];

  if (header->format != CFUT_FORMAT_VARIANT)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Function \"%s\" takes values and no other format", function->name);
      return NULL;
    }

  if (is_chunk)
    chunk_type = g_variant_type_new_array (function->parameter_type);

  arguments = cfut_channel_take_variant (self->line->channel, frame,
                                         is_chunk ? chunk_type : function->parameter_type,
                                         TRUE, error);
  if (arguments == NULL)
    return NULL;

  if (is_chunk)
    current.n_items = g_variant_n_children (arguments);

  call = cfut_call_new (function->name, arguments,
                        get_deadline (header, self->now / 1000), header->attempt,
                        progress_cb, &current);

  cfut_running_begin (&self->line->running, call, header->call, header->attempt);
  result = run_in_call (&current, function, call, arguments, is_chunk, error);
  cfut_running_end (&self->line->running);
  cfut_call_end (call);

  if (result == NULL || !check_size (function, current.n_items, result, error))
    return NULL;

  return g_steal_pointer (&result);
}

static void
serve_call (Server          *self,
            const CfutFrame *frame)
{
  const CfutFrameHeader *header = &frame->header;
  CfutFrameHeader answer = {
    .slot = header->slot,
    .call = header->call,
    .attempt = header->attempt,
  };
  g_autoptr(GVariant) body = NULL;
  g_autoptr(GError) error = NULL;
  gint64 now;
  gboolean full;

  if (!cfut_claims_claim (self->line->claims, header->slot,
                          cfut_claims_get_generation (header->call, header->attempt)))
    return;

  cfut_output_hold (&self->line->output, self->now / 1000);

  body = run_call (self, frame, &error);

  now = get_time_ns ();
  answer.time = MAX (now - self->now, 0);
  self->now = now;

  if (body != NULL)
    {
      answer.type = CFUT_FRAME_RESULT;
      answer.flags = header->flags & CFUT_FRAME_FLAG_CHUNK;
    }
  else
    {
      answer.type = CFUT_FRAME_ERROR;
      body = cfut_frame_error_to_variant (error);
    }

  if (__fpending (stdout) > 0)
    fflush (stdout);

  full = cfut_output_add (&self->line->output, &answer, body);
  if (answer.time > QUICK_NS || full)
    cfut_output_flush (&self->line->output);
}

/* The table of functions, in the order of their indices. */
static void
queue_ready (Server *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_READY };
  g_autoptr(GVariant) table = NULL;
  GVariantBuilder builder;

  self->functions = cfut_function_list ();

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (const CfutFunction **function = self->functions; *function != NULL; function++)
    {
      g_autofree char *parameter_type = g_variant_type_dup_string ((*function)->parameter_type);
      g_autofree char *result_type = g_variant_type_dup_string ((*function)->result_type);

      g_variant_builder_add (&builder, "(sss)", (*function)->name, parameter_type, result_type);
      self->n_functions++;
    }

  table = g_variant_ref_sink (g_variant_builder_end (&builder));
  cfut_output_add (&self->line->output, &header, table);
  CFUT_DEBUG (WORKERS, "Worker ready with %u functions", self->n_functions);
}

void
cfut_serve_fail (CfutLine     *line,
                 const GError *reason)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_ERROR };
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (reason);

  fflush (stdout);
  cfut_output_add (&line->output, &header, body);
  cfut_output_flush (&line->output);
}

static gboolean
refuse_frame (const CfutFrame  *frame,
              const char       *when,
              GError          **error)
{
  g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
               "A %s frame came %s",
               cfut_frame_type_get_name (frame->header.type), when);
  return FALSE;
}

/* FALSE if this worker cannot go on. */
static gboolean
serve_frame (Server           *self,
             const CfutFrame  *frame,
             GError          **error)
{
  if (frame->header.type == CFUT_FRAME_SETUP)
    {
      if (self->functions != NULL)
        return refuse_frame (frame, "twice", error);

      if (!cfut_setup_apply (self->line, frame, error))
        {
          cfut_serve_fail (self->line, *error);
          return FALSE;
        }

      queue_ready (self);
      return TRUE;
    }

  if (self->functions == NULL)
    return refuse_frame (frame, "before SETUP", error);

  if (frame->header.type != CFUT_FRAME_CALL)
    return refuse_frame (frame, "on the channel", error);

  serve_call (self, frame);
  return TRUE;
}

static CfutServeEnd
serve (Server  *self,
       GError **error)
{
  CfutChannelStatus status;
  CfutFrame frame;

  while (TRUE)
    {
      while ((status = cfut_channel_next (self->line->channel, &frame, error)) == CFUT_CHANNEL_OK)
        {
          if (frame.header.type == CFUT_FRAME_SHUTDOWN)
            {
              cfut_output_flush (&self->line->output);
              return CFUT_SERVE_SHUTDOWN;
            }

          if (!serve_frame (self, &frame, error))
            return CFUT_SERVE_FAILED;
        }

      if (status == CFUT_CHANNEL_FAILED)
        return CFUT_SERVE_FAILED;

      if (!cfut_output_flush (&self->line->output) ||
          cfut_channel_read_wait (self->line->channel, G_MAXSSIZE) == CFUT_CHANNEL_CLOSED)
        return CFUT_SERVE_CLOSED;

      self->now = get_time_ns ();
    }
}

CfutServeEnd
cfut_serve (CfutLine  *line,
            GError   **error)
{
  Server self = { .line = line };
  g_autoptr(GError) local_error = NULL;
  CfutServeEnd end = serve (&self, &local_error);

  g_free (self.functions);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return end;
}
