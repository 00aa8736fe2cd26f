/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "process/cfut-process-private.h"

#include <sys/socket.h>

#include "call/cfut-chunk-private.h"
#include "cfut-debug-private.h"
#include "cfut-error.h"
#include "policy/cfut-testimony-private.h"
#include "process/cfut-any-function-private.h"

/*
 * What a manager says to a worker process, and what it makes of the answers.
 * Nothing that a worker says is believed: each frame is held against what was
 * sent, and the first that does not fit condemns the worker.
 */

/* How much one dispatch reads from one worker, so that none starves the others. */
#define CFUT_READ_BUDGET (256 * 1024)
#define CFUT_READ_SIZE   (64 * 1024)

/* ---- Sending. */

void
cfut_process_send_setup (CfutProcess *self,
                         GVariant    *body)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_SETUP };

  cfut_channel_queue_variant (self->channel, &header, body);
}

static GVariant *
cfut_entry_dup_arguments (CfutEntry *entry)
{
  return entry->arguments != NULL ? g_variant_ref (entry->arguments) : cfut_job_dup_arguments (entry->job);
}

void
cfut_process_send_call (CfutProcess *self,
                        CfutEntry   *entry)
{
  CfutJob *job = entry->job;
  const CfutRemoteFunction *function = cfut_process_find_function (self, cfut_job_get_function (job)->name);
  gboolean is_chunk = cfut_job_get_n_items (job) > 0;
  CfutFrameHeader header = {
    .type = CFUT_FRAME_CALL,
    .flags = is_chunk ? CFUT_FRAME_FLAG_CHUNK : CFUT_FRAME_FLAG_NONE,
    .slot = entry->slot,
    .call = entry->call,
    .attempt = entry->attempt,
    .aux = function->index,
    .time = entry->due == G_MAXINT64 ? -1 : entry->due,
    .timeout = entry->timeout < 0 ? 0 : MAX (entry->timeout, 1),
  };

  CFUT_DEBUG (PROTOCOL, "worker %d: CALL %" G_GUINT64_FORMAT " \"%s\"",
              self->pid, entry->call, cfut_job_get_label (job));

  if (cfut_remote_function_wraps (function, cfut_job_get_function (job)->name))
    {
      g_autoptr(GVariant) arguments = cfut_entry_dup_arguments (entry);
      g_autoptr(GVariant) wrapped = cfut_any_function_wrap (cfut_job_get_function (job)->name, arguments, is_chunk);

      cfut_channel_queue_variant (self->channel, &header, wrapped);
    }
  else if (entry->arguments == NULL)
    {
      cfut_channel_queue (self->channel, &header, job->small_arguments.bytes,
                          cfut_job_get_size (job) - CFUT_JOB_OVERHEAD);
    }
  else
    {
      cfut_channel_queue_variant (self->channel, &header, entry->arguments);
    }
  g_clear_pointer (&entry->arguments, g_variant_unref);
}

void
cfut_process_send_shutdown (CfutProcess *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_SHUTDOWN };

  cfut_channel_queue (self->channel, &header, NULL, 0);
}

/* Goes past what is queued. If the worker does not read its control socket the
 * frame is lost, and the grace that follows will end the worker. */
void
cfut_process_send_cancel (CfutProcess *self,
                          CfutEntry   *entry)
{
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];
  CfutFrameHeader header = {
    .type = CFUT_FRAME_CANCEL,
    .call = entry->call,
    .attempt = entry->attempt,
  };

  cfut_frame_encode (&header, bytes);
  if (send (self->control_fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof bytes)
    CFUT_DEBUG (PROTOCOL, "worker %d: CANCEL could not be sent", self->pid);
}

void
cfut_process_flush (CfutProcess *self)
{
  GIOCondition condition = G_IO_IN;
  gsize n_queued = cfut_channel_get_queued (self->channel);

  if (self->channel_ended || n_queued == 0)
    return;

  /* Whatever else goes wrong shows when reading, as the end. */
  if (cfut_channel_flush (self->channel) == CFUT_CHANNEL_BLOCKED)
    condition |= G_IO_OUT;
  if (((condition | self->channel_condition) & G_IO_OUT) != 0 &&
      cfut_channel_get_queued (self->channel) < n_queued)
    self->taken_at = g_get_monotonic_time ();

  cfut_process_watch_channel (self, condition);
}

/* ---- Receiving. */

static gboolean
protocol_error (GError     **error,
                const char  *format,
                ...) G_GNUC_PRINTF (2, 3);

