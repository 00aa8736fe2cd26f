/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "executor/cfut-completion-record-private.h"

#include <string.h>

#include "cfut-error-private.h"

/* All of it little-endian. */
typedef struct
{
  guint64 tag;
  guint32 state;
  guint32 kind;
  guint64 length; /* of the body, without padding */
} RecordHead;

G_STATIC_ASSERT (sizeof (RecordHead) == 24);

/* The body of a result that is lent; for this process only. */
typedef struct
{
  guint64 address;
  guint64 length;
  guint64 bytes; /* a GBytes, with the reference */
} Loan;

static gsize
pad (gsize length)
{
  return (length + CFUT_RECORD_ALIGNMENT - 1) & ~(gsize) (CFUT_RECORD_ALIGNMENT - 1);
}

/* ---- Bodies. */

/* Of a variant, the type goes ahead of the data. */
static gsize
get_type_size (GVariant *variant)
{
  return pad (strlen (g_variant_get_type_string (variant)) + 1);
}

static void
write_variant (GVariant *variant,
               guint8   *body)
{
  const char *type = g_variant_get_type_string (variant);
  gsize type_size = get_type_size (variant);
  gsize length = strlen (type);

  memcpy (body, type, length);
  memset (body + length, 0, type_size - length);
  g_variant_store (variant, body + type_size);
}

#define N_ERROR_TEXTS 5

/* What an error has in texts; each ends with a zero. */
typedef struct
{
  const char *texts[N_ERROR_TEXTS]; /* (unowned) */
  char code[12];
  GBytes *payload; /* (unowned) (nullable) */
} ErrorParts;

static void
get_parts (const GError *error,
           ErrorParts   *parts)
{
  const char *name = cfut_error_get_remote_name (error);
  const char *traceback = cfut_error_get_remote_traceback (error);

  g_snprintf (parts->code, sizeof parts->code, "%d", error->code);
  parts->texts[0] = error->domain != 0 ? g_quark_to_string (error->domain) : "";
  parts->texts[1] = parts->code;
  parts->texts[2] = error->message != NULL ? error->message : "";
  parts->texts[3] = name != NULL ? name : "";
  parts->texts[4] = traceback != NULL ? traceback : "";
  parts->payload = cfut_error_get_remote_payload (error);
}

static gsize
get_error_size (const GError *error)
{
  ErrorParts parts;
  gsize size = 0;

  get_parts (error, &parts);
  for (guint i = 0; i < N_ERROR_TEXTS; i++)
    size += strlen (parts.texts[i]) + 1;
  if (parts.payload != NULL)
    size += g_bytes_get_size (parts.payload);

  return size;
}

static void
write_error (const GError *error,
             guint8       *body)
{
  ErrorParts parts;

  get_parts (error, &parts);
  for (guint i = 0; i < N_ERROR_TEXTS; i++)
    body = (guint8 *) g_stpcpy ((char *) body, parts.texts[i]) + 1;
  if (parts.payload != NULL)
    memcpy (body, g_bytes_get_data (parts.payload, NULL), g_bytes_get_size (parts.payload));
}

static void
write_loan (GVariant *variant,
            guint8   *body)
{
  GBytes *bytes = g_variant_get_data_as_bytes (variant);
  gsize length;
  Loan loan = {
    .address = GUINT64_TO_LE (GPOINTER_TO_SIZE (g_bytes_get_data (bytes, &length))),
    .bytes = GUINT64_TO_LE (GPOINTER_TO_SIZE (bytes)),
  };

  loan.length = GUINT64_TO_LE (length);
  memcpy (body, &loan, sizeof loan);
}

/* ---- Records. */

/* What there is to write. */
typedef struct
{
  CfutRecordKind kind;
  gsize length;
  GVariant *variant;   /* (unowned) of bytes, lent or not, and variants */
  const GError *error; /* (unowned) of errors */
} Body;

static Body
get_body (CfutCompletion *completion)
{
  CfutState *state = completion->state;
  GVariant *variant = cfut_state_peek_variant (state);
  const GError *error = cfut_state_peek_error (state);

  if (error != NULL)
    return (Body) { CFUT_RECORD_ERROR, get_error_size (error), NULL, error };

  if (variant == NULL)
    return (Body) { CFUT_RECORD_NONE, 0, NULL, NULL };

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING) &&
      completion->lends && g_variant_get_size (variant) >= CFUT_RECORD_MIN_LENT)
    return (Body) { CFUT_RECORD_LENT, sizeof (Loan), variant, NULL };

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    return (Body) { CFUT_RECORD_BYTES, g_variant_get_size (variant), variant, NULL };

  return (Body) { CFUT_RECORD_VARIANT, get_type_size (variant) + g_variant_get_size (variant), variant, NULL };
}

/* Returns where the body goes. */
static guint8 *
write_head (CfutCompletion *self,
            CfutRecordKind  kind,
            gsize           length,
            guint8         *record)
{
  RecordHead head = {
    .tag = GUINT64_TO_LE (self->tag),
    .state = GUINT32_TO_LE (cfut_state_get_phase (self->state)),
    .kind = GUINT32_TO_LE (kind),
    .length = GUINT64_TO_LE (length),
  };

  memcpy (record, &head, sizeof head);

  return record + sizeof head;
}

/* Returns where the next record goes. */
static guint8 *
end_body (guint8 *body,
          gsize   length)
{
  memset (body + length, 0, pad (length) - length);

  return body + pad (length);
}

/* The body of a record of progress; %NULL if the call has reported none. */
static GBytes *
get_progress (CfutState *state)
{
  g_autofree char *message = NULL;
  double fraction = cfut_state_get_progress (state, &message);
  GByteArray *body;
  union
  {
    double fraction;
    guint64 bits;
  } number = { fraction };

  if (fraction < 0 && message == NULL)
    return NULL;

  number.bits = GUINT64_TO_LE (number.bits);
  body = g_byte_array_append (g_byte_array_new (), (const guint8 *) &number.bits, sizeof number.bits);
  if (message != NULL)
    g_byte_array_append (body, (const guint8 *) message, strlen (message));
  g_byte_array_append (body, (const guint8 *) "", 1);

  return g_byte_array_free_to_bytes (body);
}

static guint8 *
write_progress (CfutCompletion *self,
                guint8         *record)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (self->progress, &length);
  guint8 *body = write_head (self, CFUT_RECORD_PROGRESS, length, record);

  memcpy (body, data, length);

  return end_body (body, length);
}

gsize
cfut_completion_get_record_size (CfutCompletion *self)
{
  gsize size = sizeof (RecordHead) + pad (get_body (self).length);

  if (self->tells)
    self->progress = get_progress (self->state);
  if (self->progress != NULL)
    size += sizeof (RecordHead) + pad (g_bytes_get_size (self->progress));

  return size;
}

void
cfut_completion_write_record (CfutCompletion *self,
                              guint8         *record)
{
  Body body = get_body (self);

  if (self->progress != NULL)
    record = write_progress (self, record);
  record = write_head (self, body.kind, body.length, record);

  switch (body.kind)
    {
    case CFUT_RECORD_BYTES:
      g_variant_store (body.variant, record);
      break;

    case CFUT_RECORD_LENT:
      write_loan (body.variant, record);
      break;

    case CFUT_RECORD_VARIANT:
      write_variant (body.variant, record);
      break;

    case CFUT_RECORD_ERROR:
      write_error (body.error, record);
      break;

    case CFUT_RECORD_NONE:
    case CFUT_RECORD_PROGRESS: /* of no body */
    default:
      break;
    }

  end_body (record, body.length);
}
