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
#include "cfut-error.h"
#include "worker/cfut-server-private.h"

/*
 * One call, from its frame to its answer: begun, run here or by the host, and
 * ended. A chunk is one call whose items are run one after the other.
 *
 * Each call costs one look at the clock: where it ends the next one begins.
 */

/* An answer of a call that took longer is written at once. */
#define QUICK_NS G_GINT64_CONSTANT (50000)

gint64
cfut_server_get_time_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static gboolean
is_initializer (CfutServer *self)
{
  return self->header.type == CFUT_FRAME_SETUP;
}

static gboolean
is_chunk (CfutServer *self)
{
  return (self->header.flags & CFUT_FRAME_FLAG_CHUNK) != 0;
}

/* ---- Answers. */

/* The frame that answers the call, with @flags of its own. Asks the clock. */
static CfutFrameHeader
make_answer (CfutServer    *self,
             CfutFrameType  type,
             guint16        flags)
{
  gint64 now = cfut_server_get_time_ns ();
  CfutFrameHeader answer = {
    .type = type,
    .flags = flags,
    .slot = self->header.slot,
    .call = self->header.call,
    .attempt = self->header.attempt,
    .time = MAX (now - self->now, 0),
  };

  self->now = now;

  /* What was printed comes before the answer. */
  if (__fpending (stdout) > 0)
    fflush (stdout);

  return answer;
}

/* @full: as the output says. */
static void
after_answer (CfutServer            *self,
              const CfutFrameHeader *answer,
              gboolean               full)
{
  if (answer->time > QUICK_NS || full)
    cfut_output_flush (&self->line->output);
}

static void
answer_error (CfutServer   *self,
              const GError *error)
{
  CfutFrameHeader answer = make_answer (self, CFUT_FRAME_ERROR, 0);
  guint64 max_length = cfut_frame_get_max_error (self->max_result);
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (error, max_length);

  after_answer (self, &answer, cfut_output_add (&self->line->output, &answer, body));
}

/* What is more than the parent takes, or fits in a frame, is the failure of its call,
 * or of all of its chunk. */
static gboolean
check_size (CfutServer  *self,
            gsize        size,
            GError     **error)
{
  if (size <= self->max_result)
    return TRUE;

  if (self->n_items > 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 "The results of %u calls of function \"%s\", which went in one chunk, take %"
                 G_GSIZE_FORMAT " bytes, and a worker can send no more than %" G_GUINT64_FORMAT
                 " at once; use smaller chunks",
                 self->n_items, self->function->name, size, self->max_result);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                 "The result of function \"%s\" takes %" G_GSIZE_FORMAT
                 " bytes, and a worker can send no more than %" G_GUINT64_FORMAT
                 " at once; return it in parts, or in a file and its name",
                 self->function->name, size, self->max_result);

  return FALSE;
}

static void
answer_result (CfutServer *self,
               GVariant   *result,
               guint16     flags)
{
  g_autoptr(GError) error = NULL;
  CfutFrameHeader answer;

  if (!check_size (self, g_variant_get_size (result), &error))
    {
      answer_error (self, error);
      return;
    }

  answer = make_answer (self, CFUT_FRAME_RESULT, flags);
  after_answer (self, &answer, cfut_output_add (&self->line->output, &answer, result));
}

static void
answer_initializer (CfutServer   *self,
                    const GError *error)
{
  if (error == NULL)
    {
      cfut_server_get_ready (self);
      return;
    }

  self->refused = g_error_copy (error);
  cfut_server_refuse (self, error);
}

/* ---- The call that it is at. */

/* Runs in: the function's thread, which may be any. */
static void
progress_cb (gpointer    target,
             double      fraction,
             const char *message)
{
  CfutServer *self = target;
  CfutFrameHeader header = {
    .type = CFUT_FRAME_PROGRESS,
    .slot = self->header.slot,
    .call = self->header.call,
    .attempt = self->header.attempt,
  };

  /* Of a range that begins while this looks, the two may not fit. */
  if (fraction >= 0 && self->n_items > 1)
    fraction = MIN (1.0, (g_atomic_int_get (&self->item) +
                          fraction * g_atomic_int_get (&self->n_running)) / self->n_items);

  cfut_output_set_progress (&self->line->output, &header, fraction, message);
}

