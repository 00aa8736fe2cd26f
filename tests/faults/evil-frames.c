/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Lies in headers, in what is said of which call, and in the order of it. */

/* ---- Headers that the library would not encode. */

/* A header, with the 16-bit word at @offset changed to @value. */
static void
send_bent_header (Evil                  *self,
                  const CfutFrameHeader *header,
                  guint                  offset,
                  guint16                value)
{
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  cfut_frame_encode (header, bytes);
  bytes[offset] = value;
  bytes[offset + 1] = value >> 8;
  evil_send_raw (self, bytes, sizeof bytes);
}

EVIL_ACT (bend_magic)
{
  send_bent_header (self, answer, 0, 0x1234);
}

EVIL_ACT (bend_version)
{
  send_bent_header (self, answer, 2, 2 | CFUT_FRAME_RESULT << 8);
}

EVIL_ACT (bend_type)
{
  send_bent_header (self, answer, 2, CFUT_FRAME_VERSION | 99 << 8);
}

EVIL_ACT (send_parents_type)
{
  send_bent_header (self, answer, 2, CFUT_FRAME_VERSION | CFUT_FRAME_CALL << 8);
}

EVIL_ACT (bend_flags)
{
  send_bent_header (self, answer, 4, 0x8000);
}

EVIL_ACT (bend_length)
{
  send_bent_header (self, answer, 10, 0xffff);
}

EVIL_ACT (send_chunk)
{
  answer->flags = CFUT_FRAME_FLAG_CHUNK;
  evil_send_pid (self, answer);
}

typedef struct
{
  guint8 header[CFUT_FRAME_HEADER_SIZE];
  guint8 body[8]; /* padded */
} SmallFrame;

static SmallFrame
make_small_frame (CfutFrameHeader *answer,
                  gint32           value)
{
  SmallFrame frame = { 0 };

  answer->length = sizeof value;
  cfut_frame_encode (answer, frame.header);
  memcpy (frame.body, &value, sizeof value);

  return frame;
}

/* The bit @number of the header is another one. */
EVIL_ACT (flip_bit)
{
  SmallFrame frame = make_small_frame (answer, getpid ());

  frame.header[number / 8] ^= 1 << number % 8;
  evil_send_raw (self, &frame, sizeof frame);
}

/* A result of which some bytes are other ones. */
EVIL_ACT (send_mutated)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (number);
  SmallFrame frame = make_small_frame (answer, getpid ());
  guint8 *bytes = (guint8 *) &frame;

  for (int n = g_rand_int_range (rand, 1, 5); n > 0; n--)
    bytes[g_rand_int_range (rand, 0, sizeof frame)] = g_rand_int (rand);
  evil_send_raw (self, &frame, sizeof frame);
}

EVIL_ACT (send_random)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (number);
  guint8 bytes[4096];
  int n = g_rand_int_range (rand, CFUT_FRAME_HEADER_SIZE, sizeof bytes);

  for (int i = 0; i < n; i++)
    bytes[i] = g_rand_int (rand);
  evil_send_raw (self, bytes, n);
}

/* It cannot have taken so long. */
EVIL_ACT (lie_duration)
{
  answer->time = G_MAXINT64;
  evil_send_pid (self, answer);
}

/* ---- Frames that do not end. */

/* Says that it will be @number bytes, and then nothing. */
EVIL_ACT (send_length)
{
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  answer->length = number;
  cfut_frame_encode (answer, bytes);
  evil_send_raw (self, bytes, sizeof bytes);
}

EVIL_ACT (send_silent_body)
{
  send_length (self, call, answer, CFUT_FRAME_MAX_BODY);
  evil_send_raw (self, "only this", 9);
}

EVIL_ACT (send_silent_header)
{
  evil_send_raw (self, "F", 1);
}

/* Writes the @number bytes that there would be of a result when the process died
 * meanwhile. */
EVIL_ACT (send_torn)
{
  g_autofree guint8 *bytes = g_malloc0 (MAX (number, CFUT_FRAME_HEADER_SIZE));

  answer->length = 1024 * 1024;
  cfut_frame_encode (answer, bytes);
  evil_send_raw (self, bytes, number);
  raise (SIGKILL);
}

EVIL_ACT (send_drops)
{
  send_length (self, call, answer, 1024 * 1024);
  while (TRUE)
    {
      evil_send_raw (self, "", 1);
      g_usleep (2000);
    }
}

/* ---- Answers to what was not asked. */

EVIL_ACT (answer_unknown_call)
{
  answer->call += 1000;
  evil_send_pid (self, answer);
}

