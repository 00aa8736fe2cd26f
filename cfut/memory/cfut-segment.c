/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "memory/cfut-segment-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "memory/cfut-regions-private.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

#define SEGMENT_SIZE ((gsize) 32 << 20)
/* What is larger than this gets a segment of its own. */
#define MAX_PART     ((gsize) 8 << 20)
/* Each is a descriptor, of which others need some too. */
#define MAX_SEGMENTS 256
/* How much is kept in segments that are empty. */
#define MAX_EMPTY    ((gsize) 256 << 20)

struct _CfutSegment
{
  guint64 id;
  int fd;         /* (owned) */
  guint8 *memory; /* (owned) mapped */
  gsize size;
  CfutRegions regions;
};

typedef struct
{
  CfutSegmentRing ring;
  gpointer data;
  gboolean idle;
} Keeper;

static GMutex lock;

/* All below: protected by @lock. */
static GPtrArray *segments; /* (element-type CfutSegment) (owned) (nullable) */
static GArray *keepers;     /* (element-type Keeper) (owned) (nullable) */
static guint64 last_id;
static gsize empty_bytes;

/* Atomic. */
static guint n_segments;
static guint n_gone;

static void
segment_free (gpointer data)
{
  CfutSegment *self = data;

  munmap (self->memory, self->size);
  close (self->fd);
  g_free (self);
}

