/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "cfut-error.h"
#include "wire/cfut-claims-private.h"
#include "wire/cfut-frame-private.h"

/*
 * What a frame of each type may look like. A header that differs in any field
 * is refused, so what is not used today can be given a meaning tomorrow.
 */
typedef struct
{
  const char *name;
  CfutFrameOrigin origin;
  guint16 flags;       /* all that it may have */
  guint64 max_length;
  gboolean has_call;   /* call, attempt and slot are given */
  gboolean has_format;
  gboolean has_aux;
  gint64 min_time;
  gint64 max_time;
} FrameRule;

#define MAX_TABLE    (G_GUINT64_CONSTANT (1) << 20)
#define MAX_PROGRESS (G_GUINT64_CONSTANT (64) << 10)

#define CANNOT          (CFUT_FRAME_FLAG_NO_CLAIMS | CFUT_FRAME_FLAG_NO_ARENA)
#define OF_VALUES       (CFUT_FRAME_FLAG_CHUNK | CFUT_FRAME_FLAG_SHARED | CFUT_FRAME_FLAG_LENT)

static const FrameRule frame_rules[] = {
  [CFUT_FRAME_SETUP] = {
    "SETUP", CFUT_FRAME_FROM_PARENT, 0, CFUT_FRAME_MAX_BODY, FALSE, FALSE, FALSE, 0, 0,
  },
  [CFUT_FRAME_READY] = {
    "READY", CFUT_FRAME_FROM_WORKER, CANNOT, MAX_TABLE, FALSE, FALSE, FALSE, 0, 0,
  },
  [CFUT_FRAME_CALL] = {
    "CALL", CFUT_FRAME_FROM_PARENT, OF_VALUES, CFUT_FRAME_MAX_BODY, TRUE, TRUE, TRUE, -1, G_MAXINT64,
  },
  [CFUT_FRAME_RESULT] = {
    "RESULT", CFUT_FRAME_FROM_WORKER, OF_VALUES | CFUT_FRAME_FLAG_ALL, CFUT_FRAME_MAX_BODY,
    TRUE, TRUE, FALSE, 0, G_MAXINT64,
  },
  [CFUT_FRAME_ERROR] = {
    "ERROR", CFUT_FRAME_FROM_WORKER, CFUT_FRAME_FLAG_SHARED, CFUT_FRAME_MAX_ERROR, TRUE, FALSE, FALSE, 0, G_MAXINT64,
  },
  [CFUT_FRAME_PROGRESS] = {
    "PROGRESS", CFUT_FRAME_FROM_WORKER, 0, MAX_PROGRESS, TRUE, FALSE, FALSE, 0, 0,
  },
  [CFUT_FRAME_CANCEL] = {
    "CANCEL", CFUT_FRAME_FROM_PARENT, 0, 0, TRUE, FALSE, FALSE, 0, 0,
  },
  [CFUT_FRAME_SHUTDOWN] = {
    "SHUTDOWN", CFUT_FRAME_FROM_PARENT, 0, 0, FALSE, FALSE, FALSE, 0, 0,
  },
  [CFUT_FRAME_SEGMENT] = {
    "SEGMENT", CFUT_FRAME_FROM_PARENT, 0, sizeof (CfutFrameSegment), FALSE, FALSE, FALSE, 0, 0,
  },
};

/* The header as it is on the wire; every field is at its own alignment. */
typedef struct
{
  guint16 magic;
  guint8 version;
  guint8 type;
  guint16 flags;
  guint16 format;
  guint32 length;
  guint32 slot;
  guint64 call;
  guint32 attempt;
  guint32 aux;
  gint64 time;
  gint64 timeout;
} WireHeader;

G_STATIC_ASSERT (sizeof (WireHeader) == CFUT_FRAME_HEADER_SIZE);

const char *
cfut_frame_type_get_name (CfutFrameType type)
{
  if (type < CFUT_FRAME_SETUP || type > CFUT_FRAME_SEGMENT)
    return "unknown";

  return frame_rules[type].name;
}

