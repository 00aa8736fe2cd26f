/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "memory/cfut-lending-private.h"
#include "wire/cfut-arena-private.h"

G_BEGIN_DECLS

/*
 * CfutLender: what an end of a channel knows about memory that the other end can read.
 *
 * The body of a CALL or RESULT with the flag LENT has, before the value, a table of
 * those byte arrays in it that are elsewhere, in the order of their numbers: how many
 * (4 bytes, and 4 that are 0), and a CfutLentBytes for each.
 *
 *   CALL    the bytes are in a segment, which came by a SEGMENT frame
 *   RESULT  they are in the worker's half of the arena, or in bytes that the call
 *           was lent
 */
typedef struct
{
  guint32 leaf;   /* its number */
  guint32 index;  /* CALL: what is to be given back; RESULT: the region, or what was lent */
  guint64 source; /* CALL: the segment; RESULT: one of the two below */
  guint64 offset; /* there */
  guint64 length;
} CfutLentBytes;

#define CFUT_LENT_BY_ARENA G_GUINT64_CONSTANT (0)
#define CFUT_LENT_BY_CALL  G_GUINT64_CONSTANT (1)

#define CFUT_LENDER_HEAD_SIZE 8

typedef struct
{
  /* Whether there is anything that could be lent. */
  gboolean (*is_ready)  (gpointer              data);
  /* TRUE if @bytes, of a value for that call, are where the other end can read them;
   * sets all but the leaf. */
  gboolean (*lend)      (gpointer              data,
                         guint64               call,
                         GVariant             *bytes,
                         CfutLentBytes        *lent);
  /* What the other end has lent; NULL with @error if there is no such thing, and then
   * it was given back. */
  GBytes  *(*borrow)    (gpointer              data,
                         guint64               call,
                         const CfutLentBytes  *lent,
                         GError              **error);
  /* Nobody will borrow it. */
  void     (*give_back) (gpointer              data,
                         const CfutLentBytes  *lent);
} CfutLender;

G_STATIC_ASSERT (sizeof (CfutLentBytes) == 32);

/* What of @value does not travel, and the body of the rest; NULL if all of it does. */
GByteArray *cfut_lender_make_body (const CfutLender     *self,
                                   gpointer              data,
                                   guint64               call,
                                   GVariant             *value);

/* The table at the beginning of a body: how many there are, and what is behind it; -1
 * with CFUT_ERROR_PROTOCOL if it is none. */
int         cfut_lender_read_table (const guint8        *body,
                                   gsize                 length,
                                   CfutLentBytes         lent[CFUT_LENDING_MAX],
                                   gsize                *table_size,
                                   GError              **error);

/* @value with what was lent in it, sunk; NULL with @error if that cannot be had. Each
 * of @lent is borrowed or given back. */
GVariant   *cfut_lender_fill_value (const CfutLender    *self,
                                   gpointer              data,
                                   guint64               call,
                                   GVariant             *value,
                                   const CfutLentBytes  *lent,
                                   guint                 n_lent,
                                   GError              **error);

G_END_DECLS
