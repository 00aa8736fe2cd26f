/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-inbox-private.h"
#include "wire/cfut-outbox-private.h"

/*
 * A value to a frame, to bytes, to a frame, to a value: the same.
 *
 * Input: the seed of how the bytes are cut, the format, and a number of values,
 * each a program for a builder.
 */

#define MAX_FRAMES 8
#define MAX_DEPTH  6

static const char letters[] = "ybnqiuxtdhsogv";

static GVariant *
make_basic (FuzzInput *input,
            char       letter)
{
  guint64 number = fuzz_take_uint32 (input);
  g_autofree char *text = NULL;
  gsize length;
  const guint8 *bytes;

  switch (letter)
    {
    case 'y':
      return g_variant_new_byte (number);
    case 'b':
      return g_variant_new_boolean (number & 1);
    case 'n':
      return g_variant_new_int16 (number);
    case 'q':
      return g_variant_new_uint16 (number);
    case 'i':
      return g_variant_new_int32 (number);
    case 'u':
      return g_variant_new_uint32 (number);
    case 'x':
      return g_variant_new_int64 (number << 31);
    case 't':
      return g_variant_new_uint64 (number << 32);
    case 'd':
      return g_variant_new_double ((gint32) number / 16.0);
    case 'h':
      return g_variant_new_handle (number);
    case 'o':
      return g_variant_new_object_path (number & 1 ? "/" : "/org/gnome/a_1");
    case 'g':
      return g_variant_new_signature (number & 1 ? "" : "a{sv}(iu)");
    case 's':
    default:
      length = number % 300;
      bytes = fuzz_take_bytes (input, &length);
      text = g_utf8_make_valid ((const char *) bytes, length);
      return g_variant_new_string (text);
    }
}

static GVariant *
make_value (FuzzInput *input,
            guint      depth)
{
  guint8 what = fuzz_take_byte (input);
  g_autoptr(GVariant) child = NULL;
  GVariant *children[4];
  g_autofree guint8 *zeros = NULL;
  gsize n;

  if (depth < MAX_DEPTH)
    {
      switch (what % 16)
        {
        case 0: /* an array of equals */
        case 1:
          child = g_variant_ref_sink (make_value (input, depth + 1));
          n = fuzz_take_byte (input) % 4;
          children[0] = children[1] = children[2] = children[3] = child;
          return g_variant_new_array (g_variant_get_type (child), children, n);

        case 2:
          n = fuzz_take_byte (input) % 4;
          for (gsize i = 0; i < n; i++)
            children[i] = make_value (input, depth + 1);
          return g_variant_new_tuple (children, n);

        case 3:
          return g_variant_new_variant (make_value (input, depth + 1));

        case 4:
          return g_variant_new_maybe (NULL, make_value (input, depth + 1));

        case 5:
          child = g_variant_ref_sink (make_value (input, depth + 1));
          return g_variant_new_maybe (g_variant_get_type (child), NULL);

        case 6:
          children[0] = make_basic (input, letters[fuzz_take_byte (input) % 13]);
          return g_variant_new_dict_entry (children[0], make_value (input, depth + 1));

        case 7: /* a large one */
          n = fuzz_take_uint32 (input) % (depth < 2 ? 100 << 10 : 100);
          zeros = g_malloc0 (n);
          return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, zeros, n, 1);

        default:
          break;
        }
    }

  return make_basic (input, letters[what % 13]);
}

/* What is queued, as bytes, taken out in chunks. */
static GByteArray *
write_all (CfutOutbox *outbox,
           FuzzChunks *chunks)
{
  GByteArray *bytes = g_byte_array_new ();

  while (outbox->queued > 0)
    {
      struct iovec vectors[16];
      guint n_vectors = cfut_outbox_get_vectors (outbox, vectors, G_N_ELEMENTS (vectors));
      gsize n_written = fuzz_chunks_next (chunks, outbox->queued);
      gsize left = n_written;

      for (guint i = 0; i < n_vectors && left > 0; i++)
        {
          gsize n = MIN (left, vectors[i].iov_len);

          g_byte_array_append (bytes, vectors[i].iov_base, n);
          left -= n;
        }
      cfut_outbox_remove (outbox, n_written - left);
    }

  return bytes;
}