/* After this nobody else knows of the call, or reports its progress. */
static void
end_call (CfutServer *self)
{
  if (!is_initializer (self))
    cfut_running_end (&self->line->running);
  cfut_call_end (self->call);
  if (is_chunk (self))
    cfut_chunk_clear (&self->chunk);

  self->spare = cfut_call_recycle (g_steal_pointer (&self->call));
}

void
cfut_server_leave_call (CfutServer *self)
{
  self->asked = FALSE;
  end_call (self);
}

/* Ends the call that is not a chunk. Consumes @result. */
static void
finish_call (CfutServer   *self,
             GVariant     *result,
             const GError *error)
{
  g_autoptr(GVariant) owned = result;

  end_call (self);

  if (is_initializer (self))
    answer_initializer (self, error);
  else if (owned != NULL)
    answer_result (self, owned, 0);
  else
    answer_error (self, error);
}

/* Ends the chunk, of which no item is left. */
static void
finish_chunk (CfutServer *self)
{
  g_autoptr(GVariant) result = cfut_chunk_dup_result (&self->chunk);
  guint16 flags = CFUT_FRAME_FLAG_CHUNK;

  if (self->chunk.n_failed == 0)
    flags |= CFUT_FRAME_FLAG_ALL;

  end_call (self);
  answer_result (self, result, flags);
}

/* Begins the next item, or several; FALSE if there is none, and the chunk is answered. */
static gboolean
start_item (CfutServer *self)
{
  if (!cfut_chunk_start_next (&self->chunk, self->call))
    {
      finish_chunk (self);
      return FALSE;
    }

  g_atomic_int_set (&self->item, self->chunk.n_started - self->chunk.n_running);
  g_atomic_int_set (&self->n_running, self->chunk.n_running);
  cfut_claims_set_item (self->line->claims, self->header.slot, self->chunk.n_started);

  return TRUE;
}

/* Runs a function of the registry to its end. */
static void
run_call (CfutServer *self)
{
  g_autoptr(GError) error = NULL;
  GVariant *result;

  if (is_chunk (self))
    {
      do
        cfut_chunk_run_started (&self->chunk, self->call);
      while (start_item (self));
      return;
    }

  result = cfut_function_run (self->function, self->call,
                              cfut_call_get_arguments (self->call), &error);
  finish_call (self, result, error);
}

/* Runs what was started; TRUE if that is for the host to do. */
static gboolean
run_or_ask (CfutServer *self)
{
  if (self->function->func == NULL)
    {
      self->asked = TRUE;
      return TRUE;
    }

  run_call (self);
  return FALSE;
}

gboolean
cfut_server_resume_call (CfutServer *self)
{
  g_assert (self->call != NULL && !self->asked);

  return start_item (self) && run_or_ask (self);
}

/* The arguments of the call in @frame; NULL with @error if it cannot be run. */
static GVariant *
take_arguments (CfutServer       *self,
                const CfutFrame  *frame,
                GError          **error)
{
  g_autoptr(GVariantType) chunk_type = NULL;
  const GVariantType *type;

  if (self->header.aux >= self->n_functions)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                   "The worker has no function %u", self->header.aux);
      return NULL;
    }

  self->function = self->functions[self->header.aux];
  type = self->function->parameter_type;

  if (self->header.format != CFUT_FORMAT_VARIANT)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Function \"%s\" takes values and no other format", self->function->name);
      return NULL;
    }

  if (is_chunk (self))
    {
      chunk_type = g_variant_type_new_array (type);
      type = chunk_type;
    }

  return cfut_channel_take_variant (self->line->channel, frame, type, TRUE, error);
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

/* Makes the call, which can be cancelled from here on. */
static void
make_call (CfutServer *self,
           GVariant   *arguments)
{
  self->call = cfut_call_renew (g_steal_pointer (&self->spare), self->function->name, arguments,
                                get_deadline (&self->header, self->now / 1000),
                                self->header.attempt, progress_cb, self);
  self->n_items = 1;
  self->item = 0;
  self->n_running = 1;
  if (is_chunk (self))
    {
      cfut_chunk_init (&self->chunk, self->function, arguments);
      self->n_items = self->chunk.n_items;
    }

  cfut_running_begin (&self->line->running, self->call, self->header.call, self->header.attempt,
                      self->function->func == NULL ? self->signum : 0);
}

