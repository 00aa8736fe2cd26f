/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "cfut-small-private.h"

G_BEGIN_DECLS

/*
 * Frames: what both ends of a channel say.
 *
 * A frame is a header of 48 bytes, little-endian, and a body whose length is
 * in the header, padded with zeros to a multiple of 8:
 *
 *   offset  size  field
 *        0     2  magic 0x4663
 *        2     1  version, 1
 *        3     1  type
 *        4     2  flags
 *        6     2  format of the body
 *        8     4  length of the body, without padding
 *       12     4  slot in the claims page
 *       16     8  call (0: none)
 *       24     4  attempt (from 1)
 *       28     4  aux: CALL the index of the function in READY; else 0
 *       32     8  time: CALL the deadline (monotonic µs, -1 none);
 *                 RESULT and ERROR the duration in ns; else 0
 *       40     8  timeout: CALL how long it may run (µs, 0 any time); else 0.
 *                 Where a deadline is given, too, the earlier of the two counts
 *
 * struct format for Python: "<HBBHHIIQIIqq".
 *
 *   type      from    body
 *   SETUP     parent  a{sv}: "initializer" (s), "initializer-arguments" (v),
 *                     "cwd" (ay), "rlimits" (a(utt): resource, soft, hard),
 *                     "filter" (b), "cpus" (u): how many there are for all,
 *                     "max-result" (t): of a RESULT, in bytes, if that is less
 *                     than a frame may have; always the first frame, be it empty
 *   READY     worker  a(sss): name, parameter type, result type, sorted by name;
 *                     the answer to SETUP, once that is done. "*", (sv), v is
 *                     the function that is called for all other names
 *   CALL      parent  the arguments; with flag CHUNK an array of them
 *   RESULT    worker  the result; with flag CHUNK (aRa(usisssay)): the results in
 *                     order without those that failed, and of each that failed
 *                     its index, error domain, code and message
 *   ERROR     worker  (sisssay): domain, code, message; and of an exception of
 *                     another language its name, its traceback and itself, which
 *                     may be empty; with call 0 the reason why the worker cannot
 *                     serve
 *   PROGRESS  worker  (ds): fraction, message
 *   CANCEL    parent  none; on the control socket
 *   SHUTDOWN  parent  none: finish what was sent, then exit
 *   SEGMENT   parent  (tt): the number of a segment of memory and its size; comes
 *                     with its descriptor. Size 0: it is gone. On the control socket
 *
 * A CALL, RESULT or ERROR with the flag SHARED has its body in memory that both
 * ends share; the frame's own body says where: four numbers of 4 bytes each, the
 * offset in the sender's half, the length, the index of the region, and 0. See
 * cfut-arena-private.h. In one with the flag LENT bytes of the value are elsewhere;
 * see cfut-lender-private.h. A worker that cannot claim, or has no arena, gets none, and
 * sends none.
 *
 * A worker gets three descriptors: 3 the channel, 4 the control socket (on
 * which the parent only writes; its end of file means that the parent is
 * gone), 5 the claims page, and behind that the arena.
 */

#define CFUT_FRAME_MAGIC       0x4663
#define CFUT_FRAME_VERSION     1
#define CFUT_FRAME_HEADER_SIZE 48
#define CFUT_FRAME_MAX_BODY    (G_GUINT64_CONSTANT (1) << 30)
/* The largest body of an ERROR; and how large one may be in any case, so that there is
 * room for all but an exception that came as it is. */
#define CFUT_FRAME_MAX_ERROR   (G_GUINT64_CONSTANT (64) << 20)
#define CFUT_FRAME_MIN_ERROR   (G_GUINT64_CONSTANT (256) << 10)
#define CFUT_FRAME_SLACK       16 /* zero bytes behind every received body */
#define CFUT_FRAME_PLACE_SIZE  16 /* the body of a frame whose body is shared */

/* The body of SEGMENT, little-endian. */
typedef struct
{
  guint64 id;
  guint64 size;
} CfutFrameSegment;

#define CFUT_FD_CHANNEL 3
#define CFUT_FD_CONTROL 4
#define CFUT_FD_CLAIMS  5

typedef enum
{
  CFUT_FRAME_SETUP = 1,
  CFUT_FRAME_READY,
  CFUT_FRAME_CALL,
  CFUT_FRAME_RESULT,
  CFUT_FRAME_ERROR,
  CFUT_FRAME_PROGRESS,
  CFUT_FRAME_CANCEL,
  CFUT_FRAME_SHUTDOWN,
  CFUT_FRAME_SEGMENT,
} CfutFrameType;