/* Runs in: any thread. Locks: none. */
void
cfut_frame_encode (const CfutFrameHeader *header,
                   guint8                 bytes[CFUT_FRAME_HEADER_SIZE])
{
  WireHeader wire = {
    .magic = GUINT16_TO_LE (CFUT_FRAME_MAGIC),
    .version = CFUT_FRAME_VERSION,
    .type = header->type,
    .flags = GUINT16_TO_LE (header->flags),
    .format = GUINT16_TO_LE (header->format),
    .length = GUINT32_TO_LE (header->length),
    .slot = GUINT32_TO_LE (header->slot),
    .call = GUINT64_TO_LE (header->call),
    .attempt = GUINT32_TO_LE (header->attempt),
    .aux = GUINT32_TO_LE (header->aux),
    .time = GINT64_TO_LE (header->time),
    .timeout = GINT64_TO_LE (header->timeout),
  };

  memcpy (bytes, &wire, sizeof wire);
}

/* What is wrong with @header, or NULL. */
static const char *
find_fault (const CfutFrameHeader *header,
            const FrameRule       *rule)
{
  /* ERROR alone may be about a call or about the worker as a whole. */
  gboolean about_call = rule->has_call &&
                        (header->type != CFUT_FRAME_ERROR || header->call != 0);

  if ((header->flags & ~rule->flags) != 0)
    return "flags";
  if (header->format > CFUT_FORMAT_JSON || (header->format != 0 && !rule->has_format))
    return "format";
  if ((header->flags & CFUT_FRAME_FLAG_ALL) != 0 && (header->flags & CFUT_FRAME_FLAG_CHUNK) == 0)
    return "flags";
  if ((header->flags & CFUT_FRAME_FLAG_CHUNK) != 0 && header->format != CFUT_FORMAT_VARIANT)
    return "format of a chunk";
  if ((header->flags & CFUT_FRAME_FLAG_LENT) != 0 && header->format != CFUT_FORMAT_VARIANT)
    return "format of what is lent";
  if (header->length > rule->max_length)
    return "length";
  if ((header->flags & CFUT_FRAME_FLAG_SHARED) != 0 && header->length != CFUT_FRAME_PLACE_SIZE)
    return "length of what is shared";
  if (header->type == CFUT_FRAME_SEGMENT && header->length != sizeof (CfutFrameSegment))
    return "length";
  if (about_call != (header->call != 0))
    return "call";
  if (about_call != (header->attempt != 0))
    return "attempt";
  if (header->slot >= CFUT_CLAIMS_N_SLOTS || (header->slot != 0 && !about_call))
    return "slot";
  if (header->aux != 0 && !rule->has_aux)
    return "aux";
  if (header->time < rule->min_time || header->time > rule->max_time)
    return "time";
  if (header->timeout < 0 || (header->timeout != 0 && header->type != CFUT_FRAME_CALL))
    return "timeout";

  return NULL;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_frame_decode (const guint8      bytes[CFUT_FRAME_HEADER_SIZE],
                   CfutFrameOrigin   origin,
                   CfutFrameHeader  *header,
                   GError          **error)
{
  WireHeader wire;
  CfutFrameHeader decoded;
  const char *fault;

  memcpy (&wire, bytes, sizeof wire);

  if (wire.magic != GUINT16_TO_LE (CFUT_FRAME_MAGIC))
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A frame begins with 0x%04x and not with 0x%04x",
                   GUINT16_FROM_LE (wire.magic), CFUT_FRAME_MAGIC);
      return FALSE;
    }

  if (wire.version != CFUT_FRAME_VERSION)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "The other end speaks version %u of the protocol and not version %u",
                   wire.version, CFUT_FRAME_VERSION);
      return FALSE;
    }

  if (wire.type < CFUT_FRAME_SETUP || wire.type > CFUT_FRAME_SEGMENT)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A frame is of unknown type %u", wire.type);
      return FALSE;
    }

  decoded.type = wire.type;
  decoded.flags = GUINT16_FROM_LE (wire.flags);
  decoded.format = GUINT16_FROM_LE (wire.format);
  decoded.length = GUINT32_FROM_LE (wire.length);
  decoded.slot = GUINT32_FROM_LE (wire.slot);
  decoded.call = GUINT64_FROM_LE (wire.call);
  decoded.attempt = GUINT32_FROM_LE (wire.attempt);
  decoded.aux = GUINT32_FROM_LE (wire.aux);
  decoded.time = GINT64_FROM_LE (wire.time);
  decoded.timeout = GINT64_FROM_LE (wire.timeout);

  if (frame_rules[decoded.type].origin != origin)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A %s frame came from the wrong end", frame_rules[decoded.type].name);
      return FALSE;
    }

  fault = find_fault (&decoded, &frame_rules[decoded.type]);
  if (fault != NULL)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A %s frame has a bad %s", frame_rules[decoded.type].name, fault);
      return FALSE;
    }

  *header = decoded;
  return TRUE;
}
