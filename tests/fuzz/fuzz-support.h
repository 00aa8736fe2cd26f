/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * What the fuzz targets share. Each target is a file with LLVMFuzzerTestOneInput,
 * which libFuzzer calls with inputs that it makes up, and replay.c with those of
 * the corpus. Whatever is wrong ends in an abort.
 */
int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* An input as it is used up. At its end it gives zeros. */
typedef struct
{
  const guint8 *data; /* (unowned) */
  gsize size;
} FuzzInput;

guint8        fuzz_take_byte   (FuzzInput    *self);
guint32       fuzz_take_uint32 (FuzzInput    *self);
/* The seed of chunks that are neither all nor single bytes; see FuzzChunks. */
guint8        fuzz_take_seed   (FuzzInput    *self);
/* At most @n_bytes, which stay where they are; *@n_bytes is how many. */
const guint8 *fuzz_take_bytes  (FuzzInput    *self,
                                gsize        *n_bytes);
/* All that is left but one byte, which says how many KiB of zeros are behind it. */
GByteArray   *fuzz_take_stream (FuzzInput    *self);
/* A type: one of a table, or spelled out. NULL if what is there is no type that a
 * worker may declare. */
GVariantType *fuzz_take_type   (FuzzInput    *self);

/* Sizes of chunks, the same for the same seed. 0 is for: all at once, 1 for: byte
 * by byte. */
typedef struct
{
  guint8 seed;
  guint32 state;
} FuzzChunks;

void          fuzz_chunks_init (FuzzChunks   *self,
                                guint8        seed);
/* At least 1 and at most @left, which is not 0. */
gsize         fuzz_chunks_next (FuzzChunks   *self,
                                gsize         left);

G_END_DECLS
