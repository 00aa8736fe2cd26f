/*
 * Copyright 2026 The cfut authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "executor/cfut-pool-private.h"
#include "thread/cfut-thread-executor.h"

G_BEGIN_DECLS

/*
 * CfutThreadCarrier: the threads of a thread executor.
 *
 * A GThreadPool carries them; what runs on each is a loop that takes calls from
 * the pool's queue until there has been none for the idle time-out. A job per
 * call would cost GThreadPool's lock and a wake-up each, and could neither be
 * bounded, cancelled nor drained.
 *
 * A submit promises the call to an idle thread, starts a thread if there is
 * none, or leaves it to the busy ones. A thread counts itself as idle before it
 * publishes its result, so that whoever waits for a result and then submits
 * finds that thread, and no second one is started.
 */
typedef struct _CfutThreadCarrier CfutThreadCarrier;

/* As long as GThreadPool keeps its own unused threads. */
#define CFUT_THREAD_IDLE_TIMEOUT_US (15 * G_USEC_PER_SEC)

CfutThreadCarrier *cfut_thread_carrier_new              (CfutPool          *pool,
                                                         GError           **error);
gint64             cfut_thread_carrier_get_idle_timeout (CfutThreadCarrier *self);
void               cfut_thread_carrier_set_idle_timeout (CfutThreadCarrier *self,
                                                         gint64             idle_timeout_us);
void               cfut_thread_carrier_set_initializer  (CfutThreadCarrier *self,
                                                         const CfutFunction *function,
                                                         GVariant          *arguments);
gboolean           cfut_thread_carrier_take_closure     (CfutThreadCarrier *self,
                                                         GClosure          *closure);
/* @interpreter: (nullable) the thread has its lock. */
void               cfut_thread_carrier_serve            (const CfutInterpreter *interpreter);

extern const CfutCarrierClass cfut_thread_carrier_class;

G_END_DECLS
