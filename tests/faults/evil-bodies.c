/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "evil.h"

#include <string.h>
#include <unistd.h>

#include "cfut-error.h"

/* Lies in the bodies of frames, and about where these are. */

/* ---- What is no value of the declared type. */

EVIL_ACT (send_wrong_size)
{
  evil_send (self, answer, "12345", 5);
}

EVIL_ACT (send_empty)
{
  evil_send (self, answer, NULL, 0);
}

EVIL_ACT (send_text)
{
  evil_send (self, answer, "1234567", number);
}

/* So many bytes, which is fine if they are no more than may be. */
EVIL_ACT (send_zeros)
{
  g_autofree guint8 *zeros = g_malloc0 (number);

  evil_send (self, answer, zeros, number);
}

/* Variants in each other, so many. */
EVIL_ACT (send_nest)
{
  g_autoptr(GVariant) nest = g_variant_ref_sink (g_variant_new_variant (g_variant_new_int32 (7)));

  for (guint i = 1; i < number; i++)
    {
      GVariant *outer = g_variant_ref_sink (g_variant_new_variant (nest));

      g_variant_unref (nest);
      nest = outer;
    }
  evil_send (self, answer, g_variant_get_data (nest), g_variant_get_size (nest));
}

/* ---- Errors. */

static void
send_error (Evil            *self,
            CfutFrameHeader *header,
            const char      *message)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (error, CFUT_FRAME_MAX_ERROR);

  header->type = CFUT_FRAME_ERROR;
  header->flags = 0;
  evil_send (self, header, g_variant_get_data (body), g_variant_get_size (body));
}

EVIL_ACT (send_error_garbage)
{
  answer->type = CFUT_FRAME_ERROR;
  evil_send (self, answer, "garbage", 7);
}

EVIL_ACT (send_error_zero)
{
  CfutFrameHeader none = { 0 };

  send_error (self, &none, "I do not want any more");
}

EVIL_ACT (send_long_error)
{
  g_autofree char *text = g_strnfill (5 * 1024 * 1024, 'x');

  send_error (self, answer, text);
}

/* An error that carries so many bytes. */
EVIL_ACT (send_laden_error)
{
  g_autofree guint8 *bytes = g_malloc0 (number);
  GVariant *payload = g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, bytes, number, TRUE, NULL, NULL);
  g_autoptr(GVariant) body = NULL;

  body = g_variant_ref_sink (g_variant_new ("(sisss@ay)", "cfut-error-quark", CFUT_ERROR_REMOTE, "No", "Name", "Traceback", payload));
  answer->type = CFUT_FRAME_ERROR;
  evil_send (self, answer, g_variant_get_data (body), g_variant_get_size (body));
}

/* An error whose strings are neither UTF-8 nor harmless, and @number bytes long. */
EVIL_ACT (send_rude_error)
{
  g_autofree char *text = g_strnfill (number, 'x');
  g_autoptr(GVariant) body = NULL;

  memcpy (text, "\x1b[2J\xff\xfe\x80 \x07", 9);
  body = g_variant_ref_sink (g_variant_new ("(^ayi^ay^ay^ay^ay)", "\xc3(", 7, text, text, text, text));
  answer->type = CFUT_FRAME_ERROR;
  evil_send (self, answer, g_variant_get_data (body), g_variant_get_size (body));
}

/* ---- Bodies that are bombs. */

enum
{
  BOMB_ZEROS,
  BOMB_LONG_TYPE,
  BOMB_NESTED_VARIANTS,
  BOMB_OVERLAP,
};

/* 64 KiB or more, for a result of type a(ss) or v. */
static GByteArray *
make_bomb (guint kind)
{
  GByteArray *bomb = g_byte_array_new ();
  const gsize length = 64 * 1024;

  g_byte_array_set_size (bomb, length);
  memset (bomb->data, 0, length);
  switch (kind)
    {
    case BOMB_LONG_TYPE:
      memset (bomb->data + 1024, 'y', length - 1024);
      memset (bomb->data + 1024, '(', 100);
      memset (bomb->data + length - 100, ')', 100);
      break;

    case BOMB_NESTED_VARIANTS:
      /* Each a zero and a 'v', behind what is in it. */
      g_byte_array_set_size (bomb, 1048576);
      for (gsize i = 0; i < bomb->len; i++)
        bomb->data[i] = i % 2 == 0 ? 0 : 'v';
      break;

    case BOMB_OVERLAP:
      /* Offsets of elements, at the end, that all say the same place. */
      memset (bomb->data, 'x', length / 2);
      for (gsize i = length / 2; i + 4 <= length; i += 4)
        memcpy (bomb->data + i, &(guint32) { GUINT32_TO_LE (16384) }, 4);
      break;

    case BOMB_ZEROS:
    default:
      break;
    }

  return bomb;
}

EVIL_ACT (send_bomb)
{
  g_autoptr(GByteArray) bomb = make_bomb (number);

  evil_send (self, answer, bomb->data, bomb->len);
}

/* ---- Bodies that are to be where they cannot be. */

static void
send_place (Evil            *self,
            CfutFrameHeader *answer,
            guint32          offset,
            guint32          length,
            guint32          index)
{
  CfutArenaPlace place = { GUINT32_TO_LE (offset), GUINT32_TO_LE (length), GUINT32_TO_LE (index), 0 };

  answer->flags |= CFUT_FRAME_FLAG_SHARED;
  evil_send (self, answer, &place, sizeof place);
}

