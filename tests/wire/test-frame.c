/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-claims-private.h"
#include "wire/cfut-frame-private.h"
#include "wire/cfut-inbox-private.h"

typedef struct
{
  CfutFrameOrigin origin;
  CfutFrameHeader header;
} Sample;

/* One valid frame of each kind. */
static const Sample samples[] = {
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_SETUP, .length = 5 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_READY, .length = 16 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_READY, .flags = CFUT_FRAME_FLAG_NO_CLAIMS } },
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_CALL, .length = 8, .slot = CFUT_CLAIMS_N_SLOTS - 1,
                              .call = G_GUINT64_CONSTANT (0x1122334455667788), .attempt = 0x99aabbcc,
                              .aux = G_MAXUINT32, .time = -1 } },
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_CALL, .flags = CFUT_FRAME_FLAG_CHUNK, .length = 800,
                              .call = 1, .attempt = 1, .time = G_MAXINT64, .timeout = G_MAXINT64 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_RESULT, .format = CFUT_FORMAT_JSON, .length = 3,
                              .slot = 7, .call = 2, .attempt = 1, .time = 1234 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_RESULT, .flags = CFUT_FRAME_FLAG_CHUNK | CFUT_FRAME_FLAG_ALL,
                              .length = 80, .call = 2, .attempt = 1 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_ERROR, .length = 30, .call = 3, .attempt = 2, .time = 1 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_ERROR, .length = 30 } },
  { CFUT_FRAME_FROM_WORKER, { .type = CFUT_FRAME_PROGRESS, .length = 9, .call = 4, .attempt = 1 } },
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_CANCEL, .call = G_MAXUINT64, .attempt = 1 } },
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_SHUTDOWN } },
  { CFUT_FRAME_FROM_PARENT, { .type = CFUT_FRAME_SEGMENT, .length = 16 } },
};

static gboolean
headers_are_equal (const CfutFrameHeader *a,
                   const CfutFrameHeader *b)
{
  return a->type == b->type && a->flags == b->flags && a->format == b->format &&
         a->length == b->length && a->slot == b->slot && a->call == b->call &&
         a->attempt == b->attempt && a->aux == b->aux && a->time == b->time &&
         a->timeout == b->timeout;
}

static void
test_round_trip (void)
{
  g_test_summary ("A header is decoded as it was encoded, by the right end only");

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr(GError) error = NULL;
      guint8 bytes[CFUT_FRAME_HEADER_SIZE];
      CfutFrameHeader header;

      cfut_frame_encode (&samples[i].header, bytes);

      g_assert_true (cfut_frame_decode (bytes, samples[i].origin, &header, &error));
      g_assert_no_error (error);
      g_assert_true (headers_are_equal (&header, &samples[i].header));

      g_assert_false (cfut_frame_decode (bytes,
                                         samples[i].origin == CFUT_FRAME_FROM_PARENT
                                           ? CFUT_FRAME_FROM_WORKER
                                           : CFUT_FRAME_FROM_PARENT,
                                         &header, &error));
      g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
    }
}

static void
test_bytes (void)
{
  const guint8 expected[CFUT_FRAME_HEADER_SIZE] = {
    0x63, 0x46, 1, CFUT_FRAME_CALL, 1, 0, 0, 0,
    0x03, 0x02, 0x01, 0x00, 0x05, 0x01, 0, 0,
    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
    0x0d, 0x0c, 0x0b, 0x0a, 0x04, 0x03, 0x02, 0x01,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  };
  const CfutFrameHeader header = {
    .type = CFUT_FRAME_CALL, .flags = CFUT_FRAME_FLAG_CHUNK, .length = 0x010203, .slot = 0x105,
    .call = G_GUINT64_CONSTANT (0x1122334455667788), .attempt = 0x0a0b0c0d, .aux = 0x01020304, .time = -1,
    .timeout = 0x0102,
  };
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  g_test_summary ("The header lies on the wire as documented, for ends in other languages");

  cfut_frame_encode (&header, bytes);
  g_assert_cmpmem (bytes, sizeof bytes, expected, sizeof expected);
}

