/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "cfut-interpreter.h"

G_BEGIN_DECLS

/*
 * Delivery: running things in a GMainContext, in batches.
 *
 * There is at most one GSource per context. It exists while there is something
 * to deliver, wakes the context only when its queue turns from empty to
 * non-empty, and gives the loop back after CFUT_DELIVERY_BUDGET_US.
 */

#define CFUT_DELIVERY_BUDGET_US 2000

typedef struct _CfutDeliveryItem CfutDeliveryItem;

/* Embedded in what is to be delivered. */
struct _CfutDeliveryItem
{
  void (*deliver) (CfutDeliveryItem *item);
  CfutDeliveryItem *next;
};

/* Queues @item, which must stay valid until its @deliver was called. @deliver
 * is called once, in @context, in the order of the calls to this function.
 * If @context goes away before, @deliver is called from the thread that drops
 * it. Runs in: any thread. Locks: takes the delivery's own, none else. */
void cfut_delivery_push    (GMainContext     *context,
                            CfutDeliveryItem *item);

/* Gives @data to @destroy in @context; what HOUSE calls a user's closure must
 * never be freed on a worker thread. */
void cfut_delivery_destroy (GMainContext     *context,
                            GDestroyNotify    destroy,
                            gpointer          data);

/* As above, for a @destroy that is to be called with the lock of @interpreter
 * held. Of many in a row it is taken once for all, since each time another thread
 * may have it meanwhile, for as long as its turn is. */
void cfut_delivery_release (GMainContext          *context,
                            const CfutInterpreter *interpreter,
                            GDestroyNotify         destroy,
                            gpointer               data);

/* For a thread that has waited in vain for a loop: runs the destroy notifies
 * (nothing else) that are due in the caller's thread-default context, if no
 * thread is iterating it. */
void cfut_delivery_sweep   (void);

/* For a thread that runs calls: the sweep will do nothing in it. Its context is
 * the default one like that of the main thread, whose closures must not be
 * freed here. */
void cfut_delivery_exclude_thread (void);

G_END_DECLS