static void
check_frame (CfutInbox *inbox,
             CfutFrame *frame,
             GVariant  *value,
             guint      index)
{
  g_autoptr(GBytes) body = NULL;
  g_autoptr(GVariant) received = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (frame->header.type, ==, CFUT_FRAME_RESULT);
  g_assert_cmpuint (frame->header.call, ==, index + 1);
  g_assert_cmpuint (frame->header.length, ==, g_variant_get_size (value));

  body = cfut_inbox_take_body (inbox, frame);
  received = cfut_frame_bytes_to_variant (g_variant_get_type (value), body, FALSE, &error);
  g_assert_no_error (error);

  /* g_variant_equal() would print both, as one was not trusted. */
  g_assert_true (g_variant_is_of_type (received, g_variant_get_type (value)));
  g_assert_cmpmem (g_variant_get_data (received), g_variant_get_size (received),
                   g_variant_get_data (value), g_variant_get_size (value));
}

static void
check_errors (FuzzInput *input)
{
  gsize length = fuzz_take_byte (input);
  const guint8 *bytes = fuzz_take_bytes (input, &length);
  g_autofree char *message = g_strndup ((const char *) bytes, length);
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  g_autoptr(GError) sent = g_error_new_literal (CFUT_ERROR, length % 8, message);
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (sent, CFUT_FRAME_MAX_ERROR);
  g_autoptr(GError) received = NULL;
  g_autoptr(GError) error = NULL;

  received = cfut_frame_error_from_body (g_variant_get_data (body), g_variant_get_size (body), &error);
  g_assert_no_error (error);
  g_assert_error (received, CFUT_ERROR, (int) length % 8);
  g_assert_cmpstr (received->message, ==, valid);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GByteArray) bytes = NULL;
  CfutOutbox outbox;
  CfutInbox inbox;
  FuzzChunks chunks;
  guint n_received = 0;

  fuzz_chunks_init (&chunks, fuzz_take_seed (&input));
  check_errors (&input);
  cfut_outbox_init (&outbox);
  cfut_inbox_init (&inbox, CFUT_FRAME_FROM_WORKER);

  while (input.size > 0 && values->len < MAX_FRAMES)
    {
      CfutFrameHeader header = {
        .type = CFUT_FRAME_RESULT,
        .call = values->len + 1,
        .attempt = 1,
        .slot = fuzz_take_byte (&input),
        .time = fuzz_take_uint32 (&input),
      };
      GVariant *value = g_variant_ref_sink (make_value (&input, 0));

      g_ptr_array_add (values, value);
      cfut_outbox_add_variant (&outbox, &header, value);
    }

  bytes = write_all (&outbox, &chunks);
  for (gsize at = 0; at < bytes->len;)
    {
      CfutFrame frame;
      g_autoptr(GError) error = NULL;
      gsize space;
      guint8 *room = cfut_inbox_get_space (&inbox, &space);
      gsize n = fuzz_chunks_next (&chunks, bytes->len - at);

      n = MIN (n, space);
      memcpy (room, bytes->data + at, n);
      cfut_inbox_add (&inbox, n);
      at += n;

      while (cfut_inbox_next (&inbox, &frame, &error) == CFUT_CHANNEL_OK)
        {
          g_assert_cmpuint (n_received, <, values->len);
          check_frame (&inbox, &frame, g_ptr_array_index (values, n_received), n_received);
          n_received++;
        }
      g_assert_no_error (error);
    }

  g_assert_cmpuint (n_received, ==, values->len);
  g_assert_false (cfut_inbox_is_mid_frame (&inbox));
  cfut_inbox_clear (&inbox);
  cfut_outbox_clear (&outbox);

  return 0;
}