/* Changes @sample by @change and expects that to be refused. */
#define assert_refused(sample, change) \
  G_STMT_START { \
    CfutFrameHeader header = (sample)->header, decoded; \
    guint8 bytes[CFUT_FRAME_HEADER_SIZE]; \
    g_autoptr(GError) error = NULL; \
    change; \
    cfut_frame_encode (&header, bytes); \
    g_assert_false (cfut_frame_decode (bytes, (sample)->origin, &decoded, &error)); \
    g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL); \
  } G_STMT_END

static void
test_bad_fields (void)
{
  g_test_summary ("A header with any field out of its range is refused");

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      const Sample *sample = &samples[i];
      CfutFrameType type = sample->header.type;
      gboolean has_call = sample->header.call != 0;

      assert_refused (sample, header.type = 0);
      assert_refused (sample, header.type = CFUT_FRAME_SEGMENT + 1);
      assert_refused (sample, header.flags |= 1 << 2);
      assert_refused (sample, header.flags |= 1 << 15);
      assert_refused (sample, header.flags |= CFUT_FRAME_FLAG_CHUNK; header.format = CFUT_FORMAT_PICKLE);
      assert_refused (sample, header.format = CFUT_FORMAT_JSON + 1);
      assert_refused (sample, header.length = G_MAXUINT32);
      assert_refused (sample, header.length = CFUT_FRAME_MAX_BODY + 1);
      assert_refused (sample, header.slot = CFUT_CLAIMS_N_SLOTS);
      assert_refused (sample, header.time = G_MININT64);
      assert_refused (sample, header.time = -2);
      assert_refused (sample, header.timeout = -1);
      assert_refused (sample, header.attempt = has_call ? 0 : 1);

      if (has_call && type != CFUT_FRAME_ERROR)
        assert_refused (sample, header.call = 0);
      if (!has_call)
        {
          assert_refused (sample, header.call = 1);
          assert_refused (sample, header.slot = 1);
        }
      if (type != CFUT_FRAME_CALL)
        {
          assert_refused (sample, header.aux = 1);
          assert_refused (sample, header.time = -1);
          assert_refused (sample, header.timeout = 1);
        }
      if (type != CFUT_FRAME_CALL && type != CFUT_FRAME_RESULT)
        {
          assert_refused (sample, header.format = CFUT_FORMAT_BYTES);
          assert_refused (sample, header.flags = CFUT_FRAME_FLAG_CHUNK);
        }
      if (type != CFUT_FRAME_READY)
        assert_refused (sample, header.flags = CFUT_FRAME_FLAG_NO_CLAIMS);
      if (type != CFUT_FRAME_RESULT)
        assert_refused (sample, header.flags |= CFUT_FRAME_FLAG_CHUNK | CFUT_FRAME_FLAG_ALL);
      assert_refused (sample, header.flags = CFUT_FRAME_FLAG_ALL);
      if (type == CFUT_FRAME_SEGMENT)
        assert_refused (sample, header.length = 15);
      if (type == CFUT_FRAME_CANCEL || type == CFUT_FRAME_SHUTDOWN)
        assert_refused (sample, header.length = 1);
      if (type == CFUT_FRAME_PROGRESS)
        assert_refused (sample, header.length = (64 << 10) + 1);
    }
}

static void
test_bit_flips (void)
{
  g_test_summary ("Every flip of one bit is refused or changes just that field");

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      guint8 bytes[CFUT_FRAME_HEADER_SIZE], again[CFUT_FRAME_HEADER_SIZE];

      cfut_frame_encode (&samples[i].header, bytes);

      for (guint bit = 0; bit < 8 * sizeof bytes; bit++)
        {
          g_autoptr(GError) error = NULL;
          CfutFrameHeader header;

          bytes[bit / 8] ^= 1 << bit % 8;
          if (cfut_frame_decode (bytes, samples[i].origin, &header, &error))
            {
              g_assert_cmpuint (bit, >=, 24); /* never the magic or version */
              cfut_frame_encode (&header, again);
              g_assert_cmpmem (bytes, sizeof bytes, again, sizeof again);
            }
          else
            {
              g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
            }
          bytes[bit / 8] ^= 1 << bit % 8;
        }
    }
}

