/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cfut-channel-private.h"
#include "wire/cfut-claims-private.h"

/*
 * evil-worker MODE: a worker that computes squares as it should, and does
 * something that it should not when it is asked for its pid, or, in some modes,
 * before that. A call of "lie" names the mode itself, and a number for it; its
 * result is declared an int, or what mode "type:TYPE" says.
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
  g_autofree char *containers = g_strnfill (128, 'm');
  g_autofree char *deep = g_strconcat (containers, "v", NULL);
  const char *type = g_str_has_prefix (self->mode, "type:") ? self->mode + strlen ("type:") : "i";
  g_autoptr(GVariant) table = NULL;

  /* GLib takes it for a type, and aborts when somebody looks into a value. */
  if (g_str_equal (self->mode, "deep-type"))
    type = deep;
  table = g_variant_ref_sink (g_variant_new_parsed ("[('lie', '(su)', %s), ('pid', '()', %s), ('square', '(x)', 'x')]", type, bad));
  if (g_str_equal (self->mode, "sips"))
    header.flags = CFUT_FRAME_FLAG_NO_ARENA;
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
  g_autoptr(GVariant) body = cfut_frame_error_to_variant (error, CFUT_FRAME_MAX_ERROR);

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

/* ---- Frames of bytes. */

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

static void
send_flipped (Evil            *self,
              CfutFrameHeader *answer,
              guint            bit)
{
  SmallFrame frame = make_small_frame (answer, getpid ());

  frame.header[bit / 8] ^= 1 << bit % 8;
  send_raw (self, &frame, sizeof frame);
}

/* A result of which some bytes are other ones. */
static void
send_mutated (Evil            *self,
              CfutFrameHeader *answer,
              guint            seed)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  SmallFrame frame = make_small_frame (answer, getpid ());
  guint8 *bytes = (guint8 *) &frame;

  for (int n = g_rand_int_range (rand, 1, 5); n > 0; n--)
    bytes[g_rand_int_range (rand, 0, sizeof frame)] = g_rand_int (rand);
  send_raw (self, &frame, sizeof frame);
}

static void
send_random (Evil  *self,
             guint  seed)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  guint8 bytes[4096];
  int n = g_rand_int_range (rand, CFUT_FRAME_HEADER_SIZE, sizeof bytes);

  for (int i = 0; i < n; i++)
    bytes[i] = g_rand_int (rand);
  send_raw (self, bytes, n);
}

/* Says how long it will be, and then nothing. */
static void
send_length (Evil            *self,
             CfutFrameHeader *answer,
             guint            length)
{
  guint8 bytes[CFUT_FRAME_HEADER_SIZE];

  answer->length = length;
  cfut_frame_encode (answer, bytes);
  send_raw (self, bytes, sizeof bytes);
}

static void
send_drops (Evil            *self,
            CfutFrameHeader *answer)
{
  send_length (self, answer, 1024 * 1024);
  while (TRUE)
    {
      send_raw (self, "", 1);
      g_usleep (2000);
    }
}

/* Sends @n times as many descriptors as fit, with a frame of progress each. */
static void
send_descriptors (Evil            *self,
                  const CfutFrame *call,
                  guint            n)
{
  CfutFrameHeader header = make_answer (call, CFUT_FRAME_PROGRESS);
  g_autoptr(GVariant) body = g_variant_ref_sink (g_variant_new ("(ds)", 0.5, "1234567"));
  guint8 bytes[CFUT_FRAME_HEADER_SIZE + 16] = { 0 };
  struct iovec data = { bytes, sizeof bytes };
  union { struct cmsghdr header; char room[CMSG_SPACE (253 * sizeof (int))]; } control = { 0 };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int *fds = (int *) CMSG_DATA (&control.header);

  g_assert_cmpuint (g_variant_get_size (body), ==, 16);
  header.length = 16;
  cfut_frame_encode (&header, bytes);
  memcpy (bytes + CFUT_FRAME_HEADER_SIZE, g_variant_get_data (body), 16);

  control.header = (struct cmsghdr) { CMSG_LEN (253 * sizeof (int)), SOL_SOCKET, SCM_RIGHTS };
  for (guint i = 0; i < 253; i++)
    fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  flush (self);
  for (guint i = 0; i < n; i++)
    while (sendmsg (cfut_channel_peek_fd (self->channel), &message, MSG_NOSIGNAL) < 0)
      cfut_channel_write_wait (self->channel);
  for (guint i = 0; i < 253; i++)
    close (fds[i]);
}

