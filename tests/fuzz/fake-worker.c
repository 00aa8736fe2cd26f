/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fake-workers.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What workers do. */

void
fake_worker_free (FakeWorker *self)
{
  g_assert_null (self->process);

  g_object_unref (self->subprocess);
  g_clear_pointer (&self->channel, cfut_channel_free);
  cfut_claims_free (self->claims);
  close (self->control_fd);
  close (self->stderr_fd);
  close (self->death_fd);
  g_queue_clear_full (&self->received, g_free);
  g_free (self);
}

static void
fake_worker_take_frame (FakeWorker *self,
                        CfutFrame  *frame)
{
  g_autoptr(GVariant) arguments = NULL;
  g_autoptr(GVariant) item = NULL;
  gboolean is_chunk = (frame->header.flags & CFUT_FRAME_FLAG_CHUNK) != 0;
  FakeReceived *received;
  guint32 id;

  g_assert_false (self->told_to_end);

  switch (frame->header.type)
    {
    case CFUT_FRAME_SETUP:
      g_assert_false (self->set_up);
      self->set_up = TRUE;
      break;

    case CFUT_FRAME_CALL:
      g_assert_true (self->said_ready || self->lied);
      arguments = cfut_channel_take_variant (self->channel, frame,
                                             is_chunk ? G_VARIANT_TYPE ("a(u)") : G_VARIANT_TYPE ("(u)"),
                                             FALSE, NULL);
      g_assert_nonnull (arguments);
      item = is_chunk ? g_variant_get_child_value (arguments, 0) : g_variant_ref (arguments);
      g_variant_get (item, "(u)", &id);
      g_assert_cmpuint (id, <=, self->world->calls->len);

      received = g_new0 (FakeReceived, 1);
      received->header = frame->header;
      received->call = g_ptr_array_index (self->world->calls, id - 1);
      received->call->touched |= self->lied;
      g_queue_push_tail (&self->received, received);
      break;

    case CFUT_FRAME_SHUTDOWN:
      self->told_to_end = TRUE;
      break;

    case CFUT_FRAME_READY:
    case CFUT_FRAME_RESULT:
    case CFUT_FRAME_ERROR:
    case CFUT_FRAME_PROGRESS:
    case CFUT_FRAME_CANCEL:
    default:
      g_assert_not_reached ();
    }
}

/* FALSE: it can do nothing any more. */
static gboolean
fake_worker_read (FakeWorker *self)
{
  CfutFrame frame;
  g_autoptr(GError) error = NULL;

  if (self->dead || self->channel == NULL)
    return FALSE;

  while (cfut_channel_read (self->channel, G_MAXSSIZE) == CFUT_CHANNEL_OK)
    while (cfut_channel_next (self->channel, &frame, &error) == CFUT_CHANNEL_OK)
      fake_worker_take_frame (self, &frame);
  g_assert_no_error (error);

  return TRUE;
}

FakeReceived *
fake_worker_peek (FakeWorker *self)
{
  return g_queue_peek_head (&self->received);
}

void
fake_worker_ready (FakeWorker *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_READY };
  g_autoptr(GVariant) table = NULL;

  if (!fake_worker_read (self) || !self->set_up || self->said_ready)
    return;

  table = g_variant_ref_sink (g_variant_new_parsed ("[('fake', '(u)', 'x')]"));
  cfut_channel_queue_variant (self->channel, &header, table);
  self->said_ready = TRUE;
  fake_worker_flush (self);
}

void
fake_worker_refuse (FakeWorker *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_ERROR };
  g_autoptr(GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No");
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (reason, CFUT_FRAME_MAX_ERROR);

  if (!fake_worker_read (self) || !self->set_up || self->said_ready)
    return;

  cfut_channel_queue_variant (self->channel, &header, body);
  self->said_ready = TRUE;
  fake_worker_flush (self);
}

gboolean
fake_worker_start (FakeWorker *self)
{
  FakeReceived *received;

  if (!fake_worker_read (self))
    return FALSE;

  while ((received = fake_worker_peek (self)) != NULL && !received->claimed)
    {
      guint32 generation = cfut_claims_get_generation (received->header.call, received->header.attempt);

      if (cfut_claims_claim (self->claims, received->header.slot, generation))
        {
          g_assert_true (!received->call->answered || received->call->touched);
          received->claimed = TRUE;
          received->call->n_started++;
          cfut_claims_set_item (self->claims, received->header.slot, 1);
          break;
        }

      g_free (g_queue_pop_head (&self->received));
    }

  return received != NULL;
}

static GVariant *
make_result (FakeReceived *received)
{
  if ((received->header.flags & CFUT_FRAME_FLAG_CHUNK) == 0)
    return g_variant_new_int64 (received->call->id);

  return g_variant_new_parsed ("(@ax [], [(uint32 0, 'some-domain', 1, 'No', '', '', @ay [])])");
}

