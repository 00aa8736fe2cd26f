/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "wire/cfut-journal-private.h"

#define LENGTH_BITS 24
#define LENGTH_MASK ((G_GUINT64_CONSTANT (1) << LENGTH_BITS) - 1)
#define OFFSET_MASK (G_MAXUINT64 >> LENGTH_BITS)

gboolean
cfut_journal_append (CfutJournal   *self,
                     gconstpointer  header,
                     gsize          header_size,
                     gconstpointer  body,
                     gsize          body_size,
                     gsize          padding)
{
  guint64 mark = __atomic_load_n (&self->mark, __ATOMIC_RELAXED);
  gsize length = mark & LENGTH_MASK;
  guint8 *end = self->data + length;

  if (header_size + body_size + padding > CFUT_JOURNAL_SIZE - length)
    return FALSE;

  memcpy (end, header, header_size);
  if (body_size > 0)
    memcpy (end + header_size, body, body_size);
  memset (end + header_size + body_size, 0, padding);
  __atomic_store_n (&self->mark, mark + header_size + body_size + padding, __ATOMIC_RELEASE);

  return TRUE;
}

void
cfut_journal_restart (CfutJournal *self,
                      guint64      offset)
{
  __atomic_store_n (&self->mark, (offset & OFFSET_MASK) << LENGTH_BITS, __ATOMIC_RELEASE);
}

void
cfut_journal_note_trap (CfutJournal *self,
                        int          number)
{
  __atomic_store_n (&self->trap, (guint64) (guint32) number + 1, __ATOMIC_RELEASE);
}

gint64
cfut_journal_get_trap (CfutJournal *self)
{
  guint64 trap = __atomic_load_n (&self->trap, __ATOMIC_ACQUIRE);

  return (gint64) MIN (trap, G_MAXINT64) - 1;
}

GBytes *
cfut_journal_dup_rest (CfutJournal *self,
                       guint64      n_received)
{
  guint64 mark = __atomic_load_n (&self->mark, __ATOMIC_ACQUIRE);
  gsize length = MIN (mark & LENGTH_MASK, CFUT_JOURNAL_SIZE);
  /* How many of the noted bytes have been received; huge if the notes begin
   * after what was, which only a liar can bring about. */
  guint64 n_known = (n_received - (mark >> LENGTH_BITS)) & OFFSET_MASK;

  if (n_known >= length)
    return NULL;

  return g_bytes_new (self->data + n_known, length - n_known);
}