static void
test_type_names (void)
{
  g_test_summary ("Types have names for logs, and nonsense has one too");

  g_assert_cmpstr (cfut_frame_type_get_name (CFUT_FRAME_SETUP), ==, "SETUP");
  g_assert_cmpstr (cfut_frame_type_get_name (CFUT_FRAME_SHUTDOWN), ==, "SHUTDOWN");
  g_assert_cmpstr (cfut_frame_type_get_name (0), ==, "unknown");
  g_assert_cmpstr (cfut_frame_type_get_name (CFUT_FRAME_SEGMENT + 1), ==, "unknown");
}

static void
append_frame (GByteArray *stream,
              guint64     call,
              gsize       length)
{
  CfutFrameHeader header = {
    .type = CFUT_FRAME_RESULT, .length = length, .call = call, .attempt = 1,
  };
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];
  gsize start = stream->len + CFUT_FRAME_HEADER_SIZE;

  cfut_frame_encode (&header, bytes);
  g_byte_array_append (stream, bytes, sizeof bytes);
  g_byte_array_set_size (stream, start + CFUT_FRAME_PADDED (length));
  memset (stream->data + start, 0, CFUT_FRAME_PADDED (length));
  memset (stream->data + start, (int) call, length);
}

static void
assert_body (const CfutFrame *frame)
{
  static const guint8 zeros[CFUT_FRAME_SLACK];

  g_assert_cmpuint ((gsize) frame->body % 8, ==, 0);
  for (gsize i = 0; i < frame->header.length; i++)
    g_assert_cmpuint (frame->body[i], ==, (guint8) frame->header.call);
  g_assert_cmpmem (frame->body + frame->header.length, CFUT_FRAME_SLACK, zeros, CFUT_FRAME_SLACK);
}

/* Feeds @stream in pieces of @first and then @step bytes; returns what came out
 * as text. @take: take the bodies away. */
static char *
get_verdict (GByteArray *stream,
             gsize       first,
             gsize       step,
             gboolean    take)
{
  GString *verdict = g_string_new (NULL);
  CfutInbox inbox;
  gsize offset = 0, limit = first;
  CfutChannelStatus status = CFUT_CHANNEL_BLOCKED;

  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);

  while (offset < stream->len && status == CFUT_CHANNEL_BLOCKED)
    {
      g_autoptr(GError) error = NULL;
      gsize space, n_bytes;
      guint8 *room = cfut_inbox_get_space (&inbox, &space);
      CfutFrame frame;

      g_assert_cmpuint (space, >, 0);
      n_bytes = MIN (space, MIN (limit, stream->len - offset));
      memcpy (room, stream->data + offset, n_bytes);
      cfut_inbox_add (&inbox, n_bytes);
      offset += n_bytes;
      limit = limit > n_bytes ? limit - n_bytes : step;

      g_assert_cmpuint (inbox.capacity, <=, 2 * offset + (64 << 10));

      while ((status = cfut_inbox_next (&inbox, &frame, &error)) == CFUT_CHANNEL_OK)
        {
          assert_body (&frame);
          g_string_append_printf (verdict, "%u ", (guint) frame.header.call);

          if (take)
            {
              g_autoptr(GBytes) body = cfut_inbox_take_body (&inbox, &frame);

              frame.body = g_bytes_get_data (body, NULL);
              assert_body (&frame);
            }
        }

      if (status == CFUT_CHANNEL_FAILED)
        {
          g_assert_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL);
          g_string_append (verdict, error->message);
          g_assert_cmpint (cfut_inbox_next (&inbox, &frame, NULL), ==, CFUT_CHANNEL_FAILED);
        }
    }

  if (cfut_inbox_is_mid_frame (&inbox))
    g_string_append (verdict, " (more)");

  cfut_inbox_clear (&inbox);
  return g_string_free (verdict, FALSE);
}

