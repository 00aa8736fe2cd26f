/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"

/*
 * evil-worker MODE: a worker that computes squares as it should, and does
 * something that it should not when it is asked for its pid, or, in some modes,
 * before that. A call of "lie" names the mode itself, and a number for it.
 */
typedef struct
{
  const char *mode;
  CfutChannel *channel;
  CfutClaims *claims;
} Evil;

/* In the order of the table. */
enum
{
  FUNCTION_LIE,
  FUNCTION_PID,
  FUNCTION_SQUARE,
};

static void
flush (Evil *self)
{
  while (cfut_channel_flush (self->channel) == CFUT_CHANNEL_BLOCKED)
    cfut_channel_write_wait (self->channel);
}

static void
send_frame (Evil            *self,
            CfutFrameHeader *header,
            gconstpointer    body,
            gsize            length)
{
  cfut_channel_queue (self->channel, header, body, length);
  flush (self);
}

/* What the library would not encode. */
static void
send_raw (Evil         *self,
          gconstpointer data,
          gsize         size)
{
  const guint8 *p = data;

  flush (self);
  while (size > 0)
    {
      gssize n = write (cfut_channel_peek_fd (self->channel), p, size);

      if (n > 0)
        {
          p += n;
          size -= n;
        }
      else
        cfut_channel_write_wait (self->channel);
    }
}

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
  send_raw (self, bytes, sizeof bytes);
}

static void
send_ready (Evil *self)
{
  CfutFrameHeader header = { .type = CFUT_FRAME_READY };
  const char *bad = g_str_equal (self->mode, "bad-types") ? "a" : "i";
  g_autoptr(GVariant) table = g_variant_new_parsed ("[('lie', '(su)', 'i'), ('pid', '()', %s), ('square', '(x)', 'x')]", bad);

  g_variant_ref_sink (table);
  if (g_str_equal (self->mode, "no-claims"))
    header.flags = CFUT_FRAME_FLAG_NO_CLAIMS;
  send_frame (self, &header, g_variant_get_data (table), g_variant_get_size (table));
}

static CfutFrameHeader
make_answer (const CfutFrame *frame,
             CfutFrameType    type)
{
  return (CfutFrameHeader) {
    .type = type,
    .flags = type == CFUT_FRAME_RESULT ? frame->header.flags : 0,
    .slot = frame->header.slot,
    .call = frame->header.call,
    .attempt = frame->header.attempt,
  };
}

/* FALSE if the call was taken back. */
static gboolean
claim (Evil            *self,
       const CfutFrame *frame)
{
  if (g_str_equal (self->mode, "no-claims"))
    return TRUE;

  return cfut_claims_claim (self->claims, frame->header.slot,
                            cfut_claims_get_generation (frame->header.call, frame->header.attempt));
}

static void
answer_square (Evil            *self,
               const CfutFrame *frame)
{
  CfutFrameHeader answer = make_answer (frame, CFUT_FRAME_RESULT);
  gint64 x;

  if (!claim (self, frame))
    return;

  memcpy (&x, frame->body, sizeof x);
  x *= x;
  send_frame (self, &answer, &x, sizeof x);
}

static void
send_error (Evil            *self,
            CfutFrameHeader *header,
            const char      *message)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (error);

  header->type = CFUT_FRAME_ERROR;
  send_frame (self, header, g_variant_get_data (body), g_variant_get_size (body));
}

static void
flood (Evil            *self,
       const CfutFrame *frame,
       guint            n)
{
  CfutFrameHeader header = make_answer (frame, CFUT_FRAME_PROGRESS);
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, text));

  for (guint i = 0; i < n; i++)
    send_frame (self, &header, g_variant_get_data (body), g_variant_get_size (body));
}

/* Writes what there would be of a result when the process died meanwhile. */
static void
send_torn (Evil            *self,
           CfutFrameHeader *answer,
           gsize            n_bytes)
{
  g_autofree guint8 *bytes = g_malloc0 (MAX (n_bytes, CFUT_FRAME_HEADER_SIZE));

  answer->length = 1024 * 1024;
  cfut_frame_encode (answer, bytes);
  send_raw (self, bytes, n_bytes);
  raise (SIGKILL);
}

/* Waits until there is something to read, which is then left. */
static void
await_unread (Evil *self)
{
  struct pollfd poll_fd = { cfut_channel_peek_fd (self->channel), POLLIN, 0 };

  poll (&poll_fd, 1, 50);
}