static gboolean
protocol_error (GError     **error,
                const char  *format,
                ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (CFUT_ERROR, CFUT_ERROR_PROTOCOL, format, arguments));
  va_end (arguments);

  return FALSE;
}

static gboolean
cfut_process_add_function (CfutProcess  *self,
                           guint32       index,
                           const char   *name,
                           const char   *parameter,
                           const char   *result,
                           GError      **error)
{
  g_autoptr(GVariantType) parameter_type = cfut_frame_string_to_type (parameter, error);
  g_autoptr(GVariantType) result_type = NULL;
  CfutRemoteFunction *function;

  if (parameter_type == NULL)
    return FALSE;
  result_type = cfut_frame_string_to_type (result, error);
  if (result_type == NULL)
    return FALSE;

  function = g_new0 (CfutRemoteFunction, 1);
  function->index = index;
  function->is_any = cfut_any_function_is (name, parameter_type, result_type);
  function->parameter_type = g_steal_pointer (&parameter_type);
  function->result_type = g_steal_pointer (&result_type);
  g_hash_table_insert (self->functions, g_strdup (name), function);

  return TRUE;
}

static gboolean
cfut_process_take_ready (CfutProcess  *self,
                         CfutFrame    *frame,
                         GError      **error)
{
  g_autoptr(GVariant) table = NULL;
  GVariantIter iter;
  const char *name, *parameter, *result;
  guint32 index = 0;

  table = cfut_channel_take_variant (self->channel, frame, G_VARIANT_TYPE ("a(sss)"), FALSE, error);
  if (table == NULL)
    return FALSE;

  g_variant_iter_init (&iter, table);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &name, &parameter, &result))
    {
      if (!cfut_process_add_function (self, index++, name, parameter, result, error))
        return FALSE;
    }

  self->ready = TRUE;
  self->no_claims = (frame->header.flags & CFUT_FRAME_FLAG_NO_CLAIMS) != 0;
  if (!self->no_claims && (frame->header.flags & CFUT_FRAME_FLAG_NO_ARENA) == 0)
    cfut_process_start_lending (self);

  return TRUE;
}

/* The call that a frame speaks of; NULL if there is none such. */
static CfutEntry *
cfut_process_match (CfutProcess *self,
                    CfutFrame   *frame)
{
  for (CfutEntry *entry = self->expected; entry != NULL; entry = entry->next)
    {
      if (entry->call == frame->header.call && entry->attempt == frame->header.attempt &&
          entry->slot == frame->header.slot)
        return entry;
    }

  return NULL;
}

/* The outcome of a call of a function that the worker found by itself. What is
 * of the wrong type is the function's fault, and not the worker's. */
static void
cfut_process_take_wrapped (CfutJob     *job,
                           GVariant    *result,
                           CfutOutcome *outcome)
{
  const CfutFunction *function = cfut_job_get_function (job);
  GVariant *value = NULL;
  GError *error = NULL;

  if (cfut_job_get_n_items (job) == 0)
    value = cfut_any_function_unwrap (function->name, result, function->result_type, &error);
  else if (cfut_any_function_check (function->name, result, function->result_type, &error))
    value = g_variant_ref (result);

  if (cfut_job_get_extra (job) != NULL)
    cfut_job_get_extra (job)->boxed = TRUE;
  if (value != NULL)
    cfut_outcome_take_variant (outcome, value);
  else
    cfut_outcome_take_error (outcome, error);
}

static gboolean
cfut_process_decode_result (CfutProcess  *self,
                            CfutEntry    *entry,
                            CfutFrame    *frame,
                            CfutOutcome  *outcome,
                            GError      **error)
{
  const CfutFunction *function = cfut_job_get_function (entry->job);
  const CfutRemoteFunction *remote = cfut_process_find_function (self, function->name);
  gboolean is_chunk = (frame->header.flags & CFUT_FRAME_FLAG_CHUNK) != 0;
  gboolean wraps = cfut_remote_function_wraps (remote, function->name);
  g_autoptr(GVariantType) chunk_type = NULL;
  g_autoptr(GVariant) variant = NULL;
  const GVariantType *type = function->result_type;

  if (!wraps && !is_chunk && function->small_result)
    {
      CfutSmall small;

      if (!cfut_channel_take_small (self->channel, frame, type, &small, error))
        return FALSE;

      cfut_outcome_set_small (outcome, small);
      return TRUE;
    }

  if (wraps || type == NULL)
    type = remote->result_type;
  if (is_chunk)
    {
      chunk_type = (frame->header.flags & CFUT_FRAME_FLAG_ALL) != 0
                     ? g_variant_type_new_array (type)
                     : cfut_chunk_get_result_type (type);
      type = chunk_type;
    }

  variant = cfut_channel_take_variant (self->channel, frame, type, FALSE, error);
  if (variant == NULL)
    return FALSE;

  if (wraps)
    cfut_process_take_wrapped (entry->job, variant, outcome);
  else
    cfut_outcome_take_variant (outcome, g_steal_pointer (&variant));

  return TRUE;
}