/* An error whose strings are neither UTF-8 nor harmless, and long. */
static void
send_rude_error (Evil            *self,
                 CfutFrameHeader *header,
                 gsize            length)
{
  g_autofree char *text = g_strnfill (length, 'x');
  g_autoptr(GVariant) body = NULL;

  memcpy (text, "\x1b[2J\xff\xfe\x80 \x07", 9);
  body = g_variant_ref_sink (g_variant_new ("(^ayi^ay^ay^ay^ay)", "\xc3(", 7, text, text, text, text));
  header->type = CFUT_FRAME_ERROR;
  send_frame (self, header, g_variant_get_data (body), g_variant_get_size (body));
}

/* ---- The page of claims. */

enum
{
  CLAIMS_TRUNCATE,
  CLAIMS_GROW,
  CLAIMS_PUNCH,
  CLAIMS_GARBAGE,
};

static void
spoil_claims (Evil  *self,
              guint  how)
{
  int fd = cfut_claims_get_fd (self->claims);
  struct stat info;
  guint32 *words;

  g_assert_cmpint (fstat (fd, &info), ==, 0);
  words = mmap (NULL, info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (words != MAP_FAILED);

  switch (how)
    {
    case CLAIMS_TRUNCATE:
      g_assert_cmpint (ftruncate (fd, 0), !=, 0);
      break;

    case CLAIMS_GROW:
      g_assert_cmpint (ftruncate (fd, 2 * info.st_size), !=, 0);
      break;

    case CLAIMS_PUNCH:
      fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, info.st_size);
      break;

    case CLAIMS_GARBAGE:
    default:
      /* All but the bodies. */
      for (gsize i = 0; i < ((gsize) info.st_size - 2 * CFUT_ARENA_LARGE_CAPACITY) / sizeof *words; i++)
        words[i] = g_random_int ();
      break;
    }

  munmap (words, info.st_size);
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

static void
send_bomb (Evil            *self,
           CfutFrameHeader *answer,
           guint            kind)
{
  g_autoptr(GByteArray) bomb = make_bomb (kind);

  send_frame (self, answer, bomb->data, bomb->len);
}

/* An answer whose body is to be where it cannot be. */
static void
send_place (Evil            *self,
            CfutFrameHeader *answer,
            guint32          offset,
            guint32          length,
            guint32          index)
{
  CfutArenaPlace place = { GUINT32_TO_LE (offset), GUINT32_TO_LE (length), GUINT32_TO_LE (index), 0 };

  answer->flags |= CFUT_FRAME_FLAG_SHARED;
  send_frame (self, answer, &place, sizeof place);
}

/* What is not there to be lent. */
static void
send_lies (Evil            *self,
           CfutFrameHeader *answer,
           guint            kind)
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
  const CfutLentBytes *lie = &lies[kind];

  body.lent = (CfutLentBytes) {
    GUINT32_TO_LE (lie->leaf), GUINT32_TO_LE (lie->index), GUINT64_TO_LE (lie->source),
    GUINT64_TO_LE (lie->offset), GUINT64_TO_LE (lie->length)
  };
  answer->flags |= CFUT_FRAME_FLAG_LENT;
  send_frame (self, answer, &body, sizeof body);
}