EVIL_ACT (answer_call_zero)
{
  answer->call = 0;
  answer->attempt = 0;
  evil_send_pid (self, answer);
}

EVIL_ACT (answer_other_attempt)
{
  answer->attempt++;
  evil_send_pid (self, answer);
}

EVIL_ACT (answer_twice)
{
  gint32 pid = getpid ();

  cfut_channel_queue (self->channel, answer, &pid, sizeof pid);
  cfut_channel_queue (self->channel, answer, &pid, sizeof pid);
  evil_flush (self);
}

/* A call that came @number ones later, or earlier if that is negative. */
EVIL_ACT (answer_others_call)
{
  answer->call += (gint32) number;
  evil_send_pid (self, answer);
}

/* The truth, over and over. */
EVIL_ACT (repeat)
{
  gint32 pid = getpid ();

  for (guint i = 0; i < 100000; i++)
    evil_send (self, answer, &pid, sizeof pid);
}

EVIL_ACT (be_ready_twice)
{
  evil_send_ready (self);
}

/* The call of this mode is one that was not claimed, see there. */
EVIL_ACT (answer_unclaimed)
{
  evil_send_pid (self, answer);
}

EVIL_ACT (skip)
{
}

/* ---- Progress. */

static void
flood (Evil            *self,
       CfutFrameHeader *header,
       guint            n)
{
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, text));

  header->type = CFUT_FRAME_PROGRESS;
  header->flags = 0;
  for (guint i = 0; i < n; i++)
    evil_send (self, header, g_variant_get_data (body), g_variant_get_size (body));
}

EVIL_ACT (flood_progress)
{
  CfutFrameHeader progress = *answer;

  flood (self, &progress, 100000);
  evil_send_pid (self, answer);
}

/* So many reports that are as small as can be. */
EVIL_ACT (murmur)
{
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, ""));
  CfutFrameHeader progress = *answer;

  progress.type = CFUT_FRAME_PROGRESS;
  progress.flags = 0;
  for (guint i = 0; i < number; i++)
    evil_send (self, &progress, g_variant_get_data (body), g_variant_get_size (body));
  evil_send_pid (self, answer);
}

/* Reports when it has answered. */
EVIL_ACT (send_late_progress)
{
  evil_send_pid (self, answer);
  flood (self, answer, 1);
}

EVIL_ACT (send_unknown_progress)
{
  answer->call += 1000;
  flood (self, answer, 1);
}

EVIL_ACT (send_long_progress)
{
  g_autofree char *body = g_malloc0 (100 * 1024);

  memset (body + 8, 'x', 100 * 1024 - 9);
  answer->type = CFUT_FRAME_PROGRESS;
  evil_send (self, answer, body, 100 * 1024);
}

EVIL_ACT (send_progress_garbage)
{
  answer->type = CFUT_FRAME_PROGRESS;
  evil_send (self, answer, "garbage", 7);
}

EVIL_ACT (send_progress_nan)
{
  const guint8 body[] = { 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0 };
  CfutFrameHeader progress = *answer;

  progress.type = CFUT_FRAME_PROGRESS;
  evil_send (self, &progress, body, sizeof body);
  evil_send_pid (self, answer);
}

const EvilMode evil_frame_modes[] = {
  { "magic", bend_magic },
  { "version", bend_version },
  { "type", bend_type },
  { "parents-type", send_parents_type },
  { "flags", bend_flags },
  { "too-large", bend_length },
  { "chunk-flag", send_chunk },
  { "flip", flip_bit },
  { "mutate", send_mutated },
  { "random", send_random },
  { "lie-duration", lie_duration },
  { "length", send_length },
  { "silent-body", send_silent_body },
  { "silent-header", send_silent_header },
  { "torn", send_torn },
  { "drip", send_drops },
  { "unknown-call", answer_unknown_call },
  { "call-zero", answer_call_zero },
  { "other-attempt", answer_other_attempt },
  { "twice", answer_twice },
  { "others-call", answer_others_call },
  { "repeat", repeat },
  { "ready-twice", be_ready_twice },
  { "unclaimed", answer_unclaimed },
  { "skip", skip },
  { "flood", flood_progress },
  { "murmur", murmur },
  { "late-progress", send_late_progress },
  { "progress-unknown", send_unknown_progress },
  { "long-progress", send_long_progress },
  { "progress-garbage", send_progress_garbage },
  { "progress-nan", send_progress_nan },
  { NULL, NULL },
};