static void
assert_verdict_at_every_split (GByteArray *stream,
                               const char *expected)
{
  for (gsize first = 1; first <= stream->len; first++)
    {
      g_autofree char *verdict = get_verdict (stream, first, G_MAXSIZE, first % 2 == 0);

      g_assert_cmpstr (verdict, ==, expected);
    }

  for (gsize step = 1; step < 50; step++)
    {
      g_autofree char *verdict = get_verdict (stream, step, step, step % 2 == 0);

      g_assert_cmpstr (verdict, ==, expected);
    }
}

static void
test_splits (void)
{
  g_autoptr(GByteArray) stream = g_byte_array_new ();

  g_test_summary ("However a stream is torn, the same frames come out of it");

  for (guint i = 1; i <= 40; i++)
    append_frame (stream, i, i);
  append_frame (stream, 41, 0);
  append_frame (stream, 42, 0);

  assert_verdict_at_every_split (stream,
                                 "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
                                 "21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 "
                                 "41 42 ");

  g_byte_array_set_size (stream, stream->len - 1);
  assert_verdict_at_every_split (stream,
                                 "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
                                 "21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 "
                                 "41  (more)");
}

static void
test_splits_of_bad_stream (void)
{
  g_autoptr(GByteArray) bad_header = g_byte_array_new ();
  g_autoptr(GByteArray) bad_padding = g_byte_array_new ();
  gsize start;

  g_test_summary ("However a bad stream is torn, it fails at the same frame for the same reason");

  append_frame (bad_header, 1, 3);
  start = bad_header->len;
  append_frame (bad_header, 2, 3);
  append_frame (bad_header, 3, 3);
  bad_header->data[start] ^= 1;
  /* The rest of the bad frame need not be there. */
  assert_verdict_at_every_split (bad_header, "1 A frame begins with 0x4662 and not with 0x4663 (more)");

  append_frame (bad_padding, 1, 3);
  append_frame (bad_padding, 2, 3);
  bad_padding->data[bad_padding->len - 1] = 1;
  assert_verdict_at_every_split (bad_padding, "1 A RESULT frame has a bad padding (more)");
}

static void
test_splits_of_large (void)
{
  g_autoptr(GByteArray) stream = g_byte_array_new ();
  const gsize steps[] = { 333, 4096, 65535, 65536, 65537, 200000, G_MAXSIZE };
  const gsize base = 64 << 10;

  g_test_summary ("Frames around and above the size of the buffer come out whole, taken or not");

  append_frame (stream, 1, 100);
  append_frame (stream, 2, base - CFUT_FRAME_HEADER_SIZE);
  append_frame (stream, 3, base - CFUT_FRAME_HEADER_SIZE + 1);
  append_frame (stream, 4, 1);
  append_frame (stream, 5, base - 1);
  append_frame (stream, 6, 3 * base + 5);
  append_frame (stream, 7, 10 * base);
  append_frame (stream, 8, 10 * base);
  append_frame (stream, 9, 0);
  append_frame (stream, 10, base / 2);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autofree char *kept = get_verdict (stream, steps[i], steps[i], FALSE);
      g_autofree char *taken = get_verdict (stream, steps[i], steps[i], TRUE);

      g_assert_cmpstr (kept, ==, "1 2 3 4 5 6 7 8 9 10 ");
      g_assert_cmpstr (taken, ==, kept);
    }
}

static void
test_full_buffer (void)
{
  g_autoptr(GByteArray) stream = g_byte_array_new ();
  CfutInbox inbox;
  CfutFrame frame;
  gsize space;
  guint8 *room;

  g_test_summary ("A buffer full of frames that nobody took has no space, until they are taken");

  append_frame (stream, 1, (64 << 10) - CFUT_FRAME_HEADER_SIZE);
  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);

  room = cfut_inbox_get_space (&inbox, &space);
  g_assert_cmpuint (space, ==, stream->len);
  memcpy (room, stream->data, stream->len);
  cfut_inbox_add (&inbox, stream->len);

  cfut_inbox_get_space (&inbox, &space);
  g_assert_cmpuint (space, ==, 0);

  g_assert_cmpint (cfut_inbox_next (&inbox, &frame, NULL), ==, CFUT_CHANNEL_OK);
  assert_body (&frame);
  cfut_inbox_get_space (&inbox, &space);
  g_assert_cmpuint (space, ==, stream->len);

  cfut_inbox_clear (&inbox);
}