/* TRUE if the worker, if it can claim calls, did claim this one. */
static gboolean
cfut_process_has_started (CfutProcess *self,
                          CfutEntry   *entry)
{
  return self->no_claims ||
         cfut_claims_is_claimed (self->claims, entry->slot, entry->generation);
}

static gboolean
cfut_process_take_answer (CfutProcess  *self,
                          CfutEntry    *entry,
                          CfutFrame    *frame,
                          GError      **error)
{
  CfutAnswer answer = { .entry = entry, .outcome = CFUT_OUTCOME_INIT };

  if (frame->header.type == CFUT_FRAME_RESULT)
    {
      if (!cfut_process_decode_result (self, entry, frame, &answer.outcome, error))
        return FALSE;
    }
  else
    {
      GError *remote = cfut_channel_take_error (self->channel, frame, error);

      if (remote == NULL)
        return FALSE;
      cfut_outcome_take_error (&answer.outcome, remote);
    }

  /* It is the worker's word, and no more than has passed. */
  answer.duration_ns = CLAMP (frame->header.time, 0,
                              (self->read_at - self->started_at) * 1000);
  g_array_append_val (self->answers, answer);
  self->expected = entry->next;

  return TRUE;
}

static gboolean
cfut_process_take_refusal (CfutProcess  *self,
                           CfutFrame    *frame,
                           GError      **error)
{
  g_clear_error (&self->refusal);
  self->refusal = cfut_channel_take_error (self->channel, frame, error);

  return self->refusal != NULL;
}

static gboolean
cfut_process_take_progress (CfutProcess  *self,
                            CfutEntry    *entry,
                            CfutFrame    *frame,
                            GError      **error)
{
  gint64 span_us = g_get_monotonic_time () - entry->sent_at;
  g_autoptr(GVariant) body = NULL;
  const char *message;
  double fraction;

  entry->progress_bytes += CFUT_FRAME_HEADER_SIZE + frame->header.length;
  if (cfut_testimony_is_flood (entry->progress_bytes, span_us))
    return protocol_error (error, "It sent %" G_GSIZE_FORMAT " bytes of progress in %.3f s",
                           entry->progress_bytes, span_us / (double) G_USEC_PER_SEC);

  body = cfut_channel_take_variant (self->channel, frame, G_VARIANT_TYPE ("(ds)"), FALSE, error);
  if (body == NULL)
    return FALSE;

  g_variant_get (body, "(d&s)", &fraction, &message);
  fraction = fraction >= 0 ? MIN (fraction, 1.0) : -1.0;
  cfut_state_set_progress (&entry->job->state, fraction, message[0] != '\0' ? message : NULL);

  return TRUE;
}

static CfutSaid
cfut_frame_get_said (const CfutFrame *self)
{
  switch (self->header.type)
    {
    case CFUT_FRAME_READY:
      return CFUT_SAID_READY;

    case CFUT_FRAME_RESULT:
      return CFUT_SAID_RESULT;

    case CFUT_FRAME_ERROR:
      return CFUT_SAID_ERROR;

    case CFUT_FRAME_PROGRESS:
      return CFUT_SAID_PROGRESS;

    case CFUT_FRAME_SETUP:
    case CFUT_FRAME_CALL:
    case CFUT_FRAME_CANCEL:
    case CFUT_FRAME_SHUTDOWN:
    case CFUT_FRAME_SEGMENT:
    default:
      return CFUT_SAID_OTHER;
    }
}

/* What is known of a frame, which is about @entry if that is not NULL. */
static CfutTestimony
cfut_process_get_testimony (CfutProcess *self,
                            CfutEntry   *entry,
                            CfutFrame   *frame)
{
  gboolean is_chunk = (frame->header.flags & CFUT_FRAME_FLAG_CHUNK) != 0;

  return (CfutTestimony) {
    .said = cfut_frame_get_said (frame),
    .is_ready = self->ready,
    .about_call = frame->header.call != 0,
    .is_its_call = entry != NULL,
    .has_started = entry != NULL && cfut_process_has_started (self, entry),
    .as_asked = entry != NULL && is_chunk == (cfut_job_get_n_items (entry->job) > 0) &&
                frame->header.format == CFUT_FORMAT_VARIANT,
  };
}

