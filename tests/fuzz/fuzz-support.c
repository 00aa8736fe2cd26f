/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>

#include "wire/cfut-frame-private.h"

guint8
fuzz_take_byte (FuzzInput *self)
{
  if (self->size == 0)
    return 0;

  self->size--;
  return *self->data++;
}

guint32
fuzz_take_uint32 (FuzzInput *self)
{
  guint32 number = 0;

  for (guint i = 0; i < 4; i++)
    number |= (guint32) fuzz_take_byte (self) << (8 * i);

  return number;
}

guint8
fuzz_take_seed (FuzzInput *self)
{
  guint8 seed = fuzz_take_byte (self);

  return MAX (seed, 2);
}

const guint8 *
fuzz_take_bytes (FuzzInput *self,
                 gsize     *n_bytes)
{
  const guint8 *data = self->data;

  *n_bytes = MIN (*n_bytes, self->size);
  self->data += *n_bytes;
  self->size -= *n_bytes;

  return data;
}

GByteArray *
fuzz_take_stream (FuzzInput *self)
{
  gsize n_zeros = (gsize) fuzz_take_byte (self) << 10;
  gsize n_bytes = self->size;
  const guint8 *bytes = fuzz_take_bytes (self, &n_bytes);
  GByteArray *stream = g_byte_array_new ();

  if (n_bytes > 0)
    g_byte_array_append (stream, bytes, n_bytes);
  g_byte_array_set_size (stream, n_bytes + n_zeros);
  if (n_zeros > 0)
    memset (stream->data + n_bytes, 0, n_zeros);

  return stream;
}

/* Each way to lay out a value, and each way to check one. */
static const char * const types[] = {
  "y", "b", "n", "q", "i", "u", "x", "t", "d", "h", "s", "o", "g", "v", "()",
  "ay", "ab", "ai", "ax", "ad", "as", "ao", "ag", "av", "a()", "aay", "aas", "aav",
  "my", "mi", "ms", "mv", "m()", "mmy", "amy", "mas", "(my)",
  "(y)", "(yx)", "(xy)", "(yy)", "(iu)", "(bb)", "(ys)", "(sy)", "(sxs)", "((yx)y)", "(ayay)",
  "a(yx)", "a(xy)", "a(iu)", "a(nq)", "a(ss)", "a(sss)", "a(bs)",
  "{sv}", "{yx}", "a{sv}", "a{ud}", "a{yx}", "a{sa{sv}}",
  "(sv)", "(ds)", "(sisssay)", "(ayiayayayay)", "(aia(usisssay))", "(asa(usisssay))", "(ava(usisssay))",
};

/* A byte that says which of the table, or from 128 on, that the type follows, and
 * ends with a zero. */
GVariantType *
fuzz_take_type (FuzzInput *self)
{
  g_autofree char *spelled = NULL;
  guint8 which = fuzz_take_byte (self);
  const guint8 *end;
  gsize length;

  if (which < 128)
    return g_variant_type_new (types[which % G_N_ELEMENTS (types)]);

  end = self->size > 0 ? memchr (self->data, '\0', self->size) : NULL;
  if (end == NULL)
    return NULL;

  length = end - self->data + 1;
  spelled = g_strdup ((const char *) fuzz_take_bytes (self, &length));

  return cfut_frame_string_to_type (spelled, NULL);
}

void
fuzz_chunks_init (FuzzChunks *self,
                  guint8      seed)
{
  self->seed = seed;
  self->state = seed;
}

gsize
fuzz_chunks_next (FuzzChunks *self,
                  gsize       left)
{
  gsize size;

  if (self->seed <= 1)
    return self->seed == 0 ? left : 1;

  /* Most are around the size of a header, some are far larger. */
  self->state = self->state * 1664525 + 1013904223;
  size = 1 + (self->state >> 24) % 64;
  if ((self->state >> 16) % 8 == 0)
    size *= 1024;

  return MIN (size, left);
}