static void
misbehave (Evil            *self,
           const CfutFrame *frame,
           const char      *mode,
           guint            number)
{
  CfutFrameHeader answer = make_answer (frame, CFUT_FRAME_RESULT);
  CfutFrameHeader none = { .type = CFUT_FRAME_READY };
  gint32 pid = getpid ();

#define MODE(name) else if (g_str_equal (mode, name))

  if (!g_str_equal (mode, "unclaimed") && !claim (self, frame))
    return;

  if (g_str_equal (mode, "magic"))
    send_bent_header (self, &answer, 0, 0x1234);
  MODE ("version")
    send_bent_header (self, &answer, 2, 2 | CFUT_FRAME_RESULT << 8);
  MODE ("type")
    send_bent_header (self, &answer, 2, CFUT_FRAME_VERSION | 99 << 8);
  MODE ("parents-type")
    send_bent_header (self, &answer, 2, CFUT_FRAME_VERSION | CFUT_FRAME_CALL << 8);
  MODE ("flags")
    send_bent_header (self, &answer, 4, 0x8000);
  MODE ("too-large")
    send_bent_header (self, &answer, 10, 0xffff);
  MODE ("chunk-flag")
    {
      answer.flags = CFUT_FRAME_FLAG_CHUNK;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("unknown-call")
    {
      answer.call += 1000;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("call-zero")
    {
      answer.call = 0;
      answer.attempt = 0;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("other-attempt")
    {
      answer.attempt++;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("twice")
    {
      cfut_channel_queue (self->channel, &answer, &pid, sizeof pid);
      cfut_channel_queue (self->channel, &answer, &pid, sizeof pid);
      flush (self);
    }
  MODE ("ready-twice")
    send_ready (self);
  MODE ("wrong-size")
    send_frame (self, &answer, "12345", 5);
  MODE ("empty")
    send_frame (self, &answer, NULL, 0);
  MODE ("error-garbage")
    {
      answer.type = CFUT_FRAME_ERROR;
      send_frame (self, &answer, "garbage", 7);
    }
  MODE ("error-zero")
    {
      none.type = CFUT_FRAME_ERROR;
      send_error (self, &none, "I do not want any more");
    }
  MODE ("long-error")
    {
      g_autofree char *text = g_strnfill (5 * 1024 * 1024, 'x');

      send_error (self, &answer, text);
    }
  MODE ("unclaimed")
    send_frame (self, &answer, &pid, sizeof pid);
  MODE ("silent-body")
    {
      guint8 bytes[CFUT_FRAME_HEADER_SIZE];

      answer.length = CFUT_FRAME_MAX_BODY;
      cfut_frame_encode (&answer, bytes);
      send_raw (self, bytes, sizeof bytes);
      send_raw (self, "only this", 9);
    }
  MODE ("silent-header")
    send_raw (self, "F", 1);
  MODE ("flood")
    {
      flood (self, frame, 100000);
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("progress-unknown")
    {
      CfutFrame other = *frame;

      other.header.call += 1000;
      flood (self, &other, 1);
    }
  MODE ("progress-garbage")
    {
      answer.type = CFUT_FRAME_PROGRESS;
      send_frame (self, &answer, "garbage", 7);
    }
  MODE ("progress-nan")
    {
      const guint8 body[] = { 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0 };

      answer.type = CFUT_FRAME_PROGRESS;
      send_frame (self, &answer, body, sizeof body);
      answer.type = CFUT_FRAME_RESULT;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("lie-duration")
    {
      answer.time = G_MAXINT64;
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("torn")
    send_torn (self, &answer, number);
  MODE ("unread")
    {
      await_unread (self);
      send_frame (self, &answer, &pid, sizeof pid);
      _exit (EXIT_SUCCESS);
    }
  MODE ("skip")
    return;
  MODE ("hang")
    {
      while (TRUE)
        pause ();
    }
  MODE ("exit")
    _exit (5);
  else
    send_frame (self, &answer, &pid, sizeof pid);
}

static void
lie (Evil            *self,
     const CfutFrame *frame)
{
  g_autoptr(GVariant) arguments = NULL;
  const char *mode;
  guint32 number;

  arguments = cfut_frame_body_to_variant (G_VARIANT_TYPE ("(su)"), frame->body,
                                          frame->header.length, TRUE, NULL);
  g_variant_get (arguments, "(&su)", &mode, &number);
  misbehave (self, frame, mode, number);
}

static void
serve (Evil            *self,
       const CfutFrame *frame)
{
  switch (frame->header.type)
    {
    case CFUT_FRAME_SETUP:
      if (g_str_equal (self->mode, "early-result"))
        {
          CfutFrameHeader result = { .type = CFUT_FRAME_RESULT, .call = 1, .attempt = 1 };

          send_frame (self, &result, "1234", 4);
        }
      else if (!g_str_equal (self->mode, "never-ready"))
        {
          /* A little of what it may take. */
          if (g_str_equal (self->mode, "late-ready"))
            g_usleep (30 * 1000);
          send_ready (self);
        }
      break;

    case CFUT_FRAME_CALL:
      if (frame->header.aux == FUNCTION_LIE)
        lie (self, frame);
      else if (frame->header.aux == FUNCTION_PID)
        misbehave (self, frame, self->mode, 0);
      else
        answer_square (self, frame);
      break;

    case CFUT_FRAME_SHUTDOWN:
      if (!g_str_equal (self->mode, "stay"))
        _exit (EXIT_SUCCESS);
      break;

    case CFUT_FRAME_READY:
    case CFUT_FRAME_RESULT:
    case CFUT_FRAME_ERROR:
    case CFUT_FRAME_PROGRESS:
    case CFUT_FRAME_CANCEL:
    default:
      break;
    }
}

int
main (int    argc,
      char **argv)
{
  Evil self = { 0 };
  CfutFrame frame;

  g_assert_cmpint (argc, ==, 2);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  self.mode = argv[1];
  self.channel = cfut_channel_new_take_fd (CFUT_FD_CHANNEL, CFUT_FRAME_FROM_PARENT, NULL);
  self.claims = cfut_claims_new_take_fd (CFUT_FD_CLAIMS, NULL);

  while (cfut_channel_read_wait (self.channel, 65536) == CFUT_CHANNEL_OK)
    while (cfut_channel_next (self.channel, &frame, NULL) == CFUT_CHANNEL_OK)
      serve (&self, &frame);

  /* Let go by its parent, or condemned: it has nothing more to say. */
  return EXIT_SUCCESS;
}
