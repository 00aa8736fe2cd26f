/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/cfut-arena-private.h"
#include "wire/cfut-journal-private.h"

G_BEGIN_DECLS

/*
 * CfutClaims: the page that a manager shares with one worker.
 *
 * Each call that was sent has a slot. The worker claims the slot before it
 * starts the call; the manager (or whoever cancels the call) revokes it to take
 * the call back. Both are one compare-and-swap on the same word, so exactly
 * one of them wins, and when the worker dies the word tells whether the call
 * had started. A word is generation << 2 | phase; the generation is made of the
 * call and its attempt, so that a late actor cannot touch the slot's next user.
 * The manager never trusts a word beyond this, and keeps its own books of which
 * slots are in use: a worker that writes nonsense harms its own calls only.
 *
 *   FREE -> OFFERED (manager) -> CLAIMED (worker) -> FREE (manager, at the answer)
 *                             -> REVOKED (manager) -> FREE (worker, on seeing it)
 *
 * A revoked slot is not used again until the worker has seen it, so a CALL frame
 * never meets a word that is not its own.
 *
 * Beside each word the worker counts the items of a chunk that it has started.
 * Behind the page, in the same memory, are the worker's journal and the arena.
 */

#define CFUT_CLAIMS_N_SLOTS 1024

typedef struct _CfutClaims CfutClaims;

/* The manager's end: a new page, and behind it an arena of @arena_capacity, which is
 * one of the two, or 0 for none. It may be less than that. cfut_claims_get_fd() is to
 * be handed to the worker. */
CfutClaims *cfut_claims_new         (gsize        arena_capacity,
                                     GError     **error);
/* The worker's end. Takes @fd. */
CfutClaims *cfut_claims_new_take_fd (int          fd,
                                     GError     **error);
void        cfut_claims_free        (CfutClaims  *self);
int         cfut_claims_get_fd      (CfutClaims  *self);

/* The worker's journal, which shares the memory of the page. */
CfutJournal *cfut_claims_get_journal (CfutClaims *self);

/* A new reference to that end of the arena; NULL if there is none: then no body
 * is shared. @peer is who the other end is. */
CfutArena  *cfut_claims_dup_arena   (CfutClaims      *self,
                                     CfutFrameOrigin  peer);

/* What both ends call a slot's use by an attempt of a call. */
static inline guint32
cfut_claims_get_generation (guint64 call,
                            guint32 attempt)
{
  return (guint32) (call + ((guint64) attempt << 24)) & 0x3fffffff;
}

/* Manager: a free slot offered under @generation; FALSE if there is none. */
gboolean    cfut_claims_offer       (CfutClaims  *self,
                                     guint32      generation,
                                     guint32     *slot);
/* Manager, or any thread: TRUE if the call was taken back unstarted. */
gboolean    cfut_claims_revoke      (CfutClaims  *self,
                                     guint32      slot,
                                     guint32      generation);
/* Manager: TRUE if the worker has claimed the call. */
gboolean    cfut_claims_is_claimed  (CfutClaims  *self,
                                     guint32      slot,
                                     guint32      generation);
/* Manager: the call was answered, its slot is free again. Does nothing to a
 * slot that was revoked: that is the worker's to free. */
void        cfut_claims_release     (CfutClaims  *self,
                                     guint32      slot);
/* Manager: the worker's word, which may be any number. */
guint32     cfut_claims_get_item    (CfutClaims  *self,
                                     guint32      slot);

/* Worker: TRUE if the call is the worker's to run; FALSE if it was revoked,
 * and the slot is freed. */
gboolean    cfut_claims_claim       (CfutClaims  *self,
                                     guint32      slot,
                                     guint32      generation);
void        cfut_claims_set_item    (CfutClaims  *self,
                                     guint32      slot,
                                     guint32      item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CfutClaims, cfut_claims_free)

G_END_DECLS
