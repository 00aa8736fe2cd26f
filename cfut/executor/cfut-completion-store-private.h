/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-completion-list-private.h"

G_BEGIN_DECLS

/*
 * CfutCompletionStore: what is in a completion queue.
 *
 * The queue that users hold is a face; the threads that resolve its calls know
 * only the store, which lives on until the last of them has left it.
 *
 * A completion has two references while its call has not ended: the store's, in
 * the list of those outstanding, and the waiter's. Whoever resolves the call
 * moves the former to the list of those that are ready, and drops the latter;
 * a drain hands the former out. One that a thread has claimed goes to that thread
 * instead, and nobody else is woken for it.
 *
 * Lock order: the store's, then a main context's. A state's lock is never held
 * together with it.
 */
typedef struct _CfutCompletionStore CfutCompletionStore;

/* A context in which calls complete that are outstanding. */
typedef struct
{
  GMainContext *context; /* (unowned) the states' */
  guint n_calls;
} CfutHome;

struct _CfutCompletionStore
{
  int ref_count; /* atomic */

  GMutex lock;
  GCond ready_cond;   /* signalled with @lock held */
  GCond arrived_cond; /* signalled with @lock held: something claimed has come */

  /* All below: protected by @lock. */
  gboolean closed;
  gboolean lends;                 /* calls that are pushed from now on */
  gboolean tells;                 /* as well */
  CfutCompletionList outstanding; /* (owned) in order of pushing */
  GArray *homes;                  /* (owned) of CfutHome: theirs, each once */
  CfutCompletionList ready;       /* (owned) in order of completion */
  int fd;                         /* an eventfd; -1 until asked for */

  /* Each call is offered once to a thread that waits, not each time it does. */
  GThread *helper;           /* (unowned) the thread whose help was offered */
  CfutCompletion *unoffered; /* (unowned) (nullable) to this call, and what follows, not yet */
  guint n_hopeless;          /* outstanding ones that @helper cannot wait for */
};

CfutCompletionStore *cfut_completion_store_new           (void);
void                 cfut_completion_store_unref         (CfutCompletionStore  *self);

/* Gives up all that is in it, closes the descriptor, and keeps nothing that
 * comes. Runs in: any thread. Locks: takes the store's, and the states'. */
void                 cfut_completion_store_close         (CfutCompletionStore  *self);

/* Adds a completion for @state, which may be final.
 * Runs in: any thread. Locks: takes the store's, and the state's. */
void                 cfut_completion_store_watch         (CfutCompletionStore  *self,
                                                          CfutState            *state,
                                                          guint64               tag);

/* (transfer full): at most @max, or all if it is 0. */
CfutCompletion     **cfut_completion_store_drain         (CfutCompletionStore  *self,
                                                          guint                 max,
                                                          gsize                *n_completions);
/* (transfer full): the same, linked by @next, and none after those whose records
 * have come to @max_size. @size: of all their records. */
CfutCompletion      *cfut_completion_store_take          (CfutCompletionStore  *self,
                                                          guint                 max,
                                                          gsize                 max_size,
                                                          gsize                *size);
guint                cfut_completion_store_cancel        (CfutCompletionStore  *self,
                                                          guint64               tag);
/* TRUE: the oldest with @tag had not started, and is cancelled. */
gboolean             cfut_completion_store_withdraw      (CfutCompletionStore  *self,
                                                          guint64               tag);
/* (transfer full) (nullable): that of any call with @tag that was not drained. */
CfutFuture          *cfut_completion_store_dup_future    (CfutCompletionStore  *self,
                                                          guint64               tag);

/* (transfer full) (nullable): waits for one with @tag and takes it out, whether
 * ready or outstanding. NULL with @error set to TIMED_OUT, NOT_FOUND or
 * WOULD_DEADLOCK. Runs in: any thread. Locks: takes the store's, and the state's. */
CfutCompletion      *cfut_completion_store_claim         (CfutCompletionStore  *self,
                                                          guint64               tag,
                                                          gint64                timeout_us,
                                                          GError              **error);

/* Caller holds the store's lock. */
void                 cfut_completion_store_remove_ready_locked (CfutCompletionStore *self,
                                                                CfutCompletion      *completion);

/* Whether the records of what is pushed from now on refer to large results. */
void                 cfut_completion_store_set_lends     (CfutCompletionStore  *self,
                                                          gboolean              lends);
/* Whether there are records of the progress of what is pushed from now on. */
void                 cfut_completion_store_set_tells     (CfutCompletionStore  *self,
                                                          gboolean              tells);

/* Whether there is something to drain. */
gboolean             cfut_completion_store_is_ready      (CfutCompletionStore  *self);
/* Those that were not drained. */
guint                cfut_completion_store_get_n_pending (CfutCompletionStore  *self);
/* Readable while there is something to drain; -1 if none can be made. */
int                  cfut_completion_store_get_fd        (CfutCompletionStore  *self);

/* Blocks until there is something to drain, with the rules of
 * cfut_future_wait(). Runs in: any thread. Locks: takes the store's. */
gboolean             cfut_completion_store_wait          (CfutCompletionStore  *self,
                                                          gint64                timeout_us,
                                                          GError              **error);

G_END_DECLS
