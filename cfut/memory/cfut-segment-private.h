/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CfutSegment: memory of this program that worker processes may read.
 *
 * It is a memfd, mapped here for good. Its size is sealed, so nobody is cut off
 * under his own feet; and so is writing to it, but for what was mapped before, so
 * whoever is handed the descriptor reads what we write, and cannot change it.
 *
 * Extents are cut from segments: several from one of 32 MiB, or one that is larger
 * from a segment of its own. So there are few descriptors and few mappings, in
 * whatever pieces the memory is used.
 *
 * A segment lasts as long as one of its extents. But pages that were used are worth
 * keeping: a fresh one costs a fault. So while there is a keeper, which is somebody
 * who hands segments to workers, some that are empty wait for the next use, until
 * all keepers have said that they are idle, or are gone.
 */
typedef struct _CfutSegment CfutSegment;

typedef struct
{
  CfutSegment *segment;
  guint32 index;
  guint8 *data;   /* at the beginning of a page */
} CfutExtent;

/* From here on memory is worth a place in a segment. */
#define CFUT_SEGMENT_MIN_EXTENT ((gsize) 32 << 10)

/* Runs in: any thread. Locks: takes that of the segments. FALSE if there is none to
 * be had. What is in the memory is anything. */
gboolean     cfut_segment_allocate  (gsize          size,
                                     CfutExtent    *extent);
void         cfut_segment_free      (CfutExtent    *extent);

/* The segment that has all these bytes, and where; 0 if none has. It lasts as long as
 * the caller has the bytes. The same. */
guint64      cfut_segment_find      (gconstpointer  data,
                                     gsize          length,
                                     gsize         *offset);
/* A new descriptor of a segment that was found, to be handed on, or -1 with errno
 * set. The same. */
int          cfut_segment_dup_fd    (guint64        id,
                                     gsize         *size);
/* Whether it is still there. The same. */
gboolean     cfut_segment_exists    (guint64        id);

/* Whether there are any. Runs in: any thread. Locks: none. */
gboolean     cfut_segment_exist_any (void);
/* How many there have been that are gone. Runs in: any thread. Locks: none. */
guint        cfut_segment_get_n_gone (void);

/* @ring is called when segments are gone, or one is empty, in any thread, and with our lock held: it
 * takes no other. */
typedef void (*CfutSegmentRing) (gpointer data);

void         cfut_segment_add_keeper    (CfutSegmentRing  ring,
                                         gpointer         data);
void         cfut_segment_remove_keeper (gpointer         data);
/* Drops what is empty, if all keepers have nothing to do. */
void         cfut_segment_set_idle      (gpointer         data,
                                         gboolean         idle);

G_END_DECLS