static gboolean
cfut_process_handle_frame (CfutProcess  *self,
                           CfutFrame    *frame,
                           GError      **error)
{
  CfutEntry *entry = frame->header.call != 0 ? cfut_process_match (self, frame) : NULL;
  CfutTestimony testimony = cfut_process_get_testimony (self, entry, frame);

  CFUT_DEBUG (PROTOCOL, "worker %d: %s %" G_GUINT64_FORMAT, self->pid,
              cfut_frame_type_get_name (frame->header.type), frame->header.call);

  switch (cfut_testimony_get_proof (&testimony))
    {
    case CFUT_PROOF_READY:
      return cfut_process_take_ready (self, frame, error);

    case CFUT_PROOF_REFUSAL:
      return cfut_process_take_refusal (self, frame, error);

    /* These are only proven of a call that it has. */
    case CFUT_PROOF_RESULT:
    case CFUT_PROOF_ERROR:
      g_assert (entry != NULL);
      return cfut_process_take_answer (self, entry, frame, error);

    case CFUT_PROOF_PROGRESS:
      g_assert (entry != NULL);
      return cfut_process_take_progress (self, entry, frame, error);

    case CFUT_PROOF_READY_TWICE:
      return protocol_error (error, "It was ready twice");

    case CFUT_PROOF_READY_AND_NOT:
      return protocol_error (error, "It was ready, and then it was not");

    case CFUT_PROOF_NOT_ITS_CALL:
      return protocol_error (error, "It sent %s for call %" G_GUINT64_FORMAT ", which it does not have",
                             cfut_frame_type_get_name (frame->header.type), frame->header.call);

    case CFUT_PROOF_NOT_STARTED:
      g_assert (entry != NULL);
      entry->accused = TRUE;
      return protocol_error (error, "It answered a call that it had not started");

    case CFUT_PROOF_NOT_AS_ASKED:
      return protocol_error (error, "It sent a result in a form that was not asked for");

    case CFUT_PROOF_NOT_A_WORKER:
    default:
      return protocol_error (error, "It sent a frame that only a parent may send");
    }
}

static gboolean
cfut_process_take_frames (CfutProcess  *self,
                          GError      **error)
{
  CfutFrame frame;
  CfutChannelStatus status;

  self->read_at = g_get_monotonic_time ();
  while ((status = cfut_channel_next (self->channel, &frame, error)) == CFUT_CHANNEL_OK)
    {
      self->n_frames++;
      if (!cfut_process_handle_frame (self, &frame, error))
        return FALSE;
    }

  return status != CFUT_CHANNEL_FAILED;
}

gboolean
cfut_process_read (CfutProcess  *self,
                   GError      **error)
{
  self->drained = FALSE;
  for (gsize done = 0; done < CFUT_READ_BUDGET && !self->channel_ended; done += CFUT_READ_SIZE)
    {
      guint64 n_before = cfut_channel_get_n_read (self->channel);
      CfutChannelStatus status = cfut_channel_read (self->channel, CFUT_READ_SIZE);

      self->drained = status == CFUT_CHANNEL_BLOCKED;
      if (self->drained)
        break;

      if (status != CFUT_CHANNEL_OK)
        self->channel_ended = TRUE;
      else if (!cfut_process_take_frames (self, error))
        return FALSE;
      /* That there is most likely nothing more need not be asked for. */
      else if (cfut_channel_get_n_read (self->channel) - n_before < CFUT_READ_SIZE)
        break;
    }

  return TRUE;
}

gboolean
cfut_process_read_journal (CfutProcess  *self,
                           GError      **error)
{
  g_autoptr(GBytes) rest = NULL;
  const guint8 *data;
  gsize size = 0;

  rest = cfut_journal_dup_rest (cfut_claims_get_journal (self->claims),
                                cfut_channel_get_n_read (self->channel));
  if (rest == NULL)
    return TRUE;

  data = g_bytes_get_data (rest, &size);
  while (size > 0)
    {
      gsize n_bytes = cfut_channel_feed (self->channel, data, size);

      data += n_bytes;
      size -= n_bytes;
      if (!cfut_process_take_frames (self, error))
        return FALSE;
    }

  return TRUE;
}