typedef enum
{
  CFUT_FRAME_FLAG_NONE      = 0,
  CFUT_FRAME_FLAG_CHUNK     = 1 << 0, /* CALL, RESULT */
  CFUT_FRAME_FLAG_NO_CLAIMS = 1 << 1, /* READY: this worker cannot claim */
  CFUT_FRAME_FLAG_SHARED    = 1 << 2, /* CALL, RESULT, ERROR: the body is elsewhere */
  CFUT_FRAME_FLAG_NO_ARENA  = 1 << 3, /* READY: this worker has no shared memory for bodies */
  CFUT_FRAME_FLAG_LENT      = 1 << 4, /* CALL, RESULT: some bytes of the body are elsewhere */
  CFUT_FRAME_FLAG_ALL       = 1 << 5, /* RESULT with CHUNK: none has failed, so results only */
} CfutFrameFlags;

typedef enum
{
  CFUT_FORMAT_VARIANT = 0,
  CFUT_FORMAT_BYTES   = 1,
  CFUT_FORMAT_PICKLE  = 2,
  CFUT_FORMAT_JSON    = 3,
} CfutFormat;

/* Who wrote a frame decides which types and flags it may have. */
typedef enum
{
  CFUT_FRAME_FROM_PARENT,
  CFUT_FRAME_FROM_WORKER,
} CfutFrameOrigin;

typedef struct
{
  CfutFrameType type;
  guint16 flags;
  guint16 format;
  guint32 length;
  guint32 slot;
  guint64 call;
  guint32 attempt;
  guint32 aux;
  gint64 time;
  gint64 timeout;
} CfutFrameHeader;

/* Size of a body on the wire, with its padding. */
#define CFUT_FRAME_PADDED(length) (((gsize) (length) + 7) & ~(gsize) 7)

/* "CALL" and so on, for logs. */
const char *cfut_frame_type_get_name (CfutFrameType type);

void     cfut_frame_encode (const CfutFrameHeader *header,
                            guint8                 bytes[CFUT_FRAME_HEADER_SIZE]);

/* FALSE with CFUT_ERROR_PROTOCOL if the header is not one that @origin may
 * send. Pure: no state, no I/O. */
gboolean cfut_frame_decode (const guint8     bytes[CFUT_FRAME_HEADER_SIZE],
                            CfutFrameOrigin  origin,
                            CfutFrameHeader *header,
                            GError         **error);

/* A variant of @type over a received body, checked if it is not @trusted:
 * NULL with CFUT_ERROR_PROTOCOL if it is not in normal form. Copies @data.
 * Returned sunk (transfer full). */
GVariant *cfut_frame_body_to_variant (const GVariantType *type,
                                      const guint8       *data,
                                      gsize               length,
                                      gboolean            trusted,
                                      GError            **error);
/* The same in two steps, the second without a copy: the data of @bytes is
 * 8-aligned and has CFUT_FRAME_SLACK zero bytes behind it. NULL with
 * G_IO_ERROR_NO_SPACE if there is no memory for so much. */
GBytes   *cfut_frame_copy_body       (const guint8       *data,
                                      gsize               length,
                                      GError            **error);
/* g_realloc() for a body, or what may become one: NULL with G_IO_ERROR_NO_SPACE,
 * @memory untouched, if there is no memory for so much. */
gpointer  cfut_frame_try_realloc     (gpointer            memory,
                                      gsize               size,
                                      GError            **error);
GVariant *cfut_frame_bytes_to_variant (const GVariantType *type,
                                      GBytes             *bytes,
                                      gboolean            trusted,
                                      GError            **error);

/* The same for a type whose values are small. */
gboolean  cfut_frame_body_to_small   (const GVariantType *type,
                                      const guint8       *data,
                                      gsize               length,
                                      CfutSmall          *small,
                                      GError            **error);

/* Whether all bytes of the right number are a value of @type: numbers, and arrays
 * and tuples of numbers without gaps. */
gboolean  cfut_frame_type_is_plain   (const GVariantType *type);

/* A type that a worker declares in READY: NULL with CFUT_ERROR_PROTOCOL if it
 * is no type, not a definite one, or longer than is reasonable. */
GVariantType *cfut_frame_string_to_type (const char   *string,
                                         GError      **error);

/* How large an ERROR may be where a RESULT has at most @max_result bytes. */
guint64   cfut_frame_get_max_error   (guint64             max_result);

/* An error as the body (sisssay) of an ERROR frame, sunk, and back. The strings
 * of what comes from a worker are made valid UTF-8; message and traceback are cut
 * at 4 KiB and 64 KiB. An exception itself is left out if @max_length is too little
 * for it; that is CFUT_FRAME_MIN_ERROR at least. */
GVariant *cfut_frame_error_to_variant (const GError *error,
                                       guint64       max_length);
GError   *cfut_frame_error_from_body  (const guint8 *data,
                                       gsize         length,
                                       GError      **error);
/* The same; what is not small of it is not copied, and keeps @bytes. */
GError   *cfut_frame_error_from_bytes (GBytes       *bytes,
                                       GError      **error);

G_END_DECLS
