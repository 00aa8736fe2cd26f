/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cfut-debug-private.h"
#include "wire/cfut-claims-private.h"

/*
 * The page is a memfd whose size is sealed, so neither end can take it away
 * under the other. The words in it are only ever read, compared and swapped as
 * a whole; nothing is followed, looped over or allocated on account of them.
 *
 * The manager's books: each slot's own word, and two lists of slots threaded
 * through @next. The free list belongs to the manager's thread. The list of
 * revoked slots is pushed to by any thread, after it has won the slot's own
 * word, so no slot is pushed twice; and it is taken as a whole by the manager,
 * so there is nothing for a pop to be confused by.
 */
/* The slots, and behind them the journal. */
#define CLAIMS_SIZE (CFUT_CLAIMS_N_SLOTS * sizeof (Slot) + sizeof (CfutJournal))
/* Then the arena; or nothing, where so large a file cannot be. */
#define ARENA_OFFSET ((CLAIMS_SIZE + CFUT_ARENA_ALIGNMENT - 1) & ~(CFUT_ARENA_ALIGNMENT - 1))
#define FULL_SIZE(capacity) (ARENA_OFFSET + CFUT_ARENA_SIZE (capacity))
#define SEALS     (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define NO_SLOT   CFUT_CLAIMS_N_SLOTS

typedef enum
{
  PHASE_FREE,
  PHASE_OFFERED,
  PHASE_CLAIMED,
  PHASE_REVOKED,
} Phase;

/* Shared; atomic. */
typedef struct
{
  guint32 word;
  guint32 item;
} Slot;

struct _CfutClaims
{
  /* Set at construction, never changed; read from any thread. */
  int fd;      /* (owned) */
  Slot *slots; /* (owned) mapped */

  /* The manager's books. Atomic. */
  guint32 own[CFUT_CLAIMS_N_SLOTS]; /* FREE, OFFERED or REVOKED */
  guint32 revoked;                  /* head of a list */

  /* Only for the manager's thread. */
  guint32 free;                     /* head of a list */
  guint32 waiting;                  /* head of a list: revoked, not yet seen by the worker */

  /* For whoever has the slot in a list. */
  guint32 next[CFUT_CLAIMS_N_SLOTS];
};

static guint32
make_word (guint32 generation,
           Phase   phase)
{
  return generation << 2 | phase;
}

static gboolean
change_word (guint32 *word,
             guint32  generation,
             Phase    from,
             Phase    to)
{
  guint32 expected = make_word (generation, from);

  return __atomic_compare_exchange_n (word, &expected, make_word (generation, to),
                                      FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static guint32
load_word (guint32 *word)
{
  return __atomic_load_n (word, __ATOMIC_ACQUIRE);
}

static CfutClaims *
claims_new (int    fd,
            Slot  *slots)
{
  CfutClaims *self = g_new0 (CfutClaims, 1);

  self->fd = fd;
  self->slots = slots;
  self->revoked = NO_SLOT;
  self->waiting = NO_SLOT;
  self->free = 0;
  for (guint32 i = 0; i < CFUT_CLAIMS_N_SLOTS; i++)
    self->next[i] = i + 1;

  return self;
}

static void
set_error_from_errno (GError     **error,
                      const char  *what,
                      int          code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "Failed to %s shared memory: %s", what, g_strerror (code));
}

static Slot *
map_slots (int      fd,
           GError **error)
{
  Slot *slots = mmap (NULL, CLAIMS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (slots != MAP_FAILED)
    return slots;

  set_error_from_errno (error, "map", errno);
  return NULL;
}

/* The capacities that an arena can have, the best first. */
static const gsize capacities[] = { CFUT_ARENA_LARGE_CAPACITY, CFUT_ARENA_CAPACITY };

/* Files that are too large cost their maker a signal. Most of this one is never
 * used, and takes no memory. */
static gsize
choose_size (gsize arena_capacity)
{
  struct rlimit limit;

  for (guint i = 0; i < G_N_ELEMENTS (capacities); i++)
    {
      if (capacities[i] <= arena_capacity &&
          (getrlimit (RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= FULL_SIZE (capacities[i])))
        return FULL_SIZE (capacities[i]);
    }

  return CLAIMS_SIZE;
}

/* The capacity of the arena in a file of @size, which may be 0; FALSE if it is not one
 * of these files. */
static gboolean
get_capacity (off_t  size,
              gsize *arena_capacity)
{
  *arena_capacity = 0;
  for (guint i = 0; i < G_N_ELEMENTS (capacities); i++)
    {
      if (size == (off_t) FULL_SIZE (capacities[i]))
        *arena_capacity = capacities[i];
    }

  return *arena_capacity > 0 || size == (off_t) CLAIMS_SIZE;
}

/* Runs in: any thread. */
CfutClaims *
cfut_claims_new (gsize    arena_capacity,
                 GError **error)
{
  int fd = memfd_create ("cfut-claims", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  Slot *slots;

  if (fd < 0)
    {
      set_error_from_errno (error, "create", errno);
      return NULL;
    }

  if (ftruncate (fd, choose_size (arena_capacity)) < 0 || fcntl (fd, F_ADD_SEALS, SEALS) < 0)
    {
      set_error_from_errno (error, "seal", errno);
      close (fd);
      return NULL;
    }

  slots = map_slots (fd, error);
  if (slots == NULL)
    {
      close (fd);
      return NULL;
    }

  return claims_new (fd, slots);
}

/* Runs in: any thread. */
CfutClaims *
cfut_claims_new_take_fd (int      fd,
                         GError **error)
{
  struct stat status;
  Slot *slots;
  gsize capacity;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & SEALS) != SEALS ||
      fstat (fd, &status) < 0 || !get_capacity (status.st_size, &capacity))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "Descriptor %d is not a page of claims", fd);
      if (fd >= 0)
        close (fd);
      return NULL;
    }

  slots = map_slots (fd, error);
  if (slots == NULL)
    {
      close (fd);
      return NULL;
    }

  return claims_new (fd, slots);
}

