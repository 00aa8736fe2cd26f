/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-support.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/cfut-frame-private.h"

/*
 * Values over received bytes that end against a page which cannot be read.
 *
 * AddressSanitizer does not see what the system's GLib reads. So a body is laid
 * out as the inbox does it, aligned and with zero bytes behind it, and these end
 * where the page begins. Whoever reads further ends the process. The functions
 * that copy a body get one without the zero bytes.
 *
 * Input: a type, and the body.
 */

#define ROOM ((gsize) 1 << 20)

/* The first byte that cannot be read. */
static guint8 *
get_end (void)
{
  static guint8 *room;

  if (room == NULL)
    {
      gsize page = sysconf (_SC_PAGESIZE);

      room = mmap (NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      g_assert (room != MAP_FAILED);
      g_assert_cmpint (mprotect (room + ROOM, page, PROT_NONE), ==, 0);
    }

  return room + ROOM;
}

/* What GLib has the data of a type aligned to; else it makes a copy, which the
 * page does not guard. */
static gsize
get_alignment (const GVariantType *type)
{
  const char *string = g_variant_type_peek_string (type);
  gsize length = g_variant_type_get_string_length (type);
  gsize alignment = 1;

  for (gsize i = 0; i < length; i++)
    {
      if (strchr ("xtdv", string[i]) != NULL)
        alignment = MAX (alignment, 8);
      else if (strchr ("iuh", string[i]) != NULL)
        alignment = MAX (alignment, 4);
      else if (strchr ("nq", string[i]) != NULL)
        alignment = MAX (alignment, 2);
    }

  return alignment;
}

/* @data, @size and @slack zeros, as close to the end as @alignment allows. */
static const guint8 *
place (const guint8 *data,
       gsize         size,
       gsize         slack,
       gsize         alignment)
{
  guint8 *start = get_end () - size - slack;

  start -= (gsize) start % alignment;
  memset (start, 0, get_end () - start);
  if (size > 0)
    memcpy (start, data, size);

  return start;
}

/* Reads all of an accepted value. */
static void
read_value (GVariant *value)
{
  g_autoptr(GVariant) swapped = g_variant_byteswap (value);
  gsize size = g_variant_get_size (value);
  g_autofree guint8 *copy = g_malloc (size);

  g_variant_store (value, copy);
  if (size < 4096)
    {
      g_autofree char *text = g_variant_print (value, TRUE);

      g_assert_nonnull (text);
    }
}

static void
try_in_place (const GVariantType *type,
              const guint8       *data,
              gsize               size)
{
  const guint8 *placed = place (data, size, CFUT_FRAME_SLACK, get_alignment (type));
  g_autoptr(GBytes) bytes = g_bytes_new_static (placed, size);
  g_autoptr(GVariant) value = cfut_frame_bytes_to_variant (type, bytes, FALSE, NULL);

  if (value == NULL)
    return;

  g_assert_true (g_variant_get_size (value) == size);
  g_assert_true (size == 0 || g_variant_get_data (value) == placed);
  read_value (value);
}

static void
try_copy (const GVariantType *type,
          const guint8       *data,
          gsize               size)
{
  const guint8 *placed = place (data, size, 0, 1);
  g_autoptr(GVariant) value = cfut_frame_body_to_variant (type, placed, size, FALSE, NULL);
  g_autoptr(GError) error = cfut_frame_error_from_body (placed, size, NULL);

  if (value != NULL)
    read_value (value);
  if (error != NULL)
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  FuzzInput input = { data, size };
  g_autoptr(GVariantType) type = fuzz_take_type (&input);

  if (type == NULL || input.size > ROOM / 2)
    return 0;

  try_in_place (type, input.data, input.size);
  try_copy (type, input.data, input.size);

  return 0;
}
