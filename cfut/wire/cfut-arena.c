/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "cfut-error.h"
#include "wire/cfut-arena-private.h"
#include "wire/cfut-regions-private.h"

/* One direction. Shared; the two words are atomic, and not in one cache line. */
typedef struct
{
  guint64 returned; /* a bit for each region that its receiver has given back */
  guint64 unused[15];
} Words;

struct _CfutArena
{
  /* Set at construction, never changed; read from any thread. */
  guint8 *memory;      /* (owned) mapped */
  Words *out_words;    /* of what is sent */
  Words *in_words;     /* of what is received */
  guint8 *out;
  guint8 *in;

  /* Only for the thread that sends, or under its lock. */
  CfutRegions regions; /* of @out */
  gsize out_touched;   /* bytes from the beginning */

  /* Only for the thread that receives. */
  gsize in_touched;
};

/* Runs in: any thread. */
CfutArena *
cfut_arena_new (int               fd,
                gsize             offset,
                CfutFrameOrigin   peer,
                GError          **error)
{
  guint8 *memory = mmap (NULL, CFUT_ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  guint mine = peer == CFUT_FRAME_FROM_WORKER ? 0 : 1;
  CfutArena *self;

  if (memory == MAP_FAILED)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   "Failed to map shared memory: %s", g_strerror (code));
      return NULL;
    }

  self = g_atomic_rc_box_new0 (CfutArena);
  self->memory = memory;
  self->out_words = (Words *) (gpointer) memory + mine;
  self->in_words = (Words *) (gpointer) memory + !mine;
  self->out = memory + CFUT_ARENA_ALIGNMENT + mine * CFUT_ARENA_CAPACITY;
  self->in = memory + CFUT_ARENA_ALIGNMENT + !mine * CFUT_ARENA_CAPACITY;
  cfut_regions_init (&self->regions, CFUT_ARENA_CAPACITY);

  return self;
}

CfutArena *
cfut_arena_ref (CfutArena *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
arena_clear (gpointer data)
{
  CfutArena *self = data;

  munmap (self->memory, CFUT_ARENA_SIZE);
}

void
cfut_arena_unref (CfutArena *self)
{
  g_atomic_rc_box_release_full (self, arena_clear);
}

/* Takes those out of the books that the other end has given back. */
static void
collect_returned (CfutArena *self)
{
  cfut_regions_give_back (&self->regions,
                          __atomic_exchange_n (&self->out_words->returned, 0, __ATOMIC_ACQUIRE));
}

guint8 *
cfut_arena_reserve (CfutArena      *self,
                    gsize           length,
                    CfutArenaPlace *place)
{
  CfutRegion region;
  guint8 *room;

  g_assert (length > 0);

  if (length > CFUT_ARENA_CAPACITY - CFUT_FRAME_SLACK)
    return NULL;

  collect_returned (self);
  if (!cfut_regions_take (&self->regions, length + CFUT_FRAME_SLACK, &region))
    return NULL;

  self->out_touched = MAX (self->out_touched, (gsize) region.offset + region.size);
  room = self->out + region.offset;
  memset (room + length, 0, CFUT_FRAME_SLACK);

  *place = (CfutArenaPlace) {
    .offset = GUINT32_TO_LE (region.offset),
    .length = GUINT32_TO_LE ((guint32) length),
    .index = GUINT32_TO_LE (region.index),
  };

  return room;
}

const guint8 *
cfut_arena_find (CfutArena             *self,
                 const CfutArenaPlace  *place,
                 GError               **error)
{
  gsize offset = GUINT32_FROM_LE (place->offset);
  gsize length = GUINT32_FROM_LE (place->length);

  if (length == 0 || length > CFUT_ARENA_CAPACITY - CFUT_FRAME_SLACK ||
      offset > CFUT_ARENA_CAPACITY - CFUT_FRAME_SLACK - length ||
      offset % CFUT_REGIONS_GRANULARITY != 0 ||
      GUINT32_FROM_LE (place->index) >= CFUT_REGIONS_MAX || place->zero != 0)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A frame names %" G_GSIZE_FORMAT " bytes of shared memory at %" G_GSIZE_FORMAT
                   ", which cannot be there", length, offset);
      return NULL;
    }

  self->in_touched = MAX (self->in_touched, offset + length + CFUT_FRAME_SLACK);

  return self->in + offset;
}

/* Runs in: any thread. Locks: none. */
void
cfut_arena_give_back (CfutArena *self,
                      guint32    index)
{
  g_assert (index < CFUT_REGIONS_MAX);

  __atomic_fetch_or (&self->in_words->returned, G_GUINT64_CONSTANT (1) << index, __ATOMIC_RELEASE);
}

/* Runs in: manager thread. */
gsize
cfut_arena_get_touched (CfutArena *self)
{
  return self->in_touched + self->out_touched;
}

/* Runs in: manager thread. */
gboolean
cfut_arena_has_surplus (CfutArena *self)
{
  if (self->in_touched == 0 && self->out_touched == 0)
    return FALSE;

  collect_returned (self);

  return self->in_touched > 0 || self->out_touched > cfut_regions_get_end (&self->regions);
}

static gsize
align_up (gsize offset)
{
  return (offset + CFUT_ARENA_ALIGNMENT - 1) & ~(CFUT_ARENA_ALIGNMENT - 1);
}

/* Gives the pages from @begin to @end back to the system; they are zeros then. */
static void
remove_pages (guint8 *memory,
              gsize   begin,
              gsize   end)
{
  begin = align_up (begin);
  end = align_up (end);

  /* Where it is not possible the pages are kept, and that is all. */
  if (begin < end)
    (void) madvise (memory + begin, end - begin, MADV_REMOVE);
}

/* Runs in: manager thread. */
void
cfut_arena_trim (CfutArena *self)
{
  gsize end;

  collect_returned (self);
  end = cfut_regions_get_end (&self->regions);

  remove_pages (self->out, end, self->out_touched);
  remove_pages (self->in, 0, self->in_touched);
  self->out_touched = end;
  self->in_touched = 0;
}
