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
#include "memory/cfut-regions-private.h"

G_STATIC_ASSERT (CFUT_ARENA_GRANULARITY == CFUT_REGIONS_GRANULARITY);
G_STATIC_ASSERT (CFUT_ARENA_MAX_REGIONS == CFUT_REGIONS_MAX);

/* One direction. Shared; the words are atomic, and those of the two directions not in
 * one cache line. */
typedef struct
{
  guint64 returned; /* a bit for each region that its receiver has given back */
  guint64 n_held;   /* how many regions their sender uses himself */
  guint64 unused[14];
} Words;

/* What was lent that is not in the arena. */
typedef struct
{
  GBytes *bytes;     /* (owned) (nullable) */
  guint64 call;      /* 0: it has ended */
  gboolean returned; /* by the other end */
} Lent;

/* What has borrowed a region, until nobody refers to its bytes. */
typedef struct
{
  CfutArena *arena; /* (owned) */
  guint32 offset;
  guint32 length;
  guint32 index;
} Loan;

struct _CfutArena
{
  /* Set at construction, never changed; read from any thread. */
  guint8 *memory;      /* (owned) mapped */
  gsize capacity;      /* each way */
  Words *out_words;    /* of what is sent */
  Words *in_words;     /* of what is received */
  guint8 *out;
  guint8 *in;

  /* Only for the thread that sends, or under its lock. */
  CfutRegions regions; /* of @out */
  gsize out_touched;   /* bytes from the beginning */
  guint64 held;        /* a bit for each region that is used here */
  guint64 sent;        /* those of them that the other end has as well */
  guint64 lent;        /* a bit for each index that is no region, but in @loans */
  Lent loans[CFUT_REGIONS_MAX];

  /* Only for the thread that receives. */
  gsize in_touched;
  guint32 loan_ends[CFUT_REGIONS_MAX]; /* by index, of those in @borrowed */

  /* Atomic. */
  guint64 borrowed;     /* a bit for each region of @in that is */
  gsize borrowed_bytes;
  int trimmed;          /* what is not in use is not to be kept */
  guint64 let_go;       /* a bit for each region of @held that is not used any more */
};