void
cfut_claims_free (CfutClaims *self)
{
  munmap (self->slots, CLAIMS_SIZE);
  close (self->fd);
  g_free (self);
}

int
cfut_claims_get_fd (CfutClaims *self)
{
  return self->fd;
}

static guint32
pop (CfutClaims *self,
     guint32    *head)
{
  guint32 slot = *head;

  if (slot != NO_SLOT)
    *head = self->next[slot];

  return slot;
}

static void
push (CfutClaims *self,
      guint32    *head,
      guint32     slot)
{
  self->next[slot] = *head;
  *head = slot;
}

CfutJournal *
cfut_claims_get_journal (CfutClaims *self)
{
  return (gpointer) (self->slots + CFUT_CLAIMS_N_SLOTS); /* aligned, as the page is */
}

/* Runs in: any thread. Locks: none. */
CfutArena *
cfut_claims_dup_arena (CfutClaims      *self,
                       CfutFrameOrigin  peer)
{
  struct stat status;
  g_autoptr(GError) error = NULL;
  CfutArena *arena;
  gsize capacity;

  if (fstat (self->fd, &status) < 0 || !get_capacity (status.st_size, &capacity) || capacity == 0)
    return NULL;

  arena = cfut_arena_new (self->fd, ARENA_OFFSET, capacity, peer, &error);
  if (arena == NULL)
    CFUT_DEBUG (PROTOCOL, "Large bodies go through the socket: %s", error->message);

  return arena;
}

/* Makes the revoked slots that the worker has seen free. */
static void
reclaim (CfutClaims *self)
{
  guint32 lists[] = {
    self->waiting,
    __atomic_exchange_n (&self->revoked, NO_SLOT, __ATOMIC_ACQUIRE),
  };

  self->waiting = NO_SLOT;

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      guint32 slot;

      while ((slot = pop (self, &lists[i])) != NO_SLOT)
        {
          guint32 generation = load_word (&self->own[slot]) >> 2;

          if (load_word (&self->slots[slot].word) == make_word (generation, PHASE_FREE))
            push (self, &self->free, slot);
          else
            push (self, &self->waiting, slot);
        }
    }
}

/* Runs in: manager thread. Locks: none. */
gboolean
cfut_claims_offer (CfutClaims *self,
                   guint32     generation,
                   guint32    *slot)
{
  guint32 found;

  if (self->free == NO_SLOT)
    reclaim (self);

  found = pop (self, &self->free);
  if (found == NO_SLOT)
    return FALSE;

  __atomic_store_n (&self->slots[found].item, 0, __ATOMIC_RELAXED);
  __atomic_store_n (&self->slots[found].word, make_word (generation, PHASE_OFFERED), __ATOMIC_RELEASE);
  __atomic_store_n (&self->own[found], make_word (generation, PHASE_OFFERED), __ATOMIC_RELEASE);

  *slot = found;
  return TRUE;
}

/* Runs in: any thread. Locks: none. */
gboolean
cfut_claims_revoke (CfutClaims *self,
                    guint32     slot,
                    guint32     generation)
{
  guint32 head;

  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  if (!change_word (&self->slots[slot].word, generation, PHASE_OFFERED, PHASE_REVOKED))
    return FALSE;

  /* Only a worker that put the word back can make this fail. */
  if (!change_word (&self->own[slot], generation, PHASE_OFFERED, PHASE_REVOKED))
    return FALSE;

  head = load_word (&self->revoked);
  do
    self->next[slot] = head;
  while (!__atomic_compare_exchange_n (&self->revoked, &head, slot,
                                       FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));

  return TRUE;
}

/* Runs in: manager thread. Locks: none. */
gboolean
cfut_claims_is_claimed (CfutClaims *self,
                        guint32     slot,
                        guint32     generation)
{
  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  return load_word (&self->slots[slot].word) == make_word (generation, PHASE_CLAIMED);
}

/* Runs in: manager thread. Locks: none. */
void
cfut_claims_release (CfutClaims *self,
                     guint32     slot)
{
  guint32 generation;

  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  generation = load_word (&self->own[slot]) >> 2;
  if (!change_word (&self->own[slot], generation, PHASE_OFFERED, PHASE_FREE))
    return;

  __atomic_store_n (&self->slots[slot].word, make_word (generation, PHASE_FREE), __ATOMIC_RELEASE);
  push (self, &self->free, slot);
}

/* Runs in: manager thread. Locks: none. */
guint32
cfut_claims_get_item (CfutClaims *self,
                      guint32     slot)
{
  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  return __atomic_load_n (&self->slots[slot].item, __ATOMIC_ACQUIRE);
}

/* Runs in: worker's main thread. Locks: none. */
gboolean
cfut_claims_claim (CfutClaims *self,
                   guint32     slot,
                   guint32     generation)
{
  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  if (change_word (&self->slots[slot].word, generation, PHASE_OFFERED, PHASE_CLAIMED))
    return TRUE;

  change_word (&self->slots[slot].word, generation, PHASE_REVOKED, PHASE_FREE);
  return FALSE;
}

/* Runs in: worker's main thread. Locks: none. */
void
cfut_claims_set_item (CfutClaims *self,
                      guint32     slot,
                      guint32     item)
{
  g_assert (slot < CFUT_CLAIMS_N_SLOTS);

  __atomic_store_n (&self->slots[slot].item, item, __ATOMIC_RELEASE);
}