static void
test_length_is_not_believed (void)
{
  CfutFrameHeader header = {
    .type = CFUT_FRAME_RESULT, .length = CFUT_FRAME_MAX_BODY, .call = 1, .attempt = 1,
  };
  CfutInbox inbox;
  CfutFrame frame;
  gsize arrived = 0;

  g_test_summary ("The buffer grows with what has arrived and not with what is promised");

  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);

  while (arrived < (1 << 20))
    {
      gsize space;
      guint8 *room = cfut_inbox_get_space (&inbox, &space);

      memset (room, 0, space);
      if (arrived == 0)
        cfut_frame_encode (&header, room);
      cfut_inbox_add (&inbox, space);
      arrived += space;

      g_assert_cmpint (cfut_inbox_next (&inbox, &frame, NULL), ==, CFUT_CHANNEL_BLOCKED);
      g_assert_cmpuint (inbox.capacity, <=, arrived);
      g_assert_true (cfut_inbox_is_mid_frame (&inbox));
    }

  cfut_inbox_clear (&inbox);
}

/* Feeds @stream in random pieces and looks at whatever comes out. */
static void
feed_hostile (GByteArray *stream)
{
  static const guint8 zeros[CFUT_FRAME_SLACK];
  CfutInbox inbox;
  CfutChannelStatus status = CFUT_CHANNEL_BLOCKED;
  gsize offset = 0;

  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);

  while (offset < stream->len && status == CFUT_CHANNEL_BLOCKED)
    {
      gsize piece = g_test_rand_int_range (1, 200);
      gsize space, n_bytes;
      guint8 *room = cfut_inbox_get_space (&inbox, &space);
      CfutFrame frame;

      n_bytes = MIN (piece, MIN (space, stream->len - offset));
      memcpy (room, stream->data + offset, n_bytes);
      cfut_inbox_add (&inbox, n_bytes);
      offset += n_bytes;

      while ((status = cfut_inbox_next (&inbox, &frame, NULL)) == CFUT_CHANNEL_OK)
        g_assert_cmpmem (frame.body + frame.header.length, CFUT_FRAME_SLACK, zeros, CFUT_FRAME_SLACK);
    }

  cfut_inbox_clear (&inbox);
}

static void
test_random_bytes (void)
{
  g_test_summary ("Frames with random bytes in them are refused or wait, and never crash");

  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr(GByteArray) stream = g_byte_array_new ();
      guint n_changes = g_test_rand_int_range (1, 8);

      for (guint call = 1; call < 6; call++)
        append_frame (stream, call, g_test_rand_int_range (0, 64));

      for (guint j = 0; j < n_changes; j++)
        stream->data[g_test_rand_int_range (0, stream->len)] = g_test_rand_int_range (0, 256);

      feed_hostile (stream);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame/round-trip", test_round_trip);
  g_test_add_func ("/frame/bytes", test_bytes);
  g_test_add_func ("/frame/bad-fields", test_bad_fields);
  g_test_add_func ("/frame/bit-flips", test_bit_flips);
  g_test_add_func ("/frame/type-names", test_type_names);
  g_test_add_func ("/inbox/splits", test_splits);
  g_test_add_func ("/inbox/splits-of-bad-stream", test_splits_of_bad_stream);
  g_test_add_func ("/inbox/splits-of-large", test_splits_of_large);
  g_test_add_func ("/inbox/full-buffer", test_full_buffer);
  g_test_add_func ("/inbox/length-is-not-believed", test_length_is_not_believed);
  g_test_add_func ("/inbox/random-bytes", test_random_bytes);

  return g_test_run ();
}