/* Runs in: any thread. */
CfutArena *
cfut_arena_new (int               fd,
                gsize             offset,
                gsize             capacity,
                CfutFrameOrigin   peer,
                GError          **error)
{
  guint8 *memory = mmap (NULL, CFUT_ARENA_SIZE (capacity), PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
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
  self->capacity = capacity;
  self->out_words = (Words *) (gpointer) memory + mine;
  self->in_words = (Words *) (gpointer) memory + !mine;
  self->out = memory + CFUT_ARENA_ALIGNMENT + mine * capacity;
  self->in = memory + CFUT_ARENA_ALIGNMENT + !mine * capacity;
  cfut_regions_init (&self->regions, capacity);

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

  for (guint i = 0; i < CFUT_REGIONS_MAX; i++)
    g_clear_pointer (&self->loans[i].bytes, g_bytes_unref);
  munmap (self->memory, CFUT_ARENA_SIZE (self->capacity));
}

void
cfut_arena_unref (CfutArena *self)
{
  g_atomic_rc_box_release_full (self, arena_clear);
}

static guint64
get_bit (guint32 index)
{
  return G_GUINT64_CONSTANT (1) << index;
}

/* Drops what was lent, if its call has ended and the other end has no use for it. A
 * result may be of what its call was lent, and the other end may keep that. */
static void
settle_loan (CfutArena *self,
             guint32    index)
{
  Lent *lent = &self->loans[index];

  if (lent->call != 0 || !lent->returned)
    return;

  g_clear_pointer (&lent->bytes, g_bytes_unref);
  self->lent &= ~get_bit (index);
  cfut_regions_give_back (&self->regions, get_bit (index));
}

/* Takes those out of the books that the other end has given back, and those that are
 * not used here any more. */
static void
collect_returned (CfutArena *self)
{
  guint64 let_go = __atomic_exchange_n (&self->let_go, 0, __ATOMIC_ACQUIRE);
  guint64 returned = __atomic_exchange_n (&self->out_words->returned, 0, __ATOMIC_ACQUIRE);

  self->held &= ~let_go;
  cfut_regions_give_back (&self->regions, let_go & ~self->sent);

  for (guint64 bits = returned & self->lent; bits != 0; bits &= bits - 1)
    {
      guint32 index = __builtin_ctzll (bits);

      self->loans[index].returned = TRUE;
      settle_loan (self, index);
      returned &= ~get_bit (index);
    }

  self->sent &= ~returned;
  cfut_regions_give_back (&self->regions, returned & ~self->held);
}

/* Has the system make the pages up to @end that nobody has touched: as one call it
 * takes a quarter less than a fault for each does. Where it is not possible the faults
 * do it. */
static void
touch_pages (CfutArena *self,
             gsize      end)
{
#ifdef MADV_POPULATE_WRITE
  gsize begin = self->out_touched & ~(CFUT_ARENA_ALIGNMENT - 1);

  if (self->out_touched < end)
    (void) madvise (self->out + begin, end - begin, MADV_POPULATE_WRITE);
#endif
}

/* @fills: that all of it will be written, and at once. */
static guint8 *
reserve (CfutArena      *self,
         gsize           length,
         gboolean        fills,
         CfutArenaPlace *place)
{
  CfutRegion region;
  guint8 *room;
  gsize end;

  g_assert (length > 0);

  if (length > self->capacity - CFUT_FRAME_SLACK)
    return NULL;

  g_atomic_int_set (&self->trimmed, FALSE);
  collect_returned (self);
  if (!cfut_regions_take (&self->regions, length + CFUT_FRAME_SLACK, &region))
    return NULL;

  end = (gsize) region.offset + region.size;
  if (fills)
    touch_pages (self, end);
  self->out_touched = MAX (self->out_touched, end);
  room = self->out + region.offset;
  memset (room + length, 0, CFUT_FRAME_SLACK);

  *place = (CfutArenaPlace) {
    .offset = GUINT32_TO_LE (region.offset),
    .length = GUINT32_TO_LE ((guint32) length),
    .index = GUINT32_TO_LE (region.index),
  };

  return room;
}

guint8 *
cfut_arena_reserve (CfutArena      *self,
                    gsize           length,
                    CfutArenaPlace *place)
{
  return reserve (self, length, TRUE, place);
}

const guint8 *
cfut_arena_find (CfutArena             *self,
                 const CfutArenaPlace  *place,
                 GError               **error)
{
  gsize offset = GUINT32_FROM_LE (place->offset);
  gsize length = GUINT32_FROM_LE (place->length);

  if (length == 0 || length > self->capacity - CFUT_FRAME_SLACK ||
      offset > self->capacity - CFUT_FRAME_SLACK - length ||
      offset % CFUT_REGIONS_GRANULARITY != 0 ||
      GUINT32_FROM_LE (place->index) >= CFUT_REGIONS_MAX || place->zero != 0)
    {
      g_set_error (error, CFUT_ERROR, CFUT_ERROR_PROTOCOL,
                   "A frame names %" G_GSIZE_FORMAT " bytes of shared memory at %" G_GSIZE_FORMAT
                   ", which cannot be there", length, offset);
      return NULL;
    }

  g_atomic_int_set (&self->trimmed, FALSE);
  self->in_touched = MAX (self->in_touched, offset + length + CFUT_FRAME_SLACK);

  return self->in + offset;
}

GBytes *
cfut_arena_copy (CfutArena             *self,
                 const CfutArenaPlace  *place,
                 GError               **error)
{
  const guint8 *data = cfut_arena_find (self, place, error);
  GBytes *copy;

  if (data == NULL)
    return NULL;

  copy = cfut_frame_copy_body (data, GUINT32_FROM_LE (place->length), error);
  cfut_arena_give_back (self, GUINT32_FROM_LE (place->index));

  return copy;
}

static gsize
align_up (gsize offset)
{
  return (offset + CFUT_ARENA_ALIGNMENT - 1) & ~(CFUT_ARENA_ALIGNMENT - 1);
}

/* Gives the pages from @begin to @end, which is a multiple of the alignment, back to
 * the system; they are zeros then. */
static void
remove_pages (guint8 *memory,
              gsize   begin,
              gsize   end)
{
  begin = align_up (begin);

  /* Where it is not possible the pages are kept, and that is all. */
  if (begin < end)
    (void) madvise (memory + begin, end - begin, MADV_REMOVE);
}

/* Whether the other end uses regions of its own, of which we do not know which. */
static gboolean
is_held (CfutArena *self)
{
  return __atomic_load_n (&self->in_words->n_held, __ATOMIC_ACQUIRE) != 0;
}

/* Runs in: any thread. Locks: none. The other end uses the region again as soon as
 * it is given back, and not before. */
static void
loan_return (gpointer data)
{
  Loan *self = data;
  CfutArena *arena = self->arena;

  if (g_atomic_int_get (&arena->trimmed) && !is_held (arena))
    remove_pages (arena->in, self->offset,
                  (self->offset + self->length) & ~(CFUT_ARENA_ALIGNMENT - 1));

  __atomic_fetch_sub (&arena->borrowed_bytes, self->length, __ATOMIC_RELAXED);
  __atomic_fetch_and (&arena->borrowed, ~get_bit (self->index), __ATOMIC_RELEASE);
  cfut_arena_give_back (arena, self->index);
  cfut_arena_unref (arena);
  g_free (self);
}

GBytes *
cfut_arena_borrow (CfutArena             *self,
                   const CfutArenaPlace  *place,
                   GError               **error)
{
  const guint8 *data = cfut_arena_find (self, place, error);
  Loan *loan;

  if (data == NULL)
    return NULL;

  loan = g_new (Loan, 1);
  loan->arena = cfut_arena_ref (self);
  loan->offset = GUINT32_FROM_LE (place->offset);
  loan->length = GUINT32_FROM_LE (place->length);
  loan->index = GUINT32_FROM_LE (place->index);

  self->loan_ends[loan->index] = loan->offset + loan->length;
  __atomic_fetch_add (&self->borrowed_bytes, loan->length, __ATOMIC_RELAXED);
  __atomic_fetch_or (&self->borrowed, get_bit (loan->index), __ATOMIC_RELAXED);

  return g_bytes_new_with_free_func (data, loan->length, loan_return, loan);
}

gboolean
cfut_arena_may_borrow (CfutArena            *self,
                       const CfutArenaPlace *place)
{
  guint64 borrowed = __atomic_load_n (&self->borrowed, __ATOMIC_ACQUIRE);
  gsize n_bytes = __atomic_load_n (&self->borrowed_bytes, __ATOMIC_RELAXED);
  guint32 index = GUINT32_FROM_LE (place->index);

  /* An index that is in use cannot come again, unless from a liar. */
  return index < CFUT_REGIONS_MAX && (borrowed & get_bit (index)) == 0 &&
         __builtin_popcountll (borrowed) < CFUT_REGIONS_MAX / 2 &&
         n_bytes + GUINT32_FROM_LE (place->length) <= self->capacity / 2;
}

/* Runs in: any thread. Locks: none. */
void
cfut_arena_give_back (CfutArena *self,
                      guint32    index)
{
  g_assert (index < CFUT_REGIONS_MAX);

  __atomic_fetch_or (&self->in_words->returned, get_bit (index), __ATOMIC_RELEASE);
}

/* Runs in: manager thread. */
gsize
cfut_arena_get_touched (CfutArena *self)
{
  return self->in_touched + self->out_touched;
}

/* Where the last region of @in ends that is borrowed. */
static gsize
get_borrowed_end (CfutArena *self)
{
  guint64 borrowed = __atomic_load_n (&self->borrowed, __ATOMIC_ACQUIRE);
  gsize end = 0;

  for (; borrowed != 0; borrowed &= borrowed - 1)
    end = MAX (end, self->loan_ends[__builtin_ctzll (borrowed)]);

  return end;
}

/* Runs in: manager thread. */
gboolean
cfut_arena_has_surplus (CfutArena *self)
{
  if (self->in_touched == 0 && self->out_touched == 0 && self->lent == 0)
    return FALSE;

  collect_returned (self);

  return self->lent != 0 || (self->in_touched > get_borrowed_end (self) && !is_held (self)) ||
         self->out_touched > cfut_regions_get_end (&self->regions);
}

/* Runs in: manager thread. */
void
cfut_arena_trim (CfutArena *self)
{
  gsize out_end, in_end;

  collect_returned (self);
  out_end = cfut_regions_get_end (&self->regions);

  /* What is returned from now on is not counted, and removes itself. */
  g_atomic_int_set (&self->trimmed, TRUE);
  in_end = get_borrowed_end (self);

  remove_pages (self->out, out_end, align_up (self->out_touched));
  self->out_touched = out_end;

  if (!is_held (self))
    {
      remove_pages (self->in, in_end, align_up (self->in_touched));
      self->in_touched = in_end;
    }
}

/* ---- Bytes that are not in the arena. Runs in: manager thread. */

gboolean
cfut_arena_lend (CfutArena *self,
                 guint64    call,
                 GBytes    *bytes,
                 guint32   *index)
{
  g_assert (call != 0);

  collect_returned (self);
  if (!cfut_regions_take_index (&self->regions, index))
    return FALSE;

  self->lent |= get_bit (*index);
  self->loans[*index] = (Lent) { g_bytes_ref (bytes), call, FALSE };

  return TRUE;
}

GBytes *
cfut_arena_get_lent (CfutArena *self,
                     guint64    call,
                     guint32    index)
{
  if (index >= CFUT_REGIONS_MAX || (self->lent & get_bit (index)) == 0 ||
      self->loans[index].call != call)
    return NULL;

  return self->loans[index].bytes;
}

void
cfut_arena_end_call (CfutArena *self,
                     guint64    call)
{
  if (self->lent == 0)
    return;

  collect_returned (self);
  for (guint64 bits = self->lent; bits != 0; bits &= bits - 1)
    {
      guint32 index = __builtin_ctzll (bits);

      if (self->loans[index].call != call)
        continue;
      self->loans[index].call = 0;
      settle_loan (self, index);
    }
}

void
cfut_arena_end_calls (CfutArena *self)
{
  for (guint64 bits = self->lent; bits != 0; bits &= bits - 1)
    {
      guint32 index = __builtin_ctzll (bits);

      self->loans[index].call = 0;
      self->loans[index].returned = TRUE;
      settle_loan (self, index);
    }
}

/* ---- Regions that are used here, before and after they are sent. */

guint8 *
cfut_arena_hold (CfutArena *self,
                 gsize      size,
                 guint32   *index)
{
  CfutArenaPlace place;
  guint8 *room = reserve (self, size, FALSE, &place);

  if (room == NULL)
    return NULL;

  *index = GUINT32_FROM_LE (place.index);
  self->held |= get_bit (*index);
  __atomic_fetch_add (&self->out_words->n_held, 1, __ATOMIC_RELEASE);

  return room;
}

void
cfut_arena_let_go (CfutArena *self,
                   guint32    index)
{
  __atomic_fetch_or (&self->let_go, get_bit (index), __ATOMIC_RELEASE);
  __atomic_fetch_sub (&self->out_words->n_held, 1, __ATOMIC_RELEASE);
}

gboolean
cfut_arena_is_holding (CfutArena *self)
{
  return self->held != 0;
}

gboolean
cfut_arena_send_held (CfutArena      *self,
                      gconstpointer   data,
                      gsize           length,
                      guint32        *index,
                      guint64        *offset)
{
  gsize at = (gsize) data - (gsize) self->out; /* huge if it is before */
  const CfutRegion *region;

  if (self->held == 0 || at >= self->capacity)
    return FALSE;

  collect_returned (self);
  region = cfut_regions_find (&self->regions, at, length);
  if (region == NULL || (self->held & get_bit (region->index)) == 0 ||
      (self->sent & get_bit (region->index)) != 0)
    return FALSE;

  *index = region->index;
  *offset = at;
  self->sent |= get_bit (region->index);

  return TRUE;
}