void
fake_worker_answer (FakeWorker *self,
                    gboolean    error)
{
  FakeReceived *received = fake_worker_peek (self);
  g_autoptr(GError) reason = NULL;
  g_autoptr(GVariant) body = NULL;
  CfutFrameHeader header = { 0 };

  if (self->dead || self->channel == NULL || received == NULL || !received->claimed)
    return;

  header.type = error ? CFUT_FRAME_ERROR : CFUT_FRAME_RESULT;
  header.flags = error ? 0 : received->header.flags;
  header.slot = received->header.slot;
  header.call = received->header.call;
  header.attempt = received->header.attempt;
  header.time = 1000;
  reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No");
  body = error ? cfut_frame_error_to_variant (reason, CFUT_FRAME_MAX_ERROR) : g_variant_ref_sink (make_result (received));
  cfut_channel_queue_variant (self->channel, &header, body);
  /* Nobody listens to one that was abandoned. */
  received->call->answered |= !self->abandoned;
  g_free (g_queue_pop_head (&self->received));
}

void
fake_worker_progress (FakeWorker *self)
{
  FakeReceived *received = fake_worker_peek (self);
  g_autoptr(GVariant) body = NULL;
  CfutFrameHeader header = { 0 };

  if (self->dead || self->channel == NULL || received == NULL || !received->claimed)
    return;

  header.type = CFUT_FRAME_PROGRESS;
  header.slot = received->header.slot;
  header.call = received->header.call;
  header.attempt = received->header.attempt;
  body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, "half"));
  cfut_channel_queue_variant (self->channel, &header, body);
}

void
fake_worker_flush (FakeWorker *self)
{
  if (!self->dead && self->channel != NULL)
    cfut_channel_flush (self->channel);
}

void
fake_worker_die (FakeWorker *self,
                 int         status,
                 gboolean    status_seen)
{
  guint64 one = 1;

  if (self->dead)
    return;

  self->dead = TRUE;
  self->status = status;
  self->status_seen = status_seen;
  g_clear_pointer (&self->channel, cfut_channel_free);
  g_assert_cmpint (write (self->death_fd, &one, sizeof one), ==, sizeof one);
}

void
fake_worker_reap (FakeWorker *self)
{
  if (!self->dead || self->process == NULL)
    return;

  self->process = NULL;
  self->waited_cb (self->subprocess, NULL, self->waited_data);
}

/* All that it has may be wrong from now on. */
static void
fake_worker_begin_to_lie (FakeWorker *self)
{
  self->lied = TRUE;
  for (GList *l = self->received.head; l != NULL; l = l->next)
    ((FakeReceived *) l->data)->call->touched = TRUE;

  /* And what it has not read yet. */
  for (CfutEntry *entry = self->process != NULL ? self->process->head : NULL;
       entry != NULL;
       entry = entry->next)
    for (guint i = 0; i < self->world->calls->len; i++)
      {
        FakeCall *call = g_ptr_array_index (self->world->calls, i);

        call->touched |= call->job == entry->job;
      }
}

/* From then on its journal is not read either: it may be anything that closes a
 * channel and lives. */
void
fake_worker_hang_up (FakeWorker *self)
{
  fake_worker_begin_to_lie (self);
  g_clear_pointer (&self->channel, cfut_channel_free);
}

void
fake_worker_write (FakeWorker   *self,
                   const guint8 *data,
                   gsize         size)
{
  if (self->dead || self->channel == NULL)
    return;

  fake_worker_begin_to_lie (self);
  while (size > 0)
    {
      gssize n = send (cfut_channel_peek_fd (self->channel), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n <= 0)
        return;
      data += n;
      size -= n;
      if (size > 0)
        fake_world_run (self->world);
    }
}

void
fake_worker_forge_word (FakeWorker *self,
                        guint       phase)
{
  FakeReceived *received;
  guint32 *words;
  void *page;

  if (!fake_worker_read (self) || (received = fake_worker_peek (self)) == NULL)
    return;

  /* The worker's own mapping, as cfut-claims.c lays it out: a word and a number
   * for each slot. */
  fake_worker_begin_to_lie (self);
  page = mmap (NULL, 2 * sizeof (guint32) * CFUT_CLAIMS_N_SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED,
               cfut_claims_get_fd (self->claims), 0);
  g_assert_true (page != MAP_FAILED);
  words = page;
  words[2 * received->header.slot] =
    cfut_claims_get_generation (received->header.call, received->header.attempt) << 2 | (phase & 3);
  munmap (page, 2 * sizeof (guint32) * CFUT_CLAIMS_N_SLOTS);
}