/* A sealed file, mapped so that it can be written to; or -1. */
static int
make_file (gsize    size,
           guint8 **memory)
{
  struct rlimit limit;
  int fd;

  /* A file that is too large costs its maker a signal. */
  if (getrlimit (RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size)
    return -1;

  fd = memfd_create ("cfut-segment", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0)
    return -1;

  *memory = ftruncate (fd, size) == 0 ? mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                                      : MAP_FAILED;
  if (*memory != MAP_FAILED && fcntl (fd, F_ADD_SEALS, SEALS) == 0)
    return fd;

  if (*memory != MAP_FAILED)
    munmap (*memory, size);
  close (fd);

  return -1;
}

static CfutSegment *
segment_new_locked (gsize size)
{
  CfutSegment *self;
  guint8 *memory;
  int fd;

  if (segments == NULL)
    segments = g_ptr_array_new_with_free_func (segment_free);
  if (segments->len == MAX_SEGMENTS)
    return NULL;

  fd = make_file (size, &memory);
  if (fd < 0)
    return NULL;

  /* Fewer faults, where the system has been told that this is welcome. */
  if (size >= SEGMENT_SIZE)
    (void) madvise (memory, size, MADV_HUGEPAGE);

  self = g_new (CfutSegment, 1);
  self->id = ++last_id;
  self->fd = fd;
  self->memory = memory;
  self->size = size;
  cfut_regions_init (&self->regions, size);
  g_ptr_array_add (segments, self);
  g_atomic_int_set (&n_segments, segments->len);
  empty_bytes += size;

  return self;
}

static void
ring_locked (void)
{
  for (guint i = 0; keepers != NULL && i < keepers->len; i++)
    {
      Keeper *keeper = &g_array_index (keepers, Keeper, i);

      keeper->ring (keeper->data);
    }
}

static void
drop_locked (CfutSegment *self)
{
  empty_bytes -= self->size;
  g_ptr_array_remove (segments, self);
  g_atomic_int_set (&n_segments, segments->len);
  g_atomic_int_inc (&n_gone);
  ring_locked ();
}

static void
drop_empty_locked (void)
{
  for (guint i = segments != NULL ? segments->len : 0; i > 0; i--)
    {
      CfutSegment *segment = g_ptr_array_index (segments, i - 1);

      if (segment->regions.used == 0)
        drop_locked (segment);
    }
}

/* Whether somebody will have use for what is empty. */
static gboolean
is_kept_locked (void)
{
  for (guint i = 0; keepers != NULL && i < keepers->len; i++)
    {
      if (!g_array_index (keepers, Keeper, i).idle)
        return TRUE;
    }

  return FALSE;
}

static gboolean
take_locked (CfutSegment *self,
             gsize        size,
             CfutExtent  *extent)
{
  gboolean was_empty = self->regions.used == 0;
  CfutRegion region;

  if (!cfut_regions_take (&self->regions, size, &region))
    return FALSE;

  if (was_empty)
    empty_bytes -= self->size;
  extent->segment = self;
  extent->index = region.index;
  extent->data = self->memory + region.offset;

  return TRUE;
}

/* Whether an extent of @size belongs into a segment as large as that. */
static gboolean
suits (gsize size,
       gsize segment_size)
{
  return size > MAX_PART ? segment_size >= size && segment_size / 2 <= size
                         : segment_size == SEGMENT_SIZE;
}

gboolean
cfut_segment_allocate (gsize       size,
                       CfutExtent *extent)
{
  const gsize page = CFUT_REGIONS_GRANULARITY;
  CfutSegment *segment;
  gboolean found = FALSE;

  if (size == 0 || size > G_MAXUINT32 - page)
    return FALSE;

  size = (size + page - 1) & ~(page - 1);

  g_mutex_lock (&lock);
  for (guint i = 0; !found && segments != NULL && i < segments->len; i++)
    {
      segment = g_ptr_array_index (segments, i);
      found = suits (size, segment->size) && take_locked (segment, size, extent);
    }
  if (!found)
    {
      segment = segment_new_locked (size > MAX_PART ? size : SEGMENT_SIZE);
      found = segment != NULL && take_locked (segment, size, extent);
    }
  g_mutex_unlock (&lock);

  return found;
}

void
cfut_segment_free (CfutExtent *extent)
{
  CfutSegment *segment = extent->segment;

  g_mutex_lock (&lock);
  cfut_regions_give_back (&segment->regions, G_GUINT64_CONSTANT (1) << extent->index);
  if (segment->regions.used == 0)
    {
      empty_bytes += segment->size;
      if (empty_bytes > MAX_EMPTY || !is_kept_locked ())
        drop_locked (segment);
      else
        ring_locked ();
    }
  g_mutex_unlock (&lock);
}

guint64
cfut_segment_find (gconstpointer  data,
                   gsize          length,
                   gsize         *offset)
{
  guint64 id = 0;

  /* Who has bytes of a segment knows of it. */
  if (g_atomic_int_get (&n_segments) == 0)
    return 0;

  g_mutex_lock (&lock);
  for (guint i = 0; id == 0 && i < segments->len; i++)
    {
      CfutSegment *segment = g_ptr_array_index (segments, i);
      gsize begin = (gsize) data - (gsize) segment->memory; /* huge if it is before */

      if (begin < segment->size && length <= segment->size - begin)
        {
          *offset = begin;
          id = segment->id;
        }
    }
  g_mutex_unlock (&lock);

  return id;
}

static CfutSegment *
lookup_locked (guint64 id)
{
  for (guint i = 0; segments != NULL && i < segments->len; i++)
    {
      CfutSegment *segment = g_ptr_array_index (segments, i);

      if (segment->id == id)
        return segment;
    }

  return NULL;
}

int
cfut_segment_dup_fd (guint64  id,
                     gsize   *size)
{
  CfutSegment *segment;
  int fd;

  g_mutex_lock (&lock);
  segment = lookup_locked (id);
  g_assert (segment != NULL);
  fd = fcntl (segment->fd, F_DUPFD_CLOEXEC, 0);
  *size = segment->size;
  g_mutex_unlock (&lock);

  return fd;
}

gboolean
cfut_segment_exists (guint64 id)
{
  gboolean exists;

  g_mutex_lock (&lock);
  exists = lookup_locked (id) != NULL;
  g_mutex_unlock (&lock);

  return exists;
}

gboolean
cfut_segment_exist_any (void)
{
  return g_atomic_int_get (&n_segments) > 0;
}

guint
cfut_segment_get_n_gone (void)
{
  return g_atomic_int_get (&n_gone);
}

void
cfut_segment_add_keeper (CfutSegmentRing ring,
                         gpointer        data)
{
  Keeper keeper = { ring, data, FALSE };

  g_mutex_lock (&lock);
  if (keepers == NULL)
    keepers = g_array_new (FALSE, FALSE, sizeof (Keeper));
  g_array_append_val (keepers, keeper);
  g_mutex_unlock (&lock);
}

/* Locks: caller holds that of the segments. */
static Keeper *
find_keeper_locked (gpointer  data,
                    guint    *index)
{
  for (guint i = 0; i < keepers->len; i++)
    {
      Keeper *keeper = &g_array_index (keepers, Keeper, i);

      if (keeper->data == data)
        {
          *index = i;
          return keeper;
        }
    }

  g_assert_not_reached ();
}

void
cfut_segment_remove_keeper (gpointer data)
{
  guint i;

  g_mutex_lock (&lock);
  find_keeper_locked (data, &i);
  g_array_remove_index_fast (keepers, i);
  if (!is_kept_locked ())
    drop_empty_locked ();
  /* What lasts for ever is no leak, but what has no use need not last. */
  if (keepers->len == 0)
    g_clear_pointer (&keepers, g_array_unref);
  g_mutex_unlock (&lock);
}

void
cfut_segment_set_idle (gpointer data,
                       gboolean idle)
{
  guint i;

  g_mutex_lock (&lock);
  find_keeper_locked (data, &i)->idle = idle;
  if (idle && !is_kept_locked ())
    drop_empty_locked ();
  g_mutex_unlock (&lock);
}
