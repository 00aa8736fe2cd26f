/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "future/cfut-cancel-watch-private.h"
#include "future/cfut-delivery-private.h"

G_BEGIN_DECLS

/*
 * One pending GTask that waits for something.
 *
 * It ends once: because what it waits for has come, because its cancellable was
 * cancelled, or because its time is over. The task then returns in its own
 * context, by way of the delivery, so never from within the call that ended it.
 */

typedef enum
{
  CFUT_ASYNC_END_NONE,
  CFUT_ASYNC_END_COME,
  CFUT_ASYNC_END_CANCELLED,
  CFUT_ASYNC_END_TIMED_OUT,
} CfutAsyncEnd;

typedef struct _CfutAsyncWait CfutAsyncWait;

/* The first member of a struct of whoever waits, which g_free() frees. */
struct _CfutAsyncWait
{
  /* Set at construction, never changed. */

  /* Returns the task. Runs in: the task's context. Locks: none. */
  void (*finish) (CfutAsyncWait *self,
                  CfutAsyncEnd   end);
  GTask *task; /* (owned) until @finish was called */

  /* Private to cfut-async-wait.c. */
  int ref_count;      /* atomic */
  int end;            /* atomic; CfutAsyncEnd */
  CfutDeliveryItem item;
  CfutCancelWatch watch;
  GSource *timeout;   /* (owned) (nullable) */
};

/* @self is zero-filled. The caller has a reference; another belongs to the end,
 * which may come as soon as cfut_async_wait_start() was called. */
void cfut_async_wait_init  (CfutAsyncWait  *self,
                            GTask          *task,
                            void          (*finish) (CfutAsyncWait *self,
                                                     CfutAsyncEnd   end));
/* @deadline: on the monotonic clock, -1 for none. */
void cfut_async_wait_start (CfutAsyncWait  *self,
                            gint64          deadline);
/* Runs in: any thread. Locks: none. */
void cfut_async_wait_end   (CfutAsyncWait  *self,
                            CfutAsyncEnd    end);
/* Whoever registers a wait anywhere takes a reference for that place, and then
 * asks this: if the wait has ended meanwhile, @finish may have come too early to
 * find the registration, which must be taken back here. */
gboolean cfut_async_wait_has_ended (CfutAsyncWait *self);

void cfut_async_wait_ref   (CfutAsyncWait  *self);
void cfut_async_wait_unref (CfutAsyncWait  *self);

G_END_DECLS