EVIL_ACT (share_beyond)
{
  send_place (self, answer, CFUT_ARENA_LARGE_CAPACITY, sizeof (gint32), 0);
}

EVIL_ACT (share_too_long)
{
  send_place (self, answer, 0, G_MAXUINT32, 0);
}

EVIL_ACT (share_wrapping)
{
  send_place (self, answer, 0xfffff000, 0x2000, 0);
}

EVIL_ACT (share_bad_index)
{
  send_place (self, answer, 0, sizeof (gint32), 64);
}

EVIL_ACT (share_hole)
{
  send_place (self, answer, 0, CFUT_ARENA_LARGE_CAPACITY / 8, 0);
}

EVIL_ACT (share_all)
{
  send_place (self, answer, 0, CFUT_ARENA_CAPACITY - 4096, 0);
}

/* So many bytes that nobody has written. */
EVIL_ACT (share_zeros)
{
  send_place (self, answer, 0, number, 0);
}

EVIL_ACT (share_short_place)
{
  answer->flags = CFUT_FRAME_FLAG_SHARED;
  evil_send (self, answer, "12345678", 8);
}

EVIL_ACT (share_ready)
{
  CfutFrameHeader ready = { .type = CFUT_FRAME_READY, .flags = CFUT_FRAME_FLAG_SHARED };

  evil_send (self, &ready, "1234567812345678", 16);
}

EVIL_ACT (share_error_garbage)
{
  answer->type = CFUT_FRAME_ERROR;
  send_place (self, answer, 0, 4096, 0);
}

/* ---- What is not there to be lent. */

EVIL_ACT (lend_nothing)
{
  const CfutLentBytes lies[] = {
    { 0, 0, CFUT_LENT_BY_CALL, 0, 100000 },
    { 0, 64, CFUT_LENT_BY_CALL, 0, 100000 },
    { 0, 0, CFUT_LENT_BY_ARENA, CFUT_ARENA_LARGE_CAPACITY, 100 },
    { 0, 0, CFUT_LENT_BY_ARENA, G_GUINT64_CONSTANT (1) << 40, 100 },
    { 0, 0, CFUT_LENT_BY_ARENA, 5000, G_MAXUINT32 - 100 },
    { 0, 0, CFUT_LENT_BY_ARENA, 4096, G_MAXUINT64 },
    { 0, 0, CFUT_LENT_BY_ARENA, G_MAXUINT64, 2 },
    { 0, 0, CFUT_LENT_BY_ARENA, 0, 0 },
    { 0, 64, CFUT_LENT_BY_ARENA, 0, 100 },
    { 0, G_MAXUINT32, CFUT_LENT_BY_ARENA, 0, 100 },
    { 0, 0, 7, 0, 100 },
    { 5, G_MAXUINT32, CFUT_LENT_BY_ARENA, 0, 100 },
  };
  struct
  {
    guint32 n_lent;
    guint32 zero;
    CfutLentBytes lent;
  } body = { GUINT32_TO_LE (1), 0, { 0 } };
  const CfutLentBytes *lie = &lies[number];

  body.lent = (CfutLentBytes) {
    GUINT32_TO_LE (lie->leaf), GUINT32_TO_LE (lie->index), GUINT64_TO_LE (lie->source),
    GUINT64_TO_LE (lie->offset), GUINT64_TO_LE (lie->length)
  };
  answer->flags |= CFUT_FRAME_FLAG_LENT;
  evil_send (self, answer, &body, sizeof body);
}

/* Twice the same @number bytes. */
EVIL_ACT (lend_twice)
{
  struct
  {
    guint32 n_lent;
    guint32 zero;
    CfutLentBytes lent[2];
  } body = { GUINT32_TO_LE (2), 0, { { 0 } } };

  for (guint i = 0; i < G_N_ELEMENTS (body.lent); i++)
    body.lent[i] = (CfutLentBytes) {
      GUINT32_TO_LE (i), 0, GUINT64_TO_LE (CFUT_LENT_BY_ARENA), 0, GUINT64_TO_LE (number)
    };
  answer->flags |= CFUT_FRAME_FLAG_LENT;
  evil_send (self, answer, &body, sizeof body);
}

const EvilMode evil_body_modes[] = {
  { "wrong-size", send_wrong_size },
  { "empty", send_empty },
  { "text", send_text },
  { "zeros", send_zeros },
  { "nest", send_nest },
  { "error-garbage", send_error_garbage },
  { "error-zero", send_error_zero },
  { "long-error", send_long_error },
  { "laden-error", send_laden_error },
  { "rude-error", send_rude_error },
  { "bomb", send_bomb },
  { "shared-beyond", share_beyond },
  { "shared-too-long", share_too_long },
  { "shared-wraps", share_wrapping },
  { "shared-index", share_bad_index },
  { "shared-hole", share_hole },
  { "shared-all", share_all },
  { "shared-zeros", share_zeros },
  { "shared-short-place", share_short_place },
  { "shared-ready", share_ready },
  { "shared-error-garbage", share_error_garbage },
  { "lend", lend_nothing },
  { "lend-twice", lend_twice },
  { NULL, NULL },
};