gboolean
cfut_server_begin_call (CfutServer      *self,
                        const CfutFrame *frame)
{
  const CfutFrameHeader *header = &frame->header;
  g_autoptr(GVariant) arguments = NULL;
  g_autoptr(GError) error = NULL;

  if (!cfut_claims_claim (self->line->claims, header->slot,
                          cfut_claims_get_generation (header->call, header->attempt)))
    return FALSE;

  cfut_output_hold (&self->line->output, self->now / 1000);

  self->header = *header;
  arguments = take_arguments (self, frame, &error);
  if (arguments == NULL)
    {
      answer_error (self, error);
      return FALSE;
    }

  /* From here on they are the call's alone, so that they go when it ends. */
  make_call (self, arguments);
  g_clear_pointer (&arguments, g_variant_unref);

  if (is_chunk (self))
    return cfut_server_resume_call (self);

  if (cfut_call_set_error_if_cancelled (self->call, &error))
    {
      finish_call (self, NULL, error);
      return FALSE;
    }

  return run_or_ask (self);
}

/* A function by its name, of either kind. */
static const CfutFunction *
find_function (CfutServer *self,
               const char *name)
{
  for (guint i = 0; i < self->hosted->len; i++)
    {
      const CfutFunction *function = g_ptr_array_index (self->hosted, i);

      if (g_str_equal (function->name, name))
        return function;
    }

  return cfut_function_lookup (name);
}

gboolean
cfut_server_begin_initializer (CfutServer      *self,
                               const CfutFrame *frame,
                               const char      *name,
                               GVariant        *arguments)
{
  g_autoptr(GError) error = NULL;

  self->header = frame->header;
  self->function = find_function (self, name);
  if (self->function == NULL)
    g_set_error (&error, CFUT_ERROR, CFUT_ERROR_UNKNOWN_FUNCTION,
                 "The worker has no function \"%s\" to initialize with", name);

  if (self->function == NULL ||
      !cfut_function_check_arguments (self->function, arguments, &error))
    {
      answer_initializer (self, error);
      return FALSE;
    }

  self->call = cfut_call_new (self->function->name, arguments, -1, 1, NULL, NULL);

  return run_or_ask (self);
}

/* ---- The host's answers. */

/* After an item of a chunk; the last one ends it. */
static void
after_item (CfutServer *self)
{
  if (self->chunk.n_started == self->chunk.n_items)
    finish_chunk (self);
}

void
cfut_server_answer (CfutServer   *self,
                    GVariant     *result,
                    const GError *error)
{
  g_assert (self->asked);
  g_assert (result != NULL || error != NULL);

  self->asked = FALSE;

  if (!is_chunk (self))
    {
      finish_call (self, result, error);
      return;
    }

  cfut_chunk_end_item (&self->chunk, result, error);
  after_item (self);
}

gboolean
cfut_server_can_answer_vectors (CfutServer          *self,
                                const GOutputVector *vectors,
                                gsize                n_vectors)
{
  gsize length = 0;

  for (gsize i = 0; i < n_vectors; i++)
    {
      if (vectors[i].size > self->max_result - length)
        return FALSE;
      length += vectors[i].size;
    }

  return !is_chunk (self) && !is_initializer (self);
}

void
cfut_server_answer_vectors (CfutServer          *self,
                            const GOutputVector *vectors,
                            gsize                n_vectors)
{
  g_autoptr(GVariant) arguments = NULL;
  CfutFrameHeader answer;
  gboolean full;

  g_assert (self->asked);

  self->asked = FALSE;
  arguments = g_variant_ref (cfut_call_get_arguments (self->call)); /* the pieces may be of these */
  end_call (self);
  answer = make_answer (self, CFUT_FRAME_RESULT, 0);
  full = cfut_output_add_vectors (&self->line->output, &answer, vectors, n_vectors);
  g_clear_pointer (&arguments, g_variant_unref);
  after_answer (self, &answer, full);
}