/* Twice the same @length bytes. */
static void
send_lent_twice (Evil            *self,
                 CfutFrameHeader *answer,
                 guint            length)
{
  struct
  {
    guint32 n_lent;
    guint32 zero;
    CfutLentBytes lent[2];
  } body = { GUINT32_TO_LE (2), 0, { { 0 } } };

  for (guint i = 0; i < G_N_ELEMENTS (body.lent); i++)
    body.lent[i] = (CfutLentBytes) {
      GUINT32_TO_LE (i), 0, GUINT64_TO_LE (CFUT_LENT_BY_ARENA), 0, GUINT64_TO_LE (length)
    };
  answer->flags |= CFUT_FRAME_FLAG_LENT;
  send_frame (self, answer, &body, sizeof body);
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
  MODE ("long-progress")
    {
      g_autofree char *body = g_malloc0 (100 * 1024);

      memset (body + 8, 'x', 100 * 1024 - 9);
      answer.type = CFUT_FRAME_PROGRESS;
      send_frame (self, &answer, body, 100 * 1024);
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
  MODE ("flip")
    send_flipped (self, &answer, number);
  MODE ("mutate")
    send_mutated (self, &answer, number);
  MODE ("random")
    send_random (self, number);
  MODE ("length")
    send_length (self, &answer, number);
  MODE ("drip")
    send_drops (self, &answer);
  MODE ("rude-error")
    send_rude_error (self, &answer, number);
  MODE ("bomb")
    send_bomb (self, &answer, number);
  MODE ("lend")
    send_lies (self, &answer, number);
  MODE ("lend-twice")
    send_lent_twice (self, &answer, number);
  MODE ("descriptors")
    {
      send_descriptors (self, frame, number);
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("claims")
    {
      spoil_claims (self, number);
      send_frame (self, &answer, &pid, sizeof pid);
    }
  MODE ("text")
    send_frame (self, &answer, "1234567", number);
  MODE ("unread")
    {
      await_unread (self);
      send_frame (self, &answer, &pid, sizeof pid);
      _exit (EXIT_SUCCESS);
    }
  MODE ("shared-beyond")
    send_place (self, &answer, CFUT_ARENA_LARGE_CAPACITY, sizeof pid, 0);
  MODE ("shared-too-long")
    send_place (self, &answer, 0, G_MAXUINT32, 0);
  MODE ("shared-wraps")
    send_place (self, &answer, 0xfffff000, 0x2000, 0);
  MODE ("shared-index")
    send_place (self, &answer, 0, sizeof pid, 64);
  MODE ("shared-hole")
    send_place (self, &answer, 0, CFUT_ARENA_LARGE_CAPACITY / 8, 0);
  MODE ("shared-all")
    send_place (self, &answer, 0, CFUT_ARENA_CAPACITY - 4096, 0);
  MODE ("shared-short-place")
    {
      answer.flags = CFUT_FRAME_FLAG_SHARED;
      send_frame (self, &answer, "12345678", 8);
    }
  MODE ("shared-ready")
    {
      none.flags = CFUT_FRAME_FLAG_SHARED;
      send_frame (self, &none, "1234567812345678", 16);
    }
  MODE ("shared-error-garbage")
    {
      answer.type = CFUT_FRAME_ERROR;
      send_place (self, &answer, 0, 4096, 0);
    }
  MODE ("skip")
    return;
  MODE ("hang")
    {
      while (TRUE)
        pause ();
    }
  MODE ("deaf")
    {
      /* Before the next call can be sent. */
      shutdown (cfut_channel_peek_fd (self->channel), SHUT_RD);
      send_frame (self, &answer, &pid, sizeof pid);
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
          while (g_str_equal (self->mode, "never-takes"))
            pause ();
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

/* How much is read at once. */
static gsize
get_budget (Evil *self)
{
  if (!g_str_equal (self->mode, "sips"))
    return 65536;

  /* So that what it is sent takes it a while. */
  g_usleep (20 * 1000);

  return 16384;
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

  while (cfut_channel_read_wait (self.channel, get_budget (&self)) == CFUT_CHANNEL_OK)
    while (cfut_channel_next (self.channel, &frame, NULL) == CFUT_CHANNEL_OK)
      serve (&self, &frame);

  /* Let go by its parent, or condemned: it has nothing more to say. */
  return EXIT_SUCCESS;
}
