/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>

#include "cfut-error.h"
#include "fake-workers.h"
#include "wire/cfut-inbox-private.h"

/*
 * Whatever bytes a worker may send.
 *
 * First through the inbox alone: however they come in, the same frames come out,
 * and the same fault; bodies lie as promised; and no more is allocated than has
 * arrived, once more, or 64 KiB. Then as what a worker says that has started
 * four calls of five: however it comes in, the same futures get the same outcome, the
 * worker is condemned or not, the fifth call never has a result of it, and the other
 * worker's call is not touched.
 *
 * Input: the seed of how the bytes are cut, how many KiB of zeros follow, and the
 * bytes. The calls are 1 to 5, the fourth one a chunk, of attempt 1, in slots 0 to 4.
 */

#define BASE_CAPACITY ((gsize) 64 << 10)
#define N_STARTED     4

/* ---- The inbox. */

static void
check_inbox (CfutInbox *inbox,
             gsize      n_arrived)
{
  g_assert_true (inbox->start <= inbox->end && inbox->end <= inbox->capacity);
  g_assert_true (inbox->capacity <= BASE_CAPACITY || inbox->capacity <= 2 * n_arrived);
}

static void
check_frame (const CfutFrame *frame)
{
  static const guint8 zeros[CFUT_FRAME_SLACK];

  g_assert_true ((gsize) frame->body % 8 == 0);
  g_assert_cmpmem (frame->body + frame->header.length, CFUT_FRAME_SLACK, zeros, sizeof zeros);
}

/* All frames and the fault, as bytes. */
static GByteArray *
read_frames (GByteArray *stream,
             guint8      seed)
{
  GByteArray *transcript = g_byte_array_new ();
  CfutInbox inbox;
  FuzzChunks chunks;
  g_autoptr(GError) error = NULL;
  CfutChannelStatus status = CFUT_CHANNEL_BLOCKED;

  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);
  fuzz_chunks_init (&chunks, seed);

  for (gsize at = 0; at < stream->len && status != CFUT_CHANNEL_FAILED;)
    {
      CfutFrame frame;
      gsize space;
      guint8 *room = cfut_inbox_get_space (&inbox, &space);
      gsize n = fuzz_chunks_next (&chunks, stream->len - at);

      g_assert_cmpuint (space, >, 0);
      n = MIN (n, space);
      memcpy (room, stream->data + at, n);
      cfut_inbox_add (&inbox, n);
      at += n;
      check_inbox (&inbox, at);

      while ((status = cfut_inbox_next (&inbox, &frame, &error)) == CFUT_CHANNEL_OK)
        {
          check_frame (&frame);
          g_byte_array_append (transcript, (gpointer) &frame.header, sizeof frame.header);
          if (frame.header.length > 0)
            g_byte_array_append (transcript, frame.body, frame.header.length);
        }
    }

  if (error != NULL)
    g_byte_array_append (transcript, (gpointer) error->message, strlen (error->message));
  else
    g_assert_true (status == CFUT_CHANNEL_BLOCKED);
  cfut_inbox_clear (&inbox);

  return transcript;
}

static void
check_same (GByteArray *left,
            GByteArray *right)
{
  g_assert_cmpmem (left->data, left->len, right->data, right->len);
}

/* ---- The manager. */

static void
note_outcome (GString  *verdict,
              FakeCall *call)
{
  GVariant *result;
  const GError *error;

  if (!cfut_state_is_final (&call->job->state))
    {
      g_string_append_printf (verdict, "%u: goes on\n", call->id);
      return;
    }

  result = cfut_state_peek_variant (&call->job->state);
  error = cfut_state_peek_error (&call->job->state);
  g_string_append_printf (verdict, "%u: ", call->id);
  if (result != NULL)
    g_variant_print_string (result, verdict, TRUE);
  else if (g_error_matches (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL) && strstr (error->message, "while running"))
    g_string_append (verdict, "condemned"); /* of two faults in one batch either may be named */
  else
    g_string_append (verdict, error->message);
  g_string_append_c (verdict, '\n');
}

/* What becomes of the calls. */
static char *
judge (GByteArray *stream,
       guint8      seed)
{
  FakeWorld *world = fake_world_new (2);
  GString *verdict = g_string_new (NULL);
  FakeWorker *worker, *other;
  FakeCall *unstarted;
  FuzzChunks chunks;

  fuzz_chunks_init (&chunks, seed);

  /* One worker has five calls, and has started four. */
  fake_world_submit (world, NULL, 0);
  fake_world_run (world);
  worker = g_ptr_array_index (world->workers, 0);
  worker->process->window.depth = N_STARTED + 1;
  fake_worker_ready (worker);
  for (guint i = 1; i <= N_STARTED; i++)
    fake_world_submit (world, NULL, i == N_STARTED - 1 ? 2 : 0);
  world->pool->max_workers = 1;
  fake_world_run (world);
  for (guint i = 0; i < N_STARTED; i++)
    {
      FakeReceived *received;

      g_assert_true (fake_worker_start (worker));
      received = g_queue_pop_head (&worker->received);
      g_assert_cmpuint (received->header.call, ==, i + 1);
      g_assert_cmpuint (received->header.slot, ==, i);
      g_free (received);
    }

  /* Another one has one. */
  world->pool->max_workers = 2;
  cfut_manager_ring (world->manager);
  fake_world_submit (world, NULL, 0);
  fake_world_run (world);
  other = g_ptr_array_index (world->workers, world->workers->len - 1);
  g_assert_true (other != worker);
  fake_worker_ready (other);
  fake_world_run (world);
  g_assert_true (fake_worker_start (other));

  for (gsize at = 0; at < stream->len;)
    {
      gsize n = fuzz_chunks_next (&chunks, stream->len - at);

      /* Each of them takes a turn of the manager. */
      n = MIN (MAX (n, stream->len / 64), stream->len - at);
      fake_worker_write (worker, stream->data + at, n);
      fake_world_run (world);
      at += n;
    }
  g_string_append (verdict, worker->killed ? "killed\n" : "lives\n");

  g_assert_false (other->killed);
  fake_worker_answer (other, FALSE);
  fake_worker_flush (other);
  fake_worker_die (worker, 9, TRUE);
  fake_worker_reap (worker);
  fake_world_run (world);

  unstarted = g_ptr_array_index (world->calls, N_STARTED);
  g_assert_cmpint (cfut_future_get_state (unstarted->future), !=, CFUT_FUTURE_STATE_DONE);

  for (guint i = 0; i < world->calls->len; i++)
    note_outcome (verdict, g_ptr_array_index (world->calls, i));
  fake_world_free (world);

  return g_string_free (verdict, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  guint8 seed = fuzz_take_seed (&input);
  g_autoptr(GByteArray) stream = fuzz_take_stream (&input);
  g_autoptr(GByteArray) whole = NULL;
  g_autoptr(GByteArray) cut = NULL;
  g_autofree char *verdict = NULL;
  g_autofree char *other_verdict = NULL;

  whole = read_frames (stream, 0);
  cut = read_frames (stream, seed);
  check_same (whole, cut);
  if (stream->len < 4096)
    {
      g_autoptr(GByteArray) bytewise = read_frames (stream, 1);

      check_same (whole, bytewise);
    }

  verdict = judge (stream, 0);
  other_verdict = judge (stream, seed);
  g_assert_cmpstr (verdict, ==, other_verdict);

  return 0;
}
